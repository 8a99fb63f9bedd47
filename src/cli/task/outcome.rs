//! What a move meant for other tasks, as every command says it.

use anyhow::Result;
use serde::Serialize;

use super::super::Context;
use crate::domain::task::Task;
use crate::render;
use crate::store::{Fallout, Read};

/// How many of each are named.
const NAMED: usize = 10;

/// What followed for others, with the titles of the first of them.
pub(super) struct Outcome {
    fallout: Fallout,
    named: render::task::Followed,
}

#[derive(Debug, Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    task: render::task::Json<'a>,
    freed: &'a [String],
    cancelled: Vec<&'a str>,
    revived: &'a [String],
}

impl Outcome {
    pub(super) fn of(read: &Read<'_>, fallout: &Fallout) -> Result<Self> {
        let named = |ids: &mut dyn Iterator<Item = &String>| -> Result<Vec<Task>> {
            let tasks = ids.take(NAMED).map(|id| read.task(id));
            let tasks = tasks.collect::<Result<Vec<_>>>()?;
            Ok(tasks.into_iter().flatten().collect())
        };
        Ok(Self {
            named: render::task::Followed {
                freed: named(&mut fallout.freed.iter())?,
                freed_count: fallout.freed.len(),
                discarded: named(&mut fallout.discarded.iter().map(|(id, _)| id))?,
                discarded_count: fallout.discarded.len(),
                revived: named(&mut fallout.revived.iter())?,
                revived_count: fallout.revived.len(),
                shaken: named(&mut fallout.shaken.iter())?,
                shaken_count: fallout.shaken.len(),
            },
            fallout: fallout.clone(),
        })
    }

    /// Says what was done to `task`, and what followed.
    pub(super) fn say(&self, context: &Context<'_>, task: &Task, text: &str) -> Result<()> {
        if context.global.json {
            return context.print_json(&Json {
                task: render::task::Json::new(task),
                freed: &self.fallout.freed,
                cancelled: self.fallout.discarded.iter().map(|(id, _)| id.as_str()).collect(),
                revived: &self.fallout.revived,
            });
        }
        context.say(&format!("{text}{}", render::task::followed(&self.named)))
    }
}

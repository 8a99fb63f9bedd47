//! `agent-sync status`: the whole picture.

use std::collections::HashMap;

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::domain::agent::Agent;
use crate::domain::picture::{Picture, Seat};
use crate::domain::task::Task;
use crate::render;
use crate::render::status::View;
use crate::store::Read;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// In a few lines
    #[arg(long)]
    compact: bool,
    /// Every line of every list, however many
    #[arg(long, conflicts_with = "compact")]
    all: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if context.global.json {
        return json(context);
    }
    if arguments.compact {
        return compact(context);
    }
    let picture = context.look(|read, me| read.picture(&me.id))?;
    let seats = seats(context, &picture);
    let page = View::new(&picture, &seats).page(context.env.output_width(), arguments.all);
    if arguments.all {
        context.print_all_data(&page)
    } else {
        context.print_data(&page, "agent-sync status --json")
    }
}

/// What a session is told when it starts.
fn compact(context: &Context<'_>) -> Result<()> {
    let overview = context.look(|read, me| read.overview(&me.id))?;
    let lines = render::brief::lines(&overview, &context.env.now());
    context.print_data(&(lines.join("\n") + "\n"), "agent-sync status")
}

/// All there is for programs: those who have gone and what has ended, too.
fn json(context: &Context<'_>) -> Result<()> {
    let all = |read: &Read<'_>, me: &str| -> Result<(Picture, Vec<Agent>, Vec<Task>)> {
        Ok((read.picture(me)?, read.agents()?, read.tasks()?))
    };
    let (picture, everybody, every_task) = context.look(|read, me| all(read, &me.id))?;
    let seats = seats(context, &picture);
    context.print_json(&View::new(&picture, &seats).json(&everybody, &every_task))
}

/// Where those work who are here: the checkout around the directory that each of them told last.
fn seats(context: &Context<'_>, picture: &Picture) -> HashMap<String, Seat> {
    let mut known: HashMap<&str, Option<Seat>> = HashMap::new();
    let mut seats = HashMap::new();
    for agent in &picture.agents {
        let Some(cwd) = agent.cwd.as_deref() else { continue };
        let seat = known.entry(cwd).or_insert_with(|| {
            let checkout = context.project().checkout(cwd.as_ref())?;
            Some(Seat {
                branch: checkout.branch(),
                tree: checkout.tree,
            })
        });
        if let Some(seat) = seat {
            seats.insert(agent.id.clone(), seat.clone());
        }
    }
    seats
}

//! `agent-sync task depend`: what has to become of other tasks first.

use anyhow::Result;
use clap::Args;

use super::super::Context;
use super::outcome::Outcome;
use crate::domain::task::{Condition, Kind};
use crate::error::Refusal;
use crate::render;
use crate::store::{Fallout, NewDependency};

// What a task asks of others, as it is typed; a doc comment would become the help of every command that takes it.
#[derive(Debug, Args)]
pub(super) struct Dependencies {
    /// A task that must be done first, by id or title; may be given again
    #[arg(long, value_name = "TASK", aliases = ["depends-on", "on"])]
    after: Vec<String>,
    /// A task whose failure this one is for; may be given again
    #[arg(long, value_name = "TASK")]
    on_failure: Vec<String>,
    /// A task that must have ended first, however; may be given again
    #[arg(long, value_name = "TASK")]
    always: Vec<String>,
    /// A task that must be done with such a result: 'review.score > 0.8' (== != < <= > >=); may be given again
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    when: Vec<String>,
}

impl Dependencies {
    /// # Errors
    /// [`Refusal`] when a condition cannot be read.
    pub(super) fn wanted(&self) -> Result<Vec<NewDependency>> {
        let plain = |tasks: &[String], kind: &Kind| {
            tasks
                .iter()
                .map(|on| NewDependency {
                    on: on.clone(),
                    kind: kind.clone(),
                })
                .collect::<Vec<_>>()
        };
        let mut wanted = plain(&self.after, &Kind::After);
        wanted.extend(plain(&self.on_failure, &Kind::OnFailure));
        wanted.extend(plain(&self.always, &Kind::Always));
        for typed in &self.when {
            let (on, condition) = Condition::parse_when(typed).map_err(|invalid| {
                Refusal::usage(format!("--when {invalid}")).hint("for example: --when 'review.score > 0.8'")
            })?;
            wanted.push(NewDependency {
                on,
                kind: Kind::When(condition),
            });
        }
        Ok(wanted)
    }
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").multiple(true).required(true)
    .args(["after", "on_failure", "always", "when", "remove"]))]
pub(in crate::cli) struct Depend {
    /// The task that waits
    task: String,
    #[command(flatten)]
    dependencies: Dependencies,
    /// Ask nothing more of this task; may be given again
    #[arg(long, value_name = "TASK")]
    remove: Vec<String>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Depend) -> Result<()> {
    let wanted = arguments.dependencies.wanted()?;
    let (outcome, task) = context.act(|write, me| {
        let mut task = write.find_task(&arguments.task)?;
        let mut all = Fallout::default();
        for on in &arguments.remove {
            let (after, fallout) = write.undepend(&me.id, &task.id, on)?;
            task = after;
            all.add(fallout);
        }
        for dependency in &wanted {
            let (after, fallout) = write.depend(&me.id, &task.id, dependency)?;
            task = after;
            all.add(fallout);
        }
        Ok((Outcome::of(write, &all)?, task))
    })?;
    outcome.say(context, &task, &render::task::depends(&task))
}

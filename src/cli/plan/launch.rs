//! `agent-sync plan launch`: the tasks of an approved plan come onto the board.

use anyhow::Result;
use clap::Args;

use super::super::Context;
use crate::domain::plan::proposal::Launched;
use crate::render;

/// What a launch does.
pub(super) const ABOUT: &str = "\
Put the tasks of an approved plan on the board: all of them or none, and none of them twice

A plan that was launched before and amended and approved since is launched anew. Tasks are the same where their references \
are: new ones are created, different ones changed while they are open, and those that are gone cancelled where nobody has \
begun them. Work that has ended stays as it ended; a task that is gone and is being worked on refuses the launch.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Launch {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Only if this is its content now: its hash, or 8 characters of that or more
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Launch) -> Result<()> {
    let launched = launch(context, arguments)?;
    if context.global.json {
        return context.print_json(&render::plan::LaunchedJson::new(&launched));
    }
    context.say(&render::plan::launched(&launched))
}

/// Puts the tasks on the board, in one transaction.
fn launch(context: &Context<'_>, arguments: &Launch) -> Result<Launched> {
    context.act(|write, me| {
        let agent = context.decider(me);
        write.launch_plan(&agent, &arguments.plan, arguments.hash.as_deref())
    })
}

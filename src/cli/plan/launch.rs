//! `agent-sync plan launch`: the tasks of an approved plan come onto the board.

use anyhow::Result;
use clap::Args;

use super::super::Context;
use super::sessions::CrewArguments;
use crate::domain::plan::proposal::Launched;
use crate::render;

/// What a launch does.
pub(super) const ABOUT: &str = "\
Put the tasks of an approved plan on the board: all of them or none, and none of them twice

A plan that was launched before and amended and approved since is launched anew. Tasks are the same where their references \
are: new ones are created, different ones changed while they are open, and those that are gone cancelled where nobody has \
begun them. Work that has ended stays as it ended; a task that is gone and is being worked on refuses the launch.

With --sessions, sessions are started that take these tasks, and this command looks after them until all tasks have ended: \
it starts whom there is something to do for, starts those anew that ended while there is more, and ends all of them with \
what they started when it ends itself. Ctrl-C lets them finish what they have; a second one ends them. If this command is \
killed they go on, and the same command takes them over.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Launch {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Only if this is its content now: its hash, or 8 characters of that or more
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
    #[command(flatten)]
    crew: CrewArguments,
}

pub(super) fn run(context: &Context<'_>, arguments: &Launch) -> Result<()> {
    let count = arguments.crew.wanted(context)?;
    let (agent, launched) = launch(context, arguments)?;
    if let Some(count) = count {
        if !context.global.json {
            context.say(&render::plan::launched(&launched))?;
        }
        return arguments.crew.run(context, &agent, &launched.proposal, count);
    }
    if context.global.json {
        return context.print_json(&render::plan::LaunchedJson::new(&launched));
    }
    context.say(&render::plan::launched(&launched))
}

/// Puts the tasks on the board, in one transaction. Says as whom.
fn launch(context: &Context<'_>, arguments: &Launch) -> Result<(String, Launched)> {
    // Who looks after sessions from here on lives for hours, so the store is closed rather than left to the system.
    let mut session = context.session()?;
    let launched = session.act(|write, me| {
        let agent = context.decider(me);
        let launched = write.launch_plan(&agent, &arguments.plan, arguments.hash.as_deref())?;
        Ok((agent, launched))
    })?;
    session.keep_copy();
    Ok(launched)
}

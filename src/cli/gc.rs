//! `agent-sync gc`: what every command does in passing, done at once and said aloud.

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::domain::retention::Removed;
use crate::render;
use crate::store::Sweep;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Say what would be cleared, and clear nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if arguments.dry_run {
        let session = context.session()?;
        let me = session.identity().id.clone();
        let (sweep, tasks, removed) = session.rehearse(|write| {
            let sweep = write.sweep()?;
            Ok((sweep, write.reclaim_abandoned(&me)?, write.overdue()?))
        })?;
        return show(context, &sweep, tasks, removed, true);
    }
    let mut session = context.session()?;
    // What is cleared is in the day's copy.
    session.keep_copy();
    // Before, so that nothing is left that the command would clear in passing and uncounted; and afterwards,
    // because agents that have been gone for long may be found gone only now.
    let mut removed = session.clear_old()?;
    let (sweep, tasks, sessions) = session.act(|write, me| {
        let sweep = write.sweep()?;
        let tasks = write.reclaim_abandoned(&me.id)?;
        Ok((sweep, tasks, write.living_sessions()?))
    })?;
    context.place().keep_flags(&sessions);
    removed += session.clear_old()?;
    show(context, &sweep, tasks, removed, false)
}

fn show(
    context: &Context<'_>,
    sweep: &Sweep,
    tasks: usize,
    removed: Removed,
    is_rehearsal: bool,
) -> Result<()> {
    if context.global.json {
        return context.print_json(&render::gc::Json::new(
            sweep.gone,
            sweep.locks,
            tasks,
            removed,
            is_rehearsal,
        ));
    }
    context.say(&render::gc::summary(
        sweep.gone,
        sweep.locks,
        tasks,
        removed,
        is_rehearsal,
    ))
}

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
        let (sweep, removed) = context
            .session()?
            .rehearse(|write| Ok((write.sweep()?, write.overdue()?)))?;
        return show(context, &sweep, removed, true);
    }
    let mut session = context.session()?;
    // Before, so that nothing is left that the command would clear in passing and uncounted; and afterwards,
    // because agents that have been gone for long may be found gone only now.
    let mut removed = session.clear_old()?;
    let (sweep, sessions) = session.act(|write, _| Ok((write.sweep()?, write.living_sessions()?)))?;
    context.place().keep_flags(&sessions);
    removed += session.clear_old()?;
    show(context, &sweep, removed, false)
}

fn show(context: &Context<'_>, sweep: &Sweep, removed: Removed, is_rehearsal: bool) -> Result<()> {
    if context.global.json {
        return context.print_json(&render::gc::Json::new(
            sweep.gone,
            sweep.locks,
            removed,
            is_rehearsal,
        ));
    }
    context.say(&render::gc::summary(
        sweep.gone,
        sweep.locks,
        removed,
        is_rehearsal,
    ))
}

//! `agent-sync swarm shutdown`: one process goes from stage to stage, and whoever runs it again goes on.
//!
//! Each stage is one transaction, so a process that is killed leaves a stage behind and not the half of one. Several
//! may wait for the answers; of what comes after that, one does each thing while the others wait for it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use super::super::Context;
use super::super::session::Session;
use super::sessions;
use crate::domain::drain::{Drain, Stage};
use crate::error::Refusal;
use crate::place::Checkpoint;
use crate::render;
use crate::store::NewDrain;

/// How long the process sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the checkpoint of this end is, once it has a name.
pub(super) fn checkpoint(context: &Context<'_>, drain: Option<&Drain>) -> Option<PathBuf> {
    context.place().checkpoint(drain?.checkpoint.as_deref()?)
}

pub(super) fn run(context: &Context<'_>, lasts: Option<i64>, reason: Option<&str>) -> Result<()> {
    let mut session = context.session()?;
    let drained = session.act(|write, me| {
        write.drain(&NewDrain {
            by: &me.id,
            reason,
            lasts,
            is_shutdown: true,
        })
    })?;
    if drained.drain.stage == Stage::Closed {
        return done(context, &drained.drain);
    }
    tell(context, &render::swarm::drained(&drained, &context.env.now()))?;
    wait(context, &mut session)?;
    let drain = {
        let _gate = gate(context, &session)?;
        close(context, &mut session)?
    };
    session.keep_copy();
    done(context, &drain)
}

/// Says how it goes, where a person may be looking.
pub(super) fn tell(context: &Context<'_>, text: &str) -> Result<()> {
    if context.global.json {
        return Ok(());
    }
    context.say(text)
}

fn done(context: &Context<'_>, drain: &Drain) -> Result<()> {
    if context.global.json {
        return super::status(context, false);
    }
    let place = checkpoint(context, Some(drain));
    context.say(&render::swarm::closed(drain, place.as_deref()))
}

/// Goes on from a stage to the next where it can be gone on to.
fn advance(session: &mut Session<'_>, from: Stage, name: &str, sha256: Option<&str>) -> Result<Drain> {
    let drain = session.act(|write, me| write.advance_shutdown(&me.id, from, name, sha256))?;
    drain.ok_or_else(|| reopened().into())
}

fn look(session: &Session<'_>) -> Result<Drain> {
    session
        .look(|read, _| read.swarm())?
        .ok_or_else(|| reopened().into())
}

fn reopened() -> Refusal {
    Refusal::refused("somebody opened the swarm again; it was not closed").hint("agent-sync swarm status")
}

/// Waits until everybody has answered, or the deadline has come.
fn wait(context: &Context<'_>, session: &mut Session<'_>) -> Result<()> {
    let mut told = String::new();
    loop {
        session.has_changed()?;
        let drain = advance(session, Stage::Draining, "", None)?;
        if drain.stage != Stage::Draining {
            return Ok(());
        }
        let waits = render::swarm::waits(&drain, &context.env.now());
        if waits != told {
            tell(context, &waits)?;
            told = waits;
        }
        // Somebody who dies changes nothing in the store, and neither does the deadline.
        loop {
            context.env.sleep(PAUSE);
            let drain = look(session)?;
            let now = context.env.now();
            let is_due = drain
                .members
                .iter()
                .any(|member| drain.verdict(member, &now).is_some());
            if is_due || drain.stage.next(drain.facts(&now, 0)).is_some() || session.has_changed()? {
                break;
            }
        }
    }
}

/// Keeps a second process out of what comes after the answers; it waits for the first, and takes over from one that
/// dies.
fn gate(context: &Context<'_>, session: &Session<'_>) -> Result<std::fs::File> {
    let mut is_told = false;
    loop {
        if let Some(gate) = context.place().close_gate()? {
            return Ok(gate);
        }
        if !is_told && look(session)?.stage != Stage::Closed {
            tell(context, "Another shutdown is closing the store; following it\n")?;
            is_told = true;
        }
        context.env.sleep(PAUSE);
    }
}

/// From the last answer to the closed store.
fn close(context: &Context<'_>, session: &mut Session<'_>) -> Result<Drain> {
    let place = context.place();
    let mut drain = look(session)?;
    while drain.stage != Stage::Closed {
        if drain.stage == Stage::Ending {
            sessions::end(context, session)?;
        }
        drain = match drain.checkpoint.as_deref() {
            None => {
                let name = place.unused_checkpoint(&context.env.now())?;
                advance(session, drain.stage, &name, None)?
            }
            Some(name) => {
                let checkpoint = write_down(context, session, name)?;
                advance(session, drain.stage, name, Some(&checkpoint.sha256))?
            }
        };
    }
    Ok(drain)
}

fn write_down(context: &Context<'_>, session: &Session<'_>, name: &str) -> Result<Checkpoint> {
    context.place().make_checkpoint(name, |sha256| {
        let summary = session.look(|read, _| read.swarm_summary())?;
        let now = context.env.now();
        Ok([
            (
                "summary.md",
                render::swarm::summary::markdown(&summary, sha256, &now),
            ),
            (
                "summary.json",
                render::swarm::summary::json(&summary, sha256, &now),
            ),
        ])
    })
}

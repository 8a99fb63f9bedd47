//! Sessions that were started for plans are ended before the store is closed.
//!
//! Whoever looks after them sees that the swarm ends and does it; where nobody does any more, or does not come to an
//! end, it is done here, for processes are found by what marks them and not by who started them.

use std::time::Duration;

use anyhow::Result;

use super::super::Context;
use super::super::session::Session;
use crate::crew::{self, Ended};
use crate::domain::crew::{Crew, Session as CrewSession, State};
use crate::env::Wish;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;

/// How long whoever looks after sessions may take to end them and itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a session may take to end once it was asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How long to sleep between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Ends every session that may still run, and whoever looks after it.
///
/// # Errors
/// [`Refusal`] when one runs where it cannot be reached from here; otherwise when the store cannot be used.
pub(super) fn end(context: &Context<'_>, session: &mut Session<'_>) -> Result<()> {
    let env = context.env;
    let mut waited = Duration::ZERO;
    let mut is_told = false;
    loop {
        let (crews, up) = running(context, session)?;
        if crews.is_empty() {
            return end_all(context, session, &up);
        }
        if !is_told {
            super::shutdown::tell(context, &render::swarm::ends(up.len()))?;
            is_told = true;
        }
        if waited >= PATIENCE {
            for supervisor in crews.iter().filter_map(|crew| crew.supervisor) {
                env.processes().send(&supervisor, Wish::Kill);
            }
            env.sleep(PAUSE);
            return end_all(context, session, &up);
        }
        env.sleep(PAUSE);
        waited += PAUSE;
    }
}

/// The crews that somebody looks after, and all sessions that may run.
fn running(context: &Context<'_>, session: &Session<'_>) -> Result<(Vec<Crew>, Vec<CrewSession>)> {
    let (mut crews, up) = session.look(|read, _| Ok((read.crews()?, read.crew_sessions_up()?)))?;
    crews.retain(|crew| crew.is_supervised(context.env.processes()));
    Ok((crews, up))
}

/// Ends these sessions, and notes that nobody looks after any.
fn end_all(context: &Context<'_>, session: &mut Session<'_>, up: &[CrewSession]) -> Result<()> {
    let ended = crew::end_all(context.env, &up.iter().collect::<Vec<_>>(), GRACE);
    let mut left = Vec::new();
    for (one, ended) in up.iter().zip(ended) {
        if ended == Ended::Left {
            left.push(clean(&one.name, Field::Name).to_string());
            continue;
        }
        session.act(|write, _| write.session_ended(one, None, State::Stopped, one.failures, None))?;
    }
    if !left.is_empty() {
        return Err(Refusal::refused(format!(
            "not closed: {} may still run, where it cannot be seen from here",
            left.join(", ")
        ))
        .hint("end it there and run this again; `agent-sync swarm status` shows it")
        .into());
    }
    session.act(|write, _| {
        for crew in write.crews()? {
            write.end_crew(&crew.plan, State::Stopped)?;
        }
        Ok(())
    })
}

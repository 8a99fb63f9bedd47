//! Standing in line for a lock.
//!
//! A waiter sleeps and looks whether the store has changed at all, which costs next to nothing; only then, and
//! twice a second in case somebody died or a lease lapsed, it looks whether its turn has come. It writes when
//! it has, and every half minute to show that it is still there. Killed at any moment it leaves at worst a
//! ticket behind, which the next one to take a lock clears.

use std::time::Duration;

use anyhow::Result;

use super::Context;
use super::session::Session;
use crate::domain::lock::{Conflict, Mode, Wanted};
use crate::domain::time::Moment;
use crate::domain::wait::{Link, Wish};
use crate::error::Refusal;
use crate::identity::Identity;
use crate::render;
use crate::store::Write;

/// How long the next in line sleeps between two looks; a release is seen after at most this.
const PAUSE: Duration = Duration::from_millis(15);
/// How long those behind it sleep.
const LONG_PAUSE: Duration = Duration::from_millis(30);
/// How often a waiter looks for the dead and the lapsed, in milliseconds.
const LOOKS_EVERY: i64 = 500;
/// How often a waiter shows that it is there, in milliseconds.
const SEEN_EVERY: i64 = 30_000;

/// Why nothing was taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something stood in the way until the end.
    Conflict(Box<Conflict>),
    /// The wait would never have ended.
    Circle(Vec<Link>),
}

/// What one attempt came to.
enum Tried<T> {
    Taken(T),
    Failed(Failure),
    /// It stands in line under this ticket.
    InLine(i64, Box<Conflict>),
}

/// Tries until it succeeds, or the time is over, or the wait could never end. `attempt` is given the ticket
/// that it has to take with it; each one is a transaction of its own.
pub(super) fn wait_for<T>(
    context: &Context<'_>,
    patience: Option<Duration>,
    mode: Mode,
    keys: &[Wanted],
    mut attempt: impl FnMut(&Write<'_>, &Identity, Option<i64>) -> Result<Result<T, Box<Conflict>>>,
) -> Result<Result<T, Failure>> {
    let began = context.env.now();
    let patience = patience.map_or(0, |patience| {
        i64::try_from(patience.as_millis()).unwrap_or(i64::MAX)
    });
    let mut session = context.session()?;
    let mut ticket = None;
    loop {
        let tried_at = context.env.now();
        let is_last = tried_at.since(&began) >= patience;
        // Asked before the attempt, so that no change falls between the two.
        session.has_changed()?;
        let tried = session.act(|write, me| match attempt(write, me, ticket)? {
            Ok(value) => {
                if let Some(ticket) = ticket {
                    write.leave_line(ticket)?;
                }
                Ok(Tried::Taken(value))
            }
            Err(conflict) if is_last => {
                if let Some(ticket) = ticket {
                    write.give_up(&me.id, ticket, keys, "lock.given_up", "its time was over")?;
                } else {
                    write.refuse(&me.id, &conflict)?;
                }
                Ok(Tried::Failed(Failure::Conflict(conflict)))
            }
            Err(conflict) => {
                let wish = Wish {
                    agent: me.kin(),
                    mode,
                    keys,
                    ticket,
                };
                let place = write.stand_in_line(&wish, context.env.own_proof())?;
                let Some(circle) = write.circle(place)? else {
                    return Ok(Tried::InLine(place, conflict));
                };
                write.give_up(
                    &me.id,
                    place,
                    keys,
                    "lock.deadlock",
                    &render::lock::circle(&circle),
                )?;
                Ok(Tried::Failed(Failure::Circle(circle)))
            }
        })?;
        let conflict = match tried {
            Tried::Taken(value) => {
                session.leave();
                return Ok(Ok(value));
            }
            Tried::Failed(failure) => return Ok(Err(failure)),
            Tried::InLine(place, conflict) => {
                ticket = Some(place);
                conflict
            }
        };
        let line = Place {
            mode,
            keys,
            ticket,
            ends: patience,
            began,
            tried_at,
        };
        line.stand(context, &mut session, *conflict)?;
    }
}

/// A place in the line between two attempts.
struct Place<'a> {
    mode: Mode,
    keys: &'a [Wanted],
    ticket: Option<i64>,
    began: Moment,
    tried_at: Moment,
    /// How long after the beginning the patience is over, in milliseconds.
    ends: i64,
}

impl Place<'_> {
    /// Sleeps until another attempt is worth it.
    fn stand(&self, context: &Context<'_>, session: &mut Session<'_>, mut watched: Conflict) -> Result<()> {
        let mut looked_at = self.tried_at;
        loop {
            let now = context.env.now();
            let left = u64::try_from(self.ends.saturating_sub(now.since(&self.began))).unwrap_or(0);
            if left == 0 || now.since(&self.tried_at) >= SEEN_EVERY {
                return Ok(());
            }
            let pause = if watched.behind.is_some() {
                LONG_PAUSE
            } else {
                PAUSE
            };
            context.env.sleep(pause.min(Duration::from_millis(left)));
            let now = context.env.now();
            let is_due = now.since(&looked_at) >= LOOKS_EVERY;
            if !is_due
                && (!session.has_changed()? || session.look(|read, _| read.is_still_there(&watched))?)
            {
                continue;
            }
            looked_at = now;
            let still = session.look(|read, me| {
                let wish = Wish {
                    agent: me.kin(),
                    mode: self.mode,
                    keys: self.keys,
                    ticket: self.ticket,
                };
                let conflict = read.obstacle(&wish)?;
                let is_in_a_circle = match self.ticket.filter(|_| conflict.is_some()) {
                    Some(ticket) => read.circle(ticket)?.is_some(),
                    None => false,
                };
                Ok(conflict.filter(|_| !is_in_a_circle))
            })?;
            match still {
                Some(conflict) => watched = conflict,
                None => return Ok(()),
            }
        }
    }
}

/// The refusal that a command answers with.
pub(super) fn refused(context: &Context<'_>, failure: &Failure, waited: Option<Duration>) -> Refusal {
    let conflict = match failure {
        Failure::Conflict(conflict) => conflict,
        Failure::Circle(circle) => {
            return Refusal::refused(format!(
                "this wait would never end: {}",
                render::lock::circle(circle)
            ))
            .hint("give back what the others wait for and try again: agent-sync lock list --mine");
        }
    };
    let message = render::lock::conflict(conflict, &context.env.now());
    let refusal = match waited {
        Some(waited) => Refusal::timed_out(format!("waited {}: {message}", render::time::duration(waited))),
        None => Refusal::refused(message),
    };
    refusal.hint(render::lock::way_out(conflict))
}

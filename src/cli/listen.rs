//! Sleeping until somebody else has changed the store.
//!
//! A change is written a little before it can be seen. So whoever listens sleeps until something is written to the
//! database, and after that asks every millisecond for a while whether anything has been committed.

use std::time::Duration;

use anyhow::Result;

use super::Context;
use super::session::Session;
use crate::domain::time::Moment;
use crate::env::Watch;

/// How long it sleeps between two looks for a commit that is about to come.
const PAUSE: Duration = Duration::from_millis(1);
/// How long after something was written a commit may take, in milliseconds.
const COMMITS_WITHIN: i64 = 100;
/// How often it is worth a look although nothing has changed, in milliseconds: something may be due by the clock,
/// and a disk may take its time.
const LOOKS_EVERY: i64 = 1_000;

/// Somebody who listens, at most for so long.
pub(super) struct Listener {
    watch: Watch,
    began: Moment,
    patience: i64,
}

impl Listener {
    /// Begins to listen, and to lose patience.
    pub(super) fn new(context: &Context<'_>, session: &Session<'_>, patience: Duration) -> Self {
        Self {
            began: context.env.now(),
            watch: session.watch(),
            patience: i64::try_from(patience.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// Sleeps until another look is worth it; `false` when the patience is over. `looked_at` is when it was looked
    /// last. Ask [`Session::has_changed`] before that look, so that no change falls between the two.
    pub(super) fn sleep(
        &self,
        context: &Context<'_>,
        session: &mut Session<'_>,
        looked_at: &Moment,
    ) -> Result<bool> {
        let mut written_at = None;
        loop {
            if session.has_changed()? {
                return Ok(true);
            }
            let now = context.env.now();
            let left = u64::try_from(self.patience - now.since(&self.began)).unwrap_or(0);
            if left == 0 {
                return Ok(false);
            }
            let idle = LOOKS_EVERY - now.since(looked_at);
            let Some(idle) = u64::try_from(idle).ok().filter(|idle| *idle > 0) else {
                return Ok(true);
            };
            let longest = Duration::from_millis(left.min(idle));
            if written_at.is_some_and(|at| now.since(&at) < COMMITS_WITHIN) {
                context.env.sleep(PAUSE.min(longest));
            } else {
                self.watch.wait(longest);
                written_at = Some(context.env.now());
            }
        }
    }
}

//! What the record says of a stretch of time: the facts that everything else here is worked out from.

use std::collections::BTreeSet;

use crate::domain::agent::Agent;
use crate::domain::decision::Decision;
use crate::domain::key::PathKey;
use crate::domain::lock::Lock;
use crate::domain::message::{Priority, State};
use crate::domain::task::Task;
use crate::domain::time::Moment;
use crate::domain::wait::Waiter;

use super::Span;

/// An entry of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Who did it; nobody when the tool itself did.
    pub agent: Option<String>,
    /// What kind of thing happened.
    pub event: String,
    /// One line about it.
    pub body: String,
    /// The client's tool.
    pub tool: Option<String>,
    /// What it happened to; of a named resource the path is the name.
    pub place: Option<PathKey>,
}

impl Fact {
    /// Whether it happened to this agent or by it.
    #[must_use]
    pub fn is_of(&self, agent: &str) -> bool {
        self.agent.as_deref() == Some(agent)
    }
}

/// A message at one of its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message's id.
    pub id: String,
    /// Who sent it.
    pub sender: String,
    /// Whom it is for.
    pub recipient: String,
    /// The beginning of the text.
    pub body: String,
    /// How much it matters.
    pub priority: Priority,
    /// Whether it is addressed to this recipient in particular.
    pub is_directed: bool,
    /// When it was sent, in milliseconds since the epoch.
    pub sent_at: i64,
    /// How far it has come.
    pub state: State,
    /// Since when it is there, in milliseconds since the epoch.
    pub state_at: i64,
    /// When it was first proved to have been seen, was asked for or acknowledged.
    pub seen_at: Option<i64>,
    /// When it was last about to be put before its recipient.
    pub offered_at: Option<i64>,
}

/// All that is known of a stretch of time, and how things stand at its end.
#[derive(Debug, Clone)]
pub struct History {
    /// Where somebody wanted it to begin, in milliseconds since the epoch.
    pub asked_from: i64,
    /// What it covers: it begins later than asked for where there is too much in between.
    pub window: Span,
    /// Now, which is its end.
    pub now: Moment,
    /// When the oldest entry that is kept was written; `None` when there is none.
    pub oldest: Option<i64>,
    /// How long entries are kept, in milliseconds; for ever when `None`.
    pub kept_for: Option<i64>,
    /// The entries of the window in the order in which they were written.
    pub facts: Vec<Fact>,
    /// The messages that were sent in the window, at each of their recipients, the oldest first.
    pub letters: Vec<Letter>,
    /// Whether there were more messages than are here; then the oldest are missing.
    pub lacks_letters: bool,
    /// Everybody the store knows, the human too.
    pub agents: Vec<Agent>,
    /// Ids of those of them that are sessions of the client, which says when a turn ends.
    pub in_sessions: BTreeSet<String>,
    /// Every lock that somebody took on purpose, lapsed ones too, as it is now.
    pub locks: Vec<Lock>,
    /// Everybody who waits for a lock now.
    pub waiters: Vec<Waiter>,
    /// Every task.
    pub tasks: Vec<Task>,
    /// The decisions of the window, the newest first.
    pub decisions: Vec<Decision>,
    /// How much mail waits for whom now: ids of recipients that have any.
    pub queued: Vec<(String, u64)>,
}

impl History {
    /// The name that an agent has now.
    #[must_use]
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        let known = self.agents.iter().find(|agent| agent.id == id);
        known.map_or(id, |agent| &agent.name)
    }

    /// Whether the record goes back less far than was asked for.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.window.from > self.asked_from || self.oldest.is_none_or(|oldest| oldest > self.asked_from)
    }
}

/// What is recorded of a lease that lapsed `over_for` milliseconds ago, or whose holder is gone (`None`), in words
/// that [`expired`] reads back.
#[must_use]
pub fn expiry(fence: i64, holder: &str, over_for: Option<i64>) -> String {
    match over_for {
        Some(over_for) => {
            let seconds = over_for.max(0) / 1_000;
            format!("fence {fence} of {holder}, over for {seconds} s")
        }
        None => format!("fence {fence} of {holder}, who is gone"),
    }
}

/// The holder that an entry of [`expiry`] names, and for how many milliseconds the lease had been over; `None` where
/// the holder was gone.
#[must_use]
pub fn expired(body: &str) -> Option<(&str, Option<i64>)> {
    let (_, rest) = body.split_once(" of ")?;
    let (holder, how) = rest.rsplit_once(", ")?;
    let seconds = how
        .strip_prefix("over for ")
        .and_then(|how| how.strip_suffix(" s"));
    let over_for = seconds.and_then(|seconds| seconds.parse::<i64>().ok());
    Some((holder, over_for.map(|seconds| seconds.saturating_mul(1_000))))
}

/// The ticket that an entry about a place in a line names.
#[must_use]
pub fn ticket(body: &str) -> Option<i64> {
    let number = body.strip_prefix("ticket ")?;
    number.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_of_a_lapsed_lease_can_be_read_back() {
        for (holder, over_for) in [("agent-1a", Some(42_000)), ("a of, b", None), ("x", Some(0))] {
            let body = expiry(7, holder, over_for);
            assert_eq!(expired(&body), Some((holder, over_for)), "{body}");
        }
        assert_eq!(expired("fence 7"), None, "as it was recorded in former times");
    }

    #[test]
    fn a_ticket_is_found_with_and_without_a_reason() {
        assert_eq!(ticket("ticket 12"), Some(12));
        assert_eq!(ticket("ticket 12: its time was over"), Some(12));
        assert_eq!(ticket("ticket x"), None);
    }
}

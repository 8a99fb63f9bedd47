//! Asking an agent for a sign of life, and what is to be said of one that has not given it.
//!
//! An agent answers with its next hook or command. One that waits for its human has none until then, which says
//! nothing about its health: it is idle, and its process speaks for it.

use serde::Serialize;

use super::agent::Agent;
use super::presence::Presence;

/// A question to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// Who was asked, as it is now.
    pub agent: Agent,
    /// When, in milliseconds since the epoch.
    pub asked_at: i64,
    /// When it gave a sign of life after that, in milliseconds since the epoch.
    pub answered_at: Option<i64>,
}

/// What has come of a question so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The agent has given a sign of life.
    Answered,
    /// It is in the middle of a turn and will answer with its next hook.
    Asked,
    /// It waits for its human and will answer when that goes on.
    Idle,
    /// It has been quiet for long and no process of it can be seen: it may be gone.
    Suspected,
    /// It is gone.
    Gone,
}

impl Outcome {
    /// The word people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::Idle => "idle",
            Self::Suspected => "suspected",
            Self::Gone => "gone",
        }
    }

    /// Whether waiting longer may change it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Suspected)
    }

    /// Whether the agent is known to be there.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Answered | Self::Idle)
    }
}

impl Ping {
    /// What has come of it so far.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match (self.answered_at, self.agent.presence) {
            (Some(_), _) => Outcome::Answered,
            (None, Presence::Active) => Outcome::Asked,
            (None, Presence::Idle) => Outcome::Idle,
            (None, Presence::Stale) => Outcome::Suspected,
            (None, Presence::Offline) => Outcome::Gone,
        }
    }

    /// How long the answer took, in milliseconds.
    #[must_use]
    pub fn took(&self) -> Option<i64> {
        Some(self.answered_at?.saturating_sub(self.asked_at).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::{Sighting, Turn};
    use crate::domain::time::Moment;

    fn ping(presence: Presence, answered_at: Option<i64>) -> Ping {
        Ping {
            agent: Agent {
                id: "a".to_owned(),
                name: "a".to_owned(),
                role: None,
                parent: None,
                current_task: None,
                created_at: 0,
                sighting: Sighting {
                    turn: Turn::Active,
                    seen: Moment::at_wall(0),
                    proof: None,
                },
                cwd: None,
                presence,
            },
            asked_at: 100,
            answered_at,
        }
    }

    #[test]
    fn whoever_waits_for_its_human_is_idle_and_alive_and_not_waited_for() {
        let outcome = ping(Presence::Idle, None).outcome();
        assert!(outcome == Outcome::Idle && outcome.is_alive() && !outcome.is_open());
    }

    #[test]
    fn an_answer_counts_whatever_came_of_the_agent_later() {
        let answered = ping(Presence::Offline, Some(350));
        assert_eq!(answered.outcome(), Outcome::Answered);
        assert_eq!(answered.took(), Some(250));
        assert_eq!(
            ping(Presence::Active, Some(50)).took(),
            Some(0),
            "a clock was set back"
        );
    }

    #[test]
    fn only_what_may_still_answer_is_waited_for() {
        let open: Vec<bool> = [Presence::Active, Presence::Stale, Presence::Offline]
            .into_iter()
            .map(|presence| ping(presence, None).outcome().is_open())
            .collect();
        assert_eq!(open, [true, true, false]);
        assert!(!ping(Presence::Offline, None).outcome().is_alive());
    }
}

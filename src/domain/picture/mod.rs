//! The whole repository as a person looks at it: who does what, what collides, what is stuck, what needs them.
//!
//! Whoever shows it (a page of text, JSON, a live screen) asks the same questions, so the answers are made here,
//! from facts that were read in one snapshot: what stands in whose way (`waits`, `collision`), what deserves a
//! look (`matter`), how it goes on the whole (`health`), how far the work has come (`progress`).

mod collision;
mod health;
mod matter;
mod progress;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::activity::Activity;
use super::agent::Agent;
use super::decision::Decision;
use super::drain::Drain;
use super::lock::{Lock, PathKey};
use super::message::Message;
use super::presence::Presence;
use super::task::{Offer, Task};
use super::time::{HOUR, MINUTE, Moment};
use super::topology::Topology;
use super::vote::Vote;
use super::wait::{Line, Wait, Waiter};

pub use collision::{Collision, collisions};
pub use health::{Assessment, Health};
pub use matter::{Kind, Matter, Unacknowledged, Urgency, foremost, matters};
pub use progress::{Progress, Tally, critical_path};

/// For how long changes that two agents made to one path are of interest, in milliseconds.
pub const COLLIDES_WITHIN: i64 = 30 * MINUTE;
/// From here on somebody who waits for a lock is stuck and not just next, in milliseconds.
pub const LONG_WAIT: i64 = 5 * MINUTE;
/// For how long a failed task that nothing takes over from asks for a decision, in milliseconds.
pub const FAILURE_MATTERS: i64 = 7 * 24 * HOUR;

/// A change that an agent made to a path lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub key: PathKey,
    /// Id of the agent.
    pub agent: String,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// Mail that an agent has not been shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Id of the recipient.
    pub agent: String,
    /// How many messages.
    pub waiting: u32,
    /// When the oldest of them was sent, in milliseconds since the epoch.
    pub since: i64,
}

/// Where an agent works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The checkout: empty for the main worktree.
    pub tree: String,
    /// The branch that is checked out there, or the beginning of the commit's name where it is none.
    pub branch: Option<String>,
}

/// Facts about the repository at one moment, read in one snapshot.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The moment.
    pub now: Moment,
    /// Id of whoever looks.
    pub me: String,
    /// That agent, once it has registered.
    pub agent: Option<Agent>,
    /// How many messages wait for whoever looks.
    pub unread: usize,
    /// The end of the swarm, where one has begun.
    pub drain: Option<Drain>,
    /// Every agent but the human that is not offline, the last seen first.
    pub agents: Vec<Agent>,
    /// How many agents are offline.
    pub gone: usize,
    /// What each agent that is not offline did last, by its id, as far back as it was looked for.
    pub acts: HashMap<String, Activity>,
    /// The live leases that somebody took on purpose, in order of acquisition.
    pub locks: Vec<Lock>,
    /// The live leases of edits.
    pub leases: Vec<Lock>,
    /// Those who wait for locks, in the order of their tickets.
    pub waiters: Vec<Waiter>,
    /// The open tasks, in the order of the board.
    pub tasks: Vec<Task>,
    /// How many tasks there are in each state.
    pub tally: Tally,
    /// The tasks that failed lately and that nothing takes over from.
    pub failed: Vec<Task>,
    /// Tasks that were offered to the human.
    pub offers: Vec<Offer>,
    /// Unread messages that are addressed to the human, the oldest first.
    pub letters: Vec<Message>,
    /// How many there are, should not all of them have been read.
    pub letter_count: usize,
    /// Messages that were seen and are still to be acknowledged, the oldest first.
    pub unacknowledged: Vec<Unacknowledged>,
    /// Mail that waits, by recipient.
    pub queues: Vec<Queue>,
    /// Messages that somebody has not been shown, the newest first, as far as they were read.
    pub undelivered: Vec<Message>,
    /// How many of them there are.
    pub undelivered_count: usize,
    /// What was changed lately, the newest first.
    pub changes: Vec<Change>,
    /// The newest decisions that stand.
    pub decisions: Vec<Decision>,
    /// How many decisions stand.
    pub decision_count: usize,
    /// The topology that somebody has set, if any.
    pub topology: Option<Topology>,
    /// The open votes, the newest first.
    pub votes: Vec<Vote>,
    /// What happened last, the newest first.
    pub activity: Vec<Activity>,
    /// When a hook last reached us, in milliseconds since the epoch.
    pub hook_seen: Option<i64>,
}

impl Picture {
    /// A picture of a repository in which there is nothing, seen by `me`.
    #[must_use]
    pub fn empty(me: &str, now: Moment) -> Self {
        Self {
            now,
            me: me.to_owned(),
            agent: None,
            unread: 0,
            drain: None,
            agents: Vec::new(),
            gone: 0,
            acts: HashMap::new(),
            locks: Vec::new(),
            leases: Vec::new(),
            waiters: Vec::new(),
            tasks: Vec::new(),
            tally: Tally::default(),
            failed: Vec::new(),
            offers: Vec::new(),
            letters: Vec::new(),
            letter_count: 0,
            unacknowledged: Vec::new(),
            queues: Vec::new(),
            undelivered: Vec::new(),
            undelivered_count: 0,
            changes: Vec::new(),
            decisions: Vec::new(),
            decision_count: 0,
            topology: None,
            votes: Vec::new(),
            activity: Vec::new(),
            hook_seen: None,
        }
    }

    /// How many agents are as present as this.
    #[must_use]
    pub fn count(&self, presence: Presence) -> usize {
        let alike = |agent: &&Agent| agent.presence == presence;
        self.agents.iter().filter(alike).count()
    }

    /// Who waits for whom, in the order of the tickets.
    #[must_use]
    pub fn waits(&self) -> Vec<Wait<'_>> {
        let line = Line {
            locks: &self.locks,
            waiters: &self.waiters,
        };
        line.waits()
    }

    /// The living agent with this id.
    #[must_use]
    pub fn living(&self, id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The open task with this id.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// How many locks each agent holds, by its id.
    #[must_use]
    pub fn holdings(&self) -> HashMap<&str, usize> {
        let mut holdings = HashMap::new();
        for lock in &self.locks {
            *holdings.entry(lock.holder.as_str()).or_default() += 1;
        }
        holdings
    }

    /// How it goes on the whole, and why.
    #[must_use]
    pub fn assess(&self, matters: &[Matter<'_>]) -> Assessment {
        health::assess(self, matters)
    }
}

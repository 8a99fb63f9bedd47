//! All that the console shows, read in one transaction: a page of everything.

use anyhow::Result;

use crate::domain::activity::Activity;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::decision::Decision;
use crate::domain::lock::Lock;
use crate::domain::message::{Message, State};
use crate::domain::task::{Status, Task};
use crate::domain::time::Moment;
use crate::domain::wait::Waiter;
use crate::store::Read;

/// Most tasks that are shown; a count stands for the others.
pub(super) const MOST_TASKS: usize = 300;
/// Most locks that are shown.
pub(super) const MOST_LOCKS: usize = 500;
const MESSAGES: u32 = 200;
const DECISIONS: u32 = 100;
const ENTRIES: u32 = 200;

/// The tasks that are shown: those with something left to do, and those that did not succeed.
const SHOWN: [Status; 4] = [
    Status::InProgress,
    Status::Blocked,
    Status::Pending,
    Status::Failed,
];

/// All that the console shows, seen from one moment.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) now: Moment,
    /// Everybody who is here but the human.
    pub(super) agents: Vec<Agent>,
    /// The first of the tasks that somebody may still care for.
    pub(super) tasks: Vec<Task>,
    /// How many there are in each state.
    pub(super) counts: [u32; Status::ALL.len()],
    pub(super) locks: Vec<Lock>,
    pub(super) waiters: Vec<Waiter>,
    /// The newest messages and what the human has not read, the newest first.
    pub(super) messages: Vec<Message>,
    pub(super) decisions: Vec<Decision>,
    pub(super) activity: Vec<Activity>,
}

impl Snapshot {
    /// What there is before anything was read.
    pub(super) const fn empty(now: Moment) -> Self {
        Self {
            now,
            agents: Vec::new(),
            tasks: Vec::new(),
            counts: [0; Status::ALL.len()],
            locks: Vec::new(),
            waiters: Vec::new(),
            messages: Vec::new(),
            decisions: Vec::new(),
            activity: Vec::new(),
        }
    }

    /// Reads all of it.
    pub(super) fn read(read: &Read<'_>, now: Moment) -> Result<Self> {
        let mut agents = read.present()?;
        agents.retain(|agent| agent.id != OPERATOR);
        let mut locks = read.locks(false)?;
        locks.truncate(MOST_LOCKS);
        Ok(Self {
            now,
            agents,
            tasks: read.tasks_with(&read.task_ids(&SHOWN, MOST_TASKS)?)?,
            counts: read.task_counts()?,
            locks,
            waiters: read.waiters()?,
            messages: read.messages_with(&read.feed_ids(MESSAGES)?)?,
            decisions: read.decisions(DECISIONS, false)?,
            activity: read.activity(ENTRIES, None, None)?,
        })
    }

    /// How many tasks there are in these states.
    pub(super) fn count(&self, wanted: impl Fn(Status) -> bool) -> u32 {
        let counts = Status::ALL.into_iter().zip(self.counts);
        counts
            .filter(|(status, _)| wanted(*status))
            .map(|(_, count)| count)
            .sum()
    }

    /// How many of the tasks that would be shown are not.
    pub(super) fn tasks_left_out(&self) -> usize {
        let all = usize::try_from(self.count(|status| SHOWN.contains(&status))).unwrap_or(usize::MAX);
        all.saturating_sub(self.tasks.len())
    }

    /// The messages that wait for the human: not read yet, or to be acknowledged.
    pub(super) fn for_the_human(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(|message| waits_for_human(message, &self.now))
    }

    /// The task with this id.
    pub(super) fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The agent with this id.
    pub(super) fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The message with this id.
    pub(super) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// The lock with this fence.
    pub(super) fn lock(&self, fence: &str) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.fence.to_string() == fence)
    }

    /// Those who wait for a lock to end.
    pub(super) fn in_line<'a>(&'a self, lock: &'a Lock) -> impl Iterator<Item = &'a Waiter> {
        self.waiters
            .iter()
            .filter(|waiter| lock.excludes(waiter.kin(), waiter.mode) && waiter.wants(lock.extent()))
    }
}

/// Whether the human still has to do something about a message: read what is addressed to them in particular, or
/// acknowledge it.
pub(super) fn waits_for_human(message: &Message, now: &Moment) -> bool {
    let is_open = match message.state(now) {
        None | Some(State::Expired | State::Undeliverable | State::Acknowledged) => false,
        Some(State::Queued | State::Offered | State::Delivered | State::Read) => true,
    };
    let asks = message.is_directed || message.wants_ack;
    is_open && asks && (message.read_at().is_none() || (message.wants_ack && message.acked_at().is_none()))
}

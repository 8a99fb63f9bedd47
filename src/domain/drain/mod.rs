//! The orderly end of a swarm: no new work is handed out, everybody is asked to give back what they hold, and after
//! a deadline it is taken back; then, where that is wanted, the store is closed.
//!
//! Nothing runs in the background. A drain is a row with a deadline, and whoever does anything after it carries
//! out what it means; so a process that dies in the middle leaves nothing behind that another one could not
//! finish.

mod status;
#[cfg(test)]
mod tests;

use super::lock::remaining;
use super::presence::Presence;
use super::time::{HOUR, MINUTE, Moment};

pub use status::{Drained, GivenBack, Holder, Summary, Swarm};

/// How long agents have to answer unless somebody says otherwise, in milliseconds.
pub const DEFAULT_LASTS: i64 = 10 * MINUTE;
/// How long they have at most, in milliseconds.
pub const MAX_LASTS: i64 = 24 * HOUR;

/// How far a swarm that is no longer open has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing new is handed out; work under way goes on until its agent answers or the deadline comes.
    Draining,
    /// Everything was given back or taken back; sessions that were started for the swarm are being ended.
    Ending,
    /// Nobody is left; what there is, is being written down.
    Checkpointing,
    /// It is written down, and the store takes nothing new.
    Closed,
}

/// What the next stage depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the store is to be closed, not only drained.
    pub is_shutdown: bool,
    /// How many of those who were asked have neither answered nor gone.
    pub missing: usize,
    /// Whether the deadline has come.
    pub is_over: bool,
    /// How many sessions that were started for the swarm still run.
    pub sessions: usize,
    /// Whether the checkpoint is whole.
    pub is_written: bool,
}

impl Stage {
    /// Every stage, in their order.
    pub const ALL: [Self; 4] = [Self::Draining, Self::Ending, Self::Checkpointing, Self::Closed];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Ending => "ending",
            Self::Checkpointing => "checkpointing",
            Self::Closed => "closed",
        }
    }

    /// Reads the word in the store. What is not known counts as closed: nothing new is begun in doubt.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|stage| stage.as_str() == word);
        known.unwrap_or(Self::Closed)
    }

    /// Whether the store takes nothing new.
    #[must_use]
    pub const fn is_shut(self) -> bool {
        !matches!(self, Self::Draining)
    }

    /// The stage that follows now, if the facts allow one.
    #[must_use]
    pub const fn next(self, facts: Facts) -> Option<Self> {
        match self {
            Self::Draining if facts.is_shutdown && (facts.missing == 0 || facts.is_over) => {
                Some(Self::Ending)
            }
            Self::Ending if facts.sessions == 0 => Some(Self::Checkpointing),
            Self::Checkpointing if facts.is_written => Some(Self::Closed),
            _ => None,
        }
    }
}

/// How it came that nobody waits for an agent any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It said that it is ready, and gave back what it held.
    Ready,
    /// It had not said so when the deadline came, and what it held was taken back.
    Deadline,
    /// It was gone before that.
    Gone,
    /// It came when the store was shut already, and held nothing.
    Late,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Deadline, Self::Gone, Self::Late];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Deadline => "deadline",
            Self::Gone => "gone",
            Self::Late => "late",
        }
    }

    /// Reads the word in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.as_str() == word)
    }
}

/// Something that an agent no longer holds because of the drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// A task that went back to the board: its id and its title.
    Task(String, String),
    /// A lock: what it was on, in words.
    Lock(String),
}

/// One of those who were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Id of the agent.
    pub agent: String,
    /// Its name when it was asked.
    pub name: String,
    /// Whether it lives.
    pub presence: Presence,
    /// How it answered and when, in milliseconds since the epoch.
    pub answer: Option<(Answer, i64)>,
    /// What it says to whoever goes on with its work.
    pub note: Option<String>,
    /// What it gave back, or was taken from it.
    pub returned: Vec<Returned>,
}

/// An end that has begun, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// How far it has come.
    pub stage: Stage,
    /// Why, in the words of whoever began it.
    pub reason: Option<String>,
    /// Id of the agent that began it.
    pub by: String,
    /// That agent's name.
    pub by_name: String,
    /// When it began, in milliseconds since the epoch.
    pub begun_at: i64,
    /// When its time began to count.
    pub counts_from: Moment,
    /// How long agents have to answer from then on, in milliseconds.
    pub lasts: i64,
    /// Whether the store is to be closed, not only drained.
    pub is_shutdown: bool,
    /// Since when nothing new is taken, in milliseconds since the epoch.
    pub shut_at: Option<i64>,
    /// The name of the checkpoint's directory.
    pub checkpoint: Option<String>,
    /// The SHA-256 of the checkpoint's copy of the store, in hexadecimal.
    pub sha256: Option<String>,
    /// Those who were asked.
    pub members: Vec<Member>,
}

impl Drain {
    /// Milliseconds until the deadline; zero or less when it has come.
    #[must_use]
    pub fn remaining(&self, now: &Moment) -> i64 {
        remaining(&self.counts_from, self.lasts, now)
    }

    /// Whether the deadline has come.
    #[must_use]
    pub fn is_over(&self, now: &Moment) -> bool {
        self.remaining(now) <= 0
    }

    /// When the deadline is by today's wall clock, in milliseconds since the epoch.
    #[must_use]
    pub fn ends_at(&self, now: &Moment) -> i64 {
        now.wall.saturating_add(self.remaining(now))
    }

    /// Those who have neither answered nor were given up.
    pub fn missing(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.answer.is_none())
    }

    /// What is to be noted of a member now without its doing: that it is gone, or that the deadline has come. As
    /// long as it lives and has time, nothing is.
    #[must_use]
    pub fn verdict(&self, member: &Member, now: &Moment) -> Option<Answer> {
        match member.answer {
            Some(_) => None,
            None if !member.presence.is_living() => Some(Answer::Gone),
            None => self.is_over(now).then_some(Answer::Deadline),
        }
    }

    /// What the next stage depends on, with so many sessions of the swarm still running.
    #[must_use]
    pub fn facts(&self, now: &Moment, sessions: usize) -> Facts {
        Facts {
            is_shutdown: self.is_shutdown,
            missing: self.missing().count(),
            is_over: self.is_over(now),
            sessions,
            is_written: self.sha256.is_some(),
        }
    }

    /// The member with this id.
    #[must_use]
    pub fn member(&self, agent: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.agent == agent)
    }

    /// What agents are told of it: what is so, until when, and how to answer.
    #[must_use]
    pub fn told(&self, now: &Moment) -> String {
        let because = because(self.reason.as_deref());
        if self.stage.is_shut() {
            return format!(
                "This swarm is closed{because}. Tasks, locks and messages can be read; nothing new is taken until the \
                 human reopens it."
            );
        }
        format!(
            "This swarm is being drained until {}{because}: no new tasks are handed out, and what is still held \
             then goes back to the board. `agent-sync swarm ready --note TEXT` gives back everything that you hold, \
             and TEXT is for whoever goes on with it.",
            clock(self.ends_at(now))
        )
    }
}

/// What agents are told when work is handed out again.
pub const REOPENED: &str = "This swarm is open again: tasks are handed out.";

/// A reason behind a statement.
fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// The time of the day of a moment in milliseconds since the epoch.
#[must_use]
pub fn clock(ms: i64) -> String {
    let minutes = ms.div_euclid(MINUTE).rem_euclid(24 * 60);
    format!("{:02}:{:02} UTC", minutes / 60, minutes % 60)
}

//! What coordination cost and what it was good for, worked out from the record and from nothing else.
//!
//! A number that the record does not hold is unknown, which is not zero: it is `None` here and `null` in JSON. The
//! store reads a [`History`], the functions here turn it into stretches of time and numbers, and whoever shows them
//! only shows them.

mod contention;
mod history;
mod holds;
mod mail;
mod span;
mod spread;
mod turns;
mod waits;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::hindrance::{Rule, Ruling};
pub use contention::{Contention, contention};
pub use history::{Fact, History, Letter, expired, expiry, ticket};
pub use holds::{Hold, HoldEnd, holds};
pub use mail::{Mail, deepest_queue, first_shown, letters, mail, talks};
use span::total;
pub use span::{Span, common, covered, deepest, union};
pub use spread::Spread;
pub use turns::{Turn, TurnEnd, turns};
pub use waits::{Wait, WaitEnd, waits};

/// What the record cannot tell, and why.
pub const UNKNOWN: [&str; 2] = [
    "claims of tasks that were refused: nothing of a refused claim is kept",
    "the time that agents spent inside agent-sync: most hooks write nothing, so not even how long they took",
];

/// Stretches of time that the record speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When who was in the middle of a turn.
    pub turns: Vec<Turn>,
    /// When who held what.
    pub holds: Vec<Hold>,
    /// When who waited for what.
    pub waits: Vec<Wait>,
}

impl Timeline {
    /// All of them in the window.
    #[must_use]
    pub fn of(history: &History) -> Self {
        Self {
            turns: turns(history),
            holds: holds(history),
            waits: waits(history),
        }
    }
}

/// The numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// How many agents did anything.
    pub agents: usize,
    /// Turns, and how long they took all together.
    pub turns: Turns,
    /// Waits for locks.
    pub waiting: Waiting,
    /// Time inside agent-sync as a share of the time in turns.
    pub share_in_agent_sync: Option<f64>,
    /// What became of messages.
    pub messages: Mail,
    /// What did not happen because agents were told in time.
    pub prevented: Prevented,
    /// How often which rule refused something, as far as it is recorded.
    pub refusals: BTreeMap<&'static str, u64>,
    /// What went on although its agent was gone.
    pub reclaimed: Reclaimed,
    /// What waits now, and what waited at most.
    pub queues: Queues,
    /// How many edits were recorded.
    pub edits: u64,
    /// In how many files.
    pub files_edited: usize,
    /// What is not known, and why.
    pub unknown: [&'static str; 2],
}

/// Turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// How many.
    pub count: usize,
    /// How long all of them took, in milliseconds of agents.
    pub time_ms: i64,
}

/// Waits for locks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// How many.
    pub count: usize,
    /// How many ended with the lock.
    pub granted: usize,
    /// How many were given up.
    pub given_up: usize,
    /// How many go on.
    pub going_on: usize,
    /// How long agents waited all together, in milliseconds of agents.
    pub time_ms: i64,
    /// The waits that ended with the lock.
    pub granted_after: Option<Spread>,
    /// Waiting within turns as a share of the time in turns; unknown where no turn is known.
    pub share: Option<f64>,
}

/// What did not happen because agents were told in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Prevented {
    /// Locks that were refused at once because somebody else held them.
    pub refused: u64,
    /// Waits in a line in place of a conflict.
    pub queued: u64,
    /// Waits that would never have ended.
    pub circles: u64,
    /// Notices of others' work on a file that an agent edits, each given once.
    pub told: u64,
    /// Edits, commands and commits that hooks refused.
    pub refused_by_hooks: u64,
}

impl Prevented {
    /// All of it together.
    #[must_use]
    pub const fn known(&self) -> u64 {
        self.refused + self.queued + self.told + self.refused_by_hooks
    }
}

/// What went on although its agent was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reclaimed {
    /// Tasks that came back to the board.
    pub tasks: u64,
    /// Locks that were freed.
    pub locks: usize,
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// Messages that wait for the recipient with the most, now.
    pub mail_now: u64,
    /// The most messages that ever waited for one recipient.
    pub mail_deepest: u64,
    /// Those who wait for locks, now.
    pub line_now: usize,
    /// The most that ever waited for one lock.
    pub line_deepest: u64,
    /// Tasks that somebody could take now.
    pub ready_tasks: usize,
}

/// The numbers of a stretch of time.
#[must_use]
pub fn measure(history: &History, timeline: &Timeline) -> Metrics {
    let count = |event: &str| {
        let facts = history.facts.iter().filter(|fact| fact.event == event);
        facts.count() as u64
    };
    let waiting = waiting(timeline);
    let circles = timeline
        .waits
        .iter()
        .filter(|wait| wait.end == WaitEnd::Circle)
        .count() as u64;
    let agents: BTreeSet<&str> = history
        .facts
        .iter()
        .filter_map(|fact| fact.agent.as_deref())
        .collect();
    let edited: BTreeSet<_> = history
        .facts
        .iter()
        .filter(|fact| fact.event == "edit")
        .filter_map(|fact| fact.place.as_ref())
        .collect();
    let freed = timeline
        .holds
        .iter()
        .filter(|hold| hold.end == HoldEnd::HolderGone);
    let places = contention(history, &timeline.holds, &timeline.waits);
    Metrics {
        agents: agents.len(),
        turns: Turns {
            count: timeline.turns.len(),
            time_ms: total(timeline.turns.iter().map(|turn| turn.span.length())),
        },
        share_in_agent_sync: None,
        messages: mail(history),
        prevented: Prevented {
            refused: count("lock.refused"),
            queued: waiting.count as u64,
            circles,
            told: count("edit.told"),
            refused_by_hooks: history
                .facts
                .iter()
                .filter(|fact| hook_rule(fact).is_some())
                .count() as u64,
        },
        refusals: refusals(history, circles, waiting.given_up as u64),
        reclaimed: Reclaimed {
            tasks: count("task.abandoned"),
            locks: freed.count(),
        },
        queues: Queues {
            mail_now: history
                .queued
                .iter()
                .map(|(_, count)| *count)
                .max()
                .unwrap_or_default(),
            mail_deepest: deepest_queue(history),
            line_now: history.waiters.len(),
            line_deepest: places
                .iter()
                .map(|(_, place)| place.deepest)
                .max()
                .unwrap_or_default(),
            ready_tasks: history.tasks.iter().filter(|task| task.is_ready()).count(),
        },
        edits: count("edit"),
        files_edited: edited.len(),
        waiting,
        unknown: UNKNOWN,
    }
}

fn waiting(timeline: &Timeline) -> Waiting {
    let with = |end: WaitEnd| timeline.waits.iter().filter(move |wait| wait.end == end);
    let mut turns: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for turn in &timeline.turns {
        turns.entry(&turn.agent).or_default().push(turn.span);
    }
    let mut waits: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for wait in &timeline.waits {
        waits.entry(&wait.agent).or_default().push(wait.span);
    }
    let in_turns = total(turns.values().map(|spans| covered(spans.iter().copied())));
    let both = waits
        .iter()
        .filter_map(|(agent, waits)| Some((waits, turns.get(agent)?)));
    let waited_in_turns =
        total(both.map(|(waits, turns)| covered(common(waits.iter().copied(), turns.iter().copied()))));
    Waiting {
        count: timeline.waits.len(),
        granted: with(WaitEnd::Granted).count(),
        given_up: with(WaitEnd::GivenUp).count(),
        going_on: with(WaitEnd::GoesOn).count(),
        time_ms: total(waits.values().map(|spans| covered(spans.iter().copied()))),
        granted_after: Spread::of(with(WaitEnd::Granted).map(|wait| wait.span.length()).collect()),
        share: share(waited_in_turns, in_turns),
    }
}

/// A part of a whole, from 0 to 1; unknown where there is no whole.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of many years still fit, and a share has few digits"
)]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The rule by which a hook refused something, if the entry tells of that.
fn hook_rule(fact: &Fact) -> Option<Rule> {
    Rule::of(&fact.event, &fact.body)
}

/// How often which rule refused something. What was never recorded has no line.
fn refusals(history: &History, circles: u64, given_up: u64) -> BTreeMap<&'static str, u64> {
    let mut refusals = BTreeMap::from([
        ("lock_held", 0),
        ("lock_circle", circles),
        ("lock_wait_timed_out", given_up),
        ("message_recipient_gone", 0),
        ("message_queue_full", 0),
        ("message_rate", 0),
        ("message_off_topology", 0),
    ]);
    refusals.extend(Rule::ALL.map(|rule| (rule.name(), 0)));
    refusals.extend(Ruling::ALL.map(|ruling| (ruling.name(), 0)));
    for fact in &history.facts {
        if let Some(rule) = hook_rule(fact) {
            *refusals.entry(rule.name()).or_default() += 1;
            continue;
        }
        if let Some(ruling) = Ruling::of(&fact.event) {
            *refusals.entry(ruling.name()).or_default() += 1;
            continue;
        }
        let rule = match (fact.event.as_str(), fact.body.as_str()) {
            ("lock.refused", _) => "lock_held",
            ("message.refused", "its recipient is gone") => "message_recipient_gone",
            ("message.refused", "too much waits for its recipient") => "message_queue_full",
            ("message.refused", "the topology leads another way") => "message_off_topology",
            ("message.refused", _) => "message_rate",
            _ => continue,
        };
        *refusals.entry(rule).or_default() += 1;
    }
    refusals
}

#[cfg(test)]
mod tests;

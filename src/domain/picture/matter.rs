//! What deserves a look, the most urgent first.
//!
//! A person who runs many sessions has time for a few lines. So nothing that goes its way is a matter: a message
//! that an agent will see at its next step, a task that waits for another one, a lock. A matter is what goes no
//! further by itself, or what somebody may lose.

use std::collections::{BTreeMap, BTreeSet};

use super::{Collision, LONG_WAIT, Picture, collisions};
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::lock::Obstacle;
use crate::domain::message::Message;
use crate::domain::presence::Presence;
use crate::domain::task::{Offer, Status, Task};
use crate::domain::wait::Wait;

/// A message that was seen and is still to be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unacknowledged {
    /// The message as its recipient sees it.
    pub message: Message,
    /// Id of the recipient.
    pub recipient: String,
    /// The recipient's name.
    pub recipient_name: String,
}

/// How much a matter asks of a person, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Work is not guarded as it should be.
    Danger,
    /// Somebody waits for the person, or only a person can decide.
    You,
    /// Somebody or something goes no further.
    Stuck,
    /// Good to know; it may solve itself.
    Notice,
}

impl Urgency {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::You => "you",
            Self::Stuck => "stuck",
            Self::Notice => "notice",
        }
    }
}

/// What kind of matter it is, in the order in which matters of one urgency are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No hook has ever reported.
    Unguarded,
    /// A message asks the human something.
    Question,
    /// A message is addressed to the human.
    Message,
    /// A task was offered to the human.
    Offer,
    /// A task failed, and nothing takes over from it.
    Failed,
    /// Several agents work on one file.
    Collision,
    /// An agent gives no sign of life and still holds something.
    Silent,
    /// A task belongs to an agent that is gone.
    Orphaned,
    /// Somebody waits for a lock.
    Wait,
    /// A task cannot go on.
    Blocked,
    /// A message was seen and not acknowledged.
    Unacknowledged,
    /// Several agents change one path in different checkouts.
    Merge,
}

impl Kind {
    /// Every one, in that order.
    pub const ALL: [Self; 12] = [
        Self::Unguarded,
        Self::Question,
        Self::Message,
        Self::Offer,
        Self::Failed,
        Self::Collision,
        Self::Silent,
        Self::Orphaned,
        Self::Wait,
        Self::Blocked,
        Self::Unacknowledged,
        Self::Merge,
    ];

    /// The word in JSON and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unguarded => "unguarded",
            Self::Question => "question",
            Self::Message => "message",
            Self::Offer => "offer",
            Self::Failed => "failed",
            Self::Collision => "collision",
            Self::Silent => "silent",
            Self::Orphaned => "orphaned",
            Self::Wait => "wait",
            Self::Blocked => "blocked",
            Self::Unacknowledged => "no ack",
            Self::Merge => "merge",
        }
    }
}

/// Something that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter<'a> {
    /// Agents are here, and no hook has ever reported: nothing stops their edits.
    Unguarded,
    /// A message for the human that is not read.
    Letter(&'a Message),
    /// A task that somebody offers to the human.
    Offer(&'a Offer),
    /// A task that failed and that nothing takes over from.
    Failed(&'a Task),
    /// Several agents work on one path.
    Collision(Collision),
    /// An agent that gives no sign of life, how many locks it holds and how many tasks are its own.
    Silent(&'a Agent, usize, usize),
    /// A task in progress whose owner is gone.
    Orphaned(&'a Task),
    /// Somebody waits for a lock.
    Wait(Wait<'a>),
    /// A task that cannot go on.
    Blocked(&'a Task),
    /// A message that was seen and is still to be acknowledged.
    Unacknowledged(&'a Unacknowledged),
}

impl Matter<'_> {
    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unguarded => Kind::Unguarded,
            Self::Letter(message) if message.is_question() => Kind::Question,
            Self::Letter(_) => Kind::Message,
            Self::Offer(_) => Kind::Offer,
            Self::Failed(_) => Kind::Failed,
            Self::Collision(collision) if collision.is_same_file() => Kind::Collision,
            Self::Collision(_) => Kind::Merge,
            Self::Silent(..) => Kind::Silent,
            Self::Orphaned(_) => Kind::Orphaned,
            Self::Wait(_) => Kind::Wait,
            Self::Blocked(_) => Kind::Blocked,
            Self::Unacknowledged(_) => Kind::Unacknowledged,
        }
    }

    /// How much it asks of a person at `now`, in milliseconds since the epoch.
    #[must_use]
    pub fn urgency(&self, now: i64) -> Urgency {
        match self {
            Self::Unguarded => Urgency::Danger,
            Self::Letter(_) | Self::Offer(_) | Self::Failed(_) => Urgency::You,
            Self::Collision(collision) if !collision.is_same_file() => Urgency::Notice,
            Self::Wait(wait) if !is_stuck(wait, now) => Urgency::Notice,
            Self::Unacknowledged(one) if one.recipient == OPERATOR => Urgency::You,
            Self::Unacknowledged(_) => Urgency::Notice,
            Self::Collision(_) | Self::Silent(..) | Self::Orphaned(_) | Self::Wait(_) | Self::Blocked(_) => {
                Urgency::Stuck
            }
        }
    }

    /// Since when it is so, in milliseconds since the epoch, where that is known.
    #[must_use]
    pub fn since(&self) -> Option<i64> {
        match self {
            Self::Unguarded => None,
            Self::Letter(message) => Some(message.created.wall),
            Self::Offer(offer) => Some(offer.offered_at),
            Self::Failed(task) | Self::Blocked(task) => Some(task.updated_at),
            Self::Collision(collision) => Some(collision.at),
            Self::Silent(agent, ..) => Some(agent.sighting.seen.wall),
            Self::Orphaned(task) => Some(task.claimed_at.unwrap_or(task.updated_at)),
            Self::Wait(wait) => Some(wait.waiter.since),
            Self::Unacknowledged(one) => Some(one.message.created.wall),
        }
    }
}

/// Whether a wait is more than being next: it is long, or nobody may be there to end it.
fn is_stuck(wait: &Wait<'_>, now: i64) -> bool {
    let is_silent = matches!(&wait.by, Obstacle::Held(lock) if lock.presence == Presence::Stale);
    is_silent || now.saturating_sub(wait.waiter.since) >= LONG_WAIT
}

/// All that deserves a look: the most urgent first, within one urgency kind by kind, each the oldest first.
#[must_use]
pub fn matters(picture: &Picture) -> Vec<Matter<'_>> {
    let mut found: Vec<Matter<'_>> = Vec::new();
    if picture.hook_seen.is_none() && !picture.agents.is_empty() {
        found.push(Matter::Unguarded);
    }
    found.extend(picture.letters.iter().map(Matter::Letter));
    found.extend(picture.offers.iter().map(Matter::Offer));
    found.extend(picture.failed.iter().map(Matter::Failed));
    found.extend(collisions(picture).into_iter().map(Matter::Collision));
    found.extend(silent(picture));
    found.extend(orphaned(picture));
    found.extend(picture.waits().into_iter().map(Matter::Wait));
    let blocked = picture.tasks.iter().filter(|task| task.status == Status::Blocked);
    found.extend(blocked.map(Matter::Blocked));
    let is_told = |one: &&Unacknowledged| {
        let is_same = |letter: &Message| letter.id == one.message.id;
        one.recipient == OPERATOR && picture.letters.iter().any(is_same)
    };
    let silent = picture.unacknowledged.iter().filter(|one| !is_told(one));
    found.extend(silent.map(Matter::Unacknowledged));
    let now = picture.now.wall;
    found.sort_by_key(|matter| (matter.urgency(now), matter.kind(), matter.since()));
    found
}

/// The `most` of these matters to be told, in their order. Many of one kind leave room for the first of every other
/// kind: fifty questions must not hide that two agents write one file.
#[must_use]
pub fn foremost<'m, 'a>(matters: &'m [Matter<'a>], most: usize) -> Vec<&'m Matter<'a>> {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for matter in matters {
        *counts.entry(matter.kind()).or_default() += 1;
    }
    let share = most.checked_div(counts.len()).unwrap_or(most).max(1);
    let reserved: usize = counts.values().map(|count| share.min(*count)).sum();
    let mut left = most.saturating_sub(reserved);
    let mut shown: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut is_told = |matter: &&Matter<'_>| {
        let shown = shown.entry(matter.kind()).or_default();
        *shown += 1;
        let is_beyond = *shown > share;
        let has_room = is_beyond && left > 0;
        left -= usize::from(has_room);
        !is_beyond || has_room
    };
    matters
        .iter()
        .filter(|matter| is_told(matter))
        .take(most)
        .collect()
}

/// Agents that give no sign of life and still hold locks or tasks.
fn silent(picture: &Picture) -> Vec<Matter<'_>> {
    let holdings = picture.holdings();
    let stale = picture
        .agents
        .iter()
        .filter(|agent| agent.presence == Presence::Stale);
    stale
        .filter_map(|agent| {
            let locks = holdings.get(agent.id.as_str()).copied().unwrap_or_default();
            let is_own = |task: &&Task| {
                task.status == Status::InProgress && task.owner.as_deref() == Some(agent.id.as_str())
            };
            let tasks = picture.tasks.iter().filter(is_own).count();
            (locks + tasks > 0).then_some(Matter::Silent(agent, locks, tasks))
        })
        .collect()
}

/// Tasks in progress of agents that are gone. The human is never gone for good.
fn orphaned(picture: &Picture) -> Vec<Matter<'_>> {
    let mut living: BTreeSet<&str> = picture.agents.iter().map(|agent| agent.id.as_str()).collect();
    living.insert(OPERATOR);
    let is_orphan = |task: &&Task| {
        task.status == Status::InProgress
            && task.owner.as_deref().is_some_and(|owner| !living.contains(owner))
    };
    picture
        .tasks
        .iter()
        .filter(is_orphan)
        .map(Matter::Orphaned)
        .collect()
}

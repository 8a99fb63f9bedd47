//! How a swarm stands, for whoever looks at it, and what is written down when it is closed.

use super::{Drain, Returned};
use crate::domain::agent::Agent;
use crate::domain::crew::Session;
use crate::domain::decision::Decision;
use crate::domain::message::Message;
use crate::domain::picture::Queue;
use crate::domain::plan::proposal::Proposal;
use crate::domain::presence::Life;
use crate::domain::task::Task;
use crate::domain::vote::Vote;

/// What came of asking for an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drained {
    /// The end as it stands now.
    pub drain: Drain,
    /// Whether there was none before.
    pub is_new: bool,
    /// Whether something about it was changed.
    pub is_changed: bool,
}

/// What came of an agent's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// The end as it stands now.
    pub drain: Drain,
    /// What the agent gave back just now.
    pub returned: Vec<Returned>,
}

/// Somebody who is here or holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub agent: Agent,
    /// What it and its subagents hold now.
    pub held: Vec<Returned>,
}

/// How a swarm stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swarm {
    /// Its end, where one has begun.
    pub drain: Option<Drain>,
    /// Those who are here, and those who were asked, with what they hold.
    pub holders: Vec<Holder>,
    /// The sessions that were started for plans that somebody still looks after, or that still run, and what is known
    /// of their processes.
    pub sessions: Vec<(Session, Option<Life>)>,
}

/// What a swarm came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its end.
    pub drain: Drain,
    /// Every task, in the order of the board.
    pub tasks: Vec<Task>,
    /// The plans, the newest first.
    pub plans: Vec<Proposal>,
    /// The decisions that stand, the newest first.
    pub decisions: Vec<Decision>,
    /// The votes that are open.
    pub votes: Vec<Vote>,
    /// Mail that waits, by recipient, under their names.
    pub queues: Vec<(String, Queue)>,
    /// The newest messages that somebody has not been shown.
    pub unread: Vec<Message>,
}

//! What an agent should know at a glance.

use serde::Serialize;

use super::agent::Agent;
use super::decision::Decision;
use super::lock::Lock;
use super::task::Task;

/// The state of the whole repository as one agent needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The agent itself, where it is registered.
    pub me: Option<Agent>,
    /// Everybody else who is here, the last seen first.
    pub others: Vec<Agent>,
    /// Every live lock.
    pub locks: Vec<Lock>,
    /// Every open task.
    pub tasks: Vec<Task>,
    /// The newest decisions that stand.
    pub decisions: Vec<Decision>,
    /// How many messages wait for the agent.
    pub unread: usize,
}

/// How much of everything a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Agents, gone ones too.
    pub agents: u32,
    /// Tasks, done ones too.
    pub tasks: u32,
    /// Locks, lapsed ones too.
    pub locks: u32,
    /// Messages, read ones too.
    pub messages: u32,
    /// Decisions, superseded ones too.
    pub decisions: u32,
}

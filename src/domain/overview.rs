//! What an agent should know at a glance.

use serde::Serialize;

use super::agent::Agent;
use super::decision::Decision;
use super::lock::Lock;
use super::task::Task;

/// Most of the others who are here that an overview says more of than how many they are.
pub const MOST_OTHERS: usize = 10;
/// Most locks of others, and most of its own, that it shows.
pub const MOST_LOCKS: usize = 15;
/// Most tasks of the agent, and most that are free, that it shows.
pub const MOST_TASKS: usize = 5;
/// Messages to everybody before a newcomer came are counted up to this many: more are just as much too many.
pub const MOST_MISSED: usize = 50;

/// The state of the whole repository as one agent needs it: how much there is of everything, and of each the first
/// few, so that it costs the same whatever there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The agent itself, where it is registered.
    pub me: Option<Agent>,
    /// Everybody else who is here, the last seen first.
    pub others: Vec<Agent>,
    /// How many locks hold.
    pub lock_count: usize,
    /// The earliest locks of others that hold.
    pub locks: Vec<Lock>,
    /// Its own.
    pub own_locks: Vec<Lock>,
    /// How many tasks are open.
    pub open_count: usize,
    /// How many of them anybody may take.
    pub free_count: usize,
    /// The open tasks that are spoken of: its own in progress, what the others work on, and the first that are free.
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

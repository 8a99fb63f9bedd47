//! The board: tasks, what they ask of each other, and who works on what.
//!
//! Handing out must be cheap while thousands of tasks wait, so two facts about the graph are kept in each task's
//! row by every change (`graph`): how many of its dependencies do not hold, and its rank.

mod board;
mod find;
mod graph;
mod moves;
mod rows;
mod trail;

pub use graph::Fallout;
pub(super) use graph::REBUILD;
pub use moves::Moved;

use crate::domain::agent::Kin;
use crate::domain::lock::Lock;
use crate::domain::task::{Kind, Results, Task};

/// A task to be created.
#[derive(Debug, Clone, Default)]
pub struct NewTask<'a> {
    /// One line.
    pub title: &'a str,
    /// Any text.
    pub description: Option<&'a str>,
    /// The paths it is about, tidied: relative to a checkout, or absolute outside the repository.
    pub files: &'a [String],
    /// Higher is handed out earlier.
    pub priority: i64,
    /// Words to find it by.
    pub labels: &'a [String],
    /// The role that an agent must have to be handed it.
    pub role: Option<&'a str>,
    /// When it counts as done, in words.
    pub acceptance: Option<&'a str>,
    /// A command that succeeds when it is done.
    pub acceptance_command: Option<&'a str>,
    /// How many attempts may end with their agent gone.
    pub max_attempts: Option<u32>,
    /// What it asks of other tasks.
    pub dependencies: &'a [NewDependency],
}

/// A dependency as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDependency {
    /// The other task: an id, the beginning of one, or a title.
    pub on: String,
    /// What has to become of it.
    pub kind: Kind,
}

/// How an agent wants to take a task.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// The checkout it works in, when the task's files shall be locked with it.
    pub lock_in: Option<&'a str>,
    /// Take it although tasks that come first are open.
    pub force: bool,
}

/// What somebody says about a task that they move.
#[derive(Debug, Clone, Default)]
pub struct Report<'a> {
    /// What others should know about it; the reason, where the move needs one.
    pub note: Option<&'a str>,
    /// What came of it.
    pub results: Results,
    /// What shows that it is done, in words.
    pub evidence: &'a [String],
    /// Commits that show it.
    pub commits: &'a [String],
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The task as it is now.
    pub task: Task,
    /// The locks taken with it.
    pub locks: Vec<Lock>,
}

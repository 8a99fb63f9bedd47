//! The board: tasks, what they ask of each other, and who works on what.
//!
//! Handing out must be cheap while thousands of tasks wait, so two facts about the graph are kept in each task's
//! row by every change (`graph`): how many of its dependencies do not hold, and its rank.

mod board;
mod edit;
mod find;
mod graph;
mod hand_out;
mod import;
mod list;
mod moves;
mod news;
mod offers;
mod ranks;
mod rows;
#[cfg(test)]
mod tests;
mod trail;

pub use edit::TaskEdit;
pub use graph::Fallout;
pub(super) use graph::REBUILD;
pub use import::Imported;
pub use moves::Moved;
pub use news::TaskNews;
pub use trail::Check;

use crate::domain::agent::Kin;
use crate::domain::lock::{Conflict, Lock};
use crate::domain::task::{Kind, Results, Task, Trail};

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
    /// The checkout it works in.
    pub tree: &'a str,
    /// Lock the task's files there, too.
    pub lock: bool,
    /// Take it although tasks that come first are open.
    pub force: bool,
}

/// What an agent wants to be handed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// The checkout it works in.
    pub tree: &'a str,
    /// Lock the task's files there, too.
    pub lock: bool,
    /// The role it takes tasks of, where that is not its own.
    pub role: Option<&'a str>,
    /// Labels that the task must have.
    pub labels: &'a [String],
    /// One more, although it has one in progress.
    pub another: bool,
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
    /// What kept its files from being locked, where it was the agent's own already.
    pub unlocked: Option<Box<Conflict>>,
    /// Tasks in progress that touch the same files.
    pub overlaps: Vec<Overlap>,
    /// What was said of it last.
    pub said: Vec<Trail>,
    /// How many tasks its owner has in progress now.
    pub in_progress: u32,
    /// How many it may be handed.
    pub wip_limit: u32,
}

/// A task in progress that touches the same files as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The task.
    pub task: Task,
    /// The files of the other one that it touches.
    pub files: Vec<String>,
}

/// What came of asking for the next task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandOut {
    /// The task, if there is one.
    pub claimed: Option<Claimed>,
    /// Whether it was the agent's own already.
    pub is_own: bool,
    /// The first of those that were ready but whose files others hold.
    pub passed_over: Vec<PassedOver>,
    /// How many more of them there are.
    pub also_passed_over: usize,
}

/// A ready task that was not handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which: its id, title and files.
    pub task: Task,
    /// What stood in the way.
    pub conflict: Conflict,
}

/// How many open tasks there are that nobody can be handed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Board {
    /// Those that wait for others.
    pub waiting: u32,
    /// Those that are ready and want another role.
    pub other_role: u32,
    /// Those somebody works on.
    pub in_progress: u32,
    /// Those that cannot go on.
    pub blocked: u32,
}

impl Board {
    /// How many of what, as far as there are any.
    #[must_use]
    pub fn lines(&self) -> Vec<(usize, &'static str)> {
        let all = [
            (self.waiting, "waiting for others"),
            (self.other_role, "ready for another role"),
            (self.in_progress, "in progress"),
            (self.blocked, "blocked"),
        ];
        let present = all.into_iter().filter(|(count, _)| *count > 0);
        present
            .map(|(count, what)| (usize::try_from(count).unwrap_or_default(), what))
            .collect()
    }
}

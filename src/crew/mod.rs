//! The processes of a plan's sessions: started, looked after while somebody waits, and ended.
//!
//! There is no daemon. Whoever launches a crew looks after it in the foreground; what has to outlive that process is
//! in the store, so that another one can take over, and in the environment of the sessions, so that everything that
//! descends from them can be found. Nothing that anybody wrote is ever handed to a shell: commands are lists of words.

pub mod end;
pub mod log;
mod slot;
mod start;
mod supervisor;
pub mod worktree;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::domain::crew::{Limits, Picture, Seat, Tasks, Template};
use crate::env::Watch;

pub use end::{Ended, end, end_all};
pub use start::{client, require_program, windows};
pub use supervisor::supervise;

/// The variable that marks everything that descends from one start of a session.
pub const MARK: &str = "AGENT_SYNC_LAUNCH";

/// What somebody wants of a crew.
#[derive(Debug, Clone)]
pub struct Order {
    /// The plan.
    pub plan: String,
    /// Who wants it.
    pub agent: String,
    /// The ids of the plan's tasks.
    pub tasks: Vec<String>,
    /// Who is started.
    pub seats: Vec<Seat>,
    /// The command of each session.
    pub template: Template,
    /// The file of settings that wires the hooks, for clients that do not find it themselves.
    pub settings: PathBuf,
    /// Whether each session gets a window of tmux in place of a log.
    pub windows: bool,
    /// Where each session works.
    pub checkout: Checkout,
    /// What restarts are held to.
    pub limits: Limits,
    /// How long all of it may take.
    pub time: Option<Duration>,
    /// How long a session may take to end once it was asked to.
    pub grace: Duration,
    /// How long sessions may go on with what they have once no more is started.
    pub drain: Duration,
    /// Whether a supervisor that cannot be seen from here counts as gone.
    pub by_force: bool,
}

/// Where sessions work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// All in the checkout of whoever launched them.
    Shared,
    /// Each in a worktree of its own, which goes at the end when it is clean and merged.
    Own,
    /// The same, and it goes although it is not merged.
    OwnForNow,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All tasks have ended.
    Finished,
    /// Somebody wanted it to end, by this signal.
    Drained(i32),
    /// No work is handed out any more, because the whole swarm is coming to its end.
    Held,
    /// It took as long as it may.
    TimeUp,
    /// Nobody runs, and nobody who could be started could take any of what is left.
    Stuck,
}

/// What came of a crew.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The plan's tasks then.
    pub tasks: Tasks,
    /// The sessions then.
    pub picture: Picture,
    /// The checkouts that are still there, and why.
    pub kept: Vec<(PathBuf, &'static str)>,
}

/// Whoever shows a crew to people, and hears what they want.
pub trait Face {
    /// Shows how it stands. That nobody looks any more is no trouble of the crew.
    fn show(&mut self, picture: &Picture);

    /// Waits until the watched file is written to or somebody wants the crew to end, at most this long. Says by
    /// which signal.
    ///
    /// # Errors
    /// When the system refuses.
    fn wait(&mut self, watch: &Watch, longest: Duration) -> Result<Option<i32>>;
}

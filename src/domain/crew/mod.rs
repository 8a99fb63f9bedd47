//! A crew: the sessions that somebody started for a plan and looks after until its tasks have ended.
//!
//! What is decided here is pure: who is started (`roster`), with which words (`command`), and what happens when a
//! session has ended (`next`). Processes are `crate::crew`'s, and what is remembered of them is the store's.

mod command;
mod next;
mod queue;
mod roster;

pub use command::{Blank, MAX_WORDS, Template, Unsplittable};
pub use next::{Ended, Limits, Next, Queue, backoff, next};
pub use queue::Tasks;
pub use roster::{MAX_SESSIONS, Seat, TooMany, roster};

use super::presence::{Life, ProcessTable, Proof};

/// Whose crew it is and how it stands: one for each plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crew {
    /// The plan.
    pub plan: String,
    /// Who started it.
    pub agent: String,
    /// Where it stands.
    pub state: CrewState,
    /// The process that looks after the sessions, where it could be proved.
    pub supervisor: Option<Proof>,
    /// When that process began, in milliseconds since the epoch.
    pub began_at: i64,
    /// When it was over, in milliseconds since the epoch.
    pub ended_at: Option<i64>,
}

impl Crew {
    /// Whether another process looks after it now. One that cannot be seen from here may do so.
    #[must_use]
    pub fn is_supervised(&self, processes: &dyn ProcessTable) -> bool {
        self.state != CrewState::Ended
            && self
                .supervisor
                .is_some_and(|proof| processes.life(&proof) != Life::Gone)
    }
}

/// Where a crew stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrewState {
    /// Sessions are started as there is work.
    Running,
    /// None is started any more.
    Draining,
    /// None runs any more, and nobody looks after them.
    Ended,
}

impl CrewState {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Ended => "ended",
        }
    }

    /// Reads the word in the store.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "draining" => Self::Draining,
            _ => Self::Ended,
        }
    }
}

/// A session of a crew: the seat it has, and the process that has it now or had it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The plan.
    pub plan: String,
    /// The seat's name, such as `rust-1`: unique in its plan, harmless in a path and in a branch.
    pub name: String,
    /// The role of its agent.
    pub role: Option<String>,
    /// Its agent: another one at each start, because each is another session.
    pub agent: String,
    /// What this start is marked with in the environment of all that descends from it: a UUID, the session's id.
    pub launch: String,
    /// Where it stands.
    pub state: State,
    /// Its process, which leads a group of its own.
    pub proof: Option<Proof>,
    /// How often it was started.
    pub starts: u32,
    /// How many starts in a row came to nothing.
    pub failures: u32,
    /// With which status it ended last; 128 and more for signals, nothing where nobody saw it.
    pub exit: Option<i32>,
    /// When it was started last, in milliseconds since the epoch.
    pub began_at: i64,
    /// When it ended, in milliseconds since the epoch.
    pub ended_at: Option<i64>,
    /// When it is to be started again at the earliest, in milliseconds since the epoch.
    pub resumes_at: Option<i64>,
    /// The file that holds what it printed; empty where a window shows it.
    pub log: String,
    /// Its checkout; empty for the one in which the crew was launched.
    pub worktree: String,
    /// The window of tmux that it runs in, as `SERVER:WINDOW`.
    pub window: Option<String>,
}

/// A crew as its supervisor shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The plan.
    pub plan: String,
    /// Where the crew stands.
    pub state: CrewState,
    /// The plan's tasks.
    pub tasks: Tasks,
    /// The sessions that were started so far, by name.
    pub sessions: Vec<Shown>,
}

/// A session as its supervisor shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The session.
    pub session: Session,
    /// The id and the title of the task that it works on.
    pub task: Option<(String, String)>,
    /// What it printed last; text of others.
    pub said: Option<String>,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Is about to be started: nothing runs yet.
    Starting,
    /// Runs.
    Running,
    /// Does not run, and is started again when its time has come and there is something to do.
    Waiting,
    /// Is over: there is nothing left to do.
    Done,
    /// Is over: it came to nothing too often.
    Failed,
    /// Is over: it was ended from outside.
    Stopped,
}

impl State {
    /// Every state, in the order of a session's life.
    pub const ALL: [Self; 6] = [
        Self::Starting,
        Self::Running,
        Self::Waiting,
        Self::Done,
        Self::Failed,
        Self::Stopped,
    ];

    /// The word in the store and for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads the word in the store; anything unknown is over.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .unwrap_or(Self::Stopped)
    }

    /// Whether nothing of it runs, and nothing will.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stopped)
    }

    /// Whether a process may belong to it.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::Life;

    #[test]
    fn every_state_is_read_as_it_was_written() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), state);
            assert!(!(state.is_over() && state.is_up()));
        }
        for state in [CrewState::Running, CrewState::Draining, CrewState::Ended] {
            assert_eq!(CrewState::parse(state.as_str()), state);
        }
    }

    struct Says(Life);

    impl ProcessTable for Says {
        fn life(&self, _: &Proof) -> Life {
            self.0
        }
    }

    #[test]
    fn only_a_supervisor_that_is_proved_gone_leaves_its_crew_to_another() {
        let proof = Proof {
            pid: 1,
            started: 1,
            boot: 1,
            namespace: 1,
        };
        let mut crew = Crew {
            plan: "plan-1".to_owned(),
            agent: "a".to_owned(),
            state: CrewState::Running,
            supervisor: Some(proof),
            began_at: 1,
            ended_at: None,
        };
        assert!(crew.is_supervised(&Says(Life::Running)));
        assert!(crew.is_supervised(&Says(Life::Unknown)));
        assert!(!crew.is_supervised(&Says(Life::Gone)));
        crew.state = CrewState::Ended;
        assert!(!crew.is_supervised(&Says(Life::Running)));
    }
}

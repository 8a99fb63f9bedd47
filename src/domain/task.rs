//! Tasks: which state may follow which, who may move one, and what blocks it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Somebody works on it.
    InProgress,
    /// Its owner cannot go on.
    Blocked,
    /// Nobody has taken it.
    Pending,
    /// Finished.
    Done,
    /// Nobody shall do it.
    Cancelled,
}

impl Status {
    /// The word in the store, in JSON and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Self::as_str`] back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::InProgress,
            Self::Blocked,
            Self::Pending,
            Self::Done,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
    }

    /// Whether there is still something to do.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::InProgress | Self::Blocked | Self::Pending)
    }
}

/// What somebody wants to do with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Take it and work on it.
    Claim,
    /// Report it finished.
    Done,
    /// Say that it cannot go on.
    Block,
    /// Say that it can go on.
    Unblock,
    /// Give it back to the board.
    Release,
    /// Decide that nobody shall do it.
    Cancel,
    /// Take back that it is finished or cancelled.
    Reopen,
}

impl Move {
    /// The command's word, for messages.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::Done => "completed",
            Self::Block => "blocked",
            Self::Unblock => "unblocked",
            Self::Release => "released",
            Self::Cancel => "cancelled",
            Self::Reopen => "reopened",
        }
    }

    /// The state this move leads to from `from`; `None` where it is not allowed.
    ///
    /// `owned` says whether somebody owns the task: an unblocked task goes on with its owner, or waits.
    #[must_use]
    pub fn from(self, from: Status, owned: bool) -> Option<Status> {
        use Status::{Blocked, Cancelled, Done, InProgress, Pending};
        match (self, from) {
            (Self::Claim, Pending | InProgress | Blocked) => Some(InProgress),
            (Self::Done, Pending | InProgress | Blocked) => Some(Done),
            (Self::Block, Pending | InProgress) => Some(Blocked),
            (Self::Unblock, Blocked) => Some(if owned { InProgress } else { Pending }),
            (Self::Release, InProgress | Blocked) | (Self::Reopen, Done | Cancelled) => Some(Pending),
            (Self::Cancel, Pending | InProgress | Blocked) => Some(Cancelled),
            _ => None,
        }
    }
}

/// A task as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Unique and permanent.
    pub id: String,
    /// One line.
    pub title: String,
    /// Any text.
    pub description: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Who works on it.
    pub owner: Option<String>,
    /// The owner's name.
    pub owner_name: Option<String>,
    /// Higher is handed out earlier.
    pub priority: i64,
    /// Why it is blocked.
    pub blocked_reason: Option<String>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Milliseconds since the epoch.
    pub completed_at: Option<i64>,
    /// The paths it is about, relative to whichever checkout it is worked on in; absolute outside.
    pub files: Vec<String>,
    /// Ids of the tasks that come first.
    pub depends_on: Vec<String>,
    /// Those of them that are still open.
    pub waits_for: Vec<String>,
}

impl Task {
    /// Whether it could be claimed by somebody now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == Status::Pending && self.waits_for.is_empty()
    }
}

/// The edges of a cycle that adding `task -> depends_on` would close, in order; `None` when it closes none.
///
/// `dependencies` holds the present edges: each task and those it depends on.
#[must_use]
pub fn cycle(
    dependencies: &BTreeMap<String, Vec<String>>,
    task: &str,
    depends_on: &str,
) -> Option<Vec<(String, String)>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::from([depends_on]);
    let mut open = vec![depends_on];
    while let Some(current) = open.pop() {
        if current == task {
            let mut edges = vec![(task.to_owned(), depends_on.to_owned())];
            let mut path = vec![current];
            while let Some(previous) = came_from.get(path[path.len() - 1]) {
                path.push(previous);
            }
            path.reverse();
            edges.extend(
                path.windows(2)
                    .map(|pair| (pair[0].to_owned(), pair[1].to_owned())),
            );
            return Some(edges);
        }
        for next in dependencies.get(current).into_iter().flatten() {
            if seen.insert(next) {
                came_from.insert(next, current);
                open.push(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_task_moves_only_by_being_reopened() {
        for status in [Status::Done, Status::Cancelled] {
            for attempt in [
                Move::Claim,
                Move::Done,
                Move::Block,
                Move::Unblock,
                Move::Release,
                Move::Cancel,
            ] {
                assert_eq!(attempt.from(status, true), None, "{attempt:?} of {status:?}");
            }
            assert_eq!(Move::Reopen.from(status, false), Some(Status::Pending));
        }
    }

    #[test]
    fn an_unblocked_task_goes_on_with_its_owner_or_waits_for_one() {
        assert_eq!(
            Move::Unblock.from(Status::Blocked, true),
            Some(Status::InProgress)
        );
        assert_eq!(Move::Unblock.from(Status::Blocked, false), Some(Status::Pending));
    }

    #[test]
    fn a_cycle_names_every_edge() {
        let edge = |task: &str, on: &str| (task.to_owned(), vec![on.to_owned()]);
        let graph = BTreeMap::from([edge("b", "a"), edge("c", "b")]);
        let names = |task: &str, on: &str| {
            cycle(&graph, task, on).map(|edges| {
                edges
                    .into_iter()
                    .map(|(a, b)| format!("{a}>{b}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        };
        assert_eq!(names("a", "c").as_deref(), Some("a>c c>b b>a"));
        assert_eq!(names("a", "a").as_deref(), Some("a>a"));
        assert_eq!(names("c", "a"), None);
    }

    #[test]
    fn every_status_reads_back() {
        for word in ["pending", "in_progress", "blocked", "done", "cancelled"] {
            assert_eq!(Status::parse(word).map(Status::as_str), Some(word));
        }
        assert_eq!(Status::parse("finished"), None);
    }
}

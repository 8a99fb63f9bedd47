//! Tasks: what is to be done, by whom, and what has to come first.
//!
//! Everything that decides is here and pure: which state may follow which (`state`), what a dependency comes
//! to (`dependency`, `condition`, `value`), and that there are no cycles (`graph`). The store carries it out.

mod condition;
mod dependency;
mod filter;
mod graph;
mod overlap;
mod shape;
mod state;
mod trail;
mod value;

pub use condition::{Condition, Invalid, MAX_KEY, Operator, Results, is_valid_key};
pub use dependency::{Dependency, Kind, Verdict};
pub use filter::{Filter, Owner};
pub use graph::{cycle, longest_chains};
pub use overlap::overlapping;
pub use shape::Shape;
pub use state::{Move, Status, way_out};
pub use trail::{MAX_TAIL, Offer, Trail, TrailKind};
pub use value::Value;

use super::glob::Glob;
use super::lock::{Key, OUTSIDE, PathKey, Wanted};

/// Most characters of a label.
pub const MAX_LABEL: usize = 32;

/// The label that somebody typed, in lower case; `None` when it cannot be one.
#[must_use]
pub fn label(typed: &str) -> Option<String> {
    let label = typed.trim().to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/:-".contains(&byte);
    ((1..=MAX_LABEL).contains(&label.len()) && !label.starts_with('-') && label.bytes().all(is_plain))
        .then_some(label)
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
    /// Who works on it, or did last.
    pub owner: Option<String>,
    /// The owner's name.
    pub owner_name: Option<String>,
    /// Higher is handed out earlier.
    pub priority: i64,
    /// Why it is blocked.
    pub blocked_reason: Option<String>,
    /// Why it failed or was cancelled.
    pub end_reason: Option<String>,
    /// The task because of which it was cancelled without anybody's doing.
    pub discarded_by: Option<String>,
    /// The role that an agent must have to be handed it.
    pub role: Option<String>,
    /// Words to find it by, sorted.
    pub labels: Vec<String>,
    /// When it counts as done, in words.
    pub acceptance: Option<String>,
    /// A command that succeeds when it is done. Somebody else wrote it: it is only ever run when its owner asks.
    pub acceptance_command: Option<String>,
    /// How often it was begun since it was created or reopened; one that was given back on purpose does not count.
    pub attempts: u32,
    /// How many attempts may end with their agent gone; where nothing is said, a setting decides.
    pub max_attempts: Option<u32>,
    /// How many open tasks stand in the longest chain that waits for this one. Means nothing once it has ended.
    pub rank: u32,
    /// Who created it.
    pub creator: Option<String>,
    /// The creator's name.
    pub creator_name: Option<String>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// When it was last claimed, in milliseconds since the epoch.
    pub claimed_at: Option<i64>,
    /// The checkout it was last claimed in: empty for the main worktree.
    pub tree: Option<String>,
    /// When it was done, in milliseconds since the epoch.
    pub completed_at: Option<i64>,
    /// The paths it is about, relative to whichever checkout it is worked on in; absolute outside.
    pub files: Vec<String>,
    /// What it asks of other tasks.
    pub dependencies: Vec<Dependency>,
}

impl Task {
    /// A pending task of which nothing is known but its id and title.
    #[must_use]
    pub fn named(id: &str, title: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            description: None,
            status: Status::Pending,
            owner: None,
            owner_name: None,
            priority: 0,
            blocked_reason: None,
            end_reason: None,
            discarded_by: None,
            role: None,
            labels: Vec::new(),
            acceptance: None,
            acceptance_command: None,
            attempts: 0,
            max_attempts: None,
            rank: 0,
            creator: None,
            creator_name: None,
            created_at: 0,
            updated_at: 0,
            claimed_at: None,
            tree: None,
            completed_at: None,
            files: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// Whether it could be claimed by somebody now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == Status::Pending
            && self
                .dependencies
                .iter()
                .all(|dependency| dependency.verdict == Verdict::Holds)
    }

    /// Whether nobody works on it and somebody may still have to.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.status == Status::Pending || (self.status == Status::Blocked && self.owner.is_none())
    }

    /// Ids of the tasks it depends on, each once.
    #[must_use]
    pub fn depends_on(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.dependencies.iter().map(|one| one.on.as_str()).collect();
        ids.dedup();
        ids
    }

    /// Ids of the tasks that a pending one still waits for, each once.
    #[must_use]
    pub fn waits_for(&self) -> Vec<&str> {
        let waits = |one: &&Dependency| self.status == Status::Pending && one.verdict != Verdict::Holds;
        let mut ids: Vec<&str> = self
            .dependencies
            .iter()
            .filter(waits)
            .map(|one| one.on.as_str())
            .collect();
        ids.dedup();
        ids
    }

    /// Its files as somebody in this checkout would lock them.
    #[must_use]
    pub fn wanted_in(&self, tree: &str) -> Vec<Wanted> {
        self.files
            .iter()
            .map(|path| {
                let tree = if path.starts_with('/') { OUTSIDE } else { tree };
                Wanted {
                    is_pattern: Glob::parse(path).is_ok_and(|glob| !glob.is_literal()),
                    ..Wanted::plain(Key::Path(PathKey {
                        tree: tree.to_owned(),
                        path: path.clone(),
                    }))
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_plain_word_in_lower_case() {
        assert_eq!(label(" Area/API-v2 ").as_deref(), Some("area/api-v2"));
        for bad in [
            "",
            " ",
            "-x",
            "two words",
            "a,b",
            "\u{e9}",
            &"x".repeat(MAX_LABEL + 1),
        ] {
            assert_eq!(label(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_files_of_a_task_are_locked_as_what_they_are() {
        let task = Task {
            files: vec!["src/*.rs".to_owned(), "docs".to_owned(), "/etc/hosts".to_owned()],
            ..Task::named("t", "T")
        };
        let wanted: Vec<(String, bool)> = task
            .wanted_in("feature")
            .into_iter()
            .map(|wanted| match wanted.key {
                Key::Path(key) => (format!("{}:{}", key.tree, key.path), wanted.is_pattern),
                Key::Resource(name) => (name, false),
            })
            .collect();
        let expected = [
            ("feature:src/*.rs", true),
            ("feature:docs", false),
            ("/:/etc/hosts", false),
        ];
        assert_eq!(
            wanted,
            expected.map(|(path, is_pattern)| (path.to_owned(), is_pattern))
        );
    }
}

//! Locks: what a key names, which keys overlap, and when a lease still holds.

use super::agent::Kin;
use super::presence::Presence;
use super::time::{HOUR, MINUTE, Moment};

/// How long a lease lasts when nobody says otherwise, in milliseconds.
pub const DEFAULT_TTL: i64 = 60 * MINUTE;
/// The longest lease, in milliseconds.
pub const MAX_TTL: i64 = 24 * HOUR;

/// The tree of files outside every checkout of the repository.
pub const OUTSIDE: &str = "/";

/// What a lock is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A file or a directory with all below it.
    Path(PathKey),
    /// Anything that has a name: a database, a port, a deployment.
    Resource(String),
}

/// One file, the same however it was spelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathKey {
    /// The checkout: empty for the main worktree, a linked worktree's name, or [`OUTSIDE`].
    pub tree: String,
    /// Relative to the checkout with `/` between the parts, `.` for the checkout itself; absolute outside.
    pub path: String,
}

impl PathKey {
    /// The keys whose lock covers this path: itself and every directory above it within its tree.
    ///
    /// A lock covers what lies below its path, whether or not the path was a directory when it was taken.
    pub fn covering(&self) -> impl Iterator<Item = &str> {
        let above = self
            .path
            .match_indices('/')
            .map(|(at, _)| &self.path[..at])
            .filter(|path| !path.is_empty());
        let root = (self.tree != OUTSIDE && self.path != ".").then_some(".");
        root.into_iter()
            .chain(above)
            .chain(std::iter::once(self.path.as_str()))
    }

    /// The half-open range of paths that lie below this one, in byte order; `None` where all paths do.
    #[must_use]
    pub fn below(&self) -> Option<(String, String)> {
        // '0' follows '/' in ASCII.
        (self.path != ".").then(|| (format!("{}/", self.path), format!("{}0", self.path)))
    }

    /// Whether a lock on `self` concerns `other`: one of them is the other or lies above it.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.tree == other.tree
            && (self.covering().any(|path| path == other.path)
                || other.covering().any(|path| path == self.path))
    }
}

/// A lease as the store knows it, with what is known of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Rises with every lease that is granted and never repeats.
    pub fence: i64,
    /// What is locked.
    pub key: Key,
    /// Whether the path was a directory when it was locked.
    pub is_directory: bool,
    /// Id of the holder.
    pub holder: String,
    /// Name of the holder.
    pub holder_name: String,
    /// The holder's parent, if it is a subagent.
    pub holder_parent: Option<String>,
    /// How present the holder is.
    pub presence: Presence,
    /// Why, in the holder's words.
    pub reason: Option<String>,
    /// The task it was taken for.
    pub task: Option<String>,
    /// Since when the holder has had it, in milliseconds since the epoch.
    pub acquired_at: i64,
    /// When the lease began or was last renewed.
    pub leased: Moment,
    /// How long it lasts from then, in milliseconds.
    pub ttl: i64,
}

impl Lock {
    /// The holder and its parent.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.holder,
            parent: self.holder_parent.as_deref(),
        }
    }

    /// Milliseconds until it lapses; zero or less when it has.
    #[must_use]
    pub fn remaining(&self, now: &Moment) -> i64 {
        self.ttl - now.since(&self.leased)
    }

    /// Whether it still protects anything: not lapsed, and its holder not gone.
    ///
    /// A holder that is merely quiet keeps its lease until it lapses.
    #[must_use]
    pub fn is_live(&self, now: &Moment) -> bool {
        self.remaining(now) > 0 && self.presence.is_living()
    }

    /// When it lapses by today's wall clock, in milliseconds since the epoch.
    #[must_use]
    pub fn expires_at(&self, now: &Moment) -> i64 {
        now.wall.saturating_add(self.remaining(now))
    }
}

/// Somebody else's live lock that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What was wanted.
    pub wanted: Key,
    /// What stands in the way.
    pub held: Lock,
}

/// What came of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It was the agent's own.
    Own,
    /// It was somebody else's, and taken by force; their id.
    Forced(String),
    /// There was none.
    Nothing,
    /// It is somebody else's, and stays.
    Foreign(Lock),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> PathKey {
        PathKey {
            tree: String::new(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn a_file_is_covered_by_itself_and_every_directory_above() {
        assert_eq!(
            key("src/api/a.rs").covering().collect::<Vec<_>>(),
            [".", "src", "src/api", "src/api/a.rs"]
        );
        assert_eq!(key(".").covering().collect::<Vec<_>>(), ["."]);
        let outside = PathKey {
            tree: OUTSIDE.to_owned(),
            path: "/etc/hosts".to_owned(),
        };
        assert_eq!(outside.covering().collect::<Vec<_>>(), ["/etc", "/etc/hosts"]);
    }

    #[test]
    fn a_directory_overlaps_what_lies_below_and_nothing_beside() {
        assert!(key("src").overlaps(&key("src/a.rs")));
        assert!(key("src/a.rs").overlaps(&key("src")));
        assert!(key(".").overlaps(&key("src/a.rs")));
        assert!(!key("src").overlaps(&key("src2/a.rs")));
        assert!(!key("src/a").overlaps(&key("src/b")));
    }

    #[test]
    fn the_same_path_in_another_worktree_is_another_file() {
        let other = PathKey {
            tree: "feature".to_owned(),
            path: "src/a.rs".to_owned(),
        };
        assert!(!key("src/a.rs").overlaps(&other));
    }

    #[test]
    fn the_range_below_a_directory_holds_its_files_only() {
        let (from, to) = key("src").below().unwrap();
        for (path, inside) in [
            ("src/a", true),
            ("src/z/z", true),
            ("src", false),
            ("src0", false),
            ("src.rs", false),
        ] {
            assert_eq!(from.as_str() <= path && path < to.as_str(), inside, "{path}");
        }
    }
}

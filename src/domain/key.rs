//! What a lock is on, and which locks concern the same file.
//!
//! A file has one key however it was spelled. A lock on a path covers what lies below it, a pattern what it
//! matches; whether two of them can ever meet in one file is decided without looking at the files, because
//! the file they meet in may not have been written yet.

use super::glob::{Glob, Invalid};

/// The tree of files outside every checkout of the repository.
pub const OUTSIDE: &str = "/";
/// The tree of a lock on a path in every checkout of the repository.
pub const EVERYWHERE: &str = "*";

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
    /// The checkout: empty for the main worktree, a linked worktree's name, [`OUTSIDE`] or [`EVERYWHERE`].
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
        let top = if self.tree == OUTSIDE { "/" } else { "." };
        (self.path != top)
            .then_some(top)
            .into_iter()
            .chain(above)
            .chain(std::iter::once(self.path.as_str()))
    }

    /// The range in which the paths of everything below this directory lie: from the first to before the second.
    #[must_use]
    pub fn below(&self) -> (String, String) {
        match self.path.as_str() {
            "." if self.tree != OUTSIDE => (String::new(), "\u{10ffff}".to_owned()),
            path => {
                let path = path.trim_end_matches('/');
                // '0' follows '/' in ASCII.
                (format!("{path}/"), format!("{path}0"))
            }
        }
    }

    /// Whether a file can be in both trees.
    #[must_use]
    pub fn shares_a_tree_with(&self, other: &Self) -> bool {
        let is_everywhere = |one: &Self, other: &Self| one.tree == EVERYWHERE && other.tree != OUTSIDE;
        self.tree == other.tree || is_everywhere(self, other) || is_everywhere(other, self)
    }

    fn is_at_or_below(&self, other: &Self) -> bool {
        let above = other.path.as_str();
        (above == "." && self.tree != OUTSIDE)
            || self
                .path
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || above == "/")
    }
}

/// Something that somebody wants to lock, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// What.
    pub key: Key,
    /// Whether the path is a directory now.
    pub is_directory: bool,
    /// Whether the path is a pattern.
    pub is_pattern: bool,
    /// Names the file itself where it has several names.
    pub inode: Option<String>,
}

impl Wanted {
    /// A file that is neither a directory nor known to have other names, or a resource.
    #[must_use]
    pub const fn plain(key: Key) -> Self {
        Self {
            key,
            is_directory: false,
            is_pattern: false,
            inode: None,
        }
    }

    /// What it covers.
    #[must_use]
    pub fn extent(&self) -> Extent<'_> {
        Extent {
            key: &self.key,
            is_pattern: self.is_pattern,
            inode: self.inode.as_deref(),
        }
    }
}

/// What a lock covers: its path and all below it, or what its pattern covers, and the other names of its file.
#[derive(Debug, Clone, Copy)]
pub struct Extent<'a> {
    /// The path or pattern, or the resource.
    pub key: &'a Key,
    /// Whether the path is a pattern.
    pub is_pattern: bool,
    /// Names the file itself where it has several names.
    pub inode: Option<&'a str>,
}

impl Extent<'_> {
    /// All that `path`, its own, can mean: the pattern, if it is one, and itself as a name.
    fn reading(self, path: &str) -> Result<Glob, Invalid> {
        if self.is_pattern {
            Glob::parse(path).map(|glob| glob.or_spelled(path))
        } else {
            Ok(Glob::literal(path))
        }
    }

    /// Whether a file or resource lies in it. A pattern that cannot be read covers everything.
    #[must_use]
    pub fn covers(self, key: &Key) -> bool {
        match (self.key, key) {
            (Key::Resource(own), Key::Resource(other)) => own == other,
            (Key::Path(own), Key::Path(other)) => {
                own.shares_a_tree_with(other)
                    && if self.is_pattern {
                        self.reading(&own.path)
                            .map_or(true, |glob| glob.covers(&other.path))
                    } else {
                        other.is_at_or_below(own)
                    }
            }
            _ => false,
        }
    }

    /// Whether two locks concern one file, be it there or not.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let (one, two) = match (self.key, other.key) {
            (Key::Resource(one), Key::Resource(two)) => return one == two,
            (Key::Path(one), Key::Path(two)) => (one, two),
            _ => return false,
        };
        if self.inode.is_some() && self.inode == other.inode {
            return true;
        }
        if !one.shares_a_tree_with(two) {
            return false;
        }
        if !self.is_pattern && !other.is_pattern {
            return one.is_at_or_below(two) || two.is_at_or_below(one);
        }
        // What cannot be read may mean anything.
        let (Ok(ours), Ok(theirs)) = (self.reading(&one.path), other.reading(&two.path)) else {
            return true;
        };
        ours.overlaps(&theirs)
    }
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
    fn what_is_below_a_directory_lies_in_its_range_and_its_neighbours_do_not() {
        let is_in = |directory: &PathKey, path: &str| {
            let (from, to) = directory.below();
            from.as_str() <= path && path < to.as_str()
        };
        assert!(is_in(&key("src"), "src/a") && is_in(&key("src"), "src/api/\u{10fffe}"));
        for other in ["src", "src.rs", "src-old/a", "srcs", "a"] {
            assert!(!is_in(&key("src"), other), "{other}");
        }
        assert!(is_in(&key("."), "a") && is_in(&key("."), ".git/x"));
        let root = PathKey {
            tree: OUTSIDE.to_owned(),
            path: "/".to_owned(),
        };
        assert!(is_in(&root, "/etc/hosts"));
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
        assert_eq!(
            outside.covering().collect::<Vec<_>>(),
            ["/", "/etc", "/etc/hosts"]
        );
    }

    fn overlap(one: (&str, bool), other: (&str, bool)) -> bool {
        let (one_key, other_key) = (Key::Path(key(one.0)), Key::Path(key(other.0)));
        let extent = |key, is_pattern| Extent {
            key,
            is_pattern,
            inode: None,
        };
        let (one, other) = (extent(&one_key, one.1), extent(&other_key, other.1));
        assert_eq!(one.overlaps(other), other.overlaps(one));
        one.overlaps(other)
    }

    #[test]
    fn a_directory_overlaps_what_lies_below_and_nothing_beside() {
        let literal = |one, other| overlap((one, false), (other, false));
        assert!(literal("src", "src/a.rs"));
        assert!(literal(".", "src/a.rs"));
        assert!(!literal("src", "src2/a.rs"));
        assert!(!literal("src/a", "src/b"));
    }

    #[test]
    fn a_pattern_overlaps_what_it_matches_what_is_above_that_and_itself_as_a_name() {
        assert!(overlap(("src/*.rs", true), ("src/a.rs", false)));
        assert!(overlap(("src/*.rs", true), ("src", false)));
        assert!(!overlap(("src/*.rs", true), ("src/a.py", false)));
        assert!(overlap(("app/[id]/page.tsx", true), ("app/[id]/page.tsx", false)));
        assert!(overlap(("app/[id]/*", true), ("app/[id]", false)));
        assert!(overlap(("src/**/*.rs", true), ("**/a*", true)));
        assert!(!overlap(("**/*.rs", true), ("**/*.py", true)));
        assert!(
            !overlap(("src/*.rs", true), ("src/a.rs/b", false)),
            "it names files"
        );
        assert!(overlap(("src/*.rs/", true), ("src/a.rs/b", false)));
        assert!(
            overlap(("a/[z-a]", true), ("b", false)),
            "what cannot be read may mean anything"
        );
    }

    #[test]
    fn the_same_path_in_another_worktree_is_another_file_unless_the_lock_is_on_all_of_them() {
        let at = |tree: &str, path: &str| {
            Key::Path(PathKey {
                tree: tree.to_owned(),
                path: path.to_owned(),
            })
        };
        let extent = |key| Extent {
            key,
            is_pattern: false,
            inode: None,
        };
        let (main, linked) = (at("", "src/a.rs"), at("feature", "src/a.rs"));
        assert!(!extent(&main).overlaps(extent(&linked)));
        let everywhere = at(EVERYWHERE, "src");
        assert!(extent(&main).overlaps(extent(&everywhere)) && extent(&everywhere).overlaps(extent(&linked)));
        let (outside, top, all) = (at(OUTSIDE, "/src/a.rs"), at(OUTSIDE, "/"), at(EVERYWHERE, "."));
        assert!(!extent(&outside).overlaps(extent(&all)));
        assert!(extent(&outside).overlaps(extent(&top)));
    }

    #[test]
    fn two_names_of_one_file_overlap_in_whatever_tree() {
        let (one_key, other_key) = (Key::Path(key("a")), Key::Path(key("b")));
        let named = |key| Extent {
            key,
            is_pattern: false,
            inode: Some("1:2"),
        };
        assert!(named(&one_key).overlaps(named(&other_key)));
    }
}

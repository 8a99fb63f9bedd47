//! What is not committed yet, asked of git itself.
//!
//! Only a command that could throw such work away makes a hook ask, and then only when it could be somebody
//! else's. Git gets a moment to answer; without an answer nothing is known, and nothing is stopped.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::ask::{git, within};

/// How long git may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A path that differs from what is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncommitted {
    /// Relative to the top of the checkout; of a directory all of which git does not know, with a slash.
    pub path: String,
    /// Whether git does not know it.
    pub is_untracked: bool,
    /// Whether git leaves it out on purpose.
    pub is_ignored: bool,
}

impl Uncommitted {
    /// Whether this is `path` or a directory that it lies in.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.path == path || (self.is_directory() && path.starts_with(&self.path))
    }

    /// Whether it stands for all that is in a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.path.ends_with('/')
    }
}

/// Everything uncommitted in the checkout with this top; `None` where git does not say.
#[must_use]
pub fn uncommitted(top: &Path, ignored_too: bool) -> Option<Vec<Uncommitted>> {
    let mut git = git(top);
    git.args(["status", "--porcelain", "-z", "--untracked-files=normal"]);
    git.arg(if ignored_too {
        "--ignored=traditional"
    } else {
        "--ignored=no"
    });
    Some(parse(&answer(git)?))
}

/// When `path` was last committed, in milliseconds since the epoch; `None` where it never was.
#[must_use]
pub fn last_commit(top: &Path, path: &str) -> Option<i64> {
    let mut git = git(top);
    git.args(["--literal-pathspecs", "log", "-1", "--format=%ct", "--", path]);
    let seconds: i64 = answer(git)?.trim().parse().ok()?;
    seconds.checked_mul(1_000)
}

/// What a command prints, if it ends well and in time.
fn answer(command: Command) -> Option<String> {
    let (is_success, bytes) = within(PATIENCE, command).ok()?;
    is_success.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(answer: &str) -> Vec<Uncommitted> {
    let mut entries = answer.split('\0');
    let mut found = Vec::new();
    while let Some(entry) = entries.next() {
        let Some((state, path)) = entry.split_at_checked(3) else {
            continue;
        };
        let of = |path: &str| Uncommitted {
            path: path.to_owned(),
            is_untracked: state.starts_with("??") || state.starts_with("!!"),
            is_ignored: state.starts_with("!!"),
        };
        found.push(of(path));
        // The name it had before.
        if state.contains(['R', 'C']) {
            found.extend(entries.next().map(of));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gits_answer_is_taken_apart() {
        let found = parse(" M a b\0R  new\0old\0?? dir/\0!! log\0");
        let shown: Vec<(&str, bool, bool)> = found
            .iter()
            .map(|one| (one.path.as_str(), one.is_untracked, one.is_ignored))
            .collect();
        assert_eq!(
            shown,
            [
                ("a b", false, false),
                ("new", false, false),
                ("old", false, false),
                ("dir/", true, false),
                ("log", true, true)
            ]
        );
        assert!(found[3].holds("dir/x") && !found[3].holds("dirx") && !found[0].holds("a"));
    }

    #[test]
    fn where_git_does_not_answer_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(uncommitted(&folder.path().join("nothing"), false), None);
        let mut slow = Command::new("sleep");
        slow.arg("60");
        assert_eq!(answer(slow), None);
    }
}

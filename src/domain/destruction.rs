//! Which git operations can throw away work that nobody has committed yet.
//!
//! Git itself refuses to overwrite uncommitted changes in a merge, a pull, a cherry-pick or a plain checkout of
//! a branch, but it asks nobody before it resets, restores, stashes or cleans: it takes whoever runs it for the
//! owner of everything in the checkout. A change of branch loses nothing either, but it exchanges the files under
//! the hands of those who are in the middle of changing them, so it is counted in.

use super::shell::{GitKind, ResetMode, Stash};

/// What an operation does to uncommitted files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The pathspecs that it is limited to; empty for the whole checkout.
    pub paths: Vec<String>,
    /// Whether it takes changes of files that git knows.
    pub tracked: bool,
    /// Which files that git does not know it takes.
    pub untracked: Untracked,
    /// Whether it is about the changes, rather than about another branch.
    pub discards: bool,
}

/// Which files that git does not know an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Untracked {
    /// None.
    Spared,
    /// Those beside files that git knows.
    Beside,
    /// All.
    All,
    /// Those that git ignores, too.
    Ignored,
}

impl Risk {
    fn of_changes(paths: &[String]) -> Self {
        Self {
            paths: paths.to_vec(),
            tracked: true,
            untracked: Untracked::Spared,
            discards: true,
        }
    }

    fn of_branches() -> Self {
        Self {
            untracked: Untracked::All,
            discards: false,
            ..Self::of_changes(&[])
        }
    }

    /// Whether it takes a file, given what git says of it: known, unknown within a directory that has files
    /// which git knows, ignored.
    #[must_use]
    pub const fn takes(&self, is_untracked: bool, is_in_new_directory: bool, is_ignored: bool) -> bool {
        match self.untracked {
            _ if is_ignored => matches!(self.untracked, Untracked::Ignored),
            Untracked::Spared => self.tracked && !is_untracked,
            Untracked::Beside if is_untracked => !is_in_new_directory,
            Untracked::Beside | Untracked::All | Untracked::Ignored => self.tracked || is_untracked,
        }
    }
}

/// What is at risk when git does this; `None` where nothing is.
#[must_use]
pub fn risk(kind: &GitKind) -> Option<Risk> {
    match kind {
        GitKind::CheckoutPaths { paths }
        | GitKind::RestorePaths {
            paths,
            worktree: true,
            ..
        } => Some(Risk::of_changes(paths)),
        GitKind::Reset {
            mode: ResetMode::Hard | ResetMode::Merge,
        } => Some(Risk::of_changes(&[])),
        GitKind::SwitchBranch { force: true, .. } => Some(Risk {
            discards: true,
            ..Risk::of_branches()
        }),
        GitKind::SwitchBranch {
            starts_elsewhere: true,
            ..
        }
        | GitKind::CheckoutName { .. }
        | GitKind::Stash(Stash::Branch)
        | GitKind::Rebase => Some(Risk::of_branches()),
        GitKind::Stash(Stash::Push { untracked, paths, .. }) => Some(Risk {
            untracked: if *untracked {
                Untracked::All
            } else {
                Untracked::Spared
            },
            ..Risk::of_changes(paths)
        }),
        GitKind::Clean {
            force: true,
            directories,
            ignored,
            paths,
        } => Some(Risk {
            tracked: false,
            untracked: match (ignored, directories) {
                (true, _) => Untracked::Ignored,
                (false, false) if paths.is_empty() => Untracked::Beside,
                (false, _) => Untracked::All,
            },
            ..Risk::of_changes(paths)
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::read;
    use super::*;

    fn of(command: &str) -> Option<Risk> {
        read(command)
            .git
            .iter()
            .find_map(|operation| risk(&operation.kind))
    }

    #[test]
    fn what_asks_nobody_is_a_risk() {
        for command in [
            "git reset --hard",
            "git reset --hard HEAD~1",
            "git reset --merge",
            "git checkout .",
            "git checkout -- a",
            "git checkout HEAD -- a",
            "git restore a",
            "git restore -S -W .",
            "git stash",
            "git stash push -m x",
            "git stash -u",
            "git clean -fd",
            "git clean -xdf",
            "git switch main",
            "git switch -f main",
            "git checkout main",
            "git checkout -f main",
            "git rebase main",
        ] {
            assert!(of(command).is_some(), "{command}");
        }
    }

    #[test]
    fn what_git_itself_guards_or_what_touches_no_work_is_none() {
        for command in [
            "git status",
            "git reset",
            "git reset --soft HEAD~1",
            "git reset --keep HEAD~1",
            "git restore --staged a",
            "git stash list",
            "git stash pop",
            "git stash drop",
            "git clean -n",
            "git switch -c new",
            "git checkout -b new",
            "git merge main",
            "git pull",
            "git cherry-pick abc",
            "git commit -am x",
            "git add -A",
            "git rm --cached a",
        ] {
            assert_eq!(of(command), None, "{command}");
        }
    }

    #[test]
    fn a_clean_takes_what_git_does_not_know_and_nothing_else() {
        let clean = of("git clean -f").unwrap();
        assert!(clean.takes(true, false, false) && !clean.takes(true, true, false));
        assert!(!clean.takes(false, false, false) && !clean.takes(true, false, true));
        let all = of("git clean -fd").unwrap();
        assert!(all.takes(true, true, false) && !all.takes(true, true, true));
        assert!(of("git clean -fdx").unwrap().takes(true, true, true));
    }

    #[test]
    fn a_stash_leaves_what_git_does_not_know_unless_told() {
        assert!(!of("git stash").unwrap().takes(true, false, false));
        assert!(of("git stash -u").unwrap().takes(true, false, false));
        assert!(of("git stash").unwrap().takes(false, false, false));
        assert_eq!(of("git stash push -- a b").unwrap().paths, ["a", "b"]);
    }
}

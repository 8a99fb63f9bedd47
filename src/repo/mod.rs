//! Which project this is, which checkout, and which file.
//!
//! Git's own files are read rather than git started: a hook has no time for a process, and an inherited
//! `GIT_DIR` would send it astray. Every path becomes one key, however it was typed and through whichever
//! link it was reached.

mod ask;
mod branch;
mod expand;
mod git;
mod look;
mod pattern;
mod resolve;
mod staged;
mod status;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::lock::{OUTSIDE, PathKey};
use crate::domain::path::{Folding, relative};

pub use ask::{git as ask_git, hooks_directory};
use git::at;
use resolve::{canonical, fold, nameable, resolve, text};

pub use expand::expand;
pub use look::{glance, look};
pub use resolve::is_too_long;
pub use staged::{Change, Index};
pub use status::{Uncommitted, last_commit, uncommitted};

/// A project and the checkout of it that somebody stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Holds `.claude/coordination`: the main worktree, or the repository itself where it is bare.
    pub root: PathBuf,
    /// The git directory that all worktrees share; none outside git.
    pub common: Option<PathBuf>,
    /// The checkout.
    pub worktree: PathBuf,
    /// Its name: empty for the main worktree.
    pub tree: String,
}

/// A path as somebody typed it, found in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// What it is locked under.
    pub key: PathKey,
    /// Where it is, links resolved as far as they exist.
    pub absolute: PathBuf,
    /// Whether there is such a file or directory now.
    pub exists: bool,
    /// Whether it is a directory now.
    pub is_directory: bool,
    /// Names the file itself where it has several names.
    pub inode: Option<String>,
}

impl Project {
    /// The project around `start`: the nearest checkout or directory above it that has a store, else the
    /// nearest checkout; `None` where there is neither. So a submodule without a store of its own is a part of
    /// the project around it. `home` is never a project by its `.claude` alone.
    #[must_use]
    pub fn discover(start: &Path, home: Option<&Path>) -> Option<Self> {
        let start = canonical(start);
        let mut nearest = None;
        for directory in nameable(&start) {
            if let Some(project) = at(directory) {
                if has_store(&project.root) {
                    return Some(project);
                }
                nearest.get_or_insert(project);
            } else if nearest.is_none() && Some(directory) != home && has_store(directory) {
                return Some(Self::plain(directory));
            }
        }
        nearest
    }

    /// A directory taken as the project whatever surrounds it; in git if it is a checkout itself.
    #[must_use]
    pub fn rooted(directory: &Path) -> Self {
        let directory = canonical(directory);
        at(&directory).map_or_else(
            || Self::plain(&directory),
            |project| Self {
                root: directory.clone(),
                ..project
            },
        )
    }

    fn plain(directory: &Path) -> Self {
        let directory = directory.to_owned();
        Self {
            root: directory.clone(),
            common: None,
            worktree: directory,
            tree: String::new(),
        }
    }

    /// Where the store and what goes with it are kept.
    #[must_use]
    pub fn state_directory(&self) -> PathBuf {
        self.root.join(".claude").join("coordination")
    }

    /// The store's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.state_directory().join("state.sqlite")
    }

    /// A directory of ours that no clone brings and no `git clean` takes: in the shared git directory, else
    /// in the person's own state. `None` where there is neither.
    #[must_use]
    pub fn private_directory(&self, state_home: Option<&Path>) -> Option<PathBuf> {
        match &self.common {
            Some(common) => Some(common.join("agent-sync")),
            None => state_home.map(|home| home.join("agent-sync")),
        }
    }

    /// Finds the file that `typed` means to somebody standing in `cwd`.
    #[must_use]
    pub fn locate(&self, cwd: &Path, typed: &Path) -> Located {
        let absolute = resolve(&cwd.join(typed));
        let metadata = fs::metadata(&absolute).ok();
        let key = self.key(&absolute);
        Located {
            key: if self.folding() == Folding::CaseInsensitive {
                fold(key)
            } else {
                key
            },
            exists: metadata.is_some(),
            is_directory: metadata.as_ref().is_some_and(fs::Metadata::is_dir),
            inode: metadata.as_ref().and_then(shared_inode),
            absolute,
        }
    }

    fn key(&self, file: &Path) -> PathKey {
        let checkout = if self.common.is_some() {
            nameable(file).find_map(|directory| at(directory).filter(|found| found.common == self.common))
        } else {
            file.starts_with(&self.root).then(|| self.clone())
        };
        let file = text(file.as_os_str());
        if let Some(checkout) = checkout
            && let Some(path) = relative(&text(checkout.worktree.as_os_str()), &file)
        {
            return PathKey {
                tree: checkout.tree,
                path: path.to_owned(),
            };
        }
        PathKey {
            tree: OUTSIDE.to_owned(),
            path: file,
        }
    }

    /// The checkout around a directory, if it is one of this repository.
    #[must_use]
    pub fn checkout(&self, directory: &Path) -> Option<Self> {
        let directory = canonical(directory);
        let found = nameable(&directory).find_map(at)?;
        (self.common.is_some() && found.common == self.common).then(|| Self {
            root: self.root.clone(),
            ..found
        })
    }

    /// The key of a file that git knows in this checkout by its path from the top. Git names links
    /// themselves, so none is followed.
    #[must_use]
    pub fn tracked_key(&self, file: &Path) -> PathKey {
        let key = PathKey {
            tree: self.tree.clone(),
            path: text(file.as_os_str()),
        };
        if self.folding() == Folding::CaseInsensitive {
            fold(key)
        } else {
            key
        }
    }

    /// The path of a task's file: tidied, relative to the checkout it was typed in.
    #[must_use]
    pub fn task_path(&self, cwd: &Path, typed: &Path) -> String {
        self.locate(cwd, typed).key.path
    }

    /// The full name of a commit that somebody typed: a name or the beginning of one, a branch, `HEAD`. `None`
    /// when there is no such commit, or no git to ask.
    #[must_use]
    pub fn commit(&self, typed: &str) -> Option<String> {
        ask::commit(&self.worktree, typed)
    }

    /// Whether a file is git's own or the store's, and so nobody's to write.
    #[must_use]
    pub fn is_internal(&self, file: &Path) -> bool {
        let is_named_git = |part: std::path::Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
        // A worktree may lie inside the git directory, when that is no `.git`.
        let is_in_git = |common: &PathBuf| {
            file.starts_with(common)
                && !file
                    .ancestors()
                    .take_while(|above| above != common)
                    .any(|above| above.join(".git").exists())
        };
        file.components().any(is_named_git)
            || self.common.as_ref().is_some_and(is_in_git)
            || file.starts_with(self.state_directory())
    }

    /// Whether git tracks a file of the main worktree, or anything below a directory. Asks git itself, which
    /// only commands have time for; where there is no git, nothing is tracked.
    #[must_use]
    pub fn is_tracked(&self, file: &Path) -> bool {
        ask::is_tracked(self.directory_of(file), file)
    }

    /// Whether git would leave a file out of a commit; `None` where there is no git to say.
    #[must_use]
    pub fn is_ignored(&self, file: &Path) -> Option<bool> {
        self.common.as_ref()?;
        ask::is_ignored(self.directory_of(file), file)
    }

    /// The checkout that a file is in, so far as it is one of these two.
    fn directory_of(&self, file: &Path) -> &Path {
        if file.starts_with(&self.worktree) {
            &self.worktree
        } else {
            &self.root
        }
    }

    /// Whether there is a branch of this name, as far as git's own files say.
    #[must_use]
    pub fn has_branch(&self, name: &str) -> bool {
        let Some(common) = &self.common else { return false };
        let reference = format!("refs/heads/{name}");
        let is_packed = || {
            let packed = fs::read_to_string(common.join("packed-refs")).unwrap_or_default();
            packed.lines().any(|line| {
                line.split_once(' ')
                    .is_some_and(|(_, packed)| packed == reference)
            })
        };
        !name.is_empty() && (common.join(&reference).is_file() || is_packed())
    }

    /// Whether the store lies in a repository without a main worktree, so that nobody works beside it.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.common.as_ref() == Some(&self.root)
    }

    /// The tops of the linked worktrees that still exist.
    #[must_use]
    pub fn linked_worktrees(&self) -> Vec<PathBuf> {
        self.common
            .as_deref()
            .map(git::linked_worktrees)
            .unwrap_or_default()
    }

    /// How the file system of this project tells names apart: asked with our own directory's name.
    fn folding(&self) -> Folding {
        let same = |left: &Path, right: &Path| match (fs::metadata(left), fs::metadata(right)) {
            (Ok(left), Ok(right)) => identity(&left) == identity(&right),
            _ => false,
        };
        let other_case = self.root.join(".CLAUDE");
        if same(&other_case, &self.root.join(".claude")) {
            Folding::CaseInsensitive
        } else {
            Folding::Exact
        }
    }
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.len(), 0)
}

/// The inode of a file that has more than one name.
#[cfg(unix)]
fn shared_inode(file: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    (file.is_file() && file.nlink() > 1).then(|| format!("{}:{}", file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn shared_inode(_: &fs::Metadata) -> Option<String> {
    None
}

fn has_store(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(".claude/coordination/state.sqlite")).is_ok()
}

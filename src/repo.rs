//! Which project this is, which checkout, and which file.
//!
//! Git's own files are read rather than git started: a hook has no time for a process, and an inherited
//! `GIT_DIR` would send it astray. Every path becomes one key, however it was typed and through whichever
//! link it was reached.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::lock::{OUTSIDE, PathKey};
#[cfg(not(unix))]
use crate::domain::path::absolute;
use crate::domain::path::{Folding, relative};

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
    /// The project around `start`: the nearest git checkout above it, else the nearest directory with a
    /// store; `None` where there is neither. `home` is never a project by its `.claude` alone.
    #[must_use]
    pub fn discover(start: &Path, home: Option<&Path>) -> Option<Self> {
        let start = canonical(start);
        nameable(&start).find_map(at).or_else(|| {
            nameable(&start)
                .find(|directory| Some(*directory) != home && has_store(directory))
                .map(Self::plain)
        })
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
        let text = text(file.as_os_str());
        if let Some(checkout) = checkout
            && let Some(path) = relative(&self::text(checkout.worktree.as_os_str()), &text)
        {
            return PathKey {
                tree: checkout.tree,
                path: path.to_owned(),
            };
        }
        PathKey {
            tree: OUTSIDE.to_owned(),
            path: text,
        }
    }

    /// The path of a task's file: tidied, relative to the checkout it was typed in.
    #[must_use]
    pub fn task_path(&self, cwd: &Path, typed: &Path) -> String {
        self.locate(cwd, typed).key.path
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

/// The checkout whose top is exactly `directory`.
fn at(directory: &Path) -> Option<Project> {
    let git = directory.join(".git");
    let kind = fs::metadata(&git);
    match kind {
        Ok(entry) if entry.is_dir() && git.join("HEAD").exists() => {
            let common = canonical(&git);
            Some(Project {
                root: root_of(&common),
                common: Some(common),
                worktree: directory.to_owned(),
                tree: String::new(),
            })
        }
        Ok(entry) if entry.is_file() => linked(directory, &git),
        _ => is_bare(directory).then(|| Project {
            root: directory.to_owned(),
            common: Some(directory.to_owned()),
            worktree: directory.to_owned(),
            tree: String::new(),
        }),
    }
}

/// A checkout whose `.git` is a file: a linked worktree, a submodule, or a separate git directory.
fn linked(directory: &Path, file: &Path) -> Option<Project> {
    let pointer = fs::read_to_string(file).ok()?;
    let git = canonical(&directory.join(pointer.strip_prefix("gitdir:")?.trim()));
    if !git.join("HEAD").exists() {
        return None;
    }
    let (common, tree) = match fs::read_to_string(git.join("commondir")) {
        Ok(shared) => (
            canonical(&git.join(shared.trim())),
            text(git.file_name().unwrap_or_default()),
        ),
        Err(_) => (git, String::new()),
    };
    Some(Project {
        root: root_of(&common),
        common: Some(common),
        worktree: directory.to_owned(),
        tree,
    })
}

/// Where the store of a repository belongs, seen from the git directory that all its worktrees share: they
/// must all come to the same answer, and a bare repository has no main worktree.
fn root_of(common: &Path) -> PathBuf {
    if common.file_name() == Some(OsStr::new(".git")) && !is_configured_bare(common) {
        return common.parent().unwrap_or(common).to_owned();
    }
    core_setting(common, "worktree").map_or_else(|| common.to_owned(), |path| canonical(&common.join(path)))
}

fn is_bare(directory: &Path) -> bool {
    directory.join("HEAD").is_file() && directory.join("objects").is_dir() && directory.join("refs").is_dir()
}

fn is_configured_bare(common: &Path) -> bool {
    core_setting(common, "bare").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// A setting of the `[core]` section of a git directory's own configuration.
fn core_setting(common: &Path, name: &str) -> Option<String> {
    let config = fs::read_to_string(common.join("config")).ok()?;
    let mut in_core = false;
    let mut value = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_core = line.to_ascii_lowercase().starts_with("[core]");
        } else if in_core
            && let Some((key, text)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case(name)
        {
            value = Some(text.trim().trim_matches('"').to_owned());
        }
    }
    value
}

fn has_store(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(".claude/coordination/state.sqlite")).is_ok()
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| resolve(path))
}

/// `path` with every link resolved as far as it exists, and the rest tidied by text.
fn resolve(path: &Path) -> PathBuf {
    resolve_within(path, 40)
}

/// Whether no file can have this path, so that asking for each of its thousands of directories is a waste.
#[must_use]
pub fn is_too_long(path: &Path) -> bool {
    const LONGEST: usize = 4096;
    path.as_os_str().len() > LONGEST
}

/// `path` and the directories above it, those left out that cannot exist.
fn nameable(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip_while(|path| is_too_long(path))
}

fn resolve_within(path: &Path, hops: u32) -> PathBuf {
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    let mut missing: Vec<Component<'_>> = Vec::new();
    let mut existing = path.components();
    let mut resolved = loop {
        let Some(last) = existing.next_back() else {
            break PathBuf::from("/");
        };
        missing.push(last);
        if !is_too_long(existing.as_path())
            && let Ok(found) = fs::canonicalize(existing.as_path())
        {
            break found;
        }
    };
    for component in missing.into_iter().rev() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) if is_too_long(&resolved) => resolved.push(name),
            Component::Normal(name) => {
                let next = resolved.join(name);
                // A link to something that does not exist yet: writing through it creates its target.
                resolved = match fs::read_link(&next) {
                    Ok(target) if hops > 0 => resolve_within(&resolved.join(target), hops - 1),
                    _ => next,
                };
            }
            _ => {}
        }
    }
    resolved
}

/// A path as text without loss: bytes that are not UTF-8 are written as `\xNN`.
#[cfg(unix)]
fn text(path: &OsStr) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut text = String::with_capacity(path.len());
    for chunk in path.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(not(unix))]
fn text(path: &OsStr) -> String {
    absolute("/", &path.to_string_lossy().replace('\\', "/"))
}

fn fold(key: PathKey) -> PathKey {
    PathKey {
        path: key
            .path
            .nfc()
            .flat_map(char::to_lowercase)
            .collect::<String>()
            .nfc()
            .collect(),
        ..key
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

/// Whether this user alone made the store's place: neither a link nor anybody else's.
///
/// # Errors
/// When it cannot be looked at; a store that is missing is an error of the kind `NotFound`.
#[cfg(unix)]
pub fn is_own_place(project: &Project) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid().as_raw();
    let claude = project.root.join(".claude");
    for (path, is_directory) in [
        (claude, true),
        (project.state_directory(), true),
        (project.database(), false),
    ] {
        let entry = fs::symlink_metadata(path)?;
        if entry.is_symlink() || entry.is_dir() != is_directory || entry.uid() != user {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether this user alone made the store's place. Without Unix owners only links are told.
///
/// # Errors
/// When it cannot be looked at.
#[cfg(not(unix))]
pub fn is_own_place(project: &Project) -> io::Result<bool> {
    Ok(!fs::symlink_metadata(project.state_directory())?.is_symlink()
        && !fs::symlink_metadata(project.database())?.is_symlink())
}

//! Before a shell command: what its text proves that it would do to others' work.
//!
//! A command is refused when it writes a file that somebody else has locked, as an edit would be, or when git
//! would throw away what others have not committed yet. What cannot be read passes: what it did is found out
//! afterwards (see `watch`).

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::effects::Effects;
use super::scene::Scene;
use super::{Answer, Reply, git_guard, staging, tool, watch};
use crate::domain::hindrance::Rule;
use crate::domain::lock::{Extent, Key, Lock, PathKey};
use crate::domain::shell::{self, GitKind, GitOperation, Reach, Stash};
use crate::repo::{Located, Project, expand, is_too_long};
use crate::store::Read;

/// A file that the command would write.
struct Target {
    file: Located,
    /// Whether it is a directory, and all that lies below is meant.
    is_tree: bool,
    /// Whether the command names it as it is, not by a pattern.
    is_named: bool,
}

pub(super) fn before(scene: &Scene<'_>, command: &str) -> Result<Reply> {
    let reading = shell::read(command);
    let targets = targets(scene.project(), &scene.cwd, &reading);
    let checkout = if may_write(&reading) {
        watch::Checkout::of(scene)
    } else {
        None
    };
    let (held, looks, effects) = scene.read(|read| {
        let effects = scene.due(read)?;
        for target in &targets {
            if let Some(lock) = lock_on(scene, read, target)? {
                return Ok((Some((target.file.key.clone(), lock)), Vec::new(), effects));
            }
        }
        let looks = match &checkout {
            Some(checkout) => watch::before(scene, read, checkout)?,
            None => Vec::new(),
        };
        Ok((None, looks, effects))
    })?;
    if let Some((file, lock)) = held {
        return tool::refuse(scene, Rule::CommandLocked, file, &lock, effects);
    }
    if let Some((reason, refused)) = git_guard::check(scene, &reading.git)? {
        return Ok(Reply {
            answer: Answer::Deny(reason),
            effects: Effects {
                refused: Some(refused),
                ..effects
            },
        });
    }
    let (reason, effects) = staging::check(scene, command, &reading.git, effects);
    if let Some(reason) = reason {
        return Ok(Reply {
            answer: Answer::Deny(reason),
            effects,
        });
    }
    Ok(Reply {
        answer: tool::rewritten(scene),
        effects: Effects { looks, ..effects },
    })
}

/// Whether a command could write anything: not when all of it is understood and nothing in it writes.
pub(super) fn may_write(reading: &shell::Reading) -> bool {
    !reading.is_complete || !reading.writes.is_empty() || !reading.git.is_empty()
}

/// The files that a command names as written, without patterns and directories.
pub(super) fn named(scene: &Scene<'_>, reading: &shell::Reading) -> Vec<PathKey> {
    targets(scene.project(), &scene.cwd, reading)
        .into_iter()
        .filter(|target| target.is_named && !target.is_tree)
        .map(|target| target.file.key)
        .collect()
}

/// The directory that a part of the command runs in.
pub(super) fn directory(scene: &Scene<'_>, directory: Option<&str>) -> PathBuf {
    below(&scene.cwd, directory)
}

fn below(cwd: &Path, directory: Option<&str>) -> PathBuf {
    directory.map_or_else(|| cwd.to_owned(), |directory| cwd.join(directory))
}

/// All files and directories that a command writes, as far as its words say.
pub(super) fn written(project: &Project, cwd: &Path, command: &str) -> Vec<PathKey> {
    let targets = targets(project, cwd, &shell::read(command)).into_iter();
    targets.map(|target| target.file.key).collect()
}

fn targets(project: &Project, cwd: &Path, reading: &shell::Reading) -> Vec<Target> {
    let mut targets = Vec::new();
    for write in reading
        .writes
        .iter()
        .filter(|write| write.reach != Reach::Somewhere)
    {
        let base = below(cwd, write.directory.as_deref());
        let paths = if write.is_glob {
            expand(&base, &write.path)
        } else {
            vec![PathBuf::from(&write.path)]
        };
        for path in paths {
            let mut file = project.locate(&base, &path);
            if file.is_directory
                && let Some(inside) = &write.inside
            {
                file = project.locate(&file.absolute.clone(), Path::new(inside));
            }
            targets.push(Target {
                is_tree: write.reach == Reach::Tree && file.is_directory,
                is_named: !write.is_glob,
                file,
            });
        }
    }
    for operation in &reading.git {
        let base = below(cwd, operation.directory.as_deref());
        for (path, is_tree) in git_targets(project, operation) {
            let file = project.locate(&base, Path::new(path));
            targets.push(Target {
                is_tree: is_tree && file.is_directory,
                is_named: true,
                file,
            });
        }
    }
    targets.retain(|target| !is_too_long(&target.file.absolute));
    targets
}

/// The paths that git would write and that the command names, each with whether all below it is written for
/// certain. `git checkout .` with somebody's lock somewhere below is no proof of anything: it changes only what
/// differs, and that is looked at by `git_guard`.
fn git_targets<'o>(project: &Project, operation: &'o GitOperation) -> Vec<(&'o str, bool)> {
    let some = |paths: &'o [String]| paths.iter().map(|path| (path.as_str(), false)).collect();
    match &operation.kind {
        GitKind::CheckoutPaths { paths }
        | GitKind::RestorePaths {
            paths,
            worktree: true,
            ..
        }
        | GitKind::Stash(Stash::Push { paths, .. })
        | GitKind::Clean {
            force: true, paths, ..
        } => some(paths),
        GitKind::CheckoutName { name, .. } if !project.has_branch(name) => vec![(name, false)],
        GitKind::Rm { cached: false, paths } => paths.iter().map(|path| (path.as_str(), true)).collect(),
        GitKind::Mv { from, to } => {
            let from = from.iter().map(|path| (path.as_str(), true));
            from.chain([(to.as_str(), false)]).collect()
        }
        _ => Vec::new(),
    }
}

/// The first live lock of somebody else on what the command would write.
fn lock_on(scene: &Scene<'_>, read: &Read<'_>, target: &Target) -> Result<Option<Lock>> {
    if let Some(lock) = scene.lock_against(read, &target.file)? {
        return Ok(Some(lock));
    }
    if !target.is_tree {
        return Ok(None);
    }
    let key = Key::Path(target.file.key.clone());
    let extent = Extent {
        key: &key,
        is_pattern: false,
        inode: None,
    };
    read.lock_within(scene.me.kin(), extent)
}

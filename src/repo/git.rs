//! Git's own files, read as far as finding a checkout needs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::Project;
use super::resolve::{canonical, text};

/// The checkout whose top is exactly `directory`.
pub(super) fn at(directory: &Path) -> Option<Project> {
    let git = directory.join(".git");
    let kind = fs::metadata(&git);
    match kind {
        Ok(entry) if entry.is_dir() && git.join("HEAD").exists() => {
            // `directory` is resolved already, so all that can be a link is the last step.
            let common = fs::read_link(&git).map_or_else(|_| git.clone(), |_| canonical(&git));
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

/// The tops of the linked worktrees of a repository, as far as they are still there.
pub(super) fn linked_worktrees(common: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(common.join("worktrees")) else {
        return Vec::new();
    };
    let mut tops: Vec<PathBuf> = entries
        .flatten()
        .filter_map(|entry| {
            let pointer = fs::read_to_string(entry.path().join("gitdir")).ok()?;
            let top = canonical(entry.path().join(pointer.trim()).parent()?);
            at(&top).and_then(|project| (project.common.as_deref() == Some(common)).then_some(top))
        })
        .collect();
    tops.sort();
    tops
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

//! Before a shell command: whose files its `git add` and `git commit` would take in.
//!
//! The text says what is going to be added and committed, git says which files that are now. The operations of
//! one command are followed in their order, so that `git add mine && git commit` is told from
//! `git add . && git commit`, and `git restore --staged theirs && git commit` is fine. What a merge, a stash or an
//! alias makes of the index is not known, so what is committed after one passes here; git's own hook sees it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use super::commit::{Plan, Verdict, family, judge};
use super::git_guard::{Place, place};
use super::scene::Scene;
use super::{Effects, trouble};
use crate::domain::pattern::is_meant;
use crate::domain::shell::{GitKind, GitOperation, ResetMode};
use crate::env::Variable;
use crate::render::commit::{Act, Stand};
use crate::repo::{Change, Index};

/// How long git may take for each question.
const LIMIT: Duration = Duration::from_secs(2);

/// Why the command must not run, if it must not; and what is to be recorded. What cannot be found out stops
/// nothing.
pub(super) fn check(
    scene: &Scene<'_>,
    command: &str,
    operations: &[GitOperation],
    mut effects: Effects,
) -> (Option<String>, Effects) {
    match follow(scene, operations) {
        Ok(None) => (None, effects),
        Ok(Some(verdict)) if scene.env.is_set(Variable::Bypass) || has_bypass(command) => {
            effects.register = true;
            effects.bypassed = verdict.foreign;
            (None, effects)
        }
        Ok(Some(verdict)) => {
            effects.refused = verdict.hindrance();
            (Some(verdict.text.trim_end().to_owned()), effects)
        }
        Err(error) => {
            trouble::log(&scene.trouble(&error));
            (None, effects)
        }
    }
}

/// Whether the command itself sets the variable that lets it pass.
fn has_bypass(command: &str) -> bool {
    let name = Variable::Bypass.name();
    command.match_indices(name).any(|(at, _)| {
        let is_start = command[..at]
            .chars()
            .next_back()
            .is_none_or(|before| before.is_whitespace() || ";&|({`".contains(before));
        let value = command[at + name.len()..].strip_prefix('=');
        is_start
            && value.is_some_and(|value| {
                let value = value
                    .split(|end: char| end.is_whitespace() || ";&|)`".contains(end))
                    .next();
                value.is_some_and(|value| {
                    matches!(value.trim_matches(['\'', '"']), "1" | "true" | "yes" | "on")
                })
            })
    })
}

/// What the operations so far have made of a checkout's index.
struct Progress {
    place: Place,
    index: Index,
    /// What is in the index and not in the last commit; asked when it matters.
    staged: Option<BTreeSet<PathBuf>>,
    /// What this command has added to it.
    added: BTreeSet<PathBuf>,
    /// What of that git did not know before.
    new: BTreeSet<PathBuf>,
    /// Whether more was added than the command names.
    is_sweeping: bool,
    /// Whether something happened to the index that cannot be followed.
    is_lost: bool,
}

fn follow(scene: &Scene<'_>, operations: &[GitOperation]) -> Result<Option<Verdict>> {
    let commits =
        |operation: &GitOperation| matches!(operation.kind, GitKind::Add { .. } | GitKind::Commit { .. });
    if !operations.iter().any(commits) {
        return Ok(None);
    }
    let mut checkouts: BTreeMap<String, Option<Progress>> = BTreeMap::new();
    for operation in operations {
        let Some(place) = place(scene, operation) else {
            continue;
        };
        let tree = place.checkout.tree.clone();
        if !checkouts.contains_key(&tree) {
            let is_shared = scene.read(|read| read.is_shared(&family(scene, read)?, &tree))?;
            checkouts.insert(tree.clone(), is_shared.then(|| Progress::begin(&place)));
        }
        let Some(Some(progress)) = checkouts.get_mut(&tree) else {
            continue;
        };
        progress.place.base = place.base;
        if let Some(verdict) = progress.step(scene, operation)? {
            return Ok(Some(verdict));
        }
    }
    for progress in checkouts.into_values().flatten() {
        if progress.is_sweeping
            && let Some(verdict) = progress.judge(scene, Act::Add, progress.added.clone())?
        {
            return Ok(Some(verdict));
        }
    }
    Ok(None)
}

impl Progress {
    fn begin(place: &Place) -> Self {
        Self {
            index: Index::at(&place.checkout.worktree, LIMIT),
            place: Place {
                checkout: place.checkout.clone(),
                base: place.base.clone(),
            },
            staged: None,
            added: BTreeSet::new(),
            new: BTreeSet::new(),
            is_sweeping: false,
            is_lost: false,
        }
    }

    /// Follows one operation; a commit is judged at once.
    fn step(&mut self, scene: &Scene<'_>, operation: &GitOperation) -> Result<Option<Verdict>> {
        match &operation.kind {
            GitKind::Add { all, update, paths } if *all || *update || !paths.is_empty() => {
                self.add(paths, *all, *update)?;
            }
            GitKind::Commit {
                all, include, paths, ..
            } if !self.is_lost => return self.commit(scene, *all, *include, paths),
            GitKind::RestorePaths {
                paths, staged: true, ..
            }
            | GitKind::ResetPaths { paths } => self.take_out(paths)?,
            GitKind::Reset {
                mode: ResetMode::Mixed | ResetMode::Hard,
            } => {
                self.staged = Some(BTreeSet::new());
                self.added.clear();
            }
            GitKind::Reset { .. }
            | GitKind::Stash(_)
            | GitKind::Rebase
            | GitKind::Merge
            | GitKind::Pull
            | GitKind::CherryPick
            | GitKind::Revert
            | GitKind::Am
            | GitKind::Apply { .. }
            | GitKind::SwitchBranch { .. }
            | GitKind::CheckoutPaths { .. }
            | GitKind::CheckoutName { .. }
            | GitKind::Other { .. } => self.is_lost = true,
            _ => {}
        }
        Ok(None)
    }

    fn add(&mut self, paths: &[String], all: bool, update: bool) -> Result<()> {
        let here = self.directory();
        let is_sweeping = |path: &String| path.contains(['*', '?', '[', ':']) || here.join(path).is_dir();
        self.is_sweeping |= all || update || paths.iter().any(is_sweeping);
        for change in self.changes(paths, !update)? {
            if change.is_untracked {
                self.new.insert(change.file.clone());
            }
            if change.is_unstaged {
                self.added.insert(change.file);
            }
        }
        Ok(())
    }

    fn commit(
        &mut self,
        scene: &Scene<'_>,
        all: bool,
        include: bool,
        paths: &[String],
    ) -> Result<Option<Verdict>> {
        let mut files = if paths.is_empty() || include {
            let mut files = self.staged()?.clone();
            files.extend(self.added.iter().cloned());
            files
        } else {
            BTreeSet::new()
        };
        if all || !paths.is_empty() {
            for change in self.changes(paths, !self.new.is_empty())? {
                if !change.is_untracked || self.new.contains(&change.file) {
                    files.insert(change.file);
                }
            }
        }
        let verdict = self.judge(scene, Act::Commit, files)?;
        if paths.is_empty() || include {
            self.staged = Some(BTreeSet::new());
            self.added.clear();
            self.is_sweeping = false;
        }
        Ok(verdict)
    }

    fn take_out(&mut self, paths: &[String]) -> Result<()> {
        let base = self.place.base.clone();
        let is_meant = |file: &PathBuf| is_meant(paths, &base, &file.to_string_lossy());
        self.added.retain(|file| !is_meant(file));
        self.staged()?;
        if let Some(staged) = &mut self.staged {
            staged.retain(|file| !is_meant(file));
        }
        Ok(())
    }

    fn staged(&mut self) -> Result<&BTreeSet<PathBuf>> {
        let staged = match self.staged.take() {
            Some(staged) => staged,
            None => self.index.staged()?.into_iter().collect(),
        };
        Ok(self.staged.insert(staged))
    }

    fn changes(&self, paths: &[String], untracked: bool) -> Result<Vec<Change>> {
        Index::at(&self.directory(), LIMIT).changes(paths, untracked)
    }

    fn directory(&self) -> PathBuf {
        self.place.checkout.worktree.join(&self.place.base)
    }

    fn judge(&self, scene: &Scene<'_>, act: Act, files: BTreeSet<PathBuf>) -> Result<Option<Verdict>> {
        let top = &self.place.checkout.worktree;
        let stands_in = scene.project().checkout(&scene.cwd);
        let is_at_top = scene.cwd.canonicalize().is_ok_and(|cwd| cwd == *top);
        let stand = match stands_in {
            Some(_) if is_at_top => Stand::AtTop,
            Some(checkout) if checkout.worktree == *top => Stand::Inside,
            _ => Stand::Outside(top.clone()),
        };
        let staged = self.staged.as_ref();
        let pending: HashSet<PathBuf> = files
            .iter()
            .filter(|file| staged.is_none_or(|staged| !staged.contains(*file)))
            .cloned()
            .collect();
        judge(
            scene,
            Plan {
                act,
                checkout: self.place.checkout.clone(),
                index: Index::at(top, LIMIT),
                new: self
                    .new
                    .iter()
                    .filter(|file| files.contains(*file))
                    .cloned()
                    .collect(),
                files: files.into_iter().collect(),
                pending,
                stand,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_itself_that_it_shall_pass() {
        for command in [
            "AGENT_SYNC_BYPASS=1 git commit -m x",
            "git add -A && AGENT_SYNC_BYPASS='1' git commit -m x",
            "export AGENT_SYNC_BYPASS=true; git commit",
        ] {
            assert!(has_bypass(command), "{command}");
        }
        for command in [
            "git commit",
            "AGENT_SYNC_BYPASS=0 git commit",
            "MY_AGENT_SYNC_BYPASS=1 git commit",
            "AGENT_SYNC_BYPASS= git commit",
            "echo $AGENT_SYNC_BYPASS",
        ] {
            assert!(!has_bypass(command), "{command}");
        }
    }
}

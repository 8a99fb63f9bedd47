//! A checkout for each session: made through git, kept as long as it holds anything that is nowhere else.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::error::Refusal;
use crate::frame::neutralise;
use crate::repo::{Project, ask_git};

/// Most bytes that are read of what git complains about.
const MOST: u64 = 4096;

/// What became of a session's checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is gone, and so is its branch where all of that is in the main one.
    Removed,
    /// It is there still, because of this.
    Kept(&'static str),
}

/// The branch of a session.
#[must_use]
pub fn branch(plan: &str, name: &str) -> String {
    format!("agent-sync/{plan}/{name}")
}

/// Where the checkouts of sessions are: below the project, in a directory that git passes over.
#[must_use]
pub fn directory(project: &Project, plan: &str, name: &str) -> PathBuf {
    home(project).join(format!("{plan}-{name}"))
}

fn home(project: &Project) -> PathBuf {
    project.root.join(".claude").join("worktrees").join("agent-sync")
}

/// Makes the checkout of a session, on a branch of its own that begins where the project stands now. One that is
/// there already is taken as it is: what a session before left in it is what the next one goes on with.
///
/// # Errors
/// [`Refusal`] outside git, where there is no commit yet, or with git's own words where it refuses.
pub fn make(project: &Project, plan: &str, name: &str) -> Result<PathBuf> {
    if project.common.is_none() {
        return Err(
            Refusal::refused("this is no git repository, so there are no worktrees")
                .hint("leave --worktrees out")
                .into(),
        );
    }
    let directory = directory(project, plan, name);
    if directory.join(".git").exists() {
        return Ok(directory);
    }
    let home = home(project);
    fs::create_dir_all(&home).with_context(|| format!("making {}", home.display()))?;
    let ignore = home.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n").with_context(|| format!("writing {}", ignore.display()))?;
    }
    let branch = branch(plan, name);
    // What is left of a checkout that somebody removed by hand.
    let _nothing_to_prune = asked(project, &["worktree", "prune"]);
    let mut git = ask_git(&project.root);
    git.args(["worktree", "add", "--quiet"]);
    if has_branch(project, &branch) {
        git.arg("--").arg(&directory).arg(&branch);
    } else {
        git.args(["-b", &branch, "--"]).arg(&directory).arg("HEAD");
    }
    run(git).map_err(|said| {
        Refusal::refused(format!("git makes no worktree for {name}: {said}"))
            .hint("commit something first, or leave --worktrees out")
    })?;
    Ok(directory)
}

/// Removes the checkout of a session that is over: only where it holds no change that is not committed, and, unless
/// `even_unmerged`, no commit that is not in what the project has checked out. A branch that is not merged stays.
#[must_use]
pub fn tidy(project: &Project, plan: &str, name: &str, even_unmerged: bool) -> Fate {
    let directory = directory(project, plan, name);
    if !directory.join(".git").exists() {
        return Fate::Removed;
    }
    match is_clean(&directory) {
        Some(true) => {}
        Some(false) => return Fate::Kept("it has changes that are not committed"),
        None => return Fate::Kept("git cannot say what is in it"),
    }
    let branch = branch(plan, name);
    let is_merged = asked(
        project,
        &[
            "merge-base",
            "--is-ancestor",
            &format!("refs/heads/{branch}"),
            "HEAD",
        ],
    );
    if !is_merged && !even_unmerged {
        return Fate::Kept("its commits are not merged");
    }
    let mut git = ask_git(&project.root);
    git.args(["worktree", "remove", "--"]).arg(&directory);
    if run(git).is_err() {
        return Fate::Kept("git does not remove it");
    }
    if is_merged {
        let _it_is_merged = asked(project, &["branch", "--quiet", "-d", "--", &branch]);
    }
    Fate::Removed
}

fn has_branch(project: &Project, branch: &str) -> bool {
    asked(
        project,
        &["show-ref", "--verify", "--quiet", &format!("refs/heads/{branch}")],
    )
}

/// Whether nothing in a checkout is changed or new.
fn is_clean(directory: &Path) -> Option<bool> {
    let mut git = ask_git(directory);
    git.args(["status", "--porcelain", "--untracked-files=normal"]);
    let output = git.stdout(Stdio::piped()).output().ok()?;
    output.status.success().then_some(output.stdout.is_empty())
}

/// Whether git says yes.
fn asked(project: &Project, words: &[&str]) -> bool {
    let mut git = ask_git(&project.root);
    git.args(words);
    git.status().is_ok_and(|status| status.success())
}

/// Runs git and returns what it complains about, in a line, where it fails.
fn run(mut git: Command) -> Result<(), String> {
    let mut child = git
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut said = Vec::new();
    if let Some(errors) = child.stderr.take() {
        let _as_far_as_it_says = errors.take(MOST).read_to_end(&mut said);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(neutralise(String::from_utf8_lossy(&said).trim())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> (tempfile::TempDir, Project) {
        let place = tempfile::tempdir().unwrap();
        git(place.path(), &["init", "--quiet", "--initial-branch=main"]);
        commit(place.path(), "README", "one\n");
        let project = Project::rooted(place.path());
        (place, project)
    }

    fn git(directory: &Path, words: &[&str]) {
        let mut git = ask_git(directory);
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(words);
        assert!(git.status().unwrap().success(), "{words:?}");
    }

    fn commit(directory: &Path, file: &str, text: &str) {
        fs::write(directory.join(file), text).unwrap();
        git(directory, &["add", "--", file]);
        git(directory, &["commit", "--quiet", "--message", "Change"]);
    }

    #[test]
    fn a_checkout_goes_only_when_nothing_in_it_is_nowhere_else() {
        let (_place, project) = repository();
        let checkout = make(&project, "plan-1", "x-1").unwrap();
        assert_eq!(make(&project, "plan-1", "x-1").unwrap(), checkout);
        assert_eq!(Project::discover(&checkout, None).unwrap().root, project.root);
        fs::write(checkout.join("new"), "x").unwrap();
        assert_eq!(
            tidy(&project, "plan-1", "x-1", true),
            Fate::Kept("it has changes that are not committed")
        );
        commit(&checkout, "new", "x");
        assert_eq!(
            tidy(&project, "plan-1", "x-1", false),
            Fate::Kept("its commits are not merged")
        );
        git(&project.root, &["merge", "--quiet", "agent-sync/plan-1/x-1"]);
        assert_eq!(tidy(&project, "plan-1", "x-1", false), Fate::Removed);
        assert!(!checkout.exists() && !has_branch(&project, "agent-sync/plan-1/x-1"));
        assert_eq!(tidy(&project, "plan-1", "x-1", false), Fate::Removed);
    }

    #[test]
    fn the_branch_of_a_checkout_that_goes_on_request_stays_and_is_taken_up_again() {
        let (_place, project) = repository();
        let checkout = make(&project, "plan-1", "x-1").unwrap();
        commit(&checkout, "new", "x");
        assert_eq!(tidy(&project, "plan-1", "x-1", true), Fate::Removed);
        assert!(has_branch(&project, "agent-sync/plan-1/x-1"));
        let again = make(&project, "plan-1", "x-1").unwrap();
        assert!(again.join("new").exists());
    }

    #[test]
    fn checkouts_are_nothing_that_git_would_take_into_a_commit() {
        let (_place, project) = repository();
        make(&project, "plan-1", "x-1").unwrap();
        assert_eq!(is_clean(&project.root), Some(true));
    }

    #[test]
    fn where_there_is_no_git_there_are_no_checkouts() {
        let place = tempfile::tempdir().unwrap();
        assert!(make(&Project::rooted(place.path()), "plan-1", "x-1").is_err());
    }
}

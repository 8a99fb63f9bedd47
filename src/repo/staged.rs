//! What git is about to commit.
//!
//! Only git knows: the index has a format of its own, and a commit of some paths uses an index of its own. Inside
//! a hook of git's the environment says which, so it is left as it is there; everywhere else it is taken out.
//! Git may be slow in a large checkout and must not hold anybody up, so every question has a time limit.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::ask::{self, path_of, within};

/// A checkout as git sees it.
#[derive(Debug)]
pub struct Index {
    /// Where git is asked; nowhere in particular inside a hook of git's own.
    directory: Option<PathBuf>,
    limit: Duration,
}

/// A file that differs from the last commit.
#[derive(Debug)]
pub struct Change {
    /// From the top of the checkout.
    pub file: PathBuf,
    /// Whether git does not know it.
    pub is_untracked: bool,
    /// Whether the working tree differs from the index.
    pub is_unstaged: bool,
}

impl Index {
    /// The index that git's environment names, as git's hooks find it.
    #[must_use]
    pub const fn of_hook(limit: Duration) -> Self {
        Self {
            directory: None,
            limit,
        }
    }

    /// The index of the checkout around a directory.
    #[must_use]
    pub fn at(directory: &Path, limit: Duration) -> Self {
        Self {
            directory: Some(directory.to_owned()),
            limit,
        }
    }

    /// The files that a commit of the index would change, relative to the top of the checkout. A rename is two:
    /// one goes, one comes.
    ///
    /// # Errors
    /// When git cannot say.
    pub fn staged(&self) -> Result<Vec<PathBuf>> {
        match self.differing_from("HEAD") {
            Ok(files) => Ok(files),
            // Before the first commit everything in the index is new.
            Err(_) if !self.succeeds(&["rev-parse", "--quiet", "--verify", "HEAD"])? => {
                self.files(&["ls-files", "--cached", "-z"])
            }
            Err(error) => Err(error),
        }
    }

    /// The files that the commit of a merge would hold in another form than every commit it merges; `None`
    /// when there is no merge. The rest is what the merge brings, and nobody's work in progress.
    ///
    /// # Errors
    /// When git cannot say.
    pub fn merged(&self) -> Result<Option<Vec<PathBuf>>> {
        if !self.succeeds(&["rev-parse", "--quiet", "--verify", "MERGE_HEAD"])? {
            return Ok(None);
        }
        self.differing_from("MERGE_HEAD").map(Some)
    }

    /// The files below these paths that differ from the last commit in the index or the working tree and, where
    /// `untracked` says so, those that git does not know. `paths` are git's own patterns, relative to the
    /// directory asked about; without any, it is the whole checkout.
    ///
    /// # Errors
    /// When git cannot say.
    pub fn changes(&self, paths: &[String], untracked: bool) -> Result<Vec<Change>> {
        let mode = if untracked {
            "--untracked-files=all"
        } else {
            "--untracked-files=no"
        };
        let mut words = vec!["status", "--porcelain=v1", "-z", "--no-renames", mode, "--"]
            .into_iter()
            .map(OsString::from)
            .collect::<Vec<_>>();
        words.extend(paths.iter().map(OsString::from));
        let answer = self.ask(&words)?;
        let entries = answer.split(|byte| *byte == 0).filter(|entry| entry.len() > 3);
        Ok(entries
            .map(|entry| Change {
                // Two letters and a blank: in the index, in the working tree.
                file: path_of(&entry[3..]),
                is_untracked: entry[0] == b'?',
                is_unstaged: entry[1] != b' ',
            })
            .collect())
    }

    /// When each of these files was last part of a commit, in milliseconds since the epoch; those left out
    /// that were not since `since`.
    ///
    /// # Errors
    /// When git cannot say.
    pub fn committed(&self, files: &[PathBuf], since: i64) -> Result<HashMap<PathBuf, i64>> {
        let since = format!("--since=@{}", since / 1000);
        let mut words: Vec<OsString> = [
            "--literal-pathspecs",
            "log",
            "-z",
            "--format=%x01%ct",
            "--name-only",
            "--no-renames",
            "--diff-merges=off",
            &since,
            "HEAD",
            "--",
        ]
        .map(OsString::from)
        .into();
        // Git takes them relative to where it is asked.
        let top = self.top()?;
        words.extend(files.iter().map(|file| top.join(file).into_os_string()));
        let answer = self.ask(&words)?;
        let mut times = HashMap::new();
        let mut time = 0;
        for part in answer.split(|byte| matches!(byte, 0 | b'\n')) {
            if let Some(text) = part.strip_prefix(b"\x01") {
                let seconds: i64 = String::from_utf8_lossy(text).trim().parse().unwrap_or(0);
                time = seconds.saturating_mul(1000);
            } else if !part.is_empty() {
                let known = times.entry(path_of(part)).or_insert(time);
                *known = time.max(*known);
            }
        }
        Ok(times)
    }

    /// The top of the checkout.
    ///
    /// # Errors
    /// When there is none.
    pub fn top(&self) -> Result<PathBuf> {
        let mut answer = self.ask(&["rev-parse", "--show-toplevel"].map(OsString::from))?;
        if answer.last() == Some(&b'\n') {
            answer.pop();
        }
        if answer.is_empty() {
            bail!("there is no checkout here");
        }
        Ok(path_of(&answer))
    }

    fn differing_from(&self, commit: &str) -> Result<Vec<PathBuf>> {
        self.files(&[
            "diff-index",
            "--cached",
            "--name-only",
            "--no-renames",
            "--ita-invisible-in-index",
            "-z",
            commit,
            "--",
        ])
    }

    fn files(&self, words: &[&str]) -> Result<Vec<PathBuf>> {
        let answer = self.ask(words)?;
        let names = answer.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(path_of).collect())
    }

    fn succeeds(&self, words: &[&str]) -> Result<bool> {
        Ok(self.run(words)?.0)
    }

    fn ask(&self, words: &[impl AsRef<OsStr>]) -> Result<Vec<u8>> {
        let (is_success, answer) = self.run(words)?;
        if !is_success {
            let what = words.first().map(|word| word.as_ref().display().to_string());
            bail!("git {} failed", what.unwrap_or_default());
        }
        Ok(answer)
    }

    /// Runs git within the time limit: whether it succeeded, and what it printed.
    fn run(&self, words: &[impl AsRef<OsStr>]) -> Result<(bool, Vec<u8>)> {
        let mut git = match &self.directory {
            Some(directory) => ask::git(directory),
            None => ask::git_in_hook(),
        };
        git.args(words);
        within(self.limit, git)
    }
}

//! What is checked out in a checkout, as git's own files say: asking git would take a process for each agent.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Project;

/// More than any of git's one-line files holds, in bytes.
const MOST: u64 = 4096;
/// How many characters of a commit's name are shown.
const SHORT: usize = 8;

impl Project {
    /// The branch of this checkout, or the beginning of the commit's name where none is checked out; `None` outside
    /// git, and where git keeps it elsewhere.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        let head = first_line(&self.git_directory()?.join("HEAD"))?;
        let Some(reference) = head.strip_prefix("ref:") else {
            let is_commit = head.len() >= SHORT && head.bytes().all(|byte| byte.is_ascii_hexdigit());
            return is_commit.then(|| head[..SHORT].to_owned());
        };
        let reference = reference.trim();
        // Where references are in a table of git's own, this file says nothing.
        let branch = reference
            .strip_prefix("refs/heads/")
            .filter(|name| *name != ".invalid")?;
        Some(branch.to_owned())
    }

    /// Where git keeps what belongs to this checkout alone.
    fn git_directory(&self) -> Option<PathBuf> {
        let git = self.worktree.join(".git");
        if git.is_dir() {
            return Some(git);
        }
        if git.is_file() {
            let pointer = first_line(&git)?;
            return Some(self.worktree.join(pointer.strip_prefix("gitdir:")?.trim()));
        }
        self.common.clone()
    }
}

/// The first line of a small file.
fn first_line(file: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(file).ok()?.take(MOST).read_to_string(&mut text).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

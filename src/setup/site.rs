//! Which files of a project are the client's settings, and which of them a session reads.
//!
//! The client reads `.claude/settings.json` and `.claude/settings.local.json` of the directory that a session
//! starts in. For a linked worktree or a directory further down it also reads the `settings.local.json` of
//! the main worktree, but not its `settings.json` (a test with the real client shows it). The project's own
//! files are therefore those of the main worktree; where the repository is bare and there is none, those of
//! the worktree one stands in.

use std::path::{Path, PathBuf};

use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::repo::Project;

/// The directory whose `.claude` holds a project's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    directory: PathBuf,
}

/// One of a project's two settings files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `settings.json`, for everybody who works on the project.
    Shared,
    /// `settings.local.json`, for this person alone.
    Local,
}

impl Site {
    /// The site of a project.
    ///
    /// # Errors
    /// [`Refusal`] in a bare repository outside of its worktrees: there is nothing to start a session in.
    pub fn of(project: &Project) -> Result<Self, Refusal> {
        if !project.is_bare() {
            return Ok(Self {
                directory: project.root.clone(),
            });
        }
        if project.worktree == project.root {
            let refusal = Refusal::refused(format!("{} is a bare repository", shown(&project.root)));
            return Err(refusal.hint("run this in one of its worktrees"));
        }
        Ok(Self {
            directory: project.worktree.clone(),
        })
    }

    /// The directory that holds `.claude`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The directory `.claude`.
    #[must_use]
    pub fn claude(&self) -> PathBuf {
        self.directory.join(".claude")
    }

    /// Where a settings file is, or would be.
    #[must_use]
    pub fn path(&self, file: File) -> PathBuf {
        settings_in(&self.directory, file)
    }
}

/// Where a settings file of a directory is, or would be.
#[must_use]
pub fn settings_in(directory: &Path, file: File) -> PathBuf {
    directory.join(".claude").join(match file {
        File::Shared => "settings.json",
        File::Local => "settings.local.json",
    })
}

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> String {
    clean(&path.display().to_string(), Field::Path).to_string()
}

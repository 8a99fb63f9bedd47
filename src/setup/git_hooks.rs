//! The guard of commits as a hook of git's: put in beside what is there, and taken out again without a trace.
//!
//! Git has one `pre-commit` per repository, and it may be somebody's already. Theirs is moved aside, whole, with
//! its mode and even if it is a link, and is run first; uninstalling moves it back. Git itself is asked where it
//! looks for hooks, because `core.hooksPath` can name any place.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::site::{Site, shown};
use crate::error::Refusal;
use crate::render::step::{Action, Step};
use crate::repo::{Project, hooks_directory};

/// The hook.
pub const SCRIPT: &str = include_str!("../../hooks/pre-commit");
/// What it is called.
const NAME: &str = "pre-commit";
/// What one that was there before is called.
const ASIDE: &str = "pre-commit.before-agent-sync";

/// What to do about the hook.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) step: Step,
    hook: PathBuf,
    aside: PathBuf,
}

/// What is in the hook's place.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Ours,
    /// Ours once; somebody made it theirs.
    Edited,
    Foreign,
}

impl Plan {
    /// How the hook gets there.
    ///
    /// # Errors
    /// [`Refusal`] outside of git and where git cannot be asked.
    pub(super) fn install(project: &Project, site: &Site) -> Result<Self> {
        let directory = directory(project, site)?.ok_or_else(|| {
            Refusal::refused(format!(
                "git does not say where the hooks of {} are",
                shown(&project.root)
            ))
            .hint("install git, or leave --git-hooks out")
        })?;
        let plan = Self::at(&directory);
        let step = |action| Step::new(action, "git hook", plan.hook.clone());
        let step = match find(&plan.hook)? {
            Found::Nothing => step(Action::Created),
            Found::Ours => step(Action::Unchanged),
            Found::Edited => step(Action::Kept).detail("somebody changed it"),
            Found::Foreign if exists(&plan.aside) => {
                step(Action::Kept).detail(format!("it is not ours, and there is a {ASIDE} already"))
            }
            Found::Foreign if is_generated(&plan.hook) => step(Action::Kept).detail(
                "a tool writes it anew; add `agent-sync hook pre-commit || exit` to your hook in that tool",
            ),
            Found::Foreign => {
                step(Action::Updated).detail(format!("the hook there is run first, as {ASIDE}"))
            }
        };
        Ok(Self { step, ..plan })
    }

    /// How the hook goes away; `None` when there is none of ours.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub(super) fn uninstall(project: &Project, site: &Site) -> Result<Option<Self>> {
        let Ok(Some(directory)) = directory(project, site) else {
            return Ok(None);
        };
        let plan = Self::at(&directory);
        let step = |action| Step::new(action, "git hook", plan.hook.clone());
        let step = match find(&plan.hook)? {
            Found::Nothing | Found::Foreign => return Ok(None),
            Found::Edited => step(Action::Kept).detail("somebody changed it"),
            Found::Ours if exists(&plan.aside) => {
                step(Action::Updated).detail("the hook that was there before is back")
            }
            Found::Ours => step(Action::Removed),
        };
        Ok(Some(Self { step, ..plan }))
    }

    /// Does it.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn apply(&self) -> Result<()> {
        let context = || format!("cannot change {}", shown(&self.hook));
        match (self.step.action, find(&self.hook)?) {
            (Action::Removed, Found::Ours) => fs::remove_file(&self.hook).with_context(context),
            (Action::Updated, Found::Ours) => fs::rename(&self.aside, &self.hook).with_context(context),
            (Action::Updated, Found::Foreign) => self.put(true).with_context(context),
            (Action::Created, Found::Nothing) => self.put(false).with_context(context),
            _ => Ok(()),
        }
    }

    fn at(directory: &Path) -> Self {
        let hook = directory.join(NAME);
        Self {
            step: Step::new(Action::Unchanged, "git hook", hook.clone()),
            aside: directory.join(ASIDE),
            hook,
        }
    }

    /// Writes the hook, the one before kept aside; there is never none.
    fn put(&self, keep: bool) -> Result<()> {
        let directory = self.hook.parent().context("a hook has a directory")?;
        fs::create_dir_all(directory)?;
        let mut new = tempfile::Builder::new()
            .prefix(".agent-sync-")
            .permissions(Permissions::from_mode(0o755))
            .tempfile_in(directory)?;
        new.write_all(SCRIPT.as_bytes())?;
        new.as_file().sync_all()?;
        if keep && fs::hard_link(&self.hook, &self.aside).is_err() {
            fs::rename(&self.hook, &self.aside)?;
        }
        if keep {
            new.persist(&self.hook)?;
        } else {
            new.persist_noclobber(&self.hook)?;
        }
        Ok(())
    }
}

/// Where git looks for the hooks of a project; `None` where git does not say.
fn directory(project: &Project, site: &Site) -> Result<Option<PathBuf>, Refusal> {
    if project.common.is_none() {
        return Err(
            Refusal::refused(format!("{} is no git repository", shown(&project.root)))
                .hint("leave --git-hooks out"),
        );
    }
    Ok(hooks_directory(site.directory()))
}

fn find(hook: &Path) -> Result<Found> {
    match fs::symlink_metadata(hook) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot look at {}", shown(hook))),
        Ok(entry) if !entry.is_file() => return Ok(Found::Foreign),
        Ok(_) => {}
    }
    let text = fs::read(hook).with_context(|| format!("cannot read {}", shown(hook)))?;
    let mark = SCRIPT.lines().nth(2).unwrap_or_default().as_bytes();
    Ok(if text == SCRIPT.as_bytes() {
        Found::Ours
    } else if text.windows(mark.len()).any(|part| part == mark) {
        Found::Edited
    } else {
        Found::Foreign
    })
}

/// Whether a hook finds the one it stands for by its own name and place, and so must not be moved.
fn is_generated(hook: &Path) -> bool {
    hook.parent()
        .is_some_and(|directory| directory.ends_with(".husky/_"))
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

//! Copies of a project's store: made, put back, and kept where no `git clean` reaches.

use std::fs::{DirBuilder, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{Place, Unusable, no_private_place};
use crate::domain::agent::OPERATOR;
use crate::domain::backup::{DAILY, Kept};
use crate::domain::overview::Contents;
use crate::domain::presence::Presence;
use crate::env::Env;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{self, Candidate, Purpose, Repair, Store, Surroundings, Unopened};

/// What came of a restore.
#[derive(Debug)]
pub struct Restored {
    /// What the store held; nothing where it could not be told.
    pub before: Option<Contents>,
    /// Where that lies now; nothing where nothing was there.
    pub aside: Option<PathBuf>,
    /// What the store holds now.
    pub after: Contents,
}

impl Place {
    /// Where copies for safety are kept, out of reach of `git clean`.
    #[must_use]
    pub fn backup_directory(&self) -> Option<PathBuf> {
        self.apart("backup")
    }

    /// Where stores and their files are put that another one took the place of. Nothing removes them.
    #[must_use]
    pub fn quarantine(&self) -> Option<PathBuf> {
        self.apart("quarantine")
    }

    /// A directory for this project. Where there is no git, the private one is that of all projects.
    pub(super) fn apart(&self, name: &str) -> Option<PathBuf> {
        let directory = self.private.as_ref()?.join(name);
        if self.project.common.is_some() {
            return Some(directory);
        }
        let digest = Sha256::digest(self.project.root.as_os_str().as_encoded_bytes());
        let own = digest
            .iter()
            .take(6)
            .fold(0u64, |own, byte| own << 8 | u64::from(*byte));
        Some(directory.join(format!("{own:012x}")))
    }

    /// The copies there are, the newest first.
    #[must_use]
    pub fn copies(&self) -> Vec<(PathBuf, Kept)> {
        let Some(directory) = self.backup_directory() else {
            return Vec::new();
        };
        let copies = store::copies(&directory).into_iter();
        copies.map(|copy| (directory.join(&copy.name), copy)).collect()
    }

    /// Makes a copy of the store when the newest one is a day old, and removes those that are too many.
    ///
    /// # Errors
    /// When the store is damaged, or the copy cannot be written; all older ones stay then.
    pub fn keep_copy(&self, env: &Env, store: &Store) -> Result<Option<PathBuf>> {
        self.keep_copy_after(env, store, DAILY)
    }

    /// The same when the newest copy has this age in milliseconds.
    ///
    /// # Errors
    /// Like [`Self::keep_copy`].
    pub fn keep_copy_after(&self, env: &Env, store: &Store, after: i64) -> Result<Option<PathBuf>> {
        match self.backup_directory() {
            Some(directory) => store.keep_copy(&env.world(), &directory, after),
            None => Ok(None),
        }
    }

    /// Copies the store, into a file of this name or among the other copies, and says which file it is.
    ///
    /// # Errors
    /// [`Refusal`] when there is such a file; otherwise when the store is damaged or the copy cannot be written.
    pub fn back_up(&self, env: &Env, file: Option<&Path>) -> Result<(PathBuf, Contents)> {
        let store = self
            .open_for_command(env)
            .map_err(|unusable| unusable.refusal(self))?;
        let database = self.project.database();
        let made = match file {
            Some(file) if file.symlink_metadata().is_ok() => {
                let shown = clean(&file.to_string_lossy(), Field::Path);
                return Err(Refusal::refused(format!("{shown} is there already"))
                    .hint("name a file that is not there yet")
                    .into());
            }
            Some(file) => {
                store::make_backup_at(&database, file)?;
                file.to_owned()
            }
            None => {
                let directory = self.backup_directory().ok_or_else(no_private_place)?;
                store::make_backup(&database, &directory, "manual", env.now().wall)?
            }
        };
        Ok((made, store.contents(&env.world())?))
    }

    /// Puts the store that a file holds into the place of the present one, which is kept aside.
    ///
    /// # Errors
    /// [`Refusal`] when the file is no whole store, or when others work with the present one and `force` does
    /// not say to do it all the same; nothing has changed then.
    pub fn restore(&self, env: &Env, file: &Path, me: Option<&str>, force: bool) -> Result<Restored> {
        let candidate = Candidate::examine(file)?;
        let quarantine = self.quarantine().ok_or_else(no_private_place)?;
        let database = self.project.database();
        let world = env.world();
        let store = match self.open_for_command(env) {
            Err(Unusable::Missing) => {
                self.create(env)?;
                self.open(env, Purpose::Command)
            }
            opened => opened,
        };
        match store {
            Ok(mut store) => {
                if !force {
                    refuse_while_others_work(env, &store, me)?;
                }
                let before = store.contents(&world)?;
                let aside = store.replace_by(&world, &candidate, &quarantine, me)?;
                Ok(Restored {
                    before: Some(before),
                    aside: Some(aside),
                    after: candidate.contents,
                })
            }
            Err(unusable @ (Unusable::Untrusted(_) | Unusable::Missing)) => Err(unusable.refusal(self)),
            // What is there is no store that anybody could write.
            Err(_) => {
                let aside = store::set_aside(&database, &quarantine, world.now.wall)?;
                self.mark(&candidate.id)?;
                candidate.put_in_place(&database).context("restoring the store")?;
                Ok(Restored {
                    before: None,
                    aside,
                    after: candidate.contents,
                })
            }
        }
    }

    /// Puts a damaged store in order: what is readable of it, what the newest copy has of the rest, or else that
    /// copy. `None` when nothing is damaged. The damaged files are kept aside.
    ///
    /// # Errors
    /// [`Refusal`] when the store was not made here, or when what is there is no damaged store.
    pub fn repair(&self, env: &Env) -> Result<Option<Repair>> {
        let database = self.project.database();
        let (copies, quarantine) = (self.backup_directory(), self.quarantine());
        let (copies, quarantine) = copies.zip(quarantine).ok_or_else(no_private_place)?;
        if matches!(super::is_own_place(&self.project), Ok(false)) {
            return Err(Unusable::Untrusted(super::NOT_OURS).refusal(self));
        }
        let _gate = gate(&quarantine)?;
        if self.has_marks() {
            store::finish_exchange(&database).context("finishing an interrupted repair")?;
        }
        let damage = match store::diagnose(&database) {
            Ok(damage) if damage.is_empty() => return Ok(None),
            Ok(damage) => damage,
            Err(Unopened::Missing) if self.has_marks() && !self.copies().is_empty() => Vec::new(),
            Err(unopened) => return Err(unopened.refusal(&database)),
        };
        // Of a damaged store the id may be what cannot be read.
        let id = store::id_of(&database)
            .ok()
            .filter(|id| self.marker(id).is_some());
        if !id.map_or_else(|| self.has_marks(), |id| self.is_marked(&id)) {
            return Err(Unusable::Untrusted(super::NOT_MADE_HERE).refusal(self));
        }
        let surroundings = Surroundings {
            database: &database,
            copies: &copies,
            quarantine: &quarantine,
        };
        store::repair(&env.world(), surroundings, damage, |id| self.mark(id)).map(Some)
    }
}

/// Keeps a second repair out until the first is done.
fn gate(quarantine: &Path) -> Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(quarantine)
        .with_context(|| format!("creating {}", quarantine.display()))?;
    let gate = File::open(quarantine)?;
    let _no_locks_here_is_no_hindrance = gate.lock();
    Ok(gate)
}

fn refuse_while_others_work(env: &Env, store: &Store, me: Option<&str>) -> Result<()> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let mut others = store.read(&env.world(), |read| read.living())?;
    others.retain(|agent| {
        agent.presence == Presence::Active && agent.id != OPERATOR && Some(agent.id.as_str()) != me
    });
    let names: Vec<String> = others
        .iter()
        .take(5)
        .map(|agent| clean(&agent.name, Field::Name).to_string())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let verb = if others.len() == 1 { "is" } else { "are" };
    Err(Refusal::refused(format!(
        "{} {verb} in the middle of a turn and would lose what they hold",
        names.join(", ")
    ))
    .hint("wait until they are done, or say --force")
    .into())
}

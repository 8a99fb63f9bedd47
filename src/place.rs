//! The place of a project's store: whether there is one, whether it may be trusted, and how it is opened.
//!
//! A repository can ship a store of its own making, whose messages would speak to whoever clones it. A store
//! counts only when this machine made or adopted it: its random id is then the name of a marker file in the
//! shared git directory, which no clone brings along.

mod care;
mod checkpoint;
mod flag;

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::env::{Env, Variable};
use crate::error::Refusal;
use crate::repo::Project;
use crate::store::{self, Created, Purpose, Store, Unopened, Upgraded};

pub use care::Restored;
pub use checkpoint::Checkpoint;

const NOT_MADE_HERE: &str = "it was not made on this machine";

/// A project's store and what surrounds it.
pub struct Place {
    project: Project,
    private: Option<PathBuf>,
}

/// Why a place that is a link or belongs to another user is no place for a store.
const NOT_OURS: &str = "its place is a link or belongs to another user";

/// What is in the store's place.
pub enum Found {
    /// Nothing.
    Nothing,
    /// Our store.
    Ours(Store),
    /// A store that this machine neither made nor adopted.
    Strange(Store),
    /// A store of an older version of this program.
    Outdated {
        /// Its version.
        version: i64,
        /// Whether this machine made or adopted it.
        is_trusted: bool,
    },
    /// A database of 0.4.0 or older.
    Predecessor,
}

impl From<Unopened> for Unusable {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Missing => Self::Missing,
            other => Self::Unopened(other),
        }
    }
}

/// Why a store cannot be used.
#[derive(Debug)]
pub enum Unusable {
    /// There is none.
    Missing,
    /// It, or its place, was not made by this user on this machine; why.
    Untrusted(&'static str),
    /// It cannot be opened.
    Unopened(Unopened),
    /// Something around it failed.
    Failed(anyhow::Error),
}

impl Unusable {
    /// The error a command answers with.
    #[must_use]
    pub fn refusal(self, place: &Place) -> anyhow::Error {
        let database = place.project.database();
        match self {
            Self::Missing => Refusal::missing("agent-sync is not set up here")
                .hint("agent-sync init")
                .into(),
            Self::Untrusted(NOT_OURS) => {
                Refusal::refused(format!("{} is not trusted: {NOT_OURS}", database.display()))
                    .hint("make .claude and .claude/coordination directories of your own")
                    .into()
            }
            Self::Untrusted(why) => Refusal::refused(format!("{} is not trusted: {why}", database.display()))
                .hint("if it is yours, `agent-sync init --adopt` trusts it; otherwise remove it")
                .into(),
            Self::Unopened(unopened) => unopened.refusal(&database),
            Self::Failed(error) => error,
        }
    }
}

impl Place {
    /// The place of a project's store.
    #[must_use]
    pub fn new(env: &Env, project: Project) -> Self {
        let state_home = env
            .variable(Variable::StateHome)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| env.home().map(|home| home.join(".local/state")));
        let private = project.private_directory(state_home.as_deref());
        Self { project, private }
    }

    /// The project.
    #[must_use]
    pub const fn project(&self) -> &Project {
        &self.project
    }

    /// Our own directory outside the working tree. Where there is no git it is shared by all projects.
    #[must_use]
    pub fn private_directory(&self) -> Option<&Path> {
        self.private.as_deref()
    }

    /// Opens the store if there is one that may be trusted. Never creates or upgrades one.
    ///
    /// # Errors
    /// [`Unusable`] says why not.
    pub fn open(&self, env: &Env, purpose: Purpose) -> Result<Store, Unusable> {
        let store = self.open_by(|database| match Store::open(database, purpose) {
            Err(Unopened::Outdated(_)) => {
                self.migrate(env, purpose)?;
                Ok(Store::open(database, purpose)?)
            }
            opened => Ok(opened?),
        })?;
        if self.is_trusted(env, &store)? {
            Ok(store)
        } else {
            Err(Unusable::Untrusted(NOT_MADE_HERE))
        }
    }

    /// Looks at what is in the store's place, and changes nothing there.
    ///
    /// # Errors
    /// [`Unusable`] says why there is no telling, or what stands in the way.
    pub fn survey(&self, env: &Env) -> Result<Found, Unusable> {
        let store = match self.open_by(|database| Ok(Store::open_apart(database)?)) {
            Ok(store) => store,
            Err(Unusable::Missing) => return Ok(Found::Nothing),
            Err(Unusable::Unopened(Unopened::Predecessor)) => return Ok(Found::Predecessor),
            Err(Unusable::Unopened(Unopened::Outdated(version))) => {
                let id = store::id_of(&self.project.database()).map_err(Unusable::Failed)?;
                let is_trusted = self.is_marked(&id);
                return Ok(Found::Outdated { version, is_trusted });
            }
            Err(unusable) => return Err(unusable),
        };
        Ok(if self.is_trusted(env, &store)? {
            Found::Ours(store)
        } else {
            Found::Strange(store)
        })
    }

    fn open_by(&self, open: impl FnOnce(&Path) -> Result<Store, Unusable>) -> Result<Store, Unusable> {
        match is_own_place(&self.project) {
            Ok(true) => open(&self.project.database()),
            Ok(false) => Err(Unusable::Untrusted(NOT_OURS)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Unusable::Missing),
            Err(error) => Err(Unusable::Failed(error.into())),
        }
    }

    fn is_trusted(&self, env: &Env, store: &Store) -> Result<bool, Unusable> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method's lifetimes are not general enough"
        )]
        let id = store
            .read(&env.world(), |read| read.store_id())
            .map_err(Unusable::Failed)?;
        Ok(id.is_some_and(|id| self.is_marked(&id)))
    }

    /// Trusts the store that somebody brought here.
    ///
    /// # Errors
    /// [`Refusal`] when it has no name to trust it by; otherwise when that cannot be noted.
    pub fn adopt(&self) -> Result<()> {
        let database = self.project.database();
        let id = store::id_of(&database)?;
        if self.marker(&id).is_none() {
            return Err(Refusal::refused(format!("{} has no id of a store", database.display())).into());
        }
        self.mark(&id)
    }

    /// Trusts the store no longer; one without a name was never trusted.
    ///
    /// # Errors
    /// When the marker cannot be removed.
    pub fn forget(&self) -> Result<()> {
        let id = store::id_of(&self.project.database()).ok();
        let Some(marker) = id.and_then(|id| self.marker(&id)) else {
            return Ok(());
        };
        match fs::remove_file(&marker) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", marker.display()))
            }
            _ => Ok(()),
        }
    }

    /// Brings an older store up to date, if it may be trusted.
    fn migrate(&self, env: &Env, purpose: Purpose) -> Result<(), Unusable> {
        let database = self.project.database();
        if !self.is_marked(&store::id_of(&database).map_err(Unusable::Failed)?) {
            return Err(Unusable::Untrusted(NOT_MADE_HERE));
        }
        let backup = self
            .backup_directory()
            .ok_or_else(|| Unusable::Failed(no_private_place().into()))?;
        store::migrate(&database, &backup, env.now().wall, purpose).map_err(Unusable::Failed)
    }

    /// Opens the store for a command; one of 0.4.0 is upgraded on the way.
    ///
    /// # Errors
    /// [`Unusable`] says why not.
    pub fn open_for_command(&self, env: &Env) -> Result<Store, Unusable> {
        match self.open(env, Purpose::Command) {
            Err(Unusable::Unopened(Unopened::Predecessor)) => {
                self.upgrade(env).map_err(Unusable::Failed)?;
                self.open(env, Purpose::Command)
            }
            other => other,
        }
    }

    /// Opens the store for a command, and creates it where there is none.
    ///
    /// # Errors
    /// [`Unusable`] says why not.
    pub fn open_or_create(&self, env: &Env) -> Result<Store, Unusable> {
        match self.open_for_command(env) {
            Err(Unusable::Missing) => {
                let had_one = self.has_marks();
                let created = self.create(env).map_err(Unusable::Failed)?;
                if had_one && created == Created::New {
                    env.write_error(
                        "note: the store that was here is gone, and with it its locks, tasks and messages; \
                         this is a new, empty one\n",
                    );
                }
                self.open(env, Purpose::Command)
            }
            other => other,
        }
    }

    /// Upgrades a store of 0.4.0 after making a copy of it. One that git tracks came with a clone, and is left
    /// alone.
    ///
    /// # Errors
    /// [`Refusal`] when git tracks it; otherwise when it cannot be read or written.
    pub fn upgrade(&self, env: &Env) -> Result<Upgraded> {
        let database = self.project.database();
        if self.project.is_tracked(&database) {
            return Err(self.refuse_tracked().into());
        }
        let backup = self.backup_directory().ok_or_else(no_private_place)?;
        let upgraded = store::upgrade(&database, &backup, env.now().wall, |id| self.mark(id))?;
        if let Upgraded::Done { backup, .. } = &upgraded {
            env.write_error(&format!(
                "note: the 0.4.0 database was upgraded; a copy of it is {}\n",
                backup.display()
            ));
        }
        Ok(upgraded)
    }

    /// Why a database of 0.4.0 that git tracks is left alone.
    #[must_use]
    pub fn refuse_tracked(&self) -> Refusal {
        let database = self.project.database();
        Refusal::refused(format!(
            "{} is tracked by git, so it may be anybody's",
            database.display()
        ))
        .hint("git rm --cached it if it is yours; otherwise remove it")
    }

    /// Creates the store unless there is one.
    ///
    /// # Errors
    /// [`Refusal`] when the place is nobody's project; otherwise when it cannot be written.
    pub fn create(&self, env: &Env) -> Result<Created> {
        let root = &self.project.root;
        if self.project.common.is_none() && (env.home().as_deref() == Some(root) || root.parent().is_none()) {
            return Err(Refusal::refused(format!("{} is not a project", root.display()))
                .hint("go to a repository, or name one with --root DIR")
                .into());
        }
        if matches!(is_own_place(&self.project), Ok(false)) {
            return Err(Unusable::Untrusted(NOT_OURS).refusal(self));
        }
        store::create(&self.project.database(), env.now().wall, |id| self.mark(id))
    }

    /// Trusts the store with this id from now on.
    ///
    /// # Errors
    /// When the marker cannot be written.
    pub fn mark(&self, store_id: &str) -> Result<()> {
        let marker = self.marker(store_id).ok_or_else(no_private_place)?;
        let directory = marker.parent().context("a marker has a directory")?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(directory)
            .with_context(|| format!("creating {}", directory.display()))?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&marker)
            .with_context(|| format!("writing {}", marker.display()))?;
        Ok(())
    }

    /// Whether a store was here before.
    fn has_marks(&self) -> bool {
        let Some(private) = &self.private else {
            return false;
        };
        self.project.common.is_some()
            && fs::read_dir(private.join("trusted")).is_ok_and(|mut marks| marks.next().is_some())
    }

    fn is_marked(&self, store_id: &str) -> bool {
        let Some(marker) = self.marker(store_id) else {
            return false;
        };
        fs::symlink_metadata(marker).is_ok_and(|entry| entry.is_file() && is_ours(&entry))
    }

    fn marker(&self, store_id: &str) -> Option<PathBuf> {
        let is_plain = !store_id.is_empty() && store_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain.then(|| Some(self.private.as_ref()?.join("trusted").join(store_id)))?
    }
}

fn no_private_place() -> Refusal {
    Refusal::internal("there is no place of ours outside the working tree")
        .hint("make this directory a git repository, or set HOME")
}

#[cfg(unix)]
fn is_ours(entry: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    entry.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

/// Whether this user alone made the store's place: neither a link nor anybody else's.
///
/// # Errors
/// When it cannot be looked at; a store that is missing is an error of the kind `NotFound`.
#[cfg(unix)]
fn is_own_place(project: &Project) -> io::Result<bool> {
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
fn is_own_place(project: &Project) -> io::Result<bool> {
    Ok(!fs::symlink_metadata(project.state_directory())?.is_symlink()
        && !fs::symlink_metadata(project.database())?.is_symlink())
}

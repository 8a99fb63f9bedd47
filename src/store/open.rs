//! Opening the store in whatever state its disk is.
//!
//! "Could not check" and "not locked" are different answers. A read-only or full disk must not open a locked
//! file, so when the database cannot be opened where it is, it is read from a private copy.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::busy;
use super::connect::{self, configure};
use super::schema::{self, Kind};
use super::{Purpose, Store};
use crate::error::Refusal;
use crate::frame::neutralise;

/// Why a store could not be opened.
#[derive(Debug)]
pub enum Unopened {
    /// There is none.
    Missing,
    /// It is one of claude-agent-sync 0.4.0 or older and has to be upgraded first.
    Predecessor,
    /// An older agent-sync made it, and it has to be brought up to date first; its version.
    Outdated(i64),
    /// A newer agent-sync made it; its version.
    Newer(i64),
    /// It is some other program's SQLite file.
    Foreign,
    /// Anything else.
    Failed(anyhow::Error),
}

impl Unopened {
    /// The refusal a command answers with.
    #[must_use]
    pub fn refusal(self, database: &Path) -> anyhow::Error {
        let shown = neutralise(&database.display().to_string());
        match self {
            Self::Missing => Refusal::missing("agent-sync is not set up here")
                .hint("agent-sync init")
                .into(),
            Self::Predecessor => {
                Refusal::internal(format!("{shown} is a 0.4.0 database that was not upgraded"))
                    .hint("agent-sync init")
                    .into()
            }
            Self::Outdated(version) => Refusal::internal(format!(
                "{shown} has version {version} and could not be brought up to version {}",
                schema::VERSION
            ))
            .hint("agent-sync doctor")
            .into(),
            Self::Newer(version) => Refusal::internal(format!(
                "{shown} has version {version}; this agent-sync knows versions up to {}",
                schema::VERSION
            ))
            .hint("install the newest agent-sync")
            .into(),
            Self::Foreign => Refusal::internal(format!("{shown} belongs to another program"))
                .hint("move it away, then run `agent-sync init`")
                .into(),
            Self::Failed(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Unopened {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Store {
    /// Opens an existing store; never creates one, never waits for a writer here.
    ///
    /// # Errors
    /// [`Unopened`] says why not.
    pub fn open(database: &Path, purpose: Purpose) -> Result<Self, Unopened> {
        match fs::symlink_metadata(database) {
            Ok(file) if file.is_file() => {}
            Ok(_) => return Err(Unopened::Foreign),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unopened::Missing),
            Err(error) => return Err(error.into()),
        }
        match Self::open_in_place(database, purpose) {
            Err(Unopened::Failed(error)) if is_trouble_with_the_place(&error) => {
                Self::open_copy(database, purpose).map_err(|_| Unopened::Failed(explain_any(error, database)))
            }
            Err(Unopened::Failed(error)) => Err(Unopened::Failed(explain_any(error, database))),
            other => other,
        }
    }

    /// Reads a store from a private copy, so that nothing changes where it is. It can only be looked at.
    ///
    /// # Errors
    /// [`Unopened`] says why not.
    pub fn open_apart(database: &Path) -> Result<Self, Unopened> {
        match fs::symlink_metadata(database) {
            Ok(file) if file.is_file() => {}
            Ok(_) => return Err(Unopened::Foreign),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unopened::Missing),
            Err(error) => return Err(error.into()),
        }
        Self::open_copy(database, Purpose::Command).map_err(|unopened| match unopened {
            Unopened::Failed(error) => Unopened::Failed(explain_any(error, database)),
            other => other,
        })
    }

    fn open_in_place(database: &Path, purpose: Purpose) -> Result<Self, Unopened> {
        // Asked first: an exchange in between is noticed later, and never missed.
        let file = connect::identity(database);
        let connection = connect(database, purpose)?;
        // A hook reads all of it in one snapshot: a transaction costs more than what most of them read.
        let holds_snapshot = purpose == Purpose::Hook;
        if holds_snapshot {
            connection.execute_batch("BEGIN")?;
        }
        expect_current(&connection)?;
        let read_only = connection.is_readonly("main")?;
        Ok(Self {
            connection,
            database: database.to_owned(),
            purpose,
            copy: None,
            read_only,
            holds_snapshot: Cell::new(holds_snapshot),
            file,
            seen_version: None,
            sleepers: Vec::new(),
        })
    }

    fn open_copy(database: &Path, purpose: Purpose) -> Result<Self, Unopened> {
        let (place, copy) = private_copy(database)?;
        let connection = connect(&copy, purpose)?;
        expect_current(&connection)?;
        Ok(Self {
            connection,
            database: database.to_owned(),
            purpose,
            copy: Some(place),
            read_only: true,
            holds_snapshot: Cell::new(false),
            file: None,
            seen_version: None,
            sleepers: Vec::new(),
        })
    }
}

/// A database's files as they are, in a directory that disappears with the returned value.
pub(super) fn private_copy(database: &Path) -> io::Result<(tempfile::TempDir, PathBuf)> {
    let shared_memory = Path::new("/dev/shm");
    let place = if shared_memory.is_dir() {
        tempfile::tempdir_in(shared_memory).or_else(|_| tempfile::tempdir())?
    } else {
        tempfile::tempdir()?
    };
    let copy = place.path().join("state.sqlite");
    let log = connect::beside(database, "-wal");
    if log.exists() {
        let copy = connect::beside(&copy, "-wal");
        fs::copy(&log, &copy)?;
        make_writable(&copy)?;
    }
    fs::copy(database, &copy)?;
    make_writable(&copy)?;
    Ok((place, copy))
}

fn connect(database: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    configure(&mut connection, purpose)?;
    Ok(connection)
}

fn expect_current(connection: &Connection) -> Result<(), Unopened> {
    match schema::kind(connection)? {
        Kind::Ours(version) if version == schema::VERSION => Ok(()),
        Kind::Ours(version) if version > schema::VERSION => Err(Unopened::Newer(version)),
        Kind::Ours(version) => Err(Unopened::Outdated(version)),
        Kind::Predecessor => Err(Unopened::Predecessor),
        Kind::Empty => Err(Unopened::Missing),
        Kind::Foreign => Err(Unopened::Foreign),
    }
}

#[cfg(unix)]
fn make_writable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_writable(file: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(file)?.permissions();
    permissions.set_readonly(false);
    fs::set_permissions(file, permissions)
}

/// Whether the database may be fine and only its place does not let it be opened.
fn is_trouble_with_the_place(error: &anyhow::Error) -> bool {
    matches!(
        error
            .downcast_ref::<rusqlite::Error>()
            .and_then(rusqlite::Error::sqlite_error_code),
        Some(
            ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
        )
    )
}

fn explain_any(error: anyhow::Error, database: &Path) -> anyhow::Error {
    match error.downcast::<rusqlite::Error>() {
        Ok(error) => explain(error, database),
        Err(error) => error,
    }
}

/// The database's error in words that say what to do.
pub(super) fn explain(error: rusqlite::Error, database: &Path) -> anyhow::Error {
    if busy::is_busy(&error) {
        return busy::refusal(database, None).into();
    }
    let shown = neutralise(&database.display().to_string());
    let refusal = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Refusal::internal(format!("{shown} is damaged: {error}")).hint("agent-sync doctor --repair")
        }
        Some(ErrorCode::DiskFull) => {
            Refusal::internal(format!("the disk of {shown} is full")).hint("make room")
        }
        Some(ErrorCode::ReadOnly) => return read_only_refusal(database).into(),
        _ => return error.into(),
    };
    refusal.into()
}

/// Why nothing can be written, and what helps inside a sandbox.
pub(super) fn read_only_refusal(database: &Path) -> Refusal {
    let shown = |path: &Path| neutralise(&path.display().to_string());
    let directory = shown(database.parent().unwrap_or(database));
    Refusal::internal(format!("{} cannot be written from here", shown(database))).hint(format!(
        "in Claude Code's sandbox, add {directory} to sandbox.filesystem.allowWrite in the settings"
    ))
}

/// Why a change was not made although it could have been: the file has lost its place.
pub(super) fn exchanged_refusal(database: &Path) -> Refusal {
    Refusal::internal(format!(
        "{} was removed or exchanged meanwhile; nothing was changed",
        database.display()
    ))
    .hint("try again; if it stays, `agent-sync doctor` shows more")
}

/// Why a change that was made is not confirmed.
pub(super) fn unsynced_refusal(log: &Path, error: &std::io::Error) -> Refusal {
    Refusal::internal(format!(
        "the change is made, but {} could not be synced ({error}), so a power cut could take it back",
        log.display()
    ))
    .hint("see to the disk; the next command that works confirms this change too")
}

//! What a database file is, how a new one comes to be, and how an older one is brought up to date.
//!
//! A new store is built under a temporary name and linked into place: it appears whole or not at all, and of
//! twenty processes that start at once exactly one wins while the others find it ready.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{Purpose, backup, connect, swap};

/// Marks a SQLite file as ours (`agsy`).
pub const APPLICATION_ID: i64 = 0x6167_7379;
/// The schema this program reads and writes.
pub const VERSION: i64 = 14;

/// Keeps the state directory out of every commit; whoever creates a store holds a lock on it.
const IGNORE: &str = ".gitignore";

/// The steps from one version to the next; the n-th leads to version n + 1.
const MIGRATIONS: [&str; 14] = [
    include_str!("migrations/001_initial.sql"),
    include_str!("migrations/002_guard.sql"),
    include_str!("migrations/003_tasks.sql"),
    include_str!("migrations/004_messages.sql"),
    include_str!("migrations/005_plans.sql"),
    include_str!("migrations/006_search.sql"),
    include_str!("migrations/007_fast.sql"),
    include_str!("migrations/008_votes.sql"),
    include_str!("migrations/009_ping.sql"),
    include_str!("migrations/010_policy.sql"),
    include_str!("migrations/011_topology.sql"),
    include_str!("migrations/012_plan.sql"),
    include_str!("migrations/013_crew.sql"),
    include_str!("migrations/014_drain.sql"),
];

/// What kind of database a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ours, of this version.
    Ours(i64),
    /// Of claude-agent-sync 0.4.0 or older.
    Predecessor,
    /// Without any table.
    Empty,
    /// Somebody else's.
    Foreign,
}

/// What came of an attempt to create a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// Somebody else was faster.
    Existing,
}

/// Says what kind of database this is, by its header and without taking a lock for writing.
pub(super) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if number("PRAGMA application_id")? == APPLICATION_ID {
        return number("PRAGMA user_version").map(Kind::Ours);
    }
    // An upgrade that ends between two looks would leave neither the old tables nor, so far, our mark: all
    // looks are at one snapshot.
    let _snapshot = connection
        .is_autocommit()
        .then(|| connection.unchecked_transaction())
        .transpose()?;
    if number("PRAGMA application_id")? == APPLICATION_ID {
        return number("PRAGMA user_version").map(Kind::Ours);
    }
    let predecessors = number(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('agents', 'tasks', 'locks', 'messages')",
    )?;
    if predecessors == 4 {
        return Ok(Kind::Predecessor);
    }
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(if tables == 0 { Kind::Empty } else { Kind::Foreign })
}

/// Creates the schema and the store's own facts inside an open transaction.
pub(super) fn build(connection: &Connection, store_id: &str, now: i64) -> rusqlite::Result<()> {
    for migration in MIGRATIONS {
        connection.execute_batch(migration)?;
    }
    let fact = "INSERT INTO meta (key, value) VALUES (?1, ?2)";
    connection.execute(fact, ["store_id", store_id])?;
    connection.execute(fact, ["created_at", &now.to_string()])?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// The random id that a store of ours, whatever its version, was created with.
///
/// # Errors
/// When it cannot be read.
pub fn id_of(database: &Path) -> Result<String> {
    let mut connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connect::configure(&mut connection, Purpose::Hook)?;
    Ok(
        connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
            row.get(0)
        })?,
    )
}

/// Brings an older store of ours up to date, after a copy into `backup_directory`: every step in one
/// transaction. Somebody else may have done it meanwhile, which is as good.
///
/// # Errors
/// When it cannot be read or written; it is then as it was.
pub fn migrate(database: &Path, backup_directory: &Path, now: i64, purpose: Purpose) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    connect::configure(&mut connection, purpose)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Kind::Ours(version) = kind(&transaction)? else {
        return Ok(());
    };
    if version >= VERSION {
        return Ok(());
    }
    let (backup, _) = backup::copy(database, backup_directory, &format!("v{version}"), now)?;
    bring_up_to_date(&transaction, version)?;
    // Kept before the change, which a crash may come after.
    backup.keep()?;
    transaction.commit()?;
    Ok(())
}

/// Takes every step from this version to today's, inside an open transaction.
pub(super) fn bring_up_to_date(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(version).unwrap_or_default();
    for step in MIGRATIONS.get(done..).unwrap_or_default() {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", VERSION)
}

/// Creates the store at `database` unless there is one, its directories included.
///
/// `announce` gets the id of the new store before the store appears, so that whoever sees it can find out
/// that this machine made it.
///
/// # Errors
/// When the place cannot be written.
pub fn create(database: &Path, now: i64, announce: impl FnOnce(&str) -> Result<()>) -> Result<Created> {
    let directory = database.parent().context("a database has a directory")?;
    prepare_directory(directory)?;
    if database.exists() {
        return Ok(Created::Existing);
    }
    let draft = tempfile::Builder::new()
        .prefix(".state-")
        .suffix(".sqlite")
        .tempfile_in(directory)
        .with_context(|| format!("creating a file in {}", directory.display()))?
        .into_temp_path();
    {
        let mut connection = Connection::open(&draft)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let store_id: String =
            connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
        let transaction = connection.transaction()?;
        build(&transaction, &store_id, now)?;
        transaction.commit()?;
        announce(&store_id)?;
        connection.close().map_err(|(_, error)| error)?;
    }
    // Only while nobody else creates one: the log of a store that has just appeared is no stray.
    let gate = File::open(directory.join(IGNORE))?;
    let _no_locks_here_is_no_hindrance = gate.lock();
    if database.exists() {
        return Ok(Created::Existing);
    }
    swap::put_stray_log_aside(database)?;
    let created = match fs::hard_link(&draft, database) {
        Ok(()) => Created::New,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::Existing,
        // A file system without hard links: renaming could replace a store that appeared this instant, so
        // only a place that is still empty is taken.
        Err(_) => match draft.persist_noclobber(database) {
            Ok(()) => Created::New,
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Created::Existing,
            Err(failed) => return Err(failed.error).context("putting the new store into place"),
        },
    };
    File::open(directory)?.sync_all()?;
    Ok(created)
}

/// Makes the state directory, closed to other users, with a `.gitignore` that keeps it out of every commit.
pub(super) fn prepare_directory(directory: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        if let Some(parent) = directory.parent() {
            builder
                .create(parent)
                .with_context(|| format!("creating {}", parent.display()))?;
        }
        builder.mode(0o700);
    }
    builder
        .create(directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let ignore = directory.join(IGNORE);
    if fs::symlink_metadata(&ignore).is_err() {
        let mut draft = tempfile::NamedTempFile::new_in(directory)?;
        draft.write_all(b"*\n")?;
        match draft.persist_noclobber(&ignore) {
            Ok(_) => {}
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(failed) => return Err(failed.error).context("writing .gitignore"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! From claude-agent-sync 0.4.0 (or older) to this store, in place.
//!
//! Sessions of a team meet the new program at the same instant, and their history must survive whatever
//! happens meanwhile. So everything is one transaction that begins by taking the write lock: whoever gets it
//! first upgrades, whoever comes after finds it done, and a crash at any point leaves the old file as it was.
//!
//! The backup is made under that lock and is what the old rows are then read from. It therefore holds exactly
//! what was upgraded, has been proved readable, and is made only by the one process that needs it.

mod agents;
mod old;
mod rules;
#[cfg(test)]
mod tests;
mod transfer;

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::schema::{self, Kind};
use super::{Entry, Purpose, Read, Unopened, Write, backup, connect, open};
use crate::domain::presence::World;

/// How long one process waits while another upgrades.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the log waits for readers before it is left for later.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(1);

/// What came of an attempt to upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgraded {
    /// This call did it.
    Done {
        /// Where the old database was copied to.
        backup: PathBuf,
        /// What was carried over.
        counts: Counts,
    },
    /// Somebody else had done it; nothing was changed and no backup made.
    Already,
}

/// How many rows of an old database got a place in the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Agents that had a row, without those that only other rows mention.
    pub agents: usize,
    /// Tasks.
    pub tasks: usize,
    /// Leases, lapsed ones too.
    pub locks: usize,
    /// Messages.
    pub messages: usize,
    /// Decisions.
    pub decisions: usize,
    /// Entries of the activity log.
    pub activity: usize,
    /// Rows that are kept as JSON, because some or all of them has no place.
    pub leftovers: usize,
}

/// Upgrades the database of a predecessor at `database`, after a backup into `backup_directory`.
///
/// `announce` gets the id of the store before it appears, so that whoever sees it can find out that this
/// machine made it. `now` is in milliseconds since the epoch. Any number of processes may do this at once.
///
/// # Errors
/// [`crate::error::Refusal`] when there is no database, when it is no predecessor's, damaged, or cannot be
/// written; whatever `announce` fails with. The old database is then as it was, and no backup stays behind.
pub fn upgrade(
    database: &Path,
    backup_directory: &Path,
    now: i64,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<Upgraded> {
    in_place(database, backup_directory, now, announce).map_err(|error| match error.downcast() {
        Ok(error) => open::explain(error, database),
        Err(error) => error,
    })
}

fn in_place(
    database: &Path,
    backup_directory: &Path,
    now: i64,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<Upgraded> {
    match fs::symlink_metadata(database) {
        Ok(file) if file.is_file() => {}
        Ok(_) => return Err(Unopened::Foreign.refusal(database)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Unopened::Missing.refusal(database));
        }
        Err(error) => return Err(error.into()),
    }
    let mut connection = connect(database)?;
    if !is_predecessor(&connection, database)? {
        return Ok(Upgraded::Already);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_predecessor(&transaction, database)? {
        return Ok(Upgraded::Already);
    }
    let directory = database.parent().context("a database has a directory")?;
    schema::prepare_directory(directory)?;
    close_to_others(directory, database);
    let version = old::version(&connect(database)?)?;
    let (backup, old) = backup::copy(database, backup_directory, version, now)?;
    let store_id: String = transaction.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    let counts = rebuild(&transaction, &old, &store_id, root(directory).as_deref(), now)?;
    old.close().map_err(|(_, error)| error)?;
    announce(&store_id)?;
    let backup = backup.keep()?;
    if let Err(error) = transaction.commit() {
        // Only where the old database surely stands is its copy not needed.
        if matches!(schema::kind(&connection), Ok(Kind::Predecessor)) {
            let _best_effort = fs::remove_file(&backup);
        }
        return Err(error.into());
    }
    fold_log(&connection);
    Ok(Upgraded::Done { backup, counts })
}

/// Whether there is something to do.
fn is_predecessor(connection: &Connection, database: &Path) -> Result<bool> {
    match schema::kind(connection)? {
        Kind::Predecessor => Ok(true),
        Kind::Ours(_) => Ok(false),
        Kind::Empty => Err(Unopened::Missing.refusal(database)),
        Kind::Foreign => Err(Unopened::Foreign.refusal(database)),
    }
}

fn connect(database: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    connect::configure(&mut connection, Purpose::Command)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A stranger's table may refer to one that goes away; our own references are checked at the end.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    // Renaming must not stumble over a stranger's view of a table that went away.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Replaces the old tables by ours and fills them from `old`.
fn rebuild(
    transaction: &Transaction<'_>,
    old: &Connection,
    store_id: &str,
    root: Option<&str>,
    now: i64,
) -> Result<Counts> {
    transaction.execute_batch(include_str!("../migrations/000_predecessor.sql"))?;
    let ours = make_way(transaction)?;
    schema::build(transaction, store_id, now)?;
    let version = old::version(old)?;
    let fact = "INSERT INTO meta (key, value) VALUES (?1, ?2)";
    transaction.execute(fact, ["upgraded_from", version])?;
    transaction.execute(fact, ["upgraded_at", &now.to_string()])?;
    let counts = transfer::transfer(old, transaction, root, now)?;
    let world = World::at_wall(now);
    let write = Write {
        read: Read {
            connection: transaction,
            world: &world,
        },
        sleepers: RefCell::default(),
    };
    write.record(Entry {
        event: "store.upgraded",
        body: &format!(
            "from {version}: {} agents, {} tasks, {} locks, {} messages, {} decisions, {} entries; \
             {} rows kept as leftovers",
            counts.agents,
            counts.tasks,
            counts.locks,
            counts.messages,
            counts.decisions,
            counts.activity,
            counts.leftovers
        ),
        ..Entry::default()
    })?;
    for table in ours {
        let broken: i64 = transaction.query_row(
            "SELECT count(*) FROM pragma_foreign_key_check(?1)",
            [&table],
            |row| row.get(0),
        )?;
        if broken > 0 {
            bail!("the upgrade would leave {broken} broken references in {table}");
        }
    }
    Ok(counts)
}

/// Moves strangers' tables aside that have a name of ours, and returns the names of our tables.
fn make_way(transaction: &Transaction<'_>) -> Result<Vec<String>> {
    let model = Connection::open_in_memory()?;
    schema::build(&model, "", 0)?;
    let mut statement = model.prepare("SELECT name, type FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let ours = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut find = transaction.prepare(
        "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type <> 'trigger' AND sql IS NOT NULL",
    )?;
    for (name, _) in ours.iter().filter(|(name, _)| !name.starts_with("sqlite_")) {
        let found: Vec<String> = find
            .query_map([name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for kind in found {
            transaction.execute_batch(&match kind.as_str() {
                "table" => format!("ALTER TABLE \"{name}\" RENAME TO \"{name}_before_upgrade\""),
                "index" => format!("DROP INDEX \"{name}\""),
                _ => format!("DROP VIEW \"{name}\""),
            })?;
        }
    }
    let tables = ours.into_iter().filter(|(_, kind)| kind == "table");
    Ok(tables.map(|(name, _)| name).collect())
}

/// The repository that 0.4.0's paths start from, where the database lies as 0.4.0 laid it.
fn root(directory: &Path) -> Option<String> {
    let directory = fs::canonicalize(directory).ok()?;
    let root = directory.parent()?.parent()?;
    (directory == root.join(".claude").join("coordination")).then(|| root.to_str().map(str::to_owned))?
}

/// Takes the rights of other users away. 0.4.0 left everything readable; a file system without rights is no
/// reason to stay with it.
#[cfg(unix)]
fn close_to_others(directory: &Path, database: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let restrict = |path: &Path, mode| {
        let _best_effort = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    };
    restrict(directory, 0o700);
    restrict(database, 0o600);
    for suffix in ["-wal", "-shm"] {
        restrict(&connect::beside(database, suffix), 0o600);
    }
}

#[cfg(not(unix))]
fn close_to_others(_directory: &Path, _database: &Path) {}

/// Folds the log, which now holds the whole store, into the database unless somebody reads.
fn fold_log(connection: &Connection) {
    let fold = || {
        connection.busy_timeout(CHECKPOINT_PATIENCE)?;
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    let _done_is_done: rusqlite::Result<()> = fold();
}

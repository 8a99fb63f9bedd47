//! The one file of truth.
//!
//! A [`Store`] gives out two kinds of access. [`Read`] is one consistent snapshot. [`Write`] is one
//! `BEGIN IMMEDIATE` transaction: whoever reads in order to write holds the write lock from the start, so no
//! decision is ever made on facts that have changed. A command's whole effect is one `Write`.
//!
//! SQL is a literal beside the function that runs it; other rooms see domain types only.

mod activity;
mod agents;
mod append;
mod backup;
mod busy;
mod care;
mod connect;
#[cfg(feature = "console")]
mod console;
mod crew;
mod decisions;
mod drain;
mod edit_leases;
mod exchange;
mod file_states;
mod history;
mod ids;
mod invariants;
mod leaders;
mod locks;
mod messages;
mod open;
mod overview;
mod ownership;
mod picture;
mod pings;
mod plans;
mod policies;
mod restore;
mod retention;
mod salvage;
mod schema;
mod search;
mod settings;
mod swap;
mod sweep;
mod tables;
mod tasks;
mod topology;
mod touches;
#[cfg(debug_assertions)]
mod trace;
mod upgrade;
mod votes;
mod waiters;
mod wakes;

use std::cell::{Cell, RefCell};
use std::fs::OpenOptions;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::domain::presence::World;

pub use activity::Entry;
pub use agents::Registration;
pub use append::Intent;
pub use backup::{
    copies, make as make_backup, make_at as make_backup_at, prepare as prepare_directory, stamp as file_stamp,
};
pub use care::back_up;
pub use crew::Start as SessionStart;
pub use drain::NewDrain;
pub use exchange::{Merged, Misfit, Row as ExportedRow};
pub use history::{MOST_ENTRIES, MOST_LETTERS};
pub use invariants::{Violation, rule_count};
pub use leaders::Campaign;
pub use locks::{Acquisition, Outline};
pub use messages::{Sending, Sent, Waiting};
pub use open::Unopened;
pub use plans::{Amended, NewPlan, Saying};
pub use policies::{Answer, Asker, NewPolicy};
pub use restore::Candidate;
pub use salvage::{Repair, Rows as SalvagedRows, Surroundings, diagnose, repair};
pub use schema::{APPLICATION_ID, Created, VERSION, create, id_of, migrate};
pub use swap::{finish as finish_exchange, set_aside};
pub use sweep::Sweep;
pub use tasks::{
    Board, Check, Claim, Claimed, Fallout, HandOut, Imported, Moved, NewDependency, NewTask, Overlap,
    PassedOver, Report, Request, TaskEdit, TaskNews,
};
pub use touches::NewTouch;
#[cfg(debug_assertions)]
pub use trace::record_statements;
pub use upgrade::{Counts, Upgraded, upgrade};
pub use votes::{Cast, NewVote, Uncast};

/// How long a command waits for another writer before it gives up.
pub const COMMAND_PATIENCE: Duration = Duration::from_secs(10);
/// How long a hook waits; it stands between a session and its next step.
pub const HOOK_PATIENCE: Duration = Duration::from_millis(100);

/// How long a hook waits that has to count a call before it may pass.
pub const COUNT_PATIENCE: Duration = Duration::from_secs(5);

/// From this size in bytes on, the write-ahead log is folded into the database when the store is closed.
const CHECKPOINT_FROM: u64 = 512 * 1024;
/// From this size on even by a hook that a session waits for: reading the log anew by then costs every hook more
/// than folding it costs this one.
const CHECKPOINT_AT_ANY_RATE: u64 = 2 * 1024 * 1024;

/// Who opens the store: it decides how long to wait and how hard to push a write to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person or an agent who wants to be sure: writes survive a power cut.
    Command,
    /// A hook, whose last moments may be lost to a power cut (never to a crash of a process).
    Hook,
}

/// An open store.
pub struct Store {
    connection: Connection,
    database: PathBuf,
    purpose: Purpose,
    /// A private copy that a read-only or damaged place forced upon us; removed when the store is closed.
    copy: Option<tempfile::TempDir>,
    read_only: bool,
    /// Whether all that is read is read in the one snapshot in which a hook's store was opened.
    holds_snapshot: Cell<bool>,
    /// Which file this is, whatever its name leads to later.
    file: Option<(u64, u64)>,
    /// What the database said when it was last asked whether it had changed.
    seen_version: Option<i64>,
    /// The sessions to be woken since they were last asked for.
    sleepers: Vec<String>,
}

impl Store {
    /// A store that lives in memory only and holds nothing.
    ///
    /// # Errors
    /// When memory is short.
    pub fn empty() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        schema::build(&connection, "", 0)?;
        let database = PathBuf::new();
        Ok(Self {
            connection,
            database,
            purpose: Purpose::Command,
            copy: None,
            read_only: true,
            holds_snapshot: Cell::new(false),
            file: None,
            seen_version: None,
            sleepers: Vec::new(),
        })
    }

    /// The sessions that are to be woken because of what has been committed since this was last asked.
    pub fn take_sleepers(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sleepers)
    }

    /// Where the database file is.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// The file that every change is written to first.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        connect::beside(&self.database, "-wal")
    }

    /// Whether this is still the file that the database's name leads to.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.file == connect::identity(&self.database)
    }

    /// Whether only reading is possible here.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether a transaction could begin now: nothing is read-only, full or held by another writer for longer
    /// than this store's patience.
    #[must_use]
    pub fn can_write(&self) -> bool {
        if self.read_only || self.let_go().is_err() {
            return false;
        }
        let tried = self.connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
        tried.map_err(|error| self.lose_patience(&error)).is_ok()
    }

    /// Waits for other writers for [`COUNT_PATIENCE`] from now on.
    ///
    /// # Errors
    /// When the database does not take it.
    pub fn wait_to_count(&mut self) -> Result<()> {
        Ok(connect::wait_to_count(&mut self.connection)?)
    }

    /// A hook that has waited in vain does not wait again: its patience is for the whole of it.
    fn lose_patience(&self, error: &rusqlite::Error) {
        if self.purpose == Purpose::Hook && busy::is_busy(error) {
            let _best_effort = self.connection.busy_timeout(Duration::ZERO);
        }
    }

    /// Whether another connection has changed anything since this was last asked. Cheap enough to be asked
    /// many times a second.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_changed(&mut self) -> Result<bool> {
        let version: i64 = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))?;
        Ok(self.seen_version.replace(version) != Some(version))
    }

    /// Ends the snapshot in which a hook's store is read, so that later reads see what others do meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn let_go(&self) -> rusqlite::Result<()> {
        if self.holds_snapshot.replace(false) {
            self.connection.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    /// Runs `body` on one consistent snapshot.
    ///
    /// # Errors
    /// What `body` fails with, or the database.
    pub fn read<T>(&self, world: &World<'_>, body: impl FnOnce(&Read<'_>) -> Result<T>) -> Result<T> {
        if self.holds_snapshot.get() {
            return body(&Read {
                connection: &self.connection,
                world,
            });
        }
        let snapshot = self.connection.unchecked_transaction()?;
        let value = body(&Read {
            connection: &snapshot,
            world,
        })?;
        snapshot.finish()?;
        Ok(value)
    }

    /// Runs `body` in one transaction that is committed when it succeeds and leaves no trace when it fails.
    ///
    /// # Errors
    /// What `body` fails with; [`crate::error::Refusal`] when the store is read-only or stays busy.
    pub fn write<T>(&mut self, world: &World<'_>, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        self.write_as(self.purpose, world, body)
    }

    /// Like [`Self::write`], pushed to the disk as hard as `purpose` asks for.
    ///
    /// # Errors
    /// Like [`Self::write`].
    pub fn write_as<T>(
        &mut self,
        purpose: Purpose,
        world: &World<'_>,
        body: impl FnOnce(&Write<'_>) -> Result<T>,
    ) -> Result<T> {
        if self.read_only {
            return Err(open::read_only_refusal(&self.database).into());
        }
        self.let_go()?;
        // The disk is waited for below, when others can write again.
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        // Folding the log is left to the close policy: a commit must not pay for everybody's past.
        self.connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
            .map_err(|error| {
                self.lose_patience(&error);
                busy::explain(error, &self.database, world.processes)
            })?;
        let write = Write {
            read: Read {
                connection: &transaction,
                world,
            },
            sleepers: RefCell::default(),
        };
        let value = body(&write)?;
        let sleepers = write.sleepers.into_inner();
        // What is confirmed must be in the file that the next one opens.
        if self.file != connect::identity(&self.database) {
            return Err(open::exchanged_refusal(&self.database).into());
        }
        transaction
            .commit()
            .map_err(|error| busy::explain(error, &self.database, world.processes))?;
        self.sleepers.extend(sleepers);
        if purpose == Purpose::Command {
            self.sync_log()?;
        }
        Ok(value)
    }

    /// Waits until what was committed is on the disk. The log is read up to where it is whole, so what others
    /// committed meanwhile on top of it cannot outlive it, and one wait of the disk serves all who wait for it.
    fn sync_log(&self) -> Result<()> {
        let log = self.log();
        let synced = OpenOptions::new()
            .write(true)
            .open(&log)
            .and_then(|log| log.sync_data());
        synced.map_err(|error| open::unsynced_refusal(&log, &error).into())
    }
}

impl Store {
    /// Folds the write-ahead log into the database, in this mode of SQLite's, if it has this size.
    fn fold_log(&self, mode: &'static str, from: u64) {
        if std::fs::metadata(self.log()).is_ok_and(|log| log.len() >= from) {
            let _busy_is_fine =
                self.connection
                    .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
        }
    }

    /// Runs `body` like [`Self::write`] and takes back everything that it changed.
    ///
    /// # Errors
    /// Like [`Self::write`].
    pub fn rehearse<T>(&self, world: &World<'_>, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        if self.read_only {
            return Err(open::read_only_refusal(&self.database).into());
        }
        self.let_go()?;
        let transaction =
            rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
                .map_err(|error| open::explain(error, &self.database))?;
        let write = Write {
            read: Read {
                connection: &transaction,
                world,
            },
            sleepers: RefCell::default(),
        };
        body(&write)
    }
}

impl Store {
    /// Ends with the process. Nothing is tidied up that the system tidies up anyway, and a log that somebody else
    /// can fold is left to them: `is_hurried` says that a session waits for this very process.
    pub fn leave(mut self, is_hurried: bool) {
        if self.copy.is_some() {
            return;
        }
        let _as_in_drop = self.let_go();
        self.fold_at_the_end(if is_hurried {
            CHECKPOINT_AT_ANY_RATE
        } else {
            CHECKPOINT_FROM
        });
        std::mem::forget(self);
    }

    /// Truncating keeps the file from staying at its largest. Whoever reads or writes now is not waited for: that
    /// would keep everybody else from writing, and a later one folds what is left.
    fn fold_at_the_end(&mut self, from: u64) {
        if !self.read_only {
            let _waits = self.connection.busy_timeout(Duration::ZERO);
            self.fold_log("TRUNCATE", from);
        }
    }
}

impl Drop for Store {
    /// Leaves a small log behind: folding it, syncing and unlinking it at every close is most of what a
    /// short-lived process would do.
    fn drop(&mut self) {
        let _ends_with_the_connection = self.let_go();
        self.fold_at_the_end(CHECKPOINT_FROM);
        let _best_effort = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}

/// One consistent snapshot of the store, seen from one moment.
pub struct Read<'a> {
    connection: &'a Connection,
    world: &'a World<'a>,
}

/// One write transaction; reads too.
pub struct Write<'a> {
    read: Read<'a>,
    /// The sessions to be woken once this is committed.
    sleepers: RefCell<Vec<String>>,
}

impl<'a> Deref for Write<'a> {
    type Target = Read<'a>;

    fn deref(&self) -> &Read<'a> {
        &self.read
    }
}

impl Read<'_> {
    /// Now, in milliseconds since the epoch.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.world.now.wall
    }

    /// All rows of `sql` as `map` reads them.
    fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        map: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(parameters, map)?;
        rows.collect::<rusqlite::Result<_>>().context("reading the store")
    }

    /// The first row of `sql` as `map` reads it, if there is one.
    fn row<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        map: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(map).transpose().context("reading the store")
    }

    /// Whether `sql` finds anything. A statement of one table costs a fraction of one that reads all that belongs
    /// to its rows, and mostly there are none.
    fn any(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<bool> {
        Ok(self.row(sql, parameters, |_| Ok(()))?.is_some())
    }

    /// The number that `sql`, a `count(*)`, comes to.
    fn count(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        let count: Option<i64> = self.row(sql, parameters, |row| row.get(0))?;
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default())
    }
}

#[cfg(test)]
impl Store {
    /// How SQLite would answer `sql`, one step a line.
    fn plan(&self, sql: &str) -> String {
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = self.connection.prepare(&explained).unwrap();
        for at in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(at, 1).unwrap();
        }
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push_str(&row.get::<_, String>(3).unwrap());
            plan.push('\n');
        }
        plan
    }
}

impl Write<'_> {
    /// Runs one statement and says how many rows it changed.
    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        let mut statement = self.connection.prepare(sql)?;
        statement.execute(parameters).context("writing the store")
    }
}

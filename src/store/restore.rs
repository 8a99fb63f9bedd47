//! A copy takes the place of the present store.
//!
//! Other processes have the store open, and what they confirm meanwhile must not go into a file that is no longer
//! the store. So a store that works is not exchanged but rewritten, in one transaction that they see like any
//! other, and what it held is copied away under the same lock. Only a file that no longer works as a store is
//! exchanged (see [`super::swap`]).

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rusqlite::{Connection, TransactionBehavior};

use super::schema::{self, Kind};
use super::tables::{TABLES, columns, quoted};
use super::{Entry, Purpose, Read, Store, VERSION, Write, backup, care, connect, invariants, open, swap};
use crate::domain::overview::Contents;
use crate::domain::presence::World;
use crate::error::Refusal;
use crate::frame::{Field, clean, neutralise};

/// The sequences of numbers that must never repeat: a fence that was given out stays the highest.
const SEQUENCES: &str = "INSERT INTO sqlite_sequence (name, seq)
     SELECT name, 0 FROM (SELECT 'lock' AS name UNION SELECT 'waiter' UNION SELECT 'activity')
     WHERE name NOT IN (SELECT name FROM sqlite_sequence)";

/// A file that was found to be a whole store; a private copy of it, brought up to date.
#[derive(Debug)]
pub struct Candidate {
    _place: tempfile::TempDir,
    pub(super) file: PathBuf,
    /// The id the store was created with.
    pub id: String,
    /// What it holds.
    pub contents: Contents,
}

impl Candidate {
    /// Looks at a file, and changes nothing there.
    ///
    /// # Errors
    /// [`Refusal`] says why it cannot take a store's place.
    pub fn examine(file: &Path) -> Result<Self> {
        let shown = neutralise(&file.to_string_lossy());
        let refuse = |why: &str| Refusal::refused(format!("{shown} {why}"));
        if !file.exists() {
            return Err(Refusal::missing(format!("there is no file {shown}")).into());
        }
        if !file.is_file() {
            return Err(refuse("is no file").into());
        }
        let (place, copy) =
            open::private_copy(file).with_context(|| format!("reading {}", file.display()))?;
        let mut connection = Connection::open(&copy)?;
        connect::configure(&mut connection, Purpose::Command)?;
        let kind = schema::kind(&connection).map_err(|error| refuse(&format!("is damaged: {error}")))?;
        match kind {
            Kind::Ours(version) if version > VERSION => {
                return Err(refuse(&format!(
                    "has version {version}, and this program knows {VERSION}"
                ))
                .hint("install the newest agent-sync")
                .into());
            }
            Kind::Ours(version) => {
                if let Some(damage) = invariants::damage(&connection)?.first() {
                    return Err(refuse(&format!("is damaged: {}", neutralise(damage))).into());
                }
                let transaction = connection.transaction()?;
                schema::bring_up_to_date(&transaction, version)?;
                transaction.commit()?;
            }
            Kind::Predecessor => {
                return Err(refuse("is a database of 0.4.0")
                    .hint("put it into the place of the store; the next command upgrades it")
                    .into());
            }
            Kind::Empty | Kind::Foreign => return Err(refuse("is no store of agent-sync").into()),
        }
        if let Some(violation) = invariants::violations(&connection)?.first() {
            let rows: Vec<String> = violation
                .rows
                .iter()
                .map(|row| clean(row, Field::Path).to_string())
                .collect();
            return Err(refuse(&format!(
                "is not whole: {}: {}",
                violation.broken,
                rows.join(", ")
            ))
            .into());
        }
        let id = connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
            row.get(0)
        })?;
        let contents = care::contents(&connection)?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(Self {
            _place: place,
            file: copy,
            id,
            contents,
        })
    }
}

impl Candidate {
    /// Puts the copy itself into the place of what [`super::set_aside`] has kept.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put_in_place(&self, database: &Path) -> Result<()> {
        swap::put_in_place(&self.file, database)
    }
}

impl Store {
    /// Puts the rows of a copy in the place of all that is here, and says where what was here lies now. The
    /// store keeps its id, and its fences go on from the highest.
    ///
    /// # Errors
    /// When the store or the quarantine cannot be written; nothing has changed then.
    pub fn replace_by(
        &mut self,
        world: &World<'_>,
        candidate: &Candidate,
        quarantine: &Path,
        agent: Option<&str>,
    ) -> Result<PathBuf> {
        let file = candidate.file.to_str().context("a temporary path is text")?;
        self.connection.execute("ATTACH ?1 AS source", [file])?;
        let replaced = self.replace_attached(world, quarantine, agent);
        let _it_goes_with_the_process = self.connection.execute_batch("DETACH source");
        replaced
    }

    fn replace_attached(
        &mut self,
        world: &World<'_>,
        quarantine: &Path,
        agent: Option<&str>,
    ) -> Result<PathBuf> {
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| open::explain(error, &self.database))?;
        let aside = backup::copy(&self.database, quarantine, "replaced", world.now.wall)?;
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        // Everything goes before anything comes, because what goes may take what refers to it along.
        for table in TABLES.iter().rev().filter(|table| table.name != "meta") {
            transaction.execute(&format!("DELETE FROM main.{}", quoted([table.name])), [])?;
        }
        for table in TABLES.iter().filter(|table| table.name != "meta") {
            let columns = columns(&transaction, table.name)?;
            let names = quoted(columns.iter().map(|column| column.name.as_str()));
            let name = quoted([table.name]);
            transaction.execute(
                &format!("INSERT INTO main.{name} ({names}) SELECT {names} FROM source.{name}"),
                [],
            )?;
        }
        transaction.execute(SEQUENCES, [])?;
        transaction.execute(
            "UPDATE main.sqlite_sequence SET seq = max(seq,
                 coalesce((SELECT s.seq FROM source.sqlite_sequence s WHERE s.name = sqlite_sequence.name), 0))",
            [],
        )?;
        let write = Write {
            read: Read {
                connection: &transaction,
                world,
            },
            sleepers: RefCell::default(),
        };
        write.record(Entry {
            agent,
            event: "store.restored",
            body: "from a copy",
            ..Entry::default()
        })?;
        let aside = aside.0.keep()?;
        transaction
            .commit()
            .map_err(|error| open::explain(error, &self.database))?;
        Ok(aside)
    }
}

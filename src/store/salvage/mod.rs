//! What can still be read of a damaged store, put together into a whole one.
//!
//! Damage is mostly a page or two. So every table is read from its beginning until it cannot be read any further,
//! and then from its end; what lies between is lost, and is taken from the newest copy where it is the
//! repository's. What belongs to this machine and moment is not: a lock that was given back yesterday must not
//! rise again. Then references that lead nowhere are mended, and numbers that must never repeat go on from a
//! height that nobody can have been given.

mod mend;
mod read;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::restore::Candidate;
use super::schema::{self, Kind};
use super::tables::{Owner, TABLES, Table};
use super::{
    Entry, Purpose, Read, Unopened, VERSION, Violation, Write, backup, connect, invariants, open, swap,
};
use crate::domain::presence::World;
use read::Damaged;

/// How far the numbers of a store go up when nobody can tell which was the last.
const LEAP: i64 = 1_000_000;

/// What became of the rows of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Read from the damaged store.
    pub read: usize,
    /// How many of the damaged store's could not be read; nothing where even that cannot be told.
    pub lost: Option<usize>,
    /// Taken from the newest copy in their place.
    pub from_copy: usize,
}

/// How a store was repaired.
#[derive(Debug)]
pub struct Repair {
    /// What was wrong, in the database's own words.
    pub damage: Vec<String>,
    /// Where the damaged files lie now.
    pub aside: Option<PathBuf>,
    /// The copy that rows or the whole store were taken from.
    pub copy: Option<PathBuf>,
    /// Whether anything of the damaged store could be read.
    pub was_readable: bool,
    /// What became of each table.
    pub tables: BTreeMap<&'static str, Rows>,
    /// What had to be changed so that no reference leads nowhere.
    pub mended: usize,
    /// The rules that do not hold all the same.
    pub broken: Vec<Violation>,
}

/// What a repair needs to know of its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The store's file.
    pub database: &'a Path,
    /// Where its copies are.
    pub copies: &'a Path,
    /// Where damaged files are kept.
    pub quarantine: &'a Path,
}

/// What is wrong with the file in a store's place, in the database's own words; empty when nothing is.
///
/// # Errors
/// [`Unopened`] when it is no store that could be repaired: a newer one, another program's.
pub fn diagnose(database: &Path) -> Result<Vec<String>, Unopened> {
    let (_place, copy) = match database.symlink_metadata() {
        Ok(file) if file.is_file() => open::private_copy(database)?,
        Ok(_) => return Err(Unopened::Foreign),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Unopened::Missing),
        Err(error) => return Err(error.into()),
    };
    let mut connection = Connection::open(&copy)?;
    connect::configure(&mut connection, Purpose::Command)?;
    match schema::kind(&connection) {
        Ok(Kind::Ours(version)) if version > VERSION => Err(Unopened::Newer(version)),
        Ok(Kind::Ours(_)) => Ok(invariants::damage(&connection)?),
        Ok(Kind::Predecessor) => Err(Unopened::Predecessor),
        Ok(Kind::Foreign) => Err(Unopened::Foreign),
        // A file that was cut to nothing has no table either.
        Ok(Kind::Empty) => Ok(vec!["it is empty".to_owned()]),
        Err(error) if invariants::is_damage(&error) => Ok(vec![error.to_string()]),
        Err(error) => Err(error.into()),
    }
}

/// Puts a whole store into the place of a damaged one, which is kept aside. `damage` is what is wrong with it,
/// and `announce` gets the id of the store before it appears.
///
/// # Errors
/// When the surroundings cannot be written; what is there stays then.
pub fn repair(
    world: &World<'_>,
    surroundings: Surroundings<'_>,
    damage: Vec<String>,
    announce: impl FnOnce(&str) -> Result<()>,
) -> Result<Repair> {
    let Surroundings {
        database,
        copies,
        quarantine,
    } = surroundings;
    let aside = swap::set_aside(database, quarantine, world.now.wall)?;
    let copy = newest_whole_copy(copies);
    let damaged = database
        .is_file()
        .then(|| Damaged::open(database))
        .transpose()?
        .flatten();
    let place = tempfile::tempdir()?;
    let draft = place.path().join("state.sqlite");
    let id = damaged
        .as_ref()
        .and_then(Damaged::store_id)
        .or_else(|| copy.as_ref().map(|(_, copy)| copy.id.clone()));
    let mut connection = Connection::open(&draft)?;
    // What refers to something that comes later, or never, is mended at the end.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let transaction = connection.transaction()?;
    let id = match id {
        Some(id) => id,
        None => transaction.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?,
    };
    schema::build(&transaction, &id, world.now.wall)?;
    if damaged.is_some() {
        transaction.execute("DELETE FROM meta", [])?;
    }
    let mut tables = BTreeMap::new();
    let mut is_copy_used = false;
    let from = copy
        .as_ref()
        .map(|(_, copy)| Connection::open(&copy.file))
        .transpose()?;
    for table in &TABLES {
        let mut rows = match &damaged {
            Some(damaged) => damaged.read_into(&transaction, table.name)?,
            None => Rows::default(),
        };
        let is_whole = damaged.is_some() && rows.lost == Some(0);
        if let Some(from) = &from
            && !is_whole
            && is_taken_from_copy(table, damaged.is_some())
        {
            rows.from_copy = read::copy_missing(from, &transaction, table.name)?;
            is_copy_used |= rows.from_copy > 0;
        }
        tables.insert(table.name, rows);
    }
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('store_id', ?1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [&id],
    )?;
    let mended = mend::mend(&transaction)?;
    let sequences = damaged.as_ref().and_then(Damaged::sequences);
    mend::raise_sequences(&transaction, sequences.as_deref(), LEAP)?;
    let write = Write {
        read: Read {
            connection: &transaction,
            world,
        },
        sleepers: RefCell::default(),
    };
    write.record(Entry {
        event: "store.repaired",
        body: damage.first().map_or("it was gone", String::as_str),
        ..Entry::default()
    })?;
    let broken = invariants::violations(&transaction)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    announce(&id)?;
    swap::put_in_place(&draft, database)?;
    Ok(Repair {
        damage,
        aside,
        copy: copy.map(|(path, _)| path).filter(|_| is_copy_used),
        was_readable: damaged.is_some(),
        tables,
        mended,
        broken,
    })
}

/// Whether rows of the newest copy may stand for those that cannot be read. Where nothing can be read, all of
/// the copy may: it is the store as it was then.
fn is_taken_from_copy(table: &Table, is_readable: bool) -> bool {
    table.name != "meta" && (!is_readable || matches!(table.owner, Owner::Repository { .. }))
}

/// The newest copy in which all is well.
fn newest_whole_copy(directory: &Path) -> Option<(PathBuf, Candidate)> {
    let mut copies = backup::copies(directory).into_iter();
    copies.find_map(|copy| {
        let path = directory.join(copy.name);
        let candidate = Candidate::examine(&path).ok()?;
        Some((path, candidate))
    })
}

//! Copies of a database that is in use.
//!
//! A copy has its final name only when it is whole and on the disk: whoever needs it may be in trouble, and must
//! not find half of one. A daily copy has also been checked before an older one is removed, so that a store that
//! is damaged without anybody knowing does not push out the copies from before.

use std::fs::{self, DirBuilder, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, NaiveDateTime};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempPath;

use super::{Store, invariants};
use crate::domain::backup::{Kept, Limits, is_due, surplus};
use crate::domain::presence::World;
use crate::domain::time::HOUR;

/// The label of the copies that are made in passing.
const DAILY: &str = "daily";
/// What ends the name of a copy that is not whole yet.
const PARTIAL: &str = ".partial";
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// A whole copy that disappears unless it is kept.
pub(super) struct Draft {
    partial: TempPath,
    whole: PathBuf,
}

impl Draft {
    /// Gives the copy its name.
    pub(super) fn keep(self) -> Result<PathBuf> {
        let directory = self.whole.parent().context("a copy has a directory")?;
        self.partial
            .persist_noclobber(&self.whole)
            .with_context(|| format!("naming the copy {}", self.whole.display()))?;
        File::open(directory)?.sync_all()?;
        Ok(self.whole)
    }
}

/// Copies the database page by page, so that nothing in it can get in the way, and opens the copy. `label`
/// goes into its name, and so does `now`, in milliseconds since the epoch.
pub(super) fn copy(database: &Path, directory: &Path, label: &str, now: i64) -> Result<(Draft, Connection)> {
    prepare(directory)?;
    let stamp = stamp(now);
    let partial = tempfile::Builder::new()
        .prefix(&format!("state-{label}-{stamp}-"))
        .suffix(&format!(".sqlite{PARTIAL}"))
        .tempfile_in(directory)
        .with_context(|| format!("creating a backup in {}", directory.display()))?
        .into_temp_path();
    let whole = partial.with_extension("");
    let copy = copy_into(database, &partial)?;
    Ok((Draft { partial, whole }, copy))
}

/// A moment, in milliseconds since the epoch, as it stands in names of files.
#[must_use]
pub fn stamp(now: i64) -> String {
    let moment = DateTime::from_timestamp_millis(now).unwrap_or_default();
    moment.naive_utc().format(STAMP).to_string()
}

/// Makes a directory for copies, closed to others.
///
/// # Errors
/// When it cannot be made.
pub fn prepare(directory: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .with_context(|| format!("creating {}", directory.display()))
}

/// Copies a database into a file that is there and empty: one file that needs no log beside it.
pub(super) fn copy_into(database: &Path, file: &Path) -> Result<Connection> {
    // A connection of its own: one with an open transaction cannot be copied from.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(database, flags)?;
    let mut copy = Connection::open(file)?;
    let done = Backup::new(&source, &mut copy)?.step(-1)?;
    if done != StepResult::Done {
        bail!("{} could not be copied: {done:?}", database.display());
    }
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    copy.pragma_update(None, "query_only", true)?;
    File::open(file)?.sync_all()?;
    if let Some(directory) = file.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(copy)
}

/// Every copy in a directory, the newest first. Files with other names are not ours to count.
///
/// # Errors
/// None: what cannot be read is not there.
#[must_use]
pub fn copies(directory: &Path) -> Vec<Kept> {
    let mut copies: Vec<Kept> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (label, made_at) = parse(name.strip_suffix(".sqlite")?)?;
            let file = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Kept {
                label,
                made_at,
                bytes: file.len(),
                name,
            })
        })
        .collect();
    copies.sort_by_key(|copy| std::cmp::Reverse((copy.made_at, copy.name.clone())));
    copies
}

/// Label and moment in a copy's name.
fn parse(name: &str) -> Option<(String, i64)> {
    let (rest, _random) = name.strip_prefix("state-")?.rsplit_once('-')?;
    let (label, stamp) = rest.rsplit_once('-')?;
    let made_at = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some((label.to_owned(), made_at.and_utc().timestamp_millis()))
}

impl Store {
    /// Makes a copy when the newest one is older than `after` milliseconds, and removes those that are too
    /// many. A new store has nothing to lose for as long.
    ///
    /// # Errors
    /// When the store is damaged, or the copy cannot be written; all older ones stay then.
    pub fn keep_copy(&self, world: &World<'_>, directory: &Path, after: i64) -> Result<Option<PathBuf>> {
        let now = world.now.wall;
        let newest = match copies(directory).first() {
            Some(copy) => copy.made_at,
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method's lifetimes are not general enough"
            )]
            None => self.read(world, |read| read.made_at())?,
        };
        if self.is_read_only() || !is_due(newest, now, after) {
            return Ok(None);
        }
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method's lifetimes are not general enough"
        )]
        let limits = self.read(world, |read| read.backup_limits())?;
        let made = make(self.database(), directory, DAILY, now)?;
        make_room(directory, limits, &made, now);
        Ok(Some(made))
    }
}

/// Copies a database into one new file in `directory`, checks the copy and says which it is.
///
/// # Errors
/// When the database is damaged or cannot be read, or the copy cannot be written; none is left then.
pub fn make(database: &Path, directory: &Path, label: &str, now: i64) -> Result<PathBuf> {
    let (draft, copy) = copy(database, directory, label, now)?;
    expect_whole(&copy, database)?;
    copy.close().map_err(|(_, error)| error)?;
    draft.keep()
}

/// Copies a database into one new file of this name, which must not be there yet.
///
/// # Errors
/// Like [`make`], and when there is such a file.
pub fn make_at(database: &Path, file: &Path) -> Result<()> {
    let directory = file.parent().context("a file has a directory")?;
    let partial = tempfile::Builder::new()
        .prefix(".agent-sync-")
        .suffix(PARTIAL)
        .tempfile_in(directory)
        .with_context(|| format!("creating a file in {}", directory.display()))?
        .into_temp_path();
    let copy = copy_into(database, &partial)?;
    expect_whole(&copy, database)?;
    copy.close().map_err(|(_, error)| error)?;
    partial
        .persist_noclobber(file)
        .with_context(|| format!("naming the copy {}", file.display()))?;
    Ok(File::open(directory)?.sync_all()?)
}

fn expect_whole(copy: &Connection, database: &Path) -> Result<()> {
    match invariants::damage(copy)?.first() {
        Some(damage) => bail!("{} is damaged: {damage}", database.display()),
        None => Ok(()),
    }
}

/// Removes copies beyond the limits, and what processes that died left of theirs.
fn make_room(directory: &Path, limits: Limits, made: &Path, now: i64) {
    let made = made.file_name().unwrap_or_default().to_string_lossy();
    for copy in surplus(copies(directory), limits, &made) {
        let _best_effort = fs::remove_file(directory.join(copy.name));
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let begun = name
            .strip_suffix(PARTIAL)
            .and_then(|name| parse(name.strip_suffix(".sqlite")?));
        if begun.is_some_and(|(_, begun)| is_due(begun, now, HOUR)) {
            let _best_effort = fs::remove_file(entry.path());
        }
    }
}

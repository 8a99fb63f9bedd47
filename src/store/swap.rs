//! A file that no longer works as a store makes room for one that does.
//!
//! A log that lies beside a database is replayed into it, whichever database it is: a new file must never meet an
//! old log. And a crash at any point must leave either what was there or what was to come. So everything that is
//! there gets a second name in quarantine first, then the new file gets the name `state.sqlite.mended`, which is
//! the moment of decision, and only then is the old log removed and the new file moved on. Whoever finds a file
//! of that name finishes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rusqlite::Connection;

use super::{backup, connect};

/// What a database's own files end in.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// Gives everything that lies in a store's place a second name in a new directory of `quarantine`, and says
/// which; `None` where there is nothing.
///
/// # Errors
/// What the file system says.
pub fn set_aside(database: &Path, quarantine: &Path, now: i64) -> Result<Option<PathBuf>> {
    let there: Vec<&str> = COMPANIONS
        .into_iter()
        .filter(|suffix| connect::beside(database, suffix).symlink_metadata().is_ok())
        .collect();
    if there.is_empty() {
        return Ok(None);
    }
    backup::prepare(quarantine)?;
    let stamp = backup::stamp(now);
    let place = tempfile::Builder::new()
        .prefix(&format!("{stamp}-"))
        .tempdir_in(quarantine)
        .with_context(|| format!("creating a directory in {}", quarantine.display()))?
        .keep();
    let name = database.file_name().context("a database has a name")?;
    for suffix in there {
        let (from, to) = (
            connect::beside(database, suffix),
            connect::beside(&place.join(name), suffix),
        );
        // The file itself where that is possible: not a byte of it is changed or lost.
        fs::hard_link(&from, &to)
            .or_else(|_| {
                fs::copy(&from, &to)?;
                File::open(&to)?.sync_all()
            })
            .with_context(|| format!("keeping {}", from.display()))?;
    }
    for directory in [place.as_path(), quarantine] {
        File::open(directory)?.sync_all()?;
    }
    Ok(Some(place))
}

/// Puts a whole database into the place of what [`set_aside`] has kept.
///
/// # Errors
/// What the file system says; whoever calls [`finish`] later goes on.
pub(super) fn put_in_place(source: &Path, database: &Path) -> Result<()> {
    let directory = database.parent().context("a database has a directory")?;
    super::schema::prepare_directory(directory)?;
    let draft = tempfile::Builder::new()
        .prefix(".state-")
        .suffix(".sqlite")
        .tempfile_in(directory)
        .with_context(|| format!("creating a file in {}", directory.display()))?
        .into_temp_path();
    let copy = backup::copy_into(source, &draft)?;
    copy.close().map_err(|(_, error)| error)?;
    let connection = Connection::open(&draft)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(&draft)?.sync_all()?;
    draft
        .persist(mended(database))
        .context("naming the mended store")?;
    File::open(directory)?.sync_all()?;
    finish(database)?;
    Ok(())
}

/// Moves on what an interrupted exchange left behind, and says whether there was anything.
///
/// # Errors
/// What the file system says.
pub fn finish(database: &Path) -> io::Result<bool> {
    let mended = mended(database);
    if !mended.symlink_metadata().is_ok_and(|entry| entry.is_file()) {
        return Ok(false);
    }
    clear_log(database)?;
    fs::rename(mended, database)?;
    if let Some(directory) = database.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(true)
}

/// Removes a log and its index that a database left behind; a new one must not meet them.
pub(super) fn clear_log(database: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(connect::beside(database, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match database.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Moves the log away that a store left behind which somebody removed: a new store would take it for its own.
pub(super) fn put_stray_log_aside(database: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        let stray = connect::beside(database, suffix);
        match fs::rename(&stray, connect::beside(&stray, ".stray")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn mended(database: &Path) -> PathBuf {
    connect::beside(database, ".mended")
}

//! Copies of a database that is in use.

use std::fs::{DirBuilder, File};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use chrono::DateTime;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempPath;

/// Copies the database page by page, so that nothing in it can get in the way, and opens the copy. `label`
/// goes into its name, and so does `now`, in milliseconds since the epoch.
///
/// The copy disappears with the returned path unless that is kept.
pub(super) fn copy(
    database: &Path,
    directory: &Path,
    label: &str,
    now: i64,
) -> Result<(TempPath, Connection)> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let stamp = DateTime::from_timestamp_millis(now)
        .unwrap_or_default()
        .naive_utc()
        .format("%Y%m%dT%H%M%SZ");
    let path = tempfile::Builder::new()
        .prefix(&format!("state-{label}-{stamp}-"))
        .suffix(".sqlite")
        .tempfile_in(directory)
        .with_context(|| format!("creating a backup in {}", directory.display()))?
        .into_temp_path();
    // A connection of its own: one with an open transaction cannot be copied from.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(database, flags)?;
    let mut copy = Connection::open(&path)?;
    let done = Backup::new(&source, &mut copy)?.step(-1)?;
    if done != StepResult::Done {
        bail!("{} could not be copied: {done:?}", database.display());
    }
    // One file that needs no log beside it.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    copy.pragma_update(None, "query_only", true)?;
    File::open(&path)?.sync_all()?;
    File::open(directory)?.sync_all()?;
    Ok((path, copy))
}

//! Somebody else writes and does not come to an end: who it is, so that a person can look.
//!
//! Which bytes are locked while a process writes is part of SQLite's file format.

use std::ops::RangeInclusive;
use std::path::Path;

use rusqlite::ErrorCode;

use super::{connect, open};
use crate::domain::presence::{Process, ProcessTable};
use crate::error::Refusal;
use crate::frame::{Field, clean, neutralise};

/// The bytes of the shared-memory file that whoever writes, folds or recovers the log locks.
const LOG: RangeInclusive<u64> = 120..=122;
/// The bytes of the database that whoever writes it without a log, or needs it alone, locks.
const DATABASE: RangeInclusive<u64> = 0x4000_0000..=0x4000_01ff;

/// The database's error in words that say what to do and, when another process is in the way, which.
pub(super) fn explain(
    error: rusqlite::Error,
    database: &Path,
    processes: &dyn ProcessTable,
) -> anyhow::Error {
    if !is_busy(&error) {
        return open::explain(error, database);
    }
    let log = connect::beside(database, "-shm");
    let writer = processes
        .keeper(&log, LOG)
        .or_else(|| processes.keeper(database, DATABASE));
    refusal(database, writer.as_ref()).into()
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

pub(super) fn refusal(database: &Path, writer: Option<&Process>) -> Refusal {
    let shown = neutralise(&database.display().to_string());
    let refusal = match writer {
        Some(Process { pid, name }) => Refusal::internal(format!(
            "{shown} is busy: process {pid} ({}) has been writing for too long",
            clean(name, Field::Name)
        ))
        .hint(format!("try again; if it stays, `ps -fp {pid}` shows what it is")),
        None => Refusal::internal(format!(
            "{shown} is busy: another process has been writing for too long"
        ))
        .hint("try again; if it stays, `agent-sync doctor` shows more"),
    };
    refusal.passing()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_name_of_the_writer_is_made_harmless() {
        let writer = Process {
            pid: 7,
            name: "a\x1b[31m\n)".to_owned(),
        };
        let refusal = refusal(Path::new("/s"), Some(&writer));
        assert_eq!(
            refusal.message,
            "/s is busy: process 7 (a\\u{1b}[31m )) has been writing for too long"
        );
    }
}

//! What the store runs, written down for the test that asks SQLite how every statement is answered
//! (`tests/it/plans.rs`): a list kept by hand would lack the statement that somebody adds tomorrow.
//!
//! Builds without debug assertions have none of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};

/// Where statements are written to, once somebody has asked for it.
static RECORD: OnceLock<File> = OnceLock::new();

/// Adds everything that connections run from now on to the end of `file`, as JSON, one value a line: a string is a
/// statement that begins, its values unnamed; a pair is one that has ended and how many steps of SQLite's machine it
/// took.
///
/// # Errors
/// When the file cannot be written to.
pub fn record_statements(file: &Path) -> io::Result<()> {
    let file = OpenOptions::new().append(true).create(true).open(file)?;
    RECORD.get_or_init(|| file);
    Ok(())
}

/// Lets the record see what this connection runs.
pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    let Some(file) = RECORD.get() else { return Ok(()) };
    let events = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE;
    connection.trace_v2(
        events,
        Some(|event: TraceEvent<'_>| {
            let line = match event {
                // What a trigger or the index of words runs within a statement is told as a comment.
                TraceEvent::Stmt(_, text) if text.starts_with("--") => return,
                TraceEvent::Stmt(statement, _) => serde_json::Value::from(statement.sql()),
                TraceEvent::Profile(statement, _) => {
                    serde_json::json!([statement.sql(), statement.get_status(StatementStatus::VmStep)])
                }
                _ => return,
            };
            // One call, so that lines of several processes do not mix; a test misses what could not be written.
            let _whoever_reads_notices = (&*file).write_all(format!("{line}\n").as_bytes());
        }),
    )
}

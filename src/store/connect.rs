//! What every connection to a database has in common.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{COMMAND_PATIENCE, COUNT_PATIENCE, HOOK_PATIENCE, Purpose};

/// How long to wait before another writer is asked for again.
const MOMENT: Duration = Duration::from_millis(5);

/// What every connection needs, set without running a statement.
pub(super) fn configure(connection: &mut Connection, purpose: Purpose) -> rusqlite::Result<()> {
    connection.busy_handler(Some(match purpose {
        Purpose::Command => |tries| waits(COMMAND_PATIENCE, tries),
        Purpose::Hook => |tries| waits(HOOK_PATIENCE, tries),
    }))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A statement is otherwise prepared twice where a value that is bound to it might allow another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    #[cfg(debug_assertions)]
    super::trace::watch(connection)?;
    Ok(())
}

/// Makes a hook's connection wait until it can count a call.
pub(super) fn wait_to_count(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|tries| waits(COUNT_PATIENCE, tries)))
}

thread_local! {
    /// Since when this thread has waited for another writer.
    static WAITING_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Lets a moment pass, and says whether to try again. The moments are of one length: SQLite's own grow with every
/// try, so that among many writers whoever has waited longest is served last, or never. On a busy machine a moment
/// may be many times as long, so what counts is the time that has really passed.
#[expect(
    clippy::disallowed_methods,
    reason = "a wait is measured, and no rule sees the time"
)]
fn waits(patience: Duration, tries: i32) -> bool {
    let now = Instant::now();
    let since = WAITING_SINCE.get().filter(|_| tries > 0).unwrap_or(now);
    WAITING_SINCE.set(Some(since));
    if now.duration_since(since) + MOMENT > patience {
        return false;
    }
    std::thread::sleep(MOMENT);
    true
}

/// Which file a path leads to now: its device and number. Nothing where there is none or nobody can tell.
#[cfg(unix)]
pub(super) fn identity(file: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let file = file.metadata().ok()?;
    Some((file.dev(), file.ino()))
}

/// Which file a path leads to now. Nobody can tell here.
#[cfg(not(unix))]
pub(super) fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// The path of `database` with `suffix` added to its name.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

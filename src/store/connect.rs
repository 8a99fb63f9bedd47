//! What every connection to a database has in common.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{COMMAND_PATIENCE, HOOK_PATIENCE, Purpose};

/// How long a writer sleeps between two attempts to get its turn.
const PAUSE: Duration = Duration::from_millis(5);

/// What every connection needs, set without running a statement.
pub(super) fn configure(connection: &mut Connection, purpose: Purpose) -> rusqlite::Result<()> {
    connection.busy_handler(Some(match purpose {
        Purpose::Command => |tries| wait_a_moment(tries, COMMAND_PATIENCE),
        Purpose::Hook => |tries| wait_a_moment(tries, HOOK_PATIENCE),
    }))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Waits for another writer and says whether to try again.
///
/// SQLite's own handler sleeps the longer the longer it has waited, so of many writers those who came first
/// get the fewest chances, and some of them none. Here everybody looks equally often.
fn wait_a_moment(tries: i32, patience: Duration) -> bool {
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    let waited = PAUSE.saturating_mul(tries);
    if waited >= patience {
        return false;
    }
    thread::sleep(PAUSE);
    true
}

/// The path of `database` with `suffix` added to its name.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

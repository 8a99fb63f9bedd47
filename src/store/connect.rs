//! What every connection to a database has in common.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{COMMAND_PATIENCE, HOOK_PATIENCE, Purpose};

/// What every connection needs, set without running a statement.
pub(super) fn configure(connection: &Connection, purpose: Purpose) -> rusqlite::Result<()> {
    connection.busy_timeout(match purpose {
        Purpose::Command => COMMAND_PATIENCE,
        Purpose::Hook => HOOK_PATIENCE,
    })?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
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

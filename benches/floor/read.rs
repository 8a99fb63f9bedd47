//! The floor of a process that only looks: open the store for reading and writing, as hooks do, and run one
//! SELECT along an index.
//!
//! It takes the database's file and the id of an agent. Nothing is set but what keeps it from folding the
//! write-ahead log when it closes, which the product does not do either.

use std::path::PathBuf;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

fn main() -> rusqlite::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let database = PathBuf::from(arguments.next().unwrap_or_default());
    let agent = arguments.next().unwrap_or_default();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let name: Option<String> = connection
        .query_row(
            "SELECT name FROM agent WHERE id = ?1",
            [agent.to_string_lossy()],
            |row| row.get(0),
        )
        .optional()?;
    std::hint::black_box(name);
    Ok(())
}

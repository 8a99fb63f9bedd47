//! The floor of a process that writes: open the store as hooks do and insert one row in one immediate transaction.
//!
//! It takes the database's file, the id of an agent, and `NORMAL` (as hooks commit: safe from a crash of the
//! process) or `FULL` (as commands commit: pushed to the disk).

use std::path::PathBuf;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

fn main() -> rusqlite::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let database = PathBuf::from(arguments.next().unwrap_or_default());
    let agent = arguments.next().unwrap_or_default();
    let synchronous = arguments.next().unwrap_or_default();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "synchronous", synchronous.to_string_lossy())?;
    let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO told (agent_id, subject, mark) VALUES (?1, 'floor', 1)",
        [agent.to_string_lossy()],
    )?;
    transaction.commit()
}

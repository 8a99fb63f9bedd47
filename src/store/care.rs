//! The store as a thing to look after: what it holds, whether it is whole, and a copy of it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rusqlite::Connection;

use super::{Store, backup};
use crate::domain::overview::Contents;
use crate::domain::presence::World;

impl Store {
    /// How much of everything the store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn contents(&self, world: &World<'_>) -> Result<Contents> {
        self.read(world, |read| Ok(contents(read.connection)?))
    }

    /// What is damaged, in the database's own words and at most a few of them; empty when nothing is.
    ///
    /// # Errors
    /// When the damage is such that not even this can be found out.
    pub fn damage(&self, world: &World<'_>) -> Result<Vec<String>> {
        self.read(world, |read| {
            let mut found: Vec<String> = read.rows("PRAGMA quick_check(5)", [], |row| row.get(0))?;
            found.retain(|line| line != "ok");
            let broken = read.rows("PRAGMA foreign_key_check", [], |row| {
                Ok(format!(
                    "a row of {} refers to one of {} that is not there",
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(2)?
                ))
            })?;
            found.extend(broken.into_iter().take(5));
            Ok(found)
        })
    }
}

/// How much of everything a database of today's version holds.
pub(super) fn contents(connection: &Connection) -> rusqlite::Result<Contents> {
    connection.query_row(
        "SELECT (SELECT count(*) FROM agent), (SELECT count(*) FROM task), (SELECT count(*) FROM lock),
                (SELECT count(*) FROM message), (SELECT count(*) FROM decision)",
        [],
        |row| {
            Ok(Contents {
                agents: row.get(0)?,
                tasks: row.get(1)?,
                locks: row.get(2)?,
                messages: row.get(3)?,
                decisions: row.get(4)?,
            })
        },
    )
}

/// Copies a database as it is into one new file in `directory` and says which; `label` and `now`, in
/// milliseconds since the epoch, are in its name.
///
/// # Errors
/// When it cannot be read or the copy cannot be written; none is left then.
pub fn back_up(database: &Path, directory: &Path, label: &str, now: i64) -> Result<PathBuf> {
    let (draft, copy) = backup::copy(database, directory, label, now)?;
    copy.close().map_err(|(_, error)| error)?;
    draft.keep()
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::store::{Purpose, create};

    fn store() -> (tempfile::TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("coordination/state.sqlite");
        create(&database, 1, |_| Ok(())).unwrap();
        let store = Store::open(&database, Purpose::Command).unwrap();
        (place, store)
    }

    #[test]
    fn a_new_store_is_whole_and_empty() {
        let (_place, store) = store();
        assert_eq!(
            store.contents(&World::at_wall(1_000)).unwrap(),
            Contents::default()
        );
        assert_eq!(store.damage(&World::at_wall(1_000)).unwrap(), [""; 0]);
    }

    #[test]
    fn a_broken_reference_is_found() {
        let (_place, store) = store();
        let sql = &store.connection;
        sql.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)
            .unwrap();
        sql.execute(
            "INSERT INTO session (id, agent_id, bound_at) VALUES ('s', ?1, 1)",
            params!["nobody"],
        )
        .unwrap();
        let damage = store.damage(&World::at_wall(1_000)).unwrap();
        assert_eq!(
            damage,
            ["a row of session refers to one of agent that is not there"]
        );
    }

    #[test]
    fn a_backup_is_one_whole_file_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (place, store) = store();
        let directory = place.path().join("backup");
        let copy = back_up(store.database(), &directory, "purged", 0).unwrap();
        assert_eq!(directory.read_dir().unwrap().count(), 1);
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let copy = Store::open(&copy, Purpose::Command).unwrap();
        assert_eq!(copy.damage(&World::at_wall(1_000)).unwrap(), [""; 0]);
    }
}

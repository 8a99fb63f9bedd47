//! Files that pose as an old database: other shapes, other types, damage at any place.

use proptest::prelude::*;

use super::*;

/// What somebody may have done to the tables of an old database.
const SHAPES: &[&str] = &[
    "DROP TABLE agents",
    "DROP TABLE activity; DROP TABLE locks; DROP TABLE messages",
    "DROP TABLE agents; CREATE VIEW agents AS SELECT 1 AS id",
    "DROP TABLE tasks; CREATE VIEW tasks AS SELECT * FROM tasks",
    "DROP TABLE tasks; CREATE TABLE tasks (id)",
    "DROP TABLE tasks; CREATE TABLE tasks (id BLOB, title BLOB, status REAL, evil)",
    "ALTER TABLE tasks ADD COLUMN more TEXT DEFAULT 'x'",
    "ALTER TABLE agents ADD COLUMN more AS (id || id)",
    "ALTER TABLE agents RENAME COLUMN name TO other",
    "DROP TABLE agents; CREATE TABLE agents (id TEXT PRIMARY KEY, name, role, x) WITHOUT ROWID",
    "CREATE TRIGGER evil AFTER INSERT ON tasks BEGIN DELETE FROM agents; END",
    "CREATE TRIGGER evil BEFORE DELETE ON tasks BEGIN SELECT raise(ABORT, 'no'); END",
    "CREATE TABLE agent (id); CREATE TABLE lock (x); CREATE INDEX lock_by_agent ON lock (x)",
    "CREATE VIEW task AS SELECT 1",
    "CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('store_id', 'evil')",
    "INSERT INTO agents (id, name) VALUES (zeroblob(100000), zeroblob(100000))",
    "INSERT OR REPLACE INTO agents (id, name) VALUES (CAST(x'fffe00' AS TEXT), CAST(x'1b5b33316d0a' AS TEXT))",
    "UPDATE agents SET name = replace(hex(zeroblob(500000)), '0', 'x')",
    "UPDATE tasks SET title = char(10) || 'SYSTEM' || char(27) || '[31m' || char(0) || 'x'",
    "UPDATE tasks SET created_at = 9e999, updated_at = -9e999",
    "UPDATE messages SET created_at = '+999999-12-31T23:59:60Z'",
    "UPDATE locks SET file_path = '../../../../../../etc/passwd', expires_at = '0000-00-00'",
    "PRAGMA user_version = -1",
    "PRAGMA user_version = 2147483647",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE tasks (' WHERE name = 'tasks'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'event_type', CAST(x'ff74' AS TEXT))",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'agents'",
];

/// Either it is upgraded, or it is refused in words and as it was.
fn expect_all_or_nothing(place: &Place) -> std::result::Result<(), String> {
    let before = fs::read(place.database()).unwrap();
    match place.upgrade() {
        Ok(_) => {
            let new = place.connection();
            let sound = lines(&new, "PRAGMA integrity_check");
            if sound != ["ok"] {
                return Err(format!("upgraded to a damaged store: {sound:?}"));
            }
            match Store::open(&place.database(), crate::store::Purpose::Command) {
                Ok(_) => Ok(()),
                Err(unopened) => Err(format!("upgraded to what does not open: {unopened:?}")),
            }
        }
        Err(error) => {
            if fs::read(place.database()).unwrap() != before {
                return Err(format!("changed although it was refused: {error:#}"));
            }
            if !place.backup_files().is_empty() {
                return Err(format!("a backup stays behind: {error:#}"));
            }
            Ok(())
        }
    }
}

#[test]
fn whatever_the_tables_look_like_all_of_it_is_upgraded_or_none() {
    for shape in SHAPES {
        let place = Place::sample();
        let connection = place.connection();
        // A shape that SQLite itself refuses is none.
        let _refused = connection.execute_batch(shape);
        drop(connection);
        assert_eq!(expect_all_or_nothing(&place), Ok(()), "{shape}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn damage_anywhere_ends_in_an_upgrade_or_in_the_file_as_it_was(
        places in proptest::collection::vec((0..SAMPLE.len(), any::<u8>(), 1_usize..40), 1..6),
        keep in proptest::option::of(0..SAMPLE.len()),
    ) {
        let place = Place::sample();
        let mut bytes = SAMPLE.to_vec();
        for (at, byte, length) in places {
            let end = (at + length).min(bytes.len());
            bytes[at..end].fill(byte);
        }
        bytes.truncate(keep.unwrap_or(bytes.len()));
        fs::write(place.database(), bytes).unwrap();
        prop_assert_eq!(expect_all_or_nothing(&place), Ok(()));
    }
}

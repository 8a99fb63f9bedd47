//! What an upgrade does to the file: all or nothing, once, with a backup.

mod properties;
mod rows;

use std::sync::Barrier;
use std::thread;

use rusqlite::types::Value;
use tempfile::TempDir;

use super::*;
use crate::error::Refusal;
use crate::store::Store;

const SAMPLE: &[u8] = include_bytes!("../../../../tests/data/sample-0.4.0.sqlite");
/// A minute after the sample was made.
const NOW: i64 = 1_795_224_420_000;

/// A repository with an old database where 0.4.0 put it.
struct Place {
    root: TempDir,
}

impl Place {
    fn sample() -> Self {
        let place = Self {
            root: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(place.database().parent().unwrap()).unwrap();
        fs::write(place.database(), SAMPLE).unwrap();
        place
    }

    /// A 0.4.0 database without rows, then changed by `sql`.
    fn with(sql: &str) -> Self {
        let place = Self::sample();
        let connection = place.connection();
        for table in [
            "agents",
            "tasks",
            "task_files",
            "task_deps",
            "locks",
            "messages",
            "message_deliveries",
            "decisions",
            "activity",
        ] {
            connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
        }
        connection.execute_batch(sql).unwrap();
        place
    }

    fn database(&self) -> PathBuf {
        self.root.path().join(".claude/coordination/state.sqlite")
    }

    fn backups(&self) -> PathBuf {
        self.root.path().join(".git/agent-sync/backup")
    }

    fn connection(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    fn upgrade(&self) -> Result<Upgraded> {
        upgrade(&self.database(), &self.backups(), NOW, |_| Ok(()))
    }

    fn upgraded(&self) -> (Connection, Counts) {
        match self.upgrade().unwrap() {
            Upgraded::Done { counts, .. } => (self.connection(), counts),
            Upgraded::Already => panic!("nobody else was there"),
        }
    }

    fn backup_files(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.backups()) else {
            return Vec::new();
        };
        files.map(|file| file.unwrap().path()).collect()
    }
}

type Rows = Vec<Vec<Value>>;

fn rows(connection: &Connection, sql: &str) -> Rows {
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    statement
        .query_map([], |row| (0..width).map(|at| row.get(at)).collect())
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

/// Rows as lines of text, the values parted by `|`.
fn lines(connection: &Connection, sql: &str) -> Vec<String> {
    let show = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(_) => "(bytes)".to_owned(),
    };
    rows(connection, sql)
        .iter()
        .map(|row| row.iter().map(show).collect::<Vec<_>>().join("|"))
        .collect()
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The leftovers of `source`, as JSON.
fn leftovers(connection: &Connection, source: &str) -> Vec<serde_json::Value> {
    let mut statement = connection
        .prepare("SELECT body FROM leftover WHERE source = ?1 ORDER BY rowid")
        .unwrap();
    let bodies = statement
        .query_map([source], |row| row.get::<_, String>(0))
        .unwrap();
    bodies
        .map(|body| serde_json::from_str(&body.unwrap()).unwrap())
        .collect()
}

fn whys(connection: &Connection, source: &str) -> Vec<String> {
    leftovers(connection, source)
        .iter()
        .map(|body| body["why"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_store_is_ours_and_nothing_of_the_old_one_stays_in_it() {
    let place = Place::sample();
    place
        .connection()
        .execute_batch(
            "CREATE TABLE extra (id INTEGER PRIMARY KEY, agent TEXT REFERENCES agents (id));
             INSERT INTO extra VALUES (7, 'backend');
             CREATE TABLE meta (mine TEXT); INSERT INTO meta VALUES ('keep');
             CREATE VIEW task AS SELECT id FROM tasks;
             CREATE TRIGGER busy AFTER INSERT ON agents BEGIN SELECT 1; END;",
        )
        .unwrap();
    let mut announced = String::new();
    let done = upgrade(&place.database(), &place.backups(), NOW, |id| {
        id.clone_into(&mut announced);
        Ok(())
    });
    assert!(matches!(done, Ok(Upgraded::Done { .. })), "{done:?}");
    assert!(Store::open(&place.database(), Purpose::Command).is_ok());
    let new = place.connection();
    assert_eq!(
        lines(&new, "SELECT key, value FROM meta ORDER BY key"),
        [
            format!("created_at|{NOW}"),
            format!("store_id|{announced}"),
            format!("upgraded_at|{NOW}"),
            "upgraded_from|0.4.0".to_owned(),
        ]
    );
    assert_eq!(
        lines(
            &new,
            "SELECT event, agent_id, body FROM activity ORDER BY seq DESC LIMIT 1"
        ),
        [
            "store.upgraded|-|from 0.4.0: 5 agents, 10 tasks, 6 locks, 6 messages, 2 decisions, 3 entries; \
          4 rows kept as leftovers"
        ]
    );
    assert_eq!(lines(&new, "SELECT id, agent FROM extra"), ["7|backend"]);
    assert_eq!(lines(&new, "SELECT mine FROM meta_before_upgrade"), ["keep"]);
    let gone = leftovers(&new, "sqlite_schema");
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert_eq!(gone[0]["sql"], "CREATE VIEW task AS SELECT id FROM tasks");
    let model = Connection::open_in_memory().unwrap();
    schema::build(&model, "", 0).unwrap();
    let objects = "SELECT type, name, sql FROM sqlite_schema
         WHERE name NOT IN ('extra', 'meta_before_upgrade') ORDER BY 1, 2";
    assert_eq!(lines(&new, objects), lines(&model, objects));
    assert_eq!(lines(&new, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn the_backup_is_the_old_database_and_closed_to_others() {
    let place = Place::sample();
    // What only the log holds has to be in the backup, too.
    let writer = place.connection();
    writer
        .execute(
            "INSERT INTO decisions VALUES ('dec-late', 'backend', 'in the log', '2026-11-21T01:26:00Z')",
            [],
        )
        .unwrap();
    let before = lines(&writer, "SELECT * FROM decisions");
    let Upgraded::Done { backup, .. } = place.upgrade().unwrap() else {
        panic!("nobody else was there")
    };
    assert_eq!(place.backup_files(), std::slice::from_ref(&backup));
    let name = backup.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("state-0.4.0-20261121T012700Z-"), "{name}");
    assert!(
        Path::new(name).extension().is_some_and(|end| end == "sqlite"),
        "{name}"
    );
    let copy = Connection::open(&backup).unwrap();
    assert_eq!(schema::kind(&copy).unwrap(), Kind::Predecessor);
    assert_eq!(lines(&copy, "SELECT * FROM decisions"), before);
    assert_eq!(lines(&copy, "PRAGMA integrity_check"), ["ok"]);
    let directory = place.database().parent().unwrap().to_owned();
    assert_eq!(fs::read_to_string(directory.join(".gitignore")).unwrap(), "*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&backup), 0o600);
        assert_eq!(mode(&place.backups()), 0o700);
        assert_eq!(mode(&place.database()), 0o600);
        assert_eq!(mode(&directory), 0o700);
    }
}

#[test]
fn a_second_upgrade_finds_nothing_to_do() {
    let place = Place::sample();
    place.upgraded();
    assert_eq!(place.upgrade().unwrap(), Upgraded::Already);
    assert_eq!(place.backup_files().len(), 1);
}

#[test]
fn after_a_failure_everything_is_as_it_was() {
    let place = Place::sample();
    let refused = upgrade(&place.database(), &place.backups(), NOW, |_| bail!("no"));
    assert_eq!(refused.unwrap_err().to_string(), "no");
    let left = place.connection();
    assert_eq!(schema::kind(&left).unwrap(), Kind::Predecessor);
    assert_eq!(number(&left, "SELECT count(*) FROM activity"), 3);
    assert!(place.backup_files().is_empty());
    drop(left);
    place.upgraded();
}

#[test]
fn twenty_at_once_all_succeed_and_one_backup_remains() {
    for _ in 0..10 {
        let place = Place::sample();
        let start = Barrier::new(24);
        let results: Vec<Upgraded> = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    // Whoever only looks sees the old database or the new one and nothing between.
                    loop {
                        match schema::kind(&place.connection()).unwrap() {
                            Kind::Predecessor => {}
                            other => return assert_eq!(other, Kind::Ours(schema::VERSION)),
                        }
                    }
                });
            }
            let threads: Vec<_> = (0..20)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        place.upgrade().unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let done = results
            .iter()
            .filter(|result| matches!(result, Upgraded::Done { .. }));
        assert_eq!(done.count(), 1);
        assert_eq!(place.backup_files().len(), 1);
        assert_eq!(number(&place.connection(), "SELECT count(*) FROM task"), 10);
        assert_eq!(
            number(
                &place.connection(),
                "SELECT count(*) FROM activity WHERE event = 'store.upgraded'"
            ),
            1
        );
    }
}

#[test]
fn a_database_of_the_first_version_is_upgraded_too() {
    let place = Place::sample();
    place
        .connection()
        .execute_batch(
            "ALTER TABLE locks DROP COLUMN kind; ALTER TABLE messages DROP COLUMN reply_to;
             ALTER TABLE messages DROP COLUMN acked_at; DROP TABLE task_deps; DROP TABLE message_deliveries;",
        )
        .unwrap();
    let (new, counts) = place.upgraded();
    assert_eq!((counts.tasks, counts.locks, counts.messages), (10, 6, 6));
    assert_eq!(
        lines(&new, "SELECT value FROM meta WHERE key = 'upgraded_from'"),
        ["0.1"]
    );
    assert_eq!(
        number(&new, "SELECT count(*) FROM lock WHERE namespace = 'path'"),
        6
    );
    assert_eq!(number(&new, "SELECT count(*) FROM delivery"), 8);
    assert!(place.backup_files()[0].to_str().unwrap().contains("state-0.1-"));
}

#[test]
fn a_damaged_or_foreign_or_missing_file_is_refused_and_left_alone() {
    let place = Place::sample();
    for length in [50, 100, 4096, 8192, SAMPLE.len() / 2, SAMPLE.len() - 4096] {
        fs::write(place.database(), &SAMPLE[..length]).unwrap();
        let error = place.upgrade().unwrap_err();
        let refusal = error.downcast_ref::<Refusal>().expect("a clear refusal");
        assert!(refusal.message.contains("is damaged"), "{length}: {refusal}");
        assert_eq!(fs::read(place.database()).unwrap(), &SAMPLE[..length], "{length}");
        assert!(place.backup_files().is_empty());
    }
    fs::write(place.database(), "").unwrap();
    assert!(place.upgrade().is_err());
    let foreign = Place::with("ALTER TABLE agents RENAME TO people");
    let error = foreign.upgrade().unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
    fs::remove_file(place.database()).unwrap();
    assert!(place.upgrade().is_err());
    assert!(!place.database().exists());
}

#[test]
fn what_an_upgrade_brings_is_in_the_index_of_words() {
    let place = Place::sample();
    let (new, _) = place.upgraded();
    let texts = number(
        &new,
        "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM decision) + (SELECT count(*) FROM task)",
    );
    assert!(texts > 0);
    assert_eq!(number(&new, "SELECT count(*) FROM search_document"), texts);
    assert_eq!(number(&new, "SELECT count(*) FROM search_words_docsize"), texts);
}

//! What a database file is, how a new one comes to be, and how an older one is brought up to date.
//!
//! A new store is built under a temporary name and linked into place: it appears whole or not at all, and of
//! twenty processes that start at once exactly one wins while the others find it ready.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{Purpose, backup, connect, swap};

/// Marks a SQLite file as ours (`agsy`).
pub const APPLICATION_ID: i64 = 0x6167_7379;
/// The schema this program reads and writes.
pub const VERSION: i64 = 12;

/// Keeps the state directory out of every commit; whoever creates a store holds a lock on it.
const IGNORE: &str = ".gitignore";

/// The steps from one version to the next; the n-th leads to version n + 1.
const MIGRATIONS: [&str; 12] = [
    include_str!("migrations/001_initial.sql"),
    include_str!("migrations/002_guard.sql"),
    include_str!("migrations/003_tasks.sql"),
    include_str!("migrations/004_messages.sql"),
    include_str!("migrations/005_plans.sql"),
    include_str!("migrations/006_search.sql"),
    include_str!("migrations/007_fast.sql"),
    include_str!("migrations/008_votes.sql"),
    include_str!("migrations/009_ping.sql"),
    include_str!("migrations/012_plan.sql"),
    include_str!("migrations/013_crew.sql"),
    include_str!("migrations/014_drain.sql"),
];

/// What kind of database a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ours, of this version.
    Ours(i64),
    /// Of claude-agent-sync 0.4.0 or older.
    Predecessor,
    /// Without any table.
    Empty,
    /// Somebody else's.
    Foreign,
}

/// What came of an attempt to create a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// Somebody else was faster.
    Existing,
}

/// Says what kind of database this is, by its header and without taking a lock for writing.
pub(super) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if number("PRAGMA application_id")? == APPLICATION_ID {
        return number("PRAGMA user_version").map(Kind::Ours);
    }
    // An upgrade that ends between two looks would leave neither the old tables nor, so far, our mark: all
    // looks are at one snapshot.
    let _snapshot = connection
        .is_autocommit()
        .then(|| connection.unchecked_transaction())
        .transpose()?;
    if number("PRAGMA application_id")? == APPLICATION_ID {
        return number("PRAGMA user_version").map(Kind::Ours);
    }
    let predecessors = number(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('agents', 'tasks', 'locks', 'messages')",
    )?;
    if predecessors == 4 {
        return Ok(Kind::Predecessor);
    }
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(if tables == 0 { Kind::Empty } else { Kind::Foreign })
}

/// Creates the schema and the store's own facts inside an open transaction.
pub(super) fn build(connection: &Connection, store_id: &str, now: i64) -> rusqlite::Result<()> {
    for migration in MIGRATIONS {
        connection.execute_batch(migration)?;
    }
    let fact = "INSERT INTO meta (key, value) VALUES (?1, ?2)";
    connection.execute(fact, ["store_id", store_id])?;
    connection.execute(fact, ["created_at", &now.to_string()])?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// The random id that a store of ours, whatever its version, was created with.
///
/// # Errors
/// When it cannot be read.
pub fn id_of(database: &Path) -> Result<String> {
    let mut connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connect::configure(&mut connection, Purpose::Hook)?;
    Ok(
        connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
            row.get(0)
        })?,
    )
}

/// Brings an older store of ours up to date, after a copy into `backup_directory`: every step in one
/// transaction. Somebody else may have done it meanwhile, which is as good.
///
/// # Errors
/// When it cannot be read or written; it is then as it was.
pub fn migrate(database: &Path, backup_directory: &Path, now: i64, purpose: Purpose) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    connect::configure(&mut connection, purpose)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Kind::Ours(version) = kind(&transaction)? else {
        return Ok(());
    };
    if version >= VERSION {
        return Ok(());
    }
    let (backup, _) = backup::copy(database, backup_directory, &format!("v{version}"), now)?;
    bring_up_to_date(&transaction, version)?;
    // Kept before the change, which a crash may come after.
    backup.keep()?;
    transaction.commit()?;
    Ok(())
}

/// Takes every step from this version to today's, inside an open transaction.
pub(super) fn bring_up_to_date(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    let done = usize::try_from(version).unwrap_or_default();
    for step in MIGRATIONS.get(done..).unwrap_or_default() {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", VERSION)
}

/// Creates the store at `database` unless there is one, its directories included.
///
/// `announce` gets the id of the new store before the store appears, so that whoever sees it can find out
/// that this machine made it.
///
/// # Errors
/// When the place cannot be written.
pub fn create(database: &Path, now: i64, announce: impl FnOnce(&str) -> Result<()>) -> Result<Created> {
    let directory = database.parent().context("a database has a directory")?;
    prepare_directory(directory)?;
    if database.exists() {
        return Ok(Created::Existing);
    }
    let draft = tempfile::Builder::new()
        .prefix(".state-")
        .suffix(".sqlite")
        .tempfile_in(directory)
        .with_context(|| format!("creating a file in {}", directory.display()))?
        .into_temp_path();
    {
        let mut connection = Connection::open(&draft)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let store_id: String =
            connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
        let transaction = connection.transaction()?;
        build(&transaction, &store_id, now)?;
        transaction.commit()?;
        announce(&store_id)?;
        connection.close().map_err(|(_, error)| error)?;
    }
    // Only while nobody else creates one: the log of a store that has just appeared is no stray.
    let gate = File::open(directory.join(IGNORE))?;
    let _no_locks_here_is_no_hindrance = gate.lock();
    if database.exists() {
        return Ok(Created::Existing);
    }
    swap::put_stray_log_aside(database)?;
    let created = match fs::hard_link(&draft, database) {
        Ok(()) => Created::New,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::Existing,
        // A file system without hard links: renaming could replace a store that appeared this instant, so
        // only a place that is still empty is taken.
        Err(_) => match draft.persist_noclobber(database) {
            Ok(()) => Created::New,
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Created::Existing,
            Err(failed) => return Err(failed.error).context("putting the new store into place"),
        },
    };
    File::open(directory)?.sync_all()?;
    Ok(created)
}

/// Makes the state directory, closed to other users, with a `.gitignore` that keeps it out of every commit.
pub(super) fn prepare_directory(directory: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        if let Some(parent) = directory.parent() {
            builder
                .create(parent)
                .with_context(|| format!("creating {}", parent.display()))?;
        }
        builder.mode(0o700);
    }
    builder
        .create(directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let ignore = directory.join(IGNORE);
    if fs::symlink_metadata(&ignore).is_err() {
        let mut draft = tempfile::NamedTempFile::new_in(directory)?;
        draft.write_all(b"*\n")?;
        match draft.persist_noclobber(&ignore) {
            Ok(_) => {}
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(failed) => return Err(failed.error).context("writing .gitignore"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A store as this version made it, filled by `sql`; it lives as long as the directory.
    fn of_version(version: usize, sql: &str) -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("state.sqlite");
        let old = Connection::open(&database).unwrap();
        for migration in &MIGRATIONS[..version] {
            old.execute_batch(migration).unwrap();
        }
        old.execute_batch(sql).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", i64::try_from(version).unwrap())
            .unwrap();
        (place, database)
    }

    /// Such a store, brought up to date.
    fn migrated(version: usize, sql: &str) -> (tempfile::TempDir, Connection) {
        let (place, database) = of_version(version, sql);
        migrate(&database, &place.path().join("backup"), 0, Purpose::Command).unwrap();
        let new = Connection::open(&database).unwrap();
        (place, new)
    }

    #[test]
    fn a_store_of_the_version_before_learns_to_ask_for_a_sign_of_life() {
        let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1), ('b', 'b', 1);";
        let (_place, new) = migrated(7, agents);
        let ask = "INSERT INTO ping (asked_by, agent_id, asked_at) VALUES ('a', 'b', 5)";
        assert_eq!(new.execute(ask, []).unwrap(), 1);
    }

    #[test]
    fn a_store_of_the_version_before_can_be_drained() {
        let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);";
        let (_place, new) = migrated(9, agents);
        let begin = "INSERT INTO swarm (id, stage, begun_by, begun_at, counts_from, lasts) VALUES (?1, 'draining', 'a', 5, 5, 1)";
        assert_eq!(new.execute(begin, [1]).unwrap(), 1);
        // There is one swarm, and nobody closes it without a checkpoint.
        new.execute(begin, [2]).unwrap_err();
        new.execute(
            "UPDATE swarm SET stage = 'closed', shut_at = 6, is_shutdown = 1",
            [],
        )
        .unwrap_err();
    }

    #[test]
    fn a_store_of_the_version_before_keeps_its_votes_and_takes_plans() {
        let (_place, new) = migrated(
            9,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts)
                 VALUES ('vote-1', 'x', 'a', 'majority', 1, 1, 1);",
        );
        assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
        new.execute_batch(
            "INSERT INTO plan VALUES ('plan-1', 'a', 1);
             INSERT INTO plan_revision VALUES ('plan-1', 1, 'x', printf('%064d', 1), '{}', 'a', 1);
             UPDATE vote SET approves_plan = 'plan-1', approves_hash = printf('%064d', 1);
             INSERT INTO plan_voice VALUES ('plan-1', 1, 'vote-1', NULL, 'vote-1', printf('%064d', 1), 1, NULL, 1);",
        )
        .unwrap();
        let voice = "INSERT INTO plan_voice VALUES ('plan-1', 1, ?1, ?2, ?3, 'x', 1, NULL, 1)";
        let nobody = None::<&str>;
        // Somebody speaks, and nobody for two.
        for (agent, vote) in [(nobody, nobody), (Some("a"), Some("vote-1"))] {
            new.execute(voice, rusqlite::params!["a", agent, vote])
                .unwrap_err();
        }
    }

    #[test]
    fn a_store_without_crews_learns_to_remember_them() {
        let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);";
        let (_place, new) = migrated(9, agents);
        let crew = "INSERT INTO crew (plan_id, agent_id, began_at) VALUES ('plan-1', 'a', 1)";
        let session = "INSERT INTO crew_session (plan_id, name, agent_id, launch, state, began_at)
             VALUES ('plan-1', 'x-1', 'a', 'l', 'starting', 1)";
        assert_eq!(
            new.execute(crew, []).unwrap() + new.execute(session, []).unwrap(),
            2
        );
    }

    #[test]
    fn a_store_of_the_first_version_is_brought_up_to_date_with_all_it_holds() {
        let (place, database) = of_version(
            1,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl)
             VALUES ('path', '', 'x', 'a', 1, 1, 5);",
        );
        let backups = place.path().join("backup");
        for _twice in 0..2 {
            migrate(&database, &backups, 0, Purpose::Command).unwrap();
        }
        let new = Connection::open(&database).unwrap();
        assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
        let mode: String = new
            .query_row("SELECT mode FROM lock WHERE path = 'x'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "exclusive");
        let copies: Vec<_> = fs::read_dir(&backups).unwrap().collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        let copy = Connection::open(copies[0].as_ref().unwrap().path()).unwrap();
        assert_eq!(kind(&copy).unwrap(), Kind::Ours(1));
    }

    #[test]
    fn the_tasks_of_the_second_version_keep_their_states_and_what_they_wait_for() {
        let (_place, new) = migrated(
            2,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO task (id, title, status, owner_id, created_at, updated_at) VALUES
                 ('d', 'D', 'done', 'a', 1, 2), ('c', 'C', 'cancelled', NULL, 1, 2),
                 ('i', 'I', 'in_progress', 'a', 1, 2), ('p', 'P', 'pending', NULL, 1, 2),
                 ('q', 'Q', 'pending', NULL, 1, 2), ('r', 'R', 'blocked', NULL, 1, 2);
             INSERT INTO task_dependency VALUES ('p', 'd'), ('p', 'c'), ('q', 'i'), ('q', 'd'), ('r', 'q');
             UPDATE agent SET current_task_id = 'i';
             INSERT INTO task_file VALUES ('p', 'src/a.rs');
             INSERT INTO lock (namespace, tree, path, agent_id, task_id, acquired_at, leased_at, ttl)
             VALUES ('path', '', 'x', 'a', 'i', 1, 1, 5);",
        );
        let lines = |sql: &str| {
            let mut statement = new.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap().join(" ")
        };
        assert_eq!(
            lines("SELECT concat_ws('|', id, status, attempts, waits, rank) FROM task ORDER BY id"),
            "c|cancelled|0|0|0 d|done|0|0|0 i|in_progress|1|0|2 p|pending|0|0|0 q|pending|0|1|1 r|blocked|0|1|0"
        );
        assert_eq!(
            lines(
                "SELECT concat_ws('|', task_id, depends_on_id, kind, verdict) FROM task_dependency ORDER BY 1"
            ),
            "p|c|always|holds p|d|after|holds q|d|after|holds q|i|after|waits r|q|after|waits"
        );
        assert_eq!(lines("SELECT path FROM task_file"), "src/a.rs");
        assert_eq!(lines("SELECT task_id FROM lock"), "i");
        assert_eq!(lines("SELECT current_task_id FROM agent"), "i");
        assert_eq!(
            lines("SELECT 'broken ' || \"table\" FROM pragma_foreign_key_check"),
            ""
        );
        new.execute("UPDATE task SET status = 'failed' WHERE id = 'i'", [])
            .unwrap();
        new.execute("UPDATE task SET status = 'lost' WHERE id = 'i'", [])
            .unwrap_err();
    }

    #[test]
    fn a_store_of_the_seventh_version_keeps_what_it_holds_and_takes_votes() {
        let (_place, new) = migrated(
            7,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO decision (id, agent_id, body, created_at) VALUES ('dec-1', 'a', 'x', 1);",
        );
        let vote = "INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts, state, closed_at, winner,
                 decision_id) VALUES (?1, 'x', 'a', 'majority', 1, 1, 1, ?2, ?3, ?4, 'dec-1')";
        new.execute(vote, rusqlite::params!["vote-1", "passed", 1, 0])
            .unwrap();
        // Whatever is closed has a time, and whatever passed an option.
        new.execute(vote, rusqlite::params!["vote-2", "passed", None::<i64>, 0])
            .unwrap_err();
        new.execute(vote, rusqlite::params!["vote-2", "passed", 1, None::<i64>])
            .unwrap_err();
    }

    #[test]
    fn mail_of_the_second_version_keeps_how_far_it_has_come() {
        let (_place, new) = migrated(
            2,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO message (id, sender_id, address, body, created_at) VALUES
                 ('waits', 'a', 'ALL', 'x', 1), ('shown', 'a', 'a', 'x', 2), ('read', 'a', 'a', 'x', 3),
                 ('acked', 'a', 'a', 'x', 4);
             INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at, acked_at) VALUES
                 ('a', 'waits', 1, 0, NULL, NULL), ('a', 'shown', 2, 1, NULL, NULL), ('a', 'read', 3, 1, 30, NULL),
                 ('a', 'acked', 4, 1, 40, 41);
             INSERT INTO delivery (agent_id, message_id, state, state_at) VALUES
                 ('a', 'waits', 'queued', 1), ('a', 'shown', 'offered', 20), ('a', 'read', 'queued', 3),
                 ('a', 'acked', 'offered', 4);",
        );
        let mut statement = new
            .prepare(
                "SELECT m.id || ' ' || m.address || ' ' || d.state || ' ' || d.state_at FROM message m
                 JOIN delivery d ON d.message_id = m.id ORDER BY m.created_at",
            )
            .unwrap();
        let rows: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            rows,
            [
                "waits all queued 1",
                "shown a delivered 20",
                "read a read 30",
                "acked a acknowledged 41"
            ]
        );
    }

    #[test]
    fn what_the_third_version_recorded_of_tasks_is_found_along_an_index() {
        let (_place, new) = migrated(
            3,
            "INSERT INTO task (id, title, created_at, updated_at) VALUES ('task-1', 'T', 1, 1);
             INSERT INTO activity (id, event, body, created_at) VALUES
                 ('act-1', 'task.created', 'task-1', 1), ('act-2', 'edit', 'task-1', 1);",
        );
        assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
        let found: String = new
            .query_row(
                "SELECT group_concat(id) FROM activity INDEXED BY activity_of_task
                 WHERE event GLOB 'task.*' AND body = 'task-1'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(found, "act-1");
        new.execute("INSERT INTO task_origin VALUES ('plan.md/t', 'task-1')", [])
            .unwrap();
        new.execute("INSERT INTO task_origin VALUES ('plan.md/t', 'task-1')", [])
            .unwrap_err();
    }

    #[test]
    fn what_the_fifth_version_held_is_found_by_its_words() {
        let (_place, new) = migrated(
            5,
            "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
             INSERT INTO message (id, sender_id, address, body, created_at) VALUES ('m', 'a', 'b', 'one word', 1);
             INSERT INTO decision (id, agent_id, body, created_at) VALUES ('d', 'a', 'another word', 1);
             INSERT INTO task (id, title, description, status, created_at, updated_at) VALUES
                 ('t', 'the last', NULL, 'pending', 1, 1), ('u', 'word', 'x', 'done', 1, 1);
             INSERT INTO task_trail (task_id, kind, body, created_at) VALUES ('t', 'comment', 'word', 1);",
        );
        let found = |word: &str| {
            new.query_row(
                "SELECT group_concat(d.id, ' ' ORDER BY d.id) FROM search_words
                 JOIN search_document d ON d.number = search_words.rowid WHERE search_words MATCH ?1",
                [word],
                |row| row.get::<_, Option<String>>(0),
            )
            .unwrap()
            .unwrap_or_default()
        };
        assert_eq!(found("word"), "d m t u");
        assert_eq!(found("last"), "t");
        new.execute_batch(
            "DELETE FROM message; UPDATE decision SET body = 'changed'; DELETE FROM task WHERE id = 'u'",
        )
        .unwrap();
        assert_eq!(found("word"), "t");
        assert_eq!(found("changed"), "d");
    }
}

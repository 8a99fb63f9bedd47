//! `agent-sync doctor --repair`: a damaged store becomes a whole one, and what is lost is said.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::env::TestEnv;

const PAGE: usize = 4096;
const TASKS: usize = 120;

/// A store with something in every part, folded into one file.
fn full() -> TestEnv {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice
        .run(["lock", "acquire", "README", "--ttl", "24h"])
        .succeeds();
    bob.tells("alice", "hello");
    alice.run(["decision", "add", "Use tabs"]).succeeds();
    let task = alice
        .run(["task", "create", "First", "--file", "README"])
        .id("task-");
    alice.run(["task", "claim", &task]).succeeds();
    // Many rows, so that every table has pages of its own: written as the program writes them.
    let long = "x".repeat(300);
    let mut sql = env.sql();
    let transaction = sql.transaction().unwrap();
    for number in 0..TASKS - 1 {
        let id = format!("task-{number:08}");
        transaction
            .execute(
                "INSERT INTO task (id, title, status, created_at, updated_at) VALUES (?1, ?2, 'pending', 1, 1)",
                [&id, &format!("Task {number} {long}")],
            )
            .unwrap();
        transaction
            .execute(
                "INSERT INTO activity (id, event, body, created_at) VALUES (?1, 'task.created', ?2, 1)",
                [&format!("act-{number:08}"), &id],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
    sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(sql);
    env
}

/// How many rows a table has.
fn count(env: &TestEnv, table: &str) -> usize {
    let sql = format!("SELECT count(*) FROM {table}");
    let count: i64 = env.sql().query_row(&sql, [], |row| row.get(0)).unwrap();
    usize::try_from(count).unwrap()
}

fn kept(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.path(".git/agent-sync/quarantine"))
        .into_iter()
        .flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Damages the store, repairs it, and returns the report; whatever was there is kept to the byte.
fn repaired(env: &TestEnv, damaged: &[u8]) -> Value {
    let before = kept(env);
    fs::write(env.database(), damaged).unwrap();
    let report = env
        .human()
        .run(["doctor", "--repair", "--json"])
        .succeeds()
        .json();
    assert_eq!(report["ok"], true, "{report}");
    let new: Vec<PathBuf> = kept(env)
        .into_iter()
        .filter(|path| !before.contains(path))
        .collect();
    let [place] = &new[..] else { panic!("{new:?}") };
    assert_eq!(fs::read(place.join("state.sqlite")).unwrap(), damaged);
    env.human().run(["doctor", "--check"]).succeeds();
    env.agent("carol").run(["lock", "acquire", "new"]).succeeds();
    report
}

fn rows<'a>(report: &'a Value, table: &str) -> &'a Value {
    let mut tables = report["tables"].as_array().unwrap().iter();
    tables.find(|rows| rows["table"] == table).unwrap()
}

#[test]
fn where_nothing_is_damaged_nothing_is_done() {
    let env = full();
    let before = fs::read(env.database()).unwrap();
    env.human()
        .run(["doctor", "--repair"])
        .succeeds()
        .says("nothing is damaged, and nothing was changed");
    assert_eq!(fs::read(env.database()).unwrap(), before);
    assert!(kept(&env).is_empty());
}

#[test]
fn a_header_of_garbage_costs_no_row() {
    let env = full();
    let mut bytes = fs::read(env.database()).unwrap();
    bytes[..100].fill(0xa5);
    let report = repaired(&env, &bytes);
    assert_eq!(
        (&rows(&report, "task")["read"], &rows(&report, "task")["lost"]),
        (&TASKS.into(), &0.into())
    );
    assert!(env.agent("bob").before_edit("README").is_refusal());
    let locks = env.human().run(["lock", "list", "--json"]).json();
    assert_eq!(locks[1]["fence"], 2, "fences go on: {locks}");
}

#[test]
fn every_single_page_may_be_lost_and_with_a_copy_nothing_of_the_repository_is() {
    for with_copy in [false, true] {
        let env = full();
        if with_copy {
            env.human().run(["backup"]).succeeds();
        }
        env.sql()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let whole = fs::read(env.database()).unwrap();
        let (mut lossy, mut pages) = (0, 0);
        for page in (0..whole.len() / PAGE).step_by(if with_copy { 5 } else { 3 }) {
            let mut damaged = whole.clone();
            damaged[page * PAGE..(page + 1) * PAGE].fill(0xa5);
            for suffix in ["-wal", "-shm"] {
                let _may_be_absent = fs::remove_file(format!("{}{suffix}", env.database().display()));
            }
            fs::write(env.database(), &damaged).unwrap();
            let repair = env.human().run(["doctor", "--repair"]).succeeds();
            pages += 1;
            env.human().run(["doctor", "--check"]).succeeds();
            lossy += usize::from(count(&env, "task") < TASKS);
            if with_copy {
                assert_eq!(count(&env, "task"), TASKS, "page {page}: {}", repair.shown());
                assert_eq!(count(&env, "message"), 1, "page {page}");
                assert_eq!(count(&env, "decision"), 1, "page {page}");
                assert!(count(&env, "activity") >= TASKS, "page {page}");
            }
        }
        assert!(
            pages > 10 && (with_copy || lossy > 0),
            "{pages} pages, {lossy} with loss"
        );
    }
}

#[test]
fn a_file_that_was_cut_keeps_what_is_in_it() {
    let env = full();
    let whole = fs::read(env.database()).unwrap();
    let report = repaired(&env, &whole[..whole.len() / 2 / PAGE * PAGE]);
    assert_eq!(report["was_readable"], true);
    let task = rows(&report, "task");
    assert!(task["lost"].is_null() || task["lost"].as_u64().unwrap() > 0 || task["read"] == TASKS);
    let saved: u64 = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rows| rows["read"].as_u64().unwrap())
        .sum();
    assert!(saved > 10, "{report}");
}

#[test]
fn where_nothing_can_be_read_the_newest_copy_takes_its_place() {
    for damaged in [&b""[..], b"no database ", b"SQLite format 3\0"] {
        let env = full();
        env.human().run(["backup"]).succeeds();
        env.agent("alice")
            .run(["task", "create", "After the copy"])
            .succeeds();
        let _may_be_absent = fs::remove_file(env.path(".claude/coordination/state.sqlite-wal"));
        let report = repaired(&env, &damaged.repeat(1_000));
        assert_eq!(
            (&report["was_readable"], count(&env, "task")),
            (&false.into(), TASKS)
        );
        // Nobody knows what was given out since the copy.
        let fence = env.agent("dora").run(["lock", "acquire", "other"]).succeeds();
        assert!(fence.stdout.contains("fence 10000"), "{}", fence.shown());
    }
}

#[test]
fn without_a_copy_it_is_said_that_all_is_lost() {
    let env = full();
    fs::write(env.database(), "no database ".repeat(1_000)).unwrap();
    let repair = env.human().run(["doctor", "--repair"]).succeeds();
    repair
        .says("Repaired: file is not a database")
        .says("read from it: 0 rows")
        .says("lost: everything; there is no copy, and the store is empty now")
        .says("the damaged files are kept in");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_store_that_is_gone_comes_back_from_its_copy() {
    let env = full();
    env.human().run(["backup"]).succeeds();
    fs::remove_dir_all(env.path(".claude/coordination")).unwrap();
    env.human()
        .run(["doctor", "--repair"])
        .succeeds()
        .says("Repaired: the store was gone");
    assert_eq!(count(&env, "task"), TASKS);
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn what_is_no_damaged_store_of_ours_is_left_alone() {
    let env = TestEnv::new();
    env.human().run(["doctor", "--repair"]).ends_with(4);
    assert!(!env.path(".claude").exists());
    let env = full();
    env.sql()
        .execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    env.human()
        .run(["doctor", "--repair"])
        .ends_with(1)
        .complains("version 99");
    // One that nobody here made or adopted.
    let env = full();
    fs::remove_dir_all(env.path(".git/agent-sync")).unwrap();
    let mut bytes = fs::read(env.database()).unwrap();
    bytes[..100].fill(0xa5);
    fs::write(env.database(), &bytes).unwrap();
    env.human()
        .run(["doctor", "--repair"])
        .ends_with(3)
        .complains("is not trusted");
    assert_eq!(fs::read(env.database()).unwrap(), bytes);
}

#[test]
fn a_repair_that_was_interrupted_is_finished() {
    let env = full();
    let whole = fs::read(env.database()).unwrap();
    let mended = env.path(".claude/coordination/state.sqlite.mended");
    fs::write(&mended, &whole).unwrap();
    fs::write(env.database(), "no database ".repeat(1_000)).unwrap();
    env.human()
        .run(["lock", "list"])
        .ends_with(1)
        .complains("agent-sync doctor --repair");
    env.human().run(["doctor", "--repair"]).succeeds();
    assert!(!mended.exists());
    assert_eq!(count(&env, "task"), TASKS);
}

//! `backup`, `restore`, `export` and `import`, and the copies that are made in passing.

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{HOUR, TestEnv};

/// The copies of the store, by name.
fn copies(env: &TestEnv) -> Vec<String> {
    let directory = env.path(".git/agent-sync/backup");
    let mut names: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What lies in quarantine.
fn kept(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.path(".git/agent-sync/quarantine"))
        .into_iter()
        .flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_backup_is_made_and_put_back() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let first = alice.run(["task", "create", "First"]).id("task-");
    let made = env.human().run(["backup", "copy.sqlite"]).shown();
    let (path, rest) = made.split_once(" (").unwrap();
    assert_snapshot!(format!("{path} ({}", rest.split_once(' ').unwrap().1), @"
    exit 0
    stdout:
    Backed up to /repo/copy.sqlite (kB)
      1 agent, 1 task, 0 locks, 0 messages, 0 decisions
    ");
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice.run(["task", "create", "Second"]).succeeds();
    alice.hook("stop", &json!({})).succeeds();
    let restored = env.human().run(["restore", "copy.sqlite"]).succeeds();
    assert_eq!(kept(&env).len(), 1);
    let aside = kept(&env)[0].file_name().unwrap().to_str().unwrap().to_owned();
    assert_snapshot!(restored.shown().replace(&aside, "[kept]"), @"
    exit 0
    stdout:
    Restored /repo/copy.sqlite
      now: 1 agent, 1 task, 0 locks, 0 messages, 0 decisions
      before: 1 agent, 2 tasks, 1 lock, 0 messages, 0 decisions
      what was here is kept as /repo/.git/agent-sync/quarantine/[kept]
    ");
    let tasks = env.human().run(["task", "list", "--json"]).json();
    assert_eq!(tasks.as_array().unwrap().len(), 1);
    assert_eq!(tasks[0]["id"], json!(first));
    env.human().run(["doctor", "--check"]).succeeds();
    // The fence of the lock that is gone is not given out again.
    alice
        .run(["lock", "acquire", "README"])
        .succeeds()
        .says("fence 2");
    // And what was there can be had again.
    let aside = kept(&env)[0].clone();
    alice.hook("stop", &json!({})).succeeds();
    env.human().run(["restore", aside.to_str().unwrap()]).succeeds();
    assert_eq!(
        env.human()
            .run(["task", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_backup_overwrites_nothing_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::new();
    env.human().run(["backup"]).ends_with(4);
    env.agent("alice").run(["task", "create", "First"]).succeeds();
    env.write("there", "mine\n");
    assert_snapshot!(env.human().run(["backup", "there"]).shown(), @"
    exit 3
    stderr:
    error: /repo/there is there already
    hint: name a file that is not there yet
    ");
    assert_eq!(env.read("there"), "mine\n");
    assert_snapshot!(env.human().run(["backup", "sub/none"]).shown(), @"
    exit 4
    stderr:
    error: there is no directory /repo/sub
    hint: make it first, or name a file elsewhere
    ");
    env.human().run(["backup"]).succeeds();
    let [name] = &copies(&env)[..] else {
        panic!("{:?}", copies(&env))
    };
    assert!(name.starts_with("state-manual-20270115T080000Z-"), "{name}");
    let file = env.path(".git/agent-sync/backup").join(name);
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn only_a_whole_store_is_restored() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    let human = env.human();
    human.run(["restore", "nothing"]).ends_with(4);
    human.run(["restore", "."]).ends_with(3).complains("is no file");
    human
        .run(["restore", "README"])
        .ends_with(3)
        .complains("is damaged: file is not a database");
    let refuse = |sql: &str, why: &str| {
        let file = env.path("copy.sqlite");
        let _may_be_absent = fs::remove_file(&file);
        human.run(["backup", "copy.sqlite"]).succeeds();
        rusqlite::Connection::open(&file)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        human
            .run(["restore", "copy.sqlite", "--force"])
            .ends_with(3)
            .complains(why);
        assert!(kept(&env).is_empty());
        assert!(alice.run(["lock", "list"]).stdout.contains("README"));
    };
    refuse("PRAGMA user_version = 99", "has version 99");
    refuse("PRAGMA application_id = 5", "is no store of agent-sync");
    refuse(
        "DELETE FROM activity",
        "there is no record of how a lock was taken",
    );
    refuse(
        "PRAGMA foreign_keys = OFF; UPDATE lock SET agent_id = 'x'",
        "refers to one that is not there",
    );
}

#[test]
fn a_restore_waits_for_others_in_the_middle_of_a_turn() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["backup", "copy.sqlite"]).succeeds();
    assert_snapshot!(alice.run(["restore", "copy.sqlite"]).shown(), @"
    exit 3
    stderr:
    error: bob is in the middle of a turn and would lose what they hold
    hint: wait until they are done, or say --force
    ");
    bob.hook("stop", &json!({})).succeeds();
    alice.run(["restore", "copy.sqlite"]).succeeds();
}

#[test]
fn a_store_that_does_not_work_is_exchanged_by_a_restore_and_kept() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice.run(["task", "create", "First"]).succeeds();
    alice.run(["backup", "copy.sqlite"]).succeeds();
    for damage in [
        &b"no database at all, and long enough to be one"[..],
        b"SQLite format 3\0",
    ] {
        let before = kept(&env).len();
        fs::write(env.database(), damage.repeat(200)).unwrap();
        env.human()
            .run(["restore", "copy.sqlite"])
            .succeeds()
            .says("what was here is kept as");
        assert_eq!(kept(&env).len(), before + 1);
        env.human().run(["doctor", "--check"]).succeeds();
        assert!(alice.run(["task", "list"]).stdout.contains("First"));
        alice.run(["task", "create", "Another"]).succeeds();
    }
    fs::remove_dir_all(env.path(".claude/coordination")).unwrap();
    env.human().run(["restore", "copy.sqlite"]).succeeds();
    assert!(alice.run(["task", "list"]).stdout.contains("First"));
}

#[test]
fn a_copy_is_made_once_a_day_in_passing_and_few_are_kept() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.advance(23 * HOUR);
    alice.run(["task", "create", "First"]).succeeds();
    assert_eq!(copies(&env), [""; 0], "a new store has little to lose");
    alice.run(["config", "set", "backup.keep", "3"]).succeeds();
    for day in 0..6 {
        env.advance(if day == 0 { HOUR } else { 24 * HOUR });
        env.human().run(["gc"]).succeeds();
        alice.run(["task", "create", "Next"]).succeeds();
        assert_eq!(copies(&env).len(), (day + 1).min(3));
    }
    assert!(
        copies(&env)[2].starts_with("state-daily-20270121T080000Z-"),
        "{:?}",
        copies(&env)
    );
    let newest = env.path(".git/agent-sync/backup").join(&copies(&env)[2]);
    alice.hook("stop", &json!({})).succeeds();
    env.human().run(["restore", newest.to_str().unwrap()]).succeeds();
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn setting_up_again_makes_a_copy_too() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    env.human().run(["init"]).succeeds();
    assert_eq!(copies(&env).len(), 0);
    env.advance(2 * HOUR);
    env.human().run(["init"]).succeeds();
    assert_eq!(copies(&env).len(), 1);
}

#[test]
fn a_damaged_store_pushes_no_copy_out() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["config", "set", "backup.keep", "1"]).succeeds();
    alice.run(["backup"]).succeeds();
    env.advance(25 * HOUR);
    env.human().run(["gc"]).succeeds();
    let before = copies(&env);
    assert_eq!(before.len(), 2);
    // An index that does not agree with its table is not noticed by those who work.
    env.sql()
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'lock_by_task')
             WHERE name = 'task_by_title'",
        )
        .unwrap();
    env.advance(25 * HOUR);
    env.human().run(["gc"]).succeeds();
    assert_eq!(copies(&env), before);
}

#[test]
fn what_is_exported_is_imported_elsewhere() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let task = alice
        .run(["task", "create", "First", "--file", "README"])
        .id("task-");
    alice.run(["task", "claim", &task, "--lock"]).succeeds();
    alice.run(["decision", "add", "Use tabs \u{202e}"]).succeeds();
    let exported = env.human().run(["export"]).succeeds();
    assert!(exported.stdout.is_ascii());
    let mut lines = exported.stdout.lines();
    assert_eq!(lines.next(), Some("{\"export\":\"agent-sync\",\"schema\":12}"));
    assert_eq!(lines.next_back(), Some("{\"end\":true,\"rows\":9}"));
    let other = TestEnv::new();
    other.set_up();
    let imported = other
        .human()
        .run_with(&["import", "-"], exported.stdout.as_bytes());
    assert_snapshot!(imported.succeeds().shown(), @"
    exit 0
    stdout:
    Imported 9 rows; 0 were here already, 0 differ and stay as they are here
    TABLE      ADDED  SAME  KEPT
    activity   5      0     0
    agent      1      0     0
    decision   1      0     0
    task       1      0     0
    task_file  1      0     0
    ");
    // The human who imported it is an agent of the other store, and of it alone.
    let back = other.human().run(["export"]).succeeds().stdout;
    let shared: Vec<&str> = back
        .lines()
        .filter(|line| exported.stdout.contains(line))
        .collect();
    assert_eq!(shared.len(), exported.stdout.lines().count() - 1);
    other.human().run(["doctor", "--check"]).succeeds();
    let human = env.human();
    human
        .run(["export", "-o", "out.jsonl"])
        .succeeds()
        .says("Exported 9 rows");
    human.run(["export", "-o", "out.jsonl"]).ends_with(3);
    assert_eq!(env.read("out.jsonl"), exported.stdout);
}

#[test]
fn an_import_that_is_wrong_names_its_line_and_does_nothing() {
    let env = TestEnv::new();
    let human = env.human();
    human.run(["config", "set", "lock.ttl", "5m"]).succeeds();
    let before = human.run(["export"]).succeeds().stdout;
    let head = "{\"export\":\"agent-sync\",\"schema\":12}\n";
    for (text, complaint) in [
        (String::new(), "line 1 is not the beginning of an export"),
        ("{}\n{}\n".to_owned(), "line 1 is not the beginning"),
        (
            "{\"export\":\"agent-sync\",\"schema\":99}\n{\"end\":true,\"rows\":0}\n".to_owned(),
            "says schema 99",
        ),
        (
            format!("{head}{{\"table\":\"x\",\"row\":{{}}}}\n"),
            "line 2 is not the end of an export",
        ),
        (
            format!("{head}{{\"end\":true,\"rows\":1}}\n"),
            "line 2 says 1 rows, and there are 0",
        ),
        (
            format!("{head}nonsense\n{{\"end\":true,\"rows\":1}}\n"),
            "line 2 is not a row",
        ),
        (
            format!("{head}{{\"table\":\"x\",\"row\":{{}}}}\n{{\"end\":true,\"rows\":1}}\n"),
            "line 2 does not fit: version 12 has no table x",
        ),
        (
            format!("{head}{{\"table\":\"lock\",\"row\":{{}}}}\n{{\"end\":true,\"rows\":1}}\n"),
            "belong to one machine",
        ),
    ] {
        human
            .run_with(&["import", "-"], text.as_bytes())
            .ends_with(3)
            .complains(complaint);
    }
    human
        .run_with(&["import", "-"], b"{\n\xff\n")
        .ends_with(3)
        .complains("line 2 is not UTF-8");
    human.run(["import", "nothing"]).ends_with(4);
    assert_eq!(human.run(["export"]).succeeds().stdout, before);
}

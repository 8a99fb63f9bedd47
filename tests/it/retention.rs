//! `agent-sync gc` and what is cleared by itself: what is too old goes, what somebody needs stays.

use insta::assert_snapshot;

use crate::env::{HOUR, TestEnv};

const DAY: i64 = 24 * HOUR;
/// When tests begin, in milliseconds since the epoch.
const START: i64 = 1_800_000_000_000;

fn count(env: &TestEnv, sql: &str) -> i64 {
    env.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Messages to bob that were read `age` milliseconds before the tests begin.
fn add_old_messages(env: &TestEnv, sender: &str, recipient: &str, name: &str, number: i64, age: i64) {
    let at = START - age;
    env.sql()
        .execute_batch(&format!(
            "PRAGMA foreign_keys = ON;
             PRAGMA journal_size_limit = 0;
             BEGIN;
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {number})
             INSERT INTO message (id, sender_id, address, body, created_at, ttl)
                 SELECT 'msg-{name}' || i, '{sender}', 'bob', 'old news ' || i || ' of {name} ' || hex(randomblob(60)),
                     {at}, 1000 FROM n;
             INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at)
                 SELECT '{recipient}', id, created_at, 1, created_at FROM message WHERE id GLOB 'msg-{name}*';
             INSERT INTO delivery (agent_id, message_id, state, state_at)
                 SELECT '{recipient}', id, 'read', created_at FROM message WHERE id GLOB 'msg-{name}*';
             COMMIT;"
        ))
        .unwrap();
}

#[test]
fn what_is_too_old_is_cleared_and_what_somebody_needs_stays() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let old = alice.tells("bob", "the old zebra");
    bob.run(["message", "read", &old]).succeeds();
    let unread = alice.tells("human", "which zebra?");
    alice.run(["decision", "add", "Zebras are striped"]).succeeds();
    alice.run(["task", "create", "Count the zebras"]).succeeds();
    env.agent("carol").after_edit("README");
    env.advance(20 * DAY);
    alice.is_prompted();
    let answer = bob.run(["message", "send", "--reply-to", &old, "they are gone"]);
    let answer = answer.succeeds().id("msg-");
    env.advance(11 * DAY);
    assert_snapshot!(alice.run(["gc", "--dry-run"]).shown(), @"
    exit 0
    stdout:
    GC would re-status 2 agent(s), remove 0 expired lock(s) and take 0 abandoned task(s) back.
    Too old and would be removed: 1 message(s), 9 entries of the record of what happened, 3 trace(s) of agents.
    ");
    assert_snapshot!(alice.run(["gc", "--dry-run", "--json"]).shown(), @r#"
    exit 0
    stdout:
    {
      "agents": 2,
      "locks": 0,
      "tasks": 0,
      "messages": 1,
      "activity": 9,
      "traces": 3,
      "dry_run": true
    }
    "#);
    assert_eq!(count(&env, "SELECT count(*) FROM message"), 3);
    assert_snapshot!(alice.run(["gc", "--json"]).shown(), @r#"
    exit 0
    stdout:
    {
      "agents": 1,
      "locks": 0,
      "tasks": 0,
      "messages": 1,
      "activity": 9,
      "traces": 3,
      "dry_run": false
    }
    "#);
    alice.run(["message", "show", &old]).ends_with(4);
    assert_snapshot!(alice.run(["gc"]).shown(), @"
    exit 0
    stdout:
    GC complete: 0 agent(s) re-statused, 0 expired lock(s) removed, 0 abandoned task(s) taken back.
    ");
    let human = env.human().with("AGENT_SYNC_ID", "operator");
    human.run(["inbox"]).succeeds().says(&unread);
    alice
        .run(["message", "thread", &answer])
        .succeeds()
        .says("they are gone");
    let zebras = alice.run(["search", "zebra"]).succeeds();
    zebras
        .says("Zebras are striped")
        .says("Count the zebras")
        .says("which zebra?");
    zebras.never_says("the old zebra");
    assert_eq!(count(&env, "SELECT count(*) FROM touch"), 0);
    assert_eq!(count(&env, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn a_repository_may_keep_everything() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let id = alice.tells("bob", "for ever");
    bob.run(["message", "ack", &id]).succeeds();
    assert_snapshot!(alice.run(["config", "set", "retention.messages", "1h"]).shown(), @"
    exit 2
    stderr:
    error: retention.messages is a length of time from 24 h to 3650 d, or `never`
    hint: agent-sync config set retention.messages 90days
    ");
    alice
        .run(["config", "set", "retention.messages", "never"])
        .succeeds();
    alice
        .run(["config", "set", "retention.activity", "0"])
        .succeeds()
        .says("= never");
    env.advance(400 * DAY);
    alice.run(["gc"]).succeeds().never_says("Too old");
    alice.run(["message", "read", &id]).succeeds().says("for ever");
    alice
        .run(["config", "set", "retention.messages", "2days"])
        .succeeds();
    alice.run(["gc"]).succeeds().says("1 message(s)");
}

#[test]
fn commands_clear_a_little_once_a_day_and_hooks_nothing() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    add_old_messages(&env, &alice.id(), &bob.id(), "a", 250, 40 * DAY);
    let left = || count(&env, "SELECT count(*) FROM message");
    alice.run(["decision", "add", "not yet"]).succeeds();
    assert_eq!(left(), 250, "the store is of today");
    env.advance(DAY);
    alice.is_prompted();
    alice.after_edit("README");
    assert_eq!(left(), 250, "hooks have no time for it");
    for expected in [150, 50, 0, 0] {
        alice.run(["activity", "add", "a command"]).succeeds();
        assert_eq!(left(), expected);
    }
    add_old_messages(&env, &alice.id(), &bob.id(), "b", 10, 40 * DAY);
    alice.run(["activity", "add", "a command"]).succeeds();
    assert_eq!(left(), 10, "once a day is enough");
    env.advance(DAY);
    alice.run(["activity", "add", "a command"]).succeeds();
    assert_eq!(left(), 0);
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM search_document WHERE kind = 'message'"
        ),
        0
    );
}

#[test]
fn twenty_thousand_messages_leave_a_file_no_larger_than_five_thousand_do() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let size = |suffix: &str| {
        let file = format!("{}{suffix}", env.database().display());
        std::fs::metadata(file).map_or(0, |file| file.len())
    };
    let mut sizes = Vec::new();
    for name in ["a", "b", "c", "d"] {
        add_old_messages(&env, &alice.id(), &bob.id(), name, 5_000, 40 * DAY);
        alice.run(["gc"]).succeeds().says("5000 message(s)");
        sizes.push(size(""));
        assert!(size("-wal") < 1024 * 1024, "the log is {} bytes", size("-wal"));
    }
    assert!(sizes[3] <= sizes[0] * 5 / 4, "{sizes:?}");
    assert_eq!(count(&env, "SELECT count(*) FROM message"), 0);
    let intact: String = env
        .sql()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(intact, "ok");
}

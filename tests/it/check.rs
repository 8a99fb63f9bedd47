//! `agent-sync doctor --check`: whether all that must hold in a store does.

use insta::assert_snapshot;
use serde_json::json;

use crate::env::TestEnv;

#[test]
fn a_store_that_is_used_is_whole() {
    let env = TestEnv::new();
    env.human().run(["doctor", "--check"]).ends_with(4);
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let task = alice
        .run(["task", "create", "Work", "--file", "README"])
        .id("task-");
    alice.run(["task", "claim", &task, "--lock"]).succeeds();
    bob.tells("alice", "hello");
    alice.is_prompted().succeeds();
    alice.after_edit("README").succeeds();
    alice.run(["task", "done", &task]).succeeds();
    bob.run(["decision", "add", "Use tabs"]).succeeds();
    assert_snapshot!(env.human().run(["doctor", "--check"]).shown(), @"
    exit 0
    stdout:
    whole: all 50 rules hold
    ");
    let report = env.human().run(["doctor", "--check", "--json"]).succeeds().json();
    assert_eq!(report, json!({"ok": true, "rules": 50, "violations": []}));
}

#[test]
fn what_is_broken_is_said_in_words_with_the_rows() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    for number in 0..7 {
        alice
            .run(["task", "create", &format!("Work {number}")])
            .succeeds();
    }
    let task = alice.run(["task", "create", "Work"]).id("task-");
    env.sql()
        .execute_batch(
            "UPDATE task SET status = 'in_progress';
             INSERT INTO session (id, agent_id, bound_at) VALUES ('<b>\u{1b}[31m', (SELECT id FROM agent), 1);
             PRAGMA foreign_keys = OFF;
             UPDATE session SET agent_id = 'nobody' WHERE id LIKE '<b>%'",
        )
        .unwrap();
    let check = env.human().run(["doctor", "--check"]).ends_with(1);
    check
        .says("problem  task.owner           a task in progress has no owner: task-")
        .says("and 3 more")
        .says("problem  session.agent        a session is bound to an agent that is not there: &lt;b&gt;")
        .says("broken: 3 of 50 rules")
        .never_says("\u{1b}[31m");
    let report = env
        .human()
        .run(["doctor", "--check", "--json"])
        .ends_with(1)
        .json();
    assert_eq!(report["ok"], json!(false));
    let mut violations = report["violations"].as_array().unwrap().iter();
    let owner = violations
        .find(|violation| violation["rule"] == "task.owner")
        .unwrap();
    assert_eq!(owner["count"], json!(8));
    assert!(task.starts_with("task-") && owner["rows"].as_array().unwrap().len() == 5);
}

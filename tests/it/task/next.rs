//! Tasks are handed out: whose turn, to whom, and what happens to what the dead had.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::Value;

use crate::env::{Actor, MINUTE, TestEnv};

fn create(actor: &Actor<'_>, title: &str, options: &[&str]) -> String {
    let arguments = [&["task", "create", title][..], options].concat();
    actor.run_with(&arguments, b"").succeeds().id("task-")
}

fn task(actor: &Actor<'_>, id: &str) -> Value {
    actor.run(["task", "show", id, "--json"]).succeeds().json()
}

#[test]
fn whoever_asks_again_gets_its_own_task_back() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "First", &["--priority", "1"]);
    create(&alice, "Second", &[]);
    alice
        .run(["task", "next"])
        .succeeds()
        .says("Claimed task")
        .says("First");
    assert_snapshot!(alice.run(["task", "next"]).shown(), @"
    exit 0
    stdout:
    You already have task `[task 1]`: First [in_progress]
    ");
    assert_snapshot!(alice.run(["task", "next", "--another"]).shown(), @"
    exit 3
    stderr:
    error: you have 1 in progress, and the limit is 1 (tasks.wip_limit)
    hint: finish it first: agent-sync task done [task 1]
    ");
    alice.run(["config", "set", "tasks.wip_limit", "2"]).succeeds();
    alice.run(["task", "next", "--another"]).succeeds().says("Second");
    alice.run(["task", "next", "--another"]).ends_with(3);
    assert_eq!(task(&alice, "First")["attempts"], 1);
}

#[test]
fn the_longest_chain_goes_first_among_equals() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "Alone", &[]);
    env.advance(MINUTE);
    create(&alice, "Root", &[]);
    create(&alice, "Middle", &["--after", "Root"]);
    create(&alice, "End", &["--after", "Middle"]);
    create(&alice, "Urgent", &["--priority", "1"]);
    for expected in ["Urgent", "Root", "Middle", "Alone", "End"] {
        alice.run(["task", "next"]).succeeds().says(expected);
        alice.run(["task", "done", expected]).succeeds();
    }
}

#[test]
fn a_role_gets_its_own_tasks_and_everybodys_and_nobody_else_gets_them() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob"));
    bob.run(["agent", "register", "--name", "bob", "--role", "Reviewer"])
        .succeeds();
    create(&alice, "Review", &["--role", "reviewer", "--label", "api"]);
    assert_snapshot!(alice.run(["task", "next"]).shown(), @"
    exit 0
    stdout:
    No available tasks to claim.
      1 ready for another role
    ");
    bob.run(["task", "next", "--label", "db"])
        .succeeds()
        .says("No available tasks");
    bob.run(["task", "next", "--label", "API"])
        .succeeds()
        .says("Claimed task");
    create(&alice, "Another", &["--role", "reviewer"]);
    alice
        .run(["task", "next", "--role", "reviewer"])
        .succeeds()
        .says("Another");
}

#[test]
fn t6_a_task_whose_files_somebody_else_holds_is_passed_over_and_that_is_said() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    create(&alice, "Held", &["--file", "src/*.rs", "--priority", "1"]);
    create(&alice, "Free", &["--file", "docs"]);
    bob.run(["lock", "acquire", "src/a.rs"]).succeeds();
    assert_snapshot!(alice.run(["task", "next"]).shown(), @"
    exit 0
    stdout:
    Claimed task `[task 1]`: Free [in_progress]
      files: docs
      passed over `[task 2]`: Held: src/*.rs is locked through src/a.rs by bob ([bob], active), taken just now, lapses in 1 h
    ");
}

#[test]
fn whoever_claims_is_told_who_else_touches_the_same_files_and_where() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    create(
        &alice,
        "One",
        &["--file", "src/a.rs", "--accept", "all tests pass"],
    );
    create(&alice, "Two", &["--file", "src"]);
    let worktree = env.worktree("feature");
    alice.run(["task", "claim", "One"]).succeeds();
    assert_snapshot!(bob.at(worktree).run(["task", "claim", "Two", "--lock"]).shown(), @"
    exit 0
    stdout:
    Claimed task `[task 1]`: Two [in_progress]
      locked: src (worktree feature)
      also touched by alice in the main worktree for `[task 2]`: One: src
    ");
}

#[test]
fn t6_what_the_dead_had_comes_back_even_blocked_and_fails_after_too_many_attempts() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let id = create(&alice, "Hard", &["--max-attempts", "2"]);
    create(&alice, "Later", &["--after", "Hard"]);
    create(&alice, "Plan B", &["--on-failure", "Hard"]);
    let first = env.agent("first").living().called("first");
    first.run(["task", "next"]).succeeds().says("Hard");
    first.run(["task", "block", &id, "--reason", "no key"]).succeeds();
    first.kill();
    let second = env.agent("second").living().called("second");
    let out = second.run(["task", "next"]);
    out.succeeds().says("attempt 2").says("it was blocked: no key");
    assert_eq!(task(&alice, &id)["owner_name"], "second");
    second.kill();
    alice.run(["task", "next"]).succeeds().says("Plan B");
    let hard = task(&alice, &id);
    assert_eq!(
        (&hard["status"], &hard["attempts"]),
        (&"failed".into(), &2.into())
    );
    assert!(
        hard["end_reason"].as_str().unwrap().contains("abandoned 2 times"),
        "{hard}"
    );
    assert_eq!(task(&alice, "Later")["status"], "cancelled");
}

#[test]
fn a_quiet_owner_without_proof_keeps_its_task_until_it_counts_as_gone() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    create(&alice, "Slow", &[]);
    alice.run(["task", "next"]).succeeds();
    env.advance(119 * MINUTE);
    bob.run(["task", "next"])
        .succeeds()
        .says("No available tasks")
        .says("1 in progress");
    env.advance(MINUTE);
    bob.run(["task", "next"]).succeeds().says("Claimed task");
    alice.run(["task", "done", "Slow"]).ends_with(3);
}

#[test]
fn t8_a_second_task_leaves_the_first_ones_place_and_says_that_it_is_one_too_many() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let first = create(&alice, "First", &[]);
    create(&alice, "Second", &[]);
    alice.run(["task", "claim", "First"]).succeeds();
    alice
        .run(["task", "claim", "Second"])
        .succeeds()
        .says("you have 2 in progress; the limit is 1");
    alice.run(["task", "done", "Second"]).succeeds();
    let me = alice.run(["agent", "show", "--json"]).succeeds().json();
    assert_eq!(me["current_task_id"], first.as_str(), "{me}");
    alice
        .run(["task", "next"])
        .succeeds()
        .says("You already have task")
        .says("First");
}

#[test]
fn who_waits_is_woken_by_what_becomes_ready_or_told_why_there_was_nothing() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    env.use_real_clock();
    create(&alice, "First", &[]);
    create(&alice, "Second", &["--after", "First"]);
    alice.run(["task", "next"]).succeeds();
    bob.run(["task", "next", "--wait", "1"])
        .ends_with(5)
        .complains("nothing is ready for you: 1 waiting for others, 1 in progress");
    let mut waiting = bob.shell();
    waiting.args(["task", "next", "--wait", "60s"]);
    let waiting = waiting.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let began = Instant::now();
    alice.run(["task", "done", "First"]).succeeds();
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Second"));
    assert!(began.elapsed() < Duration::from_secs(20), "it was not woken");
}

//! What a task asks of others: success, failure, an end, a result.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::env::{Actor, TestEnv};

fn create(actor: &Actor<'_>, title: &str, options: &[&str]) -> String {
    let arguments = [&["task", "create", title][..], options].concat();
    actor.run_with(&arguments, b"").succeeds().id("task-")
}

fn status(actor: &Actor<'_>, task: &str) -> Value {
    actor.run(["task", "show", task, "--json"]).succeeds().json()["status"].clone()
}

#[test]
fn a_result_decides_which_branch_is_taken_and_the_other_is_cancelled_with_the_reason() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "review", &[]);
    create(&alice, "ship", &["--when", "review.quality_score > 0.8"]);
    create(&alice, "polish", &["--when", "review.quality_score <= 0.8"]);
    create(&alice, "announce", &["--after", "ship"]);
    alice.run(["task", "claim", "review"]).succeeds();
    let done = alice.run([
        "task",
        "done",
        "review",
        "--result",
        "quality_score=0.75",
        "--evidence",
        "read it all",
    ]);
    assert_snapshot!(done.shown(), @r#"
    exit 0
    stdout:
    Completed task `[task 1]`: review
      now claimable (dependencies satisfied): `[task 2]` polish
      cancelled, since it can never begin: `[task 3]` ship ([task 1].quality_score is 0.75, which is not &gt; 0.8), `[task 4]` announce ([task 3] was cancelled)
    "#);
    let shown: Value = alice.run(["task", "show", "review", "--json"]).json();
    assert_eq!(shown["results"], json!({"quality_score": 0.75}));
    assert_eq!(shown["trail"][0]["kind"], "evidence");
    // Reopened, everything is open again.
    alice
        .run(["task", "reopen", "review"])
        .succeeds()
        .says("back on the board");
    for task in ["ship", "polish", "announce"] {
        assert_eq!(status(&alice, task), "pending", "{task}");
    }
    alice.run(["task", "claim", "review"]).succeeds();
    alice
        .run(["task", "done", "review", "--result", "quality_score=high"])
        .succeeds();
    let polish: Value = alice.run(["task", "show", "polish", "--json"]).json();
    let why = polish["end_reason"].as_str().unwrap().to_owned();
    assert!(
        why.contains("is \"high\", a text, and cannot be compared with the number 0.8"),
        "{why}"
    );
}

#[test]
fn a_failure_starts_the_fallback_and_ends_what_waited_for_success() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "deploy", &[]);
    create(&alice, "smoke test", &["--after", "deploy"]);
    create(
        &alice,
        "roll back",
        &["--on-failure", "deploy", "--priority", "1"],
    );
    create(&alice, "tidy up", &["--always", "deploy"]);
    alice.run(["task", "claim", "deploy"]).succeeds();
    let failed = alice.run(["task", "fail", "deploy", "--reason", "no disk"]);
    assert_snapshot!(failed.shown(), @"
    exit 0
    stdout:
    Failed task `[task 1]`: deploy — no disk
      now claimable (dependencies satisfied): `[task 2]` roll back, `[task 3]` tidy up
      cancelled, since it can never begin: `[task 4]` smoke test ([task 1] failed)
    ");
    assert_snapshot!(env.human().run(["task", "show", "roll back"]).shown(), @"
    exit 0
    stdout:
    task:       [task 2]
    title:      roll back
    state:      pending
    priority:   1
    created:    just now
    changed:    just now
    created by: alice
    asks of:    `[task 1]`: deploy [failed] (if it fails), holds

    WHEN      WHO    WHAT          ABOUT
    just now  alice  task.created  [task 2]
    ");
}

#[test]
fn a_dependency_on_what_has_ended_is_judged_at_once() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "first", &[]);
    alice.run(["task", "claim", "first"]).succeeds();
    alice.run(["task", "done", "first", "--result", "n=3"]).succeeds();
    assert_eq!(
        status(&alice, &create(&alice, "more", &["--when", "first.n > 2"])),
        "pending"
    );
    assert_snapshot!(alice.run(["task", "create", "less", "--when", "first.n < 2"]).shown(), @"
    exit 0
    stdout:
    Created task `[task 1]`: less
      depends on: [task 2] (when n &lt; 2)
      cancelled: [task 2].n is 3, which is not &lt; 2
    ");
    // Without the dependency it can begin after all.
    let freed = alice.run(["task", "depend", "less", "--remove", "first"]);
    freed.succeeds().says("back on the board").says("now claimable");
    assert_eq!(status(&alice, "less"), "pending");
}

#[test]
fn conditions_that_cannot_be_read_and_tasks_that_are_not_there_are_refused() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    create(&alice, "review", &[]);
    assert_snapshot!(alice.run(["task", "create", "T", "--when", "review.score = 1"]).shown(), @"
    exit 2
    stderr:
    error: --when at character 14: expected one of == != < <= > >=
    hint: for example: --when 'review.score > 0.8'
    ");
    for option in ["--after", "--on-failure", "--always"] {
        alice.run(["task", "create", "T", option, "nobody"]).ends_with(4);
    }
    alice
        .run(["task", "create", "T", "--when", "nobody.x == 1"])
        .ends_with(4);
    alice.run(["task", "depend", "review"]).ends_with(2);
    alice
        .run(["task", "done", "review", "--result", "novalue"])
        .ends_with(2);
    let board = alice.run(["task", "list", "--json"]).json();
    assert_eq!(board.as_array().map(Vec::len), Some(1));
}

#[test]
fn whoever_works_on_what_depends_on_a_reopened_task_is_told() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    create(&alice, "first", &[]);
    let second = create(&alice, "second", &["--after", "first"]);
    alice.run(["task", "claim", "first"]).succeeds();
    alice.run(["task", "done", "first"]).succeeds();
    bob.run(["task", "claim", "second"]).succeeds();
    let reopened = alice.run(["task", "reopen", "first"]);
    reopened
        .succeeds()
        .says("in progress without what it depends on")
        .says("bob was told");
    assert_eq!(status(&bob, &second), "in_progress");
    bob.run(["message", "inbox"])
        .succeeds()
        .says("which is pending now");
}

#[test]
fn a_task_that_could_never_begin_is_not_reopened() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let first = create(&alice, "first", &[]);
    create(&alice, "second", &["--after", "first"]);
    alice.run(["task", "cancel", "first"]).succeeds();
    assert_eq!(status(&alice, "second"), "cancelled");
    alice
        .run(["task", "reopen", "second"])
        .ends_with(3)
        .complains("could never begin")
        .complains(&format!("agent-sync task reopen {first}"));
}

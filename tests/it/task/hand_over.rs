//! A task goes from one agent to another.

use insta::assert_snapshot;
use serde_json::Value;

use crate::env::{Actor, TestEnv};

fn task(actor: &Actor<'_>, id: &str) -> Value {
    actor.run(["task", "show", id, "--json"]).succeeds().json()
}

#[test]
fn an_offered_task_moves_with_its_locks_when_it_is_accepted() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice
        .run(["task", "create", "Guide", "--file", "guide.md"])
        .succeeds();
    alice.run(["task", "claim", "Guide", "--lock"]).succeeds();
    let fence = alice.run(["lock", "list", "--json"]).json()[0]["fence"].clone();
    assert_snapshot!(alice.run(["task", "handoff", "Guide", "--to", "bob", "--note", "half done"]).shown(), @"
    exit 0
    stdout:
    Offered task `[task 1]`: Guide
      to bob ([bob]); it stays yours until it is accepted
    ");
    assert_eq!(task(&alice, "Guide")["owner_name"], "alice");
    let told = bob.is_prompted().succeeds().told();
    assert!(
        told.contains("half done") && told.contains("task accept"),
        "{told}"
    );
    assert!(!alice.before_edit("guide.md").is_refusal());
    assert_snapshot!(bob.run(["task", "accept", "Guide"]).shown(), @"
    exit 0
    stdout:
    Accepted task `[task 1]`: Guide from alice
      locked: guide.md
      alice: handed over by alice: half done
    ");
    assert!(alice.before_edit("guide.md").is_refusal());
    let locks = alice.run(["lock", "list", "--json"]).json();
    assert!(locks[0]["fence"].as_i64() > fence.as_i64(), "{locks}");
    assert!(alice.is_prompted().told().contains("is with bob now"));
    let after = task(&bob, "Guide");
    assert_eq!(
        (&after["owner_name"], &after["attempts"]),
        (&"bob".into(), &1.into())
    );
    bob.run(["task", "done", "Guide"]).succeeds();
    assert!(!alice.before_edit("guide.md").is_refusal());
}

#[test]
fn a_declined_task_stays_where_it_is_and_its_owner_is_told() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["task", "create", "Guide"]).succeeds();
    alice.run(["task", "claim", "Guide"]).succeeds();
    alice.run(["task", "handoff", "Guide", "--to", "bob"]).succeeds();
    assert_snapshot!(bob.run(["task", "decline", "Guide", "--reason", "no time"]).shown(), @"
    exit 0
    stdout:
    Declined task `[task 1]`: Guide; it stays with alice
    ");
    assert!(alice.is_prompted().told().contains("no time"));
    assert_snapshot!(bob.run(["task", "accept", "Guide"]).shown(), @"
    exit 3
    stderr:
    error: [task 1] is not offered to you
    hint: agent-sync task show [task 1]
    ");
}

#[test]
fn only_an_owner_offers_and_only_to_somebody_who_is_there() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["task", "create", "Guide"]).succeeds();
    bob.run(["task", "handoff", "Guide", "--to", "alice"])
        .ends_with(3)
        .complains("is pending and cannot be handed over");
    alice.run(["task", "claim", "Guide"]).succeeds();
    bob.run(["task", "handoff", "Guide", "--to", "bob"]).ends_with(3);
    alice
        .run(["task", "handoff", "Guide", "--to", "alice"])
        .ends_with(3);
    alice
        .run(["task", "handoff", "Guide", "--to", "nobody"])
        .ends_with(4);
    let carol = env.agent("carol").living().called("carol");
    carol.kill();
    alice
        .run(["task", "handoff", "Guide", "--to", "carol"])
        .ends_with(3)
        .complains("carol")
        .complains("is gone and could not answer");
    // An offer ends with what its owner does.
    alice.run(["task", "handoff", "Guide", "--to", "bob"]).succeeds();
    alice
        .run(["task", "release", "Guide", "--note", "later"])
        .succeeds();
    bob.run(["task", "accept", "Guide"]).ends_with(3);
    let released = task(&bob, "Guide");
    assert_eq!(
        (&released["status"], &released["attempts"]),
        (&"pending".into(), &0.into())
    );
    bob.run(["task", "next"]).succeeds().says("alice: later");
}

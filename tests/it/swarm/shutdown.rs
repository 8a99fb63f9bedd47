//! A store is closed with a checkpoint, takes nothing new, and is opened again.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use insta::assert_snapshot;

use super::{count, operator, shown, three_at_work};
use crate::env::TestEnv;

/// The checkpoints that there are.
fn checkpoints(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.path(".git/agent-sync")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| path.to_string_lossy().contains("checkpoint-");
    let mut found: Vec<PathBuf> = paths.filter(is_one).collect();
    found.sort();
    found
}

#[test]
fn a_shutdown_makes_a_checkpoint_and_closes_the_store() {
    let env = TestEnv::new();
    let (alice, bob, _, task, free) = three_at_work(&env);
    bob.run(["decision", "add", "Use tabs"]).succeeds();
    bob.run(["message", "send", "--to", "alice", "see #12"])
        .succeeds();
    alice.run(["task", "done", &task]).succeeds();
    let human = operator(&env);
    let closed = human.run(["swarm", "shutdown", "--deadline", "0", "--reason", "the day ends"]);
    assert_snapshot!(shown(&closed), @"
    exit 0
    stdout:
    No new tasks are handed out; 3 agents told
    swarm: drained, to be closed now, by operator: the day ends
      0 of 3 have answered
    The swarm is closed
      checkpoint: /repo/.git/agent-sync/checkpoint-20270115T080000Z
      sha256: [sum]
      `agent-sync swarm resume` opens it again
    ");
    let [checkpoint] = checkpoints(&env).try_into().unwrap();
    let summary = fs::read_to_string(checkpoint.join("summary.md")).unwrap();
    for said in [
        "- `task-",
        "Parser",
        "## Done (1)",
        "Docs",
        "## Open (1)",
        "lock on notes.md",
        "Use tabs",
        "see #12",
    ] {
        assert!(summary.contains(said), "no {said:?} in:\n{summary}");
    }
    let told: serde_json::Value =
        serde_json::from_slice(&fs::read(checkpoint.join("summary.json")).unwrap()).unwrap();
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "SHA256SUMS"]);
    let sums = check.current_dir(&checkpoint).output().unwrap();
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
    let sum = fs::read_to_string(checkpoint.join("SHA256SUMS")).unwrap();
    let sum = sum.split("  state.sqlite").next().unwrap().to_owned();
    assert_eq!(told["sha256"], sum);
    assert_eq!(told["agents"][1]["held"]["locks"][0], "notes.md", "{told}");
    let status = human.run(["swarm", "status", "--json"]).json();
    assert_eq!(
        (&status["state"], &status["sha256"]),
        (&"closed".into(), &sum.into())
    );

    for work in [
        vec!["task", "create", "More"],
        vec!["task", "claim", &free],
        vec!["task", "next"],
        vec!["lock", "acquire", "x"],
        vec!["message", "send", "--to", "bob", "hello"],
        vec!["decision", "add", "Use spaces"],
        vec!["vote", "open", "Now?"],
        vec!["leader", "campaign"],
        vec!["activity", "add", "note"],
        vec!["append", "notes.md", "--content", "line"],
    ] {
        let refused = alice.run_with(&work, b"").ends_with(3);
        refused.complains("the swarm is closed since 08:00 UTC by operator (the day ends)");
        refused.complains("agent-sync swarm resume");
    }
    assert_eq!(count(&env, "SELECT count(*) FROM lock"), 0);
    for look in [
        vec!["task", "list"],
        vec!["lock", "list"],
        vec!["message", "inbox"],
        vec!["decision", "list"],
        vec!["status"],
        vec!["whoami"],
        vec!["agent", "heartbeat"],
    ] {
        alice.run_with(&look, b"").succeeds();
    }
    // Closed once more, it is closed; there is no second checkpoint.
    assert_snapshot!(shown(&human.run(["swarm", "shutdown"])), @"
    exit 0
    stdout:
    The swarm is closed
      checkpoint: /repo/.git/agent-sync/checkpoint-20270115T080000Z
      sha256: [sum]
      `agent-sync swarm resume` opens it again
    ");
    assert_eq!(checkpoints(&env).len(), 1);
    human
        .run(["swarm", "drain"])
        .ends_with(3)
        .complains("the swarm is closed");
    human.run(["doctor", "--check"]).succeeds();
    human.run(["swarm", "resume"]).succeeds();
    alice.run(["task", "claim", &free]).succeeds();
}

#[test]
fn sessions_that_are_still_there_after_the_end_are_not_hurt_and_hold_nothing() {
    let env = TestEnv::new();
    let (alice, bob, ..) = three_at_work(&env);
    operator(&env)
        .run(["swarm", "shutdown", "--deadline", "0"])
        .succeeds();
    // What they lost they hear of, and then they are on their own.
    alice.is_prompted().says("taken by force by system");
    bob.is_prompted().says("taken by force by system");
    env.write("src/parser.rs", "fn main() {}\n");
    for session in [&alice, &bob] {
        assert!(!session.before_edit("src/parser.rs").is_refusal());
        session.after_edit("src/parser.rs").succeeds();
        assert_eq!(count(&env, "SELECT count(*) FROM lock"), 0);
    }
    let dora = env.agent("dora");
    dora.begins().says("This swarm is closed");
    dora.is_prompted().never_says("This swarm is closed");
    operator(&env).run(["doctor", "--check"]).succeeds();
    operator(&env).run(["swarm", "resume"]).succeeds();
    assert!(!alice.before_edit("src/parser.rs").is_refusal());
    assert_eq!(count(&env, "SELECT count(*) FROM lock WHERE is_implicit = 1"), 1);
}

#[test]
fn a_checkpoint_restores_what_there_was() {
    let env = TestEnv::new();
    let (alice, ..) = three_at_work(&env);
    let human = operator(&env);
    let tasks = || human.run(["task", "list", "--all", "--json"]).json();
    human.run(["swarm", "shutdown", "--deadline", "0"]).succeeds();
    let [checkpoint] = checkpoints(&env).try_into().unwrap();
    let before = tasks();
    human.run(["swarm", "resume"]).succeeds();
    alice.run(["task", "create", "After the end"]).succeeds();
    alice.run(["task", "next"]).succeeds();
    assert_ne!(tasks(), before);
    let copy = checkpoint.join("state.sqlite");
    human
        .run(["restore", copy.to_str().unwrap(), "--force"])
        .succeeds();
    assert_eq!(tasks(), before);
    human.run(["doctor", "--check"]).succeeds();
    // Whatever was closed with it is closed, and opens.
    alice
        .run(["task", "next"])
        .ends_with(3)
        .complains("the swarm is closed");
    human.run(["swarm", "resume"]).succeeds();
    alice.run(["task", "next"]).succeeds();
}

#[test]
fn a_shutdown_that_was_killed_between_two_stages_goes_on_where_it_was() {
    // Each stage as a process that was killed behind it left it; the whole way is walked by `it/crash`.
    for stages_done in 0..=3 {
        let env = TestEnv::new();
        let (alice, ..) = three_at_work(&env);
        let human = operator(&env);
        match stages_done {
            0 => human.run(["swarm", "drain", "--deadline", "0"]).succeeds(),
            _ => human.run(["swarm", "shutdown", "--deadline", "0"]).succeeds(),
        };
        let back = match stages_done {
            1 => "UPDATE swarm SET stage = 'ending', checkpoint = NULL, sha256 = NULL",
            2 => "UPDATE swarm SET stage = 'checkpointing', sha256 = NULL",
            _ => "SELECT 1",
        };
        env.sql().execute_batch(back).unwrap();
        let made = checkpoints(&env);
        if stages_done == 1 {
            for made in &made {
                fs::remove_dir_all(made).unwrap();
            }
        }
        if (1..=2).contains(&stages_done) {
            alice
                .run(["task", "next"])
                .ends_with(3)
                .complains("the swarm is closed");
            human.run(["swarm", "status"]).says("goes on where it was");
        }
        human
            .run(["swarm", "shutdown"])
            .succeeds()
            .says("The swarm is closed");
        let status = human.run(["swarm", "status", "--json"]).json();
        assert_eq!(status["state"], "closed", "{stages_done}: {status}");
        assert_eq!(checkpoints(&env).len(), 1, "{stages_done}");
        assert_eq!(status["missing"].as_array().unwrap().len(), 0, "{status}");
        human.run(["doctor", "--check"]).succeeds();
    }
}

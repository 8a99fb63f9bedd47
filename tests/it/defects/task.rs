//! T: tasks without rules.

use serde_json::Value;

use crate::env::{Actor, TestEnv};

fn task(reader: &Actor<'_>, id: &str) -> Value {
    reader.run(["task", "show", id, "--json"]).succeeds().json()
}

#[test]
fn t1_a_stranger_cannot_finish_or_block_somebodys_task() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let id = alice.run(["task", "create", "Work"]).succeeds().id("task-");
    alice.run(["task", "claim", &id]).succeeds();
    bob.run(["task", "done", &id]).ends_with(3);
    bob.run(["task", "block", &id, "--reason", "no"]).ends_with(3);
    assert_eq!(task(&alice, &id)["status"], "in_progress");
    alice.run(["task", "done", &id]).succeeds();
    alice.run(["task", "block", &id, "--reason", "late"]).ends_with(3);
    assert_eq!(task(&alice, &id)["status"], "done");
}

#[test]
fn t1_a_task_that_waits_for_another_cannot_be_finished() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    let first = alice.run(["task", "create", "First"]).succeeds().id("task-");
    let second = alice
        .run(["task", "create", "Second", "--depends-on", &first])
        .succeeds()
        .id("task-");
    alice.run(["task", "done", &second]).ends_with(3);
    alice.run(["task", "claim", &second]).ends_with(3);
    assert_eq!(task(&alice, &second)["status"], "pending");
}

#[test]
fn t2_who_blocks_a_task_is_free_for_the_next_one() {
    let env = TestEnv::new();
    let alice = env.agent("alice").with("AGENT_SYNC_AUTO_CLAIM", "1");
    let first = alice.run(["task", "create", "First"]).succeeds().id("task-");
    alice.run(["task", "claim", &first]).succeeds();
    alice
        .run(["task", "block", &first, "--reason", "stuck"])
        .succeeds();
    let second = alice.run(["task", "create", "Second"]).succeeds().id("task-");
    assert!(alice.begins().succeeds().told().contains(&second));
    assert_eq!(task(&alice, &second)["owner_agent_id"], alice.id());
}

#[test]
fn t3_finishing_a_task_gives_its_locks_back() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    env.write("docs/guide.md", "");
    for finish in [&["task", "done"][..], &["task", "release"], &["task", "cancel"]] {
        let id = alice
            .run(["task", "create", "Guide", "--file", "docs/guide.md"])
            .succeeds()
            .id("task-");
        alice.run(["task", "claim", &id, "--lock"]).succeeds();
        assert!(bob.before_edit("docs/guide.md").is_refusal());
        let arguments = [finish, &[id.as_str()]].concat();
        alice.run_with(&arguments, b"").succeeds();
        let edit = bob.before_edit("docs/guide.md");
        assert!(!edit.is_refusal(), "{finish:?}: {}", edit.shown());
    }
}

#[test]
fn t4_a_claim_and_its_locks_come_together_or_not_at_all() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    bob.run(["lock", "acquire", "b.md"]).succeeds();
    let id = alice
        .run(["task", "create", "Guide", "--file", "a.md", "--file", "b.md"])
        .succeeds()
        .id("task-");
    alice
        .run(["task", "claim", &id, "--lock"])
        .ends_with(3)
        .complains("b.md is locked by");
    assert_eq!(task(&alice, &id)["status"], "pending");
    bob.before_edit("a.md").is_silent();
    assert_eq!(
        alice.run(["lock", "list", "--mine", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn t5_only_tasks_that_can_start_are_offered() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let first = alice.run(["task", "create", "First"]).succeeds().id("task-");
    let second = alice
        .run(["task", "create", "Second", "--depends-on", &first])
        .succeeds()
        .id("task-");
    let told = bob.begins().succeeds().told();
    assert!(told.contains(&first) && !told.contains(&second), "{told}");
    alice.run(["task", "claim", &first]).succeeds();
    alice.run(["task", "done", &first]).succeeds();
    assert_eq!(task(&alice, &first)["blocked_by_deps"], false);
    assert!(
        bob.hook("session-start", &serde_json::json!({"source": "resume"}))
            .told()
            .contains(&second)
    );
    alice.run(["task", "claim", &second]).succeeds();
    alice.run(["task", "done", &second]).succeeds();
    alice.run(["task", "reopen", &first]).succeeds();
    let shown = env.human().run(["task", "list", "--status", "done"]).succeeds();
    shown.never_says("waits").never_says("blocked");
}

#[test]
fn t7_a_tasks_files_are_tidied_and_listed_once() {
    let env = TestEnv::new();
    env.write("src/a.py", "");
    let alice = env.agent("alice");
    let create = [
        "task",
        "create",
        "T",
        "--file",
        "./src/../src/a.py",
        "--file",
        "src/a.py",
        "--file",
        "src//b.py",
    ];
    let id = alice.run(create).succeeds().id("task-");
    assert_eq!(
        task(&alice, &id)["files"],
        serde_json::json!(["src/a.py", "src/b.py"])
    );
    let id = alice
        .at("src")
        .run(["task", "create", "U", "--file", "a.py"])
        .succeeds()
        .id("task-");
    assert_eq!(task(&alice, &id)["files"], serde_json::json!(["src/a.py"]));
}

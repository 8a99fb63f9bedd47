//! The variables that 0.4.0 read are still heard, and forks and resumed sessions are who they should be.

use serde_json::json;

use crate::env::{MINUTE, TestEnv};

#[test]
fn a_session_that_ends_gives_its_locks_back_at_once_when_told_to() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice").with("AGENT_SYNC_AUTO_RELEASE_LOCKS", "yes");
    alice.begins();
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice.hook("session-end", &json!({"reason": "clear"})).is_silent();
    assert!(
        env.agent("bob").before_edit("README").is_refusal(),
        "/clear is no end"
    );
    alice
        .hook("session-end", &json!({"reason": "prompt_input_exit"}))
        .is_silent();
    let left: i64 = env
        .sql()
        .query_row("SELECT count(*) FROM lock", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_session_takes_the_next_task_when_told_to_and_only_if_it_has_none() {
    let env = TestEnv::new();
    env.human().run(["task", "create", "First"]).succeeds();
    env.human().run(["task", "create", "Second"]).succeeds();
    let alice = env.agent("alice").with("AGENT_SYNC_AUTO_CLAIM", "on");
    assert!(
        alice
            .begins()
            .told()
            .contains("agent-sync took the next free task for this session: task-")
    );
    assert!(!alice.begins().told().contains("took the next free task"));
    assert!(
        !env.agent("bob")
            .begins()
            .told()
            .contains("took the next free task")
    );
}

#[test]
fn silence_becomes_absence_after_as_many_minutes_as_the_variables_say() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    env.advance(3 * MINUTE);
    let state = |stale: &str, offline: &str| {
        let observer = env
            .human()
            .with("AGENT_SYNC_STALE_MINUTES", stale)
            .with("AGENT_SYNC_OFFLINE_MINUTES", offline);
        let agents = observer
            .run(["agent", "list", "--all", "--json"])
            .succeeds()
            .json();
        agents
            .as_array()
            .unwrap()
            .iter()
            .find(|agent| agent["name"] == "alice")
            .unwrap()["status"]
            .clone()
    };
    assert_eq!(state("10", "20"), "active");
    assert_eq!(state("2", "20"), "stale");
    assert_eq!(state("1", "2"), "offline");
    assert_eq!(
        state("0", "-5"),
        "active",
        "what is no number of minutes is passed over"
    );
}

#[test]
fn the_root_variable_names_the_project_wherever_one_stands() {
    let env = TestEnv::new();
    let root = env.root();
    let bob = env
        .agent("bob")
        .at(env.outside())
        .with("AGENT_SYNC_ROOT", root.to_str().unwrap());
    bob.run(["lock", "acquire", "repo/README"]).succeeds();
    assert!(env.agent("alice").before_edit("README").is_refusal());
}

#[test]
fn a_fork_is_somebody_new_and_a_resumed_session_who_it_was() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice").living();
    alice.begins();
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice
        .hook("session-start", &json!({"source": "resume"}))
        .succeeds();
    assert_eq!(env.agents(), [alice.id()]);
    alice
        .hook(
            "session-start",
            &json!({"source": "fork", "session_id": "the-fork"}),
        )
        .succeeds();
    assert_eq!(
        env.agents().len(),
        2,
        "a fork of the same process is another agent"
    );
    let mut edit = alice.edit_of("README");
    edit["session_id"] = json!("the-fork");
    assert!(alice.hook("pre-tool-use", &edit).is_refusal());
}

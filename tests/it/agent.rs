//! `agent-sync agent` and `whoami`, each command once from end to end, and presence as others see it.

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{Actor, HOUR, MINUTE, TestEnv};

#[test]
fn an_agent_takes_a_name_and_a_role_and_is_listed() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    assert_snapshot!(alice.run(["agent", "register", "--name", "Alice B.", "--role", "tests"]).shown(), @"
    exit 0
    stdout:
    Registered agent alice-b (tests) as `[alice]`
    stderr:
    note: names are 1 to 32 of a-z 0-9 . _ -; you are alice-b
    ");
    env.advance(3 * MINUTE);
    assert_snapshot!(bob.run(["agent", "heartbeat"]).shown(), @"
    exit 0
    stdout:
    Heartbeat: nimble-stoat (`[bob]`) last_seen 2027-01-15T08:03:00.000Z
    ");
    assert_snapshot!(env.human().run(["agent", "list"]).shown(), @"
    exit 0
    stdout:
    AGENT         STATE   SEEN       ID                  TASK  ROLE
    nimble-stoat  active  just now   [bob]  -     -
    alice-b       active  3 min ago  [alice]  -     tests
    ");
    assert_snapshot!(env.human().run(["agent", "list", "--json"]).shown(), @r#"
    exit 0
    stdout:
    [
      {
        "id": "[bob]",
        "name": "nimble-stoat",
        "role": null,
        "status": "active",
        "parent_id": null,
        "current_task_id": null,
        "cwd": "/repo",
        "created_at": "2027-01-15T08:03:00.000Z",
        "last_seen": "2027-01-15T08:03:00.000Z"
      },
      {
        "id": "[alice]",
        "name": "alice-b",
        "role": "tests",
        "status": "active",
        "parent_id": null,
        "current_task_id": null,
        "cwd": "/repo",
        "created_at": "2027-01-15T08:00:00.000Z",
        "last_seen": "2027-01-15T08:00:00.000Z"
      }
    ]
    "#);
    assert_snapshot!(bob.run(["agent", "rename", "bob"]).shown(), @"
    exit 0
    stdout:
    `[bob]` is now called bob
    ");
    assert_snapshot!(env.human().run(["agent", "show", "bob"]).shown(), @"
    exit 0
    stdout:
    name:     bob
    id:       [bob]
    state:    active
    seen:     just now
    joined:   just now
    works in: /repo
    ");
    assert_snapshot!(env.human().run(["agent", "show", "nobody"]).shown(), @"
    exit 4
    stderr:
    error: no agent 'nobody'
    hint: `agent-sync agent list` shows them
    ");
}

#[test]
fn whoami_says_as_whom_one_acts_and_why() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    assert_snapshot!(alice.run(["whoami"]).shown(), @"
    exit 0
    stdout:
    id:           [alice]
    resolved via: Claude Code session id
    not registered yet — run `agent-sync register --name ...`
    stderr:
    note: nothing is set up here yet; `agent-sync init` does it
    ");
    alice.run(["agent", "register", "--name", "alice"]).succeeds();
    assert_snapshot!(alice.run(["whoami"]).shown(), @"
    exit 0
    stdout:
    id:           [alice]
    resolved via: Claude Code session id
    name:         alice
    status:       active
    ");
    assert_snapshot!(alice.run(["whoami", "--json"]).shown(), @r#"
    exit 0
    stdout:
    {
      "id": "[alice]",
      "resolved_via": "Claude Code session id",
      "registered": true,
      "name": "alice",
      "role": null,
      "status": "active",
      "parent_id": null,
      "current_task_id": null,
      "last_seen": "2027-01-15T08:00:00.000Z"
    }
    "#);
    assert_snapshot!(env.human().run(["--as", "me", "whoami"]).shown(), @"
    exit 0
    stdout:
    id:           me
    resolved via: --as
    not registered yet — run `agent-sync register --name ...`
    ");
}

#[test]
fn a_name_that_a_living_agent_bears_is_not_given_twice() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    assert_snapshot!(env.agent("bob").run(["agent", "register", "--name", "alice"]).shown(), @"
    exit 0
    stdout:
    Registered agent alice-2 as `[bob]`
    stderr:
    note: the name alice is taken; you are alice-2
    ");
    assert_snapshot!(env.agent("bob").run(["agent", "register", "--name", "operator"]).shown(), @"
    exit 3
    stderr:
    error: the name 'operator' is reserved
    hint: choose another name
    ");
}

fn status(env: &TestEnv, actor: &Actor<'_>) -> String {
    let agents = env.human().run(["agent", "list", "--json"]).succeeds().json();
    let mut agents = agents.as_array().unwrap().iter();
    let agent = agents.find(|agent| agent["id"] == actor.id());
    agent.map_or("unlisted".to_owned(), |agent| {
        agent["status"].as_str().unwrap().to_owned()
    })
}

#[test]
fn an_agent_is_active_then_idle_then_gone_as_its_hooks_say() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    alice.begins();
    assert_eq!(status(&env, &alice), "idle", "it waits for a prompt");
    alice.is_prompted().is_silent();
    assert_eq!(status(&env, &alice), "active");
    alice
        .hook("stop", &json!({"stop_hook_active": false}))
        .is_silent();
    assert_eq!(status(&env, &alice), "idle");
    alice.is_prompted().is_silent();
    assert_eq!(status(&env, &alice), "active");
    alice
        .hook("session-end", &json!({"reason": "prompt_input_exit"}))
        .is_silent();
    assert_ne!(status(&env, &alice), "active");
}

#[test]
fn without_a_process_to_look_at_silence_decides() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    env.advance(14 * MINUTE);
    assert_eq!(status(&env, &alice), "active");
    env.advance(MINUTE);
    assert_eq!(status(&env, &alice), "stale");
    env.advance(2 * HOUR);
    assert!(["offline", "unlisted"].contains(&status(&env, &alice).as_str()));
}

#[test]
fn a_running_process_keeps_its_agent_active_through_hours_of_silence() {
    let env = TestEnv::new();
    let alice = env.agent("alice").living();
    alice
        .run(["lock", "acquire", "README", "--ttl", "24h"])
        .succeeds();
    env.advance(10 * HOUR);
    assert_eq!(status(&env, &alice), "active");
    assert!(env.agent("bob").before_edit("README").is_refusal());
}

#[test]
fn what_a_killed_session_held_is_free_at_once() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    let task = alice.run(["task", "create", "Work"]).succeeds().id("task-");
    alice.run(["task", "claim", &task]).succeeds();
    assert!(bob.before_edit("README").is_refusal());
    alice.kill();
    bob.before_edit("README").is_silent();
    bob.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["task", "claim", &task]).succeeds();
}

#[test]
fn a_subagent_of_a_session_with_the_longest_id_can_act() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice").with("AGENT_SYNC_ID", &"a".repeat(64));
    let payload = json!({"tool_name": "Bash", "tool_input": {"command": "agent-sync whoami"}});
    let answer = alice.subagent("a1b2c3").hook("pre-tool-use", &payload).json();
    let command = answer["hookSpecificOutput"]["updatedInput"]["command"]
        .as_str()
        .unwrap()
        .to_owned();
    alice.bash(&command).succeeds();
}

#[test]
fn a_reserved_word_is_no_id() {
    let env = TestEnv::new();
    for id in ["all", "system", "human"] {
        env.human()
            .run(["--as", id, "heartbeat"])
            .ends_with(3)
            .complains("reserved");
    }
}

#[test]
fn an_agent_can_take_another_name() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice
        .run(["agent", "rename", "Al"])
        .succeeds()
        .says("is now called al");
    alice.run(["agent", "rename", "operator"]).ends_with(3);
    alice.run(["whoami"]).succeeds().says("al");
}

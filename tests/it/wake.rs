//! What wakes a session that waits for its human, and how often.

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::env::{Actor, TestEnv};

/// A session as somebody runs it in a terminal, started.
fn in_terminal<'a>(env: &'a TestEnv, name: &str) -> (Actor<'a>, PathBuf) {
    env.set_up();
    let session = env.agent(name).with("CLAUDE_CODE_ENTRYPOINT", "cli");
    let started = session.hook("session-start", &json!({"source": "startup"}));
    let flag = watched(&started.json()).expect("a session in a terminal watches its flag");
    session.run(["agent", "register", "--name", name]).succeeds();
    session
        .hook("stop", &json!({"stop_hook_active": false}))
        .is_silent();
    (session, flag)
}

fn watched(output: &Value) -> Option<PathBuf> {
    let paths = output["hookSpecificOutput"]["watchPaths"].as_array()?;
    Some(PathBuf::from(paths.first()?.as_str()?))
}

fn is_raised(flag: &PathBuf) -> bool {
    let is_raised = !fs::read(flag).expect("a flag").is_empty();
    fs::write(flag, "").expect("a flag");
    is_raised
}

#[test]
fn a_session_in_a_terminal_watches_a_flag_unless_it_shall_sleep() {
    let env = TestEnv::new();
    env.set_up();
    let start = json!({"source": "startup"});
    let session = env.agent("a").with("CLAUDE_CODE_ENTRYPOINT", "cli");
    let flag = watched(&session.hook("session-start", &start).json()).expect("a flag");
    assert!(
        flag.starts_with(env.root().join(".git")) && flag.is_file(),
        "{}",
        flag.display()
    );
    let scripted = env.agent("b").with("CLAUDE_CODE_ENTRYPOINT", "sdk-cli");
    assert_eq!(watched(&scripted.hook("session-start", &start).json()), None);
    env.human().run(["config", "set", "wake", "off"]).succeeds();
    let other = env.agent("c").with("CLAUDE_CODE_ENTRYPOINT", "cli");
    assert_eq!(watched(&other.hook("session-start", &start).json()), None);
}

#[test]
fn what_is_addressed_to_an_idle_session_raises_its_flag_and_nothing_else_does() {
    let env = TestEnv::new();
    let (sleeper, flag) = in_terminal(&env, "sleeper");
    let alice = env.agent("alice");
    alice.tells("all", "to everybody");
    assert!(!is_raised(&flag), "a broadcast waits");
    sleeper
        .hook("user-prompt-submit", &json!({"prompt": "x"}))
        .succeeds();
    alice.tells("sleeper", "in the middle of a turn");
    assert!(!is_raised(&flag), "its next hook brings it");
    sleeper
        .hook("post-tool-batch", &json!({"tool_calls": []}))
        .succeeds();
    sleeper
        .hook("stop", &json!({"stop_hook_active": false}))
        .is_silent();
    env.human().run(["config", "set", "wake", "off"]).succeeds();
    alice.tells("sleeper", "while nobody shall be woken");
    assert!(!is_raised(&flag));
    env.human().run(["config", "set", "wake", "on"]).succeeds();
    alice.tells("sleeper", "wake up");
    assert!(is_raised(&flag));
}

#[test]
fn a_raised_flag_wakes_its_session_once_and_again_after_a_minute() {
    let env = TestEnv::new();
    let (sleeper, flag) = in_terminal(&env, "sleeper");
    let alice = env.agent("alice");
    let change = json!({"file_path": flag, "event": "change"});
    sleeper.hook("file-changed", &change).is_silent();
    alice.tells("sleeper", "wake up");
    let other = json!({"file_path": env.path("README"), "event": "change"});
    sleeper.hook("file-changed", &other).is_silent();
    assert_snapshot!(sleeper.hook("file-changed", &change).shown(), @r"
    exit 2
    stderr:
    agent-sync: a message for this session arrived while it was idle. It is shown with this turn; `agent-sync inbox` lists all that is unread.
    ");
    // Its turn begins, the message is pushed, and it ends.
    sleeper
        .hook("user-prompt-submit", &json!({"prompt": "x"}))
        .succeeds();
    sleeper.hook("file-changed", &change).is_silent();
    sleeper
        .hook("stop", &json!({"stop_hook_active": false}))
        .is_silent();
    sleeper.hook("file-changed", &change).is_silent();

    alice.tells("sleeper", "again");
    env.advance(59_900);
    let begun = std::time::Instant::now();
    assert_eq!(sleeper.hook("file-changed", &change).status, 2);
    assert!(
        begun.elapsed().as_millis() >= 100,
        "the rest of the minute is waited for"
    );
}

#[test]
fn what_came_while_the_turn_was_ending_wakes_too() {
    let env = TestEnv::new();
    let (sleeper, flag) = in_terminal(&env, "sleeper");
    sleeper
        .hook("user-prompt-submit", &json!({"prompt": "x"}))
        .is_silent();
    env.agent("alice").tells("sleeper", "too late for this turn");
    sleeper
        .hook("stop", &json!({"stop_hook_active": true}))
        .is_silent();
    assert!(is_raised(&flag));
}

#[test]
fn a_flag_goes_with_its_session() {
    let env = TestEnv::new();
    let (ended, flag) = in_terminal(&env, "ended");
    ended.hook("session-end", &json!({"reason": "other"})).is_silent();
    assert!(!flag.exists());
    let killed = env.agent("killed").living().with("CLAUDE_CODE_ENTRYPOINT", "cli");
    let started = killed.hook("session-start", &json!({"source": "startup"}));
    let flag = watched(&started.json()).expect("a flag");
    env.human().run(["gc"]).succeeds();
    assert!(flag.exists(), "it lives");
    killed.kill();
    env.human().run(["gc"]).succeeds();
    assert!(!flag.exists());
}

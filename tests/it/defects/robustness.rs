//! R: crashes, lost stores and jumping clocks.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::trouble::read_only;
use crate::env::{HOUR, TestEnv};

#[test]
fn r2_trouble_with_the_store_is_told_in_words() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["lock", "acquire", "x"]).succeeds();
    let _best_effort = fs::remove_file(env.path(".claude/coordination/state.sqlite-wal"));
    fs::write(env.database(), "no database ".repeat(1_000)).unwrap();
    for arguments in [
        ["lock", "list"],
        ["whoami", "--json"],
        ["task", "list"],
        ["lock", "acquire"],
    ] {
        let mut arguments = arguments.to_vec();
        if arguments[1] == "acquire" {
            arguments.push("y");
        }
        let output = alice.run_with(&arguments, b"").ends_with(1);
        output
            .complains("error: ")
            .complains("hint: ")
            .never_says("panicked");
        assert!(output.stderr.lines().count() <= 3, "{}", output.shown());
    }
}

#[test]
fn r3_reading_needs_no_writable_disk() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    let behind = read_only(&env);
    for arguments in [
        ["lock", "list"],
        ["whoami", "--json"],
        ["task", "list"],
        ["message", "inbox"],
        ["agent", "list"],
    ] {
        alice.run_behind(&behind, &arguments).succeeds();
    }
    alice.run_behind(&behind, &["lock", "list"]).says("README");
    let refused = alice.run_behind(&behind, &["lock", "acquire", "y"]).ends_with(1);
    refused
        .complains("cannot be written from here")
        .complains("sandbox.filesystem.allowWrite");
}

#[test]
fn r5_a_closed_standard_input_is_no_input() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    for hook in agent_sync::hook::HOOKS {
        let command = alice.hook_command(hook.name);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "exec \"$@\" <&-", "sh"])
            .arg(command.get_program())
            .args(command.get_args());
        shell.env_clear().envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let output = shell
            .current_dir(env.root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            (output.status.code(), output.stderr),
            (Some(0), Vec::new()),
            "{}",
            hook.name
        );
    }
}

#[test]
fn r5_a_tool_name_of_another_type_is_no_tool() {
    let env = TestEnv::new();
    env.agent("bob").run(["lock", "acquire", "README"]).succeeds();
    let alice = env.agent("alice");
    for name in [
        json!(["Edit"]),
        json!({"Edit": 1}),
        json!(7),
        json!(null),
        json!(true),
    ] {
        let mut payload = alice.edit_of("README");
        payload["tool_name"] = name;
        alice.hook("pre-tool-use", &payload).is_silent();
    }
}

#[test]
fn r5_words_that_are_not_utf8_are_taken_or_refused() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    let odd = OsStr::from_bytes(b"a\xff.txt");
    fs::write(env.root().join(odd), "").unwrap();
    for words in [
        &["lock", "acquire"][..],
        &["message", "send", "--to"],
        &["task", "create"],
        &["decision", "add"],
        &[],
    ] {
        let output = alice.shell().args(words).arg(odd).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            matches!(output.status.code(), Some(0 | 2 | 3 | 4)),
            "{words:?}: {:?} {stderr}",
            output.status
        );
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    let locked = alice.run(["lock", "list", "--json"]).json();
    assert_eq!(locked[0]["file_path"], "a\\xff.txt");
}

#[test]
fn r6_a_store_that_was_removed_is_not_made_anew_by_a_hook_or_by_looking() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    fs::remove_dir_all(env.path(".claude/coordination")).unwrap();
    for hook in agent_sync::hook::HOOKS {
        alice.hook(hook.name, &alice.edit_of("README")).ends_with(0);
    }
    alice
        .run(["lock", "list"])
        .succeeds()
        .complains("nothing is set up here");
    assert!(!env.database().exists());
}

#[test]
fn r7_a_newer_store_is_refused_clearly_and_left_alone() {
    let env = TestEnv::new();
    env.agent("bob").run(["lock", "acquire", "README"]).succeeds();
    env.sql()
        .execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let before = fs::read(env.database()).unwrap();
    let alice = env.agent("alice");
    alice
        .run(["lock", "acquire", "x"])
        .ends_with(1)
        .complains("version 99")
        .complains("newest agent-sync");
    let hook = alice.before_edit("README");
    assert_eq!((hook.status, hook.stderr.as_str()), (0, ""));
    assert!(
        hook.json()["systemMessage"]
            .as_str()
            .unwrap()
            .contains("version 99")
    );
    assert_eq!(fs::read(env.database()).unwrap(), before);
}

#[test]
fn r7_another_programs_database_is_not_touched() {
    let env = TestEnv::new();
    fs::create_dir_all(env.path(".claude/coordination")).unwrap();
    env.sql()
        .execute_batch("CREATE TABLE notes (x); INSERT INTO notes VALUES (1)")
        .unwrap();
    let before = fs::read(env.database()).unwrap();
    let refused = env.agent("alice").run(["lock", "acquire", "x"]);
    assert!([1, 3].contains(&refused.status), "{}", refused.shown());
    assert_eq!(fs::read(env.database()).unwrap(), before);
}

#[test]
fn r8_a_clock_set_forward_expires_nothing() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.jump(10 * HOUR);
    assert!(bob.before_edit("README").is_refusal());
    bob.run(["lock", "acquire", "README"]).ends_with(3);
    env.advance(2 * HOUR);
    bob.run(["lock", "acquire", "README"]).succeeds();
}

#[test]
fn r8_a_clock_set_back_keeps_nobody_alive() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .run(["lock", "acquire", "README", "--ttl", "24h"])
        .succeeds();
    env.jump(-1_000 * HOUR);
    assert!(bob.before_edit("README").is_refusal());
    env.advance(3 * HOUR);
    bob.before_edit("README").is_silent();
    bob.run(["lock", "acquire", "README"]).succeeds();
}

#[test]
fn r9_a_blank_id_is_no_id() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    let blank = alice.with("AGENT_SYNC_ID", " \t ");
    assert_eq!(blank.run(["whoami", "--json"]).json()["id"], alice.id());
    alice.run(["--as", "  ", "whoami"]).ends_with(2);
}

#[test]
fn r9_two_sessions_of_one_id_end_when_the_last_one_does() {
    let env = TestEnv::new();
    let first = env.agent("first").with("AGENT_SYNC_ID", "shared");
    let second = env.agent("second").with("AGENT_SYNC_ID", "shared");
    env.set_up();
    first.begins();
    second.begins();
    second.run(["lock", "acquire", "README"]).succeeds();
    first.hook("session-end", &json!({"reason": "other"})).is_silent();
    assert!(
        env.agent("bob").before_edit("README").is_refusal(),
        "one of the two is still there"
    );
    second
        .hook("session-end", &json!({"reason": "other"}))
        .is_silent();
    env.agent("bob").before_edit("README").is_silent();
}

#[test]
fn r6_starting_anew_where_a_store_was_removed_is_said() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    fs::remove_dir_all(env.path(".claude/coordination")).unwrap();
    let anew = env.agent("bob").run(["lock", "acquire", "README"]);
    assert!(
        !anew.stderr.is_empty(),
        "the store, and Alice's lock, are gone without a word"
    );
}

#[test]
fn looking_as_a_person_leaves_no_file_behind() {
    let env = TestEnv::new();
    env.set_up();
    env.human().run(["lock", "list"]).succeeds();
    assert!(!env.path(".claude/coordination/current-agent").exists());
}

#[test]
fn r6_a_new_store_does_not_read_the_log_of_the_one_that_was_removed() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    for number in 0..30 {
        alice.run(["task", "create", &format!("Old {number}")]).succeeds();
    }
    assert!(env.path(".claude/coordination/state.sqlite-wal").exists());
    fs::remove_file(env.database()).unwrap();
    env.agent("bob").run(["lock", "acquire", "README"]).succeeds();
    env.human().run(["doctor", "--check"]).succeeds();
    env.human().run(["task", "list"]).succeeds().never_says("Old");
    let stray = env.path(".claude/coordination/state.sqlite-wal.stray");
    assert!(fs::metadata(stray).unwrap().len() > 0);
}

//! What is confirmed is on the disk, and the disk is waited for side by side.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::env::TestEnv;
use crate::strace::{has_strace, under_strace};

/// What a run did that matters here, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The right to write the store was taken.
    Locked,
    /// It was given back.
    Unlocked,
    /// The log was synced.
    Synced,
    /// Something was said to the caller.
    Said,
}

impl Step {
    fn of(line: &str) -> Option<Self> {
        // SQLite's lock of whoever writes is this byte of the log's index.
        let is_write_lock = line.contains("-shm>") && line.contains("l_start=120, l_len=1}");
        if is_write_lock && line.contains("F_WRLCK") {
            Some(Self::Locked)
        } else if is_write_lock && line.contains("F_UNLCK") {
            Some(Self::Unlocked)
        } else if line.contains("sync(") && line.contains("-wal>") {
            Some(Self::Synced)
        } else if line.contains(" write(1<") || line.starts_with("write(1<") {
            Some(Self::Said)
        } else {
            None
        }
    }
}

/// What running this takes, step by step.
fn steps(env: &TestEnv, mut command: Command, words: &[&str], input: Option<&Path>) -> Vec<Step> {
    command.args(words);
    let calls = env.home().join("calls");
    let options = [
        "-y",
        "-e",
        "trace=fcntl,fdatasync,fsync,write",
        "-o",
        calls.to_str().unwrap(),
    ];
    let output = under_strace(&command, &options)
        .stdin(input.map_or_else(Stdio::null, |input| File::open(input).unwrap().into()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    let calls = fs::read_to_string(calls).unwrap();
    calls.lines().filter_map(Step::of).collect()
}

#[test]
fn a_command_is_synced_before_it_is_confirmed_and_after_others_may_write_again() {
    if !has_strace("whether what is confirmed is synced") {
        return;
    }
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    for words in [
        ["lock", "acquire", "README"].as_slice(),
        &["lock", "release", "README"],
        &["task", "create", "New"],
        &["decision", "add", "Blue"],
    ] {
        let steps = steps(&env, alice.shell(), words, None);
        // Whoever comes first may have to look at what the last one left in the log.
        assert!(
            steps.ends_with(&[Step::Locked, Step::Unlocked, Step::Synced, Step::Said]),
            "{words:?}: {steps:?}"
        );
    }
}

#[test]
fn a_hook_that_writes_waits_for_no_disk() {
    if !has_strace("whether a hook waits for the disk") {
        return;
    }
    let env = TestEnv::new();
    let session = env.agent("alice").called("alice");
    session.begins().succeeds();
    let payload = env.home().join("payload");
    fs::write(
        &payload,
        session
            .payload("pre-tool-use", &session.edit_of("README"))
            .to_string(),
    )
    .unwrap();
    let steps = steps(&env, session.hook_command("pre-tool-use"), &[], Some(&payload));
    assert!(steps.contains(&Step::Locked), "the hook wrote nothing: {steps:?}");
    assert!(!steps.contains(&Step::Synced), "{steps:?}");
}

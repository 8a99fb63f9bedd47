//! Acceptance commands: run when asked, never otherwise.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;

use crate::env::TestEnv;

#[test]
fn a_check_that_fails_keeps_a_task_open_and_one_that_passes_finishes_it() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice
        .run([
            "task",
            "create",
            "Build",
            "--accept-command",
            "echo checking; test -e built",
        ])
        .succeeds();
    alice
        .run(["task", "claim", "Build"])
        .succeeds()
        .says("check: echo checking");
    let failed = alice.run(["task", "done", "Build", "--check", "--result", "n=1"]);
    failed
        .ends_with(3)
        .says("| checking")
        .complains("note: runs: echo checking; test -e built")
        .complains("is not done: its check ended with status 1");
    let shown: Value = alice.run(["task", "show", "Build", "--json"]).json();
    assert_eq!(shown["status"], "in_progress");
    assert_eq!(shown["results"], serde_json::json!({}));
    assert_eq!(
        (&shown["trail"][0]["exit_status"], &shown["trail"][0]["body"]),
        (&1.into(), &"checking\n".into())
    );
    env.write("built", "");
    // It runs at the top of the checkout, wherever it is asked for.
    env.write("deep/down/file", "");
    alice
        .at("deep/down")
        .run(["task", "done", "Build", "--check"])
        .succeeds()
        .says("checked: passed after");
    let shown: Value = alice.run(["task", "show", "Build", "--json"]).json();
    assert_eq!(
        (&shown["status"], &shown["trail"][1]["exit_status"]),
        (&"done".into(), &0.into())
    );
}

#[test]
fn a_check_has_a_time_limit() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice
        .run(["task", "create", "Build", "--accept-command", "sleep 60"])
        .succeeds();
    alice.run(["task", "claim", "Build"]).succeeds();
    alice
        .run(["task", "done", "Build", "--check", "--check-timeout", "1s"])
        .ends_with(3)
        .complains("its check was stopped");
}

#[test]
fn a_check_ends_with_whoever_asked_for_it_however_that_ends() {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};
    for signal in [Signal::TERM, Signal::KILL] {
        let env = TestEnv::new();
        let alice = env.agent("alice").called("alice");
        let command = "sleep 300 & echo $! > started; mv started pid; wait";
        alice
            .run(["task", "create", "Build", "--accept-command", command])
            .succeeds();
        alice.run(["task", "claim", "Build"]).succeeds();
        let mut asker = alice.shell();
        asker
            .args(["task", "done", "Build", "--check"])
            .stdout(Stdio::null());
        let mut asker = asker.stderr(Stdio::null()).spawn().unwrap();
        let wait_until = |what: &str, is_so: &dyn Fn() -> bool| {
            for _ in 0..2_000 {
                if is_so() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
            panic!("{what}, {signal:?}");
        };
        wait_until("it never began", &|| env.path("pid").exists());
        let pid: i32 = env.read("pid").trim().parse().unwrap();
        kill_process(Pid::from_child(&asker), signal).unwrap();
        asker.wait().unwrap();
        let is_gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            let is_zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
            is_zombie || test_kill_process(Pid::from_raw(pid).unwrap()).is_err()
        };
        wait_until("the check still runs", &is_gone);
        let shown: Value = alice.run(["task", "show", "Build", "--json"]).json();
        assert_eq!(shown["status"], "in_progress");
    }
}

#[test]
fn a_command_runs_only_where_it_is_asked_for() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice
        .run(["task", "create", "Trap", "--accept-command", "touch sprung"])
        .succeeds();
    bob.begins().succeeds();
    bob.run(["task", "show", "Trap"]).succeeds();
    bob.run(["task", "done", "Trap", "--check"]).ends_with(3);
    bob.run(["task", "claim", "Trap"]).succeeds();
    bob.is_prompted().succeeds();
    bob.run(["task", "done", "Trap"]).succeeds();
    assert!(!env.path("sprung").exists());
    alice.run(["task", "create", "Plain"]).succeeds();
    alice.run(["task", "claim", "Plain"]).succeeds();
    assert_snapshot!(alice.run(["task", "done", "Plain", "--check"]).shown(), @"
    exit 2
    stderr:
    error: [task 1] has no acceptance command
    hint: agent-sync task done [task 1]
    ");
}

#[test]
fn a_command_with_something_hidden_in_it_is_refused() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    for hidden in [
        "true\u{200b}",
        "true \u{202e}",
        "true\u{1b}[8m; rm x",
        "true\nrm x",
    ] {
        alice
            .run(["task", "create", "T", "--accept-command", hidden])
            .ends_with(2);
    }
}

#[test]
fn a_commit_is_kept_by_its_full_name_and_must_be_there() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    env.write("a", "");
    env.git(&["add", "a"]);
    env.git(&["commit", "-qm", "A"]);
    alice.run(["task", "create", "T"]).succeeds();
    alice.run(["task", "claim", "T"]).succeeds();
    alice
        .run(["task", "done", "T", "--commit", "nowhere"])
        .ends_with(2)
        .complains("is no commit here");
    alice
        .run(["task", "done", "T", "--commit", "--output=x"])
        .ends_with(2);
    alice.run(["task", "done", "T", "--commit", "HEAD"]).succeeds();
    let shown: Value = alice.run(["task", "show", "T", "--json"]).json();
    let head = env.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        (&shown["trail"][0]["kind"], &shown["trail"][0]["body"]),
        (&"commit".into(), &head.trim().into())
    );
}

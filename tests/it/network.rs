//! No command and no hook opens a socket, as the system sees it.

use std::process::{Command, Stdio};

use crate::env::{Actor, TestEnv, search_path};
use crate::strace::{has_strace, under_strace};

/// The network calls of a command; its own output is dropped.
fn network_calls(env: &TestEnv, inner: &Command, input: &str) -> String {
    let trace = env.outside().join("trace");
    let options = ["-e", "trace=%network", "-o", trace.to_str().unwrap()];
    let mut command = under_strace(inner, &options);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    // A program that does not read all of it closes the pipe, which is its right.
    let _closed_early = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("strace:"), "strace itself failed: {errors}");
    calls_in(&std::fs::read_to_string(trace).unwrap())
}

/// The lines of a trace that would be a way out.
pub(crate) fn calls_in(trace: &str) -> String {
    // strace counts copying between files as network; into a socket it would need one to be opened first. The
    // standard library hears of a child's start through an anonymous pair, which leads nowhere else.
    let harmless = [
        "sendfile(",
        "socketpair(AF_UNIX",
        "recvfrom(",
        "sendto(",
        " --- SIG",
        " +++ ",
    ];
    let calls = trace
        .lines()
        .filter(|line| !harmless.iter().any(|known| line.contains(known)));
    calls.collect::<Vec<_>>().join("\n")
}

fn expect_no_network(actor: &Actor<'_>, env: &TestEnv, words: &[&str], input: &str) {
    let mut command = actor.shell();
    command.args(words);
    assert_eq!(network_calls(env, &command, input), "", "{words:?}");
}

#[test]
fn no_command_opens_a_socket() {
    if !has_strace("whether anything opens a socket") {
        return;
    }
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let task = alice.run(["task", "create", "Work"]).succeeds().id("task-");
    let message = bob.tells("alice", "hello");
    let decision = alice.run(["decision", "add", "Use tabs"]).succeeds().id("dec-");
    let lines = [
        "",
        "--help",
        "--version",
        "whoami",
        "status",
        "status --compact",
        "status --json",
        "agent register --name alice",
        "agent list",
        "agent show alice",
        "agent rename alice",
        "agent heartbeat",
        "lock acquire a",
        "lock acquire a --wait 1",
        "lock check a",
        "lock renew a",
        "lock list",
        "lock release a",
        "task create More",
        "task list",
        "task show TASK",
        "task claim TASK",
        "task block TASK --reason x",
        "task unblock TASK",
        "task claim TASK --lock",
        "task release TASK",
        "task cancel TASK",
        "task reopen TASK",
        "task depend more --on TASK",
        "task next",
        "task done TASK --force",
        "message send --to bob hello",
        "message send --to all -",
        "message inbox",
        "message read MSG",
        "message ack MSG",
        "message thread MSG",
        "message sent",
        "decision add x",
        "decision list",
        "decision show DEC",
        "decision supersede DEC y",
        "activity add x",
        "activity list",
        "append notes --content x",
        "config list",
        "config set lock.ttl 30m",
        "config get lock.ttl",
        "config unset lock.ttl",
        "completions bash",
        "man task next",
        "demo",
        "console",
        "init --dry-run",
        "init",
        "doctor",
        "doctor --check",
        "backup copy.sqlite",
        "restore copy.sqlite",
        "export -o out.jsonl",
        "import out.jsonl",
        "uninstall --dry-run",
        "uninstall --purge",
        "init --local",
        "gc",
        "nonsense",
    ];
    for line in lines {
        let line = line
            .replace("TASK", &task)
            .replace("MSG", &message)
            .replace("DEC", &decision);
        let words: Vec<&str> = line.split_whitespace().collect();
        expect_no_network(&alice, &env, &words, "text");
    }
}

#[test]
fn no_hook_opens_a_socket() {
    if !has_strace("whether anything opens a socket") {
        return;
    }
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    for hook in agent_sync::hook::HOOKS {
        // One of the hooks says goodbye for bob.
        alice
            .run(["message", "send", "--to", "bob", "--queue", "hello"])
            .succeeds();
        let payload = bob.payload(hook.name, &bob.edit_of("README")).to_string();
        assert_eq!(
            network_calls(&env, &bob.hook_command(hook.name), &payload),
            "",
            "{}",
            hook.name
        );
    }
}

#[test]
fn a_socket_would_be_seen() {
    if !has_strace("whether anything opens a socket") {
        return;
    }
    let env = TestEnv::new();
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec bash -c ': </dev/tcp/127.0.0.1/9'"])
        .current_dir(env.root());
    command.env("PATH", search_path());
    assert!(network_calls(&env, &command, "").contains("socket("));
}

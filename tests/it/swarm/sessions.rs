//! Sessions that a plan was launched with come to their end with the swarm, and nothing of them is left.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{count, operator};
use crate::env::TestEnv;

/// A session that takes a task and a lock, starts somebody who does not listen, and works on for ever.
const WORKER: &str = "#!/bin/sh
agent-sync task next --json >/dev/null
agent-sync lock acquire \"file-$$\" >/dev/null
(trap '' TERM; while :; do sleep 600; done) &
while :; do sleep 0.1; done
";

/// A plan of three tasks, launched with two sessions that work and do not end by themselves.
fn launched(env: &TestEnv) -> Child {
    env.use_real_clock();
    env.set_up();
    env.write("plan.md", "- [ ] One\n- [ ] Two\n- [ ] Three\n");
    env.agent("planner")
        .run(["plan", "propose", "plan.md"])
        .succeeds();
    let plan: String = env
        .sql()
        .query_row("SELECT id FROM plan", [], |row| row.get(0))
        .unwrap();
    operator(env).run(["plan", "approve", &plan]).succeeds();
    let worker = env.outside().join("worker");
    fs::write(&worker, WORKER).unwrap();
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = operator(env).shell();
    command
        .args([
            "plan",
            "launch",
            &plan,
            "--sessions",
            "2",
            "--grace",
            "1s",
            "--command",
        ])
        .arg(&worker)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let launched = command.spawn().unwrap();
    until("both sessions work", || {
        count(env, "SELECT count(*) FROM lock WHERE is_implicit = 0") == 2 && workers(env).len() >= 4
    });
    launched
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: never");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that descend from the sessions of this project, the dead that nobody has waited for left out.
fn workers(env: &TestEnv) -> Vec<String> {
    let mark = env.outside().join("worker").to_string_lossy().into_owned();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|pid| {
            let read = |file: &str| {
                let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            let is_dead = read("stat")
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(" Z"));
            let words = read("cmdline");
            !is_dead && words.contains(&mark) && !words.contains("launch")
        })
        .collect()
}

fn expect_nothing_left(env: &TestEnv) {
    assert_eq!(workers(env), [""; 0]);
    for left in [
        "SELECT count(*) FROM lock",
        "SELECT count(*) FROM task WHERE status = 'in_progress'",
        "SELECT count(*) FROM crew_session WHERE state IN ('starting', 'running', 'waiting')",
        "SELECT count(*) FROM crew WHERE state <> 'ended'",
    ] {
        assert_eq!(count(env, left), 0, "{left}");
    }
    let status = operator(env).run(["swarm", "status", "--json"]).json();
    assert_eq!(status["state"], "closed", "{status}");
    operator(env).run(["doctor", "--check"]).succeeds();
}

#[test]
fn whoever_looks_after_sessions_ends_them_with_the_swarm() {
    let env = TestEnv::new();
    let mut launched = launched(&env);
    let status = operator(&env).run(["swarm", "status", "--json"]).json();
    assert_eq!(status["sessions"].as_array().unwrap().len(), 2, "{status}");
    assert_eq!(status["sessions"][0]["alive"], true, "{status}");
    operator(&env).run(["swarm", "status"]).says(" runs  1");
    operator(&env)
        .run(["swarm", "shutdown", "--deadline", "1s"])
        .succeeds();
    let ended = launched.wait().unwrap();
    assert_eq!(ended.code(), Some(3));
    expect_nothing_left(&env);
    operator(&env).run(["swarm", "resume"]).succeeds();
    assert_eq!(
        count(&env, "SELECT count(*) FROM task WHERE status = 'pending'"),
        3
    );
}

#[test]
fn sessions_that_nobody_looks_after_any_more_are_ended_all_the_same() {
    let env = TestEnv::new();
    let mut launched = launched(&env);
    launched.kill().unwrap();
    launched.wait().unwrap();
    assert!(workers(&env).len() >= 4, "they outlive whoever started them");
    operator(&env)
        .run(["swarm", "shutdown", "--deadline", "1s"])
        .succeeds();
    expect_nothing_left(&env);
}

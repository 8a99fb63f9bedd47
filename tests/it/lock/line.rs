//! Standing in line: who is served, when, and which waits are refused.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::env::{Actor, TestEnv};

/// Starts a wait for a path, and returns once it stands in line.
fn stands_in_line(env: &TestEnv, actor: &Actor<'_>, arguments: &[&str]) -> Child {
    let before = tickets(env);
    let mut command: Command = actor.shell();
    command.args(["lock", "acquire", "--wait", "60s"]).args(arguments);
    let child = command.spawn().unwrap();
    while tickets(env) == before {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// The highest ticket that was ever given.
fn tickets(env: &TestEnv) -> i64 {
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'waiter'), 0)";
    env.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[track_caller]
fn ends_with(child: Child, status: i32) -> String {
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{errors}");
    errors
}

#[test]
fn l15_nobody_jumps_the_line() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    let second = stands_in_line(&env, &bob, &["a", "b"]);
    carol
        .run(["lock", "acquire", "b"])
        .ends_with(3)
        .complains("b is next for")
        .complains("--wait");
    let third = stands_in_line(&env, &carol, &["b"]);
    alice.run(["lock", "acquire", "b"]).succeeds();
    alice.run(["lock", "release", "--all"]).succeeds();
    ends_with(second, 0);
    bob.run(["lock", "release", "--all"]).succeeds();
    ends_with(third, 0);
}

#[test]
fn a_waiter_wakes_soon_after_the_release() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        alice.run(["lock", "acquire", "a"]).succeeds();
        let waiter = stands_in_line(&env, &bob, &["a"]);
        alice.run(["lock", "release", "a"]).succeeds();
        let released = Instant::now();
        ends_with(waiter, 0);
        fastest = fastest.min(released.elapsed());
        bob.run(["lock", "release", "a"]).succeeds();
    }
    // 15 ms of sleep and one transaction; the bound is ten times that for a busy machine.
    assert!(fastest < Duration::from_millis(250), "{fastest:?}");
}

#[test]
fn a_wait_that_could_never_end_is_refused_at_once_and_names_the_circle() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["lock", "acquire", "x"]).succeeds();
    bob.run(["lock", "acquire", "y"]).succeeds();
    let waiting = stands_in_line(&env, &alice, &["y"]);
    let began = Instant::now();
    let refused = bob.run(["lock", "acquire", "x", "--wait", "60s"]).ends_with(3);
    assert!(began.elapsed() < Duration::from_secs(10), "it did not wait");
    let shown = refused.shown();
    assert!(
        shown.contains(
            "bob ([bob]) waits for alice ([alice]) on x, alice ([alice]) waits for bob ([bob]) on y"
        ),
        "{shown}"
    );
    bob.run(["lock", "release", "y"]).succeeds();
    ends_with(waiting, 0);
}

#[test]
fn a_killed_waiter_holds_nobody_up() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    let mut killed = stands_in_line(&env, &bob, &["a"]);
    let behind = stands_in_line(&env, &carol, &["a"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    alice.run(["lock", "release", "a"]).succeeds();
    ends_with(behind, 0);
    let left: i64 = env
        .sql()
        .query_row("SELECT count(*) FROM waiter", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "its ticket was cleared");
}

#[test]
fn a_waiter_is_served_when_the_holder_is_killed() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    let waiter = stands_in_line(&env, &bob, &["a"]);
    alice.kill();
    let killed = Instant::now();
    ends_with(waiter, 0);
    assert!(
        killed.elapsed() < Duration::from_secs(10),
        "{:?}",
        killed.elapsed()
    );
}

#[test]
fn l9_a_waiter_stays_alive_and_what_it_gets_is_its_own() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    let waiter = stands_in_line(&env, &bob, &["a"]);
    // As if bob had been seen for the last time an hour ago.
    env.sql()
        .execute(
            "UPDATE presence SET uptime = uptime - 3600000, seen_at = seen_at - 3600000 WHERE agent_id = ?1",
            [bob.id()],
        )
        .unwrap();
    alice.run(["lock", "release", "a"]).succeeds();
    ends_with(waiter, 0);
    carol
        .run(["lock", "acquire", "a"])
        .ends_with(3)
        .complains("active");
}

#[test]
fn several_paths_are_waited_for_together() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    carol.run(["lock", "acquire", "b"]).succeeds();
    let waiter = stands_in_line(&env, &bob, &["b", "a", "c"]);
    alice.run(["lock", "release", "a"]).succeeds();
    bob.run(["lock", "list", "--mine"]).says("No active locks.");
    carol.run(["lock", "release", "b"]).succeeds();
    ends_with(waiter, 0);
    assert_eq!(
        bob.run(["lock", "list", "--mine", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn whoever_runs_out_of_time_leaves_the_line() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    alice.run(["lock", "acquire", "a"]).succeeds();
    bob.run(["lock", "acquire", "a", "b", "--wait", "300ms"])
        .ends_with(5);
    carol.run(["lock", "acquire", "b"]).succeeds();
}

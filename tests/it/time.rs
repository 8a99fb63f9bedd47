//! Clocks that jump, machines that sleep or start anew, and pids that are given away again.
//!
//! Within one boot only the time since boot counts, sleep included; a process is named by pid, start, boot and pid
//! namespace. Where neither is known the wall clock is all there is, and then nobody is kept alive by a moment in
//! the future.

mod extremes;

use serde_json::Value;

use crate::env::{Actor, HOUR, MINUTE, TestEnv};

/// The jumps of the wall clock that everything is tried with.
const JUMPS: [i64; 6] = [-1_000 * HOUR, -3 * HOUR, -MINUTE, MINUTE, 3 * HOUR, 1_000 * HOUR];

fn presence_of(env: &TestEnv, name: &str) -> Value {
    let agents = env.human().run(["agent", "list", "--all", "--json"]).json();
    let agents = agents.as_array().unwrap();
    agents.iter().find(|agent| agent["name"] == name).unwrap()["status"].clone()
}

fn owner_of(env: &TestEnv, task: &str) -> Value {
    env.human().run(["task", "show", task, "--json"]).json()["owner_agent_id"].clone()
}

/// Alice holds a lock and a task, has edited a file, and Bob has written to her.
fn scene(env: &TestEnv, alice: &Actor<'_>, bob: &Actor<'_>) {
    alice.run(["agent", "register", "--name", "alice"]).succeeds();
    bob.run(["agent", "register", "--name", "bob"]).succeeds();
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.human().run(["task", "create", "T"]).succeeds();
    alice.run(["task", "claim", "T"]).succeeds();
    env.write("edited", "");
    alice.before_edit("edited").succeeds();
    bob.tells("alice", "a word");
}

#[test]
fn no_jump_of_the_wall_clock_changes_who_is_here_and_who_holds_what() {
    for jump in JUMPS {
        let env = TestEnv::new();
        let (alice, bob) = (env.agent("alice"), env.agent("bob"));
        scene(&env, &alice, &bob);
        env.jump(jump);
        assert_eq!(presence_of(&env, "alice"), "active", "{jump}");
        assert!(bob.before_edit("README").is_refusal(), "{jump}");
        bob.run(["lock", "acquire", "README"]).ends_with(3);
        bob.run(["task", "claim", "T"]).ends_with(3);
        bob.run(["lock", "check", "--fence", "1", "README"]).succeeds();
        assert!(alice.is_prompted().told().contains("a word"), "{jump}");
        // And time goes on from there as it would have.
        env.advance(59 * MINUTE);
        bob.run(["lock", "acquire", "README"]).ends_with(3);
        env.advance(2 * MINUTE);
        assert_eq!(presence_of(&env, "alice"), "stale", "{jump}");
        bob.run(["lock", "acquire", "README"]).succeeds();
        bob.run(["task", "claim", "T"]).ends_with(3);
        env.advance(HOUR);
        assert_eq!(presence_of(&env, "alice"), "offline", "{jump}");
        bob.run(["task", "claim", "T"]).succeeds();
    }
}

#[test]
fn an_edit_that_others_are_told_of_lasts_as_long_whatever_the_wall_clock_does() {
    for jump in JUMPS {
        let env = TestEnv::new();
        let (alice, bob) = (env.agent("alice"), env.agent("bob"));
        scene(&env, &alice, &bob);
        env.human()
            .run(["config", "set", "guard.edits", "block"])
            .succeeds();
        env.jump(jump);
        env.advance(9 * MINUTE);
        assert!(bob.before_edit("edited").is_refusal(), "{jump}");
        env.advance(2 * MINUTE);
        assert!(!bob.before_edit("edited").is_refusal(), "{jump}");
    }
}

#[test]
fn what_a_lease_says_of_its_end_follows_the_wall_clock_of_today() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    scene(&env, &alice, &bob);
    let end = || env.human().run(["lock", "list", "--json"]).json()[0]["expires_at"].clone();
    assert_eq!(end(), "2027-01-15T09:00:00.000Z");
    env.jump(-3 * HOUR);
    assert_eq!(end(), "2027-01-15T06:00:00.000Z");
    env.advance(10 * MINUTE);
    assert_eq!(end(), "2027-01-15T06:00:00.000Z");
    alice.run(["lock", "renew", "README", "--ttl", "30m"]).succeeds();
    assert_eq!(end(), "2027-01-15T05:40:00.000Z");
}

#[test]
fn mail_arrives_and_has_an_age_although_it_was_written_in_the_future() {
    for jump in JUMPS {
        let env = TestEnv::new();
        let (alice, bob) = (env.agent("alice"), env.agent("bob"));
        scene(&env, &alice, &bob);
        env.jump(jump);
        bob.tells("alice", "another word");
        let inbox = alice.run(["message", "inbox", "--json"]).json();
        assert_eq!(inbox.as_array().unwrap().len(), 2, "{jump}");
        let told = alice.is_prompted().told();
        assert!(told.contains("a word") && told.contains("another word"), "{jump}");
        alice.is_prompted().is_silent();
    }
}

#[test]
fn while_the_machine_sleeps_leases_lapse_and_processes_live() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
    alice.begins();
    scene(&env, &alice, &bob);
    env.advance(8 * HOUR);
    assert_eq!(presence_of(&env, "alice"), "active");
    bob.run(["task", "claim", "T"]).ends_with(3);
    bob.run(["lock", "acquire", "README"]).succeeds();
    let told = alice.before_edit("README").shown();
    assert!(told.contains("README is locked by"), "{told}");
    assert!(alice.is_prompted().told().contains("a word"));
}

#[test]
fn after_a_start_of_the_machine_the_wall_clock_tells_how_long_it_was_off() {
    for (minutes, lock, task, presence) in [
        (5, 3, 3, "active"),
        (59, 3, 3, "stale"),
        (61, 0, 3, "stale"),
        (121, 0, 0, "offline"),
    ] {
        let env = TestEnv::new();
        let (alice, bob) = (env.agent("alice"), env.agent("bob"));
        scene(&env, &alice, &bob);
        env.reboot(minutes * MINUTE);
        assert_eq!(presence_of(&env, "alice"), presence, "{minutes}");
        bob.run(["lock", "acquire", "README"]).ends_with(lock);
        bob.run(["task", "claim", "T"]).ends_with(task);
    }
}

#[test]
fn a_start_of_the_machine_with_a_clock_that_was_hours_fast_before_keeps_nobody_alive() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    scene(&env, &alice, &bob);
    env.reboot(-3 * HOUR);
    assert_eq!(presence_of(&env, "alice"), "offline");
    bob.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["task", "claim", "T"]).succeeds();
    assert_eq!(owner_of(&env, "T"), bob.id());
}

/// Makes the store believe that a proof was taken of another process: in another boot, or with the same pid given
/// away again.
const FORGERIES: [&str; 2] = ["pid_boot = pid_boot - 1", "started = started - 1"];

#[test]
fn a_process_of_another_boot_or_with_a_reused_pid_is_gone_at_once() {
    for forgery in FORGERIES {
        let env = TestEnv::new();
        let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
        alice.begins();
        scene(&env, &alice, &bob);
        assert_eq!(presence_of(&env, "alice"), "active");
        let sql = format!("UPDATE presence SET {forgery} WHERE pid IS NOT NULL");
        assert_eq!(env.sql().execute(&sql, []).unwrap(), 1);
        assert_eq!(presence_of(&env, "alice"), "offline", "{forgery}");
        bob.before_edit("README").succeeds();
        bob.run(["lock", "acquire", "README"]).succeeds();
        bob.run(["task", "claim", "T"]).succeeds();
        // She is still there after all, and is heard again.
        alice.is_prompted();
        assert_eq!(presence_of(&env, "alice"), "active", "{forgery}");
    }
}

#[test]
fn a_ticket_of_another_boot_or_of_a_reused_pid_holds_nobody_up() {
    for forgery in FORGERIES {
        let env = TestEnv::new();
        env.use_real_clock();
        let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
        alice.run(["lock", "acquire", "README"]).succeeds();
        let mut command = bob.shell();
        let mut waits = command
            .args(["lock", "acquire", "README", "--wait", "60s"])
            .spawn()
            .unwrap();
        let tickets = || -> i64 {
            let count = "SELECT count(*) FROM waiter";
            env.sql().query_row(count, [], |row| row.get(0)).unwrap()
        };
        while tickets() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // Killed, it cannot take its ticket back, and what the ticket names seems to run.
        waits.kill().unwrap();
        waits.wait().unwrap();
        assert_eq!(tickets(), 1);
        let own = std::process::id();
        env.sql().execute("UPDATE waiter SET pid = ?1", [own]).unwrap();
        env.sql()
            .execute(&format!("UPDATE waiter SET {forgery}"), [])
            .unwrap();
        alice.run(["lock", "release", "README"]).succeeds();
        carol.run(["lock", "acquire", "README"]).succeeds();
        assert_eq!(tickets(), 0, "{forgery}");
    }
}

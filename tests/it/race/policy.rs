//! Many processes under one limit: on the recorded history no window ever holds more calls than the rule allows.

use std::process::{Command, Stdio};

use super::{at_once, texts};
use crate::env::{Actor, TestEnv};

const CALLERS: usize = 32;

/// Runs hooks, each with its payload in a file on standard input, at the same moment.
fn hooks(env: &TestEnv, actors: &[Actor<'_>], file: &str) -> Vec<Option<i32>> {
    let commands = actors.iter().enumerate().map(|(number, actor)| {
        let payload = actor.payload("pre-tool-use", &actor.edit_of(file)).to_string();
        let path = env.outside().join(format!("payload-{number}.json"));
        std::fs::write(&path, payload).unwrap();
        let mut command: Command = actor.hook_command("pre-tool-use");
        command.stdin(Stdio::from(std::fs::File::open(path).unwrap()));
        command
    });
    let outputs = at_once(commands.collect());
    outputs.iter().map(|output| output.status.code()).collect()
}

fn apply(env: &TestEnv, rules: &str) {
    env.write("agent-sync.policy.toml", rules);
    env.human().run(["policy", "apply", "--yes"]).succeeds();
}

/// Every moment at which a call was counted, in milliseconds since boot.
fn counted(env: &TestEnv) -> Vec<i64> {
    let sql = env.sql();
    let mut statement = sql
        .prepare("SELECT uptime FROM policy_call ORDER BY uptime")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn count(statuses: &[Option<i32>], status: i32) -> usize {
    statuses.iter().filter(|found| **found == Some(status)).count()
}

/// Hooks that could not open the store in time: on a busy machine they let the tool run, say so in their log, and
/// count nothing.
fn blind(env: &TestEnv) -> usize {
    let log = std::fs::read_to_string(env.path(".claude/coordination/hook.log"));
    log.map_or(0, |log| log.lines().count())
}

fn refusals(env: &TestEnv) -> usize {
    let log = env
        .human()
        .run(["policy", "log", "--limit", "1000", "--json"])
        .json();
    let entries = log.as_array().unwrap().iter();
    entries
        .filter(|entry| entry["event_type"] == "policy.limited")
        .count()
}

#[test]
fn of_thirty_two_commands_under_one_limit_exactly_so_many_pass() {
    let env = TestEnv::new();
    for number in 0..CALLERS {
        let name = format!("caller{number}");
        let _here = env.agent(&name).called(&name);
    }
    apply(
        &env,
        "[[rule]]\nname = \"few\"\ncommand = \"decision add\"\neffect = \"limit\"\ncount = 7\nwindow = \"1h\"\nper = \"all\"\n",
    );
    let commands = (0..CALLERS).map(|number| {
        let mut command = env.agent(&format!("caller{number}")).shell();
        command.args(texts(&["decision", "add", &format!("Number {number}")]));
        command
    });
    let outputs = at_once(commands.collect());
    let statuses: Vec<Option<i32>> = outputs.iter().map(|output| output.status.code()).collect();
    assert_eq!(
        (count(&statuses, 0), count(&statuses, 3)),
        (7, 25),
        "{statuses:?}"
    );
    let decisions = env.human().run(["decision", "list", "--json"]).json();
    assert_eq!(
        decisions.as_array().unwrap().len(),
        7,
        "what was refused did nothing"
    );
    assert_eq!((counted(&env).len(), refusals(&env)), (7, 25));
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn of_thirty_two_edits_under_one_limit_exactly_so_many_pass() {
    let env = TestEnv::new();
    apply(
        &env,
        "[[rule]]\nname = \"few\"\ntool = \"Edit\"\neffect = \"limit\"\ncount = 5\nwindow = \"1h\"\nper = \"all\"\n",
    );
    let actors: Vec<Actor<'_>> = (0..CALLERS)
        .map(|number| env.agent(&format!("caller{number}")))
        .collect();
    let statuses = hooks(&env, &actors, "free.txt");
    let (passed, blind) = (count(&statuses, 0), blind(&env));
    assert_eq!(passed + count(&statuses, 2), CALLERS, "{statuses:?}");
    assert_eq!(counted(&env).len(), 5);
    assert!((5..=5 + blind).contains(&passed), "{passed}, {blind} blind");
    assert!(
        (27 - blind.min(27)..=27).contains(&refusals(&env)),
        "{blind} blind"
    );
}

#[test]
fn in_no_window_of_the_record_more_calls_passed_than_the_rule_allows() {
    const LIMIT: usize = 4;
    const WINDOW: i64 = 1_500;
    let env = TestEnv::new();
    env.use_real_clock();
    apply(
        &env,
        "[[rule]]\nname = \"few\"\ntool = \"Edit\"\neffect = \"limit\"\ncount = 4\nwindow = \"1500ms\"\nper = \"all\"\n",
    );
    let actors: Vec<Actor<'_>> = (0..CALLERS)
        .map(|number| env.agent(&format!("caller{number}")))
        .collect();
    let mut passed = 0;
    for _ in 0..4 {
        passed += count(&hooks(&env, &actors, "free.txt"), 0);
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
    let counted = counted(&env);
    let blind = blind(&env);
    let whole = counted.len()..=counted.len() + blind;
    assert!(
        whole.contains(&passed),
        "who passed was counted: {passed}, {blind} blind"
    );
    assert!(passed >= LIMIT, "{passed}");
    for start in &counted {
        let held = counted.iter().filter(|at| (*start..*start + WINDOW).contains(at));
        assert!(held.count() <= LIMIT, "{counted:?}");
    }
}

#[test]
fn an_approval_for_one_use_lets_one_of_many_retries_pass() {
    let env = TestEnv::new();
    apply(
        &env,
        "[[rule]]\nname = \"asked\"\ntool = \"Edit\"\neffect = \"approve\"\n",
    );
    let alice = env.agent("alice").called("alice");
    let asked = hooks(&env, &vec![alice.clone(); CALLERS], "free.txt");
    assert!(count(&asked, 2) + blind(&env) >= CALLERS, "{asked:?}");
    let requests = env.human().run(["approve", "list", "--json"]).json();
    assert_eq!(
        requests.as_array().unwrap().len(),
        1,
        "one call is one request: {requests}"
    );
    env.human().run(["approve", "req-"]).succeeds();
    let tried = hooks(&env, &vec![alice; CALLERS], "free.txt");
    let passed = count(&tried, 0);
    assert!((1..=1 + blind(&env)).contains(&passed), "{tried:?}");
    let used: i64 = env
        .sql()
        .query_row("SELECT sum(used) FROM policy_request", [], |row| row.get(0))
        .unwrap();
    assert_eq!(used, 1);
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn of_two_policies_that_are_applied_at_once_one_is_in_force_whole() {
    let env = TestEnv::new();
    let _alice = env.agent("alice").called("alice");
    for name in ["one", "two"] {
        let rules = format!(
            "[[rule]]\nname = \"{name}-a\"\neffect = \"allow\"\n[[rule]]\nname = \"{name}-b\"\neffect = \"allow\"\n"
        );
        env.write(&format!("{name}.toml"), &rules);
    }
    let commands = (0..8).map(|number| {
        let mut command = env.human().shell();
        let file = ["one.toml", "two.toml"][number % 2];
        command.args(texts(&["policy", "apply", file, "--yes"]));
        command
    });
    let outputs = at_once(commands.collect());
    assert!(outputs.iter().any(|output| output.status.success()));
    let refused = outputs.iter().filter(|output| !output.status.success());
    for output in refused {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            errors.contains("somebody else has changed the policy meanwhile"),
            "{errors}"
        );
    }
    let shown = env.human().run(["policy", "show", "--json"]).json();
    let names: Vec<&str> = (shown["rules"].as_array().unwrap().iter())
        .map(|rule| rule["name"].as_str().unwrap())
        .collect();
    assert!(
        names == ["one-a", "one-b"] || names == ["two-a", "two-b"],
        "{names:?}"
    );
    env.human().run(["doctor", "--check"]).succeeds();
}

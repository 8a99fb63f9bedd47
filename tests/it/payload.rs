//! Hook payloads, recorded from the real client and then spoiled in every way, through every hook.
//!
//! Whatever arrives on standard input, a hook ends with 0 and without noise; or with 2, and then because of
//! a lock that really is held.

mod spoiled;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use agent_sync::hook::HOOKS;
use serde_json::Value;

use crate::env::{PROGRAM, TestEnv, quiet};

/// Where the recorded sessions took place.
const RECORDED_PROJECT: &str = "/home/user/project";

/// The file of the recorded payloads that somebody else holds in these tests.
const HELD: &str = "a.txt";

/// How long a hook may take on a machine that does many other things; it normally takes a few milliseconds.
const LIMIT: Duration = Duration::from_millis(250);

/// All recorded payloads by name.
fn recorded() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads");
    let mut payloads: Vec<(String, String)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    payloads.sort();
    assert!(payloads.len() > 60, "the payloads are in the repository");
    payloads
}

/// The same session in the project of this test.
fn moved(payload: &str, env: &TestEnv) -> String {
    payload.replace(RECORDED_PROJECT, env.root().to_str().unwrap())
}

/// A project in which Bob holds a file.
fn project() -> TestEnv {
    let env = TestEnv::new();
    env.write(HELD, "hello\n");
    env.agent("bob")
        .run(["lock", "acquire", HELD, "--ttl", "24h"])
        .succeeds();
    env
}

/// One run of a hook.
struct Case {
    hook: &'static str,
    what: String,
    input: Vec<u8>,
}

/// Cases of one payload through each of `hooks`.
fn through<'a>(hooks: impl IntoIterator<Item = &'a str>, what: &str, input: &[u8]) -> Vec<Case> {
    hooks
        .into_iter()
        .map(|name| Case {
            hook: HOOKS.iter().find(|hook| hook.name == name).unwrap().name,
            what: what.to_owned(),
            input: input.to_vec(),
        })
        .collect()
}

fn every_hook() -> impl Iterator<Item = &'static str> {
    HOOKS.iter().map(|hook| hook.name)
}

/// The hook that the client would run for a payload.
fn own_hook(payload: &Value) -> Option<&'static str> {
    HOOKS
        .iter()
        .find(|hook| payload["hook_event_name"] == hook.event)
        .map(|hook| hook.name)
}

/// Whether a hook reads this payload's tool input.
fn is_looked_at(payload: &Value) -> bool {
    ["Edit", "Write", "NotebookEdit", "Bash"]
        .iter()
        .any(|tool| payload["tool_name"] == *tool)
}

/// Runs all cases and says what was wrong with any of them.
fn run_all(env: &TestEnv, cases: &[Case]) {
    let _quiet = quiet();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let complaints: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.extend(complaint(env, case));
            }
            found
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let shown: Vec<_> = complaints.iter().take(20).map(String::as_str).collect();
    assert!(
        complaints.is_empty(),
        "{} of {} cases:\n{}",
        complaints.len(),
        cases.len(),
        shown.join("\n")
    );
}

/// What is wrong with a case, if anything. Slowness counts only while the machine runs at all: when even a
/// program that does nothing takes long, the case is tried again.
fn complaint(env: &TestEnv, case: &Case) -> Option<String> {
    let mut said = None;
    for _ in 0..20 {
        let began = Instant::now();
        let command = env.agent("whoever").hook_command(case.hook);
        let output = run(command, &case.input);
        let took = began.elapsed();
        if let Some(what) = wrong(case, &output) {
            return Some(format!("{} < {}: {what}", case.hook, case.what));
        }
        if took < LIMIT {
            return None;
        }
        said = Some(format!("{} < {}: took {took:?}", case.hook, case.what));
        while is_stalled() {
            thread::sleep(LIMIT);
        }
    }
    said
}

/// Whether a program that does nothing takes ten times what it takes on a machine at rest.
fn is_stalled() -> bool {
    let began = Instant::now();
    let _started = Command::new(PROGRAM).arg("--version").output().unwrap();
    began.elapsed() > LIMIT / 10
}

fn run(mut command: Command, input: &[u8]) -> std::process::Output {
    // A file instead of a pipe: nobody has to be there to feed it.
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, input).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    command.stdin(Stdio::from(file)).output().unwrap()
}

fn wrong(case: &Case, output: &std::process::Output) -> Option<String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    for text in [&stderr, &stdout] {
        if text.contains("panicked") || text.contains("stopped by an error of its own") {
            return Some(format!("panicked: {text}"));
        }
    }
    if !stdout.is_empty() {
        match serde_json::from_str::<Value>(&stdout) {
            Err(error) => return Some(format!("answered no JSON ({error}): {stdout}")),
            Ok(answer) if answer.get("systemMessage").is_some() => {
                return Some(format!("was in trouble: {stdout}"));
            }
            Ok(_) => {}
        }
    }
    match output.status.code() {
        Some(0) if stderr.is_empty() => None,
        Some(0) => Some(format!("made noise: {stderr}")),
        Some(2) => {
            let names_it = String::from_utf8_lossy(&case.input).contains(HELD);
            let is_proven = case.hook == "pre-tool-use" && names_it && stderr.contains("is locked by");
            (!is_proven).then(|| format!("refused without a proof: {stderr}"))
        }
        other => Some(format!("ended with {other:?}: {stderr}")),
    }
}

#[test]
fn recorded_payloads_pass_through_every_hook() {
    let env = project();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        cases.extend(through(
            every_hook(),
            &format!("{name} as recorded"),
            payload.as_bytes(),
        ));
        cases.extend(through(
            every_hook(),
            &format!("{name} here"),
            moved(&payload, &env).as_bytes(),
        ));
    }
    run_all(&env, &cases);
}

#[test]
fn broken_bytes_pass_through_every_hook() {
    let env = project();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        for (what, bytes) in spoiled::bytes(moved(&payload, &env).as_bytes()) {
            cases.extend(through(every_hook(), &format!("{name} {what}"), &bytes));
        }
    }
    run_all(&env, &cases);
}

#[test]
fn payloads_with_all_fields_of_a_wrong_type_or_with_more_fields_pass_through_every_hook() {
    let env = project();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        let payload: Value = serde_json::from_str(&moved(&payload, &env)).unwrap();
        for (what, input) in spoiled::wholesale(&payload) {
            cases.extend(through(every_hook(), &format!("{name} {what}"), &input));
        }
    }
    run_all(&env, &cases);
}

#[test]
fn fields_of_wrong_types_pass_through_the_hook_they_are_for() {
    let env = project();
    let mut seen = HashSet::new();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        let payload: Value = serde_json::from_str(&moved(&payload, &env)).unwrap();
        let Some(hook) = own_hook(&payload) else { continue };
        for (what, input) in spoiled::fields(&payload) {
            // Payloads of one event share most fields, and only some tools' inputs are looked at.
            if seen.insert((hook, is_looked_at(&payload).then_some(name.clone()), what.clone())) {
                cases.extend(through([hook], &format!("{name} {what}"), &input));
            }
        }
    }
    run_all(&env, &cases);
}

#[test]
fn fields_of_wrong_types_pass_through_every_other_hook() {
    let env = project();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        if !["PreToolUse-Write-subagent", "SessionStart-clear", "Stop"].contains(&name.as_str()) {
            continue;
        }
        let payload: Value = serde_json::from_str(&moved(&payload, &env)).unwrap();
        for (what, input) in spoiled::fields(&payload) {
            cases.extend(through(every_hook(), &format!("{name} {what}"), &input));
        }
    }
    run_all(&env, &cases);
}

#[test]
fn a_spoiled_payload_does_not_open_a_held_file() {
    let env = project();
    let (_, payload) = recorded()
        .into_iter()
        .find(|(name, _)| name == "PreToolUse-Edit")
        .unwrap();
    let payload = moved(&payload, &env);
    let mut checked = 0;
    for (what, bytes) in spoiled::harmless(&payload) {
        let output = run(env.agent("whoever").hook_command("pre-tool-use"), &bytes);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{what}: {}",
            String::from_utf8_lossy(&bytes)
        );
        checked += 1;
    }
    assert!(checked > 40, "only {checked} were tried");
}

#[test]
fn every_payload_is_inert_where_nothing_is_set_up() {
    let env = TestEnv::new();
    let mut cases = Vec::new();
    for (name, payload) in recorded() {
        cases.extend(through(every_hook(), &name, moved(&payload, &env).as_bytes()));
    }
    run_all(&env, &cases);
    assert!(!env.path(".claude").exists(), "a hook created something");
    assert!(
        fs::read_dir(env.home()).unwrap().next().is_none(),
        "a hook wrote into the home"
    );
}

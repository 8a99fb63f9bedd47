//! A process may be killed at any of its steps: nothing that was confirmed is lost, nothing is there by half, and
//! to do it again leads where it would have led without the crash.
//!
//! `strace` kills each command and hook at its n-th call of everything that changes a disk, for every n. So that
//! a new command joins with one line, what is tried is one table, [`cases::CASES`].

pub(crate) mod cases;
mod essence;
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::env::{TestEnv, copy_tree};
use crate::strace::{has_strace, under_strace};
use cases::{CASES, Case, Kind, Start};
use essence::{Essence, essence, violations};

/// Everything that changes a disk.
const STEPS: [&str; 15] = [
    "write",
    "pwrite64",
    "writev",
    "fdatasync",
    "fsync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "link",
    "linkat",
    "mkdir",
    "fchmod",
];

/// A project to be copied for every trial, and what its ids are.
struct Fixture {
    env: TestEnv,
    names: Vec<(&'static str, String)>,
}

impl Fixture {
    fn new(start: Start) -> Self {
        let env = TestEnv::new();
        let names = cases::prepare(&env, start);
        // Git's examples of hooks are most of the files, and nobody's concern.
        fs::remove_dir_all(env.path(".git/hooks")).unwrap();
        Self { env, names }
    }

    /// A copy of the project in a directory of its own.
    fn copy(&self, name: &str) -> PathBuf {
        let to = self.env.outside().join(name);
        copy_tree(&self.env.root(), &to);
        to
    }

    /// The command of a case in a copy of the project, and its standard input.
    fn command(&self, case: &Case, project: &Path) -> (Command, String) {
        cases::command(&self.env, case, project, &self.names)
    }
}

/// Runs a command with this on standard input and drops what it prints.
fn run(mut command: Command, input: &str) -> (ExitStatus, String) {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, input.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let output = command.stdin(Stdio::from(file)).output().unwrap();
    (
        output.status,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// How often a case makes each of the calls.
fn steps(fixture: &Fixture, case: &Case, project: &Path) -> BTreeMap<&'static str, usize> {
    let (command, input) = fixture.command(case, project);
    let trace = project.with_extension("trace");
    let set = format!("trace={}", STEPS.join(","));
    let traced = under_strace(&command, &["-o", trace.to_str().unwrap(), "-e", &set]);
    let (status, errors) = run(traced, &input);
    assert!(
        matches!(status.code(), Some(0 | 2)),
        "{}: {status:?} {errors}",
        case.name
    );
    let text = fs::read_to_string(trace).unwrap();
    let mut counts = BTreeMap::new();
    for step in STEPS {
        let call = format!(" {step}(");
        let count = text.lines().filter(|line| line.contains(&call)).count();
        if count > 0 {
            counts.insert(step, count);
        }
    }
    counts
}

/// What is wrong after a case was killed at its n-th call, if anything.
fn trial(fixture: &Fixture, case: &Case, (step, at): (&str, usize), ends: &Ends) -> Option<String> {
    let project = fixture.copy(&format!(
        "{}-{step}-{at}",
        case.name.replace([' ', '/', ':'], "_")
    ));
    let (command, input) = fixture.command(case, &project);
    let inject = format!("inject={step}:signal=SIGKILL:when={at}");
    let set = format!("trace={step}");
    let (status, errors) = run(
        under_strace(&command, &["-o", "/dev/null", "-e", &set, "-e", &inject]),
        &input,
    );
    let killed = status.signal() == Some(9);
    let told = |what: String| Some(format!("{} killed at {step} {at}: {what}", case.name));
    let has_steps = matches!(case.kind, Kind::Steps | Kind::EachInSteps);
    if !killed && !matches!(status.code(), Some(0 | 2)) && !has_steps {
        return told(format!("ended with {status:?}: {errors}"));
    }
    if let Some(broken) = violations(&project) {
        return told(broken);
    }
    let now = essence(&project, true);
    if !has_steps && now != ends.before && now != ends.after {
        return told(format!("is there by half: {}", now.difference(&ends.after)));
    }
    let was_done = now == ends.after;
    let (again, input) = fixture.command(case, &project);
    let (status, errors) = run(again, &input);
    if status.code() == Some(1) || status.code().is_none() || errors.contains("panicked") {
        return told(format!("then ended with {status:?}: {errors}"));
    }
    if let Some(broken) = violations(&project) {
        return told(format!("and done again: {broken}"));
    }
    let last = essence(&project, false);
    let counts_each_time = matches!(case.kind, Kind::Each | Kind::EachInSteps);
    let is_right = last == ends.last || (counts_each_time && was_done);
    if !is_right {
        return told(format!("and done again: {}", last.difference(&ends.last)));
    }
    fs::remove_dir_all(project).unwrap();
    None
}

/// What a case starts from and leads to.
struct Ends {
    before: Essence,
    after: Essence,
    last: Essence,
}

/// Kills every case of one start at every step; says how many times.
fn kill_all(start: Start) -> usize {
    let fixture = Fixture::new(start);
    let mut trials = Vec::new();
    for case in CASES.iter().filter(|case| case.start == start) {
        let project = fixture.copy(&format!("whole-{}", case.name.replace([' ', '/', ':'], "_")));
        let before = essence(&project, true);
        let counts = steps(&fixture, case, &project);
        assert!(!counts.is_empty(), "{} changes nothing", case.name);
        assert_eq!(violations(&project), None, "{}", case.name);
        let ends = std::sync::Arc::new(Ends {
            before,
            after: essence(&project, true),
            last: essence(&project, false),
        });
        for (step, count) in counts {
            trials.extend((1..=count).map(|at| (case, step, at, std::sync::Arc::clone(&ends))));
        }
    }
    let (next, wrong) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some((case, step, at, ends)) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(what) = trial(&fixture, case, (step, *at), ends) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        trials.len(),
        wrong.join("\n")
    );
    trials.len()
}

#[test]
fn a_command_or_hook_that_is_killed_at_any_step_leaves_all_or_nothing_and_can_be_done_again() {
    if !has_strace("what a crash at every step does") {
        return;
    }
    let count = kill_all(Start::Busy);
    assert!(count >= 1_500, "only {count} crashes");
    eprintln!("{count} crashes");
}

#[test]
fn setting_up_that_is_killed_at_any_step_can_be_done_again() {
    if !has_strace("what a crash at every step does") {
        return;
    }
    let count = kill_all(Start::Bare);
    assert!(count >= 400, "only {count} crashes");
    eprintln!("{count} crashes");
}

#[test]
fn under_a_policy_what_is_killed_at_any_step_leaves_all_or_nothing_and_can_be_done_again() {
    if !has_strace("what a crash at every step does") {
        return;
    }
    let count = kill_all(Start::Ruled);
    assert!(count >= 60, "only {count} crashes");
    eprintln!("{count} crashes");
}

#[test]
fn the_end_of_a_swarm_that_is_killed_at_any_step_goes_on_where_it_was() {
    if !has_strace("what a crash at every step does") {
        return;
    }
    let count = kill_all(Start::Draining);
    assert!(count >= 150, "only {count} crashes");
    eprintln!("{count} crashes");
}

#[test]
fn a_repair_that_is_killed_at_any_step_can_be_done_again() {
    if !has_strace("what a crash at every step does") {
        return;
    }
    let count = kill_all(Start::Damaged);
    assert!(count >= 250, "only {count} crashes");
    eprintln!("{count} crashes");
}

#[test]
fn every_command_and_hook_is_tried_or_known_to_write_nothing() {
    let env = TestEnv::new();
    let help = env.human().run(["--help"]).stdout;
    let list = help
        .split_once("Commands:\n")
        .unwrap()
        .1
        .split("\n\n")
        .next()
        .unwrap();
    for line in list.lines().filter(|line| !line.starts_with("   ")) {
        let noun = line.split_whitespace().next().unwrap();
        let is_tried = CASES
            .iter()
            .any(|case| case.words().split(' ').next() == Some(noun));
        assert!(
            is_tried || cases::WRITE_NOTHING.contains(&noun),
            "say in CASES what a crash of `{noun}` may leave"
        );
    }
    for hook in agent_sync::hook::HOOKS {
        let name = format!("hook {}", hook.name);
        assert!(
            CASES.iter().any(|case| case.name == name),
            "{name} is not in CASES"
        );
    }
}

#[test]
fn half_a_command_would_be_seen() {
    let fixture = Fixture::new(Start::Busy);
    let case = CASES
        .iter()
        .find(|case| case.name == "task claim OPEN --lock")
        .unwrap();
    let project = fixture.copy("half");
    let before = essence(&project, true);
    let (command, input) = fixture.command(case, &project);
    assert!(run(command, &input).0.success());
    let after = essence(&project, true);
    let sql = rusqlite::Connection::open(project.join(".claude/coordination/state.sqlite")).unwrap();
    for half in [
        "DELETE FROM lock WHERE path = 'open'",
        "UPDATE task SET owner_id = NULL, status = 'pending' WHERE title = 'Open'",
        "DELETE FROM activity WHERE event = 'task.claimed'",
    ] {
        assert!(sql.execute(half, []).unwrap() > 0, "{half}");
        let now = essence(&project, true);
        assert!(now != before && now != after, "{half}");
    }
    assert!(
        violations(&project).is_some(),
        "an agent works on a task that nobody owns"
    );
}

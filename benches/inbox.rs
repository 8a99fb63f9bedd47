//! How soon `inbox --wait` shows what was sent, and what the waiting costs.
//!
//! Measured between processes, as agents see it: from the moment in which `send` has returned to the first byte
//! of the waiter's output. A waiter that was faster than `send` counts as zero. The waiting's cost is the time
//! that the waiter's process ran on a processor while nothing came.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measuring program reads the clock, prints, and stops at the first surprise"
)]

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-sync");
/// How many messages are sent when the command line does not say.
const ROUNDS: usize = 200;
/// How long a waiter is given to begin waiting.
const SETTLE: Duration = Duration::from_millis(60);
/// How long the idle waiter is watched.
const WATCHED: Duration = Duration::from_secs(5);

fn main() {
    let typed = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let rounds: usize = typed.unwrap_or(ROUNDS).max(1);
    let place = tempfile::tempdir().expect("a temporary directory");
    let made = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(place.path())
        .status();
    assert!(made.expect("git is installed").success());
    run(place.path(), "alice", &["agent", "register", "--name", "alice"]);
    run(place.path(), "alice", &["config", "set", "messages.rate", "1000"]);
    run(place.path(), "bob", &["agent", "register", "--name", "bob"]);

    let mut passed: Vec<Duration> = (0..rounds).map(|_| latency(place.path())).collect();
    passed.sort_unstable();
    let at = |share: usize| passed[(passed.len() * share / 100).min(passed.len() - 1)];
    println!("inbox --wait, {rounds} messages, from the return of send to the waiter's output");
    for (name, value) in [("p50", at(50)), ("p99", at(99)), ("max", at(100))] {
        println!("  {name} {:8.2} ms", value.as_secs_f64() * 1e3);
    }
    match idle_share(place.path()) {
        Some(share) => println!("  a waiter's processor time {:.2} %", share * 100.0),
        None => println!("  a waiter's processor time: this system does not say"),
    }
}

/// The program as `agent`, in an environment of its own.
fn command(place: &Path, agent: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .current_dir(place)
        .env_clear()
        .env("HOME", place)
        .env("AGENT_SYNC_ID", agent)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn run(place: &Path, agent: &str, arguments: &[&str]) {
    let output = command(place, agent, arguments)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn waiter(place: &Path) -> Child {
    let waiter = command(place, "bob", &["inbox", "--wait=60", "--json"]).spawn();
    let waiter = waiter.expect("the program starts");
    thread::sleep(SETTLE);
    waiter
}

/// How long one message takes.
fn latency(place: &Path) -> Duration {
    let mut waiter = waiter(place);
    let mut output = waiter.stdout.take().expect("its output is a pipe");
    let reader = thread::spawn(move || {
        let mut first = [0];
        let count = output.read(&mut first).expect("a readable pipe");
        assert_eq!(count, 1, "the waiter ended without a message");
        let seen_at = Instant::now();
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).expect("a readable pipe");
        seen_at
    });
    run(place, "alice", &["send", "--to", "bob", "--message", "look"]);
    let sent_at = Instant::now();
    let seen_at = reader.join().expect("the reader ends");
    assert!(waiter.wait().expect("a child").success());
    seen_at.saturating_duration_since(sent_at)
}

/// The share of time that a waiter for whom nothing comes spends on a processor.
fn idle_share(place: &Path) -> Option<f64> {
    let mut waiter = waiter(place);
    let statistics = format!("/proc/{}/schedstat", waiter.id());
    let ran = || -> Option<u64> {
        let text = fs::read_to_string(&statistics).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let (before, began) = (ran(), Instant::now());
    thread::sleep(WATCHED);
    let (after, passed) = (ran(), began.elapsed());
    waiter.kill().expect("a child can be ended");
    waiter.wait().expect("a child");
    let nanoseconds = Duration::from_nanos(after? - before?);
    Some(nanoseconds.as_secs_f64() / passed.as_secs_f64())
}

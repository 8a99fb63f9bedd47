//! A running client, and what is left of it when it has ended.
//!
//! Output goes to files, not pipes: a hook's or a command's child that outlives the client and keeps
//! its output open cannot hold up the test.

use crate::gate::PATIENCE;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};
use std::fs::read;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// A started client. It is killed with its process group when it is dropped.
pub(crate) struct Session {
    child: Child,
    output: PathBuf,
    started: Instant,
}

/// How a session ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Session {
    pub(super) fn new(child: Child, output: PathBuf) -> Self {
        Self {
            child,
            output,
            started: Instant::now(),
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Gives the next prompt, or a slash command, to a session started with `converse`.
    pub(crate) fn say(&mut self, prompt: &str) {
        let message = json!({"type": "user", "message": {"role": "user", "content": prompt}});
        let stdin = self.child.stdin.as_mut().expect("a conversing session has stdin");
        writeln!(stdin, "{message}").expect("the client reads its stdin");
    }

    /// Says something and waits until the client has worked it off; returns its `result` event.
    pub(crate) fn ask(&mut self, prompt: &str) -> Value {
        let answered = results(&self.events()).len();
        self.say(prompt);
        self.wait_until(prompt, |events| results(events).get(answered).copied().cloned())
    }

    /// Waits until `find` sees what it looks for in the client's events; `what` names it.
    pub(crate) fn wait_until<T>(&mut self, what: &str, find: impl Fn(&[Value]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let has_ended = self
                .child
                .try_wait()
                .expect("a child can be waited for")
                .is_some();
            if let Some(found) = find(&self.events()) {
                return found;
            }
            assert!(
                !has_ended && Instant::now() < deadline,
                "{what}: not seen (client ended: {has_ended})\n{}\n{}",
                self.stdout(),
                self.stderr()
            );
            pause();
        }
    }

    /// What the client has printed so far: one JSON event per line.
    pub(crate) fn events(&self) -> Vec<Value> {
        events(&self.stdout())
    }

    /// Ends the input, if there is one, and waits for the client to end.
    pub(crate) fn finish(mut self) -> Outcome {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + 2 * PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return self.outcome(status);
            }
            pause();
        }
        panic!(
            "the client did not end in time\n{}\n{}",
            self.stdout(),
            self.stderr()
        );
    }

    /// Ends the client the hard way, so that it cannot say goodbye; its hooks and commands live on.
    pub(crate) fn kill(self) -> Outcome {
        self.end(Signal::KILL)
    }

    /// Asks the client to end by a signal.
    pub(crate) fn end(mut self, signal: Signal) -> Outcome {
        kill_process(Pid::from_child(&self.child), signal).expect("the client still runs");
        let status = self.child.wait().expect("a child can be waited for");
        self.outcome(status)
    }

    fn outcome(&self, status: ExitStatus) -> Outcome {
        let took = self.started.elapsed();
        Outcome {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
            took,
        }
    }

    fn stdout(&self) -> String {
        self.text("stdout")
    }

    fn stderr(&self) -> String {
        self.text("stderr")
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&read(self.output.join(name)).unwrap_or_default()).into_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Outcome {
    /// Fails the test with everything the client printed unless it ended well.
    pub(crate) fn expect_success(self) -> Self {
        assert!(
            self.status.success(),
            "client: {}\n{}\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        events(&self.stdout)
    }

    /// The id the session had at its end.
    pub(crate) fn session_id(&self) -> String {
        let events = self.events();
        let id = events.iter().rev().find_map(|event| event["session_id"].as_str());
        id.expect("every event names the session").to_owned()
    }

    /// The last thing the model said.
    pub(crate) fn result(&self) -> String {
        let events = self.events();
        let last = results(&events).pop().and_then(|event| event["result"].as_str());
        last.unwrap_or_default().to_owned()
    }
}

fn events(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn results(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["type"] == "result").collect()
}

fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

//! What the program wrote down of the statements that it ran.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::env::{Actor, TestEnv};

const VARIABLE: &str = "AGENT_SYNC_TEST_STATEMENTS";

/// The statements of one run of the program.
#[derive(Debug, Default, Clone)]
pub(super) struct Run {
    /// Each as often as it was run, in order.
    pub(super) statements: Vec<String>,
    /// How many steps of SQLite's machine they took together.
    pub(super) steps: u64,
}

/// Where one test has its statements written.
pub(super) struct Recording {
    file: PathBuf,
}

impl Recording {
    pub(super) fn new(env: &TestEnv) -> Self {
        let file = env.outside().join("statements");
        Self { file }
    }

    /// The same one, whose statements are recorded.
    pub(super) fn of<'a>(&self, actor: &Actor<'a>) -> Actor<'a> {
        actor.with(VARIABLE, self.file.to_str().unwrap())
    }

    /// Runs a command with this on standard input; says what it ran and what it printed.
    pub(super) fn run(&self, mut command: Command, input: &str) -> (Run, Output) {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        command.env(VARIABLE, &self.file);
        let output = command.stdin(Stdio::from(file)).output().unwrap();
        (self.take(), output)
    }

    /// What was recorded since this was last asked.
    pub(super) fn take(&self) -> Run {
        let mut run = Run::default();
        let Ok(text) = fs::read_to_string(&self.file) else {
            return run;
        };
        for line in text.lines() {
            match serde_json::from_str(line).unwrap() {
                Value::String(statement) => run.statements.push(statement),
                steps => run.steps += steps.as_u64().unwrap(),
            }
        }
        fs::remove_file(&self.file).unwrap();
        run
    }
}

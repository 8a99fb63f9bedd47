//! What the program wrote down of the statements that it ran.

use std::collections::BTreeMap;
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
    /// How many steps of SQLite's machine each took, all its runs together.
    pub(super) steps: BTreeMap<String, u64>,
}

impl Run {
    /// How many steps all of them took.
    pub(super) fn all_steps(&self) -> u64 {
        self.steps.values().sum()
    }

    /// The statements that took more steps here than in `other`, or were run more often.
    pub(super) fn beyond(&self, other: &Self) -> Vec<String> {
        let steps = |run: &Self, statement: &str| run.steps.get(statement).copied().unwrap_or(0);
        let count =
            |run: &Self, statement: &str| run.statements.iter().filter(|one| *one == statement).count();
        let has_more = |statement: &&String| {
            steps(self, statement) > steps(other, statement)
                || count(self, statement) > count(other, statement)
        };
        let told = |statement: &String| {
            format!(
                "{} -> {} times, {} -> {} steps: {}",
                count(other, statement),
                count(self, statement),
                steps(other, statement),
                steps(self, statement),
                super::query::plain(statement)
            )
        };
        self.steps.keys().filter(has_more).map(told).collect()
    }
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
                ended => {
                    let statement = ended[0].as_str().unwrap().to_owned();
                    *run.steps.entry(statement).or_default() += ended[1].as_u64().unwrap();
                }
            }
        }
        fs::remove_file(&self.file).unwrap();
        run
    }
}

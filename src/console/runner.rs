//! Commands that the human has entered, run by this very program as the human, one after the other.
//!
//! The console changes nothing itself: what it can do is what the commands can do, checked where they check it. No
//! shell takes part, and nothing waits for a command while the screen has to be drawn.

use std::path::PathBuf;

use super::command::Plan;
use crate::domain::agent::OPERATOR;
use crate::env::{Env, Running};

/// Most bytes of what a command prints that are kept.
const MOST: usize = 512 * 1024;
/// The exit status of a command that could not be started, as shells have it.
const NOT_STARTED: i32 = 126;

/// Commands that run, or none.
pub(super) struct Runner<'a> {
    env: &'a Env,
    /// What every command is given: the project that was named.
    root: Option<PathBuf>,
    left: Vec<Vec<String>>,
    running: Option<Running>,
    printed: String,
}

impl<'a> Runner<'a> {
    /// Nothing runs yet.
    pub(super) fn new(env: &'a Env, root: Option<PathBuf>) -> Self {
        Self {
            env,
            root,
            left: Vec::new(),
            running: None,
            printed: String::new(),
        }
    }

    /// Begins to run these.
    pub(super) fn start(&mut self, plan: &Plan) {
        self.left = plan.commands.iter().rev().cloned().collect();
        self.printed.clear();
        self.running = None;
    }

    /// Goes on; once all is over it says how, and what was printed.
    pub(super) fn poll(&mut self) -> Option<(i32, String)> {
        if let Some(running) = &mut self.running {
            let status = match running.ended() {
                Ok(None) => return None,
                Ok(Some(status)) => status,
                Err(_) => NOT_STARTED,
            };
            self.printed.push_str(&running.printed());
            self.running = None;
            if status != 0 || self.left.is_empty() {
                self.left.clear();
                return Some((status, std::mem::take(&mut self.printed)));
            }
        }
        let words = self.left.pop()?;
        match self.env.start_own(&self.arguments(words), MOST) {
            Ok(running) => {
                self.running = Some(running);
                None
            }
            Err(error) => {
                self.left.clear();
                Some((NOT_STARTED, format!("error: cannot run agent-sync: {error}")))
            }
        }
    }

    /// Stops what runs; says what it has printed so far.
    pub(super) fn stop(&mut self) -> Option<(i32, String)> {
        let running = self.running.take()?;
        self.left.clear();
        let printed = std::mem::take(&mut self.printed) + &running.printed();
        Some((130, printed + "stopped\n"))
    }

    /// Whether anything runs or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some() || !self.left.is_empty()
    }

    /// The whole command line: as the human, unless somebody else is named.
    fn arguments(&self, words: Vec<String>) -> Vec<String> {
        let mut arguments = Vec::new();
        let named = |option: &str| {
            let before = words.iter().take_while(|word| *word != "--");
            before
                .into_iter()
                .any(|word| word == option || word.starts_with(&format!("{option}=")))
        };
        if !named("--as") {
            arguments.extend(["--as".to_owned(), OPERATOR.to_owned()]);
        }
        if let Some(root) = self.root.as_ref().filter(|_| !named("--root")) {
            arguments.extend(["--root".to_owned(), root.to_string_lossy().into_owned()]);
        }
        arguments.extend(words);
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(root: Option<&str>, words: &[&str]) -> String {
        let env = Env::real();
        let runner = Runner::new(&env, root.map(PathBuf::from));
        runner
            .arguments(words.iter().map(|word| (*word).to_owned()).collect())
            .join(" ")
    }

    #[test]
    fn a_command_is_run_as_the_human_in_the_project_that_was_named() {
        assert_eq!(arguments(None, &["status"]), "--as operator status");
        assert_eq!(
            arguments(Some("/r"), &["status"]),
            "--as operator --root /r status"
        );
        assert_eq!(
            arguments(Some("/r"), &["--as", "bob", "--root=/s", "whoami"]),
            "--as bob --root=/s whoami"
        );
        assert_eq!(
            arguments(None, &["message", "send", "--", "--as"]),
            "--as operator message send -- --as"
        );
    }
}

//! What every command needs: the project, and where to print. The store and who is acting are in `session`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::Global;
use super::gate::Gate;
use super::spoken::Spoken;
use crate::domain::lock::{Key, Wanted};
use crate::env::Env;
use crate::error::Refusal;
use crate::frame::{Frame, HARD_BUDGET, SENTENCE};
use crate::place::Place;
use crate::render::json;
use crate::repo::{Located, Project};

/// What every command needs.
pub struct Context<'a> {
    /// The outside world.
    pub env: &'a Env,
    /// The options that every command takes.
    pub global: &'a Global,
    pub(super) cwd: PathBuf,
    pub(super) place: Place,
    pub(super) gate: Gate,
    pub(super) is_work: bool,
}

impl<'a> Context<'a> {
    /// Finds the project around the working directory, or the one that `--root` or `AGENT_SYNC_ROOT` names.
    ///
    /// # Errors
    /// When there is no working directory any more.
    pub fn new(env: &'a Env, global: &'a Global) -> Result<Self> {
        let cwd = env.cwd().context("the working directory is gone")?;
        let root = match &global.root {
            Some(root) => Some(cwd.join(root)),
            None => env.root().map(|root| cwd.join(root)),
        };
        let project = match root {
            Some(root) => Project::rooted(&root),
            None => Project::discover(&cwd, env.home().as_deref()).unwrap_or_else(|| Project::rooted(&cwd)),
        };
        Ok(Self {
            env,
            global,
            cwd,
            place: Place::new(env, project),
            gate: Gate::default(),
            is_work: false,
        })
    }

    /// The same for somebody who typed this, which the policy in force is asked about before anything is done.
    #[must_use]
    pub(super) fn speaking(mut self, spoken: Option<Spoken>) -> Self {
        self.gate = Gate::new(spoken);
        self
    }

    /// For a command that is refused where the store was closed.
    #[must_use]
    pub fn at_work(self, is_work: bool) -> Self {
        Self { is_work, ..self }
    }

    /// The project.
    #[must_use]
    pub const fn project(&self) -> &Project {
        self.place.project()
    }

    /// The project, its store and whether it may be trusted.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Finds the file that somebody typed.
    #[must_use]
    pub fn locate(&self, typed: &Path) -> Located {
        self.project().locate(&self.cwd, typed)
    }

    /// What somebody typed, for a lock: a file or directory, or a pattern where it holds glob characters and
    /// there is no such file.
    ///
    /// # Errors
    /// [`Refusal`] when it is a pattern that nothing could be compared with.
    pub fn wanted(&self, typed: &Path) -> Result<Wanted> {
        let pattern = self
            .project()
            .locate_pattern(&self.cwd, typed)
            .map_err(|invalid| Refusal::usage(invalid.to_string()))?;
        if let Some(key) = pattern {
            return Ok(Wanted {
                is_pattern: true,
                ..Wanted::plain(Key::Path(key))
            });
        }
        let located = self.locate(typed);
        Ok(Wanted {
            is_directory: located.is_directory,
            inode: located.inode,
            ..Wanted::plain(Key::Path(located.key))
        })
    }

    /// Prints what was asked for.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print(&self, text: &str) -> Result<()> {
        Ok(self.env.write_output(text)?)
    }

    /// Prints what was done, unless `--quiet`.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn say(&self, text: &str) -> Result<()> {
        if self.global.quiet {
            Ok(())
        } else {
            self.print(text)
        }
    }

    /// Prints a value as JSON.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_json(&self, value: &impl Serialize) -> Result<()> {
        self.print(&json::to_string(value))
    }

    /// Prints lines that hold other people's text: framed as data where a model reads them.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_data(&self, text: &str, more: &str) -> Result<()> {
        if !self.env.is_agent_shell() {
            return self.print(text);
        }
        let mut frame = Frame::new(self.env.random()?, SENTENCE, HARD_BUDGET);
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut lines = plain.lines();
        let left = lines
            .by_ref()
            .find(|line| !line.is_empty() && !frame.push(line))
            .map_or(0, |_| lines.count() + 1);
        let overflow = (left > 0).then(|| format!("{left} more lines: {more}"));
        self.print(&frame.finish(overflow.as_deref()))
    }

    /// Like [`Self::print_data`], but all of it, in as many frames as it takes.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_all_data(&self, text: &str) -> Result<()> {
        if !self.env.is_agent_shell() {
            return self.print(text);
        }
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut lines = plain.lines().filter(|line| !line.is_empty()).peekable();
        while lines.peek().is_some() {
            let mut frame = Frame::new(self.env.random()?, SENTENCE, HARD_BUDGET);
            while lines
                .next_if(|line| frame.push(line) || frame.is_empty())
                .is_some()
            {}
            self.print(&frame.finish(None))?;
        }
        Ok(())
    }

    /// A remark on standard error.
    pub fn note(&self, text: &str) {
        self.env.write_error(&format!("note: {text}\n"));
    }

    /// The text of an argument, or of standard input when the argument is `-`.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub fn text_or_input(&self, argument: &str) -> Result<String> {
        if argument != "-" {
            return Ok(argument.to_owned());
        }
        let bytes = self.env.read_input().context("reading standard input")?;
        let text =
            String::from_utf8(bytes).map_err(|_| Refusal::usage("standard input is not UTF-8 text"))?;
        Ok(text
            .strip_suffix('\n')
            .map_or(text.as_str(), |line| line)
            .to_owned())
    }
}

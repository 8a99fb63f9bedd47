//! One thing to measure.
//!
//! A case says what is run, from which facts, and what has to come of it: a run that ends otherwise is no
//! measurement of the case and stops everything.

use anyhow::{Result, ensure};

use super::measure::Invocation;
use super::room::Room;

/// What is run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    /// A hook of this name with this recorded payload, and these fields changed.
    Hook(
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
    ),
    /// A command.
    Command(&'static [&'static str]),
}

/// One thing to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// What it is, for people; it never changes, so that results can be compared.
    pub(crate) name: &'static str,
    pub(crate) call: Call,
    /// SQL that makes the facts, after `fresh.sql`.
    pub(crate) facts: &'static str,
    /// What the product itself is run for first.
    pub(crate) first: &'static [Call],
    /// The exit status that it ends with.
    pub(crate) exit: i32,
    /// What its output holds; nothing is said where this is empty.
    pub(crate) says: &'static str,
}

impl Call {
    /// The command line in a project.
    pub(crate) fn invocation(&self, room: &Room) -> Result<Invocation> {
        match self {
            Self::Hook(name, payload, changes) => room.hook(name, payload, changes),
            Self::Command(arguments) => Ok(room.shell(arguments)),
        }
    }
}

impl Case {
    pub(crate) const fn new(name: &'static str, call: Call) -> Self {
        Self {
            name,
            call,
            facts: "",
            first: &[],
            exit: 0,
            says: "",
        }
    }

    /// The same from these facts.
    pub(crate) const fn given(self, facts: &'static str) -> Self {
        Self { facts, ..self }
    }

    /// The same after these runs.
    pub(crate) const fn after(self, first: &'static [Call]) -> Self {
        Self { first, ..self }
    }

    /// The same with this in the output.
    pub(crate) const fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// The same with this exit status.
    pub(crate) const fn exits(self, exit: i32) -> Self {
        Self { exit, ..self }
    }

    /// Whether it is a hook.
    pub(crate) const fn is_hook(&self) -> bool {
        matches!(self.call, Call::Hook(..))
    }

    /// Whether it is about the hook of this name.
    pub(crate) fn is_of(&self, hook: &str) -> bool {
        matches!(self.call, Call::Hook(name, ..) if name == hook)
    }

    /// Makes the facts that a run begins with.
    pub(crate) fn prepare(&self, room: &Room) -> Result<()> {
        room.prepare(self.facts)?;
        for call in self.first {
            call.invocation(room)?.outcome()?;
        }
        Ok(())
    }

    /// Runs it once and fails unless what has to come of it did. Says whether it changed the store: every change is
    /// in the write-ahead log first, and stays there when the process ends.
    pub(crate) fn try_out(&self, room: &Room) -> Result<bool> {
        self.prepare(room)?;
        let before = room.log_size();
        let said = self.call.invocation(room)?.outcome()?;
        let is_said = if self.says.is_empty() {
            !self.is_hook() || said.text.is_empty()
        } else {
            said.text.contains(self.says)
        };
        ensure!(
            is_said && said.status.code() == Some(self.exit),
            "'{}' on {}: {} with {}",
            self.name,
            room.size.name,
            said.status,
            said.text
        );
        Ok(room.log_size() != before)
    }
}

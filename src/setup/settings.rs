//! agent-sync's hooks in a Claude Code settings file, as functions from text to text.
//!
//! The file is shared with its owner and with other tools, so the rules are strict. What is ours is told by
//! the command alone (see `command.rs`) and is brought up to date where it stands; it is never there twice.
//! The program's own path stays as it is written, since whoever put it there had a reason. Everything else
//! keeps every byte. A group that we share with others is left to them when our matcher differs from
//! theirs. Doing anything twice is doing it once.

use std::fmt;

use super::json::{Container, Document, Value};
use super::merge::{Merge, Ours};
pub use super::reader::Unmergeable;
use crate::frame::Clean;
use crate::hook::{HOOKS, Hook};

/// A settings file after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wired {
    /// The whole file; byte for byte what it was when `changed` is empty.
    pub text: String,
    /// What was done, in the order of the file.
    pub changed: Vec<Change>,
    /// Whether the file now says nothing at all (`{}`), so that it can go if nobody else wants it.
    pub is_empty: bool,
}

/// One thing done to one hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub action: Action,
    /// The event under which it is.
    pub event: Clean,
    /// The word after `agent-sync hook`: small letters and dashes.
    pub name: String,
    /// The command, as the file has it.
    pub command: Clean,
}

/// What can be done to a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was not there.
    Added,
    /// Its matcher or timeout was that of another version.
    Updated,
    /// It was there twice, belongs to another event or to another version, or everything of ours is to go.
    Removed,
}

impl fmt::Display for Change {
    /// For people: `added Stop: agent-sync hook stop`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.action {
            Action::Added => "added",
            Action::Updated => "updated",
            Action::Removed => "removed",
        };
        write!(formatter, "{verb} {}: {}", self.event, self.command)
    }
}

/// What a settings file says about our hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// One for each of [`HOOKS`], in that order.
    pub hooks: Vec<(Hook, State)>,
    /// How many entries of ours are too many: doubled, or of an event or a name that this version has not.
    pub surplus: usize,
    /// Whether the file switches all hooks off (`disableAllHooks`), ours included.
    pub is_disabled: bool,
}

impl Wiring {
    /// Whether [`wire`] would change nothing and the client runs every hook.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_current = |(_, state): &(Hook, State)| matches!(state, State::Current { .. });
        !self.is_disabled && self.surplus == 0 && self.hooks.iter().all(is_current)
    }
}

/// How one hook is wired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is not there.
    Missing,
    /// It is there with another matcher or timeout than this version wants.
    Outdated {
        /// Its command as the file has it, with arguments; not neutralised, so that it can be looked up.
        command: String,
    },
    /// It is as this version wants it.
    Current {
        /// Its command as the file has it, with arguments; not neutralised, so that it can be looked up.
        command: String,
    },
}

/// Puts every hook of [`HOOKS`] into a settings file, or brings it up to date there. `None` and a blank file
/// count as `{}`.
///
/// # Errors
/// [`Unmergeable`] when the file is not strict JSON, has a key twice in one object, is not an object, or has
/// something else where the hooks should be. The caller leaves it as it is.
pub fn wire(text: Option<&str>) -> Result<Wired, Unmergeable> {
    let text = text.filter(|text| !is_blank(text)).unwrap_or("{}\n");
    let mut document = Document::parse(text)?;
    check_shape(text, &document)?;
    let mut merge = Merge::new(text, &document);
    if let Some(root) = document.root.as_object_mut() {
        merge.wire(root)?;
    }
    Ok(merge.finish(&document))
}

/// Takes every hook of ours out of a settings file, and whatever holds nothing else then.
///
/// # Errors
/// [`Unmergeable`] when the file is not strict JSON, has a key twice in one object, is not an object, or its
/// `hooks` are not. The caller leaves it as it is.
pub fn unwire(text: &str) -> Result<Wired, Unmergeable> {
    if is_blank(text) {
        return Ok(Wired {
            text: text.to_owned(),
            changed: Vec::new(),
            is_empty: true,
        });
    }
    let mut document = Document::parse(text)?;
    hooks_of(text, &document)?;
    let mut merge = Merge::new(text, &document);
    if let Some(root) = document.root.as_object_mut() {
        merge.unwire(root);
    }
    Ok(merge.finish(&document))
}

/// What a settings file says about our hooks. It asks [`wire`], so the two cannot disagree.
///
/// # Errors
/// Those of [`wire`].
pub fn wiring(text: &str) -> Result<Wiring, Unmergeable> {
    let wired = wire(Some(text))?;
    let document = Document::parse(&wired.text)?;
    let action_on = |hook: &Hook| {
        let mut changes = wired.changed.iter();
        changes
            .find(|change| {
                change.action != Action::Removed
                    && change.event.as_str() == hook.event
                    && change.name == hook.name
            })
            .map(|change| change.action)
    };
    let hooks = HOOKS
        .into_iter()
        .map(|hook| {
            let command = || command_of(&document, &hook).unwrap_or_default();
            let state = match action_on(&hook) {
                Some(Action::Added) => State::Missing,
                Some(_) => State::Outdated { command: command() },
                None => State::Current { command: command() },
            };
            (hook, state)
        })
        .collect();
    let surplus = wired.changed.iter();
    let disabled = document
        .root
        .as_object()
        .and_then(|root| root.member("disableAllHooks"));
    Ok(Wiring {
        hooks,
        surplus: surplus.filter(|change| change.action == Action::Removed).count(),
        is_disabled: disabled == Some(&Value::Scalar("true".to_owned())),
    })
}

fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// The `hooks` of a document that may be a settings file.
fn hooks_of<'a>(text: &str, document: &'a Document) -> Result<Option<&'a Container>, Unmergeable> {
    let Some(root) = document.root.as_object() else {
        let problem = "the top level is not an object";
        return Err(Unmergeable::new(text, document.root_at, problem));
    };
    let Some(index) = root.position("hooks") else {
        return Ok(None);
    };
    let item = &root.items[index];
    let hooks = item.value.as_object().map(Some);
    hooks.ok_or_else(|| Unmergeable::new(text, item.at, "`hooks` is not an object"))
}

/// Refuses a document in which there is something else where our hooks should go.
fn check_shape(text: &str, document: &Document) -> Result<(), Unmergeable> {
    let Some(hooks) = hooks_of(text, document)? else {
        return Ok(());
    };
    for hook in &HOOKS {
        if let Some(index) = hooks.position(hook.event)
            && hooks.items[index].value.as_array().is_none()
        {
            let problem = format!("`hooks.{}` is not an array", hook.event);
            return Err(Unmergeable::new(text, hooks.items[index].at, problem));
        }
    }
    Ok(())
}

/// The command with which `hook` is wired in a document.
fn command_of(document: &Document, hook: &Hook) -> Option<String> {
    let hooks = document.root.as_object()?.member("hooks")?.as_object()?;
    let groups = hooks.member(hook.event)?.as_array()?.items.iter();
    groups
        .filter_map(|group| group.value.as_object()?.member("hooks")?.as_array())
        .flat_map(|handlers| &handlers.items)
        .filter_map(|handler| Ours::read(&handler.value))
        .find(|ours| ours.name == hook.name)
        .map(|ours| ours.command)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

//! Moving our hooks into and out of the tree of a settings file.
//!
//! The client keeps hooks in groups: a matcher and the entries it is for. A group may be shared. Then the
//! matcher is not ours to change, and the entry moves to a group of its own instead; and what is left when
//! ours has gone stays for whoever wrote it, unless there is nothing in it that somebody could have meant.

use serde_json::json;

use super::command::{hook_name, hook_name_of_arguments};
use super::json::{Container, Document, Value};
use super::layout::{Layout, indent_after};
use super::reader::Unmergeable;
use super::settings::{Action, Change, Wired};
use crate::frame::{Field, clean};
use crate::hook::{HOOKS, Hook};

/// The member that has the client run a hook in the background of an idle session.
const WAKES: &str = "asyncRewake";

/// The group that wires one hook, as it is written into settings files and plugins.
pub(super) fn group(hook: &Hook) -> serde_json::Value {
    let mut handler = json!({"type": "command", "command": hook.command(), "timeout": hook.timeout});
    if hook.wakes {
        handler[WAKES] = true.into();
    }
    group_with(hook, &handler)
}

fn group_with(hook: &Hook, handler: &serde_json::Value) -> serde_json::Value {
    match hook.matcher {
        Some(matcher) => json!({"matcher": matcher, "hooks": [handler]}),
        None => json!({"hooks": [handler]}),
    }
}

/// An entry that runs agent-sync's hook and nothing else.
pub(super) struct Ours {
    pub(super) name: String,
    /// The command with its arguments, for showing and looking up.
    pub(super) command: String,
}

impl Ours {
    /// What `handler` runs, if it is ours.
    pub(super) fn read(handler: &Value) -> Option<Self> {
        let handler = handler.as_object()?;
        let is_command = |kind: &Value| kind.as_string().as_deref() == Some("command");
        if !handler.member("type").is_none_or(is_command) {
            return None;
        }
        let command = handler.member("command")?.as_string()?;
        let Some(arguments) = handler.member("args") else {
            let name = hook_name(&command)?;
            return Some(Self { name, command });
        };
        let arguments: Option<Vec<String>> = arguments
            .as_array()?
            .items
            .iter()
            .map(|argument| argument.value.as_string())
            .collect();
        let arguments = arguments?;
        let whole = format!("{command} {}", arguments.join(" "));
        Some(Self {
            name: hook_name_of_arguments(&command, arguments)?,
            command: whole,
        })
    }
}

/// Whether a group's matcher selects what `hook` wants. Absent, empty and `*` are all "every tool".
fn fits(matcher: Option<&Value>, hook: &Hook) -> bool {
    let Some(matcher) = matcher else {
        return hook.matcher.is_none();
    };
    matcher.as_string().is_some_and(|matcher| match hook.matcher {
        Some(wanted) => matcher == wanted,
        None => matcher.is_empty() || matcher == "*",
    })
}

/// Whether a group has lost its last entry and holds nothing that somebody may have meant.
fn is_hollow(group: &Container) -> bool {
    let is_ours = |name: &str| name == "matcher" || name == "hooks";
    let mut keys = group.items.iter().filter_map(|item| item.key.as_ref());
    keys.all(|key| is_ours(&key.name))
}

/// One change of one file in progress.
pub(super) struct Merge {
    layout: Layout,
    changed: Vec<Change>,
}

impl Merge {
    /// Begins with nothing changed.
    pub(super) fn new(text: &str, document: &Document) -> Self {
        let nothing = Container::default();
        Self {
            layout: Layout::of(text, document.root.as_object().unwrap_or(&nothing)),
            changed: Vec::new(),
        }
    }

    /// The changed file and what was changed in it.
    pub(super) fn finish(self, document: &Document) -> Wired {
        Wired {
            text: document.to_string(),
            changed: self.changed,
            is_empty: document
                .root
                .as_object()
                .is_some_and(|root| root.items.is_empty()),
        }
    }

    fn note(&mut self, action: Action, event: &str, ours: &Ours) {
        self.changed.push(Change {
            action,
            event: clean(event, Field::Name),
            name: ours.name.clone(),
            command: clean(&ours.command, Field::Path),
        });
    }

    /// Puts every hook in, or brings it up to date.
    pub(super) fn wire(&mut self, root: &mut Container) -> Result<(), Unmergeable> {
        if root.position("hooks").is_none() {
            let end = root.items.len();
            self.layout.insert(root, end, "", Some("hooks"), &json!({}))?;
        }
        let Some(index) = root.position("hooks") else {
            return Ok(());
        };
        let indent = indent_after(&root.items[index].lead, "");
        let Some(hooks) = root.items[index].value.as_object_mut() else {
            return Ok(());
        };
        // What other versions used and this one does not.
        self.clear_events(hooks, |event| HOOKS.iter().all(|hook| hook.event != event));
        for hook in &HOOKS {
            if hooks.position(hook.event).is_none() {
                let end = hooks.items.len();
                self.layout
                    .insert(hooks, end, &indent, Some(hook.event), &json!([]))?;
            }
        }
        for item in &mut hooks.items {
            let indent = indent_after(&item.lead, &indent);
            if let (Some(key), Some(groups)) = (&item.key, item.value.as_array_mut()) {
                self.settle_event(&key.name, groups, &indent)?;
            }
        }
        Ok(())
    }

    /// Takes ours out of the chosen events. Comes first, while nothing else has been changed.
    fn clear_events(&mut self, hooks: &mut Container, is_chosen: impl Fn(&str) -> bool) {
        for index in (0..hooks.items.len()).rev() {
            let item = &mut hooks.items[index];
            if let (Some(key), Some(groups)) = (&item.key, item.value.as_array_mut())
                && is_chosen(&key.name)
                && self.clear_event(&key.name, groups)
                && groups.items.is_empty()
            {
                hooks.remove(index);
            }
        }
        // Walked from the end so that the indices hold; told from the start.
        self.changed.reverse();
    }

    /// Takes ours out of one event; whether there was any.
    fn clear_event(&mut self, event: &str, groups: &mut Container) -> bool {
        let mut is_changed = false;
        for index in (0..groups.items.len()).rev() {
            let Some(group) = groups.items[index].value.as_object_mut() else {
                continue;
            };
            let Some(handlers) = group.member_mut("hooks").and_then(Value::as_array_mut) else {
                continue;
            };
            let before = handlers.items.len();
            for at in (0..before).rev() {
                if let Some(ours) = Ours::read(&handlers.items[at].value) {
                    handlers.remove(at);
                    self.note(Action::Removed, event, &ours);
                }
            }
            let has_lost = handlers.items.len() < before;
            is_changed |= has_lost;
            if has_lost && handlers.items.is_empty() && is_hollow(group) {
                groups.remove(index);
            }
        }
        is_changed
    }

    /// Takes every hook out, and what holds nothing else then.
    pub(super) fn unwire(&mut self, root: &mut Container) {
        let Some(index) = root.position("hooks") else {
            return;
        };
        let Some(hooks) = root.items[index].value.as_object_mut() else {
            return;
        };
        self.clear_events(hooks, |_| true);
        if !self.changed.is_empty() && hooks.items.is_empty() {
            root.remove(index);
        }
    }

    /// Makes one event hold each of its hooks once, as wanted.
    fn settle_event(&mut self, event: &str, groups: &mut Container, indent: &str) -> Result<(), Unmergeable> {
        let mut missing: Vec<Hook> = HOOKS.into_iter().filter(|hook| hook.event == event).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut moved = Vec::new();
        let mut index = 0;
        while index < groups.items.len() {
            let item = &mut groups.items[index];
            let indent = indent_after(&item.lead, indent);
            if let Some(group) = item.value.as_object_mut()
                && self.settle_group(event, group, &indent, &mut missing, &mut moved)?
            {
                groups.remove(index);
            } else {
                index += 1;
            }
        }
        for (hook, handler) in moved {
            let end = groups.items.len();
            let group = group_with(&hook, &serde_json::Value::Null);
            self.layout.insert(groups, end, indent, None, &group)?;
            let group = groups.items[end].value.as_object_mut();
            let handlers = group.and_then(|group| group.member_mut("hooks")?.as_array_mut());
            if let Some(handlers) = handlers {
                handlers.items[0].value = handler;
            }
        }
        for hook in missing {
            let end = groups.items.len();
            self.layout.insert(groups, end, indent, None, &group(&hook))?;
            let ours = Ours {
                name: hook.name.to_owned(),
                command: hook.command(),
            };
            self.note(Action::Added, event, &ours);
        }
        Ok(())
    }

    /// Brings ours in one group up to date and takes out what is too much. Those whose matcher the group
    /// cannot take over, because others live in it, go to `moved`. Says whether the group can go.
    fn settle_group(
        &mut self,
        event: &str,
        group: &mut Container,
        indent: &str,
        missing: &mut Vec<Hook>,
        moved: &mut Vec<(Hook, Value)>,
    ) -> Result<bool, Unmergeable> {
        let matcher = group.member("matcher").cloned();
        let Some(position) = group.position("hooks") else {
            return Ok(false);
        };
        let indent_inside = indent_after(&group.items[position].lead, indent);
        let Some(handlers) = group.items[position].value.as_array_mut() else {
            return Ok(false);
        };
        let before = handlers.items.len();
        let mut rematched = None;
        let mut index = 0;
        while index < handlers.items.len() {
            let Some(ours) = Ours::read(&handlers.items[index].value) else {
                index += 1;
                continue;
            };
            let Some(at) = missing.iter().position(|hook| hook.name == ours.name) else {
                handlers.remove(index);
                self.note(Action::Removed, event, &ours);
                continue;
            };
            let hook = missing.remove(at);
            let item = &mut handlers.items[index];
            let mut is_changed = false;
            let indent = indent_after(&item.lead, &indent_inside);
            if let Some(handler) = item.value.as_object_mut() {
                is_changed = self.refresh(handler, &hook, &indent)?;
            }
            if fits(matcher.as_ref(), &hook) {
                index += 1;
            } else if is_alone(handlers, index, missing) {
                is_changed = true;
                rematched = Some(hook);
                index += 1;
            } else {
                is_changed = true;
                moved.push((hook, handlers.remove(index).value));
            }
            if is_changed {
                self.note(Action::Updated, event, &ours);
            }
        }
        let has_lost = handlers.items.len() < before;
        let is_empty = handlers.items.is_empty();
        if let Some(hook) = rematched {
            self.set_matcher(group, &hook, indent)?;
        }
        Ok(has_lost && is_empty && is_hollow(group))
    }

    /// Gives one entry the fields it should have; whether anything was different.
    fn refresh(&self, handler: &mut Container, hook: &Hook, indent: &str) -> Result<bool, Unmergeable> {
        let before = handler.clone();
        if handler.member("type").is_none() {
            self.layout
                .insert(handler, 0, indent, Some("type"), &json!("command"))?;
        }
        let timeout = Value::Scalar(hook.timeout.to_string());
        if let Some(value) = handler.member_mut("timeout") {
            *value = timeout;
        } else {
            let end = handler.items.len();
            self.layout
                .insert(handler, end, indent, Some("timeout"), &json!(hook.timeout))?;
        }
        if let Some(value) = handler.member_mut(WAKES) {
            *value = Value::Scalar(hook.wakes.to_string());
        } else if hook.wakes {
            let end = handler.items.len();
            self.layout
                .insert(handler, end, indent, Some(WAKES), &json!(true))?;
        }
        Ok(*handler != before)
    }

    fn set_matcher(&self, group: &mut Container, hook: &Hook, indent: &str) -> Result<(), Unmergeable> {
        match (group.position("matcher"), hook.matcher) {
            (Some(index), Some(matcher)) => {
                group.items[index].value = Value::Scalar(json!(matcher).to_string());
            }
            (Some(index), None) => {
                group.remove(index);
            }
            (None, Some(matcher)) => {
                self.layout
                    .insert(group, 0, indent, Some("matcher"), &json!(matcher))?;
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// Whether everything but the entry at `index` is ours and about to go, so that the group's matcher is free.
fn is_alone(handlers: &Container, index: usize, missing: &[Hook]) -> bool {
    let mut others = handlers.items.iter().enumerate().filter(|(at, _)| *at != index);
    others.all(|(_, other)| {
        Ours::read(&other.value).is_some_and(|ours| missing.iter().all(|hook| hook.name != ours.name))
    })
}

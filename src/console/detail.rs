//! All about what is chosen, as the commands would show it.

use std::fmt::Write as _;

use anyhow::Result;

use super::pane::Pane;
use super::snapshot::Snapshot;
use crate::domain::activity::Activity;
use crate::domain::agent::OPERATOR;
use crate::domain::task::Task;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::Read;

/// Most entries of the record that are shown of an agent.
const ENTRIES: usize = 20;

/// All about what is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Detail {
    /// What it is about: a list, and the key in it.
    pub(super) about: Option<(Pane, String)>,
    /// Lines of harmless text.
    pub(super) text: String,
}

impl Detail {
    /// Reads about what is chosen. What has gone meanwhile is no error.
    pub(super) fn read(read: &Read<'_>, seen: &Snapshot, chosen: Option<(Pane, &str)>) -> Result<Self> {
        let Some((pane, key)) = chosen else {
            return Ok(Self::default());
        };
        let text = match pane {
            Pane::Agents => agent(read, seen, key)?,
            Pane::Tasks => task(read, seen, key)?,
            Pane::Locks => Some(lock(seen, key)),
            Pane::Messages => message(read, seen, key)?,
            Pane::Decisions => {
                let decision = seen.decisions.iter().find(|decision| decision.id == key);
                decision.map(|decision| render::decision::page(decision, &seen.now))
            }
            Pane::Activity => seen
                .activity
                .iter()
                .find(|entry| entry.id == key)
                .map(|one| entry(one, seen)),
        };
        Ok(Self {
            about: Some((pane, key.to_owned())),
            text: anstream::adapter::strip_str(&text.unwrap_or_default()).to_string(),
        })
    }
}

fn agent(read: &Read<'_>, seen: &Snapshot, id: &str) -> Result<Option<String>> {
    let Some(agent) = seen.agent(id) else {
        return Ok(None);
    };
    let owned = |task: &&Task| task.owner.as_deref() == Some(id);
    let tasks: Vec<Task> = seen.tasks.iter().filter(owned).cloned().collect();
    let mut text = render::agent::page(agent, &read.locks_of(id)?, &tasks, &seen.now);
    let waits = seen.waiters.iter().filter(|waiter| waiter.agent == id);
    for waiter in waits {
        let keys: Vec<String> = waiter
            .keys
            .iter()
            .map(|wanted| render::lock::key(&wanted.key))
            .collect();
        let since = render::time::relative(seen.now.wall, waiter.since);
        let _infallible = writeln!(text, "waits:    for {}, since {since}", keys.join(", "));
    }
    let of_it = seen
        .activity
        .iter()
        .filter(|entry| entry.agent.as_deref() == Some(id));
    let entries: Vec<Activity> = of_it.take(ENTRIES).cloned().collect();
    if !entries.is_empty() {
        let _infallible = write!(text, "\n{}", render::activity::table(&entries, &seen.now, None));
    }
    Ok(Some(text))
}

fn task(read: &Read<'_>, seen: &Snapshot, id: &str) -> Result<Option<String>> {
    let Some(task) = read.task(id)? else {
        return Ok(None);
    };
    let page = render::task::Page {
        dependencies: read.dependencies(id)?,
        dependents: read.dependents(id)?,
        locks: seen
            .locks
            .iter()
            .filter(|lock| lock.task.as_deref() == Some(id))
            .cloned()
            .collect(),
        results: read.task_results(id)?,
        trail: read.task_trail(id)?,
        activity: read.task_activity(id)?,
        offer: read.task_offer(id)?,
        task,
    };
    Ok(Some(render::task::page(&page, &seen.now)))
}

fn lock(seen: &Snapshot, key: &str) -> String {
    let fence = key.split(' ').next().unwrap_or_default();
    let Some(lock) = seen.lock(fence) else {
        return String::new();
    };
    let mut text = format!(
        "{}\nfence {}\n",
        render::lock::held(&lock.key, lock, &seen.now),
        lock.fence
    );
    if let Some(id) = &lock.task {
        let title = seen.task(id).map_or("", |task| task.title.as_str());
        let _infallible = writeln!(
            text,
            "held for task {} {}",
            clean(id, Field::Name),
            clean(title, Field::Title)
        );
    }
    for waiter in seen.in_line(lock) {
        let _infallible = writeln!(
            text,
            "{} ({}) waits for it, since {}",
            clean(&waiter.agent_name, Field::Name),
            clean(&waiter.agent, Field::Title),
            render::time::relative(seen.now.wall, waiter.since)
        );
    }
    if lock.holder != OPERATOR {
        let _infallible = writeln!(
            text,
            "\nto ask for it: s; to end it: U, or\n  {}",
            render::lock::next_command(lock)
        );
    }
    text
}

fn message(read: &Read<'_>, seen: &Snapshot, id: &str) -> Result<Option<String>> {
    let Some(message) = seen.message(id) else {
        return Ok(None);
    };
    let mut text = render::message::fate(message, &read.receipts(id)?, &seen.now);
    let thread = read.thread(OPERATOR, id)?;
    if thread.len() > 1 {
        let _infallible = write!(
            text,
            "\nThe conversation:\n{}",
            render::message::thread(&thread, &seen.now)
        );
    }
    Ok(Some(text))
}

fn entry(entry: &Activity, seen: &Snapshot) -> String {
    let who = entry.agent_name.as_ref().or(entry.agent.as_ref());
    let mut text = format!(
        "what: {}\nby:   {}\nat:   {} ({})\n",
        clean(&entry.event, Field::Name),
        clean(who.map_or("system", String::as_str), Field::Name),
        render::time::rfc3339(entry.created_at),
        render::time::relative(seen.now.wall, entry.created_at),
    );
    if let Some(tool) = &entry.tool {
        let _infallible = writeln!(text, "with: {}", clean(tool, Field::Name));
    }
    if let Some(path) = &entry.path {
        let _infallible = writeln!(text, "file: {}", clean(path, Field::Path));
    }
    text.push('\n');
    text.push_str(&render::message::body(&entry.body));
    text
}

//! What stands in the lists: rows of harmless text, each with the key by which it is found again after a change.

use super::pane::Pane;
use super::snapshot::{Snapshot, waits_for_human};
use super::tree;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::lock::Lock;
use crate::domain::message::{Message, Priority, State};
use crate::domain::presence::Presence;
use crate::domain::task::{Status, Task};
use crate::frame::{Clean, Field, clean};
use crate::render;
use crate::render::time::when;

/// What a text is to be told apart by, besides its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Good,
    Warning,
    Bad,
    Faint,
    Strong,
}

/// A piece of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: Clean,
    pub(super) tone: Tone,
    /// How far it stands below another row.
    pub(super) depth: usize,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// By which it is found again.
    pub(super) key: String,
    /// As many as the list has columns.
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// Whether all these words, in lower case, are somewhere in it.
    pub(super) fn has(&self, words: &[String]) -> bool {
        let text: Vec<&str> = self.cells.iter().map(|cell| cell.text.as_str()).collect();
        let text = format!("{} {}", text.join(" "), self.key).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

fn cell(text: Clean, tone: Tone) -> Cell {
    Cell { text, tone, depth: 0 }
}

fn plain(text: &str, field: Field) -> Cell {
    cell(clean(text, field), Tone::Plain)
}

fn word(text: &'static str, tone: Tone) -> Cell {
    cell(Clean::literal(text), tone)
}

fn faint(text: &str, field: Field) -> Cell {
    cell(clean(text, field), Tone::Faint)
}

/// The rows of a list.
pub(super) fn rows(pane: Pane, seen: &Snapshot) -> Vec<Row> {
    match pane {
        Pane::Agents => seen.agents.iter().map(|agent| agent_row(agent, seen)).collect(),
        Pane::Tasks => tree::arrange(&seen.tasks)
            .into_iter()
            .map(|leaf| task_row(&seen.tasks[leaf.index], leaf.depth))
            .collect(),
        Pane::Locks => seen.locks.iter().flat_map(|lock| lock_rows(lock, seen)).collect(),
        Pane::Messages => seen
            .messages
            .iter()
            .map(|message| message_row(message, seen))
            .collect(),
        Pane::Decisions => seen
            .decisions
            .iter()
            .map(|decision| Row {
                key: decision.id.clone(),
                cells: vec![
                    cell(when(&seen.now, decision.created_at), Tone::Faint),
                    plain(&decision.agent_name, Field::Name),
                    plain(&decision.body, Field::Message),
                ],
            })
            .collect(),
        Pane::Activity => seen
            .activity
            .iter()
            .map(|entry| {
                let who = entry.agent_name.as_ref().or(entry.agent.as_ref());
                Row {
                    key: entry.id.clone(),
                    cells: vec![
                        cell(when(&seen.now, entry.created_at), Tone::Faint),
                        plain(who.map_or("system", String::as_str), Field::Name),
                        plain(&entry.event, Field::Name),
                        plain(&render::activity::about(entry), Field::Message),
                    ],
                }
            })
            .collect(),
    }
}

const fn presence(presence: Presence) -> Tone {
    match presence {
        Presence::Active => Tone::Good,
        Presence::Idle => Tone::Plain,
        Presence::Stale => Tone::Warning,
        Presence::Offline => Tone::Faint,
    }
}

fn agent_row(agent: &Agent, seen: &Snapshot) -> Row {
    let task = agent.current_task.as_deref();
    let title = task.and_then(|id| seen.task(id)).map(|task| task.title.as_str());
    let locks = seen.locks.iter().filter(|lock| lock.holder == agent.id).count();
    let waits = seen.waiters.iter().any(|waiter| waiter.agent == agent.id);
    let directory = agent.cwd.as_deref().map(std::path::Path::new);
    let directory = directory.and_then(|path| path.file_name()?.to_str());
    let state = if waits {
        word("waits", Tone::Warning)
    } else {
        word(agent.presence.as_str(), presence(agent.presence))
    };
    Row {
        key: agent.id.clone(),
        cells: vec![
            cell(clean(&agent.name, Field::Name), Tone::Strong),
            state,
            plain(title.or(task).unwrap_or("-"), Field::Title),
            plain(
                &if locks == 0 {
                    "-".to_owned()
                } else {
                    locks.to_string()
                },
                Field::Name,
            ),
            cell(when(&seen.now, agent.sighting.seen.wall), Tone::Faint),
            faint(directory.unwrap_or("-"), Field::Name),
            faint(render::agent::role(agent).unwrap_or("-"), Field::Name),
        ],
    }
}

const fn status(status: Status) -> Tone {
    match status {
        Status::InProgress => Tone::Good,
        Status::Blocked | Status::Failed => Tone::Bad,
        Status::Pending => Tone::Plain,
        Status::Done | Status::Cancelled => Tone::Faint,
    }
}

fn task_row(task: &Task, depth: usize) -> Row {
    let why = task.blocked_reason.as_deref().or(task.end_reason.as_deref());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let title = clean(&format!("{}{why}", task.title), Field::Message);
    let waits = task.status == Status::Pending && !task.is_ready();
    let state = if waits {
        word("waits", Tone::Faint)
    } else if task.status == Status::Pending {
        word("ready", Tone::Plain)
    } else {
        word(task.status.as_str(), status(task.status))
    };
    let owner = task.owner_name.as_deref().or(task.owner.as_deref());
    Row {
        key: task.id.clone(),
        cells: vec![
            state,
            Cell {
                depth,
                ..cell(title, if waits { Tone::Faint } else { Tone::Plain })
            },
            plain(owner.unwrap_or("-"), Field::Name),
            faint(&task.priority.to_string(), Field::Name),
            faint(&task.id, Field::Name),
        ],
    }
}

fn lock_rows(lock: &Lock, seen: &Snapshot) -> Vec<Row> {
    let is_human = lock.holder == OPERATOR;
    let mut rows = vec![Row {
        key: lock.fence.to_string(),
        cells: vec![
            cell(render::lock::name(lock), Tone::Plain),
            cell(
                clean(if is_human { "you" } else { &lock.holder_name }, Field::Name),
                if is_human {
                    Tone::Strong
                } else {
                    presence(lock.presence)
                },
            ),
            faint(&render::lock::lapses(lock, &seen.now), Field::Name),
            faint(lock.reason.as_deref().unwrap_or_default(), Field::Reason),
        ],
    }];
    rows.extend(seen.in_line(lock).map(|waiter| Row {
        key: format!("{} {}", lock.fence, waiter.ticket),
        cells: vec![
            Cell {
                depth: 1,
                ..word("waited for", Tone::Warning)
            },
            cell(clean(&waiter.agent_name, Field::Name), Tone::Warning),
            cell(when(&seen.now, waiter.since), Tone::Faint),
            faint("", Field::Name),
        ],
    }));
    rows
}

fn message_row(message: &Message, seen: &Snapshot) -> Row {
    let now = &seen.now;
    let is_waiting = waits_for_human(message, now);
    let mark = match message.state(now) {
        _ if is_waiting && message.wants_ack && message.acked_at().is_none() => word("?", Tone::Bad),
        _ if is_waiting => word("*", Tone::Warning),
        Some(State::Acknowledged) => word("+", Tone::Faint),
        _ => word(" ", Tone::Faint),
    };
    let name = |id: &str, name: &str| {
        let is_human = id == OPERATOR;
        cell(
            clean(if is_human { "you" } else { name }, Field::Name),
            if is_human { Tone::Strong } else { Tone::Plain },
        )
    };
    let to = if message.is_directed && message.progress.is_some() {
        OPERATOR
    } else {
        ""
    };
    Row {
        key: message.id.clone(),
        cells: vec![
            mark,
            cell(when(now, message.created.wall), Tone::Faint),
            name(&message.sender, &message.sender_name),
            name(to, &message.address),
            cell(
                clean(&message.body, Field::Message),
                match (message.priority, is_waiting) {
                    (Priority::Critical, _) => Tone::Bad,
                    (_, true) => Tone::Strong,
                    _ => Tone::Plain,
                },
            ),
        ],
    }
}

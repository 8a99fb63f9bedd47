//! What needs somebody or goes no further: what kind of thing, since when, in a sentence, and one command.

use super::head::{line, words};
use super::{View, more};
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{EVERYWHERE, Key, OUTSIDE, Obstacle};
use crate::domain::picture::{Collision, Matter, Picture, Unacknowledged, Urgency, foremost};
use crate::domain::task::Task;
use crate::domain::wait::Wait;
use crate::frame::{Clean, Field, clean, shell_word};
use crate::render::colour::{DIM, ERROR, WARN, dim};
use crate::render::table::{Cell, Column, Table};
use crate::render::time::{relative, when};

/// Above the commands, and how each of them begins.
const NEXT: &str = "NEXT: agent-sync";
const PROGRAM: &str = "agent-sync ";

const COLUMNS: [Column; 4] = [
    Column::new("LOOK AT"),
    Column::new("SINCE").leaves(2),
    Column::new("WHAT").least(48),
    Column::new(NEXT).leaves(3),
];

pub(super) fn section(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    if view.matters.is_empty() {
        return String::new();
    }
    let picture = view.picture;
    let now = &picture.now;
    let mut table = Table::of_columns(&COLUMNS);
    for matter in foremost(&view.matters, most) {
        let style = match matter.urgency(now.wall) {
            Urgency::Danger | Urgency::You => ERROR,
            Urgency::Stuck => WARN,
            Urgency::Notice => DIM,
        };
        table.row([
            Cell::styled(Clean::literal(matter.kind().as_str()), style),
            Cell::from(
                matter
                    .since()
                    .map_or_else(Clean::default, |since| when(now, since)),
            ),
            Cell::from(clean(&sentence(matter, picture), Field::Message)),
            Cell::from(clean(next(matter).trim_start_matches(PROGRAM), Field::Message)),
        ]);
    }
    let read = view.matters.len() + picture.letter_count.saturating_sub(picture.letters.len());
    let mut text = table.render(width);
    let is_short = !text.lines().next().is_some_and(|first| first.contains(NEXT));
    text.push_str(&more(read.saturating_sub(most), "matter", "status --all", width));
    if is_short && !picture.letters.is_empty() {
        let hint = "what is for you: agent-sync --as operator inbox";
        text.push_str(&line(hint, width, dim));
    }
    text
}

/// What it is, in a sentence without a full stop, not yet clean: it is cleaned as a whole, so that nothing is
/// escaped twice.
pub(super) fn sentence(matter: &Matter<'_>, picture: &Picture) -> String {
    match matter {
        Matter::Unguarded => "no hook has ever reported: nothing stops or records edits here".to_owned(),
        Matter::Letter(message) => {
            let sender = part(&message.sender_name, Field::Name);
            format!("{sender}: {}", part(&message.body, Field::Message))
        }
        Matter::Offer(offer) => {
            let note = offer.note.as_deref().unwrap_or_default();
            format!(
                "{} offers you {}: {}",
                part(&offer.from_name, Field::Name),
                part(&offer.task, Field::Name),
                part(note, Field::Reason)
            )
        }
        Matter::Failed(task) => because(task, task.end_reason.as_deref()),
        Matter::Blocked(task) => because(task, task.blocked_reason.as_deref()),
        Matter::Collision(collision) => meeting(collision, picture),
        Matter::Silent(agent, locks, tasks) => {
            let holds: Vec<String> = [(*locks, "lock"), (*tasks, "task")]
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, noun)| words(count, noun))
                .collect();
            format!(
                "{} gives no sign of life and has {}",
                part(&agent.name, Field::Name),
                holds.join(" and ")
            )
        }
        Matter::Orphaned(task) => {
            let owner = task.owner_name.as_ref().or(task.owner.as_ref());
            let owner = part(owner.map_or("its owner", String::as_str), Field::Name);
            format!("{owner} is gone and had {}", named(task))
        }
        Matter::Wait(wait) => waiting(wait, picture),
        Matter::Unacknowledged(one) => unanswered(one),
    }
}

/// A value cut to what is shown of such a one, so that none can push the rest of a sentence away.
fn part(value: &str, field: Field) -> String {
    match value.char_indices().nth(field.budget()) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// What a key names.
fn plain(key: &Key) -> String {
    match key {
        Key::Resource(name) => format!("resource {}", part(name, Field::Name)),
        Key::Path(key) => {
            let path = part(&key.path, Field::Reason);
            match key.tree.as_str() {
                "" | OUTSIDE => path,
                EVERYWHERE => format!("{path} in all worktrees"),
                tree => format!("{path} in {}", checkout(tree)),
            }
        }
    }
}

/// A task and why it is as it is.
fn because(task: &Task, reason: Option<&str>) -> String {
    match reason.filter(|reason| !reason.trim().is_empty()) {
        Some(reason) => format!("{}: {}", named(task), part(reason, Field::Reason)),
        None => named(task),
    }
}

fn named(task: &Task) -> String {
    format!(
        "{} {}",
        part(&task.id, Field::Name),
        part(&task.title, Field::Title)
    )
}

fn meeting(collision: &Collision, picture: &Picture) -> String {
    let names: Vec<String> = collision
        .agents
        .iter()
        .map(|id| {
            let name = picture
                .living(id)
                .map_or(id.as_str(), |agent| agent.name.as_str());
            part(name, Field::Name)
        })
        .collect();
    let names = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    let path = part(&collision.path, Field::Path);
    if !collision.is_same_file() {
        let trees: Vec<String> = collision.trees.iter().map(|tree| checkout(tree)).collect();
        return format!("{path}: {names} changed it in {}", trees.join(" and "));
    }
    let tree = match collision.trees.first().map(String::as_str) {
        None | Some("" | OUTSIDE) => String::new(),
        Some(tree) => format!(" in {}", checkout(tree)),
    };
    if collision.is_now {
        format!("{path}: {names} are editing it{tree} now")
    } else {
        format!("{path}: {names} changed it{tree}")
    }
}

fn checkout(tree: &str) -> String {
    match tree {
        "" => "the main worktree".to_owned(),
        tree => format!("worktree {}", part(tree, Field::Name)),
    }
}

fn waiting(wait: &Wait<'_>, picture: &Picture) -> String {
    let who = part(&wait.waiter.agent_name, Field::Name);
    let what = plain(wait.wanted);
    match &wait.by {
        Obstacle::Held(lock) => {
            let through = match &lock.key {
                held if held == wait.wanted => String::new(),
                held => format!(" through {}", plain(held)),
            };
            format!(
                "{who} waits for {what}, locked{through} by {} ({}), lapses {}",
                part(&lock.holder_name, Field::Name),
                lock.presence.as_str(),
                relative(picture.now.wall, lock.expires_at(&picture.now))
            )
        }
        Obstacle::Awaited(first) => {
            let first = part(&first.agent_name, Field::Name);
            format!("{who} waits for {what}, and {first} is next")
        }
    }
}

fn unanswered(one: &Unacknowledged) -> String {
    let to = if one.recipient == OPERATOR {
        "you have".to_owned()
    } else {
        format!("{} has", part(&one.recipient_name, Field::Name))
    };
    format!(
        "{to} not acknowledged what {} wrote: {}",
        part(&one.message.sender_name, Field::Name),
        part(&one.message.body, Field::Reason)
    )
}

/// The one command that helps or shows more; safe to run as it stands.
pub(super) fn next(matter: &Matter<'_>) -> String {
    // An id that would have to be quoted was made by nobody who means well.
    let is_plain = |id: &str| shell_word(id).is_some_and(|word| word.as_str() == id);
    let with = |command: &str, id: &str| is_plain(id).then(|| format!("{PROGRAM}{command} {id}"));
    let command = match matter {
        Matter::Unguarded => Some("agent-sync doctor".to_owned()),
        Matter::Letter(message) => with("--as operator message read", &message.id),
        Matter::Offer(offer) => with("--as operator task accept", &offer.task),
        Matter::Failed(task) | Matter::Blocked(task) => with("task show", &task.id),
        Matter::Collision(collision) => {
            let last = collision.agents.first().map(String::as_str);
            last.and_then(|last| with("agent show", last))
        }
        Matter::Silent(agent, ..) => with("agent show", &agent.id),
        Matter::Orphaned(_) => Some("agent-sync gc".to_owned()),
        Matter::Wait(wait) => match (&wait.by, wait.wanted) {
            (Obstacle::Held(lock), _) => with("agent show", &lock.holder),
            (Obstacle::Awaited(_), Key::Path(_) | Key::Resource(_)) => {
                Some("agent-sync lock list".to_owned())
            }
        },
        Matter::Unacknowledged(one) if one.recipient == OPERATOR => {
            with("--as operator message ack", &one.message.id)
        }
        Matter::Unacknowledged(one) => with("--as operator message show", &one.message.id),
    };
    command.unwrap_or_default()
}

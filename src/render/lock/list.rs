//! Many locks at once: a table for people, JSON for programs.

use serde::Serialize;

use super::lapses;
use crate::domain::lock::{EVERYWHERE, Key, Lock, Mode, OUTSIDE};
use crate::domain::time::Moment;
use crate::domain::wait::Waiter;
use crate::frame::{Clean, Field, clean};
use crate::render::table::{Cell, Column, Table};
use crate::render::time::{relative, rfc3339};

/// A lock as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    file_path: &'a str,
    owner_agent_id: &'a str,
    reason: Option<&'a str>,
    created_at: String,
    expires_at: String,
    kind: &'static str,
    owner_name: &'a str,
    worktree: Option<&'a str>,
    owner_status: &'static str,
    task_id: Option<&'a str>,
    fence: i64,
    live: bool,
    mode: &'static str,
    implicit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiters: Option<Vec<WaiterJson<'a>>>,
}

#[derive(Debug, Serialize)]
struct WaiterJson<'a> {
    agent_id: &'a str,
    name: &'a str,
    mode: &'static str,
    since: String,
}

impl<'a> Json<'a> {
    /// The JSON form of `lock` as it stands now.
    #[must_use]
    pub fn new(lock: &'a Lock, now: &Moment) -> Self {
        let (kind, path, worktree) = place(&lock.key);
        let kind = match (kind, lock.is_pattern, lock.is_directory) {
            ("file", true, _) => "pattern",
            ("file", false, true) => "directory",
            (kind, ..) => kind,
        };
        Self {
            file_path: path,
            owner_agent_id: &lock.holder,
            reason: lock.reason.as_deref(),
            created_at: rfc3339(lock.acquired_at),
            expires_at: rfc3339(lock.expires_at(now)),
            kind,
            owner_name: &lock.holder_name,
            worktree,
            owner_status: lock.presence.as_str(),
            task_id: lock.task.as_deref(),
            fence: lock.fence,
            live: lock.is_live(now),
            mode: lock.mode.as_str(),
            implicit: lock.is_implicit,
            waiters: None,
        }
    }

    /// With those who wait for it.
    #[must_use]
    pub fn awaited_by(mut self, lock: &Lock, waiters: &'a [Waiter]) -> Self {
        let waiters = awaiting(lock, waiters).map(|waiter| WaiterJson {
            agent_id: &waiter.agent,
            name: &waiter.agent_name,
            mode: waiter.mode.as_str(),
            since: rfc3339(waiter.since),
        });
        self.waiters = Some(waiters.collect());
        self
    }
}

/// What kind of thing a key names, its name, and the checkout it is in, as JSON has them. What is not known of a
/// path alone is called a file.
#[must_use]
pub fn place(key: &Key) -> (&'static str, &str, Option<&str>) {
    match key {
        Key::Resource(name) => ("resource", name, None),
        Key::Path(key) => (
            "file",
            &key.path,
            (key.tree != OUTSIDE).then_some(key.tree.as_str()),
        ),
    }
}

/// Those who wait for a lock to end.
pub fn awaiting<'a>(lock: &Lock, waiters: &'a [Waiter]) -> impl Iterator<Item = &'a Waiter> {
    waiters
        .iter()
        .filter(|waiter| lock.excludes(waiter.kin(), waiter.mode) && waiter.wants(lock.extent()))
}

/// A line for each of these locks, as wide as the terminal, with those who wait for it.
#[must_use]
pub fn summary(locks: &[&Lock], waiters: &[Waiter], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::of_columns(&[
        Column::new("LOCKED").least(16),
        Column::new("BY").least(10),
        Column::new("IN LINE").least(10),
        Column::new("SINCE").leaves(2),
        Column::new("LAPSES").leaves(1),
        Column::new("WHY").least(12).leaves(3),
    ]);
    for lock in locks {
        table.row([
            what(lock),
            holder(lock),
            line(lock, waiters),
            since(lock, now),
            until(lock, now),
            why(lock, now),
        ]);
    }
    table.render(width)
}

/// A line for each lock with its fence and, where there are any, those who wait for it.
#[must_use]
pub fn list(locks: &[Lock], waiters: &[Waiter], now: &Moment, width: Option<usize>) -> String {
    let is_awaited = locks.iter().any(|lock| awaiting(lock, waiters).next().is_some());
    let mut table = if is_awaited {
        Table::with_headings(["LOCKED", "BY", "SINCE", "LAPSES", "FENCE", "IN LINE", "WHY"])
    } else {
        Table::with_headings(["LOCKED", "BY", "SINCE", "LAPSES", "FENCE", "WHY"])
    };
    for lock in locks {
        let mut cells = vec![
            what(lock),
            holder(lock),
            since(lock, now),
            until(lock, now),
            fence(lock),
        ];
        if is_awaited {
            cells.push(line(lock, waiters));
        }
        cells.push(why(lock, now));
        table.row(cells);
    }
    table.render(width)
}

fn line(lock: &Lock, waiters: &[Waiter]) -> Cell {
    let names: Vec<&str> = awaiting(lock, waiters)
        .map(|waiter| waiter.agent_name.as_str())
        .collect();
    let line = match names.len() {
        0 => String::new(),
        count => format!("{count} waiting: {}", names.join(", ")),
    };
    Cell::from(clean(&line, Field::Title))
}

fn what(lock: &Lock) -> Cell {
    Cell::from(name(lock))
}

/// What a lock is on, in as few words as a list has room for.
#[must_use]
pub fn name(lock: &Lock) -> Clean {
    clean(&plain_key(lock), Field::Path)
}

fn holder(lock: &Lock) -> Cell {
    let holder = format!("{} ({})", lock.holder_name, lock.presence.as_str());
    Cell::from(clean(&holder, Field::Title))
}

fn since(lock: &Lock, now: &Moment) -> Cell {
    Cell::from(clean(&relative(now.wall, lock.acquired_at), Field::Name))
}

fn until(lock: &Lock, now: &Moment) -> Cell {
    Cell::from(clean(&lapses(lock, now), Field::Name))
}

fn fence(lock: &Lock) -> Cell {
    Cell::from(clean(&lock.fence.to_string(), Field::Name))
}

fn why(lock: &Lock, now: &Moment) -> Cell {
    let reason = lock.reason.as_deref().unwrap_or_default();
    let why = match (lock.is_live(now), lock.is_implicit) {
        (true, false) => reason.to_owned(),
        (true, true) => format!("[by its edits] {reason}"),
        (false, _) => format!("[no longer holds] {reason}"),
    };
    Cell::from(clean(&why, Field::Reason))
}

fn plain_key(lock: &Lock) -> String {
    match &lock.key {
        Key::Resource(name) => format!("{name} [resource]"),
        Key::Path(key) => {
            let slash = if lock.is_directory { "/" } else { "" };
            let tree = match key.tree.as_str() {
                "" | OUTSIDE => String::new(),
                EVERYWHERE => " [all worktrees]".to_owned(),
                tree => format!(" [{tree}]"),
            };
            let shared = if lock.mode == Mode::Shared {
                " [shared]"
            } else {
                ""
            };
            format!("{}{slash}{tree}{shared}", key.path)
        }
    }
}

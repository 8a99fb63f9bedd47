//! Locks as people and programs read them.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::{duration, relative, rfc3339};
use crate::domain::lock::{Key, Lock, OUTSIDE, Released};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean, shell_word};

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
}

impl<'a> Json<'a> {
    /// The JSON form of `lock` as it stands now.
    #[must_use]
    pub fn new(lock: &'a Lock, now: &Moment) -> Self {
        let (path, worktree, kind) = match &lock.key {
            Key::Resource(name) => (name.as_str(), None, "resource"),
            Key::Path(key) => {
                let kind = if lock.is_directory { "directory" } else { "file" };
                (
                    key.path.as_str(),
                    (key.tree != OUTSIDE).then_some(key.tree.as_str()),
                    kind,
                )
            }
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
        }
    }
}

/// What a key names: a path, with its worktree where it is a linked one, or a resource.
#[must_use]
pub fn key(key: &Key) -> String {
    match key {
        Key::Resource(name) => format!("resource {}", clean(name, Field::Path)),
        Key::Path(key) if key.tree.is_empty() || key.tree == OUTSIDE => {
            clean(&key.path, Field::Path).to_string()
        }
        Key::Path(key) => {
            format!(
                "{} (worktree {})",
                clean(&key.path, Field::Path),
                clean(&key.tree, Field::Name)
            )
        }
    }
}

/// One sentence without a full stop: what is held, by whom, how alive they are, since when, until when, why.
#[must_use]
pub fn held(wanted: &Key, lock: &Lock, now: &Moment) -> String {
    let through = if *wanted == lock.key {
        String::new()
    } else {
        format!(" through {}", key(&lock.key))
    };
    let mut text = format!(
        "{} is locked{through} by {} ({}, {}), taken {}, lapses {}",
        key(wanted),
        clean(&lock.holder_name, Field::Name),
        clean(&lock.holder, Field::Title),
        lock.presence.as_str(),
        relative(now.wall, lock.acquired_at),
        relative(now.wall, lock.expires_at(now)),
    );
    if let Some(reason) = lock.reason.as_deref().filter(|reason| !reason.trim().is_empty()) {
        let _infallible = write!(text, ": \"{}\"", clean(reason, Field::Reason));
    }
    text
}

/// The one command that helps against a held lock; safe to run as it stands.
#[must_use]
pub fn next_command(lock: &Lock) -> String {
    let holder = shell_word(&lock.holder).unwrap_or_else(|| Clean::literal("all"));
    let path = match &lock.key {
        Key::Path(key) => shell_word(&key.path),
        Key::Resource(name) => shell_word(name),
    };
    // The words go inside quotes of their own, so only a path that needs none may be among them.
    let what = path
        .filter(|path| !path.as_str().contains('\''))
        .unwrap_or_else(|| Clean::literal("what you have locked"));
    format!("agent-sync send --to {holder} --message 'I need {what}; when will it be free?'")
}

/// What is said of a lock that was granted or renewed.
#[must_use]
pub fn granted(lock: &Lock) -> String {
    let kind = match &lock.key {
        Key::Resource(_) => "",
        Key::Path(_) if lock.is_directory => "directory ",
        Key::Path(_) => "file ",
    };
    let lasts = Duration::from_millis(u64::try_from(lock.ttl).unwrap_or_default());
    format!(
        "Locked {kind}{} for {} (fence {})\n",
        key(&lock.key),
        duration(lasts),
        lock.fence
    )
}

/// What is said of a lock that was given back.
#[must_use]
pub fn released(wanted: &Key, released: &Released) -> String {
    match released {
        Released::Own => format!("Unlocked {}\n", key(wanted)),
        Released::Forced(holder) => format!(
            "Unlocked {} by force from {}\n",
            key(wanted),
            clean(holder, Field::Title)
        ),
        Released::Nothing | Released::Foreign(_) => format!("No lock held on {}\n", key(wanted)),
    }
}

/// A line for each lock.
#[must_use]
pub fn table(locks: &[Lock], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["LOCKED", "BY", "SINCE", "LAPSES", "WHY"]);
    for lock in locks {
        let holder = format!("{} ({})", lock.holder_name, lock.presence.as_str());
        let why = match (&lock.reason, lock.is_live(now)) {
            (reason, true) => reason.clone().unwrap_or_default(),
            (reason, false) => format!("[no longer holds] {}", reason.clone().unwrap_or_default()),
        };
        table.row([
            Cell::from(clean(&plain_key(lock), Field::Path)),
            Cell::from(clean(&holder, Field::Title)),
            Cell::from(clean(&relative(now.wall, lock.acquired_at), Field::Name)),
            Cell::from(clean(&relative(now.wall, lock.expires_at(now)), Field::Name)),
            Cell::from(clean(&why, Field::Reason)),
        ]);
    }
    table.render(width)
}

fn plain_key(lock: &Lock) -> String {
    match &lock.key {
        Key::Resource(name) => format!("{name} [resource]"),
        Key::Path(key) => {
            let slash = if lock.is_directory { "/" } else { "" };
            let tree = if key.tree.is_empty() || key.tree == OUTSIDE {
                String::new()
            } else {
                format!(" [{}]", key.tree)
            };
            format!("{}{slash}{tree}", key.path)
        }
    }
}

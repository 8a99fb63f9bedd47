//! Locks in sentences; as tables and as JSON they are in `list`.

mod list;

use std::fmt::Write as _;
use std::time::Duration;

use super::time::{duration, relative};
use crate::domain::lock::{
    Conflict, EVERYWHERE, Key, Lock, Loss, LostLock, Mode, OUTSIDE, Obstacle, Released,
};
use crate::domain::time::Moment;
use crate::domain::wait::{Link, Waiter};
use crate::frame::{Clean, Field, clean, shell_word};

pub use list::{Json, awaiting, list, name, place, summary};

/// What a key names: a path, with its worktree where it is a linked one, or a resource.
#[must_use]
pub fn key(key: &Key) -> String {
    match key {
        Key::Resource(name) => format!("resource {}", clean(name, Field::Path)),
        Key::Path(key) if key.tree.is_empty() || key.tree == OUTSIDE => {
            clean(&key.path, Field::Path).to_string()
        }
        Key::Path(key) if key.tree == EVERYWHERE => {
            format!("{} (all worktrees)", clean(&key.path, Field::Path))
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
    let shared = if lock.mode == Mode::Shared {
        " (shared)"
    } else {
        ""
    };
    let mut text = format!(
        "{} is locked{through}{shared} by {} ({}, {}), taken {}, lapses {}",
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

/// One sentence without a full stop: what stands in the way.
#[must_use]
pub fn conflict(conflict: &Conflict, now: &Moment) -> String {
    match &conflict.by {
        Obstacle::Held(lock) => held(&conflict.wanted, lock, now),
        Obstacle::Awaited(waiter) => format!(
            "{} is next for {} ({}), who began to wait {}",
            key(&conflict.wanted),
            clean(&waiter.agent_name, Field::Name),
            clean(&waiter.agent, Field::Title),
            relative(now.wall, waiter.since),
        ),
    }
}

/// What helps against an obstacle.
#[must_use]
pub fn way_out(conflict: &Conflict) -> String {
    match &conflict.by {
        Obstacle::Held(lock) => next_command(lock),
        Obstacle::Awaited(_) => "`agent-sync lock acquire --wait` stands in line behind them".to_owned(),
    }
}

/// A circle of waits: who waits for whom on what.
#[must_use]
pub fn circle(links: &[Link]) -> String {
    let links = links.iter().map(|link| {
        format!(
            "{} ({}) waits for {} ({}) on {}",
            clean(&link.waiter.1, Field::Name),
            clean(&link.waiter.0, Field::Title),
            clean(&link.holder.1, Field::Name),
            clean(&link.holder.0, Field::Title),
            key(&link.key)
        )
    });
    links.collect::<Vec<_>>().join(", ")
}

/// When it lapses, relative to now.
#[must_use]
pub fn lapses(lock: &Lock, now: &Moment) -> String {
    relative(now.wall, lock.expires_at(now))
}

/// One sentence without a full stop: why a lease that is still on record protects nothing.
#[must_use]
pub fn no_longer_holds(lock: &Lock, now: &Moment) -> String {
    let (what, fence) = (key(&lock.key), lock.fence);
    if lock.remaining(now) <= 0 {
        format!(
            "the lease on {what} with fence {fence} expired {}",
            lapses(lock, now)
        )
    } else {
        format!(
            "the lease on {what} with fence {fence} ended when its holder {} ({}) was gone",
            clean(&lock.holder_name, Field::Name),
            clean(&lock.holder, Field::Title)
        )
    }
}

/// One sentence without a full stop: how a lease ended without its holder's doing.
#[must_use]
pub fn lost(lost: &LostLock, now: &Moment) -> String {
    let when = relative(now.wall, lost.lost_at);
    let how = match (lost.why, &lost.by) {
        (Loss::Stolen, Some(by)) => format!(
            "was taken by force by {} ({}) {when}",
            clean(lost.by_name.as_deref().unwrap_or(by), Field::Name),
            clean(by, Field::Title)
        ),
        (Loss::Stolen, None) => format!("was taken by force {when}"),
        (Loss::Expired, _) => format!("expired {when}"),
        (Loss::HolderGone, _) => format!("ended {when}, when its holder seemed to be gone"),
    };
    format!("the lease on {} with fence {} {how}", key(&lost.key), lost.fence)
}

/// One sentence without a full stop: somebody waits for what this lock holds.
#[must_use]
pub fn awaited(lock: &Lock, waiter: &Waiter, now: &Moment) -> String {
    format!(
        "{} ({}) has been waiting for {}, which you have locked, since {}",
        clean(&waiter.agent_name, Field::Name),
        clean(&waiter.agent, Field::Title),
        key(&lock.key),
        relative(now.wall, waiter.since),
    )
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
        Key::Path(_) if lock.is_pattern => "pattern ",
        Key::Path(_) if lock.is_directory => "directory ",
        Key::Path(_) => "file ",
    };
    let shared = if lock.mode == Mode::Shared {
        ", shared,"
    } else {
        ""
    };
    let lasts = Duration::from_millis(u64::try_from(lock.ttl).unwrap_or_default());
    format!(
        "Locked {kind}{}{shared} for {} (fence {})\n",
        key(&lock.key),
        duration(lasts),
        lock.fence
    )
}

/// What is said of somebody else's lock that was taken by force.
#[must_use]
pub fn stolen(lock: &Lock) -> String {
    format!(
        "Taken by force from {} ({}): {}\n",
        clean(&lock.holder_name, Field::Name),
        clean(&lock.holder, Field::Title),
        key(&lock.key)
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

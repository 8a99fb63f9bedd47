//! What others do to the files that an agent works on, in single sentences.

use std::fmt::Write as _;

use super::lock::key;
use super::time::relative;
use crate::domain::awareness::{EditLease, Note, Peer, Touch};
use crate::domain::lock::{Key, PathKey};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean, shell_word};

/// One sentence without a full stop.
#[must_use]
pub fn line(note: &Note, now: &Moment) -> String {
    match note {
        Note::Changed(touch) => changed(touch, now),
        Note::Editing(lease) => editing(lease, now),
        Note::Elsewhere(touch) => format!(
            "{} is being changed in {} too, by {}, last {}: the two versions will have to be merged",
            clean(&touch.key.path, Field::Path),
            checkout(&touch.key.tree),
            who(&touch.peer),
            relative(now.wall, touch.touched_at),
        ),
        Note::WrongTree { file, home } => format!(
            "{} lies in {}, while this session works in {}: it may be the wrong copy of the file",
            clean(&file.path, Field::Path),
            checkout(&file.tree),
            checkout(home),
        ),
    }
}

/// Who changed a file, when, how much of it, and for what.
#[must_use]
pub fn changed(touch: &Touch, now: &Moment) -> String {
    let mut text = format!(
        "{} was changed by {} {}",
        name(&touch.key),
        who(&touch.peer),
        relative(now.wall, touch.touched_at)
    );
    if touch.is_shell {
        text.push_str(" while a shell command of it ran");
    }
    if let Some((added, removed)) = touch.lines {
        let _infallible = write!(text, ", lines +{added} -{removed}");
    }
    text + &task(&touch.peer)
}

/// Who changed a file before somebody else did, and when.
#[must_use]
pub fn last_changed(file: &PathKey, peer: &Peer, at: i64, now: &Moment) -> String {
    format!(
        "{}, which {} changed {}",
        name(file),
        who(peer),
        relative(now.wall, at)
    )
}

/// Who is editing a file, and since when.
#[must_use]
pub fn editing(lease: &EditLease, now: &Moment) -> String {
    format!(
        "{} is being edited by {}, begun {}{}",
        name(&lease.key),
        who(&lease.peer),
        relative(now.wall, lease.acquired_at),
        task(&lease.peer)
    )
}

/// A command that asks an agent about its work on a file; safe to run as it stands.
#[must_use]
pub fn ask(peer: &Peer, file: &PathKey) -> String {
    let id = shell_word(&peer.id).unwrap_or_else(|| Clean::literal("all"));
    // The words go inside quotes of their own, so only a path that needs none may be among them.
    let what = shell_word(&file.path)
        .filter(|path| !path.as_str().contains('\''))
        .unwrap_or_else(|| Clean::literal("what you are editing"));
    format!("agent-sync send --to {id} --message 'I need {what}; when will you be done with it?'")
}

/// An agent: its name, its id, how present it is.
#[must_use]
pub fn who(peer: &Peer) -> String {
    format!(
        "{} ({}, {})",
        clean(&peer.name, Field::Name),
        clean(&peer.id, Field::Title),
        peer.presence.as_str()
    )
}

fn task(peer: &Peer) -> String {
    peer.task.as_ref().map_or_else(String::new, |(id, title)| {
        format!(
            ", for {} \"{}\"",
            clean(id, Field::Name),
            clean(title, Field::Title)
        )
    })
}

fn name(file: &PathKey) -> String {
    key(&Key::Path(file.clone()))
}

fn checkout(tree: &str) -> String {
    if tree.is_empty() {
        "the main worktree".to_owned()
    } else {
        format!("worktree {}", clean(tree, Field::Name))
    }
}

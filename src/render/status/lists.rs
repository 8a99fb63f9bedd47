//! What is held, what was settled, what is on its way, and what happened last.

use std::collections::BTreeSet;

use super::{View, more};
use crate::domain::lock::{Lock, Obstacle};
use crate::domain::message::Message;
use crate::domain::picture::Matter;
use crate::frame::{Field, clean};
use crate::render::table::{Cell, Column, Table};
use crate::render::time::when;
use crate::render::{activity as entries, lock};

const DECISIONS: [Column; 3] = [
    Column::new("DECIDED").leaves(1),
    Column::new("BY").least(8),
    Column::new("DECISION").least(24),
];
const MAIL: [Column; 5] = [
    Column::new("NOT YET SEEN").leaves(3),
    Column::new("SENT").leaves(1),
    Column::new("FROM").least(6),
    Column::new("TO").least(6),
    Column::new("MESSAGE").least(16),
];
const ACTIVITY: [Column; 3] = [
    Column::new("LATELY"),
    Column::new("WHO").least(8),
    Column::new("WHAT").least(16),
];

/// The locks, those that somebody waits for first.
pub(super) fn locks(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    if picture.locks.is_empty() {
        return String::new();
    }
    let awaited: BTreeSet<i64> = view.matters.iter().filter_map(fence_waited_for).collect();
    let (mut locks, others): (Vec<&Lock>, Vec<&Lock>) = picture
        .locks
        .iter()
        .partition(|lock| awaited.contains(&lock.fence));
    locks.extend(others);
    locks.truncate(most);
    lock::summary(&locks, &picture.waiters, &picture.now, width)
        + &more(picture.locks.len() - locks.len(), "lock", "lock list", width)
}

/// The fence of the lock that a wait is for.
fn fence_waited_for(matter: &Matter<'_>) -> Option<i64> {
    match matter {
        Matter::Wait(wait) => match &wait.by {
            Obstacle::Held(lock) => Some(lock.fence),
            Obstacle::Awaited(_) => None,
        },
        _ => None,
    }
}

pub(super) fn decisions(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    if picture.decisions.is_empty() {
        return String::new();
    }
    let mut table = Table::of_columns(&DECISIONS);
    for decision in picture.decisions.iter().take(most) {
        table.row([
            Cell::from(when(&picture.now, decision.created_at)),
            Cell::from(clean(&decision.agent_name, Field::Name)),
            Cell::from(clean(&decision.body, Field::Message)),
        ]);
    }
    let shown = picture.decisions.len().min(most);
    table.render(width)
        + &more(
            picture.decision_count.saturating_sub(shown),
            "decision",
            "decision list",
            width,
        )
}

/// What somebody has not been shown. What is for the human stands above already.
pub(super) fn mail(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    let is_letter = |id: &str| picture.letters.iter().any(|letter| letter.id == id);
    let (letters, others): (Vec<&Message>, Vec<&Message>) = picture
        .undelivered
        .iter()
        .partition(|message| is_letter(&message.id));
    if others.is_empty() {
        return String::new();
    }
    let mut table = Table::of_columns(&MAIL);
    for message in others.iter().take(most) {
        table.row([
            Cell::from(clean(&message.id, Field::Name)),
            Cell::from(when(&picture.now, message.created.wall)),
            Cell::from(clean(&message.sender_name, Field::Name)),
            Cell::from(clean(&message.address, Field::Name)),
            Cell::from(clean(&message.body, Field::Message)),
        ]);
    }
    let shown = others.len().min(most) + letters.len();
    let left = picture.undelivered_count.saturating_sub(shown);
    table.render(width) + &more(left, "message", "status --json", width)
}

pub(super) fn activity(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    if picture.activity.is_empty() {
        return String::new();
    }
    let mut table = Table::of_columns(&ACTIVITY);
    for entry in picture.activity.iter().take(most) {
        table.row([
            Cell::from(when(&picture.now, entry.created_at)),
            Cell::from(clean(entries::actor(entry), Field::Name)),
            Cell::from(clean(&entries::phrase(entry), Field::Path)),
        ]);
    }
    table.render(width)
}

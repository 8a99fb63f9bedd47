//! The seats of a crew while somebody looks after it.

use crate::domain::crew::{Seat, Session, State};
use crate::env::Worker;

/// A seat, and who has it.
pub(super) struct Slot {
    pub(super) seat: Seat,
    /// Whether it is among those that were asked for; others are only brought to their end.
    pub(super) is_wanted: bool,
    pub(super) session: Option<Session>,
    /// The process, where it is a child of ours; one that we took over is nobody's.
    pub(super) worker: Option<Worker>,
}

impl Slot {
    pub(super) fn is_up(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.state.is_up())
    }

    /// Whether it may be started now.
    pub(super) fn is_free(&self, now: i64) -> bool {
        self.is_wanted
            && self.session.as_ref().is_none_or(|session| {
                session.state == State::Waiting && session.resumes_at.is_none_or(|at| at <= now)
            })
    }

    /// Whether it may be started sooner or later.
    pub(super) fn may_start(&self) -> bool {
        self.is_wanted
            && self
                .session
                .as_ref()
                .is_none_or(|session| session.state == State::Waiting)
    }
}

/// Whether a session has ended.
pub(super) enum Ending {
    /// It has not.
    None,
    /// With this status.
    Seen(i32),
    /// Nobody knows with which status: it was no child of ours.
    Unseen,
}

/// Gives the seats to the sessions that have them already. What was over begins anew; whoever has a seat that is not
/// asked for any more keeps it to its end. Sorted by name.
pub(super) fn seat(seats: &[Seat], sessions: Vec<Session>) -> Vec<Slot> {
    let mut slots: Vec<Slot> = seats
        .iter()
        .map(|seat| Slot {
            seat: seat.clone(),
            is_wanted: true,
            session: None,
            worker: None,
        })
        .collect();
    for session in sessions {
        match slots.iter_mut().find(|slot| slot.seat.name == session.name) {
            Some(slot) => slot.session = (!session.state.is_over()).then_some(session),
            None => slots.push(Slot {
                seat: Seat {
                    name: session.name.clone(),
                    role: session.role.clone(),
                },
                is_wanted: false,
                session: Some(session),
                worker: None,
            }),
        }
    }
    slots.sort_by(|one, other| one.seat.name.cmp(&other.seat.name));
    slots
}

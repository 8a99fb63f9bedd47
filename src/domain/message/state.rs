//! How far a message has come at one recipient, and what moves it on.
//!
//! A hook's output may be lost with the process that wrote it, with the client that read it, or with the turn
//! it belonged to. What was flushed is therefore only *offered*; it is *delivered* once the same session's next
//! hook shows that the turn went on with it. Whatever happens in between ends in offering it again.

use crate::domain::time::{MINUTE, Moment};

/// How long an offer to another session of the same agent stays unproved until it counts as lost, in
/// milliseconds. A turn may think for that long between two hooks.
pub const LOST_AFTER: i64 = 10 * MINUTE;

/// Where a message is at one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits in the store.
    Queued,
    /// Was written into an output of the recipient's and flushed.
    Offered,
    /// Was seen: the recipient's turn went on with it.
    Delivered,
    /// The recipient asked for it by its id.
    Read,
    /// The recipient said that it has taken note.
    Acknowledged,
    /// Its time was over before it was offered, or it gave way to a more important one.
    Expired,
    /// The recipient went before it was seen.
    Undeliverable,
}

/// What happens to a message at one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was written into an output and flushed.
    Flushed,
    /// The session that it was offered to went on with it.
    Proved,
    /// The session that it was offered to may not have gone on with it.
    Lost,
    /// The recipient asked for it.
    Read,
    /// The recipient acknowledged it.
    Acknowledged,
    /// Its time is over.
    TimeOver,
    /// The recipient went.
    Gone,
    /// The recipient came back, or somebody took its name.
    Back,
}

impl State {
    /// Every one, in the order of a message's life.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Offered,
        Self::Delivered,
        Self::Read,
        Self::Acknowledged,
        Self::Expired,
        Self::Undeliverable,
    ];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Offered => "offered",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Acknowledged => "acknowledged",
            Self::Expired => "expired",
            Self::Undeliverable => "undeliverable",
        }
    }

    /// Reads [`Self::as_str`] back; anything unknown waits.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == word);
        known.unwrap_or(Self::Queued)
    }

    /// Where it is after `event`; `None` when that changes nothing.
    #[must_use]
    pub const fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Queued, Event::Flushed) => Some(Self::Offered),
            (Self::Offered, Event::Proved) => Some(Self::Delivered),
            (Self::Offered, Event::Lost) | (Self::Undeliverable, Event::Back) => Some(Self::Queued),
            // Whoever asks for a message has it, whatever became of its push.
            (
                Self::Queued | Self::Offered | Self::Delivered | Self::Expired | Self::Undeliverable,
                Event::Read,
            ) => Some(Self::Read),
            (Self::Acknowledged, _) => None,
            (_, Event::Acknowledged) => Some(Self::Acknowledged),
            (Self::Queued, Event::TimeOver) => Some(Self::Expired),
            (Self::Queued | Self::Offered, Event::Gone) => Some(Self::Undeliverable),
            _ => None,
        }
    }

    /// Whether the recipient may still have to be shown it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Offered)
    }
}

/// An output that a message was put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The client's session, empty where there is none.
    pub session: String,
    /// When.
    pub at: Moment,
}

/// What a hook says of the turn that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The session begins, or begins again: what was put before its turn may not be in it.
    Begins,
    /// The turn goes on or ends as it should.
    GoesOn,
    /// The session ends, whatever became of its turn.
    Ends,
}

/// What became of an offer, as far as a hook can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was seen.
    Proved,
    /// Nothing is known yet.
    Open,
    /// It may not have been seen: it is to be made again.
    Lost,
}

/// What became of `offer`, seen from a hook of the same agent in `session`.
#[must_use]
pub fn standing(offer: &Offer, hook: Hook, session: &str, now: &Moment) -> Standing {
    match hook {
        Hook::Begins => Standing::Lost,
        Hook::GoesOn if offer.session == session => Standing::Proved,
        Hook::GoesOn if now.since(&offer.at) >= LOST_AFTER => Standing::Lost,
        Hook::GoesOn | Hook::Ends => Standing::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 8] = [
        Event::Flushed,
        Event::Proved,
        Event::Lost,
        Event::Read,
        Event::Acknowledged,
        Event::TimeOver,
        Event::Gone,
        Event::Back,
    ];

    #[test]
    fn nothing_is_delivered_that_was_not_offered_before() {
        for state in State::ALL {
            for event in EVENTS {
                if state.after(event) == Some(State::Delivered) {
                    assert_eq!((state, event), (State::Offered, Event::Proved));
                }
                if state.after(event) == Some(State::Offered) {
                    assert_eq!((state, event), (State::Queued, Event::Flushed));
                }
            }
        }
    }

    #[test]
    fn what_the_recipient_said_is_never_taken_back() {
        for event in EVENTS {
            assert_eq!(State::Acknowledged.after(event), None);
            assert!(matches!(
                State::Read.after(event),
                None | Some(State::Acknowledged)
            ));
        }
    }

    #[test]
    fn every_state_can_still_be_read_or_acknowledged() {
        for state in State::ALL {
            let read = state.after(Event::Read).unwrap_or(state);
            assert!(matches!(read, State::Read | State::Acknowledged), "{state:?}");
            assert_eq!(
                state.after(Event::Acknowledged).unwrap_or(state),
                State::Acknowledged
            );
        }
    }

    #[test]
    fn what_was_offered_does_not_expire_and_what_expired_is_not_offered() {
        assert_eq!(State::Offered.after(Event::TimeOver), None);
        assert_eq!(State::Expired.after(Event::Flushed), None);
        assert_eq!(State::Expired.after(Event::Back), None);
    }

    #[test]
    fn a_state_is_stored_as_a_word_of_its_own() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), state);
        }
        assert_eq!(State::parse("unheard of"), State::Queued);
    }

    fn offer() -> Offer {
        Offer {
            session: "s".to_owned(),
            at: Moment::at_wall(0),
        }
    }

    #[test]
    fn only_the_same_sessions_next_hook_in_its_turn_proves_an_offer() {
        let now = Moment::at_wall(1);
        assert_eq!(standing(&offer(), Hook::GoesOn, "s", &now), Standing::Proved);
        assert_eq!(standing(&offer(), Hook::GoesOn, "t", &now), Standing::Open);
        assert_eq!(standing(&offer(), Hook::Ends, "s", &now), Standing::Open);
    }

    #[test]
    fn an_offer_is_lost_when_the_session_begins_again_or_another_one_goes_on_for_long() {
        let now = Moment::at_wall(1);
        assert_eq!(standing(&offer(), Hook::Begins, "s", &now), Standing::Lost);
        assert_eq!(standing(&offer(), Hook::Begins, "t", &now), Standing::Lost);
        let late = Moment::at_wall(LOST_AFTER);
        assert_eq!(standing(&offer(), Hook::GoesOn, "t", &late), Standing::Lost);
        assert_eq!(standing(&offer(), Hook::GoesOn, "s", &late), Standing::Proved);
    }
}

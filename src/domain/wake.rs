//! How often an idle session may be woken.
//!
//! A session that waits for its human costs nothing; one that is woken pays for its whole context again. Two
//! sessions that answer each other could wake each other for ever, so each is woken at most once a minute, and
//! what comes sooner waits for the rest of it.

use super::time::MINUTE;

/// The least time between two wakes of one session, in milliseconds.
pub const EVERY: i64 = MINUTE;

/// When a session may be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At this moment, in milliseconds since the epoch, now at the earliest.
    At(i64),
    /// Somebody else is about to wake it already.
    Taken,
}

/// When a session may be woken whose last wake was, or next one will be, at `mark`. All in milliseconds since
/// the epoch. A mark that no clock could have set is one from before the clock was put back.
#[must_use]
pub fn due(mark: Option<i64>, now: i64) -> Due {
    match mark {
        Some(mark) if mark > now && mark <= now.saturating_add(EVERY) => Due::Taken,
        Some(mark) if mark <= now => Due::At(mark.saturating_add(EVERY).max(now)),
        _ => Due::At(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_woken_at_once_and_then_once_a_minute() {
        let now = 1_000_000;
        assert_eq!(due(None, now), Due::At(now));
        assert_eq!(due(Some(now - EVERY), now), Due::At(now));
        assert_eq!(due(Some(now - EVERY + 1), now), Due::At(now + 1));
        assert_eq!(due(Some(now), now), Due::At(now + EVERY));
    }

    #[test]
    fn one_wake_is_enough_for_all_that_came_in_the_meantime() {
        let now = 1_000_000;
        assert_eq!(due(Some(now + 1), now), Due::Taken);
        assert_eq!(due(Some(now + EVERY), now), Due::Taken);
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_asleep() {
        assert_eq!(due(Some(10 * EVERY), EVERY), Due::At(EVERY));
    }
}

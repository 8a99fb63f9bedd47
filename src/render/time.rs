//! Moments and spans of time in words.
//!
//! Programs get exact UTC, people get what they would say. Stored times may come from a clock that jumped
//! or from a file somebody else wrote, so every function here has an answer for every number.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Below this many milliseconds the future is now: clocks are read at slightly different moments.
const NOW_TOLERANCE: u64 = 5_000;

/// 0000-01-01T00:00:00.000Z in Unix milliseconds: RFC 3339 has years of four digits.
const EARLIEST: i64 = -62_167_219_200_000;

/// 9999-12-31T23:59:59.999Z in Unix milliseconds.
const LATEST: i64 = 253_402_300_799_999;

/// How long ago, or in how long, `then_ms` is, seen at `now_ms` (both Unix milliseconds), in one unit.
///
/// The past is rounded down: `just now` (under a minute), `4 min ago`, `3 h ago`, `2 d ago`. The future
/// is rounded to the nearest minute, so that a lease of an hour that was just taken ends `in 1 h`: `just
/// now` (under five seconds), `in 30 s`, `in 12 min`, `in 2 d`.
#[must_use]
pub fn relative(now_ms: i64, then_ms: i64) -> String {
    let distance = now_ms.abs_diff(then_ms);
    if then_ms <= now_ms {
        let seconds = distance / 1_000;
        if seconds < MINUTE {
            "just now".to_owned()
        } else {
            format!("{} ago", in_one_unit(seconds))
        }
    } else if distance < NOW_TOLERANCE {
        "just now".to_owned()
    } else {
        let seconds = round(distance, 1_000);
        let seconds = if seconds < MINUTE {
            seconds
        } else {
            round(seconds, MINUTE) * MINUTE
        };
        format!("in {}", in_one_unit(seconds))
    }
}

/// [`relative`] for a cell of a table.
#[must_use]
pub fn when(now: &Moment, then_ms: i64) -> Clean {
    clean(&relative(now.wall, then_ms), Field::Name)
}

/// The moment `ms` (Unix milliseconds) in UTC, as `2026-11-21T01:25:54.549Z`.
///
/// What lies outside the years 0000 to 9999 becomes the first or last moment in them.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms.clamp(EARLIEST, LATEST))
        .unwrap_or(DateTime::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A span in at most two units, the second one left out when it is zero: `250 ms`, `45 s`,
/// `1 min 30 s`, `60 min`, `1 h 30 min`, `24 h`, `2 d 3 h`. What is smaller than the second unit is
/// dropped.
#[must_use]
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (first, first_unit, second, second_unit) = match seconds {
        0 if span.as_millis() > 0 => (span.as_millis().try_into().unwrap_or(0), "ms", 0, ""),
        0..MINUTE => (seconds, "s", 0, ""),
        MINUTE..=HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s"),
        _ if seconds < 2 * DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        _ => (seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    };
    if second == 0 {
        format!("{first} {first_unit}")
    } else {
        format!("{first} {first_unit} {second} {second_unit}")
    }
}

fn in_one_unit(seconds: u64) -> String {
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        DAY.. => format!("{} d", seconds / DAY),
    }
}

/// `value / unit`, rounded to the nearest.
const fn round(value: u64, unit: u64) -> u64 {
    value / unit + (value % unit * 2 >= unit) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_224_354_549;

    #[test]
    fn the_past_is_told_in_one_unit_rounded_down() {
        let ago = |ms: i64| relative(NOW, NOW - ms);
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(59_999), "just now");
        assert_eq!(ago(60_000), "1 min ago");
        assert_eq!(ago(4 * 60_000 + 59_000), "4 min ago");
        assert_eq!(ago(60 * 60_000), "1 h ago");
        assert_eq!(ago(4 * 3_600_000 - 1), "3 h ago");
        assert_eq!(ago(2 * 86_400_000), "2 d ago");
    }

    #[test]
    fn the_future_is_told_to_the_nearest_minute() {
        let ahead = |ms: i64| relative(NOW, NOW + ms);
        assert_eq!(ahead(4_999), "just now");
        assert_eq!(ahead(29_700), "in 30 s");
        assert_eq!(ahead(59_700), "in 1 min");
        assert_eq!(ahead(12 * 60_000 - 5), "in 12 min");
        assert_eq!(ahead(3_599_999), "in 1 h");
        assert_eq!(ahead(90 * 60_000), "in 1 h");
        assert_eq!(ahead(48 * 3_600_000), "in 2 d");
    }

    #[test]
    fn the_ends_of_time_have_words() {
        assert_eq!(relative(i64::MAX, i64::MIN), "213503982334 d ago");
        assert_eq!(relative(i64::MIN, i64::MAX), "in 213503982334 d");
    }

    #[test]
    fn moments_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(NOW), "2026-11-21T01:25:54.549Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(i64::MIN), "0000-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn spans_use_at_most_two_units() {
        let cases = [
            (0, "0 s"),
            (250, "250 ms"),
            (45_000, "45 s"),
            (90_000, "1 min 30 s"),
            (15 * 60_000, "15 min"),
            (60 * 60_000, "60 min"),
            (90 * 60_000, "1 h 30 min"),
            (120 * 60_000, "2 h"),
            (24 * 3_600_000, "24 h"),
            (51 * 3_600_000, "2 d 3 h"),
        ];
        for (ms, expected) in cases {
            assert_eq!(duration(Duration::from_millis(ms)), expected);
        }
        assert_eq!(duration(Duration::from_micros(5)), "0 s");
        assert_eq!(duration(Duration::MAX), "213503982334601 d 7 h");
    }

    proptest! {
        #[test]
        fn every_number_has_an_answer(now: i64, then: i64) {
            prop_assert!(!relative(now, then).is_empty());
            prop_assert_eq!(rfc3339(then).len(), "2026-11-21T01:25:54.549Z".len());
        }

        #[test]
        fn moments_sort_like_their_text(a in EARLIEST..=LATEST, b in EARLIEST..=LATEST) {
            prop_assert_eq!(a.cmp(&b), rfc3339(a).cmp(&rfc3339(b)));
        }
    }
}

//! Lengths of time as people type them: `90s`, `5m`, `1h 30m`, or a bare number in the unit 0.4.0 took.

use std::time::Duration;

/// A length of time to wait; a bare number means seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    parse(text, 1)
}

/// A length of time to hold something; a bare number means minutes.
pub(super) fn minutes(text: &str) -> Result<Duration, String> {
    parse(text, 60)
}

/// How far back to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// So long ago.
    Ago(Duration),
    /// As far as the record reaches.
    Ever,
}

impl Since {
    /// What is usual.
    pub(super) const A_DAY: Self = Self::Ago(Duration::from_secs(24 * 60 * 60));

    /// The moment, seen from `now`, both in milliseconds since the epoch; `None` is the beginning of the record.
    pub(super) fn from(self, now: i64) -> Option<i64> {
        match self {
            Self::Ago(ago) => Some(now.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX))),
            Self::Ever => None,
        }
    }
}

/// How far back to look: a length of time, where a bare number means minutes, or `all`.
pub(super) fn since(text: &str) -> Result<Since, String> {
    if text.trim() == "all" {
        return Ok(Since::Ever);
    }
    minutes(text).map(Since::Ago)
}

fn parse(text: &str, unit: u64) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        let number = u64::try_from(number.max(0)).unwrap_or_default();
        return Ok(Duration::from_secs(number.saturating_mul(unit)));
    }
    humantime::parse_duration(text).map_err(|_| "not a length of time such as 90s, 5m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_keeps_the_unit_it_had() {
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        assert_eq!(minutes("30"), Ok(Duration::from_secs(1800)));
        assert_eq!(seconds("-5"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_unit_says_what_it_means() {
        assert_eq!(minutes("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(seconds("1h 30m"), Ok(Duration::from_secs(5400)));
        assert!(seconds("soon").is_err());
    }
}

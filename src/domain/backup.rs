//! Copies for safety: when the next one is due, and which of the older ones make room.
//!
//! A copy that nobody asked for must cost nothing anybody notices, so there is at most one a day, few of them,
//! and they take little of the disk. The newest of each kind always stays: the copy made before an upgrade must
//! not be pushed out by ten quiet days.

use super::time::HOUR;

/// How old the newest copy may become, in milliseconds.
pub const DAILY: i64 = 24 * HOUR;

/// A copy that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its file's name.
    pub name: String,
    /// What it was made for: `daily`, `purged`, the version before an upgrade.
    pub label: String,
    /// When, in milliseconds since the epoch.
    pub made_at: i64,
    /// How long the file is, in bytes.
    pub bytes: u64,
}

/// How much may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Copies of each label.
    pub count: usize,
    /// Bytes of all copies together.
    pub bytes: u64,
}

/// Whether the next copy is due, given when the newest was made or, without one, the store itself. A moment that
/// lies far ahead was written by a clock that ran wrong, and holds nothing up.
#[must_use]
pub const fn is_due(newest: i64, now: i64, after: i64) -> bool {
    now.saturating_sub(newest).saturating_abs() >= after
}

/// The copies that make room: the oldest of each label beyond the limit, then the oldest of all until the rest
/// fits. The newest of each label stays, and so does the one called `just_made`.
#[must_use]
pub fn surplus(mut copies: Vec<Kept>, limits: Limits, just_made: &str) -> Vec<Kept> {
    // The newest first; whatever its clock said, the one just made is that.
    copies.sort_by_key(|copy| std::cmp::Reverse((copy.name == just_made, copy.made_at, copy.name.clone())));
    let rank = |at: usize| {
        copies[..at]
            .iter()
            .filter(|copy| copy.label == copies[at].label)
            .count()
    };
    let ranks: Vec<usize> = (0..copies.len()).map(rank).collect();
    let mut bytes: u64 = 0;
    let mut surplus = Vec::new();
    // What has to stay takes its room first.
    let stays: Vec<bool> = ranks.iter().map(|rank| *rank == 0).collect();
    for (copy, _) in copies.iter().zip(&stays).filter(|(_, stays)| **stays) {
        bytes = bytes.saturating_add(copy.bytes);
    }
    for ((copy, rank), _) in copies
        .iter()
        .zip(&ranks)
        .zip(&stays)
        .filter(|(_, stays)| !**stays)
    {
        let fits = bytes.saturating_add(copy.bytes) <= limits.bytes;
        if *rank < limits.count && fits {
            bytes = bytes.saturating_add(copy.bytes);
        } else {
            surplus.push(copy.clone());
        }
    }
    surplus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(label: &str, made_at: i64, bytes: u64) -> Kept {
        Kept {
            name: format!("{label}-{made_at}"),
            label: label.to_owned(),
            made_at,
            bytes,
        }
    }

    fn gone(copies: &[Kept], count: usize, bytes: u64, just_made: &str) -> Vec<String> {
        let gone = surplus(copies.to_vec(), Limits { count, bytes }, just_made);
        gone.into_iter().map(|copy| copy.name).collect()
    }

    #[test]
    fn the_next_copy_is_due_a_day_later_or_when_a_clock_ran_wrong() {
        assert!(!is_due(1_000, 1_000 + DAILY - 1, DAILY));
        assert!(is_due(1_000, 1_000 + DAILY, DAILY));
        assert!(!is_due(1_000, 0, DAILY));
        assert!(is_due(DAILY * 400, 0, DAILY));
        assert!(is_due(i64::MIN, i64::MAX, DAILY));
    }

    #[test]
    fn the_oldest_of_a_label_make_room() {
        let copies: Vec<Kept> = (1..=4).map(|at| copy("daily", at, 1)).collect();
        assert_eq!(gone(&copies, 2, 100, "daily-4"), ["daily-2", "daily-1"]);
        assert_eq!(gone(&copies, 4, 100, "daily-4"), [""; 0]);
        assert_eq!(
            gone(&copies, 0, 100, "daily-4"),
            ["daily-3", "daily-2", "daily-1"]
        );
    }

    #[test]
    fn the_newest_of_every_label_stays_whatever_its_size() {
        let copies = [
            copy("v1", 1, 50),
            copy("daily", 2, 50),
            copy("daily", 3, 50),
            copy("daily", 4, 50),
        ];
        assert_eq!(gone(&copies, 9, 100, "daily-4"), ["daily-3", "daily-2"]);
        assert_eq!(gone(&copies, 9, 0, "daily-4"), ["daily-3", "daily-2"]);
        assert_eq!(gone(&copies, 9, 150, "daily-4"), ["daily-2"]);
    }

    #[test]
    fn one_that_was_just_made_stays_although_others_lie_in_the_future() {
        let copies = [copy("daily", 1, 1), copy("daily", 900, 1), copy("daily", 901, 1)];
        assert_eq!(gone(&copies, 2, 100, "daily-1"), ["daily-900"]);
    }
}

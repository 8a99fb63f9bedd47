//! What is kept for how long, and how much of it is cleared at a time.
//!
//! Decisions and tasks stay for ever. Messages go once nothing is left to be done with them, the record of what
//! happened goes with time, and so does what agents left behind that have been gone for as long.

use super::awareness::RECENT;
use super::time::{HOUR, Moment};

/// How long things are kept unless the repository says otherwise, in milliseconds: 30 days.
pub const KEEP: i64 = 30 * 24 * HOUR;
/// The longest that things may be kept short of for ever, in milliseconds: ten years.
pub const KEEP_MOST: i64 = 3_650 * 24 * HOUR;
/// How many rows are removed in one transaction: few enough that a hook gets its turn in time.
pub const BATCH: usize = 100;

/// How many of each were removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Messages, with what became of them at each recipient.
    pub messages: usize,
    /// Entries of the record of what happened.
    pub activity: usize,
    /// What else agents left behind: which files they changed, what they were told, sessions, leases of edits.
    pub traces: usize,
}

impl Removed {
    /// All together.
    #[must_use]
    pub const fn total(self) -> usize {
        self.messages + self.activity + self.traces
    }
}

impl std::ops::AddAssign for Removed {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.activity += other.activity;
        self.traces += other.traces;
    }
}

/// Whether so much time has passed since everything old was cleared that it is worth looking again: a day.
#[must_use]
pub fn is_due(cleared: &Moment, now: &Moment) -> bool {
    now.since(cleared) >= RECENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_what_is_old_once_a_day() {
        let at = Moment::at_wall;
        assert!(!is_due(&at(0), &at(24 * HOUR - 1)));
        assert!(is_due(&at(0), &at(24 * HOUR)));
    }
}

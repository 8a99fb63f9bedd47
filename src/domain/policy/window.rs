//! So often within so long: a window that slides over the calls that passed.
//!
//! A caller reads its clock before it gets its turn to write, so calls are not noted in the order of their moments.
//! Whoever is noted counts every call that is not older than the window, those after its own moment too: a window
//! that holds this call holds no others than these, whichever it is, so none ever holds more than the limit.

use serde::{Deserialize, Serialize};

use crate::domain::time::{HOUR, Moment};

/// The most calls that a limit may allow.
pub const MAX_COUNT: u32 = 10_000;
/// The longest window, in milliseconds: seven days.
pub const MAX_WINDOW: i64 = 7 * 24 * HOUR;

/// How often within how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// So often.
    pub count: u32,
    /// In any stretch of so many milliseconds.
    pub window: i64,
}

impl Limit {
    /// How long until another call may pass after these, in milliseconds; 0 if it may now.
    #[must_use]
    pub fn free_in(&self, passed: &[Moment], now: &Moment) -> i64 {
        let left = |call: &Moment| self.window.saturating_sub(now.since(call));
        let mut left: Vec<i64> = passed.iter().map(left).filter(|left| *left > 0).collect();
        let count = self.count as usize;
        if left.len() < count {
            return 0;
        }
        left.sort_unstable();
        // So many have to leave the window that one place is free.
        left.get(left.len() - count).copied().unwrap_or(self.window)
    }
}

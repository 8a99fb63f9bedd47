//! Time that survives a clock that jumps.
//!
//! A wall clock can be set forward or back by hours, which would expire every lease or keep the dead alive.
//! Each moment therefore carries the time since boot too: between two moments of one boot only that counts,
//! and the wall clock decides nothing but what people are shown.

use serde::Serialize;

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// A point in time as two clocks saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch, UTC.
    pub wall: i64,
    /// Milliseconds since boot, time spent asleep included.
    pub uptime: i64,
    /// Which boot `uptime` counts from; 0 where the system does not say.
    pub boot: i64,
}

impl Moment {
    /// A moment of which only the wall clock is known.
    #[must_use]
    pub const fn at_wall(wall: i64) -> Self {
        Self {
            wall,
            uptime: 0,
            boot: 0,
        }
    }

    /// Milliseconds that passed from `earlier` to `self`, never negative.
    ///
    /// Across boots only the wall clock is left. A moment in the future then counts as being as far away as
    /// it lies ahead: somebody whose clock was three hours fast is not kept alive for three hours.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> i64 {
        if self.boot != 0 && self.boot == earlier.boot {
            self.uptime.saturating_sub(earlier.uptime).max(0)
        } else {
            self.wall.saturating_sub(earlier.wall).saturating_abs()
        }
    }
}

/// A time for people and for JSON: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_set_forward_does_not_age_anything_within_one_boot() {
        let earlier = Moment {
            wall: 1_000,
            uptime: 500,
            boot: 7,
        };
        let now = Moment {
            wall: 1_000 + 5 * HOUR,
            uptime: 800,
            boot: 7,
        };
        assert_eq!(now.since(&earlier), 300);
    }

    #[test]
    fn a_wall_clock_set_back_does_not_make_time_run_backwards() {
        let earlier = Moment {
            wall: 9 * HOUR,
            uptime: 500,
            boot: 7,
        };
        let now = Moment {
            wall: HOUR,
            uptime: 900,
            boot: 7,
        };
        assert_eq!(now.since(&earlier), 400);
    }

    #[test]
    fn after_a_reboot_the_wall_clock_counts() {
        let earlier = Moment {
            wall: 1_000,
            uptime: 90_000,
            boot: 7,
        };
        let now = Moment {
            wall: 61_000,
            uptime: 10,
            boot: 8,
        };
        assert_eq!(now.since(&earlier), 60_000);
    }

    #[test]
    fn a_future_moment_of_another_boot_is_as_old_as_it_lies_ahead() {
        let earlier = Moment {
            wall: 3 * HOUR,
            uptime: 0,
            boot: 0,
        };
        assert_eq!(Moment::at_wall(0).since(&earlier), 3 * HOUR);
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        assert_eq!(
            Moment::at_wall(i64::MAX).since(&Moment::at_wall(i64::MIN)),
            i64::MAX
        );
    }
}

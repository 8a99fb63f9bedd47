//! What happens when a session has ended, or waits: it is started again, waits on, or is over.
//!
//! A session that ends is nothing bad: it has done what it could take. So it is started again when there is
//! something for it, at once and as often as that is so. One that ends with an error, or that ended well and had
//! taken nothing although there was something, came to nothing: that is tried a few times, ever more slowly.

use super::super::time::MINUTE;

/// The first pause after a start that came to nothing, in milliseconds.
const FIRST_PAUSE: i64 = 1_000;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE: i64 = MINUTE;

/// What a crew is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many starts in a row may come to nothing before a session is given up.
    pub restarts: u32,
    /// The first pause after such a start, in milliseconds; it doubles with each further one.
    pub pause: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            restarts: 3,
            pause: FIRST_PAUSE,
        }
    }
}

/// The tasks of a plan, as one session sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Those it could take now.
    pub ready: usize,
    /// Those that have not ended, whoever has them or may take them.
    pub open: usize,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether it ended well, or nobody saw how.
    pub is_well: bool,
    /// Whether it had taken any task.
    pub has_worked: bool,
}

/// What happens to a session that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is started again when it has something to do, this many milliseconds from now at the earliest.
    Wait {
        /// How many starts in a row have come to nothing.
        failures: u32,
        /// Milliseconds.
        pause: i64,
    },
    /// It is over, because all tasks have ended.
    Done,
    /// It is over, because it came to nothing too often.
    GiveUp {
        /// How many starts in a row have come to nothing.
        failures: u32,
    },
}

/// What happens to a session that has ended, of which `failures` starts in a row had come to nothing before.
#[must_use]
pub fn next(ended: Ended, failures: u32, queue: Queue, limits: Limits) -> Next {
    if queue.open == 0 {
        return Next::Done;
    }
    let came_to_nothing = !ended.is_well || (!ended.has_worked && queue.ready > 0);
    if !came_to_nothing {
        return Next::Wait {
            failures: 0,
            pause: 0,
        };
    }
    // Whoever has done something before the trouble came gets all its tries again.
    let failures = if ended.has_worked {
        1
    } else {
        failures.saturating_add(1)
    };
    if failures > limits.restarts {
        Next::GiveUp { failures }
    } else {
        Next::Wait {
            failures,
            pause: backoff(failures, limits.pause),
        }
    }
}

/// The pause after so many starts in a row that came to nothing, in milliseconds.
#[must_use]
pub fn backoff(failures: u32, first: i64) -> i64 {
    if failures == 0 {
        return 0;
    }
    let doubled = 1_i64.checked_shl(failures - 1).filter(|factor| *factor > 0);
    doubled
        .and_then(|factor| first.max(0).checked_mul(factor))
        .map_or(LONGEST_PAUSE.max(first), |pause| {
            pause.min(LONGEST_PAUSE.max(first))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORK: Queue = Queue { ready: 1, open: 2 };

    fn ended(is_well: bool, has_worked: bool) -> Ended {
        Ended { is_well, has_worked }
    }

    #[test]
    fn whoever_has_worked_and_ended_well_goes_on_at_once() {
        assert_eq!(
            next(ended(true, true), 2, WORK, Limits::default()),
            Next::Wait {
                failures: 0,
                pause: 0
            }
        );
    }

    #[test]
    fn whoever_found_nothing_to_do_waits_until_there_is_something() {
        let nothing = Queue { ready: 0, open: 1 };
        assert_eq!(
            next(ended(true, false), 2, nothing, Limits::default()),
            Next::Wait {
                failures: 0,
                pause: 0
            }
        );
    }

    #[test]
    fn whoever_leaves_work_lying_or_fails_is_started_ever_more_slowly_and_then_no_more() {
        for end in [ended(true, false), ended(false, false)] {
            let mut failures = 0;
            let mut pauses = Vec::new();
            while let Next::Wait { failures: now, pause } = next(end, failures, WORK, Limits::default()) {
                failures = now;
                pauses.push(pause);
            }
            assert_eq!(pauses, [1_000, 2_000, 4_000]);
        }
    }

    #[test]
    fn when_all_tasks_have_ended_so_have_the_sessions_however_they_ended() {
        for end in [ended(true, true), ended(false, false)] {
            assert_eq!(next(end, 9, Queue::default(), Limits::default()), Next::Done);
        }
    }

    proptest! {
        /// A session that does nothing is started no more often than it may be; pauses only grow, and have an end.
        #[test]
        fn restarts_are_bounded(restarts in 0..200_u32, pause in 0..100_000_i64, wells in prop::collection::vec(any::<bool>(), 201)) {
            let limits = Limits { restarts, pause };
            let (mut failures, mut longest, mut starts) = (0, 0, 0);
            for is_well in wells {
                starts += 1;
                match next(ended(is_well, false), failures, WORK, limits) {
                    Next::Wait { failures: now, pause: next } => {
                        prop_assert!(next >= longest && next <= LONGEST_PAUSE.max(pause));
                        (failures, longest) = (now, next);
                    }
                    Next::GiveUp { .. } => break,
                    Next::Done => prop_assert!(false, "there is work"),
                }
            }
            prop_assert_eq!(starts, restarts + 1);
        }
    }
}

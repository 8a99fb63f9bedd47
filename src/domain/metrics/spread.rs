//! How long something took, as a whole: the middle, the slow ones, the slowest.

use serde::Serialize;

/// What a number of lengths of time come to, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many there were.
    pub count: usize,
    /// Half of them took no longer.
    pub p50_ms: i64,
    /// Nine of ten took no longer.
    pub p90_ms: i64,
    /// Ninety-nine of a hundred took no longer.
    pub p99_ms: i64,
    /// None took longer.
    pub max_ms: i64,
}

impl Spread {
    /// What these come to; `None` where there are none, because then nothing is known. Each figure is one of
    /// them, never one in between.
    #[must_use]
    pub fn of(mut lengths: Vec<i64>) -> Option<Self> {
        lengths.sort_unstable();
        let count = lengths.len();
        let rank = |percent: usize| lengths.get((count * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self {
            count,
            p50_ms: rank(50)?,
            p90_ms: rank(90)?,
            p99_ms: rank(99)?,
            max_ms: rank(100)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_known_of_nothing() {
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn each_figure_is_one_that_was_measured() {
        let spread = Spread::of((1..=200).rev().collect()).unwrap();
        assert_eq!((spread.p50_ms, spread.p90_ms), (100, 180));
        assert_eq!((spread.p99_ms, spread.max_ms, spread.count), (198, 200, 200));
        let one = Spread::of(vec![7]).unwrap();
        assert_eq!((one.p50_ms, one.p90_ms, one.p99_ms, one.max_ms), (7, 7, 7, 7));
    }

    proptest! {
        #[test]
        fn so_many_of_a_hundred_took_no_longer(lengths in proptest::collection::vec(0..1_000_i64, 1..300)) {
            let spread = Spread::of(lengths.clone()).unwrap();
            for (percent, figure) in [(50, spread.p50_ms), (90, spread.p90_ms), (99, spread.p99_ms), (100, spread.max_ms)] {
                let within = lengths.iter().filter(|&&length| length <= figure).count();
                let below = lengths.iter().filter(|&&length| length < figure).count();
                prop_assert!(within * 100 >= lengths.len() * percent);
                prop_assert!(below * 100 < lengths.len() * percent);
                prop_assert!(lengths.contains(&figure));
            }
        }
    }
}

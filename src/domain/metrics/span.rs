//! Stretches of time: how much of one lies in others, and how many lie over each other.

use serde::Serialize;

/// A stretch of time in milliseconds since the epoch; `to` is not before `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// When it begins.
    pub from: i64,
    /// When it ends.
    pub to: i64,
}

impl Span {
    /// From one moment to another, in whichever order a clock that was set back has put them.
    #[must_use]
    pub const fn between(one: i64, other: i64) -> Self {
        if one <= other {
            Self { from: one, to: other }
        } else {
            Self { from: other, to: one }
        }
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub const fn length(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }

    /// What it shares with another; `None` where they do not even touch.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from <= to).then_some(Self { from, to })
    }
}

/// The same time in stretches that do not touch each other, in order.
#[must_use]
pub fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

/// How much time these stretches take, each moment counted once, in milliseconds.
#[must_use]
pub fn covered(spans: impl IntoIterator<Item = Span>) -> i64 {
    total(union(spans).iter().map(Span::length))
}

/// The sum of lengths of time; where a clock that jumped makes it too large, the largest number.
pub(super) fn total(lengths: impl IntoIterator<Item = i64>) -> i64 {
    lengths.into_iter().fold(0, i64::saturating_add)
}

/// The time that lies in both, as [`union`] gives it.
#[must_use]
pub fn common(one: impl IntoIterator<Item = Span>, other: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let (one, other) = (union(one), union(other));
    let (mut left, mut right) = (0, 0);
    let mut shared = Vec::new();
    while let (Some(a), Some(b)) = (one.get(left), other.get(right)) {
        shared.extend(a.overlap(b).filter(|span| span.length() > 0));
        if a.to <= b.to {
            left += 1;
        } else {
            right += 1;
        }
    }
    shared
}

/// How many of these lie over each other where most do. One that ends when another begins does not lie over it.
#[must_use]
pub fn deepest(spans: impl IntoIterator<Item = Span>) -> u64 {
    let mut edges: Vec<(i64, i32)> = spans
        .into_iter()
        .flat_map(|span| {
            let from = span.from.min(i64::MAX - 1);
            [(from, 1), (span.to.max(from + 1), -1)]
        })
        .collect();
    edges.sort_unstable();
    let (mut depth, mut deepest) = (0_i64, 0_i64);
    for (_, step) in edges {
        depth += i64::from(step);
        deepest = deepest.max(depth);
    }
    u64::try_from(deepest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(from: i64, to: i64) -> Span {
        Span { from, to }
    }

    #[test]
    fn time_that_was_spent_twice_counts_once() {
        assert_eq!(
            union([span(5, 9), span(0, 3), span(2, 4)]),
            [span(0, 4), span(5, 9)]
        );
        assert_eq!(covered([span(0, 10), span(2, 4), span(10, 11)]), 11);
        assert_eq!(covered([]), 0);
    }

    #[test]
    fn what_is_common_to_both_is_the_time_in_both() {
        let shared = common([span(0, 10), span(20, 30)], [span(5, 25), span(26, 27)]);
        assert_eq!(shared, [span(5, 10), span(20, 25), span(26, 27)]);
    }

    #[test]
    fn one_that_ends_when_another_begins_does_not_lie_over_it() {
        assert_eq!(deepest([span(0, 5), span(5, 9)]), 1);
        assert_eq!(deepest([span(0, 6), span(5, 9), span(5, 5)]), 3);
        assert_eq!(deepest([]), 0);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        assert_eq!(Span::between(i64::MAX, i64::MIN).length(), i64::MAX);
        assert_eq!(deepest([span(i64::MAX, i64::MAX)]), 1);
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        let one = (0..60_i64, 0..20_i64).prop_map(|(from, length)| span(from, from + length));
        proptest::collection::vec(one, 0..12)
    }

    /// The same, moment by moment.
    fn moments(spans: &[Span]) -> Vec<usize> {
        let count = |at| {
            spans
                .iter()
                .filter(|span| span.from <= at && at < span.to)
                .count()
        };
        (0..80).map(count).collect()
    }

    proptest! {
        #[test]
        fn counting_moment_by_moment_comes_to_the_same(one in spans(), other in spans()) {
            let (a, b) = (moments(&one), moments(&other));
            let is_some = |moments: &[usize]| i64::try_from(moments.iter().filter(|&&count| count > 0).count()).unwrap();
            prop_assert_eq!(covered(one.iter().copied()), is_some(&a));
            let both: Vec<usize> = a.iter().zip(&b).map(|(a, b)| a.min(b)).copied().collect();
            prop_assert_eq!(covered(common(one.iter().copied(), other)), is_some(&both));
            let long: Vec<Span> = one.into_iter().filter(|span| span.length() > 0).collect();
            prop_assert_eq!(deepest(long), a.into_iter().max().unwrap_or_default() as u64);
        }
    }
}

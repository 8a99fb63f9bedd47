//! The search for an order of overlapping operations, after Wing and Gong.
//!
//! An operation may come next when none of those left had returned before it was called. The search takes one
//! that may, asks the model, and goes on; it returns to an earlier point when nothing fits, and never visits the
//! same set of operations with the same state twice. Where an operation may come next that only looks, it is taken
//! at once and nothing else is tried: what follows cannot tell the difference.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{Debug, Write as _};
use std::hash::Hash;
use std::time::Duration;

use proptest::prelude::*;

/// What one thing may go through.
pub(super) trait Model {
    type State: Clone + Eq + Hash + Debug;
    /// An operation together with its answer.
    type Step: Debug;

    fn initial() -> Self::State;

    /// The state after a step; `None` when no such answer can be given in this state.
    fn after(state: &Self::State, step: &Self::Step) -> Option<Self::State>;

    /// Whether a step leaves every state as it is.
    fn only_looks(step: &Self::Step) -> bool;
}

/// An operation as its caller saw it.
#[derive(Debug, Clone)]
pub(super) struct Operation<S> {
    pub(super) invoked: Duration,
    pub(super) returned: Duration,
    pub(super) step: S,
}

/// How far a search has come: all operations before `first` and those in `beyond` are done.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Progress<S> {
    first: usize,
    beyond: BTreeSet<usize>,
    state: S,
}

impl<S> Progress<S> {
    fn len(&self) -> usize {
        self.first + self.beyond.len()
    }

    /// The operations that may come next. `history` is in the order of calls.
    fn candidates<T>(&self, history: &[&Operation<T>]) -> Vec<usize> {
        let mut bound = Duration::MAX;
        let mut found = Vec::new();
        for (at, operation) in history.iter().enumerate().skip(self.first) {
            if operation.invoked > bound {
                break;
            }
            if !self.beyond.contains(&at) {
                found.push(at);
                bound = bound.min(operation.returned);
            }
        }
        found
    }

    fn with(&self, at: usize, state: S) -> Self {
        let (mut first, mut beyond) = (self.first, self.beyond.clone());
        beyond.insert(at);
        while beyond.remove(&first) {
            first += 1;
        }
        Self { first, beyond, state }
    }
}

/// Looks for an order that explains a history.
///
/// # Errors
/// How far the best order came and what could not follow, in words for whoever reads the failure.
pub(super) fn check<M: Model>(history: &[Operation<M::Step>]) -> Result<(), String> {
    let mut history: Vec<&Operation<M::Step>> = history.iter().collect();
    history.sort_by_key(|operation| operation.invoked);
    let start = Progress {
        first: 0,
        beyond: BTreeSet::new(),
        state: M::initial(),
    };
    let (mut best, mut seen) = (start.clone(), HashSet::new());
    let mut left = vec![start];
    while let Some(progress) = left.pop() {
        if progress.first == history.len() {
            return Ok(());
        }
        if progress.len() > best.len() {
            best = progress.clone();
        }
        let mut next = Vec::new();
        for at in progress.candidates(&history) {
            let Some(state) = M::after(&progress.state, &history[at].step) else {
                continue;
            };
            let only_looks = M::only_looks(&history[at].step);
            if only_looks {
                next.clear();
            }
            next.push(progress.with(at, state));
            if only_looks {
                break;
            }
        }
        left.extend(next.into_iter().rev().filter(|next| seen.insert(next.clone())));
    }
    let mut why = format!(
        "no order explains it: after {} of {} operations the state is {:?}, and none of these can follow:",
        best.len(),
        history.len(),
        best.state
    );
    for at in best.candidates(&history) {
        let _infallible = write!(why, "\n  {:?}", history[at]);
    }
    Err(why)
}

/// A register that can be read and written: the smallest thing that can be wrong in every way.
struct Register;

#[derive(Debug, Clone)]
enum Access {
    Write(u8),
    Read(u8),
}

impl Model for Register {
    type State = u8;
    type Step = Access;

    fn initial() -> u8 {
        0
    }

    fn after(state: &u8, step: &Access) -> Option<u8> {
        match step {
            Access::Write(value) => Some(*value),
            Access::Read(value) => (value == state).then_some(*state),
        }
    }

    fn only_looks(step: &Access) -> bool {
        matches!(step, Access::Read(_))
    }
}

/// Operations from call, return and step.
pub(super) fn history<S: Clone>(operations: &[(u64, u64, S)]) -> Vec<Operation<S>> {
    let operation = |(invoked, returned, step): &(u64, u64, S)| Operation {
        invoked: Duration::from_millis(*invoked),
        returned: Duration::from_millis(*returned),
        step: step.clone(),
    };
    operations.iter().map(operation).collect()
}

fn is_right(operations: &[(u64, u64, Access)]) -> bool {
    check::<Register>(&history(operations)).is_ok()
}

#[test]
fn reads_that_overlap_a_write_may_see_either_value() {
    use Access::{Read, Write};
    assert!(is_right(&[(0, 10, Write(1)), (1, 9, Read(0)), (1, 9, Read(1))]));
    assert!(is_right(&[(0, 10, Write(1)), (1, 3, Read(0)), (4, 6, Read(1))]));
    assert!(is_right(&[]));
}

#[test]
fn a_stale_read_has_no_order() {
    use Access::{Read, Write};
    assert!(!is_right(&[(0, 1, Write(1)), (2, 3, Read(0))]));
}

#[test]
fn two_reads_that_see_a_write_come_and_go_have_no_order() {
    use Access::{Read, Write};
    assert!(!is_right(&[(0, 10, Write(1)), (1, 3, Read(1)), (4, 6, Read(0))]));
}

#[test]
fn a_lost_update_has_no_order() {
    use Access::{Read, Write};
    assert!(!is_right(&[(0, 1, Write(1)), (2, 3, Write(2)), (4, 5, Read(1))]));
}

#[test]
fn a_value_read_before_anybody_wrote_it_has_no_order() {
    use Access::{Read, Write};
    assert!(!is_right(&[(0, 1, Read(1)), (2, 3, Write(1))]));
}

#[test]
fn a_search_of_many_overlapping_operations_ends() {
    use Access::{Read, Write};
    let mut operations = Vec::new();
    for round in 0..200 {
        for value in 0..8 {
            operations.push((round * 10, round * 10 + 9, Write(value)));
            operations.push((round * 10, round * 10 + 9, Read(value)));
        }
    }
    assert!(is_right(&operations));
    operations.push((100, 109, Read(9)));
    assert!(!is_right(&operations));
}

/// Tries every order.
fn is_right_by_force(history: &[Operation<Access>], done: &mut Vec<usize>, state: u8) -> bool {
    if done.len() == history.len() {
        return true;
    }
    for at in 0..history.len() {
        let is_minimal = (0..history.len()).all(|other| {
            other == at || done.contains(&other) || history[other].returned >= history[at].invoked
        });
        if done.contains(&at) || !is_minimal {
            continue;
        }
        if let Some(state) = Register::after(&state, &history[at].step) {
            done.push(at);
            if is_right_by_force(history, done, state) {
                return true;
            }
            done.pop();
        }
    }
    false
}

proptest! {
    #[test]
    fn the_search_agrees_with_trying_every_order(
        operations in proptest::collection::vec((0_u64..12, 0_u64..8, any::<bool>(), 0_u8..3), 0..7)
    ) {
        let operations: Vec<_> = operations
            .into_iter()
            .map(|(invoked, length, writes, value)| {
                let step = if writes { Access::Write(value) } else { Access::Read(value) };
                (invoked, invoked + length, step)
            })
            .collect();
        let by_force = is_right_by_force(&history(&operations), &mut Vec::new(), 0);
        prop_assert_eq!(is_right(&operations), by_force);
    }
}

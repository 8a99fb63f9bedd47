//! What many processes saw of the same few things, and whether there is one order of events that explains all
//! of it.
//!
//! The replay of [`crate::race`] trusts the program's own record. Here nothing of the program is trusted: every
//! operation is written down by whoever called it, with the moments of call and return and what it answered, and
//! a search looks for an order of the operations that respects those moments and in which a plain model gives the
//! same answers (linearizability). Each lock, task and inbox is searched for itself, which is enough: a set of
//! things is linearizable when each of them is.

mod checker;
mod load;
mod models;

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Instant;

use checker::{Model, Operation, check};
use models::{Lock, LockStep, Who};

/// Where operations are written down.
struct Recorder<M: Model> {
    began: Instant,
    operations: Mutex<Vec<Operation<M::Step>>>,
}

impl<M: Model> Recorder<M> {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            operations: Mutex::default(),
        }
    }

    /// Runs an operation; `judge` says which step of the model it was, or that it was none.
    fn record<T>(&self, run: impl FnOnce() -> T, judge: impl FnOnce(&T) -> Option<M::Step>) -> T {
        let invoked = Instant::now();
        let value = run();
        let returned = Instant::now();
        if let Some(step) = judge(&value) {
            self.note(invoked, returned, step);
        }
        value
    }

    /// Writes an operation down.
    fn note(&self, invoked: Instant, returned: Instant, step: M::Step) {
        self.operations.lock().unwrap().push(Operation {
            invoked: invoked - self.began,
            returned: returned - self.began,
            step,
        });
    }

    /// How many operations there were, after making sure that one order explains them.
    #[track_caller]
    fn expect_linearizable(&self, what: &str) -> usize {
        let operations = self.operations.lock().unwrap();
        if let Err(why) = check::<M>(&operations) {
            panic!("{what}: {why}");
        }
        operations.len()
    }
}

/// Two that take a lock at the same moment from a store that says whether it is free; `is_atomic` says whether
/// looking and writing are one step.
fn two_at_once(is_atomic: bool) -> Result<(), String> {
    let recorder = &Recorder::<Lock>::new();
    let (holder, both_looked) = (&Mutex::new((None, 0)), &Barrier::new(2));
    thread::scope(|scope| {
        for who in [1, 2] {
            scope.spawn(move || {
                let write = |state: &mut (Option<Who>, i64)| {
                    *state = (Some(who), state.1 + 1);
                    Some(state.1)
                };
                let acquire = || {
                    let mut state = holder.lock().unwrap();
                    let is_free = state.0.is_none();
                    if !is_atomic {
                        drop(state);
                        both_looked.wait();
                        state = holder.lock().unwrap();
                    }
                    if is_free { write(&mut state) } else { None }
                };
                recorder.record(acquire, |fence| {
                    Some(fence.map_or(LockStep::Refused(who), |fence| LockStep::Acquired(who, fence)))
                });
            });
        }
    });
    check::<Lock>(&recorder.operations.lock().unwrap())
}

#[test]
fn a_store_that_looks_first_and_writes_later_is_found_out() {
    assert_eq!(two_at_once(true), Ok(()));
    assert!(two_at_once(false).is_err());
}

//! What a lock, a task and an inbox are, said as plainly as possible, and histories known to be right or wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::{Model, Operation, check, history};

/// Somebody, by number.
pub(super) type Who = usize;

/// A lock on one file that is not shared.
pub(super) struct Lock;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LockStep {
    /// Taken, or renewed, with this fence.
    Acquired(Who, i64),
    /// Not taken: somebody else has it.
    Refused(Who),
    /// Given back.
    Released(Who),
    /// There was nothing to give back.
    Nothing,
    /// Not given back: it is somebody else's.
    NotTheirs(Who),
    /// An edit was stopped, or passed.
    Edit { who: Who, is_stopped: bool },
}

impl Model for Lock {
    /// Who holds it with which fence; the fence of the last holder where it is free.
    type State = (Option<Who>, i64);
    type Step = LockStep;

    fn initial() -> Self::State {
        (None, 0)
    }

    fn after(state: &Self::State, step: &LockStep) -> Option<Self::State> {
        let (holder, last) = *state;
        let is_others = |who: Who| holder.is_some_and(|holder| holder != who);
        match *step {
            LockStep::Acquired(who, fence) => match holder {
                None => (fence > last).then_some((Some(who), fence)),
                Some(holder) => (holder == who && fence == last).then_some(*state),
            },
            LockStep::Refused(who) | LockStep::NotTheirs(who) => is_others(who).then_some(*state),
            LockStep::Released(who) => (holder == Some(who)).then_some((None, last)),
            LockStep::Nothing => holder.is_none().then_some(*state),
            LockStep::Edit { who, is_stopped } => (is_others(who) == is_stopped).then_some(*state),
        }
    }

    fn only_looks(step: &LockStep) -> bool {
        !matches!(step, LockStep::Acquired(..) | LockStep::Released(_))
    }
}

/// A task without dependencies.
pub(super) struct Task;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum TaskState {
    Pending,
    Claimed(Who),
    Done(Who),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TaskStep {
    Claim(Who, bool),
    /// Handed out as the next one.
    HandedOut(Who),
    Done(Who, bool),
    Release(Who, bool),
    Reopen(bool),
    Shown(TaskState),
}

impl Model for Task {
    type State = TaskState;
    type Step = TaskStep;

    fn initial() -> TaskState {
        TaskState::Pending
    }

    fn after(state: &TaskState, step: &TaskStep) -> Option<TaskState> {
        use TaskState::{Claimed, Done, Pending};
        let may_take = |who: &Who| *state == Pending || *state == Claimed(*who);
        let (next, succeeded) = match step {
            TaskStep::Shown(shown) => return (shown == state).then(|| state.clone()),
            // Whoever has a task in progress is handed that one again.
            TaskStep::HandedOut(who) => (may_take(who).then_some(Claimed(*who)), true),
            TaskStep::Claim(who, succeeded) => (may_take(who).then_some(Claimed(*who)), *succeeded),
            TaskStep::Done(who, succeeded) => ((*state == Claimed(*who)).then_some(Done(*who)), *succeeded),
            TaskStep::Release(who, succeeded) => ((*state == Claimed(*who)).then_some(Pending), *succeeded),
            TaskStep::Reopen(succeeded) => (matches!(state, Done(_)).then_some(Pending), *succeeded),
        };
        match (next, succeeded) {
            (Some(next), true) => Some(next),
            (None, false) => Some(state.clone()),
            _ => None,
        }
    }

    fn only_looks(step: &TaskStep) -> bool {
        match step {
            TaskStep::Shown(_) => true,
            TaskStep::HandedOut(_) => false,
            TaskStep::Claim(_, succeeded)
            | TaskStep::Done(_, succeeded)
            | TaskStep::Release(_, succeeded)
            | TaskStep::Reopen(succeeded) => !succeeded,
        }
    }
}

/// One agent's mail.
pub(super) struct Inbox;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MailStep {
    Sent(usize),
    /// Read in full, which takes it out of the inbox.
    Read(usize),
    /// All that is unread.
    Listed(BTreeSet<usize>),
}

impl Model for Inbox {
    /// Every message and whether it is unread.
    type State = BTreeMap<usize, bool>;
    type Step = MailStep;

    fn initial() -> Self::State {
        BTreeMap::new()
    }

    fn after(state: &Self::State, step: &MailStep) -> Option<Self::State> {
        let mut next = state.clone();
        match step {
            MailStep::Sent(message) => next.insert(*message, true).is_none().then_some(next),
            MailStep::Read(message) => next.insert(*message, false).is_some().then_some(next),
            MailStep::Listed(listed) => {
                let unread = state.iter().filter(|(_, unread)| **unread);
                unread.map(|(message, _)| message).eq(listed).then_some(next)
            }
        }
    }

    fn only_looks(step: &MailStep) -> bool {
        matches!(step, MailStep::Listed(_))
    }
}

#[track_caller]
fn is_right<M: Model>(operations: &[Operation<M::Step>]) {
    check::<M>(operations).unwrap();
}

#[track_caller]
fn is_wrong<M: Model>(operations: &[Operation<M::Step>]) {
    assert!(check::<M>(operations).is_err(), "{operations:?}");
}

#[test]
fn locks_that_change_hands_in_time_are_right() {
    use LockStep::{Acquired, Edit, NotTheirs, Nothing, Refused, Released};
    is_right::<Lock>(&history(&[
        (0, 5, Acquired(1, 4)),
        (1, 2, Refused(2)),
        (
            3,
            4,
            Edit {
                who: 2,
                is_stopped: true,
            },
        ),
        (
            3,
            4,
            Edit {
                who: 1,
                is_stopped: false,
            },
        ),
        (6, 7, Acquired(1, 4)),
        (6, 7, NotTheirs(2)),
        (8, 12, Released(1)),
        (9, 11, Acquired(2, 9)),
        (13, 14, Released(2)),
        (15, 16, Nothing),
    ]));
    // Whether the edit saw the lock is open while it is being taken.
    for is_stopped in [true, false] {
        is_right::<Lock>(&history(&[
            (0, 9, Acquired(1, 1)),
            (2, 3, Edit { who: 2, is_stopped }),
        ]));
    }
}

#[test]
fn two_holders_a_falling_fence_and_a_phantom_are_wrong() {
    use LockStep::{Acquired, Edit, Nothing, Refused, Released};
    let cases = [
        vec![(0, 1, Acquired(1, 1)), (2, 3, Acquired(2, 2))],
        vec![(0, 9, Acquired(1, 1)), (0, 9, Acquired(2, 2))],
        vec![
            (0, 1, Acquired(1, 5)),
            (2, 3, Released(1)),
            (4, 5, Acquired(2, 5)),
        ],
        vec![
            (0, 1, Acquired(1, 5)),
            (2, 3, Released(1)),
            (4, 5, Acquired(2, 3)),
        ],
        vec![
            (0, 1, Acquired(1, 1)),
            (
                2,
                3,
                Edit {
                    who: 2,
                    is_stopped: false,
                },
            ),
        ],
        vec![(0, 1, Acquired(1, 1)), (2, 3, Nothing)],
        vec![(0, 1, Acquired(1, 1)), (2, 3, Released(1)), (4, 5, Refused(2))],
        vec![(0, 1, Released(1))],
        vec![(0, 1, Acquired(1, 1)), (2, 3, Released(1)), (4, 5, Released(1))],
        vec![
            (
                0,
                1,
                Edit {
                    who: 1,
                    is_stopped: true,
                },
            ),
            (2, 3, Acquired(2, 1)),
        ],
    ];
    for case in cases {
        is_wrong::<Lock>(&history(&case));
    }
}

#[test]
fn a_task_that_goes_from_hand_to_hand_is_right() {
    use TaskState::{Claimed, Done as Finished, Pending};
    use TaskStep::{Claim, Done, HandedOut, Release, Reopen, Shown};
    is_right::<Task>(&history(&[
        (0, 9, Claim(1, true)),
        (0, 9, Claim(2, false)),
        (1, 2, Shown(Pending)),
        (10, 11, Release(1, true)),
        (12, 13, HandedOut(2)),
        (14, 15, Shown(Claimed(2))),
        (14, 15, Done(1, false)),
        (16, 17, Done(2, true)),
        (18, 19, Shown(Finished(2))),
        (18, 19, Claim(2, false)),
        (20, 21, Reopen(true)),
        (22, 23, Claim(1, true)),
    ]));
}

#[test]
fn a_double_claim_a_lost_one_and_a_stale_board_are_wrong() {
    use TaskState::{Claimed, Pending};
    use TaskStep::{Claim, Done, HandedOut, Release, Reopen, Shown};
    let cases = [
        vec![(0, 9, Claim(1, true)), (0, 9, Claim(2, true))],
        vec![(0, 9, HandedOut(1)), (0, 9, HandedOut(2))],
        vec![(0, 1, Claim(1, true)), (2, 3, Shown(Pending))],
        vec![(0, 1, Claim(1, true)), (2, 3, Done(1, false))],
        vec![(0, 1, Claim(1, false))],
        vec![(0, 1, Claim(1, true)), (2, 3, Release(2, true))],
        vec![
            (0, 1, Claim(1, true)),
            (2, 3, Done(1, true)),
            (4, 5, Shown(Claimed(1))),
        ],
        vec![
            (0, 1, Claim(1, true)),
            (2, 3, Done(1, true)),
            (4, 5, Done(1, true)),
        ],
        vec![(0, 1, Shown(Claimed(1))), (2, 3, Claim(1, true))],
        vec![(0, 1, Reopen(true))],
    ];
    for case in cases {
        is_wrong::<Task>(&history(&case));
    }
}

fn listed(messages: &[usize]) -> MailStep {
    MailStep::Listed(messages.iter().copied().collect())
}

#[test]
fn mail_that_comes_and_is_read_is_right() {
    use MailStep::{Read, Sent};
    is_right::<Inbox>(&history(&[
        (0, 9, Sent(1)),
        (0, 9, Sent(2)),
        (1, 2, listed(&[2])),
        (3, 4, listed(&[1, 2])),
        (10, 15, Read(1)),
        (11, 12, Read(1)),
        (13, 14, listed(&[2])),
        (16, 17, Read(2)),
        (18, 19, listed(&[])),
    ]));
}

#[test]
fn mail_that_is_lost_repeated_or_early_is_wrong() {
    use MailStep::{Read, Sent};
    let cases = [
        vec![(0, 1, Sent(1)), (2, 3, listed(&[]))],
        vec![(0, 1, Sent(1)), (2, 3, Read(1)), (4, 5, listed(&[1]))],
        vec![(0, 1, listed(&[1])), (2, 3, Sent(1))],
        vec![(0, 1, Read(1)), (2, 3, Sent(1))],
        vec![(0, 9, Sent(1)), (0, 9, Sent(1))],
        vec![(0, 1, Sent(1)), (2, 9, Sent(2)), (3, 4, listed(&[2]))],
        // Two observers that saw two messages arrive in opposite orders.
        vec![
            (0, 9, Sent(1)),
            (0, 9, Sent(2)),
            (1, 2, listed(&[1])),
            (3, 4, listed(&[2])),
        ],
    ];
    for case in cases {
        is_wrong::<Inbox>(&history(&case));
    }
}

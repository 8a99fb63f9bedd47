//! How far the work has come: how many tasks there are in which state, and the chain that decides when all is
//! through.

use crate::domain::task::{Shape, Status, Task};

/// How many tasks there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u32; Status::ALL.len()],
}

impl Tally {
    /// How many are in this state.
    #[must_use]
    pub fn of(&self, status: Status) -> u32 {
        self.counts[place(status)]
    }

    /// Counts some more in this state.
    pub fn add(&mut self, status: Status, count: u32) {
        let counted = &mut self.counts[place(status)];
        *counted = counted.saturating_add(count);
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> u32 {
        let open = Status::ALL.into_iter().filter(|status| status.is_open());
        open.map(|status| self.of(status)).sum()
    }

    /// How far the work has come. What nobody shall do is no part of it.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            done: self.of(Status::Done),
            total: self.open() + self.of(Status::Failed) + self.of(Status::Done),
        }
    }
}

fn place(status: Status) -> usize {
    Status::ALL.iter().position(|one| *one == status).unwrap_or(0)
}

/// How much of the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Tasks that are done.
    pub done: u32,
    /// Tasks that are done or were to be.
    pub total: u32,
}

impl Progress {
    /// The share that is done in whole percent: 100 only when all is done, 0 only when nothing is. `None` where
    /// there is nothing to do.
    #[must_use]
    pub fn percent(self) -> Option<u32> {
        self.share(100)
    }

    /// How many of `parts` equal parts are done; all of them only when all is done, none only when nothing is.
    #[must_use]
    pub fn share(self, parts: u32) -> Option<u32> {
        let (done, total) = (u64::from(self.done), u64::from(self.total));
        let share = (done * u64::from(parts)).checked_div(total)?;
        let share = u32::try_from(share).unwrap_or(parts);
        Some(if self.done == 0 {
            0
        } else {
            share.max(1).min(parts)
        })
    }
}

/// The longest chain of open tasks among these, by index, what comes first first; nothing where no open task
/// waits for another.
#[must_use]
pub fn critical_path(open: &[Task]) -> Vec<usize> {
    let path = Shape::new(open).critical_path();
    if path.len() > 1 { path } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::{Dependency, Kind, Verdict};

    #[test]
    fn what_nobody_shall_do_is_no_part_of_the_work() {
        let mut tally = Tally::default();
        for (status, count) in [
            (Status::Done, 3),
            (Status::Pending, 2),
            (Status::Blocked, 1),
            (Status::Failed, 2),
            (Status::Cancelled, 40),
        ] {
            tally.add(status, count);
        }
        assert_eq!(tally.progress(), Progress { done: 3, total: 8 });
        assert_eq!((tally.open(), tally.of(Status::Cancelled)), (3, 40));
    }

    #[test]
    fn the_share_is_whole_only_when_all_is_done_and_nothing_only_when_nothing_is() {
        let share = |done, total| Progress { done, total }.percent();
        assert_eq!(share(0, 0), None);
        assert_eq!(share(0, 5), Some(0));
        assert_eq!(share(1, 100_000), Some(1));
        assert_eq!(share(999, 1_000), Some(99));
        assert_eq!(share(5, 5), Some(100));
        let all = Progress {
            done: u32::MAX,
            total: u32::MAX,
        };
        assert_eq!(all.share(u32::MAX), Some(u32::MAX));
    }

    #[test]
    fn a_task_alone_is_no_chain() {
        let alone = Task::named("a", "A");
        let next = Task {
            dependencies: vec![Dependency {
                on: "a".to_owned(),
                kind: Kind::After,
                verdict: Verdict::Waits,
            }],
            ..Task::named("b", "B")
        };
        assert_eq!(critical_path(&[]), [0; 0]);
        assert_eq!(critical_path(std::slice::from_ref(&alone)), [0; 0]);
        assert_eq!(critical_path(&[next, alone]), [1, 0]);
    }
}

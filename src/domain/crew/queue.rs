//! The tasks of a plan as its crew sees them, and who of it is worth starting.
//!
//! A session costs money as soon as it begins. So one is started only where there is a task that nobody takes who is
//! there already and has nothing to do.

use super::next::Queue;

/// The tasks of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tasks {
    /// The roles that those ask for which somebody could take now.
    pub ready: Vec<Option<String>>,
    /// How many somebody who is here has, in progress or blocked.
    pub under_way: usize,
    /// How many have not ended.
    pub open: usize,
    /// How many are done.
    pub done: usize,
    /// How many failed or were cancelled.
    pub failed: usize,
}

impl Tasks {
    /// How many there are.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.open + self.done + self.failed
    }

    /// The tasks as a session with this role sees them.
    #[must_use]
    pub fn queue(&self, role: Option<&str>) -> Queue {
        let fits = |task: &&Option<String>| takes(role, task.as_deref());
        Queue {
            ready: self.ready.iter().filter(fits).count(),
            open: self.open,
        }
    }

    /// Which of those who could be started there is a task for that is not for one of the idle: in the order given,
    /// as many as can be.
    #[must_use]
    pub fn due(&self, idle: &[Option<&str>], startable: &[Option<&str>]) -> Vec<bool> {
        let mut left: Vec<Option<&str>> = self.ready.iter().map(Option::as_deref).collect();
        // A task for one role only before one for everybody: so nobody takes what another one could have had only.
        let mut take = |role: Option<&str>| {
            let own = left.iter().position(|task| task.is_some() && takes(role, *task));
            let any = own.or_else(|| left.iter().position(Option::is_none));
            any.map(|at| left.swap_remove(at)).is_some()
        };
        for role in idle {
            take(*role);
        }
        startable.iter().map(|role| take(*role)).collect()
    }
}

/// Whether somebody with this role is handed a task that asks for that one.
fn takes(role: Option<&str>, task: Option<&str>) -> bool {
    task.is_none_or(|task| role.is_some_and(|role| role.eq_ignore_ascii_case(task)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tasks(ready: &[Option<&str>]) -> Tasks {
        Tasks {
            ready: ready.iter().map(|role| role.map(str::to_owned)).collect(),
            open: ready.len(),
            ..Tasks::default()
        }
    }

    #[test]
    fn as_many_are_started_as_there_are_tasks_that_nobody_idle_takes() {
        let two = tasks(&[None, None]);
        assert_eq!(two.due(&[], &[None; 3]), [true, true, false]);
        assert_eq!(two.due(&[None], &[None; 3]), [true, false, false]);
        assert_eq!(two.due(&[None; 2], &[None; 3]), [false; 3]);
    }

    #[test]
    fn a_task_of_a_role_is_for_that_role_alone() {
        let mixed = tasks(&[None, Some("rust")]);
        assert_eq!(
            mixed.due(&[], &[Some("docs"), Some("Rust"), None]),
            [true, true, false]
        );
        assert_eq!(mixed.due(&[Some("rust")], &[Some("docs"), None]), [true, false]);
        assert_eq!(mixed.queue(Some("RUST")).ready, 2);
        assert_eq!(mixed.queue(None).ready, 1);
    }

    /// How many of these takers can get a task each, by trying everything.
    fn most(takers: &[Option<&str>], ready: &[Option<&str>]) -> usize {
        let Some((first, others)) = takers.split_first() else {
            return 0;
        };
        let without = most(others, ready);
        let with = (0..ready.len()).filter(|at| takes(*first, ready[*at])).map(|at| {
            let mut left = ready.to_vec();
            left.remove(at);
            1 + most(others, &left)
        });
        with.chain([without]).max().unwrap_or(0)
    }

    proptest! {
        /// No other choice would give a task to more of them.
        #[test]
        fn as_many_as_possible_are_started(
            ready in prop::collection::vec(prop::option::of(prop::sample::select(vec!["a", "b"])), 0..5),
            startable in prop::collection::vec(prop::option::of(prop::sample::select(vec!["a", "b", "c"])), 0..5),
        ) {
            let due = tasks(&ready).due(&[], &startable);
            prop_assert_eq!(due.iter().filter(|due| **due).count(), most(&startable, &ready));
        }
    }
}

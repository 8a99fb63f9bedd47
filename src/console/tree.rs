//! Tasks as a tree: under each the ones that wait for it.
//!
//! What waits for several stands once, under the one it is reached by first, so that the list is as long as there
//! are tasks. A circle, which the store does not allow, would hide nothing either.

use std::collections::{HashMap, HashSet};

use crate::domain::task::Task;

/// Deepest indentation that is drawn.
const DEEPEST: usize = 12;

/// A task in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Its place among the tasks.
    pub(super) index: usize,
    /// How far below a task that waits for nobody here.
    pub(super) depth: usize,
}

/// The tasks in the order of the tree; among their like they keep their order.
pub(super) fn arrange(tasks: &[Task]) -> Vec<Leaf> {
    let place: HashMap<&str, usize> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| (task.id.as_str(), index))
        .collect();
    let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut waits = HashSet::new();
    for (index, task) in tasks.iter().enumerate() {
        for on in task.waits_for().iter().filter_map(|on| place.get(on)) {
            below.entry(*on).or_default().push(index);
            waits.insert(index);
        }
    }
    let mut leaves = Vec::with_capacity(tasks.len());
    let mut seen = HashSet::new();
    let roots = (0..tasks.len()).filter(|index| !waits.contains(index));
    for start in roots.chain(0..tasks.len()) {
        let mut left = vec![(start, 0)];
        while let Some((index, depth)) = left.pop() {
            if !seen.insert(index) {
                continue;
            }
            leaves.push(Leaf {
                index,
                depth: depth.min(DEEPEST),
            });
            let next = below.get(&index).into_iter().flatten().rev();
            left.extend(next.map(|next| (*next, depth + 1)));
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::task::{Dependency, Kind, Verdict};

    fn task(id: usize, on: &[usize]) -> Task {
        let dependencies = on.iter().map(|on| Dependency {
            on: on.to_string(),
            kind: Kind::After,
            verdict: Verdict::Waits,
        });
        Task {
            dependencies: dependencies.collect(),
            ..Task::named(&id.to_string(), "")
        }
    }

    fn shown(tasks: &[Task]) -> Vec<(usize, usize)> {
        arrange(tasks)
            .iter()
            .map(|leaf| (leaf.index, leaf.depth))
            .collect()
    }

    #[test]
    fn what_waits_stands_below_what_it_waits_for() {
        let tasks = [
            task(0, &[2]),
            task(1, &[]),
            task(2, &[]),
            task(3, &[0]),
            task(4, &[2]),
        ];
        assert_eq!(shown(&tasks), [(1, 0), (2, 0), (0, 1), (3, 2), (4, 1)]);
    }

    #[test]
    fn what_waits_for_tasks_that_are_not_shown_stands_at_the_top() {
        assert_eq!(shown(&[task(0, &[9]), task(1, &[0, 9])]), [(0, 0), (1, 1)]);
    }

    proptest! {
        #[test]
        fn every_task_stands_in_the_tree_once_whatever_waits_for_what(
            edges in proptest::collection::vec(proptest::collection::vec(0_usize..12, 0..4), 0..12)
        ) {
            let tasks: Vec<Task> = edges.iter().enumerate().map(|(id, on)| task(id, on)).collect();
            let mut found: Vec<usize> = arrange(&tasks).iter().map(|leaf| leaf.index).collect();
            found.sort_unstable();
            prop_assert_eq!(found, (0..tasks.len()).collect::<Vec<_>>());
        }
    }
}

//! The shape of the board: what comes before what, which chain of work is the longest, what stands alone.
//!
//! Graphs of people are small and graphs of programs are deep, so nothing here recurses. Whatever order the
//! tasks come in is the order among those that the graph leaves free.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};

use super::Task;

/// The graph of a set of tasks. Dependencies on tasks outside the set do not count.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Per task those it depends on, each once, in the order of the set.
    above: Vec<Vec<usize>>,
    /// Per task those that depend on it, each once, in the order of the set.
    below: Vec<Vec<usize>>,
    is_open: Vec<bool>,
}

impl Shape {
    /// The shape of these tasks, each known by its index.
    #[must_use]
    pub fn new(tasks: &[Task]) -> Self {
        let index: HashMap<&str, usize> = tasks
            .iter()
            .enumerate()
            .map(|(index, task)| (task.id.as_str(), index))
            .collect();
        let edges = tasks.iter().enumerate().flat_map(|(task, one)| {
            let on = one
                .dependencies
                .iter()
                .filter_map(|one| index.get(one.on.as_str()));
            on.map(move |&on| (task, on)).collect::<Vec<_>>()
        });
        let is_open = tasks.iter().map(|task| task.status.is_open()).collect();
        Self::from_edges(is_open, edges)
    }

    /// A shape of tasks that are open or not, and of edges `(task, depends_on)` between their indexes.
    #[must_use]
    pub fn from_edges(is_open: Vec<bool>, edges: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut above = vec![Vec::new(); is_open.len()];
        let mut below = vec![Vec::new(); is_open.len()];
        for (task, on) in edges {
            above[task].push(on);
            below[on].push(task);
        }
        for list in above.iter_mut().chain(&mut below) {
            list.sort_unstable();
            list.dedup();
        }
        Self {
            above,
            below,
            is_open,
        }
    }

    /// Those that `task` depends on.
    #[must_use]
    pub fn before(&self, task: usize) -> &[usize] {
        &self.above[task]
    }

    /// Those that depend on `task`.
    #[must_use]
    pub fn after(&self, task: usize) -> &[usize] {
        &self.below[task]
    }

    /// Every task behind all that it depends on. What is in or behind a cycle is left out.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let mut missing: Vec<usize> = self.above.iter().map(Vec::len).collect();
        let mut free: BinaryHeap<Reverse<usize>> = (0..missing.len())
            .filter(|&task| missing[task] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(missing.len());
        while let Some(Reverse(task)) = free.pop() {
            order.push(task);
            for &next in &self.below[task] {
                missing[next] -= 1;
                if missing[next] == 0 {
                    free.push(Reverse(next));
                }
            }
        }
        order
    }

    /// Per task the number of tasks in the longest chain that it depends on.
    #[must_use]
    pub fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.above.len()];
        for task in self.order() {
            depths[task] = self.above[task]
                .iter()
                .map(|&on| depths[on] + 1)
                .max()
                .unwrap_or(0);
        }
        depths
    }

    /// Per task the number of open tasks in the longest chain of open ones that waits for it.
    #[must_use]
    pub fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.above.len()];
        for task in self.order().into_iter().rev() {
            let waiting = self.below[task].iter().filter(|&&next| self.is_open[next]);
            ranks[task] = waiting.map(|&next| ranks[next] + 1).max().unwrap_or(0);
        }
        ranks
    }

    /// The longest chain of open tasks, what comes first first: nobody is through before it is. Empty where
    /// nothing is open.
    #[must_use]
    pub fn critical_path(&self) -> Vec<usize> {
        let ranks = self.ranks();
        let open = |tasks: &mut dyn Iterator<Item = usize>| {
            let open = tasks.filter(|&task| self.is_open[task]);
            open.min_by_key(|&task| (Reverse(ranks[task]), task))
        };
        let mut path = Vec::new();
        let mut next = open(&mut (0..ranks.len()));
        while let Some(task) = next {
            path.push(task);
            next = open(&mut self.below[task].iter().copied());
        }
        path
    }

    /// Those that depend on nothing and that nothing depends on.
    #[must_use]
    pub fn orphans(&self) -> Vec<usize> {
        (0..self.above.len())
            .filter(|&task| self.above[task].is_empty() && self.below[task].is_empty())
            .collect()
    }

    /// A task, all that it depends on and all that depends on it, however far.
    #[must_use]
    pub fn related(&self, task: usize) -> BTreeSet<usize> {
        let mut related = reachable(task, &self.above);
        related.extend(reachable(task, &self.below));
        related
    }

    /// The tasks along a cycle, each depending on the next and the last on the first; `None` where there is none.
    #[must_use]
    pub fn cycle(&self) -> Option<Vec<usize>> {
        let settled: BTreeSet<usize> = self.order().into_iter().collect();
        let mut task = (0..self.above.len()).find(|task| !settled.contains(task))?;
        // Whoever is not settled depends on another one that is not, so walking on comes back somewhere.
        let mut walk: Vec<usize> = Vec::new();
        loop {
            if let Some(start) = walk.iter().position(|&seen| seen == task) {
                return Some(walk.split_off(start));
            }
            walk.push(task);
            task = *self.above[task].iter().find(|on| !settled.contains(on))?;
        }
    }

    /// Cycles, each task depending on the next and the last on the first: so many that each edge which is on any
    /// cycle is on one of these, but at most `most`. Of those through an edge the shortest is taken.
    #[must_use]
    pub fn cycles(&self, most: usize) -> Vec<Vec<usize>> {
        let knots = self.knots();
        let mut known: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut cycles = Vec::new();
        for task in 0..self.above.len() {
            for &on in &self.above[task] {
                if cycles.len() == most {
                    return cycles;
                }
                if knots[task] != knots[on] || known.contains(&(task, on)) {
                    continue;
                }
                let cycle = self.shortest(on, task, &knots);
                known.extend(cycle.windows(2).map(|pair| (pair[0], pair[1])));
                known.insert((task, on));
                // It begins where it is found first: with the task whose edge it was looked for.
                let cycle = std::iter::once(task).chain(cycle.into_iter().take_while(|&at| at != task));
                cycles.push(cycle.collect());
            }
        }
        cycles
    }

    /// Per task a number that it shares with those that it depends on and that depend on it, however far.
    fn knots(&self) -> Vec<usize> {
        let mut finished = Vec::with_capacity(self.above.len());
        let mut seen = vec![false; self.above.len()];
        for start in 0..self.above.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut walk = vec![(start, 0)];
            while let Some((task, next)) = walk.last_mut() {
                if let Some(&on) = self.above[*task].get(*next) {
                    *next += 1;
                    if !std::mem::replace(&mut seen[on], true) {
                        walk.push((on, 0));
                    }
                } else {
                    finished.push(*task);
                    walk.pop();
                }
            }
        }
        let mut knots = vec![usize::MAX; self.above.len()];
        for &top in finished.iter().rev() {
            let mut open = vec![top];
            while let Some(task) = open.pop() {
                if knots[task] == usize::MAX {
                    knots[task] = top;
                    open.extend(self.below[task].iter().filter(|&&next| knots[next] == usize::MAX));
                }
            }
        }
        knots
    }

    /// The tasks along the shortest way from one to another of the same knot, each depending on the next.
    fn shortest(&self, from: usize, to: usize, knots: &[usize]) -> Vec<usize> {
        let mut came_from: HashMap<usize, usize> = HashMap::from([(from, from)]);
        let mut open = VecDeque::from([from]);
        while let Some(task) = open.pop_front() {
            if task == to {
                break;
            }
            for &on in self.above[task].iter().filter(|&&on| knots[on] == knots[to]) {
                came_from.entry(on).or_insert_with(|| {
                    open.push_back(on);
                    task
                });
            }
        }
        let mut way = vec![to];
        let mut task = to;
        while let Some(&before) = came_from.get(&task).filter(|&&before| before != task) {
            way.push(before);
            task = before;
        }
        way.reverse();
        way
    }
}

/// A task and all that these edges lead to from it.
fn reachable(task: usize, edges: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([task]);
    let mut open = vec![task];
    while let Some(current) = open.pop() {
        open.extend(edges[current].iter().filter(|&&next| seen.insert(next)));
    }
    seen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(open: &[bool], edges: &[(usize, usize)]) -> Shape {
        Shape::from_edges(open.to_vec(), edges.iter().copied())
    }

    #[test]
    fn what_comes_first_is_first_and_free_ones_keep_their_order() {
        let shape = shape(&[true; 5], &[(0, 3), (0, 1), (1, 4)]);
        assert_eq!(shape.order(), [2, 3, 4, 1, 0]);
        assert_eq!(shape.depths(), [2, 1, 0, 0, 0]);
        assert_eq!(shape.orphans(), [2]);
        assert_eq!(shape.related(1), BTreeSet::from([0, 1, 4]));
    }

    #[test]
    fn the_critical_path_is_the_longest_chain_of_what_is_open() {
        let edges = [(1, 0), (2, 1), (3, 0), (4, 3), (5, 4)];
        assert_eq!(shape(&[true; 6], &edges).critical_path(), [0, 3, 4, 5]);
        let half_done = [false, true, true, false, false, true];
        assert_eq!(shape(&half_done, &edges).critical_path(), [1, 2]);
        assert!(shape(&[false; 6], &edges).critical_path().is_empty());
        assert!(shape(&[], &[]).critical_path().is_empty());
    }

    #[test]
    fn a_cycle_is_found_and_named_in_order() {
        assert_eq!(
            shape(&[true; 4], &[(0, 1), (1, 2), (2, 1), (3, 0)]).cycle(),
            Some(vec![1, 2])
        );
        assert_eq!(shape(&[true; 1], &[(0, 0)]).cycle(), Some(vec![0]));
        assert_eq!(shape(&[true; 2], &[(0, 1)]).cycle(), None);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_no_trouble() {
        let edges = (1..100_000).map(|task| (task, task - 1));
        let shape = Shape::from_edges(vec![true; 100_000], edges);
        assert_eq!(shape.critical_path().len(), 100_000);
        assert_eq!(shape.related(5).len(), 100_000);
    }

    proptest! {
        #[test]
        fn every_task_stands_behind_what_it_depends_on(
            edges in proptest::collection::vec((0..30_usize, 0..30_usize), 0..80),
            open in proptest::collection::vec(any::<bool>(), 30),
        ) {
            let edges: Vec<(usize, usize)> =
                edges.into_iter().filter(|(one, other)| one != other).map(|(one, other)| (one.max(other), one.min(other))).collect();
            let shape = shape(&open, &edges);
            let order = shape.order();
            let place = |task: usize| order.iter().position(|&one| one == task).unwrap();
            prop_assert_eq!(order.len(), 30);
            prop_assert_eq!(shape.cycle(), None);
            for &(task, on) in &edges {
                prop_assert!(place(on) < place(task));
                prop_assert!(shape.depths()[task] > shape.depths()[on]);
            }
            let path = shape.critical_path();
            prop_assert!(path.iter().all(|&task| open[task]));
            prop_assert!(path.windows(2).all(|pair| edges.contains(&(pair[1], pair[0]))));
            let longest = (0..30).filter(|&task| open[task]).map(|task| shape.ranks()[task] + 1).max();
            prop_assert_eq!(path.len(), longest.unwrap_or(0));
        }

        #[test]
        fn a_cycle_is_missed_by_nobody_and_every_edge_of_it_is_there(
            edges in proptest::collection::vec((0..12_usize, 0..12_usize), 0..30),
        ) {
            let shape = shape(&[true; 12], &edges);
            match shape.cycle() {
                None => prop_assert_eq!(shape.order().len(), 12),
                Some(cycle) => for at in 0..cycle.len() {
                    let edge = (cycle[at], cycle[(at + 1) % cycle.len()]);
                    prop_assert!(edges.contains(&edge), "{:?} of {:?}", edge, cycle);
                },
            }
        }
    }

    proptest! {
        #[test]
        fn the_cycles_hold_every_edge_that_is_on_one_and_no_other(
            edges in proptest::collection::vec((0..8_usize, 0..8_usize), 0..24),
        ) {
            let edges: Vec<(usize, usize)> = edges.into_iter().filter(|(task, on)| task != on).collect();
            let shape = shape(&[true; 8], &edges);
            // By brute force: what leads where.
            let mut leads = [[false; 8]; 8];
            for &(task, on) in &edges {
                leads[task][on] = true;
            }
            for between in 0..8 {
                for from in 0..8 {
                    for to in 0..8 {
                        leads[from][to] |= leads[from][between] && leads[between][to];
                    }
                }
            }
            let expected: BTreeSet<_> = edges.iter().copied().filter(|&(task, on)| leads[on][task]).collect();
            let mut found = BTreeSet::new();
            for cycle in shape.cycles(usize::MAX) {
                let distinct: BTreeSet<_> = cycle.iter().collect();
                prop_assert_eq!(distinct.len(), cycle.len());
                for at in 0..cycle.len() {
                    let edge = (cycle[at], cycle[(at + 1) % cycle.len()]);
                    prop_assert!(edges.contains(&edge), "{:?} in {:?}", edge, cycle);
                    found.insert(edge);
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert_eq!(shape.cycles(usize::MAX).is_empty(), shape.cycle().is_none());
            prop_assert!(shape.cycles(1).len() <= 1);
        }
    }
}

//! The graph of what waits for what: it has no cycles, or nothing in them would ever begin.

use std::collections::{BTreeMap, BTreeSet};

/// The edges of a cycle that adding `task -> depends_on` would close, in order; `None` when it closes none.
///
/// `dependencies` holds the present edges: each task and those it depends on.
#[must_use]
pub fn cycle(
    dependencies: &BTreeMap<String, Vec<String>>,
    task: &str,
    depends_on: &str,
) -> Option<Vec<(String, String)>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::from([depends_on]);
    let mut open = vec![depends_on];
    while let Some(current) = open.pop() {
        if current == task {
            let mut edges = vec![(task.to_owned(), depends_on.to_owned())];
            let mut path = vec![current];
            while let Some(previous) = came_from.get(path[path.len() - 1]) {
                path.push(previous);
            }
            path.reverse();
            edges.extend(
                path.windows(2)
                    .map(|pair| (pair[0].to_owned(), pair[1].to_owned())),
            );
            return Some(edges);
        }
        for next in dependencies.get(current).into_iter().flatten() {
            if seen.insert(next) {
                came_from.insert(next, current);
                open.push(next);
            }
        }
    }
    None
}

/// The length of the longest chain that waits for each of `count` tasks. `edges` says who waits for whom and
/// has no cycles.
#[must_use]
pub fn longest_chains(count: usize, edges: &[(usize, usize)]) -> Vec<u32> {
    let mut ranks = vec![0; count];
    // Of each task: those it waits for, and how many wait for it that have not been looked at.
    let mut waits_for: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut unseen = vec![0_usize; count];
    for &(task, on) in edges {
        waits_for[task].push(on);
        unseen[on] += 1;
    }
    let mut open: Vec<usize> = (0..count).filter(|&task| unseen[task] == 0).collect();
    while let Some(task) = open.pop() {
        for &on in &waits_for[task] {
            ranks[on] = ranks[on].max(ranks[task] + 1);
            unseen[on] -= 1;
            if unseen[on] == 0 {
                open.push(on);
            }
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_names_every_edge() {
        let edge = |task: &str, on: &str| (task.to_owned(), vec![on.to_owned()]);
        let graph = BTreeMap::from([edge("b", "a"), edge("c", "b")]);
        let names = |task: &str, on: &str| {
            cycle(&graph, task, on).map(|edges| {
                edges
                    .into_iter()
                    .map(|(a, b)| format!("{a}>{b}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        };
        assert_eq!(names("a", "c").as_deref(), Some("a>c c>b b>a"));
        assert_eq!(names("a", "a").as_deref(), Some("a>a"));
        assert_eq!(names("c", "a"), None);
    }

    #[test]
    fn the_longest_of_the_chains_that_wait_counts() {
        // 0 is waited for by 1 and by 3, 1 by 2, 2 by 3; nobody waits for 3 and 4.
        let edges = [(1, 0), (3, 0), (2, 1), (3, 2), (3, 2)];
        assert_eq!(longest_chains(5, &edges), [3, 2, 1, 0, 0]);
        assert_eq!(longest_chains(0, &[]), [0; 0]);
    }
}

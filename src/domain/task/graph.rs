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
}

//! The graph of tasks as a tree of text: a task on top, below it what it depends on.
//!
//! A graph is no tree, so a task that several others depend on is shown with all below it once, and by its line
//! alone where it comes up again. Far below the tree goes on at the left edge, or it would leave the screen.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

use super::owner;
use crate::domain::task::{Kind, Shape, Status, Task};
use crate::frame::{Clean, Field, clean};
use crate::render::colour::{DIM, HEADING, OK, WARN, paint};

/// How deep a tree gets before it goes on at the left edge.
const DEEPEST: usize = 16;
/// How many ids of the critical path are named.
const MOST_OF_PATH: usize = 12;

/// Tasks, and what they make together.
#[derive(Debug)]
pub struct Graph<'a> {
    /// The tasks, in the order that the graph leaves free.
    pub tasks: &'a [Task],
    /// Their shape.
    pub shape: Shape,
    /// The longest chain of open tasks, by index.
    pub critical: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// The graph of these tasks.
    #[must_use]
    pub fn new(tasks: &'a [Task]) -> Self {
        let shape = Shape::new(tasks);
        let critical = shape.critical_path();
        Self {
            tasks,
            shape,
            critical,
        }
    }

    /// What `task` asks of `on`, in words; nothing where it is plain success.
    #[must_use]
    pub fn asks(&self, task: usize, on: usize) -> String {
        let on = &self.tasks[on].id;
        let kinds = self.tasks[task].dependencies.iter().filter(|one| one.on == *on);
        let mut words: Vec<String> = kinds.filter_map(|one| in_words(&one.kind)).collect();
        words.dedup();
        words.join(", ")
    }
}

/// What a dependency asks, in words; `None` for plain success, which needs none.
#[must_use]
pub fn in_words(kind: &Kind) -> Option<String> {
    match kind {
        Kind::After => None,
        Kind::OnFailure => Some("on failure".to_owned()),
        Kind::Always => Some("always".to_owned()),
        Kind::When(condition) => Some(format!("when {}", clean(&condition.to_string(), Field::Title))),
    }
}

/// The box in front of a task: what a Markdown checklist shows, and more where that knows no word.
#[must_use]
pub const fn mark(status: Status) -> &'static str {
    match status {
        Status::Pending => "[ ]",
        Status::InProgress => "[~]",
        Status::Blocked => "[!]",
        Status::Failed => "[f]",
        Status::Done => "[x]",
        Status::Cancelled => "[-]",
    }
}

/// The whole graph: counts, the critical path, a tree below each task that nothing waits for, and those that
/// stand alone.
#[must_use]
pub fn whole(graph: &Graph<'_>) -> String {
    let mut text = summary(graph);
    let orphans: BTreeSet<usize> = graph.shape.orphans().into_iter().collect();
    let roots = (0..graph.tasks.len())
        .filter(|task| graph.shape.after(*task).is_empty() && !orphans.contains(task))
        .collect();
    text.push_str(&Walk::new(graph, false).trees(roots));
    if !orphans.is_empty() {
        let _infallible = writeln!(
            text,
            "{}",
            paint(HEADING, "depend on nothing, and nothing on them:")
        );
        for orphan in orphans {
            let _infallible = writeln!(text, "{}", line(graph, orphan));
        }
    }
    text
}

/// What is around one task: what it depends on, and what waits for it.
#[must_use]
pub fn around(graph: &Graph<'_>, task: usize) -> String {
    let mut text = summary(graph);
    text.push_str(&Walk::new(graph, false).trees(vec![task]));
    let waiting = graph.shape.after(task);
    if !waiting.is_empty() {
        let _infallible = writeln!(text, "{}", paint(HEADING, "waiting for it:"));
        text.push_str(&Walk::new(graph, true).trees_below(task));
    }
    text
}

/// How many tasks there are in which state, and the critical path.
fn summary(graph: &Graph<'_>) -> String {
    let counts: Vec<String> = Status::ALL
        .into_iter()
        .filter_map(|status| {
            let count = graph.tasks.iter().filter(|task| task.status == status).count();
            (count > 0).then(|| format!("{} {count} {}", mark(status), status.as_str()))
        })
        .collect();
    let plural = if graph.tasks.len() == 1 { "" } else { "s" };
    let mut text = format!("{} task{plural}: {}\n", graph.tasks.len(), counts.join(", "));
    if graph.critical.len() > 1 {
        let mut ids: Vec<String> = graph
            .critical
            .iter()
            .take(MOST_OF_PATH)
            .map(|&task| clean(&graph.tasks[task].id, Field::Name).to_string())
            .collect();
        if graph.critical.len() > MOST_OF_PATH {
            ids.push(format!("{} more", graph.critical.len() - MOST_OF_PATH));
        }
        let path = ids.join(", ");
        let _infallible = writeln!(text, "critical path (*), {} open: {path}", graph.critical.len());
    }
    text
}

/// A task on a line.
fn line(graph: &Graph<'_>, index: usize) -> String {
    let task = &graph.tasks[index];
    let style = match task.status {
        Status::InProgress => OK,
        Status::Blocked | Status::Failed => WARN,
        Status::Pending => HEADING,
        Status::Done | Status::Cancelled => DIM,
    };
    let star = if graph.critical.len() > 1 && graph.critical.contains(&index) {
        " *"
    } else {
        ""
    };
    format!(
        "{}{star} {} {}{}",
        paint(style, mark(task.status)),
        clean(&task.id, Field::Name),
        clean(&task.title, Field::Title),
        state(task)
    )
}

/// What there is to say of a task's state that the box does not.
fn state(task: &Task) -> String {
    let because = |reason: &Option<String>| {
        let reason = reason.as_deref().filter(|reason| !reason.trim().is_empty());
        reason
            .map(|reason| format!(" ({})", clean(reason, Field::Reason)))
            .unwrap_or_default()
    };
    match task.status {
        Status::Pending if task.is_ready() => " (ready)".to_owned(),
        Status::Pending | Status::Done => String::new(),
        Status::InProgress => owner(task).map_or_else(String::new, |name: Clean| format!(" ({name})")),
        Status::Blocked => because(&task.blocked_reason),
        Status::Failed | Status::Cancelled => because(&task.end_reason),
    }
}

/// A task that is still to be shown.
struct Step {
    task: usize,
    /// The task it stands below.
    below: Option<usize>,
    /// What the lines below it begin with.
    indent: String,
    depth: usize,
    is_last: bool,
}

/// A walk through the graph that shows each task in full once.
struct Walk<'a> {
    graph: &'a Graph<'a>,
    /// Whether what waits for a task stands below it, not what it depends on.
    is_inverse: bool,
    shown: BTreeSet<usize>,
}

impl<'a> Walk<'a> {
    const fn new(graph: &'a Graph<'a>, is_inverse: bool) -> Self {
        Self {
            graph,
            is_inverse,
            shown: BTreeSet::new(),
        }
    }

    fn next(&self, task: usize) -> &'a [usize] {
        if self.is_inverse {
            self.graph.shape.after(task)
        } else {
            self.graph.shape.before(task)
        }
    }

    /// A tree for each of these, and for whatever is too deep in one of them.
    fn trees(mut self, roots: Vec<usize>) -> String {
        let mut text = String::new();
        let mut stack: Vec<Step> = roots.into_iter().rev().map(|task| root(task, None)).collect();
        self.walk(&mut stack, &mut text);
        text
    }

    /// The trees below a task that is shown already.
    fn trees_below(mut self, task: usize) -> String {
        let mut text = String::new();
        self.shown.insert(task);
        let next = self.next(task).iter().rev();
        let mut stack: Vec<Step> = next.map(|&next| root(next, Some(task))).collect();
        self.walk(&mut stack, &mut text);
        text
    }

    fn walk(&mut self, stack: &mut Vec<Step>, text: &mut String) {
        let mut later: VecDeque<usize> = VecDeque::new();
        loop {
            let Some(step) = stack.pop() else {
                let Some(task) = later.pop_front() else { return };
                if !self.shown.contains(&task) {
                    stack.push(root(task, None));
                }
                continue;
            };
            let next = self.next(step.task);
            let rest = if self.shown.contains(&step.task) {
                " (see above)"
            } else if step.depth == DEEPEST && !next.is_empty() {
                later.push_back(step.task);
                " (goes on below)"
            } else {
                self.shown.insert(step.task);
                ""
            };
            let branch = match (step.depth, step.is_last) {
                (0, _) => "",
                (_, true) => "└─ ",
                (_, false) => "├─ ",
            };
            let line = line(self.graph, step.task);
            let _infallible = writeln!(text, "{}{branch}{}{line}{rest}", step.indent, self.edge(&step));
            if !rest.is_empty() {
                continue;
            }
            let indent = match (step.depth, step.is_last) {
                (0, _) => String::new(),
                (_, true) => step.indent + "   ",
                (_, false) => step.indent + "│  ",
            };
            let last = next.len().saturating_sub(1);
            stack.extend(next.iter().enumerate().rev().map(|(at, &next)| Step {
                task: next,
                below: Some(step.task),
                indent: indent.clone(),
                depth: step.depth + 1,
                is_last: at == last,
            }));
        }
    }

    /// What the edge to a task asks, where it is more than success.
    fn edge(&self, step: &Step) -> String {
        let asks = step.below.map(|below| {
            if self.is_inverse {
                self.graph.asks(step.task, below)
            } else {
                self.graph.asks(below, step.task)
            }
        });
        asks.filter(|asks| !asks.is_empty())
            .map_or_else(String::new, |asks| format!("{asks}: "))
    }
}

const fn root(task: usize, below: Option<usize>) -> Step {
    Step {
        task,
        below,
        indent: String::new(),
        depth: 0,
        is_last: true,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::task::{Dependency, Verdict};

    pub(in crate::render::task) fn tasks(edges: &[(usize, usize)], count: usize) -> Vec<Task> {
        (0..count)
            .map(|task| Task {
                dependencies: edges
                    .iter()
                    .filter(|(one, _)| *one == task)
                    .map(|(_, on)| Dependency {
                        on: format!("t{on}"),
                        kind: Kind::After,
                        verdict: Verdict::Waits,
                    })
                    .collect(),
                ..Task::named(&format!("t{task}"), &format!("Task {task}"))
            })
            .collect()
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_shared_task_is_shown_in_full_once_and_every_edge_says_what_it_asks() {
        let mut tasks = tasks(&[(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)], 6);
        tasks[4].status = Status::Done;
        tasks[3].dependencies[0].verdict = Verdict::Holds;
        tasks[0].dependencies[1].kind = Kind::OnFailure;
        tasks[2].dependencies[0].kind = Kind::stored("when", "score > 1");
        tasks[2].status = Status::Cancelled;
        tasks[2].end_reason = Some("too <slow>".to_owned());
        assert_snapshot!(plain(&whole(&Graph::new(&tasks))), @"
        6 tasks: [ ] 4 pending, [x] 1 done, [-] 1 cancelled
        critical path (*), 3 open: t3, t1, t0
        [ ] * t0 Task 0
        ├─ [ ] * t1 Task 1
        │  └─ [ ] * t3 Task 3 (ready)
        │     └─ [x] t4 Task 4
        └─ on failure: [-] t2 Task 2 (too &lt;slow&gt;)
           └─ when score &gt; 1: [ ] * t3 Task 3 (ready) (see above)
        depend on nothing, and nothing on them:
        [ ] t5 Task 5 (ready)
        ");
        assert_snapshot!(plain(&around(&Graph::new(&tasks[..4]), 3)), @"
        4 tasks: [ ] 3 pending, [-] 1 cancelled
        critical path (*), 3 open: t3, t1, t0
        [ ] * t3 Task 3 (ready)
        waiting for it:
        [ ] * t1 Task 1
        └─ [ ] * t0 Task 0
        when score &gt; 1: [-] t2 Task 2 (too &lt;slow&gt;)
        └─ on failure: [ ] * t0 Task 0 (see above)
        ");
    }

    #[test]
    fn a_deep_chain_goes_on_at_the_left_edge() {
        let edges: Vec<(usize, usize)> = (0..4999).map(|task| (task, task + 1)).collect();
        let tasks = tasks(&edges, 5000);
        let text = plain(&whole(&Graph::new(&tasks)));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest < Some(250), "{widest:?}");
        assert!(text.contains(" Task 4999 (ready)\n"), "{text}");
    }

    proptest! {
        #[test]
        fn every_task_is_shown_in_full_exactly_once(
            edges in proptest::collection::vec((0..40_usize, 0..40_usize), 0..90),
        ) {
            let edges: Vec<(usize, usize)> =
                edges.into_iter().filter(|(one, other)| one < other).collect();
            let tasks = tasks(&edges, 40);
            let text = plain(&whole(&Graph::new(&tasks)));
            for task in &tasks {
                let title = format!(" {} {}", task.id, task.title);
                let full = text.lines().filter(|line| {
                    line.split_once(&title).is_some_and(|(_, rest)| matches!(rest, "" | " (ready)"))
                });
                prop_assert_eq!(full.count(), 1, "{} in\n{}", task.id, text);
            }
        }
    }
}

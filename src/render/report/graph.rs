//! The graph of tasks as a drawing: what comes first at the left, what waits for it further to the right.
//!
//! A state is a word and a mark, never a colour alone, and the table of tasks below the drawing says the same.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::domain::metrics::Span;
use crate::domain::task::{Shape, Status, Task, Verdict};
use crate::frame::{Clean, Field, clean};
use crate::render::task::graph::{Graph, in_words, mark};

/// Most tasks that are drawn.
const MOST: usize = 120;
const WIDTH: usize = 212;
const HEIGHT: usize = 48;
const GAP_X: usize = 44;
const GAP_Y: usize = 16;
const MARGIN: usize = 12;
/// Most columns of text in a box.
const COLUMNS: usize = 26;

/// The tasks that the report is about: those that are open, that ended in the window, and what they hang on to.
#[must_use]
pub(super) fn concerned(tasks: &[Task], window: Span) -> Vec<Task> {
    let is_recent = |task: &&Task| task.status.is_open() || task.updated_at >= window.from;
    let mut wanted: HashSet<&str> = tasks
        .iter()
        .filter(is_recent)
        .map(|task| task.id.as_str())
        .collect();
    let near: Vec<&str> = tasks
        .iter()
        .filter(is_recent)
        .flat_map(Task::depends_on)
        .collect();
    wanted.extend(near);
    let found = tasks.iter().filter(|task| wanted.contains(task.id.as_str()));
    found.cloned().collect()
}

/// The drawing of those tasks that depend on others or are depended upon, and how many of them it leaves out; `None`
/// where no task depends on another.
#[must_use]
pub(super) fn drawing(tasks: &[Task]) -> Option<(String, usize)> {
    let whole = Graph::new(tasks);
    let alone: HashSet<usize> = whole.shape.orphans().into_iter().collect();
    let critical: HashSet<usize> = whole.critical.iter().copied().collect();
    let mut linked: Vec<usize> = (0..tasks.len()).filter(|task| !alone.contains(task)).collect();
    if linked.is_empty() {
        return None;
    }
    linked.sort_by_key(|&task| (!critical.contains(&task), !tasks[task].status.is_open(), task));
    let left_out = linked.len().saturating_sub(MOST);
    linked.truncate(MOST);
    linked.sort_unstable();
    let path: HashSet<&str> = whole
        .critical
        .iter()
        .map(|&task| tasks[task].id.as_str())
        .collect();
    let drawn: Vec<Task> = linked.iter().map(|&task| tasks[task].clone()).collect();
    Some((draw(&drawn, &path), left_out))
}

/// Where each task stands: column and row.
fn places(shape: &Shape, count: usize) -> Vec<(usize, usize)> {
    let depths = shape.depths();
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); depths.iter().max().map_or(0, |deepest| deepest + 1)];
    for task in 0..count {
        columns[depths[task]].push(task);
    }
    let mut places = vec![(0, 0); count];
    for (column, tasks) in columns.iter_mut().enumerate() {
        // Beside what it depends on, so that few lines cross.
        tasks.sort_by_key(|&task| {
            let before = shape.before(task);
            let rows: usize = before.iter().map(|&on| places[on].1).sum();
            (rows * 2).checked_div(before.len()).unwrap_or(task)
        });
        for (row, &task) in tasks.iter().enumerate() {
            places[task] = (column, row);
        }
    }
    places
}

fn draw(tasks: &[Task], critical: &HashSet<&str>) -> String {
    let graph = Graph::new(tasks);
    let places = places(&graph.shape, tasks.len());
    let at = |task: usize| {
        let (column, row) = places[task];
        (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
    };
    let widest = places.iter().map(|(column, _)| column + 1).max().unwrap_or(1);
    let highest = places.iter().map(|(_, row)| row + 1).max().unwrap_or(1);
    let (wide, high) = (
        2 * MARGIN + widest * (WIDTH + GAP_X) - GAP_X,
        2 * MARGIN + highest * (HEIGHT + GAP_Y) - GAP_Y,
    );
    let mut text = format!(
        "<svg width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" aria-label=\"Graph of {} tasks; the table of tasks says the same in words\">\n",
        tasks.len()
    );
    let index: HashMap<&str, usize> = tasks
        .iter()
        .enumerate()
        .map(|(at, task)| (task.id.as_str(), at))
        .collect();
    let is_critical = |task: usize| critical.contains(tasks[task].id.as_str()) && critical.len() > 1;
    for (task, one) in tasks.iter().enumerate() {
        for dependency in &one.dependencies {
            let Some(&on) = index.get(dependency.on.as_str()) else {
                continue;
            };
            let ((x1, y1), (x2, y2)) = (at(on), at(task));
            let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
            let mut class = String::new();
            if is_critical(task) && is_critical(on) {
                class.push_str("critical ");
            }
            if matches!(dependency.verdict, Verdict::Never(_)) {
                class.push_str("never");
            }
            let (bend, end) = (usize::midpoint(x1, x2), x2 - 6);
            let asks =
                in_words(&dependency.kind).map_or_else(String::new, |asks| format!("<title>{asks}</title>"));
            let _infallible = writeln!(
                text,
                "<path class=\"{class}\" d=\"M{x1} {y1} C{bend} {y1} {bend} {y2} {end} {y2}\">{asks}</path>\
                 <path class=\"tip {class}\" d=\"M{x2} {y2} l-9 -5 v10 z\"/>"
            );
        }
    }
    for (task, one) in tasks.iter().enumerate() {
        let (x, y) = at(task);
        let star = is_critical(task);
        let _infallible = writeln!(
            text,
            "<g class=\"{}{}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
             <text x=\"{tx}\" y=\"{ty}\">{}</text><text class=\"state\" x=\"{tx}\" y=\"{sy}\">{}</text></g>",
            one.status.as_str(),
            if star { " critical" } else { "" },
            clean(&format!("{}: {}", one.id, one.title), Field::Reason),
            short(&one.title),
            state(one, star),
            tx = x + 10,
            ty = y + 20,
            sy = y + 38,
        );
    }
    text.push_str("</svg>\n");
    text
}

/// A state in words, and who is at it.
pub(super) fn state(task: &Task, is_critical: bool) -> String {
    let star = if is_critical { "★ " } else { "" };
    let word = match task.status {
        Status::Pending if task.is_ready() => "ready",
        Status::InProgress => "in progress",
        other => other.as_str(),
    };
    let owner = task
        .owner_name
        .as_deref()
        .or(task.owner.as_deref())
        .filter(|_| task.status == Status::InProgress);
    let owner = owner.map_or_else(String::new, |name| format!(" · {}", fitting(name, 12)));
    format!("{star}{} {word}{owner}", mark(task.status))
}

fn short(title: &str) -> String {
    fitting(title, COLUMNS)
}

/// As much of a text as so many columns of a fixed font would hold, clean.
fn fitting(value: &str, columns: usize) -> String {
    let whole: Clean = clean(value, Field::Title);
    let plain = super::html::plain(&whole);
    let mut used = 0;
    let kept: String = plain
        .chars()
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used <= columns
        })
        .collect();
    if kept.len() == plain.len() {
        return whole.to_string();
    }
    let kept: String = kept
        .chars()
        .take(kept.chars().count().saturating_sub(1))
        .collect();
    format!("{}…", clean(kept.trim_end(), Field::Title))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::{Dependency, Kind};

    fn tasks(edges: &[(usize, usize)], count: usize) -> Vec<Task> {
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

    #[test]
    fn what_comes_first_stands_further_left_and_nothing_lies_over_anything() {
        let tasks = tasks(&[(0, 1), (0, 2), (1, 3), (2, 3), (4, 3)], 5);
        let shape = Shape::new(&tasks);
        let places = places(&shape, 5);
        for task in 0..5 {
            for &on in shape.before(task) {
                assert!(places[on].0 < places[task].0);
            }
        }
        let different: HashSet<_> = places.iter().collect();
        assert_eq!(different.len(), 5);
    }

    #[test]
    fn what_stands_alone_is_not_drawn_and_what_is_left_out_is_counted() {
        assert_eq!(drawing(&tasks(&[], 3)), None);
        let edges: Vec<(usize, usize)> = (1..MOST + 30).map(|task| (task, 0)).collect();
        let (svg, left_out) = drawing(&tasks(&edges, MOST + 31)).unwrap();
        assert_eq!((svg.matches("<rect").count(), left_out), (MOST, 30));
    }

    #[test]
    fn a_title_cannot_leave_its_box_nor_the_drawing() {
        let mut tasks = tasks(&[(0, 1)], 2);
        tasks[0].title = "</text></svg><script>x</script> and a very long title that goes on".to_owned();
        let (svg, _) = drawing(&tasks).unwrap();
        assert!(
            !svg.contains("<script") && svg.matches("</svg>").count() == 1,
            "{svg}"
        );
        assert!(fitting("漢字漢字漢字漢字漢字漢字漢字", 10).chars().count() <= 6);
        assert_eq!(fitting("a & b", 10), "a &amp; b");
    }

    #[test]
    fn tasks_that_ended_long_ago_are_left_out_unless_something_hangs_on_them() {
        let mut tasks = tasks(&[(0, 1)], 3);
        for task in &mut tasks[1..] {
            task.status = Status::Done;
        }
        let window = Span { from: 10, to: 20 };
        let kept: Vec<String> = concerned(&tasks, window)
            .into_iter()
            .map(|task| task.id)
            .collect();
        assert_eq!(kept, ["t0", "t1"]);
    }
}

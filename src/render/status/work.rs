//! The tasks: how far they have come, the chain that decides when all is through, and those that are open.

use super::head::flow;
use super::{View, more};
use crate::domain::picture::{Progress, Tally, critical_path};
use crate::domain::task::{Status, Task};
use crate::frame::{Field, clean};
use crate::render::colour::{DIM, OK, WARN, heading, paint};
use crate::render::table::cut;
use crate::render::task::graph::mark;
use crate::render::task::table_fitting;

/// How long the bar is, in terminal columns.
const BAR: u32 = 20;
/// How many tasks of the critical path are named.
const MOST_OF_PATH: usize = 8;
/// How much of a title is shown in the critical path, in terminal columns.
const TITLE: usize = 28;

pub(super) fn section(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    let progress = picture.tally.progress();
    let everything = progress.total + picture.tally.of(Status::Cancelled);
    if everything == 0 {
        return String::new();
    }
    let mut text = summary(&picture.tally, progress, width);
    text.push_str(&path(&picture.tasks, width));
    if !picture.tasks.is_empty() {
        let shown = &picture.tasks[..picture.tasks.len().min(most)];
        text.push_str(&table_fitting(shown, &picture.now, width));
    }
    let left = picture.tasks.len().saturating_sub(most);
    text + &more(left, "open task", "task list", width)
}

/// `TASKS [#####...............]  5 of 20 done (25 %), 2 in_progress, 1 blocked`.
fn summary(tally: &Tally, progress: Progress, width: Option<usize>) -> String {
    let filled = progress.share(BAR).unwrap_or(0);
    let bar = |filled: usize, left: usize| (("█").repeat(filled), ("░").repeat(left));
    let (done, left) = bar(
        usize::try_from(filled).unwrap_or_default(),
        usize::try_from(BAR - filled).unwrap_or_default(),
    );
    let percent = progress
        .percent()
        .map_or_else(String::new, |percent| format!(" ({percent} %)"));
    let mut parts = vec![format!("{} of {} done{percent}", progress.done, progress.total)];
    for status in Status::ALL {
        let count = tally.of(status);
        if count > 0 && status != Status::Done {
            parts.push(format!("{count} {}", status.as_str()));
        }
    }
    let plain = format!("TASKS  {done}{left}");
    let shown = format!("{}  {}{}", heading("TASKS"), paint(OK, &done), paint(DIM, &left));
    flow((plain, shown), &parts, ("  ", ", "), width)
}

/// The longest chain of open tasks, what comes first first.
fn path(tasks: &[Task], width: Option<usize>) -> String {
    let path = critical_path(tasks);
    if path.is_empty() {
        return String::new();
    }
    let mut parts: Vec<String> = path
        .iter()
        .take(MOST_OF_PATH)
        .map(|&task| {
            let task = &tasks[task];
            let title = clean(&task.title, Field::Title);
            format!("{} {}", mark(task.status), cut(title.as_str(), TITLE))
        })
        .collect();
    if path.len() > MOST_OF_PATH {
        parts.push(format!(
            "{} more: agent-sync task graph",
            path.len() - MOST_OF_PATH
        ));
    }
    let first = format!("critical path, {} open:", path.len());
    let shown = paint(WARN, &first);
    flow((first, shown), &parts, (" ", " → "), width)
}

//! Tasks as tables: all of them in a list, the open ones in a summary.

use std::fmt::Write as _;

use super::owner;
use crate::domain::task::{Status, Task};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};
use crate::render::colour::{DIM, OK, WARN};
use crate::render::table::{Cell, Column, Table};
use crate::render::time::when;
use crate::render::words::counted;

/// A task's state in its colour.
fn state(task: &Task) -> Cell {
    let style = match task.status {
        Status::InProgress => OK,
        Status::Blocked | Status::Failed => WARN,
        Status::Pending => return task.status.as_str().into(),
        Status::Done | Status::Cancelled => DIM,
    };
    Cell::styled(Clean::literal(task.status.as_str()), style)
}

/// A line for each task.
#[must_use]
pub fn table(tasks: &[Task], width: Option<usize>) -> String {
    let mut table = Table::with_headings(["STATE", "ID", "PRIO", "OWNER", "TASK"]);
    for task in tasks {
        table.row([
            state(task),
            Cell::from(clean(&task.id, Field::Name)),
            Cell::from(clean(&task.priority.to_string(), Field::Name)),
            Cell::from(owner(task).unwrap_or_else(|| Clean::literal("-"))),
            Cell::from(clean(&summary(task), Field::Message)),
        ]);
    }
    table.render(width)
}

/// A line for each open task, as wide as the terminal: whether it can be taken and since when it is as it is.
#[must_use]
pub fn table_fitting(tasks: &[Task], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::of_columns(&[
        Column::new("STATE"),
        Column::new("TASK").least(24),
        Column::new("OWNER").least(8),
        Column::new("NOTE").least(10).leaves(2),
        Column::new("CHANGED").leaves(4),
        Column::new("PRIO").leaves(3),
        Column::new("ID").leaves(1),
    ]);
    for task in tasks {
        let priority = match task.priority {
            0 => String::new(),
            priority => priority.to_string(),
        };
        table.row([
            state(task),
            Cell::from(clean(&task.title, Field::Title)),
            Cell::from(owner(task).unwrap_or_default()),
            Cell::from(clean(&note(task), Field::Reason)),
            Cell::styled(when(now, task.updated_at), DIM),
            Cell::from(clean(&priority, Field::Name)),
            Cell::from(clean(&task.id, Field::Name)),
        ]);
    }
    table.render(width)
}

/// Why nobody can take a task, or that somebody can.
fn note(task: &Task) -> String {
    let role = task
        .role
        .as_ref()
        .map_or_else(String::new, |role| format!(" for @{role}"));
    match (task.status, &task.blocked_reason) {
        (_, Some(reason)) => reason.clone(),
        (Status::Pending, None) if task.is_ready() => format!("ready{role}"),
        (Status::Pending, None) => {
            let others = u64::try_from(task.waits_for().len()).unwrap_or_default();
            format!("waits for {}", counted(others, "other"))
        }
        _ => String::new(),
    }
}

/// The title, and in brackets why nobody can take the task, and the files it is about.
fn summary(task: &Task) -> String {
    // The last column is cut as a whole, so each part is kept to its share before that.
    let short = |text: &str, limit: usize| match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let mut text = short(&task.title, Field::Title.budget());
    if let Some(role) = &task.role {
        let _infallible = write!(text, " @{}", short(role, Field::Name.budget()));
    }
    for label in task.labels.iter().take(4) {
        let _infallible = write!(text, " #{label}");
    }
    if !task.waits_for().is_empty() {
        let _infallible = write!(text, "  [waits for {}]", short(&task.waits_for().join(", "), 60));
    }
    if let Some(reason) = &task.blocked_reason {
        let _infallible = write!(text, "  [{}]", short(reason, Field::Reason.budget()));
    }
    if !task.files.is_empty() {
        let _infallible = write!(
            text,
            "  files: {}",
            short(&task.files.join(", "), Field::Path.budget())
        );
    }
    text
}

//! Tasks as people and programs read them.

pub mod diagram;
pub mod graph;

use std::fmt::Write as _;

use serde::Serialize;

use super::colour::{DIM, OK, WARN};
use super::lock;
use super::message::body;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339};
use crate::domain::lock::Lock;
use crate::domain::task::{Status, Task};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// A task as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    title: &'a str,
    description: Option<&'a str>,
    status: &'static str,
    owner_agent_id: Option<&'a str>,
    priority: i64,
    created_at: String,
    updated_at: String,
    completed_at: Option<String>,
    files: &'a [String],
    depends_on: Vec<&'a str>,
    blocked_by_deps: bool,
    owner_name: Option<&'a str>,
    blocked_reason: Option<&'a str>,
    waits_for: Vec<&'a str>,
    ready: bool,
}

impl<'a> Json<'a> {
    /// The JSON form of `task`.
    #[must_use]
    pub fn new(task: &'a Task) -> Self {
        Self {
            id: &task.id,
            title: &task.title,
            description: task.description.as_deref(),
            status: task.status.as_str(),
            owner_agent_id: task.owner.as_deref(),
            priority: task.priority,
            created_at: rfc3339(task.created_at),
            updated_at: rfc3339(task.updated_at),
            completed_at: task.completed_at.map(rfc3339),
            files: &task.files,
            depends_on: task.depends_on(),
            blocked_by_deps: !task.waits_for().is_empty(),
            owner_name: task.owner_name.as_deref(),
            blocked_reason: task.blocked_reason.as_deref(),
            waits_for: task.waits_for(),
            ready: task.is_ready(),
        }
    }
}

/// `` `ID`: TITLE ``.
#[must_use]
pub fn title(task: &Task) -> String {
    format!(
        "`{}`: {}",
        clean(&task.id, Field::Name),
        clean(&task.title, Field::Title)
    )
}

/// The owner's name, or its id where it has none.
fn owner(task: &Task) -> Option<Clean> {
    let name = task.owner_name.as_ref().or(task.owner.as_ref())?;
    Some(clean(name, Field::Name))
}

/// Several values behind one another.
fn list<T: AsRef<str>>(values: &[T], field: Field) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| clean(value.as_ref(), field).to_string())
        .collect();
    values.join(", ")
}

/// What is said of a task that was created.
#[must_use]
pub fn created(task: &Task) -> String {
    let mut text = format!("Created task {}\n", title(task));
    if !task.files.is_empty() {
        let _infallible = writeln!(text, "  files: {}", list(&task.files, Field::Path));
    }
    if !task.dependencies.is_empty() {
        let _infallible = writeln!(text, "  depends on: {}", list(&task.depends_on(), Field::Name));
    }
    text
}

/// What is said of a task that was made to wait for others.
#[must_use]
pub fn depends(task: &Task) -> String {
    format!(
        "Task {}\n  depends on: {}\n",
        title(task),
        list(&task.depends_on(), Field::Name)
    )
}

/// What is said of a task that was claimed, with its files and the locks taken.
#[must_use]
pub fn claimed(task: &Task, locks: &[Lock]) -> String {
    let mut text = format!("Claimed task {} [{}]\n", title(task), task.status.as_str());
    if !task.files.is_empty() && locks.is_empty() {
        let _infallible = writeln!(text, "  files: {}", list(&task.files, Field::Path));
    }
    if !locks.is_empty() {
        let keys: Vec<String> = locks.iter().map(|held| lock::key(&held.key)).collect();
        let _infallible = writeln!(text, "  locked: {}", keys.join(", "));
    }
    text
}

/// What is said of a task that was moved, such as `Completed task`.
#[must_use]
pub fn moved(what: &str, task: &Task, note: Option<&str>) -> String {
    let note = note
        .map(|note| format!(" — {}", clean(note, Field::Reason)))
        .unwrap_or_default();
    format!("{what} task {}{note}\n", title(task))
}

/// The tasks that another one's end has made claimable; nothing where there are none.
#[must_use]
pub fn freed(tasks: &[Task]) -> String {
    if tasks.is_empty() {
        return String::new();
    }
    let tasks: Vec<String> = tasks
        .iter()
        .map(|task| {
            let title = clean(&task.title, Field::Title);
            format!("`{}` {title}", clean(&task.id, Field::Name))
        })
        .collect();
    format!("  now claimable (dependencies satisfied): {}\n", tasks.join(", "))
}

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

/// The title, and in brackets why nobody can take the task, and the files it is about.
fn summary(task: &Task) -> String {
    // The last column is cut as a whole, so each part is kept to its share before that.
    let short = |text: &str, limit: usize| match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let mut text = short(&task.title, Field::Title.budget());
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

/// All about one task. `dependencies` are the tasks it names in `depends_on`.
#[must_use]
pub fn page(task: &Task, dependencies: &[Task], now: &Moment) -> String {
    let mut text = format!("task:       {}\n", clean(&task.id, Field::Name));
    let mut fact = |label: &str, value: &dyn std::fmt::Display| {
        let _infallible = writeln!(text, "{label:<11} {value}");
    };
    // In full: longer than lists show it, never longer than one can be.
    fact("title:", &clean(&task.title, Field::Message));
    fact("state:", &task.status.as_str());
    if let Some(reason) = &task.blocked_reason {
        fact("because:", &clean(reason, Field::Message));
    }
    if let (Some(name), Some(id)) = (owner(task), &task.owner) {
        fact("owner:", &format!("{name} ({})", clean(id, Field::Title)));
    }
    fact("priority:", &task.priority);
    fact("created:", &relative(now.wall, task.created_at));
    fact("changed:", &relative(now.wall, task.updated_at));
    if let Some(completed) = task.completed_at {
        fact("completed:", &relative(now.wall, completed));
    }
    for file in &task.files {
        fact("file:", &clean(file, Field::Path));
    }
    for first in dependencies {
        let line = format!("{} [{}]", title(first), first.status.as_str());
        fact("depends on:", &line);
    }
    if let Some(description) = &task.description {
        text.push('\n');
        text.push_str(&body(description));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::{Dependency, Kind, Verdict};

    fn task() -> Task {
        Task {
            files: vec!["src/a.rs".to_owned(), "b".to_owned()],
            dependencies: vec![Dependency {
                on: "task-00000002".to_owned(),
                kind: Kind::After,
                verdict: Verdict::Waits,
            }],
            ..Task::named("task-00000001", "Fix <it>")
        }
    }

    #[test]
    fn a_line_says_why_a_task_cannot_be_taken() {
        assert_eq!(
            table(&[task()], None).lines().nth(1),
            Some(
                "pending  task-00000001  0     -      Fix &lt;it&gt; [waits for task-00000002] files: src/a.rs, b"
            )
        );
    }

    #[test]
    fn what_is_said_of_a_new_task_is_what_the_predecessor_said() {
        assert_eq!(
            created(&task()),
            "Created task `task-00000001`: Fix &lt;it&gt;\n  files: src/a.rs, b\n  depends on: task-00000002\n"
        );
    }

    #[test]
    fn a_page_sets_the_description_apart() {
        let described = Task {
            description: Some("first\nstate: done".to_owned()),
            ..task()
        };
        let page = page(&described, &[], &Moment::at_wall(0));
        assert!(page.ends_with("\n\n| first\n| state: done\n"), "{page}");
    }
}

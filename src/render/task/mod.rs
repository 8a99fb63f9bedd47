//! Tasks as people read them; as JSON they are in `json`, one in full is in `page`.

pub mod diagram;
pub mod graph;
mod json;
mod page;
pub mod plan;
mod table;

use std::fmt::Write as _;

use super::lock;
use crate::domain::lock::Lock;
use crate::domain::task::{Dependency, Kind, Move, Offer, Status, Task, Trail};
use crate::frame::{Clean, Field, clean};

pub use json::{Json, PageJson};
pub use page::{Page, page};
pub use table::{table, table_fitting};

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
    text + &asks(task) + &end(task)
}

/// What a task asks of others; nothing where that is nothing.
fn asks(task: &Task) -> String {
    if task.dependencies.is_empty() {
        return String::new();
    }
    let asked: Vec<String> = task
        .dependencies
        .iter()
        .map(|one| {
            format!("{} {}", clean(&one.on, Field::Name), dependency(one))
                .trim_end()
                .to_owned()
        })
        .collect();
    format!("  depends on: {}\n", asked.join(", "))
}

/// What is asked of the other task, where that is not that it is done: in brackets.
fn dependency(dependency: &Dependency) -> String {
    match &dependency.kind {
        Kind::After => String::new(),
        Kind::OnFailure => "(if it fails)".to_owned(),
        Kind::Always => "(however it ends)".to_owned(),
        Kind::When(condition) => format!("(when {})", clean(&condition.to_string(), Field::Reason)),
    }
}

/// That a task is at its end already, and why; nothing where it is not.
fn end(task: &Task) -> String {
    match (task.status, &task.end_reason) {
        (Status::Cancelled | Status::Failed, Some(why)) => {
            format!("  {}: {}\n", task.status.as_str(), clean(why, Field::Reason))
        }
        _ => String::new(),
    }
}

/// What is said of a task that was made to wait for others.
#[must_use]
pub fn depends(task: &Task) -> String {
    format!("Task {}\n{}{}", title(task), asks(task), end(task))
}

/// What is said of a task that was claimed, with its files and the locks taken.
#[must_use]
pub fn claimed(task: &Task, locks: &[Lock]) -> String {
    let mut text = format!("Claimed task {} [{}]\n", title(task), task.status.as_str());
    if !task.files.is_empty() && locks.is_empty() {
        let _infallible = writeln!(text, "  files: {}", list(&task.files, Field::Path));
    }
    text + &locked(locks)
}

/// The locks that came with a task; nothing where there are none.
fn locked(locks: &[Lock]) -> String {
    if locks.is_empty() {
        return String::new();
    }
    let keys: Vec<String> = locks.iter().map(|held| lock::key(&held.key)).collect();
    format!("  locked: {}\n", keys.join(", "))
}

/// What is said of a task that its owner had already, with the locks it has now.
#[must_use]
pub fn still_yours(task: &Task, locks: &[Lock]) -> String {
    claimed(task, locks).replacen("Claimed task", "You already have task", 1)
}

/// That the files of one's own task could not be locked.
#[must_use]
pub fn not_locked(obstacle: &str) -> String {
    format!("  not locked: {obstacle}\n")
}

/// That a task was passed over, and what stood in its way.
#[must_use]
pub fn passed_over(task: &Task, obstacle: &str) -> String {
    format!("  passed over {}: {obstacle}\n", title(task))
}

/// How many tasks there are that nobody can be handed; nothing where there are none.
#[must_use]
pub fn board(counts: Vec<(usize, &'static str)>, indent: &str) -> String {
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if counts.is_empty() {
        String::new()
    } else {
        format!("{indent}{}\n", counts.join(", "))
    }
}

/// What somebody who takes a task has to know of it: when it is done, and what was said of it last.
#[must_use]
pub fn assignment(task: &Task, said: &[Trail]) -> String {
    let mut text = String::new();
    if let Some(acceptance) = &task.acceptance {
        let _infallible = writeln!(text, "  done when: {}", clean(acceptance, Field::Message));
    }
    if let Some(command) = &task.acceptance_command {
        let _infallible = writeln!(
            text,
            "  check: {} (agent-sync task done {} --check runs it)",
            clean(command, Field::Message),
            clean(&task.id, Field::Name)
        );
    }
    if task.attempts > 1 {
        let _infallible = writeln!(text, "  attempt {}", task.attempts);
    }
    for entry in said {
        let author = entry.author_name.as_ref().or(entry.author.as_ref());
        let author = author.map_or("agent-sync".to_owned(), |name| {
            clean(name, Field::Name).to_string()
        });
        let _infallible = writeln!(text, "  {author}: {}", clean(&entry.body, Field::Reason));
    }
    text
}

/// That another task in progress touches the same files.
#[must_use]
pub fn overlap(task: &Task, files: &[String]) -> String {
    let place = match task.tree.as_deref() {
        None => String::new(),
        Some("") => " in the main worktree".to_owned(),
        Some(tree) => format!(" in worktree {}", clean(tree, Field::Name)),
    };
    let by = owner(task).map(|name| format!(" by {name}")).unwrap_or_default();
    let shown: Vec<&String> = files.iter().take(3).collect();
    let more = match files.len() - shown.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    format!(
        "  also touched{by}{place} for {}: {}{more}\n",
        title(task),
        list(&shown, Field::Path)
    )
}

/// That somebody has more in progress than is meant; nothing where that is not so.
#[must_use]
pub fn over_limit(in_progress: u32, limit: u32) -> String {
    if in_progress > limit {
        format!("  you have {in_progress} in progress; the limit is {limit} (tasks.wip_limit)\n")
    } else {
        String::new()
    }
}

/// What is said of a task that was moved.
#[must_use]
pub fn moved(what: Move, task: &Task, note: Option<&str>) -> String {
    let done = match what {
        Move::Claim => "Claimed",
        Move::Done => "Completed",
        Move::Fail | Move::GiveUp => "Failed",
        Move::Block => "Blocked",
        Move::Unblock => "Unblocked",
        Move::Release => "Released",
        Move::Cancel | Move::Discard => "Cancelled",
        Move::Reopen => "Reopened",
        Move::Accept => "Accepted",
        Move::Abandon => "Abandoned",
        Move::Revive => "Revived",
    };
    let note = note
        .map(|note| format!(" — {}", clean(note, Field::Reason)))
        .unwrap_or_default();
    format!("{done} task {}{note}\n", title(task))
}

/// What is said of a task that was edited.
#[must_use]
pub fn edited(task: &Task) -> String {
    format!("Edited task {}\n", title(task))
}

/// What is said of a task that somebody remarked on.
#[must_use]
pub fn commented(task: &Task) -> String {
    format!("Commented on task {}\n", title(task))
}

/// What is said of a task that was offered to somebody.
#[must_use]
pub fn offered(task: &Task, offer: &Offer) -> String {
    format!(
        "Offered task {}\n  to {} ({}); it stays yours until it is accepted\n",
        title(task),
        clean(&offer.to_name, Field::Name),
        clean(&offer.to, Field::Title)
    )
}

/// What is said of a task that was taken over, with its locks.
#[must_use]
pub fn accepted(task: &Task, offer: &Offer, locks: &[Lock]) -> String {
    format!(
        "Accepted task {} from {}\n{}",
        title(task),
        clean(&offer.from_name, Field::Name),
        locked(locks)
    )
}

/// What is said of a task that was not taken over.
#[must_use]
pub fn declined(task: &Task, offer: &Offer) -> String {
    format!(
        "Declined task {}; it stays with {}\n",
        title(task),
        clean(&offer.from_name, Field::Name)
    )
}

/// The end of what an acceptance command printed.
#[must_use]
pub fn tail(tail: &str) -> String {
    super::message::body(tail)
}

/// What a move meant for other tasks: the first of each, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// Those that can be claimed now.
    pub freed: Vec<Task>,
    /// How many of them.
    pub freed_count: usize,
    /// Those that were cancelled because what they wait for can never come.
    pub discarded: Vec<Task>,
    /// How many of them.
    pub discarded_count: usize,
    /// Those that had been cancelled so and are back.
    pub revived: Vec<Task>,
    /// How many of them.
    pub revived_count: usize,
    /// Those somebody works on although what they depend on no longer holds.
    pub shaken: Vec<Task>,
    /// How many of them.
    pub shaken_count: usize,
}

/// What a move meant for other tasks; nothing where it meant nothing.
#[must_use]
pub fn followed(followed: &Followed) -> String {
    let line = |what: &str, tasks: &[Task], count: usize, more: &dyn Fn(&Task) -> String| {
        if tasks.is_empty() {
            return String::new();
        }
        let shown: Vec<String> = tasks
            .iter()
            .map(|task| {
                let title = clean(&task.title, Field::Title);
                format!("`{}` {title}{}", clean(&task.id, Field::Name), more(task))
            })
            .collect();
        let left = match count.saturating_sub(shown.len()) {
            0 => String::new(),
            left => format!(" and {left} more"),
        };
        format!("  {what}: {}{left}\n", shown.join(", "))
    };
    let nothing = |_: &Task| String::new();
    let why = |task: &Task| {
        let why = task.end_reason.as_deref().unwrap_or_default();
        format!(" ({})", clean(why, Field::Reason))
    };
    let by = |task: &Task| {
        owner(task)
            .map(|name| format!(" ({name} was told)"))
            .unwrap_or_default()
    };
    line(
        "back on the board",
        &followed.revived,
        followed.revived_count,
        &nothing,
    ) + &line(
        "now claimable (dependencies satisfied)",
        &followed.freed,
        followed.freed_count,
        &nothing,
    ) + &line(
        "cancelled, since it can never begin",
        &followed.discarded,
        followed.discarded_count,
        &why,
    ) + &line(
        "in progress without what it depends on",
        &followed.shaken,
        followed.shaken_count,
        &by,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::Verdict;
    use crate::domain::time::Moment;

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
        let described = Page {
            task: described,
            dependencies: Vec::new(),
            dependents: Vec::new(),
            locks: Vec::new(),
            activity: Vec::new(),
            results: crate::domain::task::Results::new(),
            trail: Vec::new(),
            offer: None,
        };
        let page = page(&described, &Moment::at_wall(0));
        assert!(page.ends_with("\n\n| first\n| state: done\n"), "{page}");
    }
}

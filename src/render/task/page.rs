//! All about one task, for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::{dependency, owner, title};
use crate::domain::task::{Offer, Results, Task, Trail, TrailKind};
use crate::domain::time::Moment;
use crate::frame::{Field, clean};
use crate::render::message::body;
use crate::render::time::{duration, relative};

/// All about one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The task.
    pub task: Task,
    /// The tasks it names in its dependencies.
    pub dependencies: Vec<Task>,
    /// What came of it.
    pub results: Results,
    /// What was said of it and shown for it.
    pub trail: Vec<Trail>,
    /// Its hand-over that waits for an answer.
    pub offer: Option<Offer>,
}

/// The page of a task.
#[must_use]
pub fn page(page: &Page, now: &Moment) -> String {
    let task = &page.task;
    let mut text = format!("task:       {}\n", clean(&task.id, Field::Name));
    let mut fact = |label: &str, value: &dyn std::fmt::Display| {
        let _infallible = writeln!(text, "{label:<11} {value}");
    };
    // In full: longer than lists show it, never longer than one can be.
    fact("title:", &clean(&task.title, Field::Message));
    fact("state:", &task.status.as_str());
    if let Some(reason) = task.blocked_reason.as_ref().or(task.end_reason.as_ref()) {
        fact("because:", &clean(reason, Field::Message));
    }
    if let (Some(name), Some(id)) = (owner(task), &task.owner) {
        fact("owner:", &format!("{name} ({})", clean(id, Field::Title)));
    }
    if let Some(offer) = &page.offer {
        let to = clean(&offer.to_name, Field::Name);
        fact(
            "offered to:",
            &format!("{to} ({})", clean(&offer.to, Field::Title)),
        );
    }
    fact("priority:", &task.priority);
    if let Some(role) = &task.role {
        fact("role:", &clean(role, Field::Name));
    }
    for label in &task.labels {
        fact("label:", &clean(label, Field::Name));
    }
    fact("created:", &relative(now.wall, task.created_at));
    fact("changed:", &relative(now.wall, task.updated_at));
    if let Some(completed) = task.completed_at {
        fact("completed:", &relative(now.wall, completed));
    }
    if task.attempts > 1 {
        fact("attempt:", &task.attempts);
    }
    for file in &task.files {
        fact("file:", &clean(file, Field::Path));
    }
    for one in &task.dependencies {
        let on = page.dependencies.iter().find(|first| first.id == one.on);
        let shown = on.map(|on| format!("{} [{}]", title(on), on.status.as_str()));
        let label = if dependency(one).is_empty() {
            "depends on:"
        } else {
            "asks of:"
        };
        let asked = dependency(one);
        let asked = if asked.is_empty() {
            asked
        } else {
            format!(" {asked}")
        };
        fact(
            label,
            &format!(
                "{}{asked}",
                shown.unwrap_or_else(|| clean(&one.on, Field::Name).to_string())
            ),
        );
    }
    if let Some(acceptance) = &task.acceptance {
        fact("done when:", &clean(acceptance, Field::Message));
    }
    if let Some(command) = &task.acceptance_command {
        fact("check:", &clean(command, Field::Message));
    }
    for (key, value) in &page.results {
        fact(
            "result:",
            &format!(
                "{} = {}",
                clean(key, Field::Title),
                clean(&value.to_string(), Field::Message)
            ),
        );
    }
    if let Some(description) = &task.description {
        text.push('\n');
        text.push_str(&body(description));
    }
    if !page.trail.is_empty() {
        text.push('\n');
        for entry in &page.trail {
            text.push_str(&said(entry, now));
        }
    }
    text
}

fn said(entry: &Trail, now: &Moment) -> String {
    let author = entry.author_name.as_ref().or(entry.author.as_ref());
    let author = author.map_or("agent-sync".to_owned(), |name| {
        clean(name, Field::Name).to_string()
    });
    let mut text = format!("{author}, {}", relative(now.wall, entry.created_at));
    if entry.kind == TrailKind::Check {
        let took = Duration::from_millis(u64::try_from(entry.took.unwrap_or_default()).unwrap_or_default());
        let how = match entry.exit {
            Some(0) => "passed".to_owned(),
            Some(exit) => format!("ended with status {exit}"),
            None => "took too long".to_owned(),
        };
        let _infallible = writeln!(text, ", check {how} ({}):", duration(took));
    } else if entry.kind == TrailKind::Comment {
        text.push_str(":\n");
    } else {
        let _infallible = writeln!(text, ", {}:", entry.kind.as_str());
    }
    text + &body(&entry.body)
}

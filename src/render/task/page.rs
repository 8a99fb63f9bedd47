//! All about one task, for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::{dependency, owner, title};
use crate::domain::activity::Activity;
use crate::domain::lock::Lock;
use crate::domain::task::{Dependency, Offer, Results, Task, Trail, TrailKind, Verdict};
use crate::domain::time::Moment;
use crate::frame::{Field, clean};
use crate::render::message::body;
use crate::render::time::{duration, relative};
use crate::render::{activity, lock};

/// How many of those that wait for a task are named.
const MOST: usize = 20;

/// All about one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The task.
    pub task: Task,
    /// The tasks it names in its dependencies.
    pub dependencies: Vec<Task>,
    /// The tasks that name it in theirs.
    pub dependents: Vec<Task>,
    /// The locks that are held for it.
    pub locks: Vec<Lock>,
    /// What came of it.
    pub results: Results,
    /// What was said of it and shown for it.
    pub trail: Vec<Trail>,
    /// What is recorded of it, the earliest first.
    pub activity: Vec<Activity>,
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
    if let Some(creator) = task.creator_name.as_ref().or(task.creator.as_ref()) {
        fact("created by:", &clean(creator, Field::Name));
    }
    for file in &task.files {
        fact("file:", &clean(file, Field::Path));
    }
    for (label, value) in relations(page) {
        fact(label, &value);
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
    if !page.activity.is_empty() {
        text.push('\n');
        text.push_str(&activity::table(&page.activity, now, None));
    }
    text
}

/// What a task depends on, who waits for it, and what is locked for it.
fn relations(page: &Page) -> Vec<(&'static str, String)> {
    let task = &page.task;
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    let mut asked: Vec<&Dependency> = task.dependencies.iter().collect();
    // Ids are random: the order of the tasks says more.
    asked.sort_by_key(|one| page.dependencies.iter().position(|on| on.id == one.on));
    for one in asked {
        let on = page.dependencies.iter().find(|first| first.id == one.on);
        let asked = dependency(one);
        let label = if asked.is_empty() {
            "depends on:"
        } else {
            "asks of:"
        };
        let shown = on.map(|on| format!("{} [{}]", title(on), on.status.as_str()));
        let shown = shown.unwrap_or_else(|| clean(&one.on, Field::Name).to_string());
        let space = if asked.is_empty() { "" } else { " " };
        facts.push((label, format!("{shown}{space}{asked}, {}", holds(one))));
    }
    for other in page.dependents.iter().take(MOST) {
        let shown = format!("{} [{}]", title(other), other.status.as_str());
        facts.push(("waiting:", shown));
    }
    if page.dependents.len() > MOST {
        let id = clean(&task.id, Field::Name);
        let left = page.dependents.len() - MOST;
        facts.push(("waiting:", format!("{left} more: agent-sync task graph {id}")));
    }
    for held in &page.locks {
        let by = clean(&held.holder_name, Field::Name);
        facts.push(("locked:", format!("{} by {by}", lock::key(&held.key))));
    }
    facts
}

/// What a dependency comes to.
fn holds(dependency: &Dependency) -> String {
    match &dependency.verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Waits => "does not hold yet".to_owned(),
        Verdict::Never(why) => format!("can never hold: {}", clean(why, Field::Reason)),
    }
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

//! Tasks as programs read them.

use serde::Serialize;

use super::Page;
use crate::domain::task::{Dependency, Offer, Results, Task, Trail, Value, Verdict};
use crate::domain::time::Moment;
use crate::render::time::rfc3339;
use crate::render::{activity, lock};

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
    end_reason: Option<&'a str>,
    cancelled_because_of: Option<&'a str>,
    role: Option<&'a str>,
    labels: &'a [String],
    acceptance: Option<&'a str>,
    acceptance_command: Option<&'a str>,
    attempts: u32,
    max_attempts: Option<u32>,
    rank: u32,
    creator_agent_id: Option<&'a str>,
    creator_name: Option<&'a str>,
    claimed_at: Option<String>,
    worktree: Option<&'a str>,
    dependencies: Vec<DependencyJson<'a>>,
}

/// What a task asks of another.
#[derive(Debug, Serialize)]
struct DependencyJson<'a> {
    task_id: &'a str,
    kind: &'static str,
    condition: Option<String>,
    verdict: &'static str,
    why: Option<&'a str>,
}

impl<'a> DependencyJson<'a> {
    fn new(dependency: &'a Dependency) -> Self {
        Self {
            task_id: &dependency.on,
            kind: dependency.kind.as_str(),
            condition: Some(dependency.kind.condition()).filter(|condition| !condition.is_empty()),
            verdict: dependency.verdict.as_str(),
            why: match &dependency.verdict {
                Verdict::Never(why) => Some(why),
                Verdict::Holds | Verdict::Waits => None,
            },
        }
    }
}

impl<'a> Json<'a> {
    /// The JSON form of `task`.
    #[must_use]
    pub fn new(task: &'a Task) -> Self {
        let waits_for = task.waits_for();
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
            blocked_by_deps: !waits_for.is_empty(),
            owner_name: task.owner_name.as_deref(),
            blocked_reason: task.blocked_reason.as_deref(),
            waits_for,
            ready: task.is_ready(),
            end_reason: task.end_reason.as_deref(),
            cancelled_because_of: task.discarded_by.as_deref(),
            role: task.role.as_deref(),
            labels: &task.labels,
            acceptance: task.acceptance.as_deref(),
            acceptance_command: task.acceptance_command.as_deref(),
            attempts: task.attempts,
            max_attempts: task.max_attempts,
            rank: if task.status.is_open() { task.rank } else { 0 },
            creator_agent_id: task.creator.as_deref(),
            creator_name: task.creator_name.as_deref(),
            claimed_at: task.claimed_at.map(rfc3339),
            worktree: task.tree.as_deref(),
            dependencies: task.dependencies.iter().map(DependencyJson::new).collect(),
        }
    }
}

/// All about one task as JSON.
#[derive(Debug, Serialize)]
pub struct PageJson<'a> {
    #[serde(flatten)]
    task: Json<'a>,
    dependents: Vec<NamedJson<'a>>,
    locks: Vec<lock::Json<'a>>,
    results: serde_json::Map<String, serde_json::Value>,
    trail: Vec<TrailJson<'a>>,
    offer: Option<OfferJson<'a>>,
    activity: Vec<activity::Json<'a>>,
}

#[derive(Debug, Serialize)]
struct NamedJson<'a> {
    id: &'a str,
    title: &'a str,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct TrailJson<'a> {
    kind: &'static str,
    agent_id: Option<&'a str>,
    agent_name: Option<&'a str>,
    body: &'a str,
    exit_status: Option<i32>,
    took_ms: Option<i64>,
    created_at: String,
}

#[derive(Debug, Serialize)]
struct OfferJson<'a> {
    from: &'a str,
    to: &'a str,
    note: Option<&'a str>,
    offered_at: String,
}

impl<'a> PageJson<'a> {
    /// The JSON form of `page`.
    #[must_use]
    pub fn new(page: &'a Page, now: &Moment) -> Self {
        let named = |task: &'a Task| NamedJson {
            id: &task.id,
            title: &task.title,
            status: task.status.as_str(),
        };
        Self {
            task: Json::new(&page.task),
            dependents: page.dependents.iter().map(named).collect(),
            locks: page.locks.iter().map(|held| lock::Json::new(held, now)).collect(),
            results: results(&page.results),
            trail: page.trail.iter().map(trail).collect(),
            offer: page.offer.as_ref().map(offer),
            activity: page.activity.iter().map(activity::Json::new).collect(),
        }
    }
}

/// Numbers that a program could read otherwise than they were written stay texts.
fn results(results: &Results) -> serde_json::Map<String, serde_json::Value> {
    let value = |value: &Value| match value {
        Value::Bool(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => {
            serde_json::from_str(number).unwrap_or_else(|_| match number.parse::<f64>() {
                Ok(number) => number.into(),
                Err(_) => number.as_str().into(),
            })
        }
    };
    results
        .iter()
        .map(|(key, result)| (key.clone(), value(result)))
        .collect()
}

fn trail(entry: &Trail) -> TrailJson<'_> {
    TrailJson {
        kind: entry.kind.as_str(),
        agent_id: entry.author.as_deref(),
        agent_name: entry.author_name.as_deref(),
        body: &entry.body,
        exit_status: entry.exit,
        took_ms: entry.took,
        created_at: rfc3339(entry.created_at),
    }
}

fn offer(offer: &Offer) -> OfferJson<'_> {
    OfferJson {
        from: &offer.from,
        to: &offer.to,
        note: offer.note.as_deref(),
        offered_at: rfc3339(offer.offered_at),
    }
}

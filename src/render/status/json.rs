//! The picture for programs: all that the page shows, and more. `docs/schema/status.json` says what each key means.

use std::collections::HashMap;

use serde::Serialize;

use super::View;
use super::matters::{next, sentence};
use super::order::OrderJson;
use crate::domain::agent::Agent;
use crate::domain::lock::Obstacle;
use crate::domain::picture::{Collision, Matter, Picture, Seat, critical_path};
use crate::domain::presence::Presence;
use crate::domain::task::{Status, Task};
use crate::domain::wait::Wait;
use crate::frame::neutralise;
use crate::render::time::rfc3339;
use crate::render::{activity, agent, decision, lock, message, task};

#[derive(Debug, Serialize)]
struct You<'a> {
    id: &'a str,
    name: Option<&'a str>,
    status: Option<&'static str>,
    registered: bool,
    current_task_id: Option<&'a str>,
}

/// An agent and what it does.
#[derive(Debug, Serialize)]
struct Worker<'a> {
    #[serde(flatten)]
    agent: agent::Json<'a>,
    locks: usize,
    waiting_messages: u32,
    worktree: Option<&'a str>,
    branch: Option<&'a str>,
    last_act: Option<activity::Json<'a>>,
}

#[derive(Debug, Serialize)]
struct HealthJson {
    word: &'static str,
    because: Vec<Because>,
}

#[derive(Debug, Serialize)]
struct Because {
    kind: &'static str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct MatterJson {
    kind: &'static str,
    urgency: &'static str,
    since: Option<String>,
    text: String,
    command: Option<String>,
}

#[derive(Debug, Serialize)]
struct WaitJson<'a> {
    agent_id: &'a str,
    agent_name: &'a str,
    mode: &'static str,
    since: String,
    kind: &'static str,
    file_path: &'a str,
    worktree: Option<&'a str>,
    waits_for_agent_id: &'a str,
    waits_for_agent_name: &'a str,
    holds: bool,
}

#[derive(Debug, Serialize)]
struct CollisionJson<'a> {
    file_path: &'a str,
    worktrees: &'a [String],
    agent_ids: &'a [String],
    now: bool,
    at: String,
}

#[derive(Debug, Serialize)]
struct ProgressJson {
    done: u32,
    total: u32,
    percent: Option<u32>,
    in_progress: u32,
    blocked: u32,
    pending: u32,
    failed: u32,
    cancelled: u32,
}

/// The picture as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    you: You<'a>,
    active_agent_count: usize,
    agents: Vec<Worker<'a>>,
    locks: Vec<lock::Json<'a>>,
    open_task_count: usize,
    tasks: Vec<task::Json<'a>>,
    unread: usize,
    undelivered: Vec<message::Json<'a>>,
    activity: Vec<activity::Json<'a>>,
    hook_seen_at: Option<String>,
    at: String,
    health: HealthJson,
    matters: Vec<MatterJson>,
    waits: Vec<WaitJson<'a>>,
    collisions: Vec<CollisionJson<'a>>,
    progress: ProgressJson,
    critical_path: Vec<&'a str>,
    letters: Vec<message::Json<'a>>,
    letter_count: usize,
    undelivered_count: usize,
    decisions: Vec<decision::Json<'a>>,
    decision_count: usize,
    order: OrderJson<'a>,
    swarm: &'static str,
}

impl<'a> Json<'a> {
    /// The JSON form of a view, with every agent and every task there ever was.
    pub(super) fn new(view: &'a View<'a>, everybody: &'a [Agent], every_task: &'a [Task]) -> Self {
        let picture = view.picture;
        let now = &picture.now;
        let messages = |messages: &'a [crate::domain::message::Message]| {
            let shown = messages.iter().map(|one| message::Json::new(one, now));
            shown.collect::<Vec<_>>()
        };
        let locks = picture.locks.iter();
        Self {
            you: you(picture),
            active_agent_count: picture.count(Presence::Active),
            agents: workers(view, everybody),
            locks: locks
                .map(|held| lock::Json::new(held, now).awaited_by(held, &picture.waiters))
                .collect(),
            open_task_count: picture.tasks.len(),
            tasks: every_task.iter().map(task::Json::new).collect(),
            unread: picture.unread,
            undelivered: messages(&picture.undelivered),
            activity: picture.activity.iter().map(activity::Json::new).collect(),
            hook_seen_at: picture.hook_seen.map(rfc3339),
            at: rfc3339(now.wall),
            health: health(view),
            matters: view.matters.iter().map(|one| matter(one, picture)).collect(),
            waits: waits(&view.matters),
            collisions: found(&view.matters),
            progress: progress(picture),
            critical_path: critical_path(&picture.tasks)
                .into_iter()
                .map(|at| picture.tasks[at].id.as_str())
                .collect(),
            letters: messages(&picture.letters),
            letter_count: picture.letter_count,
            undelivered_count: picture.undelivered_count,
            decisions: picture.decisions.iter().map(decision::Json::new).collect(),
            decision_count: picture.decision_count,
            order: OrderJson::new(view),
            swarm: picture
                .drain
                .as_ref()
                .map_or("open", |drain| drain.stage.as_str()),
        }
    }
}

fn you(picture: &Picture) -> You<'_> {
    let you = picture.agent.as_ref();
    You {
        id: &picture.me,
        name: you.map(|agent| agent.name.as_str()),
        status: you.map(|agent| agent.presence.as_str()),
        registered: you.is_some(),
        current_task_id: you.and_then(|agent| agent.current_task.as_deref()),
    }
}

fn workers<'a>(view: &'a View<'a>, everybody: &'a [Agent]) -> Vec<Worker<'a>> {
    let picture = view.picture;
    let holdings = picture.holdings();
    let queues: HashMap<&str, u32> = picture
        .queues
        .iter()
        .map(|queue| (queue.agent.as_str(), queue.waiting))
        .collect();
    let worker = |one: &'a Agent| {
        let seat: Option<&Seat> = view.seats.get(&one.id);
        Worker {
            agent: agent::Json::new(one),
            locks: holdings.get(one.id.as_str()).copied().unwrap_or_default(),
            waiting_messages: queues.get(one.id.as_str()).copied().unwrap_or_default(),
            worktree: seat.map(|seat| seat.tree.as_str()),
            branch: seat.and_then(|seat| seat.branch.as_deref()),
            last_act: picture.acts.get(&one.id).map(activity::Json::new),
        }
    };
    everybody.iter().map(worker).collect()
}

fn health(view: &View<'_>) -> HealthJson {
    let because = view.assessment.because.iter().map(|(kind, count)| Because {
        kind: kind.as_str(),
        count: *count,
    });
    HealthJson {
        word: view.assessment.health.as_str(),
        because: because.collect(),
    }
}

fn matter(matter: &Matter<'_>, picture: &Picture) -> MatterJson {
    MatterJson {
        kind: matter.kind().as_str(),
        urgency: matter.urgency(picture.now.wall).as_str(),
        since: matter.since().map(rfc3339),
        text: neutralise(&sentence(matter, picture)),
        command: Some(next(matter)).filter(|command| !command.is_empty()),
    }
}

fn waits<'a>(matters: &'a [Matter<'a>]) -> Vec<WaitJson<'a>> {
    let waits = matters.iter().filter_map(|matter| match matter {
        Matter::Wait(wait) => Some(wait),
        _ => None,
    });
    waits.map(wait).collect()
}

fn wait<'a>(wait: &'a Wait<'a>) -> WaitJson<'a> {
    let (kind, file_path, worktree) = lock::place(wait.wanted);
    let (waits_for_agent_id, waits_for_agent_name, holds) = match &wait.by {
        Obstacle::Held(lock) => (&lock.holder, &lock.holder_name, true),
        Obstacle::Awaited(first) => (&first.agent, &first.agent_name, false),
    };
    WaitJson {
        agent_id: &wait.waiter.agent,
        agent_name: &wait.waiter.agent_name,
        mode: wait.waiter.mode.as_str(),
        since: rfc3339(wait.waiter.since),
        kind,
        file_path,
        worktree,
        waits_for_agent_id,
        waits_for_agent_name,
        holds,
    }
}

fn found<'a>(matters: &'a [Matter<'a>]) -> Vec<CollisionJson<'a>> {
    let found = matters.iter().filter_map(|matter| match matter {
        Matter::Collision(collision) => Some(collision),
        _ => None,
    });
    let json = |one: &'a Collision| CollisionJson {
        file_path: &one.path,
        worktrees: &one.trees,
        agent_ids: &one.agents,
        now: one.is_now,
        at: rfc3339(one.at),
    };
    found.map(json).collect()
}

fn progress(picture: &Picture) -> ProgressJson {
    let tally = &picture.tally;
    let progress = tally.progress();
    ProgressJson {
        done: progress.done,
        total: progress.total,
        percent: progress.percent(),
        in_progress: tally.of(Status::InProgress),
        blocked: tally.of(Status::Blocked),
        pending: tally.of(Status::Pending),
        failed: tally.of(Status::Failed),
        cancelled: tally.of(Status::Cancelled),
    }
}

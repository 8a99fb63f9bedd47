//! A swarm for programs.

use serde::Serialize;

use super::{View, is_alive};
use crate::domain::drain::{Answer, Returned};
use crate::render::crew::SessionJson;
use crate::render::time::rfc3339;

/// Tasks and locks.
#[derive(Debug, Default, Serialize)]
pub struct Returns<'a> {
    tasks: Vec<TaskJson<'a>>,
    locks: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct TaskJson<'a> {
    id: &'a str,
    title: &'a str,
}

impl<'a> Returns<'a> {
    /// The JSON form of what was held.
    #[must_use]
    pub fn new(returned: &'a [Returned]) -> Self {
        let mut json = Self::default();
        for one in returned {
            match one {
                Returned::Task(id, title) => json.tasks.push(TaskJson { id, title }),
                Returned::Lock(what) => json.locks.push(what),
            }
        }
        json
    }
}

#[derive(Debug, Serialize)]
struct HolderJson<'a> {
    agent_id: &'a str,
    name: &'a str,
    status: &'static str,
    asked: bool,
    answer: Option<&'static str>,
    answered_at: Option<String>,
    note: Option<&'a str>,
    holds: Returns<'a>,
    gave_back: Returns<'a>,
}

/// How a swarm stands, as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    state: &'static str,
    reason: Option<&'a str>,
    by: Option<&'a str>,
    since: Option<String>,
    deadline: Option<String>,
    is_over: bool,
    shutdown: bool,
    closed_at: Option<String>,
    checkpoint: Option<String>,
    sha256: Option<&'a str>,
    missing: Vec<&'a str>,
    agents: Vec<HolderJson<'a>>,
    sessions: Vec<RunJson<'a>>,
}

/// A session that was started for a plan.
#[derive(Debug, Serialize)]
struct RunJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    /// Whether its process runs; nothing where that cannot be known.
    alive: Option<bool>,
}

impl<'a> Json<'a> {
    /// The JSON form of what a view shows.
    #[must_use]
    pub fn new(view: &View<'a>) -> Self {
        let drain = view.swarm.drain.as_ref();
        let holders = view.swarm.holders.iter().map(|holder| {
            let member = drain.and_then(|drain| drain.member(&holder.agent.id));
            let answer: Option<(Answer, i64)> = member.and_then(|member| member.answer);
            HolderJson {
                agent_id: &holder.agent.id,
                name: &holder.agent.name,
                status: holder.agent.presence.as_str(),
                asked: member.is_some(),
                answer: answer.map(|(answer, _)| answer.as_str()),
                answered_at: answer.map(|(_, at)| rfc3339(at)),
                note: member.and_then(|member| member.note.as_deref()),
                holds: Returns::new(&holder.held),
                gave_back: member
                    .map(|member| Returns::new(&member.returned))
                    .unwrap_or_default(),
            }
        });
        Self {
            state: drain.map_or("open", |drain| drain.stage.as_str()),
            reason: drain.and_then(|drain| drain.reason.as_deref()),
            by: drain.map(|drain| drain.by.as_str()),
            since: drain.map(|drain| rfc3339(drain.begun_at)),
            deadline: drain.map(|drain| rfc3339(drain.ends_at(view.now))),
            is_over: drain.is_some_and(|drain| drain.is_over(view.now)),
            shutdown: drain.is_some_and(|drain| drain.is_shutdown),
            closed_at: drain.and_then(|drain| drain.shut_at).map(rfc3339),
            checkpoint: view.checkpoint.map(|path| path.to_string_lossy().into_owned()),
            sha256: drain.and_then(|drain| drain.sha256.as_deref()),
            missing: drain
                .into_iter()
                .flat_map(|drain| drain.missing().map(|member| member.agent.as_str()))
                .collect(),
            agents: holders.collect(),
            sessions: view
                .swarm
                .sessions
                .iter()
                .map(|(session, life)| RunJson {
                    session: SessionJson::new(session),
                    alive: life.and_then(is_alive),
                })
                .collect(),
        }
    }
}

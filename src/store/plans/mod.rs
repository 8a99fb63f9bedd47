//! Plans that others agree to: how they are read. How they change is in `change`, what is said about them in `voices`,
//! and how their tasks come onto the board in `launch`.

mod change;
mod content;
mod launch;
mod voices;

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::{Row, params};

use super::Read;
use crate::domain::id::Noun;
use crate::domain::plan::Plan;
use crate::domain::plan::proposal::{Launch, Proposal, Requirement, Revision, Speaker, State, Voice};
use crate::domain::setting::{PLAN_APPROVALS, Value};
use crate::domain::task::Task;
use crate::error::Refusal;

pub use change::{Amended, NewPlan};
pub use voices::Saying;

const REVISION: &str =
    "SELECT r.number, r.hash, r.author_id, coalesce(a.name, r.author_id), r.created_at, r.title, r.content
     FROM plan_revision r LEFT JOIN agent a ON a.id = r.author_id WHERE r.plan_id = ?1";

/// A revision with its title and its content, which is not read yet.
fn revision(row: &Row<'_>) -> rusqlite::Result<(Revision, String, String)> {
    let revision = Revision {
        number: row.get(0)?,
        hash: row.get(1)?,
        author: row.get(2)?,
        author_name: row.get(3)?,
        created_at: row.get(4)?,
        plan: Plan::default(),
    };
    Ok((revision, row.get(5)?, row.get(6)?))
}

fn read(found: (Revision, String, String)) -> Result<(Revision, String)> {
    let (mut revision, title, content) = found;
    revision.plan = content::plan(&content)?;
    Ok((revision, title))
}

/// The word behind which the origins of a plan's tasks stand, and the one before which they end.
fn origins_of(plan: &str) -> (String, String) {
    (format!("{plan}#"), format!("{plan}$"))
}

impl Read<'_> {
    /// Whose agreement plans need here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plan_requirement(&self) -> Result<Requirement> {
        let stored = self.setting(PLAN_APPROVALS.key)?;
        Ok(match PLAN_APPROVALS.value(stored.as_deref()) {
            Value::Count(count) => Requirement::Agents(u32::try_from(count).unwrap_or(u32::MAX)),
            Value::Span(_) | Value::Word(_) => Requirement::Human,
        })
    }

    /// The newest plans first, at most `limit`; those whose tasks have all ended only on request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plans(&self, limit: u32, done_too: bool) -> Result<Vec<Proposal>> {
        let ids: Vec<String> = self.rows("SELECT id FROM plan ORDER BY proposed_at DESC, id", [], |row| {
            row.get(0)
        })?;
        let mut plans = Vec::new();
        for id in ids {
            if plans.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
            let plan = self.plan(&id)?;
            if done_too || plan.state() != State::Done {
                plans.push(plan);
            }
        }
        Ok(plans)
    }

    /// The plan with this id or unique beginning of one.
    ///
    /// # Errors
    /// [`Refusal`] when there is none or there are several.
    pub fn plan(&self, text: &str) -> Result<Proposal> {
        let id = self.one(Noun::Plan, "plan", text)?;
        let missing = || Refusal::missing("no such plan");
        let (proposer, proposer_name, proposed_at) = self
            .row(
                "SELECT p.proposed_by, coalesce(a.name, p.proposed_by), p.proposed_at
                 FROM plan p LEFT JOIN agent a ON a.id = p.proposed_by WHERE p.id = ?1",
                [&id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?
            .ok_or_else(missing)?;
        let newest = format!("{REVISION} ORDER BY r.number DESC LIMIT 1");
        let (newest, title) = read(self.row(&newest, [&id], revision)?.ok_or_else(missing)?)?;
        Ok(Proposal {
            title,
            proposer,
            proposer_name,
            proposed_at,
            requirement: self.plan_requirement()?,
            voices: self.voices(&id, newest.number)?,
            launch: self.last_launch(&id)?,
            tasks: self.tasks_of_plan(&id, &newest.plan)?,
            newest,
            id,
        })
    }

    /// One revision of a plan, whose id is exactly this.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such revision.
    pub fn plan_revision(&self, plan: &str, number: u32) -> Result<Revision> {
        let sql = format!("{REVISION} AND r.number = ?2");
        let found = self.row(&sql, params![plan, number], revision)?.ok_or_else(|| {
            Refusal::missing(format!("{plan} has no revision {number}"))
                .hint(format!("`agent-sync plan show {plan}` says how many there are"))
        })?;
        Ok(read(found)?.0)
    }

    /// What was said about a revision, the earliest first.
    fn voices(&self, plan: &str, number: u32) -> Result<Vec<Voice>> {
        let found = self.rows(
            "SELECT v.agent_id, coalesce(a.name, v.agent_id), v.vote_id, v.approves, v.reason, v.said_at
             FROM plan_voice v LEFT JOIN agent a ON a.id = v.agent_id
             WHERE v.plan_id = ?1 AND v.number = ?2 ORDER BY v.said_at, v.speaker",
            params![plan, number],
            |row| {
                let speaker = match (row.get(0)?, row.get(2)?) {
                    (_, Some(vote)) => Speaker::Vote(vote),
                    (id, None) => Speaker::Agent {
                        id: Option::unwrap_or_default(id),
                        name: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                        family: String::new(),
                    },
                };
                Ok(Voice {
                    speaker,
                    approves: row.get(3)?,
                    reason: row.get(4)?,
                    said_at: row.get(5)?,
                })
            },
        )?;
        let mut voices = found;
        for voice in &mut voices {
            if let Speaker::Agent { id, family, .. } = &mut voice.speaker {
                *family = self.family(id)?;
            }
        }
        Ok(voices)
    }

    /// The eldest of those whose session an agent is part of.
    pub(super) fn family(&self, agent: &str) -> Result<String> {
        let eldest = self.row(
            "WITH RECURSIVE above (id, parent_id) AS (
                 SELECT id, parent_id FROM agent WHERE id = ?1
                 UNION SELECT a.id, a.parent_id FROM above JOIN agent a ON a.id = above.parent_id)
             SELECT id FROM above WHERE parent_id IS NULL",
            [agent],
            |row| row.get(0),
        )?;
        Ok(eldest.unwrap_or_else(|| agent.to_owned()))
    }

    /// The families of all who wrote a revision of a plan.
    pub(super) fn families_of_plan(&self, plan: &str) -> Result<Vec<String>> {
        let authors: Vec<String> = self.rows(
            "SELECT DISTINCT author_id FROM plan_revision WHERE plan_id = ?1",
            [plan],
            |row| row.get(0),
        )?;
        let families = authors.iter().map(|author| self.family(author));
        families.collect()
    }

    fn last_launch(&self, plan: &str) -> Result<Option<Launch>> {
        self.row(
            "SELECT l.number, l.agent_id, coalesce(a.name, l.agent_id), l.launched_at
             FROM plan_launch l LEFT JOIN agent a ON a.id = l.agent_id
             WHERE l.plan_id = ?1 ORDER BY l.number DESC LIMIT 1",
            [plan],
            |row| {
                Ok(Launch {
                    revision: row.get(0)?,
                    agent: row.get(1)?,
                    agent_name: row.get(2)?,
                    launched_at: row.get(3)?,
                })
            },
        )
    }

    /// The tasks on the board that came from a plan, in the order of `newest`; those that it does not hold come last.
    fn tasks_of_plan(&self, plan: &str, newest: &Plan) -> Result<Vec<(String, Task)>> {
        let (from, to) = origins_of(plan);
        let origins: Vec<(String, String)> = self.rows(
            "SELECT origin, task_id FROM task_origin WHERE origin >= ?1 AND origin < ?2",
            [&from, &to],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if origins.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = origins.iter().map(|(_, id)| id.clone()).collect();
        let found = self.tasks_with(&ids)?;
        let mut found: HashMap<String, Task> =
            found.into_iter().map(|task| (task.id.clone(), task)).collect();
        let place: HashMap<&str, usize> = newest
            .items
            .iter()
            .enumerate()
            .map(|(at, item)| (item.key(), at))
            .collect();
        let mut tasks: Vec<(String, Task)> = origins
            .into_iter()
            .filter_map(|(origin, id)| Some((origin[from.len()..].to_owned(), found.remove(&id)?)))
            .collect();
        tasks.sort_by_key(|(key, _)| place.get(key.as_str()).copied().unwrap_or(usize::MAX));
        Ok(tasks)
    }
}

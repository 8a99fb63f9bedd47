//! Some of the tasks: the set comes from the index that fits the filter best, the rest of the filter is judged
//! on what that found.

use anyhow::Result;

use super::rows::{EVERY, Set};
use crate::domain::activity::Activity;
use crate::domain::picture::Tally;
use crate::domain::task::{Filter, Owner, Status, Task};
use crate::store::Read;
use crate::store::activity::activity;

pub(super) const OWNED: Set = Set("t.owner_id = ?1");
pub(super) const LABELLED: Set = Set("t.id IN (SELECT task_id FROM task_label WHERE label = ?1)");
pub(super) const WITH_IDS: Set = Set("t.id IN (SELECT value FROM json_each(?1))");
pub(super) const IN_STATES: Set = Set("t.status IN (SELECT value FROM json_each(?1))");
pub(super) const DEPENDENTS: Set =
    Set("t.id IN (SELECT task_id FROM task_dependency WHERE depends_on_id = ?1)");
pub(super) const DEPENDENCIES: Set =
    Set("t.id IN (SELECT depends_on_id FROM task_dependency WHERE task_id = ?1)");

/// What failed since ?1 and nothing that goes on takes over from.
pub(super) const FAILED: Set = Set("t.status = 'failed' AND t.updated_at >= ?1 AND NOT EXISTS (
     SELECT 1 FROM task_dependency h JOIN task n ON n.id = h.task_id
     WHERE h.depends_on_id = t.id AND h.verdict = 'holds' AND n.status <> 'cancelled')");
/// How many tasks there are in each state.
pub(super) const TALLY: &str = "SELECT status, count(*) FROM task GROUP BY status";

/// What is recorded of a task begins with its id; `;` comes right behind the colon that may follow it.
pub(super) const TRAIL: &str =
    "SELECT a.id, a.agent_id, g.name, a.event, a.body, a.tool, a.path, a.created_at
     FROM activity a LEFT JOIN agent g ON g.id = a.agent_id
     WHERE a.event GLOB 'task.*' AND a.body >= ?1 AND a.body < ?1 || ';' ORDER BY a.seq";

impl Read<'_> {
    /// What is recorded of a task, the earliest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_activity(&self, task: &str) -> Result<Vec<Activity>> {
        let mut entries = self.rows(TRAIL, [task], activity)?;
        // A longer id that begins with this one is another task's.
        entries.retain(|entry| {
            let rest = entry.body.strip_prefix(task).unwrap_or_default();
            !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-')
        });
        Ok(entries)
    }

    /// How many tasks there are in each state.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tally(&self) -> Result<Tally> {
        let mut tally = Tally::default();
        for (status, count) in self.rows(TALLY, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
            tally.add(Status::parse(&status).unwrap_or(Status::Blocked), count);
        }
        Ok(tally)
    }

    /// The tasks that failed since `since` (milliseconds since the epoch) and that nothing takes over from,
    /// ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn failed_for_good(&self, since: i64) -> Result<Vec<Task>> {
        self.load_sorted(FAILED, [since])
    }

    /// The tasks that a filter accepts, ordered like [`Self::tasks`]; those that are ready, in the order in
    /// which they are handed out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tasks_like(&self, filter: &Filter) -> Result<Vec<Task>> {
        let mut tasks = if filter.is_ready {
            self.ready_tasks()?
        } else if let Some(Owner::Agent(id)) = &filter.owner {
            self.load_sorted(OWNED, [id])?
        } else if let Some(label) = filter.labels.first() {
            self.load_sorted(LABELLED, [label])?
        } else if !filter.states.is_empty() {
            let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
            self.load_sorted(IN_STATES, [serde_json::to_string(&states)?.as_str()])?
        } else {
            self.load_sorted(EVERY, [])?
        };
        tasks.retain(|task| filter.accepts(task));
        Ok(tasks)
    }

    /// Those of these tasks that there are, ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tasks_with(&self, ids: &[String]) -> Result<Vec<Task>> {
        self.load_sorted(WITH_IDS, [serde_json::to_string(ids)?.as_str()])
    }

    /// The tasks that depend on this one, ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dependents(&self, task: &str) -> Result<Vec<Task>> {
        self.load_sorted(DEPENDENTS, [task])
    }

    /// The tasks that this one depends on, ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn dependencies(&self, task: &str) -> Result<Vec<Task>> {
        self.load_sorted(DEPENDENCIES, [task])
    }
}

//! What an agent should know at a glance, read in one snapshot.

use anyhow::Result;
use rusqlite::params;

use super::Read;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::overview::{MOST_LOCKS, MOST_OTHERS, MOST_TASKS, Overview};
use crate::domain::task::Task;

/// How many decisions an overview holds.
const DECISIONS: u32 = 10;

const OPEN_COUNT: &str = "SELECT count(*) FROM task WHERE status IN ('in_progress', 'blocked', 'pending')";
const FREE_COUNT: &str = "SELECT count(*) FROM task WHERE status = 'pending' AND waits = 0";
/// What an agent works on.
const OWN: &str = "SELECT id FROM task WHERE owner_id = ?1 AND status = 'in_progress'
     ORDER BY priority DESC, created_at, id LIMIT ?2";
/// What anybody may take, in the order in which it is handed out.
const FREE: &str = "SELECT id FROM task WHERE status = 'pending' AND waits = 0
     ORDER BY priority DESC, rank DESC, created_at, id LIMIT ?1";

impl Read<'_> {
    /// The state of the repository as agent `me` needs it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overview(&self, me: &str) -> Result<Overview> {
        let mut others = self.living()?;
        others.retain(|agent| agent.id != me && agent.id != OPERATOR);
        let own_locks = self.locks_of(me)?;
        Ok(Overview {
            me: self.agent(me)?,
            lock_count: self.lock_count()?,
            locks: self.first_locks_of_others(me, MOST_LOCKS)?,
            own_locks,
            open_count: self.count(OPEN_COUNT, [])?,
            free_count: self.count(FREE_COUNT, [])?,
            tasks: self.tasks_spoken_of(me, &others)?,
            others,
            decisions: self.decisions(DECISIONS, false)?,
            unread: self.unread_count(me)?,
        })
    }

    /// The open tasks that an overview for `me` speaks of.
    fn tasks_spoken_of(&self, me: &str, others: &[Agent]) -> Result<Vec<Task>> {
        let limit = i64::try_from(MOST_TASKS).unwrap_or(i64::MAX);
        let mut ids: Vec<String> = self.rows(OWN, params![me, limit], |row| row.get(0))?;
        ids.extend(self.rows(FREE, [limit], |row| row.get::<_, String>(0))?);
        let others = others.iter().take(MOST_OTHERS);
        ids.extend(others.filter_map(|agent| agent.current_task.clone()));
        let mut tasks = self.tasks_with(&ids)?;
        tasks.retain(|task| task.status.is_open());
        Ok(tasks)
    }
}

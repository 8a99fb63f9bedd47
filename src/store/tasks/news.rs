//! What others did to the tasks that an agent works on.

use anyhow::Result;
use rusqlite::params;

use crate::domain::activity::Activity;
use crate::domain::task::Task;
use crate::store::Read;
use crate::store::activity::activity;

/// The newest thing that others did to each task of an agent since it took it and was told last, and its number.
/// What ended longer ago than a moment is not looked at: an agent comes to own many tasks that are done.
pub(super) const NEWS: &str = "
    SELECT a.id, a.agent_id, g.name, a.event, a.body, a.tool, a.path, a.created_at, a.seq, t.id
    FROM task t JOIN activity a ON a.seq = (
        SELECT max(o.seq) FROM activity o WHERE o.event GLOB 'task.*' AND o.body >= t.id AND o.body < t.id || ';'
            AND o.agent_id IS NOT ?1)
    LEFT JOIN agent g ON g.id = a.agent_id
    WHERE t.owner_id = ?1 AND (t.status IN ('in_progress', 'blocked') OR t.updated_at >= ?2)
        AND a.seq > coalesce((SELECT max(m.seq) FROM activity m WHERE m.event GLOB 'task.*' AND m.body >= t.id
            AND m.body < t.id || ';' AND m.agent_id = ?1 AND m.event IN ('task.claimed', 'task.accepted')), 0)
        AND a.seq > coalesce((SELECT d.mark FROM told d
            WHERE d.agent_id = ?1 AND d.subject = 'task:' || t.id), 0)
    ORDER BY a.seq";

/// Whether an agent has a task of which there may be news.
const OWNED: &str = "
    SELECT 1 FROM task WHERE owner_id = ?1 AND (status IN ('in_progress', 'blocked') OR updated_at >= ?2)";

/// How long, in milliseconds, it is news that a task of one's own has ended.
const RECENT: i64 = 60 * 60 * 1000;

/// What was done to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskNews {
    /// The task as it is now.
    pub task: Task,
    /// The last that was done to it.
    pub last: Activity,
    /// The number of that in the record.
    pub seq: i64,
}

impl Read<'_> {
    /// What others did to the tasks of this agent that it was not told of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_news(&self, agent: &str) -> Result<Vec<TaskNews>> {
        let since = self.now().saturating_sub(RECENT);
        if !self.any(OWNED, params![agent, since])? {
            return Ok(Vec::new());
        }
        let found = self.rows(NEWS, params![agent, since], |row| {
            Ok((activity(row)?, row.get::<_, i64>(8)?, row.get::<_, String>(9)?))
        })?;
        let mut news = Vec::with_capacity(found.len());
        for (last, seq, id) in found {
            news.extend(self.task(&id)?.map(|task| TaskNews { task, last, seq }));
        }
        Ok(news)
    }
}

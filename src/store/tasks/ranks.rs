//! The rank of each open task: how long the longest chain of open tasks is that waits for it.
//!
//! Most changes touch few ranks and are followed up the graph from task to task. What one at the end of a very
//! long chain means further up is put off until a task is handed out, so that a plan that grows there is paid
//! for once and not with each of its tasks. Lists may show ranks that are a little old until then.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use anyhow::Result;
use rusqlite::params;

use crate::domain::task::longest_chains;
use crate::store::Write;

/// How many tasks, beside those that changed, a change looks at before it puts the rest off.
const FEW: usize = 300;
/// Whether ranks were put off: the fact of the store that says so.
const PUT_OFF: &str = "ranks_put_off";
/// The rank of an open task from those of the open tasks that depend on it.
pub(super) const SET_RANK: &str = "UPDATE task SET rank = n.rank FROM (
         SELECT coalesce(max(t.rank) + 1, 0) AS rank FROM task_dependency d
         JOIN task t ON t.id = d.task_id AND t.status IN ('pending', 'in_progress', 'blocked')
         WHERE d.depends_on_id = ?1) AS n
     WHERE task.id = ?1 AND task.status IN ('pending', 'in_progress', 'blocked') AND task.rank <> n.rank";
/// The open tasks that a task depends on, each with its rank.
pub(super) const OPEN_DEPENDENCIES: &str = "SELECT DISTINCT t.rank, t.id FROM task_dependency d
     JOIN task t ON t.id = d.depends_on_id
     WHERE d.task_id = ?1 AND t.status IN ('pending', 'in_progress', 'blocked')";

impl Write<'_> {
    /// Brings the ranks up to date after these tasks have ended, come back, or got or lost dependencies.
    ///
    /// Lower ranks first: what a task's rank is made of is then right when its turn comes, so each is looked
    /// at about once however the chains run.
    pub(super) fn rerank(&self, moved: &[String]) -> Result<()> {
        let mut queue: BinaryHeap<Reverse<(i64, String)>> = BinaryHeap::new();
        let mut queued: BTreeSet<String> = BTreeSet::new();
        let mut own = self.connection.prepare(
            "SELECT rank, id FROM task WHERE id = ?1 AND status IN ('pending', 'in_progress', 'blocked')",
        )?;
        let mut dependencies = self.connection.prepare(OPEN_DEPENDENCIES)?;
        let mut set_rank = self.connection.prepare(SET_RANK)?;
        for task in moved {
            let mut open: Vec<(i64, String)> =
                own.query_map([task], ranked)?.collect::<rusqlite::Result<_>>()?;
            for dependency in dependencies.query_map([task], ranked)? {
                open.push(dependency?);
            }
            for (rank, id) in open {
                if queued.insert(id.clone()) {
                    queue.push(Reverse((rank, id)));
                }
            }
        }
        let mut looked_at = 0;
        while let Some(Reverse((_, task))) = queue.pop() {
            looked_at += 1;
            if looked_at > FEW + 2 * moved.len() {
                self.execute(
                    "INSERT OR IGNORE INTO meta (key, value) VALUES (?1, '')",
                    [PUT_OFF],
                )?;
                return Ok(());
            }
            queued.remove(&task);
            let changed = set_rank.execute([&task])?;
            if changed > 0 {
                for dependency in dependencies.query_map([&task], ranked)? {
                    let (rank, id) = dependency?;
                    if queued.insert(id.clone()) {
                        queue.push(Reverse((rank, id)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Works out what was put off.
    pub(super) fn catch_up_ranks(&self) -> Result<()> {
        if self.any("SELECT 1 FROM meta WHERE key = ?1", [PUT_OFF])? {
            self.rank_all()?;
        }
        Ok(())
    }

    /// Works out every rank anew: what many changes at once, or one far down a deep graph, come to.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn rank_all(&self) -> Result<()> {
        let mut tasks: Vec<(i64, String)> = self.rows(
            "SELECT rank, id FROM task WHERE status IN ('pending', 'in_progress', 'blocked')",
            [],
            ranked,
        )?;
        // In the order in which they are stored, so that no page is visited twice.
        tasks.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        let place: HashMap<&str, usize> = tasks
            .iter()
            .enumerate()
            .map(|(place, (_, id))| (id.as_str(), place))
            .collect();
        let edges: Vec<(String, String)> = self.rows(
            "SELECT d.task_id, d.depends_on_id FROM task t JOIN task_dependency d ON d.task_id = t.id
             WHERE t.status IN ('pending', 'in_progress', 'blocked')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let edges: Vec<(usize, usize)> = edges
            .iter()
            .filter_map(|(task, on)| Some((*place.get(task.as_str())?, *place.get(on.as_str())?)))
            .collect();
        let mut update = self
            .connection
            .prepare("UPDATE task SET rank = ?2 WHERE id = ?1")?;
        for (rank, (before, id)) in longest_chains(tasks.len(), &edges).into_iter().zip(&tasks) {
            if i64::from(rank) != *before {
                update.execute(params![id, rank])?;
            }
        }
        self.execute("DELETE FROM meta WHERE key = ?1", [PUT_OFF])?;
        Ok(())
    }
}

fn ranked(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

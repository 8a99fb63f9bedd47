//! What the fate of one task means for those that depend on it, carried through in the same transaction.
//!
//! Each dependency keeps its verdict, each task how many of them do not hold, and each open task its rank: the
//! length of the longest chain of open tasks that waits for it. A thousand dependents are a few statements:
//! all dependencies of one kind and condition on one task have one verdict.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use anyhow::Result;
use rusqlite::{Statement, params};

use crate::domain::task::{Kind, Move, Results, Status, Verdict};
use crate::store::{Entry, Read, Write};

/// Works out everything that is kept about the graph, for tasks that came from an older store. There a cancelled
/// task held nobody up: where one is depended on, it may end however it likes.
pub(in super::super) const REBUILD: &str = "
    UPDATE task_dependency SET kind = 'always'
        WHERE depends_on_id IN (SELECT id FROM task WHERE status = 'cancelled');
    UPDATE task_dependency SET verdict = 'holds'
        WHERE depends_on_id IN (SELECT id FROM task WHERE status IN ('done', 'cancelled'));
    UPDATE task SET waits = (SELECT count(*) FROM task_dependency d
        WHERE d.task_id = task.id AND d.verdict <> 'holds');
    UPDATE task SET rank = chain.length FROM (
        WITH RECURSIVE chain (id, length) AS (
            SELECT id, 0 FROM task WHERE status IN ('pending', 'in_progress', 'blocked')
            UNION
            SELECT d.depends_on_id, chain.length + 1 FROM chain JOIN task_dependency d ON d.task_id = chain.id
                JOIN task f ON f.id = d.depends_on_id AND f.status IN ('pending', 'in_progress', 'blocked'))
        SELECT id, max(length) AS length FROM chain GROUP BY id) AS chain
    WHERE chain.id = task.id;
    UPDATE task SET attempts = 1, claimed_at = updated_at WHERE status = 'in_progress';";

/// All dependencies of one kind and condition on a task get their verdict.
pub(super) const SET_VERDICT: &str = "UPDATE task_dependency SET verdict = ?4, why = ?5
     WHERE depends_on_id = ?1 AND kind = ?2 AND condition = ?3 AND (verdict <> ?4 OR why IS NOT ?5)";
/// What is asked of a task.
pub(super) const ASKED: &str =
    "SELECT DISTINCT kind, condition FROM task_dependency WHERE depends_on_id = ?1";
/// All that depends on a task counts anew what it waits for.
pub(super) const COUNT_WAITS: &str = "UPDATE task SET waits = n.waits FROM (
         SELECT d.task_id AS id, count(*) FILTER (WHERE d.verdict <> 'holds') AS waits FROM task_dependency d
         WHERE d.task_id IN (SELECT task_id FROM task_dependency WHERE depends_on_id = ?1) GROUP BY d.task_id) AS n
     WHERE task.id = n.id AND task.waits <> n.waits";
/// Those nobody works on that can never begin because of a task are cancelled, each with the reason.
pub(super) const DISCARD: &str =
    "UPDATE task SET status = 'cancelled', end_reason = h.why, discarded_by = ?1,
         owner_id = NULL, blocked_reason = NULL, updated_at = ?2
     FROM (SELECT t.id AS id, min(d.why) AS why FROM task_dependency d JOIN task t ON t.id = d.task_id
         WHERE d.depends_on_id = ?1 AND d.verdict = 'never'
           AND (t.status = 'pending' OR (t.status = 'blocked' AND t.owner_id IS NULL)) GROUP BY t.id) AS h
     WHERE task.id = h.id RETURNING task.id, task.end_reason";
/// Those that were cancelled by themselves and that nothing speaks against any more wait again.
pub(super) const REVIVE: &str = "UPDATE task SET status = 'pending', end_reason = NULL, discarded_by = NULL,
         attempts = 0, updated_at = ?2
     FROM (SELECT DISTINCT t.id AS id FROM task_dependency d JOIN task t ON t.id = d.task_id
         WHERE d.depends_on_id = ?1 AND t.status = 'cancelled' AND t.discarded_by IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM task_dependency n WHERE n.task_id = t.id AND n.verdict = 'never')) AS h
     WHERE task.id = h.id RETURNING task.id";
/// How the record calls the two.
const DISCARDED_EVENT: &str = "task.cancelled";
const REVIVED_EVENT: &str = "task.revived";
/// Those that depend on a task and stay cancelled by themselves blame the first thing that speaks against them.
pub(super) const BLAME: &str = "UPDATE task SET end_reason = h.why, discarded_by = h.blamed
     FROM (SELECT t.id AS id, min(n.depends_on_id) AS blamed, coalesce(n.why, '') AS why
         FROM task t JOIN task_dependency n ON n.task_id = t.id AND n.verdict = 'never'
         WHERE t.id IN (SELECT task_id FROM task_dependency WHERE depends_on_id = ?1)
           AND t.status = 'cancelled' AND t.discarded_by IS NOT NULL GROUP BY t.id) AS h
     WHERE task.id = h.id AND (task.discarded_by IS NOT h.blamed OR task.end_reason IS NOT h.why)";
/// Those for which nothing is left to wait for, of those that depend on a task.
pub(super) const FREED: &str = "SELECT DISTINCT t.id FROM task_dependency d JOIN task t ON t.id = d.task_id
     WHERE d.depends_on_id = ?1 AND d.verdict = 'holds' AND t.status = 'pending' AND t.waits = 0";
/// Those somebody works on although what they ask of a task does not hold.
pub(super) const SHAKEN: &str = "SELECT DISTINCT t.id FROM task_dependency d JOIN task t ON t.id = d.task_id
     WHERE d.depends_on_id = ?1 AND d.verdict <> 'holds'
       AND (t.status = 'in_progress' OR (t.status = 'blocked' AND t.owner_id IS NOT NULL))";

/// What followed for other tasks from what became of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fallout {
    /// Ids of the tasks that wait for nothing any more, in the order in which they are handed out.
    pub freed: Vec<String>,
    /// Ids of the tasks that were cancelled because what they wait for can never come, and why.
    pub discarded: Vec<(String, String)>,
    /// Ids of the tasks that had been cancelled so and are back.
    pub revived: Vec<String>,
    /// Ids of the tasks somebody works on although what they depend on no longer holds.
    pub shaken: Vec<String>,
}

impl Fallout {
    /// Adds what followed from another change.
    pub fn add(&mut self, later: Self) {
        self.freed.extend(later.freed);
        self.discarded.extend(later.discarded);
        self.revived.extend(later.revived);
        self.shaken.extend(later.shaken);
    }
}

impl Read<'_> {
    /// How the task stands and what its results are, as far as others depend on it.
    fn fate(&self, task: &str) -> Result<(Status, Results)> {
        let status: Option<String> =
            self.row("SELECT status FROM task WHERE id = ?1", [task], |row| row.get(0))?;
        let status = status.as_deref().and_then(Status::parse);
        Ok((status.unwrap_or(Status::Cancelled), self.task_results(task)?))
    }

    fn ids(&self, sql: &str, task: &str) -> Result<Vec<String>> {
        self.rows(sql, [task], |row| row.get(0))
    }
}

impl Write<'_> {
    /// Carries through what the new states of `changed` mean for the tasks that depend on them, and for those
    /// that depend on these.
    pub(super) fn settle(&self, agent: Option<&str>, changed: &[&str]) -> Result<Fallout> {
        let mut fallout = Fallout::default();
        let mut queue: VecDeque<String> = changed.iter().map(|&id| id.to_owned()).collect();
        let mut moved: Vec<String> = queue.iter().cloned().collect();
        let mut asked = self.connection.prepare(ASKED)?;
        while let Some(task) = queue.pop_front() {
            if !self.judge_dependents(&mut asked, &task)? {
                continue;
            }
            let discarded = self.discard_dependents(agent, &task)?;
            let revived = self.revive_dependents(agent, &task)?;
            for id in discarded.iter().map(|(id, _)| id).chain(&revived) {
                queue.push_back(id.clone());
                moved.push(id.clone());
            }
            fallout.discarded.extend(discarded);
            fallout.revived.extend(revived);
            fallout.freed.extend(self.ids(FREED, &task)?);
            fallout.shaken.extend(self.ids(SHAKEN, &task)?);
        }
        self.rerank(&moved)?;
        self.tidy(&mut fallout)?;
        Ok(fallout)
    }

    /// Works out anew all that is kept about the graph after tasks and dependencies came from elsewhere: what is
    /// here may stand differently than it did there.
    pub(in crate::store) fn settle_all(&self, agent: &str) -> Result<()> {
        self.execute(
            "UPDATE task SET waits = (SELECT count(*) FROM task_dependency d
                 WHERE d.task_id = task.id AND d.verdict <> 'holds')",
            [],
        )?;
        let asked: Vec<String> =
            self.rows("SELECT DISTINCT depends_on_id FROM task_dependency", [], |row| {
                row.get(0)
            })?;
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        self.settle(Some(agent), &asked)?;
        self.rank_all()
    }

    /// Gives a task that has just come to wait its place: cancelled when what it waits for can never come.
    /// Says because of which task and why, then.
    pub(super) fn place(&self, agent: Option<&str>, task: &str) -> Result<Option<(String, String)>> {
        self.count_waits(task)?;
        let Some((on, why)) = self.first_never(task)? else {
            return Ok(None);
        };
        self.discard(agent, task, &on, &why)?;
        Ok(Some((on, why)))
    }

    /// Puts the outcome into order: what was undone later in the same cascade did not happen.
    fn tidy(&self, fallout: &mut Fallout) -> Result<()> {
        let mut freed: BTreeSet<String> = fallout.freed.drain(..).collect();
        freed.extend(fallout.revived.iter().cloned());
        let mut ready = Vec::new();
        let mut place = self.connection.prepare(
            "SELECT priority, rank, created_at FROM task WHERE id = ?1 AND status = 'pending' AND waits = 0",
        )?;
        for id in freed {
            let mut rows = place.query([&id])?;
            if let Some(row) = rows.next()? {
                let urgency = (Reverse(row.get::<_, i64>(0)?), Reverse(row.get::<_, i64>(1)?));
                ready.push((urgency, row.get::<_, i64>(2)?, id));
            }
        }
        ready.sort();
        fallout.freed = ready.into_iter().map(|(_, _, id)| id).collect();
        fallout.shaken.sort();
        fallout.shaken.dedup();
        Ok(())
    }

    /// Brings the verdicts of all that depends on a task up to date, and says whether any changed.
    fn judge_dependents(&self, asked: &mut Statement<'_>, task: &str) -> Result<bool> {
        let asked = asked.query_map([task], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let asked: Vec<(String, String)> = asked.collect::<rusqlite::Result<_>>()?;
        if asked.is_empty() {
            return Ok(false);
        }
        let (status, results) = self.fate(task)?;
        let mut changed = 0;
        for (word, condition) in asked {
            let verdict = Kind::stored(&word, &condition).verdict(task, status, &results);
            changed += self.execute(
                SET_VERDICT,
                params![task, word, condition, verdict.as_str(), why(&verdict)],
            )?;
        }
        if changed == 0 {
            return Ok(false);
        }
        self.execute(COUNT_WAITS, [task])?;
        Ok(true)
    }

    /// The verdict of one dependency as things stand.
    pub(super) fn judge(&self, on: &str, kind: &Kind) -> Result<Verdict> {
        let (status, results) = self.fate(on)?;
        Ok(kind.verdict(on, status, &results))
    }

    pub(super) fn count_waits(&self, task: &str) -> Result<()> {
        self.execute(
            "UPDATE task SET waits = (SELECT count(*) FROM task_dependency d
                 WHERE d.task_id = ?1 AND d.verdict <> 'holds') WHERE id = ?1",
            [task],
        )?;
        Ok(())
    }

    /// Cancels those nobody works on for which a dependency on `task` can never hold; says which, and why.
    fn discard_dependents(&self, agent: Option<&str>, task: &str) -> Result<Vec<(String, String)>> {
        let discarded: Vec<(String, String)> = self.rows(DISCARD, params![task, self.now()], |row| {
            Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default()))
        })?;
        let bodies: Vec<String> = discarded.iter().map(|(id, why)| format!("{id}: {why}")).collect();
        self.record_all(agent, DISCARDED_EVENT, bodies.iter().map(String::as_str))?;
        Ok(discarded)
    }

    /// Puts those back that were cancelled by themselves, depend on `task` and may wait again; says which.
    fn revive_dependents(&self, agent: Option<&str>, task: &str) -> Result<Vec<String>> {
        let revived: Vec<String> = self.rows(REVIVE, params![task, self.now()], |row| row.get(0))?;
        self.record_all(agent, REVIVED_EVENT, revived.iter().map(String::as_str))?;
        // The others may have something else to blame now.
        self.execute(BLAME, [task])?;
        Ok(revived)
    }

    fn first_never(&self, task: &str) -> Result<Option<(String, String)>> {
        self.row(
            "SELECT depends_on_id, coalesce(why, '') FROM task_dependency
             WHERE task_id = ?1 AND verdict = 'never' ORDER BY depends_on_id LIMIT 1",
            [task],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn discard(&self, agent: Option<&str>, task: &str, because_of: &str, why: &str) -> Result<()> {
        self.execute(
            "UPDATE task SET status = 'cancelled', end_reason = ?2, discarded_by = ?3, owner_id = NULL,
                 blocked_reason = NULL, updated_at = ?4 WHERE id = ?1",
            params![task, why, because_of, self.now()],
        )?;
        self.record_task(agent, Move::Discard, &format!("{task}: {why}"))
    }

    /// Puts a task back that was cancelled by itself, if nothing speaks against it any more.
    pub(super) fn revive(&self, agent: Option<&str>, task: &str) -> Result<bool> {
        if let Some((on, why)) = self.first_never(task)? {
            self.execute(
                "UPDATE task SET end_reason = ?2, discarded_by = ?3 WHERE id = ?1",
                [task, &why, &on],
            )?;
            return Ok(false);
        }
        self.execute(
            "UPDATE task SET status = 'pending', end_reason = NULL, discarded_by = NULL, attempts = 0,
                 updated_at = ?2 WHERE id = ?1",
            params![task, self.now()],
        )?;
        self.record_task(agent, Move::Revive, task)?;
        Ok(true)
    }

    /// Records what became of a task.
    pub(super) fn record_task(&self, agent: Option<&str>, what: Move, body: &str) -> Result<()> {
        let event = format!("task.{}", what.verb());
        self.record(Entry {
            agent,
            event: &event,
            body,
            ..Entry::default()
        })?;
        Ok(())
    }
}

/// Why it never will, if it never will.
pub(super) fn why(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Never(why) => Some(why),
        Verdict::Holds | Verdict::Waits => None,
    }
}

//! What came of a task, and what was said of it and shown for it.

use anyhow::Result;
use rusqlite::{Row, params};

use super::Report;
use crate::domain::task::{Offer, Results, Trail, TrailKind, Value};
use crate::store::{Entry, Read, Write};

/// How a run of an acceptance command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command that was run.
    pub command: String,
    /// Its exit status, or 128 and the number of the signal; `None` when it took too long.
    pub exit: Option<i32>,
    /// How long it ran, in milliseconds.
    pub took: i64,
    /// The end of what it printed.
    pub tail: String,
}

impl Check {
    /// Whether it succeeded.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.exit == Some(0)
    }
}

impl Read<'_> {
    /// The results of a task, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_results(&self, task: &str) -> Result<Results> {
        let rows = self.rows(
            "SELECT key, kind, value FROM task_result WHERE task_id = ?1",
            [task],
            |row| {
                let kind: String = row.get(1)?;
                Ok((row.get(0)?, Value::stored(&kind, row.get(2)?)))
            },
        )?;
        Ok(rows.into_iter().collect())
    }

    /// What was said of a task and shown for it, the earliest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_trail(&self, task: &str) -> Result<Vec<Trail>> {
        self.rows(
            "SELECT r.kind, r.agent_id, a.name, r.body, r.exit, r.took, r.created_at
             FROM task_trail r LEFT JOIN agent a ON a.id = r.agent_id WHERE r.task_id = ?1 ORDER BY r.seq",
            [task],
            |row| {
                let kind: String = row.get(0)?;
                Ok(Trail {
                    kind: TrailKind::parse(&kind),
                    author: row.get(1)?,
                    author_name: row.get(2)?,
                    body: row.get(3)?,
                    exit: row.get(4)?,
                    took: row.get(5)?,
                    created_at: row.get(6)?,
                })
            },
        )
    }

    /// The hand-over of a task that waits for an answer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_offer(&self, task: &str) -> Result<Option<Offer>> {
        self.row(
            "SELECT o.task_id, o.from_id, f.name, o.to_id, t.name, o.note, o.offered_at
             FROM task_offer o JOIN agent f ON f.id = o.from_id JOIN agent t ON t.id = o.to_id
             WHERE o.task_id = ?1",
            [task],
            offer,
        )
    }

    /// The hand-overs that wait for this agent's answer, the earliest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offers_to(&self, agent: &str) -> Result<Vec<Offer>> {
        self.rows(
            "SELECT o.task_id, o.from_id, f.name, o.to_id, t.name, o.note, o.offered_at
             FROM task_offer o JOIN agent f ON f.id = o.from_id JOIN agent t ON t.id = o.to_id
             WHERE o.to_id = ?1 ORDER BY o.offered_at, o.task_id",
            [agent],
            offer,
        )
    }
}

fn offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    Ok(Offer {
        task: row.get(0)?,
        from: row.get(1)?,
        from_name: row.get(2)?,
        to: row.get(3)?,
        to_name: row.get(4)?,
        note: row.get(5)?,
        offered_at: row.get(6)?,
    })
}

impl Write<'_> {
    /// Adds an entry to a task's trail.
    pub(super) fn add_to_trail(
        &self,
        task: &str,
        agent: Option<&str>,
        kind: TrailKind,
        body: &str,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO task_trail (task_id, kind, agent_id, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![task, kind.as_str(), agent, body, self.now()],
        )?;
        Ok(())
    }

    /// Keeps a run of the acceptance command.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn record_check(&self, agent: &str, task: &str, check: &Check) -> Result<()> {
        self.execute(
            "INSERT INTO task_trail (task_id, kind, agent_id, body, exit, took, created_at)
             VALUES (?1, 'check', ?2, ?3, ?4, ?5, ?6)",
            params![task, agent, check.tail, check.exit, check.took, self.now()],
        )?;
        let outcome = match check.exit {
            Some(0) => "passed".to_owned(),
            Some(exit) => format!("ended with {exit}"),
            None => "took too long".to_owned(),
        };
        self.record(Entry {
            agent: Some(agent),
            event: "task.checked",
            body: &format!("{task}: {outcome}: {}", check.command),
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Adds all that somebody says about a task that they move.
    pub(super) fn add_report(&self, task: &str, agent: &str, report: &Report<'_>) -> Result<()> {
        let words = |kind, texts: &[String]| {
            texts
                .iter()
                .try_for_each(|text| self.add_to_trail(task, Some(agent), kind, text))
        };
        if let Some(note) = report.note {
            self.add_to_trail(task, Some(agent), TrailKind::Note, note)?;
        }
        words(TrailKind::Evidence, report.evidence)?;
        words(TrailKind::Commit, report.commits)?;
        self.set_results(task, &report.results)
    }

    /// Sets results of a task; those of other names stay.
    pub(super) fn set_results(&self, task: &str, results: &Results) -> Result<()> {
        for (key, value) in results {
            self.execute(
                "INSERT INTO task_result (task_id, key, kind, value) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (task_id, key) DO UPDATE SET kind = excluded.kind, value = excluded.value",
                params![task, key, value.kind(), value.text()],
            )?;
        }
        Ok(())
    }
}

//! New tasks, and what comes before what.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::params;

use super::NewTask;
use crate::domain::id::Noun;
use crate::domain::task::{Task, cycle};
use crate::error::Refusal;
use crate::store::{Entry, Write};

impl Write<'_> {
    /// Creates a task.
    ///
    /// # Errors
    /// [`Refusal`] when a dependency does not exist.
    pub fn create_task(&self, agent: &str, new: &NewTask<'_>) -> Result<Task> {
        let depends_on = new
            .depends_on
            .iter()
            .map(|text| self.find_task(text))
            .collect::<Result<Vec<_>>>()?;
        let id = self.new_id(Noun::Task)?;
        self.execute(
            "INSERT INTO task (id, title, description, status, priority, created_by, created_at, updated_at)
             VALUES (?1, ?2, ?3, 'pending', ?4, ?5, ?6, ?6)",
            params![id, new.title, new.description, new.priority, agent, self.now()],
        )?;
        for path in new.files {
            self.execute(
                "INSERT OR IGNORE INTO task_file (task_id, path) VALUES (?1, ?2)",
                [&id, path],
            )?;
        }
        for dependency in &depends_on {
            self.execute(
                "INSERT OR IGNORE INTO task_dependency (task_id, depends_on_id) VALUES (?1, ?2)",
                [&id, &dependency.id],
            )?;
        }
        self.record(Entry {
            agent: Some(agent),
            event: "task.created",
            body: &id,
            ..Entry::default()
        })?;
        self.task(&id)?
            .ok_or_else(|| anyhow::anyhow!("a task vanished inside its transaction"))
    }

    /// Makes one task wait for another.
    ///
    /// # Errors
    /// [`Refusal`] when it would close a cycle; the message names every edge.
    pub fn depend(&self, agent: &str, task: &str, depends_on: &str) -> Result<Task> {
        let task = self.find_task(task)?;
        let first = self.find_task(depends_on)?;
        let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, depends_on) in
            self.rows("SELECT task_id, depends_on_id FROM task_dependency", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?
        {
            edges.entry(id).or_default().push(depends_on);
        }
        if let Some(cycle) = cycle(&edges, &task.id, &first.id) {
            let edges: Vec<String> = cycle.iter().map(|(task, on)| format!("{task} -> {on}")).collect();
            return Err(
                Refusal::refused(format!("that would close a cycle: {}", edges.join(", ")))
                    .hint("a task cannot wait for itself, not even through others")
                    .into(),
            );
        }
        self.execute(
            "INSERT OR IGNORE INTO task_dependency (task_id, depends_on_id) VALUES (?1, ?2)",
            [&task.id, &first.id],
        )?;
        let body = format!("{} after {}", task.id, first.id);
        self.record(Entry {
            agent: Some(agent),
            event: "task.depends",
            body: &body,
            ..Entry::default()
        })?;
        self.task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task").into())
    }
}

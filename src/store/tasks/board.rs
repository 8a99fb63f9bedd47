//! New tasks, and what they ask of each other.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::params;

use super::graph::why;
use super::{Fallout, NewDependency, NewTask};
use crate::domain::id::Noun;
use crate::domain::task::{Kind, Task, cycle};
use crate::error::Refusal;
use crate::store::{Entry, Write};

impl Write<'_> {
    /// Creates a task. What it asks of tasks that have ended is judged at once, so it may be cancelled from the
    /// start.
    ///
    /// # Errors
    /// [`Refusal`] when a task that it depends on does not exist.
    pub fn create_task(&self, agent: &str, new: &NewTask<'_>) -> Result<Task> {
        let task = self.add_task(agent, new)?;
        self.rerank(std::slice::from_ref(&task.id))?;
        Ok(task)
    }

    /// One of many tasks that are created together. After the last of them [`Self::rank_all`] has to follow.
    ///
    /// # Errors
    /// [`Refusal`] when a task that it depends on does not exist.
    pub fn add_task(&self, agent: &str, new: &NewTask<'_>) -> Result<Task> {
        let dependencies = new
            .dependencies
            .iter()
            .map(|wanted| Ok((self.find_task(&wanted.on)?.id, &wanted.kind)))
            .collect::<Result<Vec<_>>>()?;
        let id = self.new_id(Noun::Task)?;
        self.execute(
            "INSERT INTO task (id, title, description, status, priority, role, acceptance, acceptance_command,
                 max_attempts, created_by, created_at, updated_at)
             VALUES (?1, ?2, ?3, 'pending', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
            params![
                id,
                new.title,
                new.description,
                new.priority,
                new.role,
                new.acceptance,
                new.acceptance_command,
                new.max_attempts,
                agent,
                self.now()
            ],
        )?;
        for path in new.files {
            self.execute(
                "INSERT OR IGNORE INTO task_file (task_id, path) VALUES (?1, ?2)",
                [&id, path],
            )?;
        }
        for label in new.labels {
            self.execute(
                "INSERT OR IGNORE INTO task_label (task_id, label) VALUES (?1, ?2)",
                [&id, label],
            )?;
        }
        for (on, kind) in &dependencies {
            self.insert_dependency(&id, on, kind)?;
        }
        self.record(Entry {
            agent: Some(agent),
            event: "task.created",
            body: &id,
            ..Entry::default()
        })?;
        self.place(Some(agent), &id)?;
        self.task(&id)?
            .ok_or_else(|| anyhow::anyhow!("a task vanished inside its transaction"))
    }

    /// Makes one task depend on another, and says what follows.
    ///
    /// # Errors
    /// [`Refusal`] when it would close a cycle; the message names every edge.
    pub fn depend(&self, agent: &str, task: &str, wanted: &NewDependency) -> Result<(Task, Fallout)> {
        let task = self.find_task(task)?;
        let first = self.find_task(&wanted.on)?;
        let edges = self.edges_above(&first.id)?;
        if let Some(cycle) = cycle(&edges, &task.id, &first.id) {
            let edges: Vec<String> = cycle.iter().map(|(task, on)| format!("{task} -> {on}")).collect();
            return Err(
                Refusal::refused(format!("that would close a cycle: {}", edges.join(", ")))
                    .hint("a task cannot wait for itself, not even through others")
                    .into(),
            );
        }
        let is_new = self.insert_dependency(&task.id, &first.id, &wanted.kind)?;
        if is_new {
            let body = format!("{} {} {}", task.id, in_words(&wanted.kind), first.id);
            self.record_edge(agent, "task.depends", &body)?;
        }
        self.replace_task(agent, &task)
    }

    /// Takes back all that a task asks of another, and says what follows.
    ///
    /// # Errors
    /// [`Refusal`] when that is nothing.
    pub fn undepend(&self, agent: &str, task: &str, on: &str) -> Result<(Task, Fallout)> {
        let task = self.find_task(task)?;
        let first = self.find_task(on)?;
        let removed = self.execute(
            "DELETE FROM task_dependency WHERE task_id = ?1 AND depends_on_id = ?2",
            [&task.id, &first.id],
        )?;
        if removed == 0 {
            return Err(
                Refusal::missing(format!("{} asks nothing like that of {}", task.id, first.id))
                    .hint(format!("agent-sync task show {}", task.id))
                    .into(),
            );
        }
        let body = format!("{} no longer {}", task.id, first.id);
        self.record_edge(agent, "task.depends", &body)?;
        self.rerank(std::slice::from_ref(&first.id))?;
        self.replace_task(agent, &task)
    }

    /// Gives a task whose dependencies have changed its place.
    fn replace_task(&self, agent: &str, task: &Task) -> Result<(Task, Fallout)> {
        self.count_waits(&task.id)?;
        let was_discarded = task.discarded_by.is_some();
        let mut fallout = Fallout::default();
        if was_discarded && self.revive(Some(agent), &task.id)? {
            fallout = self.settle(Some(agent), &[&task.id])?;
            fallout.revived.push(task.id.clone());
        } else if task.is_waiting() {
            if let Some((_, why)) = self.place(Some(agent), &task.id)? {
                fallout = self.settle(Some(agent), &[&task.id])?;
                fallout.discarded.insert(0, (task.id.clone(), why));
            } else {
                self.rerank(std::slice::from_ref(&task.id))?;
            }
        } else {
            self.rerank(std::slice::from_ref(&task.id))?;
        }
        let was_ready = task.is_ready();
        let task = self
            .task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task"))?;
        if task.is_ready() && !was_ready && !fallout.freed.contains(&task.id) {
            fallout.freed.push(task.id.clone());
        }
        Ok((task, fallout))
    }

    fn insert_dependency(&self, task: &str, on: &str, kind: &Kind) -> Result<bool> {
        let verdict = self.judge(on, kind)?;
        let added = self.execute(
            "INSERT OR IGNORE INTO task_dependency (task_id, depends_on_id, kind, condition, verdict, why)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                task,
                on,
                kind.as_str(),
                kind.condition(),
                verdict.as_str(),
                why(&verdict)
            ],
        )?;
        Ok(added > 0)
    }

    /// The dependencies of a task and of all that it depends on, however far.
    fn edges_above(&self, task: &str) -> Result<BTreeMap<String, Vec<String>>> {
        let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let rows: Vec<(String, String)> = self.rows(
            "WITH RECURSIVE above (id) AS (
                 SELECT ?1 UNION
                 SELECT d.depends_on_id FROM above CROSS JOIN task_dependency d ON d.task_id = above.id)
             SELECT DISTINCT d.task_id, d.depends_on_id FROM above
                 CROSS JOIN task_dependency d ON d.task_id = above.id",
            [task],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (task, on) in rows {
            edges.entry(task).or_default().push(on);
        }
        Ok(edges)
    }

    fn record_edge(&self, agent: &str, event: &str, body: &str) -> Result<()> {
        self.record(Entry {
            agent: Some(agent),
            event,
            body,
            ..Entry::default()
        })?;
        Ok(())
    }
}

/// How an activity row says what one task asks of another.
fn in_words(kind: &Kind) -> String {
    match kind {
        Kind::After => "after".to_owned(),
        Kind::OnFailure => "on failure of".to_owned(),
        Kind::Always => "always after".to_owned(),
        Kind::When(condition) => format!("when {condition} in"),
    }
}

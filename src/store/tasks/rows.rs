//! How tasks are read: each kind of row once for a whole set of tasks, never once per task.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::{Params, Row};

use crate::domain::task::{Dependency, Kind, Status, Task, Verdict};
use crate::store::Read;

/// A set of tasks `t`, as the condition that selects them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set(pub(super) &'static str);

pub(super) const EVERY: Set = Set("1");
pub(super) const ONE: Set = Set("t.id = ?1");
const OPEN: Set = Set("t.status IN ('in_progress', 'blocked', 'pending')");
const IN_PROGRESS: Set = Set("t.status = 'in_progress'");
pub(super) const READY: Set = Set("t.status = 'pending' AND t.waits = 0");

const COLUMNS: &str = "t.id, t.title, t.description, t.status, t.owner_id, a.name, t.priority, t.blocked_reason,
     t.end_reason, t.discarded_by, t.role, t.acceptance, t.acceptance_command, t.attempts, t.max_attempts, t.rank,
     t.created_by, c.name, t.created_at, t.updated_at, t.claimed_at, t.tree, t.completed_at";

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let status: String = row.get(3)?;
    Ok(Task {
        id: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        status: Status::parse(&status).unwrap_or(Status::Blocked),
        owner: row.get(4)?,
        owner_name: row.get(5)?,
        priority: row.get(6)?,
        blocked_reason: row.get(7)?,
        end_reason: row.get(8)?,
        discarded_by: row.get(9)?,
        role: row.get(10)?,
        labels: Vec::new(),
        acceptance: row.get(11)?,
        acceptance_command: row.get(12)?,
        attempts: row.get(13)?,
        max_attempts: row.get(14)?,
        rank: row.get(15)?,
        creator: row.get(16)?,
        creator_name: row.get(17)?,
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        claimed_at: row.get(20)?,
        tree: row.get(21)?,
        completed_at: row.get(22)?,
        files: Vec::new(),
        dependencies: Vec::new(),
    })
}

impl Read<'_> {
    /// Every task: in progress, blocked, pending, failed, done, cancelled; within these by priority, then age.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tasks(&self) -> Result<Vec<Task>> {
        self.load_sorted(EVERY, [])
    }

    /// The open tasks, ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_tasks(&self) -> Result<Vec<Task>> {
        self.load_sorted(OPEN, [])
    }

    /// The tasks that wait for nobody and nothing, in the order in which they are handed out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ready_tasks(&self) -> Result<Vec<Task>> {
        let mut tasks = self.load(READY, [])?;
        tasks.sort_by(|one, other| {
            (other.priority, other.rank, one.created_at, &one.id).cmp(&(
                one.priority,
                one.rank,
                other.created_at,
                &other.id,
            ))
        });
        Ok(tasks)
    }

    /// The tasks in progress, ordered like [`Self::tasks`].
    pub(super) fn tasks_in_progress(&self) -> Result<Vec<Task>> {
        self.load_sorted(IN_PROGRESS, [])
    }

    /// The task with exactly this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task(&self, id: &str) -> Result<Option<Task>> {
        Ok(self.load(ONE, [id])?.pop())
    }

    pub(super) fn load_sorted(&self, set: Set, parameters: impl Params + Copy) -> Result<Vec<Task>> {
        let mut tasks = self.load(set, parameters)?;
        tasks.sort_by(|one, other| {
            (one.status, other.priority, one.created_at, &one.id).cmp(&(
                other.status,
                one.priority,
                other.created_at,
                &other.id,
            ))
        });
        Ok(tasks)
    }

    fn load(&self, set: Set, parameters: impl Params + Copy) -> Result<Vec<Task>> {
        let [every, files, labels, dependencies] = statements(set);
        let mut tasks = self.rows(&every, parameters, task)?;
        let place: HashMap<String, usize> = tasks
            .iter()
            .enumerate()
            .map(|(index, task)| (task.id.clone(), index))
            .collect();
        for (id, path) in self.rows(&files, parameters, pair)? {
            if let Some(&index) = place.get(&id) {
                tasks[index].files.push(path);
            }
        }
        for (id, label) in self.rows(&labels, parameters, pair)? {
            if let Some(&index) = place.get(&id) {
                tasks[index].labels.push(label);
            }
        }
        for (id, dependency) in self.rows(&dependencies, parameters, dependency)? {
            if let Some(&index) = place.get(&id) {
                tasks[index].dependencies.push(dependency);
            }
        }
        for task in &mut tasks {
            task.files.sort();
            task.labels.sort();
            task.dependencies
                .sort_by_cached_key(|one| (one.on.clone(), one.kind.as_str(), one.kind.condition()));
        }
        Ok(tasks)
    }
}

/// What is run to read a set: its tasks, their files, their labels, their dependencies.
pub(super) fn statements(Set(condition): Set) -> [String; 4] {
    [
        format!(
            "SELECT {COLUMNS} FROM task t LEFT JOIN agent a ON a.id = t.owner_id
             LEFT JOIN agent c ON c.id = t.created_by WHERE {condition}"
        ),
        format!(
            "SELECT f.task_id, f.path FROM task t JOIN task_file f ON f.task_id = t.id WHERE {condition}"
        ),
        format!(
            "SELECT l.task_id, l.label FROM task t JOIN task_label l ON l.task_id = t.id WHERE {condition}"
        ),
        format!(
            "SELECT d.task_id, d.depends_on_id, d.kind, d.condition, d.verdict, d.why
             FROM task t JOIN task_dependency d ON d.task_id = t.id WHERE {condition}"
        ),
    ]
}

fn pair(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn dependency(row: &Row<'_>) -> rusqlite::Result<(String, Dependency)> {
    let (kind, condition): (String, String) = (row.get(2)?, row.get(3)?);
    let (verdict, why): (String, Option<String>) = (row.get(4)?, row.get(5)?);
    let dependency = Dependency {
        on: row.get(1)?,
        kind: Kind::stored(&kind, &condition),
        verdict: Verdict::stored(&verdict, why),
    };
    Ok((row.get(0)?, dependency))
}

//! The board: tasks, their files and dependencies, and who works on what.

mod board;
mod moves;

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::Row;

use super::Read;
use super::ids::Matching;
use crate::domain::agent::Kin;
use crate::domain::id::Noun;
use crate::domain::lock::Lock;
use crate::domain::task::{Status, Task};
use crate::error::Refusal;
use crate::frame::{Field, clean};

/// A task to be created.
#[derive(Debug, Clone, Default)]
pub struct NewTask<'a> {
    /// One line.
    pub title: &'a str,
    /// Any text.
    pub description: Option<&'a str>,
    /// The paths it is about, tidied: relative to a checkout, or absolute outside the repository.
    pub files: &'a [String],
    /// Higher is handed out earlier.
    pub priority: i64,
    /// Ids, beginnings of ids or titles of the tasks that come first.
    pub depends_on: &'a [String],
}

/// How an agent wants to take a task.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// The checkout it works in, when the task's files shall be locked with it.
    pub lock_in: Option<&'a str>,
    /// Take it although tasks that come first are open.
    pub force: bool,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The task as it is now.
    pub task: Task,
    /// The locks taken with it.
    pub locks: Vec<Lock>,
}

const COLUMNS: &str =
    "t.id, t.title, t.description, t.status, t.owner_id, a.name, t.priority, t.blocked_reason,
     t.created_at, t.updated_at, t.completed_at";

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
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        completed_at: row.get(10)?,
        files: Vec::new(),
        depends_on: Vec::new(),
        waits_for: Vec::new(),
    })
}

impl Read<'_> {
    /// Every task: in progress, blocked, pending, done, cancelled; within these by priority, then age.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tasks(&self) -> Result<Vec<Task>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM task t LEFT JOIN agent a ON a.id = t.owner_id
             ORDER BY CASE t.status WHEN 'in_progress' THEN 0 WHEN 'blocked' THEN 1 WHEN 'pending' THEN 2
                 WHEN 'done' THEN 3 ELSE 4 END, t.priority DESC, t.created_at, t.id"
        );
        let mut tasks = self.rows(&sql, [], task)?;
        self.attach_all(&mut tasks)?;
        Ok(tasks)
    }

    /// The open tasks, ordered like [`Self::tasks`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_tasks(&self) -> Result<Vec<Task>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM task t LEFT JOIN agent a ON a.id = t.owner_id
             WHERE t.status IN ('in_progress', 'blocked', 'pending')
             ORDER BY CASE t.status WHEN 'in_progress' THEN 0 WHEN 'blocked' THEN 1 ELSE 2 END,
                 t.priority DESC, t.created_at, t.id"
        );
        let mut tasks = self.rows(&sql, [], task)?;
        self.attach_all(&mut tasks)?;
        Ok(tasks)
    }

    /// The task with exactly this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task(&self, id: &str) -> Result<Option<Task>> {
        let sql =
            format!("SELECT {COLUMNS} FROM task t LEFT JOIN agent a ON a.id = t.owner_id WHERE t.id = ?1");
        let mut found = self.row(&sql, [id], task)?;
        if let Some(task) = &mut found {
            task.files = self.rows(
                "SELECT path FROM task_file WHERE task_id = ?1 ORDER BY path",
                [id],
                |row| row.get(0),
            )?;
            let dependencies: Vec<(String, bool)> = self.rows(
                "SELECT d.depends_on_id, t.status NOT IN ('done', 'cancelled')
                 FROM task_dependency d JOIN task t ON t.id = d.depends_on_id
                 WHERE d.task_id = ?1 ORDER BY d.depends_on_id",
                [id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            for (id, is_open) in dependencies {
                if is_open && task.status == Status::Pending {
                    task.waits_for.push(id.clone());
                }
                task.depends_on.push(id);
            }
        }
        Ok(found)
    }

    /// The task that `text` names: an id, a unique beginning of one, or a title in any case.
    ///
    /// # Errors
    /// [`Refusal`] when none or more than one is meant.
    pub fn find_task(&self, text: &str) -> Result<Task> {
        let wanted = text.trim();
        let matching = self.matching_ids(Noun::Task, wanted)?;
        let id = if let Matching::One(id) = matching {
            id
        } else {
            let titled: Vec<String> = self.rows(
                "SELECT id FROM task WHERE title = ?1 COLLATE NOCASE ORDER BY created_at LIMIT 6",
                [wanted],
                |row| row.get(0),
            )?;
            let shown = clean(wanted, Field::Title);
            match (matching, titled.as_slice()) {
                (_, [id]) => id.clone(),
                (Matching::None, []) => {
                    return Err(Refusal::missing(format!("no task '{shown}'"))
                        .hint("`agent-sync task list` shows them")
                        .into());
                }
                (Matching::Several(ids), []) => {
                    return Err(
                        Refusal::usage(format!("'{shown}' begins several ids: {}", ids.join(", "))).into(),
                    );
                }
                (_, several) => {
                    return Err(
                        Refusal::usage(format!("'{shown}' is the title of {} tasks", several.len()))
                            .hint(format!("name one by its id: {}", several.join(", ")))
                            .into(),
                    );
                }
            }
        };
        self.task(&id)?
            .ok_or_else(|| Refusal::missing("no such task").into())
    }

    /// Adds files and dependencies to many tasks at once.
    fn attach_all(&self, tasks: &mut [Task]) -> Result<()> {
        let place: BTreeMap<String, usize> = tasks
            .iter()
            .enumerate()
            .map(|(index, task)| (task.id.clone(), index))
            .collect();
        let files: Vec<(String, String)> = self.rows(
            "SELECT task_id, path FROM task_file ORDER BY task_id, path",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (id, path) in files {
            if let Some(&index) = place.get(&id) {
                tasks[index].files.push(path);
            }
        }
        let dependencies: Vec<(String, String, bool)> = self.rows(
            "SELECT d.task_id, d.depends_on_id, t.status NOT IN ('done', 'cancelled')
             FROM task_dependency d JOIN task t ON t.id = d.depends_on_id ORDER BY d.task_id, d.depends_on_id",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        for (id, depends_on, is_open) in dependencies {
            if let Some(&index) = place.get(&id) {
                let task = &mut tasks[index];
                if is_open && task.status == Status::Pending {
                    task.waits_for.push(depends_on.clone());
                }
                task.depends_on.push(depends_on);
            }
        }
        Ok(())
    }

    /// The pending tasks that waited for `task` and now wait for nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn freed_by(&self, task: &str) -> Result<Vec<Task>> {
        let ids: Vec<String> = self.rows(
            "SELECT d.task_id FROM task_dependency d JOIN task t ON t.id = d.task_id
             WHERE d.depends_on_id = ?1 AND t.status = 'pending' ORDER BY t.priority DESC, t.created_at",
            [task],
            |row| row.get(0),
        )?;
        let tasks = ids.iter().map(|id| self.task(id)).collect::<Result<Vec<_>>>()?;
        Ok(tasks.into_iter().flatten().filter(Task::is_ready).collect())
    }

    fn is_living(&self, agent: &str) -> Result<bool> {
        Ok(self.agent(agent)?.is_some_and(|agent| agent.presence.is_living()))
    }
}

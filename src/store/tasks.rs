//! The board: tasks, their files and dependencies, and how they move.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::{Row, params};

use super::ids::Matching;
use super::{Entry, Read, Write};
use crate::domain::agent::OPERATOR;
use crate::domain::id::Noun;
use crate::domain::task::{Move, Status, Task, cycle};
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

pub(super) const COLUMNS: &str =
    "t.id, t.title, t.description, t.status, t.owner_id, a.name, t.priority, t.blocked_reason,
     t.created_at, t.updated_at, t.completed_at";

pub(super) fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
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

    pub(super) fn is_living(&self, agent: &str) -> Result<bool> {
        Ok(self.agent(agent)?.is_some_and(|agent| agent.presence.is_living()))
    }
}

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

    /// Moves a task as its owner may: to done, blocked, unblocked, released, cancelled or reopened. Locks that
    /// were taken for it are given back when the owner is through with it.
    ///
    /// # Errors
    /// [`Refusal`] when its state does not allow it, or when it belongs to somebody else and `force` does not
    /// say to do it all the same (which is recorded).
    pub fn move_task(
        &self,
        agent: &str,
        text: &str,
        what: Move,
        note: Option<&str>,
        force: bool,
    ) -> Result<Task> {
        let task = self.find_task(text)?;
        let Some(status) = what.from(task.status, task.owner.is_some()) else {
            return Err(Refusal::refused(format!(
                "{} is {} and cannot be {}",
                task.id,
                task.status.as_str(),
                what.verb()
            ))
            .hint(format!("agent-sync task show {}", task.id))
            .into());
        };
        let is_anybodys = match what {
            Move::Unblock | Move::Reopen => true,
            Move::Block | Move::Cancel => task.owner.is_none(),
            Move::Claim | Move::Done | Move::Release => false,
        };
        let is_own = task.owner.as_deref() == Some(agent) || agent == OPERATOR;
        if !(is_own || is_anybodys || force) {
            return Err(not_yours(&task, what).into());
        }
        let owner = if matches!(status, Status::Pending) {
            None
        } else {
            task.owner.as_deref()
        };
        let completed_at = (status == Status::Done).then_some(self.now());
        let blocked_reason = if status == Status::Blocked { note } else { None };
        self.execute(
            "UPDATE task SET status = ?2, owner_id = ?3, completed_at = ?4, blocked_reason = ?5, updated_at = ?6
             WHERE id = ?1",
            params![task.id, status.as_str(), owner, completed_at, blocked_reason, self.now()],
        )?;
        match status {
            Status::InProgress => {
                if let Some(owner) = owner {
                    self.set_current_task(owner, Some(&task.id))?;
                }
            }
            Status::Blocked | Status::Pending | Status::Done | Status::Cancelled => {
                if let Some(owner) = &task.owner {
                    self.leave(owner, &task.id)?;
                }
            }
        }
        if status != Status::Blocked && status != Status::InProgress {
            self.release_for_task(agent, &task.id)?;
        }
        let forced = if is_own || is_anybodys { "" } else { " by force" };
        let note = note.map(|note| format!(": {note}")).unwrap_or_default();
        let body = format!("{}{forced}{note}", task.id);
        let event = format!("task.{}", what.verb());
        self.record(Entry {
            agent: Some(agent),
            event: &event,
            body: &body,
            ..Entry::default()
        })?;
        self.task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task").into())
    }

    /// The agent no longer works on this task: another one of its own becomes its current one, or none.
    pub(super) fn leave(&self, agent: &str, task: &str) -> Result<()> {
        let next: Option<String> = self.row(
            "SELECT id FROM task WHERE owner_id = ?1 AND status = 'in_progress' AND id <> ?2
             ORDER BY updated_at DESC LIMIT 1",
            [agent, task],
            |row| row.get(0),
        )?;
        self.execute(
            "UPDATE agent SET current_task_id = ?3 WHERE id = ?1 AND current_task_id = ?2",
            params![agent, task, next],
        )?;
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
}

fn not_yours(task: &Task, what: Move) -> Refusal {
    let title = clean(&task.title, Field::Title);
    match (&task.owner, &task.owner_name) {
        (Some(owner), name) => {
            let name = clean(name.as_deref().unwrap_or(owner), Field::Name);
            Refusal::refused(format!("{} ('{title}') is owned by {name} ({owner})", task.id)).hint(format!(
                "ask its owner: agent-sync send --to {owner} --message '…'; or use --force, which is recorded"
            ))
        }
        (None, _) => Refusal::refused(format!(
            "{} ('{title}') is not yours to be {}",
            task.id,
            what.verb()
        ))
        .hint(format!("agent-sync task claim {}", task.id)),
    }
}

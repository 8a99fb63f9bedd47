//! What a task says of itself is changed, and the record says from what to what.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::OPERATOR;
use crate::domain::task::{Move, Task, TrailKind};
use crate::error::Refusal;
use crate::store::{Entry, Write};

/// What shall change about a task; `None` stays, an inner `None` is taken out.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaskEdit<'a> {
    /// One line.
    pub title: Option<&'a str>,
    /// Any text.
    pub description: Option<Option<&'a str>>,
    /// Higher is handed out earlier.
    pub priority: Option<i64>,
    /// The role that an agent must have to be handed it.
    pub role: Option<Option<&'a str>>,
    /// When it counts as done, in words.
    pub acceptance: Option<Option<&'a str>>,
    /// A command that succeeds when it is done.
    pub acceptance_command: Option<Option<&'a str>>,
    /// How many attempts may end with their agent gone.
    pub max_attempts: Option<Option<u32>>,
    /// Paths that it is about, too.
    pub add_files: &'a [String],
    /// Paths that it is not about.
    pub remove_files: &'a [String],
    /// Labels it gets.
    pub add_labels: &'a [String],
    /// Labels it loses.
    pub remove_labels: &'a [String],
}

impl TaskEdit<'_> {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.title.is_none()
            && self.description.is_none()
            && self.priority.is_none()
            && self.role.is_none()
            && self.acceptance.is_none()
            && self.acceptance_command.is_none()
            && self.max_attempts.is_none()
            && [
                self.add_files,
                self.remove_files,
                self.add_labels,
                self.remove_labels,
            ]
            .iter()
            .all(|values| values.is_empty())
    }
}

impl Write<'_> {
    /// Changes what a task says of itself.
    ///
    /// # Errors
    /// [`Refusal`] when somebody else works on it or wrote it, unless `force` says to do it all the same.
    pub fn edit_task(&self, agent: &str, text: &str, edit: &TaskEdit<'_>, force: bool) -> Result<Task> {
        let task = self.find_task(text)?;
        let is_own = task.owner.as_deref().is_none_or(|owner| owner == agent)
            || task.creator.as_deref() == Some(agent)
            || agent == OPERATOR;
        if !is_own && !force {
            return Err(super::moves::not_yours(&task, Move::Release).into());
        }
        let mut changes = self.edit_columns(&task, edit)?;
        self.edit_rows(&task, edit, &mut changes)?;
        if changes.is_empty() {
            return Ok(task);
        }
        self.execute(
            "UPDATE task SET updated_at = ?2 WHERE id = ?1",
            params![task.id, self.now()],
        )?;
        let forced = if is_own { "" } else { " by force" };
        self.record(Entry {
            agent: Some(agent),
            event: "task.edited",
            body: &format!("{}{forced}: {}", task.id, changes.join("; ")),
            ..Entry::default()
        })?;
        self.task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task").into())
    }

    fn edit_columns(&self, task: &Task, edit: &TaskEdit<'_>) -> Result<Vec<String>> {
        let mut changes = Vec::new();
        if let Some(title) = edit.title.filter(|title| *title != task.title) {
            self.execute(
                "UPDATE task SET title = ?2 WHERE id = ?1",
                params![task.id, title],
            )?;
            changes.push(format!("title {:?} -> {title:?}", task.title));
        }
        if let Some(priority) = edit.priority.filter(|priority| *priority != task.priority) {
            self.execute(
                "UPDATE task SET priority = ?2 WHERE id = ?1",
                params![task.id, priority],
            )?;
            changes.push(format!("priority {} -> {priority}", task.priority));
        }
        if let Some(most) = edit.max_attempts.filter(|most| *most != task.max_attempts) {
            self.execute(
                "UPDATE task SET max_attempts = ?2 WHERE id = ?1",
                params![task.id, most],
            )?;
            let shown = |most: Option<u32>| most.map_or("default".to_owned(), |most| most.to_string());
            changes.push(format!(
                "attempts {} -> {}",
                shown(task.max_attempts),
                shown(most)
            ));
        }
        let texts = [
            (
                "description",
                "UPDATE task SET description = ?2 WHERE id = ?1",
                edit.description,
                &task.description,
            ),
            (
                "role",
                "UPDATE task SET role = ?2 WHERE id = ?1",
                edit.role,
                &task.role,
            ),
            (
                "acceptance",
                "UPDATE task SET acceptance = ?2 WHERE id = ?1",
                edit.acceptance,
                &task.acceptance,
            ),
            (
                "acceptance command",
                "UPDATE task SET acceptance_command = ?2 WHERE id = ?1",
                edit.acceptance_command,
                &task.acceptance_command,
            ),
        ];
        for (what, sql, wanted, present) in texts {
            let Some(wanted) = wanted.filter(|wanted| *wanted != present.as_deref()) else {
                continue;
            };
            self.execute(sql, params![task.id, wanted])?;
            let shown = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| format!("{text:?}"));
            changes.push(format!(
                "{what} {} -> {}",
                shown(present.as_deref()),
                shown(wanted)
            ));
        }
        Ok(changes)
    }

    fn edit_rows(&self, task: &Task, edit: &TaskEdit<'_>, changes: &mut Vec<String>) -> Result<()> {
        let rows = [
            (
                "INSERT OR IGNORE INTO task_file (task_id, path) VALUES (?1, ?2)",
                edit.add_files,
                "+",
            ),
            (
                "DELETE FROM task_file WHERE task_id = ?1 AND path = ?2",
                edit.remove_files,
                "-",
            ),
            (
                "INSERT OR IGNORE INTO task_label (task_id, label) VALUES (?1, ?2)",
                edit.add_labels,
                "+#",
            ),
            (
                "DELETE FROM task_label WHERE task_id = ?1 AND label = ?2",
                edit.remove_labels,
                "-#",
            ),
        ];
        for (sql, values, sign) in rows {
            for value in values {
                if self.execute(sql, [&task.id, value])? > 0 {
                    changes.push(format!("{sign}{value}"));
                }
            }
        }
        Ok(())
    }

    /// Adds a remark to a task's trail. Anybody may.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such task.
    pub fn comment_task(&self, agent: &str, text: &str, remark: &str) -> Result<Task> {
        let task = self.find_task(text)?;
        self.add_to_trail(&task.id, Some(agent), TrailKind::Comment, remark)?;
        self.record(Entry {
            agent: Some(agent),
            event: "task.commented",
            body: &task.id,
            ..Entry::default()
        })?;
        Ok(task)
    }
}

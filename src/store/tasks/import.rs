//! A plan comes onto the board: all of it in one transaction, and none of it twice.
//!
//! What is needed first is created first, so each dependency is judged when it is made. The ranks are worked out
//! once at the end.

use anyhow::Result;
use rusqlite::params;

use super::{NewDependency, NewTask};
use crate::domain::plan::{Item, On, Plan};
use crate::domain::task::{Move, Status, Task};
use crate::error::Refusal;
use crate::store::{Entry, Read, Write};

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The tasks that are new, in the order of the plan.
    pub created: Vec<Task>,
    /// Those that an earlier import of the same plan created; they were left as they are.
    pub existing: Vec<Task>,
}

impl Read<'_> {
    /// The task that was created from this item of a plan, or that its reference is the id of.
    fn imported(&self, item: &Item, origin: &str) -> Result<Option<Task>> {
        let known: Option<String> = self.row(
            "SELECT task_id FROM task_origin WHERE origin = ?1",
            [origin],
            |row| row.get(0),
        )?;
        match known.as_ref().or(item.reference.as_ref()) {
            Some(id) => self.task(id),
            None => Ok(None),
        }
    }
}

impl Write<'_> {
    /// Puts a plan that was checked onto the board. `origins` names each of its items; with `again` those
    /// that were imported before are created anew.
    ///
    /// # Errors
    /// [`Refusal`] when a task on the board that the plan depends on does not exist.
    pub fn import_plan(&self, agent: &str, plan: &Plan, origins: &[String], again: bool) -> Result<Imported> {
        let mut tasks: Vec<Option<Task>> = vec![None; plan.items.len()];
        if !again {
            for ((task, item), origin) in tasks.iter_mut().zip(&plan.items).zip(origins) {
                *task = self.imported(item, origin)?;
            }
        }
        let is_new: Vec<bool> = tasks.iter().map(Option::is_none).collect();
        let order = plan.shape().order();
        for &at in order.iter().filter(|&&at| is_new[at]) {
            let id = self.import_item(agent, &plan.items[at], &tasks)?;
            // So that lists keep the order of the plan, each is a millisecond older than the next.
            let age = i64::try_from(plan.items.len() - at).unwrap_or_default();
            self.execute(
                "UPDATE task SET created_at = ?2 WHERE id = ?1",
                params![id, self.now() - age],
            )?;
            self.execute(
                "INSERT INTO task_origin (origin, task_id) VALUES (?1, ?2)
                 ON CONFLICT (origin) DO UPDATE SET task_id = excluded.task_id",
                [&origins[at], &id],
            )?;
            tasks[at] = self.task(&id)?;
        }
        self.rank_all()?;
        let mut imported = Imported::default();
        for (task, is_new) in tasks.into_iter().zip(is_new) {
            let Some(task) = task else { continue };
            if is_new {
                imported.created.extend(self.task(&task.id)?);
            } else {
                imported.existing.push(task);
            }
        }
        Ok(imported)
    }

    /// Creates the task of one item, whose dependencies are there already, and says its id.
    fn import_item(&self, agent: &str, item: &Item, tasks: &[Option<Task>]) -> Result<String> {
        let dependencies = item.asks.iter().map(|ask| {
            let on = match &ask.on {
                On::Named(name) | On::Board(name) => name.clone(),
                On::Item(at) => {
                    let on = tasks[*at]
                        .as_ref()
                        .ok_or_else(|| Refusal::internal("a task came too early"))?;
                    on.id.clone()
                }
            };
            let kind = ask.kind.clone();
            Ok(NewDependency { on, kind })
        });
        let task = self.add_task(
            agent,
            &NewTask {
                title: &item.title,
                description: item.description.as_deref(),
                files: &item.files,
                priority: item.priority,
                labels: &item.labels,
                role: item.role.as_deref(),
                acceptance: item.acceptance.as_deref(),
                acceptance_command: item.acceptance_command.as_deref(),
                max_attempts: item.max_attempts,
                dependencies: &dependencies.collect::<Result<Vec<_>>>()?,
            },
        )?;
        let id = task.id;
        self.set_results(&id, &item.results)?;
        let what = match item.status {
            Status::Done => Move::Done,
            Status::Failed => Move::Fail,
            Status::Cancelled => Move::Cancel,
            Status::Pending | Status::InProgress | Status::Blocked => return Ok(id),
        };
        self.execute(
            "UPDATE task SET status = ?2, completed_at = ?3, end_reason = ?4, discarded_by = NULL WHERE id = ?1",
            params![
                id,
                item.status.as_str(),
                (what == Move::Done).then_some(self.now()),
                item.reason
            ],
        )?;
        self.record_task(Some(agent), what, &format!("{id}: as imported"))?;
        Ok(id)
    }

    /// Records that a plan was imported.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn record_import(&self, agent: &str, source: &str, imported: &Imported) -> Result<()> {
        let count = imported.created.len();
        let plural = if count == 1 { "" } else { "s" };
        let body = format!("{count} task{plural} from {source}");
        self.record(Entry {
            agent: Some(agent),
            event: "task.imported",
            body: &body,
            ..Entry::default()
        })?;
        Ok(())
    }
}

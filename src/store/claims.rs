//! Who works on what: tasks are taken here, and the locks on their files with them.
//!
//! Ten agents may ask for the next task in one moment. Whether one is free is read in the transaction that
//! takes it, so that each task goes to one of them.

use anyhow::Result;
use rusqlite::params;

use super::tasks::{COLUMNS, task};
use super::{Acquisition, Entry, Write};
use crate::domain::agent::Kin;
use crate::domain::lock::{Conflict, Key, Lock, OUTSIDE, PathKey};
use crate::domain::task::{Move, Task};
use crate::error::Refusal;
use crate::frame::{Field, clean};

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

impl Write<'_> {
    /// Takes a task, and its files with it where asked: both or neither.
    ///
    /// # Errors
    /// [`Refusal`] when it is finished, owned by a living agent, or waits for open tasks. A file that
    /// somebody else has locked is a value.
    pub fn claim(&self, text: &str, claim: Claim<'_>) -> Result<Result<Claimed, Box<Conflict>>> {
        let task = self.find_task(text)?;
        if Move::Claim.from(task.status, task.owner.is_some()).is_none() {
            return Err(
                Refusal::refused(format!("{} is already {}", task.id, task.status.as_str()))
                    .hint(format!("agent-sync task reopen {}", task.id))
                    .into(),
            );
        }
        if let Some(owner) = &task.owner
            && owner != claim.agent.id
            && self.is_living(owner)?
        {
            let name = clean(task.owner_name.as_deref().unwrap_or(owner), Field::Name);
            return Err(Refusal::refused(format!(
                "{} ('{}') is owned by {name} ({owner}), who is here",
                task.id,
                clean(&task.title, Field::Title)
            ))
            .hint("`agent-sync task next` hands out a free one")
            .into());
        }
        if !task.waits_for.is_empty() && !claim.force {
            return Err(
                Refusal::refused(format!("{} waits for {}", task.id, task.waits_for.join(", ")))
                    .hint("finish those first, or claim it all the same with --force")
                    .into(),
            );
        }
        self.take(&task, claim)
    }

    /// Takes the first task that is ready: the highest priority, then the oldest; abandoned ones too. With
    /// locks, one whose files somebody else holds is passed over.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn claim_next(&self, claim: Claim<'_>) -> Result<Option<Claimed>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM task t LEFT JOIN agent a ON a.id = t.owner_id
             WHERE t.status IN ('pending', 'in_progress') AND t.owner_id IS NOT ?1
               AND NOT EXISTS (SELECT 1 FROM task_dependency d JOIN task f ON f.id = d.depends_on_id
                   WHERE d.task_id = t.id AND f.status NOT IN ('done', 'cancelled'))
             ORDER BY t.priority DESC, t.created_at, t.id"
        );
        for candidate in self.rows(&sql, [claim.agent.id], task)? {
            if let Some(owner) = &candidate.owner
                && self.is_living(owner)?
            {
                continue;
            }
            let Some(task) = self.task(&candidate.id)? else {
                continue;
            };
            if let Ok(claimed) = self.take(&task, claim)? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    fn take(&self, task: &Task, claim: Claim<'_>) -> Result<Result<Claimed, Box<Conflict>>> {
        let mut locks = Vec::new();
        if let Some(tree) = claim.lock_in {
            let keys: Vec<(Key, bool, Option<String>)> = task
                .files
                .iter()
                .map(|path| {
                    let tree = if path.starts_with('/') { OUTSIDE } else { tree };
                    (
                        Key::Path(PathKey {
                            tree: tree.to_owned(),
                            path: path.clone(),
                        }),
                        false,
                        None,
                    )
                })
                .collect();
            let reason = format!("task {}", task.id);
            let acquired = self.acquire(&Acquisition {
                agent: claim.agent,
                keys: &keys,
                reason: Some(&reason),
                task: Some(&task.id),
                ttl: self.lock_ttl()?,
            })?;
            match acquired {
                Ok(taken) => locks = taken,
                Err(conflict) => return Ok(Err(conflict)),
            }
        }
        if let Some(owner) = task.owner.as_deref().filter(|owner| *owner != claim.agent.id) {
            self.leave(owner, &task.id)?;
        }
        self.execute(
            "UPDATE task SET status = 'in_progress', owner_id = ?2, updated_at = ?3, blocked_reason = NULL
             WHERE id = ?1",
            params![task.id, claim.agent.id, self.now()],
        )?;
        self.set_current_task(claim.agent.id, Some(&task.id))?;
        let body = if claim.force && !task.waits_for.is_empty() {
            format!("{} by force before {}", task.id, task.waits_for.join(", "))
        } else {
            task.id.clone()
        };
        self.record(Entry {
            agent: Some(claim.agent.id),
            event: "task.claimed",
            body: &body,
            ..Entry::default()
        })?;
        let task = self
            .task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task"))?;
        Ok(Ok(Claimed { task, locks }))
    }
}

//! Tasks change hands and states.

use anyhow::Result;
use rusqlite::params;

use super::{Claim, Claimed, Fallout, Report};
use crate::domain::agent::OPERATOR;
use crate::domain::lock::Conflict;
use crate::domain::task::{Move, Status, Task, way_out};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Acquisition, Entry, Write};

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The task as it is now.
    pub task: Task,
    /// What followed for others.
    pub fallout: Fallout,
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
        if !task.waits_for().is_empty() && !claim.force {
            return Err(
                Refusal::refused(format!("{} waits for {}", task.id, task.waits_for().join(", ")))
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
        let abandoned = self.open_tasks()?.into_iter().filter(|task| {
            task.status == Status::InProgress && task.owner.as_deref() != Some(claim.agent.id)
        });
        let mut candidates = self.ready_tasks()?;
        for task in abandoned {
            if let Some(owner) = &task.owner
                && !self.is_living(owner)?
            {
                candidates.push(task);
            }
        }
        candidates.sort_by_key(|task| (std::cmp::Reverse((task.priority, task.rank)), task.created_at));
        for task in candidates {
            if let Ok(claimed) = self.take(&task, claim)? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    fn is_living(&self, agent: &str) -> Result<bool> {
        Ok(self.agent(agent)?.is_some_and(|agent| agent.presence.is_living()))
    }

    fn take(&self, task: &Task, claim: Claim<'_>) -> Result<Result<Claimed, Box<Conflict>>> {
        let mut locks = Vec::new();
        if let Some(tree) = claim.lock_in {
            let keys = task.wanted_in(tree);
            let reason = format!("task {}", task.id);
            let acquired = self.acquire(&Acquisition {
                reason: Some(&reason),
                task: Some(&task.id),
                ..Acquisition::new(claim.agent, &keys, self.lock_ttl()?)
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
            "UPDATE task SET status = 'in_progress', owner_id = ?2, updated_at = ?3, blocked_reason = NULL,
                 claimed_at = ?3, attempts = attempts + 1 WHERE id = ?1",
            params![task.id, claim.agent.id, self.now()],
        )?;
        self.set_current_task(claim.agent.id, Some(&task.id))?;
        let body = if claim.force && !task.waits_for().is_empty() {
            format!("{} by force before {}", task.id, task.waits_for().join(", "))
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
        report: &Report<'_>,
        force: bool,
    ) -> Result<Moved> {
        let task = self.find_task(text)?;
        let note = report.note;
        let Some(status) = what.from(task.status, task.owner.is_some()) else {
            return Err(Refusal::refused(format!(
                "{} is {} and cannot be {}",
                task.id,
                task.status.as_str(),
                what.verb()
            ))
            .hint(format!("agent-sync task {} {}", way_out(task.status), task.id))
            .into());
        };
        let is_anybodys = match what {
            Move::Unblock | Move::Reopen => true,
            Move::Block | Move::Cancel => task.owner.is_none(),
            _ => false,
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
        let end_reason = note.filter(|_| matches!(status, Status::Failed | Status::Cancelled));
        self.execute(
            "UPDATE task SET status = ?2, owner_id = ?3, completed_at = ?4, blocked_reason = ?5, end_reason = ?6,
                 discarded_by = NULL, updated_at = ?7 WHERE id = ?1",
            params![
                task.id,
                status.as_str(),
                owner,
                completed_at,
                blocked_reason,
                end_reason,
                self.now()
            ],
        )?;
        match status {
            Status::InProgress => {
                if let Some(owner) = owner {
                    self.set_current_task(owner, Some(&task.id))?;
                }
            }
            Status::Blocked | Status::Pending | Status::Failed | Status::Done | Status::Cancelled => {
                if let Some(owner) = &task.owner {
                    self.leave(owner, &task.id)?;
                }
            }
        }
        if status != Status::Blocked && status != Status::InProgress {
            self.release_for_task(agent, &task.id)?;
        }
        let forced = if is_own || is_anybodys { "" } else { " by force" };
        let said = note.map(|note| format!(": {note}")).unwrap_or_default();
        let body = format!("{}{forced}{said}", task.id);
        let event = format!("task.{}", what.verb());
        self.record(Entry {
            agent: Some(agent),
            event: &event,
            body: &body,
            ..Entry::default()
        })?;
        self.add_report(&task.id, agent, report)?;
        let mut why = None;
        if status == Status::Pending {
            why = self.place(Some(agent), &task.id)?;
        }
        let mut fallout = self.settle(Some(agent), &[&task.id])?;
        if let Some(why) = why {
            fallout.discarded.insert(0, (task.id.clone(), why));
        }
        let task = self
            .task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task"))?;
        Ok(Moved { task, fallout })
    }

    /// The agent no longer works on this task: another one of its own becomes its current one, or none.
    fn leave(&self, agent: &str, task: &str) -> Result<()> {
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

//! Tasks change states.
//!
//! Locks that were taken for a task go back when it ends or goes back to the board. A blocked task keeps them:
//! its files are half changed, and whoever blocked it is the one to go on.

use anyhow::Result;
use rusqlite::params;

use super::{Fallout, Report};
use crate::domain::agent::OPERATOR;
use crate::domain::task::{Move, Status, Task, way_out};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Read, Write};

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The task as it is now.
    pub task: Task,
    /// What followed for others.
    pub fallout: Fallout,
}

impl Read<'_> {
    /// The task, if this agent may make this move now.
    ///
    /// # Errors
    /// [`Refusal`] when it may not.
    pub fn expect_move(&self, agent: &str, text: &str, what: Move, force: bool) -> Result<Task> {
        let task = self.find_task(text)?;
        permitted(agent, &task, what, force)?;
        Ok(task)
    }
}

impl Write<'_> {
    /// Moves a task as its owner may: to done, failed, blocked, unblocked, released, cancelled or reopened, and
    /// carries through what that means for others.
    ///
    /// # Errors
    /// [`Refusal`] when its state does not allow it, when what it waits for can never come, or when it belongs
    /// to somebody else and `force` does not say to do it all the same (which is recorded).
    pub fn move_task(
        &self,
        agent: &str,
        text: &str,
        what: Move,
        report: &Report<'_>,
        force: bool,
    ) -> Result<Moved> {
        let task = self.find_task(text)?;
        let status = permitted(agent, &task, what, force)?;
        self.change_state(&task, what, status, report.note)?;
        match (status, &task.owner) {
            (Status::InProgress, Some(owner)) => self.set_current_task(owner, Some(&task.id))?,
            (_, Some(owner)) => self.leave(owner, &task.id)?,
            (_, None) => {}
        }
        if !matches!(status, Status::Blocked | Status::InProgress) {
            self.release_for_task(agent, &task.id)?;
        }
        if what == Move::Reopen {
            self.execute("DELETE FROM task_result WHERE task_id = ?1", [&task.id])?;
        }
        self.add_report(&task.id, agent, report)?;
        let is_foreign = task.owner.as_deref().is_some_and(|owner| owner != agent) && agent != OPERATOR;
        let forced = if force && is_foreign { " by force" } else { "" };
        let results: Vec<String> = report
            .results
            .iter()
            .map(|(key, value)| format!(" {key}={value}"))
            .collect();
        let said = report.note.map(|note| format!(": {note}")).unwrap_or_default();
        let body = format!("{}{forced}{}{said}", task.id, results.concat());
        self.record_task(Some(agent), what, &body)?;
        let mut discarded = None;
        if status == Status::Pending {
            discarded = self.place(Some(agent), &task.id)?;
        }
        if let (Move::Reopen, Some((on, why))) = (what, &discarded) {
            return Err(Refusal::refused(format!(
                "{} could never begin: {}",
                task.id,
                clean(why, Field::Reason)
            ))
            .hint(format!("agent-sync task reopen {on}"))
            .into());
        }
        let mut fallout = self.settle(Some(agent), &[&task.id])?;
        self.tell_shaken(agent, &task.id, &fallout)?;
        if let Some((_, why)) = discarded {
            fallout.discarded.insert(0, (task.id.clone(), why));
        }
        let task = self
            .task(&task.id)?
            .ok_or_else(|| Refusal::missing("no such task"))?;
        Ok(Moved { task, fallout })
    }

    fn change_state(&self, task: &Task, what: Move, status: Status, note: Option<&str>) -> Result<()> {
        let owner = task.owner.as_deref().filter(|_| status != Status::Pending);
        let completed_at = (status == Status::Done).then_some(self.now());
        let blocked_reason = note.filter(|_| status == Status::Blocked);
        let end_reason = note.filter(|_| matches!(status, Status::Failed | Status::Cancelled));
        let attempts = match what {
            Move::Reopen => 0,
            // What is given back on purpose was no attempt that failed.
            Move::Release => task.attempts.saturating_sub(1),
            _ => task.attempts,
        };
        self.execute(
            "UPDATE task SET status = ?2, owner_id = ?3, completed_at = ?4, blocked_reason = ?5, end_reason = ?6,
                 attempts = ?7, discarded_by = NULL, updated_at = ?8 WHERE id = ?1",
            params![
                task.id,
                status.as_str(),
                owner,
                completed_at,
                blocked_reason,
                end_reason,
                attempts,
                self.now()
            ],
        )?;
        Ok(())
    }

    /// The agent no longer works on this task: another one of its own becomes its current one, or none, and
    /// what it had offered is off.
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
        self.forget_offer(task)
    }
}

/// The state that this move leads to, if this agent may make it.
fn permitted(agent: &str, task: &Task, what: Move, force: bool) -> Result<Status> {
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
    if is_own || is_anybodys || force {
        Ok(status)
    } else {
        Err(not_yours(task, what).into())
    }
}

pub(super) fn not_yours(task: &Task, what: Move) -> Refusal {
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

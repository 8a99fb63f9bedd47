//! A task goes from one agent to another, who has to agree.
//!
//! Until it is accepted the task stays where it is: an offer that nobody reads must not leave a task with an
//! agent that does not know of it.

use anyhow::Result;
use rusqlite::params;

use super::{Claimed, Fallout};
use crate::domain::agent::Kin;
use crate::domain::task::{Move, Offer, Task, TrailKind, way_out};
use crate::domain::topology::Detour;
use crate::error::Refusal;
use crate::frame::{Field, clean, shell_word};
use crate::store::{Entry, Write};

impl Write<'_> {
    /// Offers a task to another agent and tells it so. An earlier offer of the task to somebody else is taken back;
    /// the same offer once more is no new one.
    ///
    /// # Errors
    /// [`Refusal`] when it is not the agent's own task, or the other one is gone.
    pub fn offer_task(&self, agent: &str, text: &str, to: &str, note: Option<&str>) -> Result<Offer> {
        let task = self.find_task(text)?;
        if Move::Accept.from(task.status, task.owner.is_some()).is_none() {
            return Err(Refusal::refused(format!(
                "{} is {} and cannot be handed over",
                task.id,
                task.status.as_str()
            ))
            .hint(format!("agent-sync task {} {}", way_out(task.status), task.id))
            .into());
        }
        if task.owner.as_deref() != Some(agent) {
            return Err(super::moves::not_yours(&task, Move::Release).into());
        }
        self.require_claims()?;
        let other = self.find_agent(to)?;
        if other.id == agent {
            return Err(Refusal::refused(format!("{} is yours already", task.id))
                .hint("`agent-sync agent list` shows the others")
                .into());
        }
        if !other.presence.is_living() {
            return Err(Refusal::refused(format!(
                "{} ({}) is gone and could not answer",
                clean(&other.name, Field::Name),
                other.id
            ))
            .hint(format!(
                "give it back to the board: agent-sync task release {}",
                task.id
            ))
            .into());
        }
        if let Some(topology) = self.settled_topology()?
            && !topology.network().may_assign(agent, &other.id)
        {
            let way = topology.network().detour(agent, &[&other.id]);
            return Err(off_route(&task, &way).into());
        }
        if let Some(offer) = self.task_offer(&task.id)? {
            if offer.to == other.id && offer.note.as_deref() == note {
                return Ok(offer);
            }
            if offer.to != other.id {
                self.withdraw(agent, &task, &offer)?;
            }
            self.forget_offer(&task.id)?;
        }
        self.execute(
            "INSERT INTO task_offer (task_id, from_id, to_id, note, offered_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![task.id, agent, other.id, note, self.now()],
        )?;
        let body = format!("{} to {}", task.id, other.id);
        self.note_hand_over(agent, "task.offered", &body)?;
        let said = note.map(|note| format!(" They say: {note}")).unwrap_or_default();
        self.let_know(
            agent,
            &other.id,
            &format!(
                "You are offered task {id} ('{}').{said} `agent-sync task accept {id}` takes it over with its locks, \
                 `agent-sync task decline {id}` does not.",
                task.title,
                id = task.id,
            ),
        )?;
        self.task_offer(&task.id)?
            .ok_or_else(|| anyhow::anyhow!("an offer vanished inside its transaction"))
    }

    /// Takes over a task that was offered, with the locks that were taken for it.
    ///
    /// # Errors
    /// [`Refusal`] when it is not offered to this agent, or no longer its giver's.
    pub fn accept_task(&self, agent: Kin<'_>, text: &str, tree: &str) -> Result<(Claimed, Offer)> {
        self.reclaim_abandoned(agent.id)?;
        let (task, offer) = self.answered(agent.id, text)?;
        self.require_claims()?;
        let Some(status) = Move::Accept.from(task.status, task.owner.is_some()) else {
            return Err(anyhow::anyhow!("an offer outlived the work on its task"));
        };
        self.forget_offer(&task.id)?;
        let locks = self.hand_over_locks(&task.id, &offer.from, agent)?;
        self.execute(
            "UPDATE task SET status = ?2, owner_id = ?3, blocked_reason = NULL, claimed_at = ?4, tree = ?5,
                 updated_at = ?4 WHERE id = ?1",
            params![task.id, status.as_str(), agent.id, self.now(), tree],
        )?;
        self.leave(&offer.from, &task.id)?;
        self.set_current_task(agent.id, Some(&task.id))?;
        let from = format!("handed over by {}", offer.from_name);
        let said = offer
            .note
            .as_deref()
            .map_or(from.clone(), |note| format!("{from}: {note}"));
        self.add_to_trail(&task.id, Some(&offer.from), TrailKind::Note, &said)?;
        let body = format!("{} from {}", task.id, offer.from);
        self.record_task(Some(agent.id), Move::Accept, &body)?;
        let told = format!("{} ('{}') is with {} now.", task.id, task.title, offer.to_name);
        self.let_know(agent.id, &offer.from, &told)?;
        Ok((self.claimed(&task.id, locks)?, offer))
    }

    /// Says no to a task that was offered; it stays with its owner, who is told.
    ///
    /// # Errors
    /// [`Refusal`] when it is not offered to this agent.
    pub fn decline_task(&self, agent: &str, text: &str, reason: Option<&str>) -> Result<(Task, Offer)> {
        let (task, offer) = self.answered(agent, text)?;
        self.forget_offer(&task.id)?;
        let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let body = format!("{} from {}{because}", task.id, offer.from);
        self.note_hand_over(agent, "task.declined", &body)?;
        let told = format!(
            "{} ('{}') stays with you: {} does not take it over{because}",
            task.id, task.title, offer.to_name
        );
        self.let_know(agent, &offer.from, &told)?;
        Ok((task, offer))
    }

    fn answered(&self, agent: &str, text: &str) -> Result<(Task, Offer)> {
        let task = self.find_task(text)?;
        match self.task_offer(&task.id)? {
            Some(offer) if offer.to == agent => Ok((task, offer)),
            _ => Err(Refusal::refused(format!("{} is not offered to you", task.id))
                .hint(format!("agent-sync task show {}", task.id))
                .into()),
        }
    }

    /// Tells whoever a task was offered to that it is offered to somebody else.
    fn withdraw(&self, agent: &str, task: &Task, offer: &Offer) -> Result<()> {
        let told = format!("{} ('{}') is no longer offered to you.", task.id, task.title);
        self.let_know(agent, &offer.to, &told)
    }

    pub(super) fn forget_offer(&self, task: &str) -> Result<()> {
        self.execute("DELETE FROM task_offer WHERE task_id = ?1", [task])?;
        Ok(())
    }

    /// Tells those who work on tasks that something they build on has changed.
    pub(super) fn tell_shaken(&self, agent: &str, cause: &str, fallout: &Fallout) -> Result<()> {
        if fallout.shaken.is_empty() {
            return Ok(());
        }
        for id in &fallout.shaken {
            let Some(task) = self.task(id)? else { continue };
            let Some(owner) = task.owner.as_deref().filter(|owner| *owner != agent) else {
                continue;
            };
            let on = task.dependencies.iter().find(|one| one.on == cause);
            let on = match on.or(task.dependencies.first()) {
                Some(dependency) => self.task(&dependency.on)?,
                None => None,
            };
            let Some(on) = on else { continue };
            let told = format!(
                "Your task {id} ('{}') depends on {} ('{}'), which is {} now.",
                task.title,
                on.id,
                on.title,
                on.status.as_str()
            );
            self.let_know(agent, owner, &told)?;
        }
        Ok(())
    }

    fn note_hand_over(&self, agent: &str, event: &str, body: &str) -> Result<()> {
        self.record(Entry {
            agent: Some(agent),
            event,
            body,
            ..Entry::default()
        })?;
        Ok(())
    }
}

/// Why a task does not go to somebody, and to whom it may go instead.
fn off_route(task: &Task, way: &Detour) -> Refusal {
    let to = way.to.as_deref().unwrap_or_default();
    let refusal = Refusal::refused(format!(
        "{} cannot hand a task to {} (topology {})",
        clean(&way.from, Field::Name),
        clean(to, Field::Name),
        way.shape.as_str()
    ));
    match (way.by.first().and_then(|next| shell_word(next)), shell_word(to)) {
        (Some(next), Some(to)) => refusal.hint(format!(
            "agent-sync task handoff {} --to {next} --note 'for {to}'",
            task.id
        )),
        _ => refusal.hint("agent-sync topology show"),
    }
}

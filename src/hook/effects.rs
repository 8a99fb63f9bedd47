//! What a hook records once its answer has been written: everything in one transaction, and none when there
//! is nothing to record.

use anyhow::Result;

use super::scene::Scene;
use crate::domain::presence::Turn;
use crate::store::{Entry, Registration, Write};

/// What is to be recorded.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// That the agent is here, in the middle of a turn.
    pub(super) register: bool,
    /// That this event arrived.
    pub(super) saw: bool,
    /// That these messages were offered.
    pub(super) offered: Vec<String>,
    /// That the agent's turn is now this.
    pub(super) turn: Option<Turn>,
    /// That the agent edited these files, each a checkout and a path.
    pub(super) edited: Vec<(String, String)>,
    /// That the agent was told of the loss of these leases.
    pub(super) lost_locks: Vec<i64>,
    /// That the agent was told who waits for its locks, up to this ticket.
    pub(super) waiters: Option<i64>,
}

impl Effects {
    fn is_empty(&self) -> bool {
        !self.register
            && !self.saw
            && self.offered.is_empty()
            && self.turn.is_none()
            && self.edited.is_empty()
            && self.lost_locks.is_empty()
            && self.waiters.is_none()
    }

    /// Writes everything down.
    pub(super) fn record(&self, scene: &Scene<'_>) -> Result<()> {
        if self.is_empty() || scene.is_read_only() {
            return Ok(());
        }
        scene.write(|write| self.write(scene, write))
    }

    fn write(&self, scene: &Scene<'_>, write: &Write<'_>) -> Result<()> {
        let me = scene.me.id.as_str();
        if self.register {
            register(scene, write)?;
        }
        for (tree, path) in &self.edited {
            let tool = scene.input.tool_name.as_deref().unwrap_or("Edit");
            let body = format!("{tool} {path}");
            let place = Some((tree.as_str(), path.as_str()));
            write.record(Entry {
                agent: Some(me),
                event: "edit",
                body: &body,
                tool: Some(tool),
                place,
            })?;
        }
        write.offered(me, &self.offered)?;
        write.told_of_lost_locks(me, &self.lost_locks)?;
        if let Some(ticket) = self.waiters {
            write.told_of_waiters(me, ticket)?;
        }
        if let Some(turn) = self.turn {
            write.set_turn(me, turn)?;
        }
        if self.saw {
            write.saw_hook(scene.hook.event)?;
        }
        Ok(())
    }
}

/// Notes that the agent of this scene is here, in the middle of a turn.
pub(super) fn register(scene: &Scene<'_>, write: &Write<'_>) -> Result<()> {
    let cwd = scene.cwd.to_string_lossy();
    write.register(&Registration {
        id: &scene.me.id,
        parent: scene.me.parent.as_deref(),
        cwd: Some(&cwd),
        proof: scene.proof(),
        session: scene.me.session.as_deref(),
        ..Registration::default()
    })?;
    Ok(())
}

//! What a hook records once its answer has been written: everything in one transaction, and none when there
//! is nothing to record.

use anyhow::{Context as _, Result};

use super::policy::Ruled;
use super::scene::Scene;
use crate::domain::awareness::Told;
use crate::domain::commit::Foreign;
use crate::domain::file_state::FileState;
use crate::domain::hindrance::Hindrance;
use crate::domain::lock::PathKey;
use crate::domain::presence::Turn;
use crate::repo::Located;
use crate::store::{Entry, NewTouch, Registration, Write};

/// What the log says of messages that were shown while the store was too busy to note it.
const UNNOTED: &str = "messages were shown and could not be noted as such, so they will be shown again";

/// A file that changed, and how.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) file: PathKey,
    pub(super) lines: Option<(i64, i64)>,
}

/// What is to be recorded.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// That the agent is here, in the middle of a turn.
    pub(super) register: bool,
    /// That this event arrived.
    pub(super) saw: bool,
    /// That these messages were offered.
    pub(super) offered: Vec<String>,
    /// That these messages, offered before, were seen.
    pub(super) proved: Vec<String>,
    /// That the agent's turn is now this.
    pub(super) turn: Option<Turn>,
    /// That the agent changed these files.
    pub(super) changed: Vec<Changed>,
    /// What these files look like now.
    pub(super) looks: Vec<(PathKey, FileState)>,
    /// That the agent is about to edit these files.
    pub(super) leases: Vec<Located>,
    /// That the agent edits nothing any more.
    pub(super) drop_leases: bool,
    /// What the agent was told of others' work.
    pub(super) told: Vec<Told>,
    /// That the agent was told of the loss of these leases.
    pub(super) lost_locks: Vec<i64>,
    /// That the agent was told who waits for its locks, up to this ticket.
    pub(super) waiters: Option<i64>,
    /// That the agent commits these files of others although it was told.
    pub(super) bypassed: Vec<Foreign>,
    /// What was refused, and because of whom.
    pub(super) refused: Option<Hindrance>,
    /// What the policy said.
    pub(super) ruled: Option<Ruled>,
}

impl Effects {
    fn is_empty(&self) -> bool {
        !self.register
            && !self.saw
            && self.offered.is_empty()
            && self.proved.is_empty()
            && self.turn.is_none()
            && self.changed.is_empty()
            && self.looks.is_empty()
            && self.leases.is_empty()
            && !self.drop_leases
            && self.told.is_empty()
            && self.lost_locks.is_empty()
            && self.waiters.is_none()
            && self.bypassed.is_empty()
            && self.refused.is_none()
            && self.ruled.is_none()
    }

    /// Writes everything down, and waits no longer than any hook does for other writers. What was shown and
    /// could not be noted is shown again, marked as a repeat; the log says so.
    pub(super) fn record(&self, scene: &Scene<'_>) -> Result<()> {
        if self.is_empty() || scene.is_read_only() {
            return Ok(());
        }
        let recorded = scene.write(|write| self.write(scene, write));
        if self.offered.is_empty() {
            recorded
        } else {
            recorded.context(UNNOTED)
        }
    }

    fn write(&self, scene: &Scene<'_>, write: &Write<'_>) -> Result<()> {
        let me = scene.me.id.as_str();
        if self.register {
            register(scene, write)?;
        }
        let tool = scene.input.tool_name.as_deref();
        for Changed { file, lines } in &self.changed {
            write.touch(&NewTouch {
                agent: me,
                file,
                tool: tool.unwrap_or("Edit"),
                lines: *lines,
            })?;
        }
        for (file, state) in &self.looks {
            write.remember_file(file, state)?;
        }
        if self.drop_leases {
            write.drop_edit_leases(me)?;
        }
        for file in &self.leases {
            write.take_edit_lease(me, &file.key, file.inode.as_deref())?;
        }
        write.tell(me, &self.told)?;
        write.proved(me, &self.proved)?;
        write.flushed(me, scene.session(), &self.offered)?;
        write.told_of_lost_locks(me, &self.lost_locks)?;
        if let Some(ticket) = self.waiters {
            write.told_of_waiters(me, ticket)?;
        }
        for foreign in &self.bypassed {
            write.record(Entry {
                agent: Some(me),
                event: "commit.bypassed",
                body: &format!("AGENT_SYNC_BYPASS: a file of {}", foreign.claim.owner()),
                tool: None,
                place: Some((&foreign.file.tree, &foreign.file.path)),
            })?;
        }
        if let Some(refused) = &self.refused {
            write.record(Entry {
                agent: Some(me),
                event: refused.rule.event(),
                body: &refused.body(),
                tool,
                place: Some((&refused.file.tree, &refused.file.path)),
            })?;
        }
        if let Some(ruled) = &self.ruled {
            ruled.record(scene, write)?;
        }
        if let Some(turn) = self.turn {
            write.set_turn(me, turn)?;
            // Something may have come after the hook looked, and nothing else would bring it now.
            if write.is_left_waiting(me)? {
                write.wake(me)?;
            }
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

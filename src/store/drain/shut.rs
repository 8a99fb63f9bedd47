//! A store is closed step by step, each in one transaction, and opened again.

use anyhow::Result;

use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::drain::{Drain, REOPENED, Stage};
use crate::store::{Read, Write};

impl Read<'_> {
    /// Everybody who holds a lock on purpose or has a task, the human too.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn holders(&self) -> Result<Vec<String>> {
        self.rows(
            "SELECT agent_id FROM lock WHERE is_implicit = 0
             UNION SELECT owner_id FROM task WHERE status = 'in_progress'
             UNION SELECT owner_id FROM task WHERE status = 'blocked' AND owner_id IS NOT NULL",
            [],
            |row| row.get(0),
        )
    }
}

impl Write<'_> {
    /// Goes on from a stage to the next where that is possible by now: with a name for the checkpoint that nothing has
    /// yet, and the SHA-256 of its copy once there is one. Where somebody else has gone on meanwhile, nothing changes.
    /// `None` where the swarm is open again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn advance_shutdown(
        &self,
        by: &str,
        from: Stage,
        name: &str,
        sha256: Option<&str>,
    ) -> Result<Option<Drain>> {
        if self.swarm_stage()?.is_none() {
            return Ok(None);
        }
        self.tend_drain(by)?;
        let drain = self.expect_swarm()?;
        if drain.stage != from {
            return Ok(Some(drain));
        }
        let mut facts = drain.facts(&self.world.now, self.crew_sessions_up()?.len());
        facts.is_written |= sha256.is_some();
        match drain.stage.next(facts) {
            Some(Stage::Ending) => {
                self.clear_the_desk(&drain)?;
                self.execute(
                    "UPDATE swarm SET stage = 'ending', shut_at = ?1 WHERE id = 1",
                    [self.now()],
                )?;
                self.record_event(Some(by), "swarm.ending", "")?;
            }
            Some(Stage::Checkpointing) => {
                self.execute(
                    "UPDATE swarm SET stage = 'checkpointing', checkpoint = ?1 WHERE id = 1",
                    [name],
                )?;
                self.record_event(Some(by), "swarm.checkpointing", name)?;
            }
            Some(Stage::Closed) => {
                self.execute(
                    "UPDATE swarm SET stage = 'closed', sha256 = ?1 WHERE id = 1",
                    [sha256],
                )?;
                let name = drain.checkpoint.as_deref().unwrap_or_default();
                let body = format!("{name} sha256 {}", sha256.unwrap_or_default());
                self.record_event(Some(by), "swarm.closed", &body)?;
            }
            Some(Stage::Draining) | None => {}
        }
        Ok(Some(self.expect_swarm()?))
    }

    /// Takes back whatever anybody still holds, whoever was asked.
    fn clear_the_desk(&self, drain: &Drain) -> Result<()> {
        self.sweep()?;
        self.reclaim_abandoned(SYSTEM)?;
        for holder in self.holders()? {
            if drain.member(&holder).is_some() {
                let held = self.held_by(&holder)?;
                self.note_returned(&holder, &held)?;
            }
            self.take_back(&holder)?;
        }
        self.execute("DELETE FROM lock WHERE is_implicit = 1", [])?;
        Ok(())
    }

    /// Opens the swarm again, however far its end had come, and tells everybody who is here. `None` where it is
    /// open already.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn resume_swarm(&self, by: &str) -> Result<Option<Drain>> {
        let Some(drain) = self.swarm()? else {
            return Ok(None);
        };
        self.execute("DELETE FROM swarm_returned", [])?;
        self.execute("DELETE FROM swarm_member", [])?;
        self.execute("DELETE FROM swarm", [])?;
        self.record_event(Some(by), "swarm.resumed", drain.stage.as_str())?;
        self.ensure_mentioned(SYSTEM)?;
        for agent in self.agents()? {
            let is_told = agent.presence.is_living()
                && agent.parent.is_none()
                && ![OPERATOR, SYSTEM, by].contains(&agent.id.as_str());
            if is_told {
                self.let_know(SYSTEM, &agent.id, REOPENED)?;
            }
        }
        Ok(Some(drain))
    }
}

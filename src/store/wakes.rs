//! Which idle sessions have something waiting for them, and when each may be woken.

use anyhow::Result;
use rusqlite::params;

use super::{Read, Write};
use crate::domain::wake::{Due, due};

/// The matter under which it is noted when an agent was woken last, or will be next.
const SUBJECT: &str = "wake";

impl Read<'_> {
    /// Whether an agent's turn has ended while something addressed to it waits.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_left_waiting(&self, agent: &str) -> Result<bool> {
        let is_idle = self.row(
            "SELECT 1 FROM presence WHERE agent_id = ?1 AND turn = 'idle'",
            [agent],
            |_| Ok(()),
        )?;
        Ok(is_idle.is_some() && self.queued_count(agent, true)? > 0)
    }

    /// The sessions that have not said goodbye and whose agents are living.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn living_sessions(&self) -> Result<Vec<String>> {
        let open: Vec<(String, String)> = self.rows(
            "SELECT id, agent_id FROM session WHERE ended_at IS NULL",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut living = Vec::new();
        for (session, agent) in open {
            if self
                .agent(&agent)?
                .is_some_and(|agent| agent.presence.is_living())
            {
                living.push(session);
            }
        }
        Ok(living)
    }
}

impl Write<'_> {
    /// Has the agent's sessions woken after this transaction, if it is idle. Calling twice is once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn wake(&self, agent: &str) -> Result<()> {
        if !self.wakes_sessions()? {
            return Ok(());
        }
        let sessions: Vec<String> = self.rows(
            "SELECT s.id FROM session s JOIN presence p ON p.agent_id = s.agent_id
             WHERE s.agent_id = ?1 AND s.ended_at IS NULL AND p.turn = 'idle'",
            [agent],
            |row| row.get(0),
        )?;
        let mut sleepers = self.sleepers.borrow_mut();
        for session in sessions {
            if !sleepers.contains(&session) {
                sleepers.push(session);
            }
        }
        Ok(())
    }

    /// Takes it upon the caller to wake an agent, and says when to, in milliseconds since the epoch; `None` when
    /// another process does already.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn take_wake(&self, agent: &str) -> Result<Option<i64>> {
        let mark = self.row(
            "SELECT mark FROM told WHERE agent_id = ?1 AND subject = ?2",
            [agent, SUBJECT],
            |row| row.get(0),
        )?;
        let Due::At(moment) = due(mark, self.now()) else {
            return Ok(None);
        };
        self.execute(
            "INSERT INTO told (agent_id, subject, mark) VALUES (?1, ?2, ?3)
             ON CONFLICT (agent_id, subject) DO UPDATE SET mark = excluded.mark",
            params![agent, SUBJECT, moment],
        )?;
        Ok(Some(moment))
    }
}

//! What the dead and the lapsed have left behind: whoever looks first clears it, since nobody may be left to say
//! goodbye.

use anyhow::Result;

use super::agents::{SIGHTING, sighting};
use super::{Entry, Write};
use crate::domain::agent::OPERATOR;
use crate::domain::presence::Presence;

/// What a sweep found and cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Agents that were found gone.
    pub gone: usize,
    /// Leases that had lapsed or whose holder was gone.
    pub locks: usize,
}

impl Write<'_> {
    /// Clears what the dead and the lapsed left behind: marks the gone as gone, ends their leases and every
    /// lease past its time.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn sweep(&self) -> Result<Sweep> {
        let sql = format!(
            "SELECT p.agent_id, {SIGHTING} FROM presence p WHERE p.turn IN ('active', 'idle') AND p.agent_id <> ?1"
        );
        let present = self.rows(&sql, [OPERATOR], |row| {
            Ok((row.get::<_, String>(0)?, sighting(row, 1)?))
        })?;
        let mut gone = 0;
        for (id, sighting) in &present {
            if self.world.presence(sighting) == Presence::Offline {
                self.execute("UPDATE presence SET turn = 'ended' WHERE agent_id = ?1", [id])?;
                self.record(Entry {
                    agent: Some(id),
                    event: "agent.gone",
                    body: "without goodbye",
                    ..Entry::default()
                })?;
                self.lose_mail(id)?;
                gone += 1;
            }
        }
        if gone > 0 {
            self.settled_topology()?;
        }
        Ok(Sweep {
            gone,
            locks: self.end_dead_locks()?,
        })
    }
}

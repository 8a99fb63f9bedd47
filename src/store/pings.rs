//! Who was asked for a sign of life by whom, and when it came.

use anyhow::Result;
use rusqlite::params;

use super::{Entry, Read, Write};
use crate::domain::ping::Ping;

const ASKED: &str = "SELECT agent_id, asked_at, answered_at FROM ping WHERE asked_by = ?1 ORDER BY agent_id";
const ANSWER: &str = "UPDATE ping SET answered_at = ?2 WHERE agent_id = ?1 AND answered_at IS NULL";

impl Read<'_> {
    /// The newest question of this asker to each agent, by the agents' ids.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pings(&self, asker: &str) -> Result<Vec<Ping>> {
        let rows: Vec<(String, i64, Option<i64>)> =
            self.rows(ASKED, [asker], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut pings = Vec::new();
        for (id, asked_at, answered_at) in rows {
            if let Some(agent) = self.agent(&id)? {
                pings.push(Ping {
                    agent,
                    asked_at,
                    answered_at,
                });
            }
        }
        Ok(pings)
    }
}

impl Write<'_> {
    /// Asks an agent for a sign of life. A question that the same asker put to it before is forgotten.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn ping(&self, asker: &str, agent: &str) -> Result<()> {
        self.execute(
            "INSERT INTO ping (asked_by, agent_id, asked_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (asked_by, agent_id) DO UPDATE SET asked_at = excluded.asked_at, answered_at = NULL",
            params![asker, agent, self.now()],
        )?;
        self.record(Entry {
            agent: Some(asker),
            event: "ping.asked",
            body: agent,
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Answers every open question to this agent, which is acting now.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) fn answer_pings(&self, agent: &str) -> Result<()> {
        if self.execute(ANSWER, params![agent, self.now()])? > 0 {
            self.record(Entry {
                agent: Some(agent),
                event: "ping.answered",
                ..Entry::default()
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Purpose, Store, create};

    #[test]
    fn no_statement_looks_at_every_question() {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("coordination/state.sqlite");
        create(&database, 1, |_| Ok(())).unwrap();
        let store = Store::open(&database, Purpose::Command).unwrap();
        let sighting = crate::store::agents::with_ping();
        for (sql, expected) in [
            (super::ASKED, "PRIMARY KEY (asked_by=?)"),
            (super::ANSWER, "ping_open (agent_id=?)"),
            (sighting.as_str(), "ping_open (agent_id=?)"),
        ] {
            let plan = store.plan(sql);
            assert!(plan.contains(expected) && !plan.contains("SCAN ping"), "{plan}");
        }
    }
}

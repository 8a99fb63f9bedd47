//! The append-only record of every change, written in the change's own transaction.

use anyhow::Result;
use rusqlite::{Row, params};

use super::{Read, Write};
use crate::domain::activity::{Activity, TURN_BEGAN, TURN_ENDED};
use crate::domain::id::Noun;

/// A new entry.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entry<'a> {
    /// Who did it; nobody when the tool itself did.
    pub agent: Option<&'a str>,
    /// What kind of thing happened: one word such as `edit` or `lock.acquired`.
    pub event: &'a str,
    /// One line about it.
    pub body: &'a str,
    /// The client's tool, for an edit.
    pub tool: Option<&'a str>,
    /// The checkout and the path it happened to.
    pub place: Option<(&'a str, &'a str)>,
}

impl Read<'_> {
    /// The newest entries first, at most `limit`, optionally of one agent or one event. That turns begin and end
    /// is left out unless it is asked for: it would bury everything else.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn activity(&self, limit: u32, agent: Option<&str>, event: Option<&str>) -> Result<Vec<Activity>> {
        self.rows(
            "SELECT a.id, a.agent_id, g.name, a.event, a.body, a.tool, a.path, a.created_at
             FROM activity a LEFT JOIN agent g ON g.id = a.agent_id
             WHERE (?2 IS NULL OR a.agent_id = ?2) AND (a.event = ?3 OR (?3 IS NULL AND a.event NOT IN (?4, ?5)))
             ORDER BY a.seq DESC LIMIT ?1",
            params![limit, agent, event, TURN_BEGAN, TURN_ENDED],
            activity,
        )
    }
}

/// An entry from its columns: id, agent, the agent's name, event, body, tool, path and time.
pub(super) fn activity(row: &Row<'_>) -> rusqlite::Result<Activity> {
    Ok(Activity {
        id: row.get(0)?,
        agent: row.get(1)?,
        agent_name: row.get(2)?,
        event: row.get(3)?,
        body: row.get(4)?,
        tool: row.get(5)?,
        path: row.get(6)?,
        created_at: row.get(7)?,
    })
}

impl Write<'_> {
    /// Appends an entry about no file and no tool.
    pub(super) fn record_event(&self, agent: Option<&str>, event: &str, body: &str) -> Result<()> {
        self.record(Entry {
            agent,
            event,
            body,
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Appends an entry and returns its id.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn record(&self, entry: Entry<'_>) -> Result<String> {
        let id = self.new_id(Noun::Activity)?;
        let (tree, path) = entry.place.unzip();
        self.execute(
            "INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                entry.agent,
                entry.event,
                entry.body,
                entry.tool,
                tree,
                path,
                self.now()
            ],
        )?;
        Ok(id)
    }

    /// Appends an entry of one kind for each of these texts: many cost little more than a few.
    pub(super) fn record_all<'b>(
        &self,
        agent: Option<&str>,
        event: &str,
        bodies: impl IntoIterator<Item = &'b str>,
    ) -> Result<()> {
        let mut insert = self.connection.prepare(
            "INSERT INTO activity (id, agent_id, event, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let mut ids = self.new_ids(Noun::Activity)?;
        for body in bodies {
            insert.execute(params![ids.next()?, agent, event, body, self.now()])?;
        }
        Ok(())
    }
}

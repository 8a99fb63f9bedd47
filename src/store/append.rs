//! Appends that have begun.
//!
//! A process can die between writing a line and saying that it did. Whoever tries again then must neither lose
//! the line nor write it twice, so what is about to be written where is noted in the transaction that takes the
//! lock, and forgotten in the one that gives it back.

use anyhow::Result;
use rusqlite::params;

use super::{Read, Write};
use crate::domain::lock::{Key, Lock, PathKey, Released};
use crate::domain::time::HOUR;

/// How long a begun append is remembered, in milliseconds.
const REMEMBERED: i64 = 24 * HOUR;

/// An append that an agent began and nobody has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Names the text: its SHA-256 in hexadecimal.
    pub digest: String,
    /// How long the file was before, in bytes.
    pub size: u64,
    /// When, in milliseconds since the epoch.
    pub begun_at: i64,
}

impl Intent {
    /// Whether this lock of the same agent on the same file was taken for this append: at the same moment, and
    /// not renewed since.
    #[must_use]
    pub fn took(&self, lock: &Lock) -> bool {
        [lock.acquired_at, lock.leased.wall] == [self.begun_at, self.begun_at]
    }
}

impl Read<'_> {
    /// The append to this file that the agent began and has not ended, unless that is more than a day ago.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn append_intent(&self, agent: &str, file: &PathKey) -> Result<Option<Intent>> {
        self.row(
            "SELECT digest, size, begun_at FROM append_intent
             WHERE agent_id = ?1 AND tree = ?2 AND path = ?3 AND abs(?4 - begun_at) < ?5",
            params![agent, file.tree, file.path, self.now(), REMEMBERED],
            |row| {
                Ok(Intent {
                    digest: row.get(0)?,
                    size: row.get::<_, i64>(1)?.unsigned_abs(),
                    begun_at: row.get(2)?,
                })
            },
        )
    }
}

impl Write<'_> {
    /// Notes an append that begins now, in the place of an earlier one to the same file; those that everybody
    /// has forgotten are dropped.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_append(&self, agent: &str, file: &PathKey, intent: &Intent) -> Result<()> {
        self.execute(
            "DELETE FROM append_intent WHERE abs(?1 - begun_at) >= ?2",
            [self.now(), REMEMBERED],
        )?;
        self.execute(
            "INSERT INTO append_intent (agent_id, tree, path, digest, size, begun_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (agent_id, tree, path) DO UPDATE SET
                 digest = excluded.digest, size = excluded.size, begun_at = excluded.begun_at",
            params![
                agent,
                file.tree,
                file.path,
                intent.digest,
                i64::try_from(intent.size)?,
                intent.begun_at
            ],
        )?;
        Ok(())
    }

    /// Gives back a lock that its holder took for an append and nothing else, if it is one; the caller knows
    /// that the append is over. What it wrote stays noted, for its retry.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_dead_append(&self, lock: &Lock) -> Result<bool> {
        let Key::Path(file) = &lock.key else {
            return Ok(false);
        };
        match self.append_intent(&lock.holder, file)? {
            Some(intent) if intent.took(lock) => {
                Ok(self.release(&lock.holder, &lock.key, false)? == Released::Own)
            }
            _ => Ok(false),
        }
    }

    /// Forgets an append that has ended one way or the other.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_append(&self, agent: &str, file: &PathKey) -> Result<()> {
        self.execute(
            "DELETE FROM append_intent WHERE agent_id = ?1 AND tree = ?2 AND path = ?3",
            params![agent, file.tree, file.path],
        )?;
        Ok(())
    }
}

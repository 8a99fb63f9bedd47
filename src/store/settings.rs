//! Settings of this repository, facts about the store, and when each hook was last seen.

use anyhow::Result;
use rusqlite::params;

use super::{Read, Write};
use crate::domain::awareness::Guard;
use crate::domain::lock::DEFAULT_TTL;
use crate::domain::setting::{GUARD_EDITS, LOCK_TTL, Value, WAKE};

impl Read<'_> {
    /// Whether idle sessions are woken when something is addressed to them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn wakes_sessions(&self) -> Result<bool> {
        Ok(WAKE.value(self.setting(WAKE.key)?.as_deref()) == Value::Word("on"))
    }

    /// A setting's value, if somebody set it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.row("SELECT value FROM setting WHERE key = ?1", [key], |row| {
            row.get(0)
        })
    }

    /// Every setting that somebody set, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn settings(&self) -> Result<Vec<(String, String)>> {
        self.rows("SELECT key, value FROM setting ORDER BY key", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// How long a lock lasts when nobody says otherwise, in milliseconds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_ttl(&self) -> Result<i64> {
        match LOCK_TTL.value(self.setting(LOCK_TTL.key)?.as_deref()) {
            Value::Span(ttl) => Ok(ttl),
            Value::Word(_) => Ok(DEFAULT_TTL),
        }
    }

    /// What becomes of an edit of a file that somebody else is editing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn edit_guard(&self) -> Result<Guard> {
        match GUARD_EDITS.value(self.setting(GUARD_EDITS.key)?.as_deref()) {
            Value::Word(word) => Ok(Guard::parse(word)),
            Value::Span(_) => Ok(Guard::default()),
        }
    }

    /// The random id this store was created with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn store_id(&self) -> Result<Option<String>> {
        self.row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
            row.get(0)
        })
    }

    /// When one hook event last reached us, in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hook_seen(&self, event: &str) -> Result<Option<i64>> {
        self.row("SELECT seen_at FROM hook_seen WHERE event = ?1", [event], |row| {
            row.get(0)
        })
    }

    /// When each hook event last reached us, in milliseconds since the epoch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hooks_seen(&self) -> Result<Vec<(String, i64)>> {
        self.rows("SELECT event, seen_at FROM hook_seen", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }
}

impl Write<'_> {
    /// Sets or, with `None`, forgets a setting.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set(&self, key: &str, value: Option<&str>) -> Result<()> {
        match value {
            Some(value) => self.execute(
                "INSERT INTO setting (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )?,
            None => self.execute("DELETE FROM setting WHERE key = ?1", [key])?,
        };
        Ok(())
    }

    /// Notes that a hook event reached us now.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn saw_hook(&self, event: &str) -> Result<()> {
        self.execute(
            "INSERT INTO hook_seen (event, seen_at) VALUES (?1, ?2)
             ON CONFLICT (event) DO UPDATE SET seen_at = excluded.seen_at",
            params![event, self.now()],
        )?;
        Ok(())
    }
}

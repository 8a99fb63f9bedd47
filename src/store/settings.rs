//! Settings of this repository, facts about the store, and when each hook was last seen.

use anyhow::Result;
use rusqlite::params;

use super::{Read, Write};
use crate::domain::awareness::Guard;
use crate::domain::backup::Limits;
use crate::domain::lock::DEFAULT_TTL;
use crate::domain::message::{ACK_AFTER, QUEUE, RATE};
use crate::domain::setting::{
    BACKUP_BYTES, BACKUP_KEEP, GUARD_EDITS, LOCK_TTL, MESSAGES_ACK_AFTER, MESSAGES_QUEUE, MESSAGES_RATE,
    Setting, TASKS_MAX_ATTEMPTS, TASKS_WIP_LIMIT, Value, WAKE,
};

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

    /// The value that holds of a setting.
    fn value_of(&self, setting: &Setting) -> Result<Value> {
        Ok(setting.value(self.setting(setting.key)?.as_deref()))
    }

    /// The number that holds of a setting that is one, be it of milliseconds or of things.
    fn number_of(&self, setting: &Setting, otherwise: i64) -> Result<i64> {
        Ok(match self.value_of(setting)? {
            Value::Span(number) | Value::Count(number) => number,
            Value::Word(_) => otherwise,
        })
    }

    /// The small number that holds of a setting that is one.
    fn count_of(&self, setting: &Setting) -> Result<u32> {
        Ok(u32::try_from(self.number_of(setting, 1)?).unwrap_or(1))
    }

    /// How long a lock lasts when nobody says otherwise, in milliseconds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_ttl(&self) -> Result<i64> {
        self.number_of(&LOCK_TTL, DEFAULT_TTL)
    }

    /// How long an acknowledgement may take before its recipient is reminded, in milliseconds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ack_patience(&self) -> Result<i64> {
        self.number_of(&MESSAGES_ACK_AFTER, ACK_AFTER)
    }

    /// How many messages may wait for one recipient.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn queue_limit(&self) -> Result<usize> {
        Ok(usize::try_from(self.number_of(&MESSAGES_QUEUE, QUEUE)?).unwrap_or_default())
    }

    /// How many messages one agent may send in a minute.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rate_limit(&self) -> Result<usize> {
        Ok(usize::try_from(self.number_of(&MESSAGES_RATE, RATE)?).unwrap_or_default())
    }

    /// How long something is kept, in milliseconds; `None` for ever.
    pub(super) fn limit_of(&self, setting: &Setting) -> Result<Option<i64>> {
        Ok(match self.value_of(setting)? {
            Value::Span(span) | Value::Count(span) => Some(span),
            Value::Word(_) => None,
        })
    }

    /// What becomes of an edit of a file that somebody else is editing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn edit_guard(&self) -> Result<Guard> {
        Ok(match self.value_of(&GUARD_EDITS)? {
            Value::Word(word) => Guard::parse(word),
            Value::Span(_) | Value::Count(_) => Guard::default(),
        })
    }

    /// How many tasks in progress one agent may be handed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn wip_limit(&self) -> Result<u32> {
        self.count_of(&TASKS_WIP_LIMIT)
    }

    /// How many attempts at a task that says nothing else may end with their agent gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn max_attempts(&self) -> Result<u32> {
        self.count_of(&TASKS_MAX_ATTEMPTS)
    }

    /// How many copies of the store are kept, and how much of the disk they may take.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn backup_limits(&self) -> Result<Limits> {
        let number = |setting| Ok::<_, anyhow::Error>(self.number_of(setting, 0)?.unsigned_abs());
        Ok(Limits {
            count: usize::try_from(number(&BACKUP_KEEP)?).unwrap_or(usize::MAX),
            bytes: number(&BACKUP_BYTES)?,
        })
    }

    /// When this store was made, in milliseconds since the epoch; at the epoch where nobody knows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn made_at(&self) -> Result<i64> {
        let text: Option<String> =
            self.row("SELECT value FROM meta WHERE key = 'created_at'", [], |row| {
                row.get(0)
            })?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
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

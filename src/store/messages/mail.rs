//! Looking at mail: one's own, what one has sent, a conversation, what was said to everybody.

use anyhow::Result;
use rusqlite::params;

use super::{COLUMNS, OF_MESSAGE, TABLES, message, progress};
use crate::domain::agent::OPERATOR;
use crate::domain::id::Noun;
use crate::domain::message::{Message, Priority, Receipt};
use crate::domain::overview::MOST_MISSED;
use crate::error::Refusal;
use crate::store::Read;

impl Read<'_> {
    /// An agent's mail, oldest first; what it has read already only on request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn inbox(&self, agent: &str, read_too: bool) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM recipient r JOIN message m ON m.id = r.message_id
             LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
             WHERE r.agent_id = ?1 AND (?2 OR r.read_at IS NULL) ORDER BY r.created_at, r.message_id"
        );
        self.rows(&sql, params![agent, read_too], message)
    }

    /// How much of an agent's mail it has neither read nor been shown by a hook.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unread_count(&self, agent: &str) -> Result<usize> {
        Ok(self.waiting(agent)?.len())
    }

    /// The messages that wait to be shown to an agent for the first time, those past their time left out.
    pub(super) fn waiting(&self, agent: &str) -> Result<Vec<Message>> {
        let mut waiting = self.queued(agent)?;
        waiting.retain(|message| !message.is_past(&self.world.now));
        Ok(waiting)
    }

    /// Whether anything waits that is addressed to an agent in particular and is worth disturbing it for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_letters(&self, agent: &str) -> Result<bool> {
        let waiting = self.waiting(agent)?;
        Ok(waiting
            .iter()
            .any(|message| message.is_directed && message.priority > Priority::Low))
    }

    /// What is in the queue of an agent, whatever its time.
    pub(super) fn queued(&self, agent: &str) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE d.agent_id = ?1 AND d.state = 'queued'
             ORDER BY m.created_at, m.id"
        );
        self.rows(&sql, [agent], message)
    }

    /// How many of the newest [`MOST_MISSED`] messages to everybody since `since` (milliseconds since the epoch) are
    /// neither to nor by this agent, because it was not here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn missed_count(&self, agent: &str, since: i64) -> Result<usize> {
        self.count(
            "SELECT count(*) FROM (SELECT id FROM message WHERE address = 'all' AND created_at >= ?2
                 ORDER BY created_at DESC LIMIT ?3) newest
             WHERE NOT EXISTS (SELECT 1 FROM recipient r INDEXED BY recipient_by_message
                 WHERE r.message_id = newest.id AND r.agent_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = newest.id AND m.sender_id = ?1)",
            params![agent, since, i64::try_from(MOST_MISSED).unwrap_or(i64::MAX)],
        )
    }

    /// What was said to everybody since `since` (milliseconds since the epoch), newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn said_to_all(&self, agent: &str, since: i64, limit: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message m LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r INDEXED BY recipient_by_message
                 ON r.message_id = m.id AND r.agent_id = ?1
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?1
             WHERE m.address = 'all' AND m.created_at >= ?2 ORDER BY m.created_at DESC, m.id LIMIT ?3"
        );
        self.rows(&sql, params![agent, since, limit], message)
    }

    /// What an agent has sent, newest first, each with what became of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sent(&self, agent: &str, limit: u32) -> Result<Vec<(Message, Vec<Receipt>)>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message m LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r INDEXED BY recipient_by_message
                 ON r.message_id = m.id AND r.agent_id = ?1
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?1
             WHERE m.sender_id = ?1 ORDER BY m.created_at DESC, m.id LIMIT ?2"
        );
        let messages = self.rows(&sql, params![agent, limit], message)?;
        messages
            .into_iter()
            .map(|message| {
                let receipts = self.receipts(&message.id)?;
                Ok((message, receipts))
            })
            .collect()
    }

    /// Those of these messages that there are, the newest first, as the human sees them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn messages_with(&self, ids: &[String]) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM json_each(?1) wanted CROSS JOIN message m ON m.id = wanted.value
             LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r INDEXED BY recipient_by_message
                 ON r.message_id = m.id AND r.agent_id = ?2
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?2
             ORDER BY m.created_at DESC, m.id DESC"
        );
        self.rows(&sql, params![serde_json::to_string(ids)?, OPERATOR], message)
    }

    /// What became of a message at each of its recipients.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self, message: &str) -> Result<Vec<Receipt>> {
        // The same columns as everywhere; the sender's are passed over.
        let sql = format!(
            "SELECT {COLUMNS}, r.agent_id, coalesce(g.name, r.agent_id) FROM recipient r
             JOIN message m ON m.id = r.message_id
             LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
             LEFT JOIN agent a ON a.id = m.sender_id LEFT JOIN agent g ON g.id = r.agent_id
             WHERE r.message_id = ?1 ORDER BY 27, r.agent_id"
        );
        self.rows(&sql, [message], |row| {
            Ok(Receipt {
                agent: row.get(OF_MESSAGE + 12)?,
                agent_name: row.get(OF_MESSAGE + 13)?,
                progress: progress(row, OF_MESSAGE)?,
            })
        })
    }

    /// A message as this reader may see it: one of its recipients, its sender, or the human.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such message or the reader has no part in it.
    pub fn message(&self, reader: &str, text: &str) -> Result<Message> {
        let id = self.one(Noun::Message, "message", text)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM message m LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r INDEXED BY recipient_by_message
                 ON r.message_id = m.id AND r.agent_id = ?2
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?2
             WHERE m.id = ?1 AND (r.agent_id IS NOT NULL OR m.sender_id = ?2 OR ?2 = ?3)"
        );
        self.row(&sql, [id.as_str(), reader, OPERATOR], message)?
            .ok_or_else(|| {
                Refusal::refused(format!("{id} is not addressed to you"))
                    .hint("`agent-sync inbox --all` shows what is")
                    .into()
            })
    }

    /// A message and everything that answers it or that it answers, oldest first, as far as the reader has a
    /// part in it.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such message or the reader has no part in it.
    pub fn thread(&self, reader: &str, text: &str) -> Result<Vec<Message>> {
        let start = self.message(reader, text)?;
        let sql = format!(
            "WITH RECURSIVE up (id, depth) AS (
                 SELECT ?1, 0 UNION
                 SELECT m.reply_to, up.depth + 1 FROM up JOIN message m ON m.id = up.id
                 WHERE m.reply_to IS NOT NULL AND up.depth < 1000),
             root (id) AS (SELECT id FROM up ORDER BY depth DESC LIMIT 1),
             thread (id) AS (
                 SELECT id FROM root UNION
                 SELECT m.id FROM thread t CROSS JOIN message m ON m.reply_to = t.id)
             SELECT {COLUMNS} FROM thread t CROSS JOIN message m ON m.id = t.id
             LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r INDEXED BY recipient_by_message
                 ON r.message_id = m.id AND r.agent_id = ?2
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?2
             WHERE r.agent_id IS NOT NULL OR m.sender_id = ?2 OR ?2 = ?3 ORDER BY m.created_at, m.id"
        );
        self.rows(&sql, [start.id.as_str(), reader, OPERATOR], message)
    }
}

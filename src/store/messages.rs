//! Messages, their recipients, and how far each has come.

use anyhow::Result;
use rusqlite::{Row, params};

use super::{Entry, Read, Write};
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::id::Noun;
use crate::domain::message::{Delivery, EVERYONE, MAX_BODY, Message, Receipt, Resolved, is_human, resolve};
use crate::error::Refusal;
use crate::frame::{Field, clean};

/// A message to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// Who sends it.
    pub sender: &'a str,
    /// An id, a name, a role, or `all`.
    pub address: &'a str,
    /// The text.
    pub body: &'a str,
    /// The message it answers, by id or unique beginning of one.
    pub reply_to: Option<&'a str>,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// Whom the address meant.
    pub recipients: Vec<Agent>,
}

const COLUMNS: &str =
    "m.id, m.sender_id, coalesce(a.name, m.sender_id), m.address, m.body, m.reply_to, m.created_at,
     r.read_at, r.acked_at, coalesce(d.state, 'offered')";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let state: String = row.get(9)?;
    Ok(Message {
        id: row.get(0)?,
        sender: row.get(1)?,
        sender_name: row.get(2)?,
        address: row.get(3)?,
        body: row.get(4)?,
        reply_to: row.get(5)?,
        created_at: row.get(6)?,
        read_at: row.get(7)?,
        acked_at: row.get(8)?,
        delivery: Delivery::parse(&state),
    })
}

impl Read<'_> {
    /// What waits to be pushed to an agent, oldest first, at most `limit`; only what is addressed to it in
    /// particular when `directed_only`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn queued(&self, agent: &str, directed_only: bool, limit: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery d
             JOIN message m ON m.id = d.message_id
             JOIN recipient r ON r.message_id = d.message_id AND r.agent_id = d.agent_id
             LEFT JOIN agent a ON a.id = m.sender_id
             WHERE d.agent_id = ?1 AND d.state = 'queued' AND (r.directed OR NOT ?2)
             ORDER BY d.state_at, d.message_id LIMIT ?3"
        );
        self.rows(&sql, params![agent, directed_only, limit], message)
    }

    /// How much waits to be pushed to an agent.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn queued_count(&self, agent: &str, directed_only: bool) -> Result<usize> {
        let count: Option<i64> = self.row(
            "SELECT count(*) FROM delivery d
             JOIN recipient r ON r.message_id = d.message_id AND r.agent_id = d.agent_id
             WHERE d.agent_id = ?1 AND d.state = 'queued' AND (r.directed OR NOT ?2)",
            params![agent, directed_only],
            |row| row.get(0),
        )?;
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

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

    /// How much of an agent's mail is unread and has not been shown to it by a hook either.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unread_count(&self, agent: &str) -> Result<usize> {
        let count: Option<i64> = self.row(
            "SELECT count(*) FROM recipient r
             LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
             WHERE r.agent_id = ?1 AND r.read_at IS NULL AND coalesce(d.state, 'offered') = 'queued'",
            [agent],
            |row| row.get(0),
        )?;
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// The messages of the whole repository that somebody has not been shown, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn undelivered(&self, limit: u32) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery d JOIN message m ON m.id = d.message_id
             JOIN recipient r ON r.message_id = d.message_id AND r.agent_id = d.agent_id
             LEFT JOIN agent a ON a.id = m.sender_id
             WHERE d.state = 'queued' AND r.read_at IS NULL GROUP BY m.id ORDER BY m.created_at DESC LIMIT ?1"
        );
        self.rows(&sql, [limit], message)
    }

    /// How many messages of the whole repository somebody has not been shown.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn undelivered_count(&self) -> Result<usize> {
        let count: Option<i64> = self.row(
            "SELECT count(DISTINCT d.message_id) FROM delivery d
             JOIN recipient r ON r.message_id = d.message_id AND r.agent_id = d.agent_id
             WHERE d.state = 'queued' AND r.read_at IS NULL",
            [],
            |row| row.get(0),
        )?;
        Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// What an agent has sent, newest first, each with what became of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sent(&self, agent: &str, limit: u32) -> Result<Vec<(Message, Vec<Receipt>)>> {
        let messages = self.rows(
            "SELECT m.id, m.sender_id, coalesce(a.name, m.sender_id), m.address, m.body, m.reply_to, m.created_at,
                 NULL, NULL, 'offered'
             FROM message m LEFT JOIN agent a ON a.id = m.sender_id
             WHERE m.sender_id = ?1 ORDER BY m.created_at DESC, m.id LIMIT ?2",
            params![agent, limit],
            message,
        )?;
        messages
            .into_iter()
            .map(|message| {
                let receipts = self.receipts(&message.id)?;
                Ok((message, receipts))
            })
            .collect()
    }

    /// What became of a message at each of its recipients.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipts(&self, message: &str) -> Result<Vec<Receipt>> {
        self.rows(
            "SELECT r.agent_id, coalesce(a.name, r.agent_id), coalesce(d.state, 'offered'), r.read_at, r.acked_at
             FROM recipient r LEFT JOIN agent a ON a.id = r.agent_id
             LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
             WHERE r.message_id = ?1 ORDER BY r.agent_id",
            [message],
            |row| {
                let state: String = row.get(2)?;
                Ok(Receipt {
                    agent: row.get(0)?,
                    agent_name: row.get(1)?,
                    delivery: Delivery::parse(&state),
                    read_at: row.get(3)?,
                    acked_at: row.get(4)?,
                })
            },
        )
    }

    /// A message as this reader may see it: one of its recipients, or its sender.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such message or the reader has no part in it.
    pub fn message(&self, reader: &str, text: &str) -> Result<Message> {
        let id = self.one(Noun::Message, "message", text)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM message m LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r ON r.message_id = m.id AND r.agent_id = ?2
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?2
             WHERE m.id = ?1 AND (r.agent_id IS NOT NULL OR m.sender_id = ?2)"
        );
        self.row(&sql, [id.as_str(), reader], message)?.ok_or_else(|| {
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
                 SELECT m.id FROM thread t JOIN message m ON m.reply_to = t.id)
             SELECT {COLUMNS} FROM thread t JOIN message m ON m.id = t.id
             LEFT JOIN agent a ON a.id = m.sender_id
             LEFT JOIN recipient r ON r.message_id = m.id AND r.agent_id = ?2
             LEFT JOIN delivery d ON d.message_id = m.id AND d.agent_id = ?2
             WHERE r.agent_id IS NOT NULL OR m.sender_id = ?2 ORDER BY m.created_at, m.id"
        );
        self.rows(&sql, [start.id.as_str(), reader], message)
    }
}

impl Write<'_> {
    /// Sends a message to whom its address means now.
    ///
    /// # Errors
    /// [`Refusal`] when the address means nobody, or the body is empty or too large.
    pub fn send(&self, sending: Sending<'_>) -> Result<Sent> {
        if sending.body.trim().is_empty() {
            return Err(Refusal::usage("the message is empty").into());
        }
        if sending.body.len() > MAX_BODY {
            return Err(Refusal::refused(format!(
                "the message is {} bytes long; the limit is {MAX_BODY}",
                sending.body.len()
            ))
            .hint("put the long part into a file and send its path")
            .into());
        }
        let reply_to = sending
            .reply_to
            .map(|text| self.message(sending.sender, text))
            .transpose()?;
        if is_human(sending.address) {
            self.ensure_mentioned(OPERATOR)?;
        }
        let agents = self.agents_and_operator()?;
        let recipients = match resolve(sending.address, sending.sender, &agents) {
            Resolved::To(ids) => ids,
            Resolved::Nobody(candidates) => {
                return Err(unknown_recipient(sending.address, &candidates).into());
            }
            Resolved::Ambiguous(ids) => {
                return Err(Refusal::usage(format!(
                    "'{}' begins several ids: {}",
                    clean(sending.address, Field::Name),
                    ids.join(", ")
                ))
                .into());
            }
        };
        let is_directed = !sending.address.trim().eq_ignore_ascii_case(EVERYONE);
        let id = self.new_id(Noun::Message)?;
        let reply_to = reply_to.map(|message| message.id);
        self.execute(
            "INSERT INTO message (id, sender_id, address, body, reply_to, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, sending.sender, sending.address.trim(), sending.body, reply_to, self.now()],
        )?;
        for agent in &recipients {
            self.execute(
                "INSERT INTO recipient (agent_id, message_id, created_at, directed) VALUES (?1, ?2, ?3, ?4)",
                params![agent, id, self.now(), is_directed],
            )?;
            self.execute(
                "INSERT INTO delivery (agent_id, message_id, state, state_at) VALUES (?1, ?2, 'queued', ?3)",
                params![agent, id, self.now()],
            )?;
            if is_directed {
                self.wake(agent)?;
            }
        }
        let body = format!("{id} to {}", recipients.join(", "));
        self.record(Entry {
            agent: Some(sending.sender),
            event: "message.sent",
            body: &body,
            ..Entry::default()
        })?;
        let recipients = agents
            .into_iter()
            .filter(|agent| recipients.contains(&agent.id))
            .collect();
        Ok(Sent { id, recipients })
    }

    /// Notes that these messages were written into a hook's output and flushed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn offered(&self, agent: &str, messages: &[String]) -> Result<()> {
        for id in messages {
            self.execute(
                "UPDATE delivery SET state = 'offered', state_at = ?3
                 WHERE message_id = ?1 AND agent_id = ?2 AND state = 'queued'",
                params![id, agent, self.now()],
            )?;
            self.record(Entry {
                agent: Some(agent),
                event: "message.offered",
                body: id,
                ..Entry::default()
            })?;
        }
        Ok(())
    }

    /// Notes that a recipient has read a message; only its recipients' word counts.
    ///
    /// # Errors
    /// [`Refusal`] when the message is not addressed to this agent.
    pub fn read_message(&self, agent: &str, text: &str) -> Result<Message> {
        let message = self.message(agent, text)?;
        let marked = self.execute(
            "UPDATE recipient SET read_at = ?4
             WHERE agent_id = ?1 AND created_at = ?2 AND message_id = ?3 AND read_at IS NULL",
            params![agent, message.created_at, message.id, self.now()],
        )?;
        if marked > 0 {
            // What was read needs no push any more.
            self.execute(
                "UPDATE delivery SET state = 'offered', state_at = ?3
                 WHERE message_id = ?1 AND agent_id = ?2 AND state = 'queued'",
                params![message.id, agent, self.now()],
            )?;
            self.record(Entry {
                agent: Some(agent),
                event: "message.read",
                body: &message.id,
                ..Entry::default()
            })?;
        }
        self.message(agent, &message.id)
    }

    /// Notes that a recipient acknowledges a message, which it has then read, too.
    ///
    /// # Errors
    /// [`Refusal`] when the message is not addressed to this agent.
    pub fn acknowledge(&self, agent: &str, text: &str) -> Result<Message> {
        let message = self.read_message(agent, text)?;
        if message.read_at.is_none() {
            return Err(Refusal::refused(format!("{} is your own message", message.id))
                .hint("only its recipients acknowledge a message")
                .into());
        }
        let marked = self.execute(
            "UPDATE recipient SET acked_at = ?4
             WHERE agent_id = ?1 AND created_at = ?2 AND message_id = ?3 AND acked_at IS NULL",
            params![agent, message.created_at, message.id, self.now()],
        )?;
        if marked > 0 {
            self.record(Entry {
                agent: Some(agent),
                event: "message.acked",
                body: &message.id,
                ..Entry::default()
            })?;
        }
        self.message(agent, &message.id)
    }

    fn agents_and_operator(&self) -> Result<Vec<Agent>> {
        let mut agents = self.agents()?;
        agents.extend(self.agent(OPERATOR)?);
        Ok(agents)
    }
}

fn unknown_recipient(address: &str, candidates: &[String]) -> Refusal {
    let shown = clean(address, Field::Name);
    let refusal = Refusal::missing(format!(
        "nobody here is called '{shown}', nor is it an id or a role"
    ));
    if candidates.is_empty() {
        refusal.hint("nobody else is here now; `agent-sync agent list` shows who has been")
    } else {
        refusal.hint(format!("here now: {}", candidates.join(", ")))
    }
}

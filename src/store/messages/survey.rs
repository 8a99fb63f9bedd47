//! The mail of everybody at a glance: what waits for whom, what the human has not read, what nobody answers.
//!
//! A store may hold tens of thousands of messages, so every question here begins with an index of what is open:
//! what waits, what is unread, what is to be acknowledged.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::params;

use super::{COLUMNS, OF_MESSAGE, TABLES, message};
use crate::domain::message::{Message, State};
use crate::domain::picture::{Queue, Unacknowledged};
use crate::domain::time::Moment;
use crate::store::Read;

/// What waits for anybody, without the texts.
pub(in crate::store) const QUEUED: &str =
    "SELECT d.agent_id, d.message_id, m.created_at, m.uptime, m.boot, m.ttl
     FROM delivery d CROSS JOIN message m ON m.id = d.message_id WHERE d.state = 'queued'";
/// What of it has these ids.
const SOME_QUEUED: &str = "d.message_id IN (SELECT value FROM json_each(?1)) AND d.state = 'queued'
     GROUP BY m.id ORDER BY m.created_at DESC, m.id";
/// What is addressed to an agent in particular and unread; the oldest first.
const UNREAD: &str = "recipient r CROSS JOIN message m ON m.id = r.message_id
     LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
     LEFT JOIN agent a ON a.id = m.sender_id
     WHERE r.agent_id = ?1 AND r.read_at IS NULL AND r.directed = 1";
/// What is to be acknowledged by anybody.
const AWAITED: &str = "d.awaits_ack = 1 AND d.state IN ('delivered', 'read')";

/// The query of [`Read::letters`].
pub(in crate::store) fn letters() -> String {
    format!("SELECT {COLUMNS} FROM {UNREAD} ORDER BY r.created_at LIMIT ?2")
}

/// The query of [`Read::unacknowledged`].
pub(in crate::store) fn unacknowledged() -> String {
    format!(
        "SELECT {COLUMNS}, r.agent_id, coalesce(g.name, r.agent_id) FROM {TABLES}
         LEFT JOIN agent g ON g.id = r.agent_id WHERE {AWAITED} ORDER BY m.created_at LIMIT ?1"
    )
}

/// The query for the newest of what waits.
pub(in crate::store) fn some_queued() -> String {
    format!("SELECT {COLUMNS} FROM {TABLES} WHERE {SOME_QUEUED}")
}

/// What waits for anybody.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// How much for whom, by the id of the recipient.
    pub queues: Vec<Queue>,
    /// The newest of the messages.
    pub newest: Vec<Message>,
    /// How many messages there are.
    pub count: usize,
}

impl Read<'_> {
    /// The mail of the whole repository that somebody has not been shown, and the newest `most` of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiting_mail(&self, most: usize) -> Result<Waiting> {
        let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
        let mut messages: BTreeMap<String, i64> = BTreeMap::new();
        let rows = self.rows(QUEUED, [], |row| {
            let created = Moment {
                wall: row.get(2)?,
                uptime: row.get(3)?,
                boot: row.get(4)?,
            };
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                created,
                row.get(5)?,
            ))
        })?;
        for (agent, id, created, ttl) in rows {
            let is_past = |ttl: i64| self.world.now.since(&created) >= ttl;
            if Option::<i64>::is_some_and(ttl, is_past) {
                continue;
            }
            messages.insert(id, created.wall);
            let queue = queues.entry(agent.clone()).or_insert(Queue {
                agent,
                waiting: 0,
                since: created.wall,
            });
            queue.waiting += 1;
            queue.since = queue.since.min(created.wall);
        }
        let count = messages.len();
        let mut newest: Vec<(String, i64)> = messages.into_iter().collect();
        newest.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        let newest: Vec<String> = newest.into_iter().take(most).map(|(id, _)| id).collect();
        Ok(Waiting {
            queues: queues.into_values().collect(),
            newest: if newest.is_empty() {
                Vec::new()
            } else {
                self.rows(&some_queued(), [serde_json::to_string(&newest)?], message)?
            },
            count,
        })
    }

    /// What is addressed to an agent in particular, unread and still worth it, the oldest first, at most `most`;
    /// and how much there is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn letters(&self, agent: &str, most: u32) -> Result<(Vec<Message>, usize)> {
        let mut letters = self.rows(&letters(), params![agent, most], message)?;
        let is_full = letters.len() >= usize::try_from(most).unwrap_or(usize::MAX);
        letters.retain(|letter| letter.state(&self.world.now) != Some(State::Expired));
        let count = if is_full {
            let sql = format!("SELECT count(*) FROM {UNREAD}");
            self.row(&sql, [agent], |row| row.get::<_, i64>(0))?
        } else {
            None
        };
        let count = count.and_then(|count| usize::try_from(count).ok());
        let count = count.unwrap_or(letters.len()).max(letters.len());
        Ok((letters, count))
    }

    /// What was seen and is still to be acknowledged, whoever has to, the oldest first, at most `most`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unacknowledged(&self, most: u32) -> Result<Vec<Unacknowledged>> {
        self.rows(&unacknowledged(), [most], |row| {
            Ok(Unacknowledged {
                message: message(row)?,
                recipient: row.get(OF_MESSAGE + 12)?,
                recipient_name: row.get(OF_MESSAGE + 13)?,
            })
        })
    }
}

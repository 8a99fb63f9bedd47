//! What becomes of mail that is not seen: its time runs out, its recipient goes or comes back, nobody
//! acknowledges it. Its sender is told by a message from agent-sync itself, once.

use anyhow::Result;
use rusqlite::params;

use super::TABLES;
use crate::domain::agent::{Agent, SYSTEM};
use crate::domain::id::Noun;
use crate::domain::message::{Event, MOST_REMINDERS, Message, Priority, Reminder, default_ttl};
use crate::frame::{Field, clean};
use crate::store::{Entry, Write};

impl Write<'_> {
    /// Notes what became of an agent's mail with time: what is past has expired, and the sender of what was
    /// not acknowledged after all reminders is told.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle_mail(&self, agent: &str) -> Result<()> {
        let now = self.world.now;
        for message in self.queued(agent)? {
            if message.is_past(&now) {
                self.expire(agent, &message, "its time was over")?;
            }
        }
        for message in self.acknowledgements(agent, Reminder::Hopeless)? {
            self.await_no_longer(agent, &message.id)?;
            let name = self.name_of(agent)?;
            let text = format!(
                "{} has not acknowledged your message {} although it was shown to it {} times",
                clean(&name, Field::Name),
                message.id,
                MOST_REMINDERS + 1
            );
            self.notify(&message, &text)?;
        }
        Ok(())
    }

    /// Notes that a message will not be shown to this agent any more.
    pub(super) fn expire(&self, agent: &str, message: &Message, why: &str) -> Result<()> {
        if !self.move_on(agent, &message.id, Event::TimeOver, None)? {
            return Ok(());
        }
        self.record(Entry {
            agent: Some(agent),
            event: "message.expired",
            body: &format!("{}: {why}", message.id),
            ..Entry::default()
        })?;
        if message.wants_ack {
            self.await_no_longer(agent, &message.id)?;
            let name = self.name_of(agent)?;
            let text = format!(
                "{} was not shown your message {}: {why}",
                clean(&name, Field::Name),
                message.id
            );
            self.notify(message, &text)?;
        }
        Ok(())
    }

    /// Notes that an agent is gone with mail that it has not seen, and tells the senders of what was addressed
    /// to it in particular.
    pub(in crate::store) fn lose_mail(&self, agent: &str) -> Result<()> {
        let sql = format!(
            "SELECT {} FROM {TABLES} WHERE d.agent_id = ?1 AND d.state IN ('queued', 'offered')
             AND d.kept_for IS NULL ORDER BY m.created_at, m.id",
            super::COLUMNS
        );
        for message in self.rows(&sql, [agent], super::message)? {
            if message.is_past(&self.world.now) {
                self.expire(agent, &message, "its time was over")?;
                continue;
            }
            if !self.move_on(agent, &message.id, Event::Gone, Some("message.undeliverable"))? {
                continue;
            }
            if message.is_directed {
                let name = self.name_of(agent)?;
                let text = format!(
                    "{} is gone and has not seen your message {}; it gets it should it come back",
                    clean(&name, Field::Name),
                    message.id
                );
                self.notify(&message, &text)?;
            }
        }
        for message in self.awaited(agent)? {
            self.await_no_longer(agent, &message.id)?;
            let name = self.name_of(agent)?;
            let text = format!(
                "{} has seen your message {} but is gone without an acknowledgement",
                clean(&name, Field::Name),
                message.id
            );
            self.notify(&message, &text)?;
        }
        Ok(())
    }

    /// Gives an agent that has come, or has taken this name, what waits for it: what it had not seen when it
    /// went, and what was kept for whoever takes its name.
    pub(in crate::store) fn revive_mail(&self, agent: &Agent) -> Result<()> {
        let lost: Vec<String> = self.rows(
            "SELECT message_id FROM delivery WHERE agent_id = ?1 AND state = 'undeliverable'",
            [&agent.id],
            |row| row.get(0),
        )?;
        for id in lost {
            self.move_on(&agent.id, &id, Event::Back, Some("message.requeued"))?;
        }
        let kept: Vec<(String, String)> = self.rows(
            "SELECT message_id, agent_id FROM delivery WHERE kept_for = ?1 ORDER BY message_id",
            [&agent.name],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (id, former) in kept {
            self.hand_over(&id, &former, &agent.id)?;
        }
        Ok(())
    }

    /// Makes `heir` the recipient of a message in the place of `former`.
    fn hand_over(&self, message: &str, former: &str, heir: &str) -> Result<()> {
        let at = params![message, former, heir];
        let has_it_already = former != heir
            && self
                .row(
                    "SELECT 1 FROM delivery WHERE message_id = ?1 AND agent_id = ?2",
                    [message, heir],
                    |_| Ok(()),
                )?
                .is_some();
        if has_it_already {
            self.execute(
                "UPDATE delivery SET kept_for = NULL, state = 'undeliverable', state_at = ?3
                 WHERE message_id = ?1 AND agent_id = ?2",
                params![message, former, self.now()],
            )?;
            return Ok(());
        }
        self.execute(
            "UPDATE recipient SET agent_id = ?3 WHERE message_id = ?1 AND agent_id = ?2",
            at,
        )?;
        self.execute(
            "UPDATE delivery SET agent_id = ?3, kept_for = NULL WHERE message_id = ?1 AND agent_id = ?2",
            params![message, former, heir],
        )?;
        self.record(Entry {
            agent: Some(heir),
            event: "message.handed_over",
            body: &format!("{message}, kept for this name"),
            ..Entry::default()
        })?;
        Ok(())
    }

    fn await_no_longer(&self, agent: &str, message: &str) -> Result<()> {
        self.execute(
            "UPDATE delivery SET awaits_ack = 0 WHERE message_id = ?1 AND agent_id = ?2",
            [message, agent],
        )?;
        Ok(())
    }

    fn name_of(&self, agent: &str) -> Result<String> {
        Ok(self
            .agent(agent)?
            .map_or_else(|| agent.to_owned(), |agent| agent.name))
    }

    /// Tells the sender of a message what became of it. Nobody is told of such a notice's own fate.
    fn notify(&self, about: &Message, text: &str) -> Result<()> {
        if about.sender == SYSTEM {
            return Ok(());
        }
        self.ensure_mentioned(SYSTEM)?;
        let id = self.new_id(Noun::Message)?;
        let now = self.world.now;
        let ttl = default_ttl(Priority::Normal, about.sender == crate::domain::agent::OPERATOR);
        self.execute(
            "INSERT INTO message (id, sender_id, address, body, reply_to, created_at, uptime, boot, ttl)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id,
                SYSTEM,
                about.sender,
                text,
                about.id,
                now.wall,
                now.uptime,
                now.boot,
                ttl
            ],
        )?;
        self.address(&id, &about.sender, true, false, None)?;
        self.record(Entry {
            agent: Some(&about.sender),
            event: "message.notice",
            body: &format!("{id}: {text}"),
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Puts a message into the queue of one recipient.
    pub(super) fn address(
        &self,
        message: &str,
        agent: &str,
        is_directed: bool,
        wants_ack: bool,
        kept_for: Option<&str>,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO recipient (agent_id, message_id, created_at, directed) VALUES (?1, ?2, ?3, ?4)",
            params![agent, message, self.now(), is_directed],
        )?;
        self.execute(
            "INSERT INTO delivery (agent_id, message_id, state, state_at, awaits_ack, kept_for)
             VALUES (?1, ?2, 'queued', ?3, ?4, ?5)",
            params![agent, message, self.now(), wants_ack, kept_for],
        )?;
        Ok(())
    }
}

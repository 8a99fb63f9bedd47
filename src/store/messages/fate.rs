//! What becomes of mail that is not seen: its time runs out, its recipient goes or comes back, nobody
//! acknowledges it. Its sender is told by a message from agent-sync itself, once.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::id::Noun;
use crate::domain::message::{Event, MOST_REMINDERS, Message, Priority, Reminder, default_ttl};
use crate::frame::{Field, clean};
use crate::store::{Entry, Write};

/// How many messages a notice names.
const MOST_NAMED: usize = 5;

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
        let mut open = self.queued(agent)?;
        open.extend(self.in_state(agent, "d.state = 'offered'")?);
        let is_kept = |message: &Message| {
            let progress = message.progress.as_ref();
            progress.is_some_and(|progress| progress.kept_for.is_some())
        };
        open.retain(|message| !is_kept(message));
        let mut unseen = Vec::new();
        for message in open {
            if message.is_past(&self.world.now) {
                self.expire(agent, &message, "its time was over")?;
            } else if self.move_on(agent, &message.id, Event::Gone, Some("message.undeliverable"))?
                && message.is_directed
            {
                unseen.push(message);
            }
        }
        let mut silent = self.awaited(agent)?;
        for message in &silent {
            self.await_no_longer(agent, &message.id)?;
        }
        if unseen.is_empty() && silent.is_empty() {
            return Ok(());
        }
        let name = self.name_of(agent)?;
        let name = clean(&name, Field::Name);
        self.notify_senders(&mut unseen, |ids| {
            format!("{name} is gone and has not seen {ids} of yours; should it come back, it gets that")
        })?;
        self.notify_senders(&mut silent, |ids| {
            format!("{name} has seen {ids} of yours but is gone without an acknowledgement")
        })
    }

    /// Tells each sender of these messages once, whatever their number.
    fn notify_senders(&self, messages: &mut [Message], text: impl Fn(&str) -> String) -> Result<()> {
        messages.sort_by(|left, right| left.sender.cmp(&right.sender));
        for of_one in messages.chunk_by(|left, right| left.sender == right.sender) {
            let named: Vec<&str> = of_one
                .iter()
                .take(MOST_NAMED)
                .map(|message| message.id.as_str())
                .collect();
            let mut ids = named.join(", ");
            let left = of_one.len() - named.len();
            if left > 0 {
                ids = format!("{ids} and {left} more");
            }
            self.notify(&of_one[0], &text(&ids))?;
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
        let ttl = default_ttl(Priority::Normal, about.sender == OPERATOR);
        let id = self.write_to(SYSTEM, &about.sender, Some(&about.id), text, ttl)?;
        self.record(Entry {
            agent: Some(&about.sender),
            event: "message.notice",
            body: &format!("{id}: {text}"),
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Lets one agent know what another one's act means for its own affairs. No bound can refuse that.
    pub(in crate::store) fn let_know(&self, from: &str, to: &str, text: &str) -> Result<()> {
        self.let_know_within(from, to, text, default_ttl(Priority::Normal, to == OPERATOR))
    }

    /// Like [`Self::let_know`], for so many milliseconds.
    pub(in crate::store) fn let_know_until(&self, from: &str, to: &str, text: &str, ttl: i64) -> Result<()> {
        self.let_know_within(from, to, text, Some(ttl.max(1)))
    }

    fn let_know_within(&self, from: &str, to: &str, text: &str, ttl: Option<i64>) -> Result<()> {
        self.wake(to)?;
        self.let_know_somehow(from, to, text, ttl)
    }

    /// Like [`Self::let_know`], but an idle session sleeps on: what it is told matters when it next does something.
    pub(in crate::store) fn let_know_without_waking(&self, from: &str, to: &str, text: &str) -> Result<()> {
        self.let_know_somehow(from, to, text, default_ttl(Priority::Normal, to == OPERATOR))
    }

    fn let_know_somehow(&self, from: &str, to: &str, text: &str, ttl: Option<i64>) -> Result<()> {
        let id = self.write_to(from, to, None, text, ttl)?;
        self.record(Entry {
            agent: Some(from),
            event: "message.sent",
            body: &format!("{id} to {to}"),
            ..Entry::default()
        })?;
        Ok(())
    }

    /// A message to one agent, and its id.
    fn write_to(
        &self,
        from: &str,
        to: &str,
        reply_to: Option<&str>,
        text: &str,
        ttl: Option<i64>,
    ) -> Result<String> {
        let id = self.new_id(Noun::Message)?;
        let now = self.world.now;
        self.execute(
            "INSERT INTO message (id, sender_id, address, body, reply_to, created_at, uptime, boot, ttl)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![id, from, to, text, reply_to, now.wall, now.uptime, now.boot, ttl],
        )?;
        self.address(&id, to, true, false, None)?;
        Ok(id)
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

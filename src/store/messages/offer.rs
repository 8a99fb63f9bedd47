//! Putting mail before an agent, and what became of it.
//!
//! An output may be lost at any moment, so that it is made is noted before it is written ([`Write::offer`]),
//! that it was flushed after it ([`Write::flushed`]), and that it was seen by the next hook of the session
//! ([`Write::proved`]). Whatever is missing, the message is offered again, and then as a repeat.

use anyhow::Result;
use rusqlite::params;

use super::{COLUMNS, TABLES, message};
use crate::domain::message::{
    Event, Hook, Letter, Message, Offer, Pending, Reminder, Standing, State, arrange, fold, reminder,
    standing,
};
use crate::domain::time::Moment;
use crate::store::{Entry, Read, Write};

impl Read<'_> {
    /// The messages that were offered to an agent and are now, by a hook of `session`, proved to have been seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn proved_by(&self, agent: &str, session: &str, hook: Hook) -> Result<Vec<String>> {
        if !self.any(
            "SELECT 1 FROM delivery WHERE agent_id = ?1 AND state = 'offered'",
            [agent],
        )? {
            return Ok(Vec::new());
        }
        let mut offers = self.rows(
            "SELECT message_id, session, offered_at, uptime, boot FROM delivery
             WHERE agent_id = ?1 AND state = 'offered' AND session IS NOT NULL",
            [agent],
            |row| {
                let at = Moment {
                    wall: row.get(2)?,
                    uptime: row.get(3)?,
                    boot: row.get(4)?,
                };
                let session = row.get(1)?;
                Ok((row.get::<_, String>(0)?, Offer { session, at }))
            },
        )?;
        offers.retain(|(_, offer)| standing(offer, hook, session, &self.world.now) == Standing::Proved);
        Ok(offers.into_iter().map(|(id, _)| id).collect())
    }

    /// Whether there may be anything to show to an agent: whether any message waits, was offered and not
    /// proved, or is to be acknowledged. Three look-ups that find nothing where there is nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_open_mail(&self, agent: &str) -> Result<bool> {
        self.any(
            "SELECT 1 FROM delivery WHERE agent_id = ?1 AND state = 'queued'
             UNION ALL SELECT 1 FROM delivery WHERE agent_id = ?1 AND state = 'offered'
             UNION ALL SELECT 1 FROM delivery WHERE agent_id = ?1 AND awaits_ack = 1 LIMIT 1",
            [agent],
        )
    }

    /// Whether anything has become of an agent's mail that [`Write::settle_mail`] would note.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_mail_to_settle(&self, agent: &str) -> Result<bool> {
        let now = &self.world.now;
        Ok(self.queued(agent)?.iter().any(|message| message.is_past(now))
            || !self.acknowledgements(agent, Reminder::Hopeless)?.is_empty())
    }

    /// Everything that is to be shown to an agent, in the order in which it is shown: what waits, what may
    /// have been lost on its way, and what is to be acknowledged.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pending(
        &self,
        agent: &str,
        session: &str,
        hook: Hook,
        directed_only: bool,
    ) -> Result<Vec<Pending>> {
        let now = &self.world.now;
        let mut found = self.waiting(agent)?;
        let mut lost = self.in_state(agent, "d.state = 'offered'")?;
        lost.retain(|message| {
            let offer = message
                .progress
                .as_ref()
                .and_then(|progress| progress.offer.as_ref());
            offer.is_none_or(|offer| standing(offer, hook, session, now) == Standing::Lost)
        });
        found.append(&mut lost);
        let mut pending: Vec<Pending> = found
            .into_iter()
            .map(|message| Pending {
                message,
                is_reminder: false,
            })
            .collect();
        let reminders = self.acknowledgements(agent, Reminder::Due)?;
        pending.extend(reminders.into_iter().map(|message| Pending {
            message,
            is_reminder: true,
        }));
        pending.retain(|pending| pending.message.is_directed || !directed_only);
        arrange(&mut pending);
        Ok(pending)
    }

    /// The messages whose acknowledgement by this agent stands like this.
    pub(super) fn acknowledgements(&self, agent: &str, wanted: Reminder) -> Result<Vec<Message>> {
        let mut awaited = self.awaited(agent)?;
        if awaited.is_empty() {
            return Ok(awaited);
        }
        let patience = self.ack_patience()?;
        awaited.retain(|message| {
            let progress = message.progress.as_ref();
            progress.is_some_and(|progress| reminder(progress, patience, &self.world.now) == wanted)
        });
        Ok(awaited)
    }

    /// The messages that this agent has seen and that it is still to acknowledge.
    pub(super) fn awaited(&self, agent: &str) -> Result<Vec<Message>> {
        self.in_state(agent, "d.awaits_ack = 1 AND d.state IN ('delivered', 'read')")
    }

    /// The messages of an agent that fulfil a condition, oldest first.
    pub(super) fn in_state(&self, agent: &str, condition: &'static str) -> Result<Vec<Message>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE d.agent_id = ?1 AND {condition} ORDER BY m.created_at, m.id"
        );
        self.rows(&sql, [agent], message)
    }
}

impl Write<'_> {
    /// Chooses what is put before an agent and notes that this is about to happen, all in one transaction: two
    /// outputs never take the same message for new. `fit` is given what there is, the most important first,
    /// and says how much of it it takes; this is returned, and what is left.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn offer(
        &self,
        agent: &str,
        session: &str,
        hook: Hook,
        directed_only: bool,
        fit: impl FnOnce(&[Letter]) -> usize,
    ) -> Result<(Vec<Letter>, Vec<Letter>)> {
        self.settle_mail(agent)?;
        let mut letters = fold(self.pending(agent, session, hook, directed_only)?);
        let left = letters.split_off(fit(&letters));
        for letter in &letters {
            self.begin_offer(agent, session, &letter.ids)?;
        }
        Ok((letters, left))
    }

    /// Notes that these messages are about to be written into an output of the agent's, so that a repeat is
    /// known as one even if nothing is heard of this process again.
    fn begin_offer(&self, agent: &str, session: &str, messages: &[String]) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        for id in messages {
            self.move_on(agent, id, Event::Lost, None)?;
            self.execute(
                "UPDATE delivery SET offers = offers + 1, session = ?3, offered_at = ?4, uptime = ?5, boot = ?6
                 WHERE message_id = ?1 AND agent_id = ?2 AND state = 'queued'",
                params![id, agent, session, wall, uptime, boot],
            )?;
        }
        Ok(())
    }

    /// Notes that these messages were written into an output of the agent's and flushed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn flushed(&self, agent: &str, session: &str, messages: &[String]) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        for id in messages {
            if self.move_on(agent, id, Event::Flushed, Some("message.offered"))? {
                continue;
            }
            let reminded = self.execute(
                "UPDATE delivery SET reminders = reminders + 1, session = ?3, offered_at = ?4, uptime = ?5, boot = ?6
                 WHERE message_id = ?1 AND agent_id = ?2 AND awaits_ack = 1",
                params![id, agent, session, wall, uptime, boot],
            )?;
            if reminded > 0 {
                self.record(Entry {
                    agent: Some(agent),
                    event: "message.reminded",
                    body: id,
                    ..Entry::default()
                })?;
            }
        }
        Ok(())
    }

    /// Notes that these messages stand on a screen that the agent has before it. That somebody looks at it is
    /// proved by whoever then does something there ([`Self::proved`]).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn shown(&self, agent: &str, session: &str, messages: &[String]) -> Result<()> {
        self.begin_offer(agent, session, messages)?;
        for id in messages {
            self.move_on(agent, id, Event::Flushed, Some("message.offered"))?;
        }
        Ok(())
    }

    /// Notes that the turn of the session that these messages were offered to went on with them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn proved(&self, agent: &str, messages: &[String]) -> Result<()> {
        for id in messages {
            self.move_on(agent, id, Event::Proved, Some("message.delivered"))?;
        }
        Ok(())
    }

    /// Notes that a recipient has read a message; only its recipients' word counts.
    ///
    /// # Errors
    /// [`crate::error::Refusal`] when the message is not addressed to this agent.
    pub fn read_message(&self, agent: &str, text: &str) -> Result<Message> {
        let message = self.message(agent, text)?;
        let Some(progress) = &message.progress else {
            return Ok(message);
        };
        if progress.read_at.is_some() {
            return Ok(message);
        }
        self.execute(
            "UPDATE recipient SET read_at = ?4
             WHERE agent_id = ?1 AND created_at = ?2 AND message_id = ?3 AND read_at IS NULL",
            params![agent, message.created.wall, message.id, self.now()],
        )?;
        self.move_on(agent, &message.id, Event::Read, None)?;
        self.record(Entry {
            agent: Some(agent),
            event: "message.read",
            body: &message.id,
            ..Entry::default()
        })?;
        self.message(agent, &message.id)
    }

    /// Notes that a recipient acknowledges a message, which it has then read, too.
    ///
    /// # Errors
    /// [`crate::error::Refusal`] when the message is not addressed to this agent.
    pub fn acknowledge(&self, agent: &str, text: &str) -> Result<Message> {
        let message = self.read_message(agent, text)?;
        let Some(progress) = &message.progress else {
            return Err(crate::error::Refusal::refused(if message.sender == agent {
                format!("{} is your own message", message.id)
            } else {
                format!("{} is not addressed to you", message.id)
            })
            .hint("only its recipients acknowledge a message")
            .into());
        };
        if progress.acked_at.is_some() {
            return Ok(message);
        }
        self.execute(
            "UPDATE recipient SET acked_at = ?4
             WHERE agent_id = ?1 AND created_at = ?2 AND message_id = ?3 AND acked_at IS NULL",
            params![agent, message.created.wall, message.id, self.now()],
        )?;
        self.execute(
            "UPDATE delivery SET awaits_ack = 0 WHERE message_id = ?1 AND agent_id = ?2",
            params![message.id, agent],
        )?;
        self.move_on(agent, &message.id, Event::Acknowledged, None)?;
        self.record(Entry {
            agent: Some(agent),
            event: "message.acked",
            body: &message.id,
            ..Entry::default()
        })?;
        self.message(agent, &message.id)
    }

    /// Moves a message on at one recipient as the rules say, and says whether that changed anything.
    pub(super) fn move_on(
        &self,
        agent: &str,
        message: &str,
        event: Event,
        entry: Option<&'static str>,
    ) -> Result<bool> {
        let state = self.row(
            "SELECT state FROM delivery WHERE message_id = ?1 AND agent_id = ?2",
            [message, agent],
            |row| row.get::<_, String>(0),
        )?;
        let Some(next) = state.and_then(|state| State::parse(&state).after(event)) else {
            return Ok(false);
        };
        let is_proof = next == State::Delivered || next == State::Read;
        self.execute(
            "UPDATE delivery SET state = ?3, state_at = ?4,
                 delivered_at = CASE WHEN ?5 THEN coalesce(delivered_at, ?4) ELSE delivered_at END
             WHERE message_id = ?1 AND agent_id = ?2",
            params![message, agent, next.as_str(), self.now(), is_proof],
        )?;
        if let Some(event) = entry {
            self.record(Entry {
                agent: Some(agent),
                event,
                body: message,
                ..Entry::default()
            })?;
        }
        Ok(true)
    }
}

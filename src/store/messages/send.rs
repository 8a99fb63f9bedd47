//! Sending: whom it reaches, and whether there is room.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::id::Noun;
use crate::domain::message::{
    EVERYONE, Fullness, MAX_BODY, Priority, RATE_WINDOW, Resolved, Unsent, default_ttl, is_human,
    is_rate_free, make_room, resolve,
};
use crate::domain::time::Moment;
use crate::domain::topology::{Detour, Network, Topology};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Read, Write};

/// A message to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// Who sends it.
    pub sender: &'a str,
    /// Each an id, a name, a role, or `all`. Without any, whoever wrote the message that this one answers.
    pub addresses: &'a [String],
    /// The text.
    pub body: &'a str,
    /// The message it answers, by id or unique beginning of one.
    pub reply_to: Option<&'a str>,
    /// How much it matters.
    pub priority: Priority,
    /// How long it is worth being delivered, in milliseconds, where that is not what is usual.
    pub ttl: Option<i64>,
    /// Whether an acknowledgement is asked for.
    pub wants_ack: bool,
    /// Whether it is kept for a successor of the name where a recipient is gone.
    pub keep: bool,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// The address as it was typed, or the name of whoever is answered.
    pub address: String,
    /// How much it matters.
    pub priority: Priority,
    /// Whom it reaches.
    pub recipients: Vec<Agent>,
    /// Those present who do not get a message to everybody because too much waits for them.
    pub left_out: Vec<Agent>,
    /// How many more the addresses mean whom the topology does not let the sender reach.
    pub beyond: usize,
}

/// Whom a message is for.
struct Addressees {
    typed: String,
    agents: Vec<Agent>,
    is_broadcast: bool,
    beyond: usize,
}

impl Read<'_> {
    /// Whether a sender has to wait before it may send another message: then why.
    fn is_too_fast(&self, sender: &str) -> Result<Option<Unsent>> {
        if sender == OPERATOR {
            return Ok(None);
        }
        let limit = self.rate_limit()?;
        let now = &self.world.now;
        let sent = self.rows(
            "SELECT created_at, uptime, boot FROM message WHERE sender_id = ?1 AND created_at > ?2
             ORDER BY created_at DESC LIMIT ?3",
            params![
                sender,
                now.wall - RATE_WINDOW,
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| {
                Ok(Moment {
                    wall: row.get(0)?,
                    uptime: row.get(1)?,
                    boot: row.get(2)?,
                })
            },
        )?;
        Ok((!is_rate_free(&sent, limit, now)).then_some(Unsent::TooMany(limit)))
    }
}

impl Write<'_> {
    /// Sends a message to all whom its addresses mean now, or to nobody: what is said to several is worth
    /// nothing if only some of them know. A message to everybody goes to all who have room for it.
    ///
    /// # Errors
    /// [`Refusal`] when an address means nobody, or the body is empty or too large.
    pub fn send(&self, sending: Sending<'_>) -> Result<Result<Sent, Unsent>> {
        check_body(sending.body)?;
        // Whoever is gone is found out here at the latest, and so is what that means for its mail.
        self.sweep()?;
        let reply_to = sending
            .reply_to
            .map(|text| self.message(sending.sender, text))
            .transpose()?;
        let answered = reply_to.as_ref().map(|message| message.sender.as_str());
        let to = match self.addressees(sending, answered)? {
            Ok(to) => to,
            Err(unsent) => return Ok(Err(unsent)),
        };
        if let Some(too_many) = self.is_too_fast(sending.sender)? {
            return Ok(Err(too_many));
        }
        let is_gone = |agent: &&Agent| !agent.presence.is_living() && agent.id != OPERATOR;
        let gone: Vec<Agent> = to.agents.iter().filter(is_gone).cloned().collect();
        if !gone.is_empty() && !sending.keep {
            return Ok(Err(Unsent::Gone(gone)));
        }
        let (recipients, left_out) = match self.with_room(&to, sending.priority)? {
            Ok(split) => split,
            Err(full) => return Ok(Err(full)),
        };
        let id = self.new_id(Noun::Message)?;
        let now = self.world.now;
        let is_for_human = recipients.len() == 1 && recipients[0].id == OPERATOR;
        let ttl = sending
            .ttl
            .or_else(|| default_ttl(sending.priority, is_for_human));
        self.execute(
            "INSERT INTO message
                 (id, sender_id, address, body, reply_to, created_at, uptime, boot, priority, ttl, wants_ack)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                id,
                sending.sender,
                to.typed,
                sending.body,
                reply_to.map(|message| message.id),
                now.wall,
                now.uptime,
                now.boot,
                sending.priority.as_str(),
                ttl,
                sending.wants_ack
            ],
        )?;
        for agent in &recipients {
            let kept_for = gone
                .iter()
                .any(|gone| gone.id == agent.id)
                .then_some(agent.name.as_str());
            self.address(&id, &agent.id, !to.is_broadcast, sending.wants_ack, kept_for)?;
            if !to.is_broadcast && sending.priority > Priority::Low {
                self.wake(&agent.id)?;
            }
        }
        let ids: Vec<&str> = recipients.iter().map(|agent| agent.id.as_str()).collect();
        self.record(Entry {
            agent: Some(sending.sender),
            event: "message.sent",
            body: &format!("{id} to {}", ids.join(", ")),
            ..Entry::default()
        })?;
        Ok(Ok(Sent {
            id,
            address: to.typed,
            priority: sending.priority,
            recipients,
            left_out,
            beyond: to.beyond,
        }))
    }

    /// Notes that a message was refused for good.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn refuse_message(&self, sender: &str, why: &Unsent) -> Result<()> {
        let body = match why {
            Unsent::Gone(_) => "its recipient is gone",
            Unsent::Full(..) => "too much waits for its recipient",
            Unsent::TooMany(_) => "its sender sends too many",
            Unsent::OffRoute(_) => "the topology leads another way",
        };
        self.record(Entry {
            agent: Some(sender),
            event: "message.refused",
            body,
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Everybody whom the addresses mean, each once. What is said to several goes to those of them whom the topology
    /// lets the sender reach; whoever is named has to be one of those.
    fn addressees(&self, sending: Sending<'_>, answered: Option<&str>) -> Result<Result<Addressees, Unsent>> {
        if sending.addresses.iter().any(|address| is_human(address)) {
            self.ensure_mentioned(OPERATOR)?;
        }
        let mut known = self.agents()?;
        known.extend(self.agent(OPERATOR)?);
        let (addresses, typed) = match answered {
            Some(id) if sending.addresses.is_empty() => {
                let name = known.iter().find(|agent| agent.id == id);
                let name = name.map_or_else(|| id.to_owned(), |agent| agent.name.clone());
                (vec![id.to_owned()], name)
            }
            _ => (sending.addresses.to_vec(), in_words(sending.addresses)),
        };
        let topology = self.settled_topology()?.map(|topology| Topology {
            // Whoever is gone has its place, too.
            agents: known.clone(),
            ..topology
        });
        let network = topology.as_ref().map(Topology::network);
        let (mut agents, mut beyond): (Vec<Agent>, Vec<String>) = (Vec::new(), Vec::new());
        for address in &addresses {
            let ids = match resolve(address, sending.sender, &known) {
                Resolved::To(ids) => ids,
                Resolved::Nobody(candidates) => return Err(unknown_recipient(address, &candidates).into()),
                Resolved::Ambiguous(ids) => {
                    return Err(Refusal::usage(format!(
                        "'{}' begins several ids: {}",
                        clean(address, Field::Name),
                        ids.join(", ")
                    ))
                    .into());
                }
            };
            let ids = match &network {
                None => ids,
                Some(network) => match within_reach(network, sending.sender, address, ids) {
                    Ok((within, without)) => {
                        beyond.extend(without);
                        within
                    }
                    Err(detour) => return Ok(Err(Unsent::OffRoute(Box::new(detour)))),
                },
            };
            for id in ids {
                if agents.iter().all(|agent| agent.id != id) {
                    agents.extend(known.iter().find(|agent| agent.id == id).cloned());
                }
            }
        }
        beyond.sort_unstable();
        beyond.dedup();
        beyond.retain(|id| agents.iter().all(|agent| agent.id != *id));
        Ok(Ok(Addressees {
            is_broadcast: typed == EVERYONE,
            typed,
            agents,
            beyond: beyond.len(),
        }))
    }

    /// Those of the addressees who have room for one more message, for which less important ones give way, and
    /// those who have not; only a message to everybody goes without these.
    #[expect(clippy::type_complexity, reason = "a pair of lists, or why there is none")]
    fn with_room(
        &self,
        to: &Addressees,
        priority: Priority,
    ) -> Result<Result<(Vec<Agent>, Vec<Agent>), Unsent>> {
        let limit = self.queue_limit()?;
        let (mut recipients, mut left_out, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
        for agent in &to.agents {
            let waiting = self.queued(&agent.id)?;
            match make_room(&waiting, limit, priority, &self.world.now) {
                Fullness::Room => {}
                Fullness::After(id) => {
                    leaving.extend(
                        waiting
                            .into_iter()
                            .filter(|message| message.id == id)
                            .map(|message| (agent, message)),
                    );
                }
                Fullness::Full(_) if to.is_broadcast => {
                    left_out.push(agent.clone());
                    continue;
                }
                Fullness::Full(count) => return Ok(Err(Unsent::Full(Box::new(agent.clone()), count))),
            }
            recipients.push(agent.clone());
        }
        if recipients.is_empty()
            && let Some(agent) = left_out.pop()
        {
            return Ok(Err(Unsent::Full(Box::new(agent), limit)));
        }
        for (agent, message) in leaving {
            self.expire(&agent.id, &message, "it made room for a more important one")?;
        }
        Ok(Ok((recipients, left_out)))
    }
}

/// Those of the agents that an address means whom the topology lets the sender reach, and the others; or the way to
/// them, where one is named who is not among the former or not one of several is.
fn within_reach(
    network: &Network<'_>,
    sender: &str,
    address: &str,
    ids: Vec<String>,
) -> Result<(Vec<String>, Vec<String>), Detour> {
    let address = address.trim();
    let is_group = ids.len() > 1 || address.eq_ignore_ascii_case(EVERYONE) || address.starts_with('@');
    let reaches = |id: &String| {
        if is_group {
            network.is_told(sender, id)
        } else {
            network.may_address(sender, id)
        }
    };
    let (within, without): (Vec<_>, Vec<_>) = ids.into_iter().partition(reaches);
    if within.is_empty() && !without.is_empty() {
        let without: Vec<&str> = without.iter().map(String::as_str).collect();
        return Err(network.detour(sender, &without));
    }
    Ok((within, without))
}

fn check_body(body: &str) -> Result<()> {
    if body.trim().is_empty() {
        return Err(Refusal::usage("the message is empty").into());
    }
    if body.len() > MAX_BODY {
        return Err(Refusal::refused(format!(
            "the message is {} bytes long; the limit is {MAX_BODY}",
            body.len()
        ))
        .hint("put the long part into a file and send its path")
        .into());
    }
    Ok(())
}

/// The addresses as one text; everybody is everybody, whoever else is named.
fn in_words(addresses: &[String]) -> String {
    let is_everybody = |address: &String| address.trim().eq_ignore_ascii_case(EVERYONE);
    if addresses.iter().any(is_everybody) {
        return EVERYONE.to_owned();
    }
    let addresses: Vec<&str> = addresses.iter().map(|address| address.trim()).collect();
    addresses.join(", ")
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

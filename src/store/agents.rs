//! Agents, their presence, and which agent a session is.

use anyhow::Result;
use rusqlite::{Row, params};

use super::{Entry, Read, Write};
use crate::domain::activity::{TURN_BEGAN, TURN_ENDED};
use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::name;
use crate::domain::presence::{Proof, Sighting, Turn, World};
use crate::domain::time::Moment;
use crate::error::Refusal;
use crate::frame::{Field, clean};

/// The columns [`sighting`] reads, starting at its offset.
pub(super) const SIGHTING: &str =
    "coalesce(p.turn, 'ended'), p.seen_at, p.uptime, p.boot, p.pid, p.started, p.pid_boot, p.namespace";

/// Reads the eight columns of [`SIGHTING`] from column `at` on.
pub(super) fn sighting(row: &Row<'_>, at: usize) -> rusqlite::Result<Sighting> {
    let turn: String = row.get(at)?;
    let seen = Moment {
        wall: row.get::<_, Option<i64>>(at + 1)?.unwrap_or_default(),
        uptime: row.get::<_, Option<i64>>(at + 2)?.unwrap_or_default(),
        boot: row.get::<_, Option<i64>>(at + 3)?.unwrap_or_default(),
    };
    let proof = match row.get::<_, Option<i64>>(at + 4)? {
        Some(pid) => Some(Proof {
            pid,
            started: row.get(at + 5)?,
            boot: row.get(at + 6)?,
            namespace: row.get(at + 7)?,
        }),
        None => None,
    };
    Ok(Sighting {
        turn: Turn::parse(&turn),
        seen,
        proof,
    })
}

/// The statement behind [`Read::sighting`].
pub(super) fn with_ping() -> String {
    format!(
        "SELECT {SIGHTING}, EXISTS (SELECT 1 FROM ping q WHERE q.agent_id = ?1 AND q.answered_at IS NULL)
         FROM presence p WHERE p.agent_id = ?1"
    )
}

fn agent(row: &Row<'_>, world: &World<'_>) -> rusqlite::Result<Agent> {
    let sighting = sighting(row, 7)?;
    Ok(Agent {
        id: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        parent: row.get(3)?,
        current_task: row.get(4)?,
        created_at: row.get(5)?,
        cwd: row.get(6)?,
        presence: world.presence(&sighting),
        sighting,
    })
}

/// Everything that an act of an agent says about it.
#[derive(Debug, Clone, Default)]
pub struct Registration<'a> {
    /// Its id.
    pub id: &'a str,
    /// The name it wants; without one it keeps its own or gets one made up.
    pub name: Option<&'a str>,
    /// The role it wants; without one it keeps its own.
    pub role: Option<&'a str>,
    /// The agent whose session it is part of.
    pub parent: Option<&'a str>,
    /// Its working directory.
    pub cwd: Option<&'a str>,
    /// Its process.
    pub proof: Option<Proof>,
    /// The client session it is, to be bound to it.
    pub session: Option<&'a str>,
    /// Whether it is the human, in a shell that belongs to no session.
    pub is_human: bool,
}

impl Read<'_> {
    /// The agent with exactly this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn agent(&self, id: &str) -> Result<Option<Agent>> {
        let sql = format!(
            "SELECT a.id, a.name, a.role, a.parent_id, a.current_task_id, a.created_at, p.cwd, {SIGHTING}
             FROM agent a LEFT JOIN presence p ON p.agent_id = a.id WHERE a.id = ?1"
        );
        self.row(&sql, [id], |row| agent(row, self.world))
    }

    /// When and as which process the agent with exactly this id was last seen, and whether somebody waits for a
    /// sign of life from it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sighting(&self, id: &str) -> Result<Option<(Sighting, bool)>> {
        self.row(&with_ping(), [id], |row| Ok((sighting(row, 0)?, row.get(8)?)))
    }

    /// Every agent but the human, the last seen first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn agents(&self) -> Result<Vec<Agent>> {
        let sql = format!(
            "SELECT a.id, a.name, a.role, a.parent_id, a.current_task_id, a.created_at, p.cwd, {SIGHTING}
             FROM agent a LEFT JOIN presence p ON p.agent_id = a.id
             WHERE a.id NOT IN (?1, ?2) ORDER BY p.seen_at DESC, a.id"
        );
        self.rows(&sql, [OPERATOR, SYSTEM], |row| agent(row, self.world))
    }

    /// Every agent that has not said goodbye and was not found gone, the human too, the last seen first. Some
    /// may be offline and nobody has noted it yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn present(&self) -> Result<Vec<Agent>> {
        let sql = format!(
            "SELECT a.id, a.name, a.role, a.parent_id, a.current_task_id, a.created_at, p.cwd, {SIGHTING}
             FROM presence p JOIN agent a ON a.id = p.agent_id
             WHERE p.turn IN ('active', 'idle') ORDER BY p.seen_at DESC, a.id"
        );
        self.rows(&sql, [], |row| agent(row, self.world))
    }

    /// Every agent that is not offline, the human too, the last seen first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn living(&self) -> Result<Vec<Agent>> {
        let mut agents = self.present()?;
        agents.retain(|agent| agent.presence.is_living());
        Ok(agents)
    }

    /// The agent that `text` names: an id, a name of the living, a name of somebody gone, or a unique
    /// beginning of an id.
    ///
    /// # Errors
    /// [`Refusal`] when nobody or more than one is meant.
    pub fn find_agent(&self, text: &str) -> Result<Agent> {
        if let Some(agent) = self.agent(text)? {
            return Ok(agent);
        }
        let sql = format!(
            "SELECT a.id, a.name, a.role, a.parent_id, a.current_task_id, a.created_at, p.cwd, {SIGHTING}
             FROM agent a LEFT JOIN presence p ON p.agent_id = a.id
             WHERE a.name = ?1 OR (length(?1) >= 4 AND a.id >= ?1 AND a.id < ?2) ORDER BY p.seen_at DESC"
        );
        let wanted = text.trim();
        let after = format!("{wanted}\u{10ffff}");
        let found = self.rows(&sql, [wanted, &after], |row| agent(row, self.world))?;
        let named = |agent: &&Agent| agent.name == wanted;
        let best = found
            .iter()
            .filter(named)
            .find(|agent| agent.presence.is_living())
            .or(found.iter().find(named));
        match (best, found.as_slice()) {
            (Some(agent), _) | (None, [agent]) => Ok(agent.clone()),
            (None, []) => Err(
                Refusal::missing(format!("no agent '{}'", clean(wanted, Field::Name)))
                    .hint("`agent-sync agent list` shows them")
                    .into(),
            ),
            (None, several) => {
                let ids: Vec<&str> = several.iter().map(|agent| agent.id.as_str()).take(6).collect();
                Err(Refusal::usage(format!(
                    "'{}' begins several ids: {}",
                    clean(wanted, Field::Name),
                    ids.join(", ")
                ))
                .into())
            }
        }
    }

    /// The agent a client session is bound to.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn session_agent(&self, session: &str) -> Result<Option<String>> {
        self.row("SELECT agent_id FROM session WHERE id = ?1", [session], |row| {
            row.get(0)
        })
    }

    /// The agent, not a subagent, that was last seen in this very process.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn agent_of_process(&self, proof: &Proof) -> Result<Option<String>> {
        self.row(
            "SELECT p.agent_id FROM presence p JOIN agent a ON a.id = p.agent_id
             WHERE p.pid = ?1 AND p.started = ?2 AND p.pid_boot = ?3 AND p.namespace = ?4
               AND a.parent_id IS NULL ORDER BY p.seen_at DESC",
            params![proof.pid, proof.started, proof.boot, proof.namespace],
            |row| row.get(0),
        )
    }

    fn is_name_taken(&self, wanted: &str, except: &str) -> Result<bool> {
        let sql = format!(
            "SELECT {SIGHTING} FROM agent a JOIN presence p ON p.agent_id = a.id WHERE a.name = ?1 AND a.id <> ?2"
        );
        let sightings = self.rows(&sql, [wanted, except], |row| sighting(row, 0))?;
        Ok(sightings
            .iter()
            .any(|sighting| self.world.presence(sighting).is_living()))
    }

    fn free_name(&self, wanted: &str, id: &str) -> Result<String> {
        let mut failure = None;
        let name = name::first_free(wanted, |candidate| match self.is_name_taken(candidate, id) {
            Ok(is_taken) => is_taken,
            Err(error) => {
                failure = Some(error);
                false
            }
        });
        failure.map_or(Ok(name), Err)
    }
}

impl Write<'_> {
    /// Makes sure that the agent exists, is seen now and in the middle of a turn, and returns it.
    ///
    /// Names are unique among the living: a wanted name that is taken gets a number, and so does the old
    /// name of an agent that comes back after somebody else took it.
    ///
    /// # Errors
    /// [`Refusal`] when the wanted name is empty or reserved.
    pub fn register(&self, registration: &Registration<'_>) -> Result<Agent> {
        let id = registration.id;
        let wanted = registration.name.map(usable_name).transpose()?;
        if let Some(parent) = registration.parent
            && self.agent(parent)?.is_none()
        {
            self.register(&Registration {
                id: parent,
                cwd: registration.cwd,
                proof: registration.proof,
                ..Registration::default()
            })?;
        }
        let before = self.agent(id)?;
        let was_living = before.as_ref().is_some_and(|agent| agent.presence.is_living());
        let was_idle = before
            .as_ref()
            .is_some_and(|agent| agent.sighting.turn == Turn::Idle);
        match &before {
            None => {
                let made_up = match registration
                    .parent
                    .map(|parent| self.agent(parent))
                    .transpose()?
                    .flatten()
                {
                    Some(parent) => name::of_subagent(&parent.name, id),
                    None => name::made_up(id),
                };
                let name = self.free_name(wanted.as_deref().unwrap_or(&made_up), id)?;
                self.execute(
                    "INSERT INTO agent (id, name, role, parent_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![id, name, registration.role, registration.parent, self.now()],
                )?;
            }
            Some(agent) => {
                let base = wanted.as_deref().unwrap_or(&agent.name);
                let keeps = agent.id == OPERATOR || (was_living && base == agent.name);
                let name = if keeps {
                    agent.name.clone()
                } else {
                    self.free_name(base, id)?
                };
                let role = registration.role.or(agent.role.as_deref());
                if name != agent.name || role != agent.role.as_deref() {
                    self.execute(
                        "UPDATE agent SET name = ?2, role = ?3 WHERE id = ?1",
                        params![id, name, role],
                    )?;
                }
            }
        }
        self.see(registration, Turn::Active)?;
        if registration.is_human {
            self.note_human_shell(id)?;
        }
        if was_living {
            self.renew_leaderships(id)?;
        }
        self.tend_votes()?;
        self.tend_drain(id)?;
        self.answer_pings(id)?;
        if let Some(session) = registration.session {
            self.execute(
                "INSERT INTO session (id, agent_id, bound_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET agent_id = excluded.agent_id, ended_at = NULL",
                params![session, id, self.now()],
            )?;
        }
        let after = self
            .agent(id)?
            .ok_or_else(|| anyhow::anyhow!("agent {id} vanished inside its transaction"))?;
        let is_change = before
            .as_ref()
            .is_none_or(|old| (&old.name, &old.role) != (&after.name, &after.role));
        if is_change || !was_living {
            self.revive_mail(&after)?;
            self.join_topology(before.as_ref(), &after)?;
            let event = match &before {
                None => "agent.joined",
                Some(_) if is_change => "agent.changed",
                Some(_) => "agent.returned",
            };
            self.record(Entry {
                agent: Some(id),
                event,
                body: &after.name,
                ..Entry::default()
            })?;
        }
        if was_living && was_idle {
            self.record_turn(id, TURN_BEGAN)?;
        }
        Ok(after)
    }

    /// Notes where and when an existing agent was seen. A process is kept until another one is proved.
    fn see(&self, registration: &Registration<'_>, turn: Turn) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        let proof = registration.proof;
        self.execute(
            "INSERT INTO presence (agent_id, turn, seen_at, uptime, boot, cwd, pid, started, pid_boot, namespace)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (agent_id) DO UPDATE SET
                 turn = excluded.turn, seen_at = excluded.seen_at, uptime = excluded.uptime, boot = excluded.boot,
                 cwd = coalesce(excluded.cwd, cwd),
                 pid = CASE WHEN excluded.pid IS NULL THEN pid ELSE excluded.pid END,
                 started = CASE WHEN excluded.pid IS NULL THEN started ELSE excluded.started END,
                 pid_boot = CASE WHEN excluded.pid IS NULL THEN pid_boot ELSE excluded.pid_boot END,
                 namespace = CASE WHEN excluded.pid IS NULL THEN namespace ELSE excluded.namespace END",
            params![
                registration.id,
                turn.as_str(),
                wall,
                uptime,
                boot,
                registration.cwd,
                proof.map(|proof| proof.pid),
                proof.map(|proof| proof.started),
                proof.map(|proof| proof.boot),
                proof.map(|proof| proof.namespace),
            ],
        )?;
        Ok(())
    }

    /// Notes what an agent said of its turn. A goodbye releases nothing by itself; [`Self::sweep`] does.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_turn(&self, id: &str, turn: Turn) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        let changed = self.execute(
            "UPDATE presence SET turn = ?2, seen_at = ?3, uptime = ?4, boot = ?5 WHERE agent_id = ?1",
            params![id, turn.as_str(), wall, uptime, boot],
        )?;
        if changed > 0 && turn == Turn::Idle {
            self.record_turn(id, TURN_ENDED)?;
        }
        if changed > 0 && turn == Turn::Ended {
            self.record(Entry {
                agent: Some(id),
                event: "agent.left",
                body: "said goodbye",
                ..Entry::default()
            })?;
            self.lose_mail(id)?;
            self.leave_topology(id)?;
        }
        Ok(())
    }

    fn record_turn(&self, id: &str, event: &str) -> Result<()> {
        self.record(Entry {
            agent: Some(id),
            event,
            ..Entry::default()
        })?;
        Ok(())
    }

    /// Notes that a session ended, and says whether its agent has no other one left: two sessions that share
    /// one id must not send each other away.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_session(&self, session: &str, agent: &str) -> Result<bool> {
        self.execute(
            "UPDATE session SET ended_at = ?2 WHERE id = ?1",
            params![session, self.now()],
        )?;
        let other = self.row(
            "SELECT 1 FROM session WHERE agent_id = ?1 AND ended_at IS NULL AND id <> ?2",
            [agent, session],
            |_| Ok(()),
        )?;
        Ok(other.is_none())
    }

    /// Ends the presence of every subagent of `parent`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn end_subagents(&self, parent: &str) -> Result<()> {
        let children: Vec<String> = self.rows(
            "SELECT a.id FROM agent a JOIN presence p ON p.agent_id = a.id
             WHERE a.parent_id = ?1 AND p.turn <> 'ended'",
            [parent],
            |row| row.get(0),
        )?;
        children
            .iter()
            .try_for_each(|child| self.set_turn(child, Turn::Ended))
    }

    /// Which task the agent works on now.
    pub(super) fn set_current_task(&self, id: &str, task: Option<&str>) -> Result<()> {
        self.execute(
            "UPDATE agent SET current_task_id = ?2 WHERE id = ?1",
            params![id, task],
        )?;
        Ok(())
    }

    /// Makes a placeholder for an agent that was never here but is spoken of.
    pub(super) fn ensure_mentioned(&self, id: &str) -> Result<()> {
        if !self.any("SELECT 1 FROM agent WHERE id = ?1", [id])? {
            self.execute(
                "INSERT INTO agent (id, name, created_at) VALUES (?1, ?2, ?3)",
                params![id, name::made_up(id), self.now()],
            )?;
        }
        Ok(())
    }
}

fn usable_name(wanted: &str) -> Result<String> {
    name::normalise(wanted).map_err(|why| {
        let shown = clean(wanted, Field::Name);
        match why {
            name::Unusable::Empty => Refusal::usage(format!("'{shown}' leaves nothing usable for a name"))
                .hint("a name is 1 to 32 of a-z 0-9 . _ -"),
            name::Unusable::Reserved => {
                Refusal::refused(format!("the name '{shown}' is reserved")).hint("choose another name")
            }
        }
        .into()
    })
}

//! A drain begins, is carried on by whoever acts next, and tells everybody once.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::drain::{Answer, DEFAULT_LASTS, Drain, Drained, Stage};
use crate::domain::time::MINUTE;
use crate::store::Write;

/// An end that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct NewDrain<'a> {
    /// Who wants it.
    pub by: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
    /// How long agents have to answer from now on, in milliseconds; without one, as long as is usual, or as was said
    /// before.
    pub lasts: Option<i64>,
    /// Whether the store is to be closed, not only drained.
    pub is_shutdown: bool,
}

impl Write<'_> {
    /// Lets no new work be handed out from now on, and tells everybody who is here. Where that is so already, its
    /// deadline, its reason and what it leads to can be changed, and those who have not answered hear of it.
    ///
    /// # Errors
    /// [`crate::error::Refusal`] when the store is closed, unless it is to be; then nothing changes.
    pub fn drain(&self, new: &NewDrain<'_>) -> Result<Drained> {
        let Some(drain) = self.swarm()? else {
            return self.begin_drain(new);
        };
        if drain.stage.is_shut() {
            if !new.is_shutdown {
                self.require_open()?;
            }
            return Ok(Drained {
                drain,
                is_new: false,
                is_changed: false,
            });
        }
        // The same again is whoever goes on after a crash, and nobody's time begins anew.
        let lasts = new.lasts.filter(|lasts| *lasts != drain.lasts);
        let is_changed = lasts.is_some()
            || new
                .reason
                .is_some_and(|reason| drain.reason.as_deref() != Some(reason))
            || (new.is_shutdown && !drain.is_shutdown);
        if is_changed {
            let now = self.world.now;
            if let Some(lasts) = lasts {
                self.execute(
                    "UPDATE swarm SET counts_from = ?1, uptime = ?2, boot = ?3, lasts = ?4 WHERE id = 1",
                    params![now.wall, now.uptime, now.boot, lasts],
                )?;
            }
            self.execute(
                "UPDATE swarm SET reason = coalesce(?1, reason), is_shutdown = max(is_shutdown, ?2) WHERE id = 1",
                params![new.reason, new.is_shutdown],
            )?;
            let changed = self.expect_swarm()?;
            self.record_event(Some(new.by), "swarm.draining", &in_short(&changed))?;
            if lasts.is_some() || changed.reason != drain.reason {
                for member in changed.missing() {
                    self.tell_of_drain(&changed, &member.agent)?;
                }
            }
        }
        self.tend_drain(new.by)?;
        Ok(Drained {
            drain: self.expect_swarm()?,
            is_new: false,
            is_changed,
        })
    }

    fn begin_drain(&self, new: &NewDrain<'_>) -> Result<Drained> {
        self.sweep()?;
        let now = self.world.now;
        self.execute(
            "INSERT INTO swarm (id, stage, reason, begun_by, begun_at, counts_from, uptime, boot, lasts, is_shutdown)
             VALUES (1, 'draining', ?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)",
            params![
                new.reason,
                new.by,
                now.wall,
                now.uptime,
                now.boot,
                new.lasts.unwrap_or(DEFAULT_LASTS),
                new.is_shutdown
            ],
        )?;
        let drain = self.expect_swarm()?;
        self.record_event(Some(new.by), "swarm.draining", &in_short(&drain))?;
        let mut asked = self.agents()?;
        asked.retain(|agent| agent.presence.is_living() && is_asked(&drain, agent));
        for agent in &asked {
            self.ask(&drain, agent, None)?;
        }
        Ok(Drained {
            drain: self.expect_swarm()?,
            is_new: true,
            is_changed: true,
        })
    }

    /// Whatever the end of the swarm asks for when somebody acts, as `agent`: it is told if it came later, and what
    /// those hold is taken back who are gone or whose time is over. A single look while the swarm is open.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::store) fn tend_drain(&self, agent: &str) -> Result<()> {
        if self.swarm_stage()?.is_none() {
            return Ok(());
        }
        let drain = self.expect_swarm()?;
        if drain.member(agent).is_none()
            && let Some(agent) = self.agent(agent)?.filter(|agent| is_asked(&drain, agent))
        {
            let answer = drain.stage.is_shut().then_some(Answer::Late);
            self.ask(&drain, &agent, answer)?;
        }
        if drain.stage == Stage::Draining {
            for member in drain.missing() {
                if let Some(verdict) = drain.verdict(member, &self.world.now) {
                    self.give_up_on(&member.agent, verdict)?;
                }
            }
        }
        Ok(())
    }

    fn ask(&self, drain: &Drain, agent: &Agent, answer: Option<Answer>) -> Result<()> {
        self.execute(
            "INSERT INTO swarm_member (agent_id, name, told_at, answer, answered_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                agent.id,
                agent.name,
                self.now(),
                answer.map(Answer::as_str),
                answer.map(|_| self.now())
            ],
        )?;
        self.tell_of_drain(drain, &agent.id)
    }

    fn tell_of_drain(&self, drain: &Drain, agent: &str) -> Result<()> {
        self.ensure_mentioned(SYSTEM)?;
        let now = &self.world.now;
        if drain.stage.is_shut() {
            return self.let_know(SYSTEM, agent, &drain.told(now));
        }
        self.let_know_until(SYSTEM, agent, &drain.told(now), drain.remaining(now).max(MINUTE))
    }

    /// The end that has begun.
    pub(super) fn expect_swarm(&self) -> Result<Drain> {
        self.swarm()?
            .ok_or_else(|| anyhow::anyhow!("the end of the swarm vanished inside its transaction"))
    }
}

/// Whether an agent is asked: neither the human, nor whoever began it, nor a subagent, which ends with its session.
fn is_asked(drain: &Drain, agent: &Agent) -> bool {
    agent.parent.is_none() && ![OPERATOR, SYSTEM, drain.by.as_str()].contains(&agent.id.as_str())
}

/// An end in the record: for how long, what it leads to, and why.
fn in_short(drain: &Drain) -> String {
    let to = if drain.is_shutdown { ", to be closed" } else { "" };
    let reason = drain.reason.as_deref();
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("for {} s{to}{because}", drain.lasts / 1_000)
}

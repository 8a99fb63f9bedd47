//! The orderly end of a swarm: how it is read. How it begins and ends is in `begin`, what is given back in
//! `give_back`, how a store is closed and opened again in `shut`, what is shown and written down of it in `status`.

mod begin;
mod give_back;
mod shut;
mod status;

use anyhow::Result;

use super::Read;
use super::agents::{SIGHTING, sighting};
use crate::domain::drain::{Answer, Drain, Member, Returned, Stage, clock};
use crate::domain::time::Moment;
use crate::error::Refusal;
use crate::frame::{Field, clean};

pub use begin::NewDrain;

impl Read<'_> {
    /// How far the end of the swarm has come; `None` while it is open. A single look at a table that is mostly empty.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn swarm_stage(&self) -> Result<Option<Stage>> {
        self.row("SELECT stage FROM swarm WHERE id = 1", [], |row| {
            Ok(Stage::parse(&row.get::<_, String>(0)?))
        })
    }

    /// The end that has begun, with everybody who was asked; `None` while the swarm is open.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn swarm(&self) -> Result<Option<Drain>> {
        let drain = self.row(
            "SELECT s.stage, s.reason, s.begun_by, coalesce(a.name, s.begun_by), s.begun_at, s.counts_from, s.uptime,
                 s.boot, s.lasts, s.is_shutdown, s.shut_at, s.checkpoint, s.sha256
             FROM swarm s LEFT JOIN agent a ON a.id = s.begun_by WHERE s.id = 1",
            [],
            |row| {
                Ok(Drain {
                    stage: Stage::parse(&row.get::<_, String>(0)?),
                    reason: row.get(1)?,
                    by: row.get(2)?,
                    by_name: row.get(3)?,
                    begun_at: row.get(4)?,
                    counts_from: Moment {
                        wall: row.get(5)?,
                        uptime: row.get(6)?,
                        boot: row.get(7)?,
                    },
                    lasts: row.get(8)?,
                    is_shutdown: row.get(9)?,
                    shut_at: row.get(10)?,
                    checkpoint: row.get(11)?,
                    sha256: row.get(12)?,
                    members: Vec::new(),
                })
            },
        )?;
        let Some(mut drain) = drain else { return Ok(None) };
        drain.members = self.swarm_members()?;
        Ok(Some(drain))
    }

    fn swarm_members(&self) -> Result<Vec<Member>> {
        let sql = format!(
            "SELECT m.agent_id, m.name, m.answer, m.answered_at, m.note, {SIGHTING}
             FROM swarm_member m LEFT JOIN presence p ON p.agent_id = m.agent_id ORDER BY m.name, m.agent_id"
        );
        let mut members = self.rows(&sql, [], |row| {
            let answer: Option<String> = row.get(2)?;
            let answer = answer.and_then(|word| Answer::parse(&word));
            Ok(Member {
                agent: row.get(0)?,
                name: row.get(1)?,
                answer: answer.zip(row.get(3)?),
                note: row.get(4)?,
                presence: self.world.presence(&sighting(row, 5)?),
                returned: Vec::new(),
            })
        })?;
        for member in &mut members {
            member.returned = self.rows(
                "SELECT kind, what, title FROM swarm_returned WHERE agent_id = ?1 ORDER BY kind DESC, what",
                [&member.agent],
                |row| {
                    Ok(if row.get::<_, String>(0)? == "task" {
                        Returned::Task(row.get(1)?, row.get(2)?)
                    } else {
                        Returned::Lock(row.get(1)?)
                    })
                },
            )?;
        }
        Ok(members)
    }

    /// Refuses where the store takes nothing new.
    ///
    /// # Errors
    /// [`Refusal`] that says since when, by whom and why; otherwise when the store cannot be read.
    pub fn require_open(&self) -> Result<()> {
        if !self.swarm_stage()?.is_some_and(Stage::is_shut) {
            return Ok(());
        }
        let Some(drain) = self.swarm()? else { return Ok(()) };
        Err(shut(&drain).into())
    }

    /// Refuses where no new work is handed out.
    ///
    /// # Errors
    /// [`Refusal`] that says until when and why; otherwise when the store cannot be read.
    pub fn require_claims(&self) -> Result<()> {
        if self.swarm_stage()?.is_none() {
            return Ok(());
        }
        let Some(drain) = self.swarm()? else { return Ok(()) };
        if drain.stage.is_shut() {
            return Err(shut(&drain).into());
        }
        let because = because(&drain);
        let now = &self.world.now;
        let time = clock(drain.ends_at(now));
        let until = if drain.is_over(now) {
            format!("its deadline was {time}, and it stays so until the human resumes it")
        } else {
            format!(
                "until {time}, {} of {} still to answer",
                drain.missing().count(),
                drain.members.len()
            )
        };
        Err(
            Refusal::refused(format!("no new tasks are handed out: the swarm is being drained{because}, {until}"))
                .hint("`agent-sync swarm ready --note TEXT` gives back what you hold; `agent-sync swarm status` shows how far it is")
                .into(),
        )
    }
}

/// That the store takes nothing new.
fn shut(drain: &Drain) -> Refusal {
    let since = drain.shut_at.map(clock).unwrap_or_default();
    Refusal::refused(format!(
        "the swarm is closed since {since} by {}{}; nothing new is taken",
        clean(&drain.by_name, Field::Name),
        because(drain)
    ))
    .hint("the human reopens it: agent-sync swarm resume")
}

fn because(drain: &Drain) -> String {
    let reason = drain.reason.as_deref();
    reason.map_or_else(String::new, |reason| {
        format!(" ({})", clean(reason, Field::Reason))
    })
}

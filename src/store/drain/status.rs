//! How a swarm stands and what it came to, read in one snapshot.

use anyhow::Result;

use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::crew::CrewState;
use crate::domain::drain::{Holder, Summary, Swarm};
use crate::store::Read;

/// Most unread messages that are written down in full.
const MESSAGES: usize = 1_000;
/// Most plans, decisions and votes that are written down.
const DECISIONS: u32 = 10_000;

impl Read<'_> {
    /// How the swarm stands: its end, and who holds what.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn swarm_status(&self) -> Result<Swarm> {
        let drain = self.swarm()?;
        let mut agents = self.living()?;
        agents.retain(|agent| agent.parent.is_none() && agent.id != SYSTEM);
        let asked = drain.iter().flat_map(|drain| &drain.members);
        for member in asked {
            if agents.iter().all(|agent| agent.id != member.agent) {
                agents.extend(self.agent(&member.agent)?);
            }
        }
        let mut holders = agents
            .into_iter()
            .map(|agent| {
                Ok(Holder {
                    held: self.held_by(&agent.id)?,
                    agent,
                })
            })
            .collect::<Result<Vec<Holder>>>()?;
        // The human, and whoever is the human here, matter where they hold something.
        let by = drain.as_ref().map(|drain| drain.by.as_str());
        let is_human = |holder: &Holder| holder.agent.id == OPERATOR || Some(holder.agent.id.as_str()) == by;
        holders.retain(|holder| !is_human(holder) || !holder.held.is_empty());
        holders.sort_by(|one, other| {
            (&one.agent.name, &one.agent.id).cmp(&(&other.agent.name, &other.agent.id))
        });
        let mut sessions = Vec::new();
        for crew in self.crews()? {
            for session in self.crew_sessions(&crew.plan)? {
                let life = session.proof.map(|proof| self.world.processes.life(&proof));
                let is_shown = crew.state != CrewState::Ended || session.state.is_up();
                sessions.extend(is_shown.then_some((session, life)));
            }
        }
        Ok(Swarm {
            drain,
            holders,
            sessions,
        })
    }

    /// What the swarm came to, for its checkpoint.
    ///
    /// # Errors
    /// When the store cannot be read, or the swarm is open.
    pub fn swarm_summary(&self) -> Result<Summary> {
        let drain = self
            .swarm()?
            .ok_or_else(|| anyhow::anyhow!("a swarm that is open has come to nothing yet"))?;
        let mut waiting = self.waiting_mail(MESSAGES)?;
        // What the program itself told of the end is no news to whoever reads of it.
        waiting.newest.retain(|message| message.sender != SYSTEM);
        let mut queues = Vec::new();
        for queue in waiting.queues {
            let name = self.agent(&queue.agent)?.map(|agent: Agent| agent.name);
            queues.push((name.unwrap_or_else(|| queue.agent.clone()), queue));
        }
        Ok(Summary {
            drain,
            tasks: self.tasks()?,
            plans: self.plans(DECISIONS, true)?,
            decisions: self.decisions(DECISIONS, false)?,
            votes: self.votes(DECISIONS, false)?,
            queues,
            unread: waiting.newest,
        })
    }
}

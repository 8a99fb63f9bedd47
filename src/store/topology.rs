//! The topology: how it was set, who is its head, and what whoever it binds is told of it.
//!
//! Every send and every hand-over reads it inside its own transaction, so a change binds the very next one. The head
//! is noted, and not found anew by everybody: so whoever first notices that it is gone names the next one, and all
//! are told once. Nobody has to look for that: whoever finds a session gone, says goodbye or comes settles it on
//! the way.

use anyhow::{Context as _, Result};
use rusqlite::params;

use super::{Entry, Read, Write};
use crate::domain::agent::{Agent, SYSTEM};
use crate::domain::leader::DEFAULT_ROLE;
use crate::domain::topology::{self, Definition, Form, Shape, Topology};
use crate::error::Refusal;
use crate::frame::{Field, clean};

/// Those who are here and are the human.
const HUMANS: &str = "SELECT h.agent_id FROM presence p CROSS JOIN human_shell h ON h.agent_id = p.agent_id
     WHERE p.turn IN ('active', 'idle')";

impl Read<'_> {
    /// The topology as it stands; a mesh where none is set. The head is whoever has been noted as such.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn topology(&self) -> Result<Topology> {
        if let Some(topology) = self.set_topology_there_is()? {
            return Ok(topology);
        }
        self.peopled(Definition::mesh())
    }

    /// The topology that somebody has set, if any, with whoever would be its head if somebody acted now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn topology_in_sight(&self) -> Result<Option<Topology>> {
        let topology = self.set_topology_there_is()?;
        topology
            .map(|topology| self.settled_on_paper(topology))
            .transpose()
    }

    /// The topology that somebody has set, if any: a single look where nobody has.
    pub(in crate::store) fn set_topology_there_is(&self) -> Result<Option<Topology>> {
        let stored = self.row(
            "SELECT definition, set_by, set_at, head_id, head_since FROM topology WHERE number = 1",
            [],
            |row| {
                let definition: String = row.get(0)?;
                let head = row.get::<_, Option<String>>(3)?.zip(row.get(4)?);
                Ok((definition, (row.get(1)?, row.get(2)?), head))
            },
        )?;
        let Some((definition, set, head)) = stored else {
            return Ok(None);
        };
        let form: Form = serde_json::from_str(&definition).context("reading the topology")?;
        let definition = Definition::new(form).map_err(|wrong| {
            anyhow::anyhow!("the topology in the store does not hold together: {wrong:?}")
        })?;
        let topology = self.peopled(definition)?;
        Ok(Some(Topology {
            set: Some(set),
            head,
            ..topology
        }))
    }

    /// A topology of this definition among everybody there is, with whoever would be its head.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rehearsed_topology(&self, definition: Definition) -> Result<Topology> {
        self.settled_on_paper(self.peopled(definition)?)
    }

    /// A topology with whoever would be its head if somebody acted now: nothing is noted, and nobody is told.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn settled_on_paper(&self, mut topology: Topology) -> Result<Topology> {
        let head = self.head_of(&topology)?;
        if head.as_deref() != topology.head.as_ref().map(|(id, _)| id.as_str()) {
            topology.head = head.map(|id| (id, self.now()));
        }
        Ok(topology)
    }

    fn peopled(&self, definition: Definition) -> Result<Topology> {
        Ok(Topology {
            definition,
            set: None,
            head: None,
            agents: self.present()?,
            free: self.rows(HUMANS, [], |row| row.get(0))?,
        })
    }

    /// Who is the head of a topology by rule.
    fn head_of(&self, topology: &Topology) -> Result<Option<String>> {
        let leader = self.leader(DEFAULT_ROLE)?.map(|lock| lock.holder);
        let incumbent = topology.head.as_ref().map(|(id, _)| id.as_str());
        let head = topology::head(
            &topology.definition,
            &topology.agents,
            &topology.free,
            incumbent,
            leader.as_deref(),
        );
        Ok(head.map(|head| head.id.clone()))
    }
}

impl Write<'_> {
    /// Sets the topology for everybody, tells those whom it binds where they are, and returns it; `None` when it is
    /// set like this already, which changes nothing.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_topology(&self, definition: &Definition, by: &str) -> Result<Option<Topology>> {
        let text = serde_json::to_string(definition.form())?;
        // Compared as text: one that cannot be read is to be replaced, too.
        let before: Option<String> =
            self.row("SELECT definition FROM topology WHERE number = 1", [], |row| {
                row.get(0)
            })?;
        if before == Some(text.clone()).filter(|_| definition.shape != Shape::Mesh) {
            return Ok(None);
        }
        self.execute("DELETE FROM topology WHERE number = 1", [])?;
        self.sweep()?;
        let mut topology = self.peopled(definition.clone())?;
        if definition.shape != Shape::Mesh {
            let now = self.now();
            topology.set = Some((by.to_owned(), now));
            topology.head = self.head_of(&topology)?.map(|id| (id, now));
            self.execute(
                "INSERT INTO topology (number, definition, set_by, set_at, head_id, head_since)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5)",
                params![
                    text,
                    by,
                    now,
                    topology.head.as_ref().map(|(id, _)| id),
                    topology.head.as_ref().map(|(_, since)| since),
                ],
            )?;
        }
        self.record(Entry {
            agent: Some(by),
            event: "topology.set",
            body: &text,
            ..Entry::default()
        })?;
        let network = topology.network();
        for member in network.members() {
            self.tell_of_topology(&member.id, &topology::place(&network, &member.id))?;
        }
        Ok(Some(topology))
    }

    /// Refuses an agent that is not above another one, where the topology says who approves what whom asks for.
    ///
    /// # Errors
    /// [`Refusal`] that says so, or when the store cannot be written.
    pub(in crate::store) fn require_above(&self, approver: &str, requester: &str) -> Result<()> {
        let topology = self.settled_topology()?;
        if topology.is_none_or(|topology| topology.network().may_approve(approver, requester)) {
            return Ok(());
        }
        let requester = clean(requester, Field::Title);
        Err(Refusal::refused(format!(
            "only who is above {requester} approves what it asks for in this topology"
        ))
        .hint("`agent-sync topology show` shows who that is; the human may, too")
        .into())
    }

    /// The topology that somebody has set, if any, with whoever is its head now: where that has changed, it is noted
    /// and everybody is told.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::store) fn settled_topology(&self) -> Result<Option<Topology>> {
        let Some(mut topology) = self.set_topology_there_is()? else {
            return Ok(None);
        };
        let former = topology.head.clone();
        let former_id = former.as_ref().map(|(id, _)| id.as_str());
        topology = self.settled_on_paper(topology)?;
        if topology.head == former {
            return Ok(Some(topology));
        }
        self.execute(
            "UPDATE topology SET head_id = ?1, head_since = ?2 WHERE number = 1",
            params![
                topology.head.as_ref().map(|(id, _)| id),
                topology.head.as_ref().map(|(_, since)| since),
            ],
        )?;
        let former = former_id.map(|id| self.agent(id)).transpose()?.flatten();
        let network = topology.network();
        let said = topology::succeeded(&network, former.as_ref().map(|agent| agent.name.as_str()));
        self.record(Entry {
            agent: topology.head.as_ref().map(|(id, _)| id.as_str()),
            event: "topology.head",
            body: &said,
            ..Entry::default()
        })?;
        for member in network.members() {
            let place = topology::place(&network, &member.id);
            self.tell_of_topology(&member.id, &format!("{said} {place}"))?;
        }
        Ok(Some(topology))
    }

    /// Names the next head if it is this agent that has gone: a single look otherwise.
    pub(super) fn leave_topology(&self, agent: &str) -> Result<()> {
        if self.any(
            "SELECT 1 FROM topology WHERE number = 1 AND head_id = ?1",
            [agent],
        )? {
            self.settled_topology()?;
        }
        Ok(())
    }

    /// Tells an agent that has come, come back or changed its name or role where it is, if it cannot know that. A
    /// single look where no topology is set.
    pub(super) fn join_topology(&self, before: Option<&Agent>, after: &Agent) -> Result<()> {
        let Some(former) = self.set_topology_there_is()?.map(|topology| topology.head) else {
            return Ok(());
        };
        let Some(topology) = self.settled_topology()? else {
            return Ok(());
        };
        let is_member = topology
            .network()
            .members()
            .iter()
            .any(|member| member.id == after.id);
        // With a new head everybody was told.
        if !is_member || topology.head.as_ref().map(|(id, _)| id) != former.as_ref().map(|(id, _)| id) {
            return Ok(());
        }
        let place = topology::place(&topology.network(), &after.id);
        let knows = match before {
            None => false,
            Some(before) if before.presence.is_living() => {
                let mut then = topology.clone();
                then.agents
                    .iter_mut()
                    .filter(|agent| agent.id == before.id)
                    .for_each(|agent| agent.clone_from(before));
                topology::place(&then.network(), &after.id) == place
            }
            Some(before) => {
                let changed = [
                    topology.set.as_ref().map(|(_, at)| *at),
                    topology.head.as_ref().map(|(_, at)| *at),
                ];
                changed.iter().flatten().all(|at| *at < before.sighting.seen.wall)
            }
        };
        if knows {
            return Ok(());
        }
        self.tell_of_topology(&after.id, &place)
    }

    /// Notes that the human acts under this id in a shell without a session, so that no topology binds it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) fn note_human_shell(&self, agent: &str) -> Result<()> {
        let is_new = self.execute(
            "INSERT OR IGNORE INTO human_shell (agent_id) VALUES (?1)",
            [agent],
        )? > 0;
        if is_new {
            self.leave_topology(agent)?;
        }
        Ok(())
    }

    /// Has agent-sync itself tell an agent something about the topology, at its next hook and without waking it.
    fn tell_of_topology(&self, agent: &str, text: &str) -> Result<()> {
        self.ensure_mentioned(SYSTEM)?;
        self.let_know_without_waking(SYSTEM, agent, text)
    }
}

//! A topology as it stands: how it was set, who is its head, and who is here.

use super::{Definition, Network};
use crate::domain::agent::Agent;

/// A topology as it was set, and everybody who is here.
#[derive(Debug, Clone)]
pub struct Topology {
    /// What it is like.
    pub definition: Definition,
    /// Who set it and when, in milliseconds since the epoch; `None` for a mesh, which is what there is unless
    /// somebody sets another one.
    pub set: Option<(String, i64)>,
    /// Who is the head, by id, and since when.
    pub head: Option<(String, i64)>,
    /// Those who are here, the human and subagents too; some may be gone and nobody has noted it yet.
    pub agents: Vec<Agent>,
    /// The ids under which the human acts, besides `operator`.
    pub free: Vec<String>,
}

impl Topology {
    /// What it comes to.
    #[must_use]
    pub fn network(&self) -> Network<'_> {
        let head = self.head.as_ref().map(|(id, _)| id.as_str());
        Network::new(&self.definition, &self.agents, &self.free, head)
    }

    /// The agent with this id.
    #[must_use]
    pub fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }
}

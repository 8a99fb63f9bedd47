//! Topologies: who writes to whom, who hands tasks to whom, who approves what of whom, and where a broadcast goes.
//!
//! In a mesh, which is the default, everybody reaches everybody, and with many agents everybody's broadcasts are in
//! everybody's context. A star puts one agent, the hub, between all others; a hierarchy gives each a parent and, if
//! it likes, a team. A [`Definition`] speaks of names and roles, so that a session which comes later has its place
//! already; a [`Network`] is what it comes to among the agents that are here now.
//!
//! One agent is the head: the hub of a star, the chief of a hierarchy. Who that is while the one that was named is
//! not here is settled by [`head`] alone, from facts that everybody sees, so that whoever looks comes to the same.

mod check;
mod definition;
mod network;
mod standing;
mod succession;
mod words;

use serde::{Deserialize, Serialize};

use super::agent::{Agent, is_valid_id};
use super::name::RESERVED;

pub use check::{Faults, check};
pub use definition::{Definition, Form, Place, Team, Unsound};
pub use network::{Detour, Network};
pub use standing::Topology;
pub use succession::head;
pub use words::{place, succeeded};

/// Most places of a topology: more than anybody reads.
pub const MAX_PLACES: usize = 500;
/// Most characters of a role that a place is for, or of a team's name.
pub const MAX_WORD: usize = 64;

/// How those who are here are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Everybody reaches everybody.
    Mesh,
    /// Everybody reaches the hub, and the hub everybody.
    Star,
    /// Everybody reaches their parent, their children and their team.
    Hierarchical,
}

impl Shape {
    /// The word on the command line, in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mesh => "mesh",
            Self::Star => "star",
            Self::Hierarchical => "hierarchical",
        }
    }

    /// What its head is called.
    #[must_use]
    pub const fn head(self) -> &'static str {
        match self {
            Self::Mesh | Self::Star => "hub",
            Self::Hierarchical => "chief",
        }
    }
}

/// For whom a place is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The agent with this id or, while it lives, this name.
    Name(String),
    /// Every agent in this role.
    Role(String),
}

impl Who {
    /// Reads a name, an id or `@role`. Case matters nowhere but in ids; the human is in no topology.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(role) = text.strip_prefix('@') {
            return is_word(role.trim()).then(|| Self::Role(role.trim().to_lowercase()));
        }
        let is_reserved = RESERVED.iter().any(|name| text.eq_ignore_ascii_case(name));
        (is_valid_id(text) && !is_reserved).then(|| Self::Name(text.to_owned()))
    }

    /// Whether an agent is meant, whatever else it may be.
    #[must_use]
    pub fn fits(&self, agent: &Agent) -> bool {
        match self {
            Self::Name(name) => agent.id == *name || agent.name.eq_ignore_ascii_case(name),
            Self::Role(role) => (agent.role.as_deref()).is_some_and(|own| own.trim().to_lowercase() == *role),
        }
    }

    /// As it is written: the name or id, or `@role`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Role(role) => format!("@{role}"),
        }
    }
}

/// Whether this can be a role or the name of a team: one line without what lists of them are written with.
fn is_word(text: &str) -> bool {
    let is_plain = |letter: char| !letter.is_control() && !matches!(letter, ',' | '=' | '@');
    !text.is_empty() && text.chars().count() <= MAX_WORD && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests;

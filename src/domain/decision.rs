//! Decisions: what was settled, so that later sessions do not settle it again.

/// A decision as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Unique and permanent.
    pub id: String,
    /// Who recorded it.
    pub agent: String,
    /// That agent's name.
    pub agent_name: String,
    /// What was decided.
    pub body: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// The decision that took its place.
    pub superseded_by: Option<String>,
}

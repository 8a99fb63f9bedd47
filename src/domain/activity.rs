//! The record of what happened, as it is read back.

/// An entry as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Unique and permanent.
    pub id: String,
    /// Who did it.
    pub agent: Option<String>,
    /// That agent's name now.
    pub agent_name: Option<String>,
    /// What kind of thing happened.
    pub event: String,
    /// One line about it.
    pub body: String,
    /// The client's tool.
    pub tool: Option<String>,
    /// The path it happened to.
    pub path: Option<String>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

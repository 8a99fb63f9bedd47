//! Agents: who they are, how they relate, whose lock stops whom.

use super::presence::{Presence, Sighting};

/// The id under which the human acts.
pub const OPERATOR: &str = "operator";
/// Longest id accepted from outside, in bytes.
pub const MAX_ID: usize = 64;

/// An agent as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Unique and permanent.
    pub id: String,
    /// Unique among the living.
    pub name: String,
    /// What it says it does.
    pub role: Option<String>,
    /// The agent whose session it is part of, for a subagent.
    pub parent: Option<String>,
    /// The task it claimed last and still owns.
    pub current_task: Option<String>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// When and how it was last seen.
    pub sighting: Sighting,
    /// Its working directory, as it said.
    pub cwd: Option<String>,
    /// How present it is at the moment of reading.
    pub presence: Presence,
}

/// Whether `id` can name an agent: 1 to 64 of `A-Z a-z 0-9 . _ : @ -`, not starting with a dash.
///
/// The set is small on purpose: ids are printed into commands that agents then run.
#[must_use]
pub fn is_valid_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
        && !id.starts_with('-')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte))
}

/// Whether a lock held by `holder` stops `actor`.
///
/// A session's own subagents pass under its locks, or it could not delegate work on a file that it locked.
/// Siblings exclude each other, and a subagent's lock stops its parent: the two run at the same time.
/// `actor_parent` is the parent of `actor`, if it is a subagent.
#[must_use]
pub fn is_stopped_by(actor: &str, actor_parent: Option<&str>, holder: &str) -> bool {
    holder != actor && Some(holder) != actor_parent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parents_lock_does_not_stop_its_subagent() {
        assert!(!is_stopped_by("p.1", Some("p"), "p"));
    }

    #[test]
    fn siblings_and_children_and_strangers_stop_each_other() {
        assert!(is_stopped_by("p.1", Some("p"), "p.2"));
        assert!(is_stopped_by("p", None, "p.1"));
        assert!(is_stopped_by("p", None, "q"));
        assert!(!is_stopped_by("p", None, "p"));
    }

    #[test]
    fn an_id_is_safe_inside_a_shell_command() {
        assert!(is_valid_id("agent-97d22f865257.3fa9c1d2"));
        for bad in ["", " ", "-x", "a b", "$(x)", "a;b", "a\nb", "é", &"x".repeat(65)] {
            assert!(!is_valid_id(bad), "{bad:?}");
        }
    }
}

//! Agents: who they are, how they relate, whose lock stops whom.

use super::presence::{Presence, Sighting};

/// The id under which the human acts.
pub const OPERATOR: &str = "operator";
/// The id under which agent-sync itself tells senders what became of their messages.
pub const SYSTEM: &str = "system";
/// Longest id that may be chosen, in bytes.
pub const MAX_ID: usize = 64;
/// Longest id of all: a chosen one, and what a subagent of a subagent adds to it.
const MAX_GIVEN_ID: usize = MAX_ID + 2 * 9;

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

/// Whether `id` can name an agent: 1 to 64, with the endings of subagents 82, of `A-Z a-z 0-9 . _ : @ -`, not starting with a dash.
///
/// The set is small on purpose: ids are printed into commands that agents then run.
#[must_use]
pub fn is_valid_id(id: &str) -> bool {
    (1..=MAX_GIVEN_ID).contains(&id.len())
        && !id.starts_with('-')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte))
}

/// Whether a lock held by `holder` stops `actor`.
///
/// A session's own subagents pass under its locks, or it could not delegate work on a file that it locked.
/// Siblings exclude each other, and a subagent's lock stops its parent: the two run at the same time. An
/// alias, which a session's shell took with `AGENT_SYNC_ID`, is the session itself: its edits arrive under
/// the session's own id, so the alias' locks do not stop those.
#[must_use]
pub fn is_stopped_by(actor: Kin<'_>, holder: Kin<'_>) -> bool {
    let is_own_alias = holder.parent == Some(actor.id) && !is_subagent_of(holder.id, actor.id);
    holder.id != actor.id && Some(holder.id) != actor.parent && !is_own_alias
}

/// An agent and its parent, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin<'a> {
    /// The agent.
    pub id: &'a str,
    /// The agent whose session it is part of.
    pub parent: Option<&'a str>,
}

/// Whether `id` was given to a subagent of `parent`: `<parent>.<some characters>`.
#[must_use]
pub fn is_subagent_of(id: &str, parent: &str) -> bool {
    id.strip_prefix(parent)
        .is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(actor: (&str, Option<&str>), holder: (&str, Option<&str>)) -> bool {
        let kin = |(id, parent)| Kin { id, parent };
        is_stopped_by(kin(actor), kin(holder))
    }

    #[test]
    fn a_parents_lock_does_not_stop_its_subagent() {
        assert!(!stops(("p.1", Some("p")), ("p", None)));
    }

    #[test]
    fn siblings_and_children_and_strangers_stop_each_other() {
        assert!(stops(("p.1", Some("p")), ("p.2", Some("p"))));
        assert!(stops(("p", None), ("p.1", Some("p"))));
        assert!(stops(("p", None), ("q", None)));
        assert!(!stops(("p", None), ("p", None)));
    }

    #[test]
    fn the_lock_of_a_sessions_own_alias_does_not_stop_the_session() {
        assert!(!stops(("p", None), ("sub", Some("p"))));
        assert!(stops(("q", None), ("sub", Some("p"))));
        assert!(stops(("sub", Some("p")), ("other", Some("p"))));
    }

    #[test]
    fn an_id_is_safe_inside_a_shell_command() {
        assert!(is_valid_id("agent-97d22f865257.3fa9c1d2"));
        for bad in ["", " ", "-x", "a b", "$(x)", "a;b", "a\nb", "é", &"x".repeat(83)] {
            assert!(!is_valid_id(bad), "{bad:?}");
        }
    }
}

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

/// What is recorded when a turn begins, unless an agent comes or comes back with it, which says so itself.
pub const TURN_BEGAN: &str = "turn.began";
/// What is recorded when a turn ends, unless the agent goes with it, which says so itself.
pub const TURN_ENDED: &str = "turn.ended";

/// What happens to an agent without its doing: the record is kept under its name all the same.
const HAPPENS: [&str; 14] = [
    "agent.gone",
    "agent.left",
    "lock.handed_over",
    "message.delivered",
    "message.expired",
    "message.handed_over",
    "message.notice",
    "message.offered",
    "message.reminded",
    "message.requeued",
    "message.undeliverable",
    "swarm.given_up",
    TURN_BEGAN,
    TURN_ENDED,
];

impl Activity {
    /// Whether somebody did it, and it did not just happen to them.
    #[must_use]
    pub fn is_act(&self) -> bool {
        self.agent.is_some() && !HAPPENS.contains(&self.event.as_str())
    }
}

/// Most characters of a note's type.
pub const MAX_TYPE: usize = 32;

/// The type that a note which somebody adds gets: lower case, everything outside `[a-z0-9_]` turned into one
/// dash, cut to [`MAX_TYPE`]; `None` when nothing is left. 0.4.0 accepted any text here.
///
/// What the tool itself records has a dot in its name, such as `lock.acquired`, so no note can pass for
/// something that really happened.
#[must_use]
pub fn note_type(wanted: &str) -> Option<String> {
    let mut word = String::new();
    for character in wanted.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
        } else if !word.ends_with('-') {
            word.push('-');
        }
    }
    let word: String = word.trim_matches('-').chars().take(MAX_TYPE).collect();
    let word = word.trim_end_matches('-');
    (!word.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_an_agent_is_no_act_of_it() {
        let entry = |agent: Option<&str>, event: &str| Activity {
            id: "act-1".to_owned(),
            agent: agent.map(str::to_owned),
            agent_name: None,
            event: event.to_owned(),
            body: String::new(),
            tool: None,
            path: None,
            created_at: 0,
        };
        assert!(entry(Some("a"), "edit").is_act() && entry(Some("a"), "message.sent").is_act());
        assert!(!entry(Some("a"), "message.offered").is_act());
        assert!(!entry(None, "lock.expired").is_act());
    }

    #[test]
    fn a_note_cannot_pass_for_the_tools_own_record() {
        assert_eq!(note_type("lock.acquired").as_deref(), Some("lock-acquired"));
    }

    #[test]
    fn any_text_becomes_a_plain_type() {
        assert_eq!(note_type("note").as_deref(), Some("note"));
        assert_eq!(note_type(" Bug  Fix!\n").as_deref(), Some("bug-fix"));
        assert_eq!(note_type(&"x".repeat(99)).map(|word| word.len()), Some(MAX_TYPE));
        assert_eq!(note_type(" ! "), None);
    }
}

//! What a hook stopped and why, in the words in which the record keeps it.
//!
//! Whoever counts later by which rule something was stopped reads what was written here, so writing and reading
//! stand side by side.

use super::key::PathKey;

/// The rule that stopped something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// An edit of a file that somebody else has locked.
    EditLocked,
    /// An edit of a file that somebody else is editing, where `guard.edits` is `block`.
    EditLeased,
    /// An edit, held up once, under a lock that its agent had lost without knowing.
    EditUnguarded,
    /// A shell command that writes a file that somebody else has locked.
    CommandLocked,
    /// A shell command that throws away what others have not committed yet.
    CommandDiscards,
    /// A commit, or what goes before it, that holds files of others.
    CommitForeign,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::EditLocked,
        Self::EditLeased,
        Self::EditUnguarded,
        Self::CommandLocked,
        Self::CommandDiscards,
        Self::CommitForeign,
    ];

    /// What the record calls a refusal by this rule.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::EditLocked | Self::EditLeased | Self::EditUnguarded => "edit.refused",
            Self::CommandLocked | Self::CommandDiscards => "command.refused",
            Self::CommitForeign => "commit.refused",
        }
    }

    /// One word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EditLocked => "edit_locked",
            Self::EditLeased => "edit_leased",
            Self::EditUnguarded => "edit_unguarded",
            Self::CommandLocked => "command_locked",
            Self::CommandDiscards => "command_discards",
            Self::CommitForeign => "commit_foreign",
        }
    }

    /// How the body of its entries begins; no two rules of one event share it.
    const fn why(self) -> &'static str {
        match self {
            Self::EditLocked | Self::CommandLocked => "a lock",
            Self::EditLeased => "an edit in progress",
            Self::EditUnguarded => "the loss of its own lock",
            Self::CommandDiscards => "uncommitted work",
            Self::CommitForeign => "files",
        }
    }

    /// The rule that an entry of the record tells of, if it tells of one.
    #[must_use]
    pub fn of(event: &str, body: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| {
            let rest = body.strip_prefix(rule.why());
            rule.event() == event && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" of "))
        })
    }
}

/// Something that was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// By which rule.
    pub rule: Rule,
    /// The file that it was about, the first of them where there are several.
    pub file: PathKey,
    /// Ids of those who were in the way.
    pub by: Vec<String>,
}

impl Hindrance {
    /// One line about it: what was in the way, and whose that is.
    #[must_use]
    pub fn body(&self) -> String {
        let mut by: Vec<&str> = Vec::new();
        for id in &self.by {
            if !by.contains(&id.as_str()) {
                by.push(id);
            }
        }
        let why = self.rule.why();
        if by.is_empty() {
            why.to_owned()
        } else {
            format!("{why} of {}", by.join(", "))
        }
    }
}

/// What a rule of the policy did with a call that did not simply pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// It was refused.
    Denied,
    /// The human was asked.
    Asked,
    /// It was one too many.
    Limited,
    /// It waits for an approval.
    Requested,
}

impl Ruling {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Denied, Self::Asked, Self::Limited, Self::Requested];

    /// What the record calls it; the body begins with the name of the rule.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Denied => "policy.denied",
            Self::Asked => "policy.asked",
            Self::Limited => "policy.limited",
            Self::Requested => "policy.requested",
        }
    }

    /// One word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "policy_denied",
            Self::Asked => "policy_asked",
            Self::Limited => "policy_limited",
            Self::Requested => "policy_unapproved",
        }
    }

    /// The ruling that an entry of the record tells of, if it tells of one.
    #[must_use]
    pub fn of(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ruling| ruling.event() == event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hindrance(rule: Rule, by: &[&str]) -> Hindrance {
        Hindrance {
            rule,
            file: PathKey {
                tree: String::new(),
                path: "x".to_owned(),
            },
            by: by.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn what_was_written_is_read_back_as_the_same_rule() {
        for rule in Rule::ALL {
            for by in [&[][..], &["a"], &["a", "b"]] {
                let body = hindrance(rule, by).body();
                assert_eq!(Rule::of(rule.event(), &body), Some(rule), "{body}");
            }
        }
    }

    #[test]
    fn a_ruling_is_known_by_its_event() {
        for ruling in Ruling::ALL {
            assert_eq!(Ruling::of(ruling.event()), Some(ruling));
        }
        assert_eq!(Ruling::of("policy.applied"), None);
    }

    #[test]
    fn nothing_else_passes_for_a_refusal() {
        for (event, body) in [
            ("edit", "a lock of a"),
            ("edit.refused", "a locksmith"),
            ("edit.refused", "files of a"),
            ("command.refused", ""),
        ] {
            assert_eq!(Rule::of(event, body), None, "{event} {body}");
        }
    }

    #[test]
    fn whoever_is_in_the_way_twice_is_named_once() {
        assert_eq!(
            hindrance(Rule::CommitForeign, &["a", "b", "a"]).body(),
            "files of a, b"
        );
    }
}

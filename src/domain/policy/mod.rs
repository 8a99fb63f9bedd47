//! Policy: what the human lets agents do, as rules that are read from top to bottom.
//!
//! The first rule that matches a call decides it, and what no rule matches is allowed. A rule that only observes
//! decides nothing: it is noted what it would have done, and the rules below it are asked as if it were not there,
//! so that trying a rule out never changes what happens.
//!
//! Nothing here looks at JSON or knows regular expressions: a [`Call`] answers questions about itself.

mod request;
mod rule;
#[cfg(test)]
mod tests;
mod window;

use serde::{Deserialize, Serialize};

pub use request::{
    DEFAULT_TTL, DEFAULT_USES, MAX_TTL, MAX_USES, Passage, Refused, Request, Standing, Verdict, may_answer,
};
pub use rule::{Effect, FieldTest, HUMAN, Match, Miss, Per, Rule};
pub use window::{Limit, MAX_COUNT, MAX_WINDOW};

/// What the record calls what a rule that only watches would have done.
pub const OBSERVED: &str = "policy.observed";
/// Most rules of a policy.
pub const MAX_RULES: usize = 500;
/// Most characters of a rule's name.
pub const MAX_NAME: usize = 40;
/// Most characters of a reason.
pub const MAX_REASON: usize = 300;

/// Whether rules decide or only watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They decide.
    Enforce,
    /// It is noted what they would have decided.
    Observe,
}

impl Mode {
    /// Both words.
    pub const WORDS: [&str; 2] = ["enforce", "observe"];

    /// Reads one of [`Self::WORDS`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "enforce" => Some(Self::Enforce),
            "observe" => Some(Self::Observe),
            _ => None,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => Self::WORDS[0],
            Self::Observe => Self::WORDS[1],
        }
    }
}

/// All rules, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How rules are meant that do not say it themselves.
    pub mode: Mode,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A tool of the client's, by its name.
    Tool(&'a str),
    /// A command of agent-sync's, by its words: `message send`.
    Command(&'a str),
}

impl<'a> Kind<'a> {
    /// The tool's name, or the command's words.
    #[must_use]
    pub const fn name(self) -> &'a str {
        match self {
            Self::Tool(name) | Self::Command(name) => name,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// Its id and name, and those of the session that it is part of: a rule about a session is about its
    /// subagents too.
    pub names: Vec<String>,
    /// Its role, or the session's if it has none of its own.
    pub role: Option<String>,
    /// The id of the session, which is counted with all its subagents.
    pub session: String,
}

/// A call, as rules ask about it.
pub trait Call {
    /// What is called.
    fn kind(&self) -> Kind<'_>;
    /// Who calls.
    fn caller(&self) -> &Caller;
    /// The files that it is about, relative to the top of their checkout; those outside of any begin with a slash.
    fn paths(&self) -> &[String];
    /// The texts in a field of its input, which dots lead to; none where there is no such field.
    fn texts(&self, field: &str) -> Vec<String>;
    /// Whether a regular expression is found in a text.
    fn finds(&self, expression: &str, text: &str) -> bool;
}

/// What a policy says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Judgement<'a> {
    /// The first rule that only watches and would have decided.
    pub observed: Option<&'a Rule>,
    /// The rule that decides; where there is none, the call is allowed.
    pub decided: Option<&'a Rule>,
}

impl Judgement<'_> {
    /// Whether the call passes and nothing is to be noted of it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let is_allowed = |rule: Option<&Rule>| rule.is_none_or(|rule| rule.effect == Effect::Allow);
        is_allowed(self.observed) && is_allowed(self.decided)
    }
}

impl Policy {
    /// A policy without a rule.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            mode: Mode::Enforce,
            rules: Vec::new(),
        }
    }

    /// How a rule is meant.
    #[must_use]
    pub fn mode_of(&self, rule: &Rule) -> Mode {
        rule.mode.unwrap_or(self.mode)
    }

    /// The rule of this name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// What the rules say of a call.
    #[must_use]
    pub fn judge(&self, call: &dyn Call) -> Judgement<'_> {
        let mut judgement = Judgement::default();
        for rule in &self.rules {
            let is_watching = self.mode_of(rule) == Mode::Observe;
            if is_watching && judgement.observed.is_some() || rule.miss(call).is_some() {
                continue;
            }
            if is_watching {
                judgement.observed = Some(rule);
            } else {
                judgement.decided = Some(rule);
                break;
            }
        }
        judgement
    }

    /// What is different in `new`: the names of rules that are new, gone, or not what they were, and whether those
    /// that stayed stand in another order.
    #[must_use]
    pub fn difference<'a>(&'a self, new: &'a Self) -> Difference<'a> {
        let names = |rules: &'a [Rule], other: &'a Self| -> Vec<&'a str> {
            let missing = rules.iter().filter(|rule| other.rule(&rule.name).is_none());
            missing.map(|rule| rule.name.as_str()).collect()
        };
        let kept = |of: &'a Self, other: &'a Self| -> Vec<&'a str> {
            let kept = of.rules.iter().filter(|rule| other.rule(&rule.name).is_some());
            kept.map(|rule| rule.name.as_str()).collect()
        };
        let changed = new.rules.iter().filter(|rule| {
            self.rule(&rule.name)
                .is_some_and(|old| old != *rule || self.mode_of(old) != new.mode_of(rule))
        });
        Difference {
            added: names(&new.rules, self),
            removed: names(&self.rules, new),
            changed: changed.map(|rule| rule.name.as_str()).collect(),
            is_reordered: kept(self, new) != kept(new, self),
            mode: (self.mode != new.mode).then_some((self.mode, new.mode)),
        }
    }
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its rules.
    pub policy: Policy,
    /// The SHA-256 of the file, in hexadecimal.
    pub hash: String,
    /// The file.
    pub source: String,
    /// Who applied it.
    pub applied_by: String,
    /// That agent's name now.
    pub applied_by_name: String,
    /// Milliseconds since the epoch.
    pub applied_at: i64,
}

/// How two policies differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Names of new rules.
    pub added: Vec<&'a str>,
    /// Names of rules that are gone.
    pub removed: Vec<&'a str>,
    /// Names of rules that say something else now.
    pub changed: Vec<&'a str>,
    /// Whether rules that are in both stand in another order.
    pub is_reordered: bool,
    /// The mode before and after, if it changes.
    pub mode: Option<(Mode, Mode)>,
}

impl Difference<'_> {
    /// Whether both say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && !self.is_reordered
            && self.mode.is_none()
    }
}

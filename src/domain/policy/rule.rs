//! One rule: which calls it is about, and what becomes of them.

use serde::{Deserialize, Serialize};

use super::window::Limit;
use super::{Call, Kind};
use crate::domain::glob::Glob;
use crate::domain::pattern;

/// The word for the human among those who may approve.
pub const HUMAN: &str = "human";

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, which no other rule has.
    pub name: String,
    /// Which calls it is about.
    #[serde(rename = "match")]
    pub matches: Match,
    /// What becomes of them.
    pub effect: Effect,
    /// Why, for whoever meets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it decides or watches, if it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<super::Mode>,
}

/// Which calls a rule is about: those that fit everything that is named here. What is empty fits every call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Match {
    /// Patterns of the client's tools, any of which has to fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Patterns of agent-sync's commands, any of which has to fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Tests of fields, all of which have to hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldTest>,
    /// Patterns of paths; one of the call's has to fit one of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Patterns of ids and names of agents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Patterns of roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// What a field has to be like. Where it holds several texts, one of them has to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldTest {
    /// Its name; dots lead into lists and objects, and `*` is every member.
    pub field: String,
    /// A pattern of the whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glob: Option<String>,
    /// A regular expression to be found in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The least length, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_bytes: Option<u64>,
    /// The greatest length, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
}

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Those of a session and its subagents.
    Agent,
    /// Those of everybody in one role.
    Role,
    /// Everybody's.
    All,
}

impl Per {
    /// All words.
    pub const WORDS: [&str; 3] = ["agent", "role", "all"];

    /// Reads one of [`Self::WORDS`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "agent" => Some(Self::Agent),
            "role" => Some(Self::Role),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => Self::WORDS[0],
            Self::Role => Self::WORDS[1],
            Self::All => Self::WORDS[2],
        }
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It passes.
    Allow,
    /// It does not.
    Deny,
    /// The human is asked, on the spot.
    Ask,
    /// It passes so often.
    Limit {
        /// How often within how long.
        #[serde(flatten)]
        limit: Limit,
        /// Whose calls are counted together.
        per: Per,
    },
    /// It passes once somebody has approved it.
    Approve {
        /// Roles whose members may; the human always may.
        by: Vec<String>,
    },
}

impl Effect {
    /// All words.
    pub const WORDS: [&str; 5] = ["allow", "deny", "ask", "limit", "approve"];

    /// The word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow => Self::WORDS[0],
            Self::Deny => Self::WORDS[1],
            Self::Ask => Self::WORDS[2],
            Self::Limit { .. } => Self::WORDS[3],
            Self::Approve { .. } => Self::WORDS[4],
        }
    }
}

/// What in a call does not fit a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss<'a> {
    /// It is another tool or command.
    Kind,
    /// It is another agent's.
    Agent,
    /// Its agent has another role.
    Role,
    /// It is about other files.
    Path,
    /// This field is not like that.
    Field(&'a str),
}

impl Rule {
    /// What in the call does not fit, the cheapest question first; `None` where the rule is about it.
    #[must_use]
    pub fn miss(&self, call: &dyn Call) -> Option<Miss<'_>> {
        let Match {
            tools,
            commands,
            fields,
            paths,
            agents,
            roles,
        } = &self.matches;
        let fits_kind = match call.kind() {
            _ if tools.is_empty() && commands.is_empty() => true,
            Kind::Tool(name) => any(tools, name),
            Kind::Command(name) => any(commands, name),
        };
        if !fits_kind {
            return Some(Miss::Kind);
        }
        let caller = call.caller();
        if !agents.is_empty() && !caller.names.iter().any(|name| any(agents, name)) {
            return Some(Miss::Agent);
        }
        if !roles.is_empty() && !caller.role.as_ref().is_some_and(|role| any(roles, role)) {
            return Some(Miss::Role);
        }
        if !paths.is_empty() && !call.paths().iter().any(|path| covers(paths, path)) {
            return Some(Miss::Path);
        }
        let unlike = fields.iter().find(|test| {
            let texts = call.texts(&test.field);
            !texts.iter().any(|text| test.holds(text, call))
        });
        unlike.map(|test| Miss::Field(&test.field))
    }

    /// Which calls are counted together with one of this caller.
    #[must_use]
    pub fn bucket(&self, per: Per, caller: &super::Caller) -> String {
        match per {
            Per::Agent => format!("{} agent {}", self.name, caller.session),
            Per::Role => format!(
                "{} role {}",
                self.name,
                caller.role.as_deref().unwrap_or_default()
            ),
            Per::All => self.name.clone(),
        }
    }
}

impl FieldTest {
    fn holds(&self, text: &str, call: &dyn Call) -> bool {
        let length = text.len() as u64;
        self.min_bytes.is_none_or(|least| length >= least)
            && self.max_bytes.is_none_or(|most| length <= most)
            && self
                .glob
                .as_ref()
                .is_none_or(|glob| pattern::matches(glob, text, true))
            && self
                .regex
                .as_ref()
                .is_none_or(|expression| call.finds(expression, text))
    }
}

fn any(patterns: &[String], text: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| pattern::matches(pattern, text, true))
}

/// Whether one of these patterns covers a path. A pattern of a checkout's files says nothing of files outside.
fn covers(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| {
        pattern.starts_with('/') == path.starts_with('/')
            && Glob::parse(pattern).is_ok_and(|glob| glob.covers(path))
    })
}

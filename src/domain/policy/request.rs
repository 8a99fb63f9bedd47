//! Requests: calls that wait for somebody's approval, and who may give it.
//!
//! An approval is for one call of one agent, word by word, for so many uses and so long. Nobody approves a call of
//! its own, and neither does any other agent of the same session: a session could make itself a second opinion.

use super::rule::HUMAN;
use crate::domain::agent::{Kin, is_subagent_of};
use crate::domain::lock::remaining;
use crate::domain::time::{HOUR, MINUTE, Moment};

/// How long an answer holds when nobody says otherwise, in milliseconds.
pub const DEFAULT_TTL: i64 = 10 * MINUTE;
/// The longest that an answer may hold, in milliseconds: seven days.
pub const MAX_TTL: i64 = 7 * 24 * HOUR;
/// How often an approved call passes when nobody says otherwise.
pub const DEFAULT_USES: u32 = 1;
/// The most often that an approved call may pass.
pub const MAX_USES: u32 = 1_000;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Open,
    /// The call passes.
    Approved,
    /// It does not.
    Rejected,
    /// A later request of the same call has taken its place.
    Over,
}

impl Verdict {
    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            "over" => Self::Over,
            _ => Self::Open,
        }
    }

    /// How it is written in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Over => "over",
        }
    }
}

/// A call that waits for an approval, or has had its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Unique and permanent.
    pub id: String,
    /// Whose call it is.
    pub agent: String,
    /// That agent's name now.
    pub agent_name: String,
    /// The session that it is part of.
    pub parent: Option<String>,
    /// The name of the rule that asks for an approval.
    pub rule: String,
    /// Names the call: the hash of its name and its whole input.
    pub fingerprint: String,
    /// The call in a line, for whoever is to approve it.
    pub what: String,
    /// Roles whose members may answer.
    pub by: Vec<String>,
    /// Milliseconds since the epoch.
    pub asked_at: i64,
    /// The answer.
    pub verdict: Verdict,
    /// Who answered.
    pub answerer: Option<String>,
    /// That agent's name now.
    pub answerer_name: Option<String>,
    /// When.
    pub answered: Option<Moment>,
    /// How long the answer holds, in milliseconds.
    pub ttl: i64,
    /// How often the call may pass.
    pub uses: u32,
    /// How often it did.
    pub used: u32,
    /// Why it was answered so.
    pub reason: Option<String>,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has answered.
    Waiting,
    /// The call passes so often, for so many milliseconds.
    Usable {
        /// How often.
        uses: u32,
        /// For how long, in milliseconds.
        lasts: i64,
    },
    /// It has passed as often as it may.
    Spent,
    /// The time of the answer is over.
    Lapsed,
    /// It does not pass, for so many milliseconds.
    Rejected {
        /// For how long, in milliseconds.
        lasts: i64,
    },
}

impl Standing {
    /// One word for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Usable { .. } => "approved",
            Self::Spent => "used",
            Self::Lapsed => "lapsed",
            Self::Rejected { .. } => "rejected",
        }
    }
}

impl Request {
    /// How it stands now.
    #[must_use]
    pub fn standing(&self, now: &Moment) -> Standing {
        let lasts = self
            .answered
            .map_or(0, |answered| remaining(&answered, self.ttl, now));
        match self.verdict {
            Verdict::Open => Standing::Waiting,
            Verdict::Approved | Verdict::Over if self.uses > 0 && self.used >= self.uses => Standing::Spent,
            Verdict::Approved if lasts > 0 => Standing::Usable {
                uses: self.uses - self.used,
                lasts,
            },
            Verdict::Rejected if lasts > 0 => Standing::Rejected { lasts },
            Verdict::Approved | Verdict::Rejected | Verdict::Over => Standing::Lapsed,
        }
    }

    /// Who may answer it, as one says it. Roles are the human's words.
    #[must_use]
    pub fn approvers_in_words(&self) -> String {
        let roles = self.by.iter().filter(|by| *by != HUMAN);
        roles.fold("the human".to_owned(), |words, role| {
            format!("{words} or a {role}")
        })
    }

    /// What its agent is told of the answer.
    #[must_use]
    pub fn answer_in_words(&self) -> String {
        let minutes = (self.ttl / MINUTE).max(1);
        let reason = self.reason.as_deref();
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        match self.verdict {
            Verdict::Approved if self.uses == 1 => format!(
                "Your request {} was approved{reason}: make the same call again within {minutes} min. It passes once: {}",
                self.id, self.what
            ),
            Verdict::Approved => format!(
                "Your request {} was approved{reason}: the same call passes {} times within {minutes} min: {}",
                self.id, self.uses, self.what
            ),
            _ => format!(
                "Your request {} was rejected{reason}. Do without it: {}",
                self.id, self.what
            ),
        }
    }

    /// The agent and its session.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.agent,
            parent: self.parent.as_deref(),
        }
    }
}

/// Whether a call passes a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It does, and is counted.
    Passes,
    /// It is refused.
    Denied,
    /// The human is to be asked.
    Asked,
    /// It is one too many; the next may pass in so many milliseconds.
    Limited(i64),
    /// It would wait for an approval that nobody has asked for yet.
    Unasked,
    /// It waits for an approval, or was rejected.
    Waits(Box<Request>),
}

/// Why somebody may not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The call is its own, or its session's.
    Own,
    /// It is neither the human nor in one of the roles.
    Role,
}

/// Whether `who`, in this role, may answer a request.
///
/// # Errors
/// [`Refused`] says why not.
pub fn may_answer(
    request: &Request,
    who: Kin<'_>,
    role: Option<&str>,
    is_human: bool,
) -> Result<(), Refused> {
    if is_one_session(request.kin(), who) {
        return Err(Refused::Own);
    }
    let role = role.unwrap_or_default().trim();
    let has_role = request
        .by
        .iter()
        .any(|by| by != HUMAN && by.eq_ignore_ascii_case(role));
    if is_human || has_role {
        Ok(())
    } else {
        Err(Refused::Role)
    }
}

/// Whether two agents are the same session, its subagents or its aliases.
fn is_one_session(one: Kin<'_>, other: Kin<'_>) -> bool {
    let is_below = |below: Kin<'_>, above: Kin<'_>| {
        let session = above.parent.unwrap_or(above.id);
        below.id == session || below.parent == Some(session) || is_subagent_of(below.id, session)
    };
    is_below(one, other) || is_below(other, one)
}

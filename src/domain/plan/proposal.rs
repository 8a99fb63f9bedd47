//! Plans that others are to agree to before their tasks come onto the board.
//!
//! What is agreed to is one content, known by its hash. Whoever changes it asks everybody anew. Nobody agrees to what
//! they wrote themselves, and neither does anybody of the same session: a family, known by its eldest, has one voice.

use std::collections::BTreeSet;

use super::{Fault, Plan};
use crate::domain::agent::OPERATOR;
use crate::domain::task::{Status, Task};

/// Fewest characters of a hash that tell one content from another.
pub const MIN_HASH: usize = 8;

/// Whose agreement a plan needs. The human's is always enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// The human's.
    Human,
    /// That of so many agents of different families.
    Agents(u32),
}

/// Who said something about a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// An agent or the human.
    Agent {
        /// Its id.
        id: String,
        /// Its name now.
        name: String,
        /// The eldest of those whose session it is part of: itself, or an ancestor.
        family: String,
    },
    /// Those who voted, by the id of the vote.
    Vote(String),
}

/// What somebody said about a revision; the last word of each counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// Who.
    pub speaker: Speaker,
    /// Whether they agree.
    pub approves: bool,
    /// Why.
    pub reason: Option<String>,
    /// Milliseconds since the epoch.
    pub said_at: i64,
}

impl Voice {
    fn is_human(&self) -> bool {
        matches!(&self.speaker, Speaker::Agent { id, .. } if id == OPERATOR)
    }
}

/// What the voices about a revision come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// So many of those who have to agree do.
    Waits {
        /// Families that agree.
        have: u32,
        /// Families that have to.
        need: u32,
    },
    /// It may be launched.
    Approved,
    /// Somebody does not agree.
    Rejected,
}

/// What the voices about a revision come to: the human's word decides; otherwise nobody may be against it, and a vote
/// that passed or as many families as are required have to be for it.
#[must_use]
pub fn standing(requirement: Requirement, voices: &[Voice]) -> Standing {
    if let Some(human) = voices.iter().find(|voice| voice.is_human()) {
        return if human.approves {
            Standing::Approved
        } else {
            Standing::Rejected
        };
    }
    if voices.iter().any(|voice| !voice.approves) {
        return Standing::Rejected;
    }
    let Requirement::Agents(need) = requirement else {
        return Standing::Waits { have: 0, need: 1 };
    };
    let mut families = BTreeSet::new();
    for voice in voices {
        match &voice.speaker {
            Speaker::Vote(_) => return Standing::Approved,
            Speaker::Agent { family, .. } => families.insert(family),
        };
    }
    let have = u32::try_from(families.len()).unwrap_or(u32::MAX);
    if have >= need {
        Standing::Approved
    } else {
        Standing::Waits { have, need }
    }
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for agreement.
    Proposed,
    /// It may be launched.
    Approved,
    /// Somebody does not agree.
    Rejected,
    /// Its tasks are on the board.
    Launched,
    /// All of them have ended.
    Done,
}

impl State {
    /// The word in JSON and on screens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Launched => "launched",
            Self::Done => "done",
        }
    }
}

/// One revision of a plan. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// From 1 on.
    pub number: u32,
    /// The SHA-256 of its content, in hexadecimal.
    pub hash: String,
    /// Id of whoever wrote it.
    pub author: String,
    /// That agent's name now.
    pub author_name: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// What it says, in its settled form.
    pub plan: Plan,
}

/// That the tasks of a revision came onto the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Which revision.
    pub revision: u32,
    /// Id of whoever launched it.
    pub agent: String,
    /// That agent's name now.
    pub agent_name: String,
    /// Milliseconds since the epoch.
    pub launched_at: i64,
}

/// A plan as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Unique and permanent.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Id of whoever proposed it.
    pub proposer: String,
    /// That agent's name now.
    pub proposer_name: String,
    /// Milliseconds since the epoch.
    pub proposed_at: i64,
    /// Its newest revision.
    pub newest: Revision,
    /// Whose agreement it needs.
    pub requirement: Requirement,
    /// What was said about the newest revision, the earliest first.
    pub voices: Vec<Voice>,
    /// Its last launch.
    pub launch: Option<Launch>,
    /// Its tasks on the board, each behind its key, in the order of the newest revision; those that this no longer
    /// has come last.
    pub tasks: Vec<(String, Task)>,
}

impl Proposal {
    /// What was said about the newest revision comes to.
    #[must_use]
    pub fn standing(&self) -> Standing {
        standing(self.requirement, &self.voices)
    }

    /// Whether the newest revision is the one that was launched.
    #[must_use]
    pub fn is_launched(&self) -> bool {
        self.launch
            .as_ref()
            .is_some_and(|launch| launch.revision == self.newest.number)
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        if self.is_launched() {
            let is_over = self.tasks.iter().all(|(_, task)| !task.status.is_open());
            return if is_over { State::Done } else { State::Launched };
        }
        match self.standing() {
            Standing::Waits { .. } => State::Proposed,
            Standing::Approved => State::Approved,
            Standing::Rejected => State::Rejected,
        }
    }

    /// The beginning of the hash that commands take.
    #[must_use]
    pub fn short_hash(&self) -> &str {
        short(&self.newest.hash)
    }

    /// How many of its tasks on the board are in each state, in the order of a task's life.
    #[must_use]
    pub fn tally(&self) -> Vec<(Status, usize)> {
        let states = [
            Status::Pending,
            Status::InProgress,
            Status::Blocked,
            Status::Done,
            Status::Failed,
            Status::Cancelled,
        ];
        let count = |status| {
            self.tasks
                .iter()
                .filter(|(_, task)| task.status == status)
                .count()
        };
        let counts = states.into_iter().map(|status| (status, count(status)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// What is worth knowing about its newest revision.
    #[must_use]
    pub fn remarks(&self) -> Vec<Fault> {
        self.newest.plan.remarks()
    }
}

/// What came of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The plan after it.
    pub proposal: Proposal,
    /// Whether something was done: not, when this very content had been launched before.
    pub is_new: bool,
    /// The tasks that are new, in the order of the plan.
    pub created: Vec<Task>,
    /// Those of an earlier revision that were changed.
    pub changed: Vec<Task>,
    /// Those of an earlier revision that were cancelled because this one has them no longer.
    pub cancelled: Vec<Task>,
    /// Those of an earlier revision that have ended, and so stay as they were although this one says otherwise.
    pub kept: Vec<Task>,
}

/// The beginning of a hash that tells it from others.
#[must_use]
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Whether what somebody typed is this hash or enough of its beginning.
#[must_use]
pub fn is_hash(typed: &str, hash: &str) -> bool {
    let typed = typed.trim().to_ascii_lowercase();
    typed.len() >= MIN_HASH && hash.starts_with(&typed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voice(id: &str, family: &str, approves: bool) -> Voice {
        Voice {
            speaker: Speaker::Agent {
                id: id.to_owned(),
                name: id.to_owned(),
                family: family.to_owned(),
            },
            approves,
            reason: None,
            said_at: 0,
        }
    }

    #[test]
    fn the_humans_word_decides_and_a_vote_that_passed_is_enough_agents() {
        let (two, human) = (Requirement::Agents(2), Requirement::Human);
        let yes = voice(OPERATOR, OPERATOR, true);
        let no = voice(OPERATOR, OPERATOR, false);
        let agent = voice("a", "a", true);
        let vote = Voice {
            speaker: Speaker::Vote("vote-1".to_owned()),
            ..agent.clone()
        };
        assert_eq!(
            standing(human, &[voice("a", "a", false), yes]),
            Standing::Approved
        );
        assert_eq!(
            standing(two, &[agent.clone(), voice("b", "b", true), no]),
            Standing::Rejected
        );
        assert_eq!(standing(two, std::slice::from_ref(&vote)), Standing::Approved);
        assert_eq!(
            standing(two, &[vote.clone(), voice("b", "b", false)]),
            Standing::Rejected
        );
        for voices in [vec![], vec![agent], vec![vote]] {
            assert_eq!(standing(human, &voices), Standing::Waits { have: 0, need: 1 });
        }
    }

    #[test]
    fn a_hash_is_known_by_enough_of_its_beginning() {
        let hash = "0123456789abcdef";
        assert!(is_hash("01234567", hash) && is_hash(" 0123456789ABCDEF ", hash));
        assert!(!is_hash("0123456", hash) && !is_hash("1123456789", hash) && !is_hash("", hash));
    }

    proptest! {
        #[test]
        fn as_many_families_have_to_agree_as_are_required(
            said in proptest::collection::vec((0..4_u8, any::<bool>()), 0..8), need in 1..5_u32, only_yes: bool,
        ) {
            let voices: Vec<Voice> = said.iter().enumerate()
                .map(|(at, (family, approves))| voice(&at.to_string(), &family.to_string(), *approves || only_yes))
                .collect();
            let mut agreeing = [false; 4];
            for (family, _) in &said {
                agreeing[usize::from(*family)] = true;
            }
            let have = u32::try_from(agreeing.iter().filter(|agrees| **agrees).count()).unwrap();
            let expected = if voices.iter().any(|voice| !voice.approves) {
                Standing::Rejected
            } else if have >= need {
                Standing::Approved
            } else {
                Standing::Waits { have, need }
            };
            prop_assert_eq!(standing(Requirement::Agents(need), &voices), expected);
        }
    }
}

//! Votes: a question, those who may answer it, and what their ballots come to.
//!
//! Whom a vote asks is settled when it is opened, and so is how many of them have to agree. Whoever dies or stays
//! silent meanwhile is absent: no fewer have to agree because of it.

mod count;
#[cfg(test)]
mod tests;

use super::lock::remaining;
use super::message::MAX_TTL;
use super::presence::Presence;
use super::time::{HOUR, Moment};

pub use count::{Count, Outcome};

/// How long a vote is open when nobody says otherwise, in milliseconds.
pub const DEFAULT_LASTS: i64 = HOUR;
/// The longest that a vote may be open, in milliseconds.
pub const MAX_LASTS: i64 = MAX_TTL;
/// Most options of a vote.
pub const MAX_OPTIONS: usize = 16;
/// Most characters of an option.
pub const MAX_OPTION: usize = 40;
/// The option that says no to the question: where it wins, the vote is rejected.
pub const NO: &str = "no";

/// How many members have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// More than half of them.
    Majority,
    /// At least two thirds of them.
    TwoThirds,
    /// All of them.
    Unanimous,
    /// So many of them.
    Number(usize),
}

impl Quorum {
    /// Reads what people type and what the store holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "majority" => Some(Self::Majority),
            "two-thirds" => Some(Self::TwoThirds),
            "unanimous" => Some(Self::Unanimous),
            number => number.parse().ok().filter(|number| *number > 0).map(Self::Number),
        }
    }

    /// How it is written in the store and in JSON.
    #[must_use]
    pub fn to_text(self) -> String {
        match self {
            Self::Majority => "majority".to_owned(),
            Self::TwoThirds => "two-thirds".to_owned(),
            Self::Unanimous => "unanimous".to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// How many of so many members have to agree.
    #[must_use]
    pub const fn needed(self, members: usize) -> usize {
        match self {
            Self::Majority => members / 2 + 1,
            Self::TwoThirds => (2 * members).div_ceil(3),
            Self::Unanimous => members,
            Self::Number(number) => number,
        }
    }
}

/// Where a vote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Ballots are taken.
    Open,
    /// An option won.
    Passed,
    /// Enough members voted, and no option won, or the one that says no did.
    Rejected,
    /// Too few members voted.
    Expired,
}

impl State {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Reads the word in the store.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "passed" => Self::Passed,
            "rejected" => Self::Rejected,
            "expired" => Self::Expired,
            _ => Self::Open,
        }
    }
}

/// One ballot of one member. All of them are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ballot {
    /// The number of the option, from 0.
    pub option: usize,
    /// Whether it was locked in.
    pub is_final: bool,
    /// Whether it came after another one was locked in; then it does not count.
    pub is_equivocation: bool,
    /// Milliseconds since the epoch.
    pub cast_at: i64,
}

/// What a ballot does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is the member's first.
    First,
    /// The member has said so already.
    Same,
    /// The member says the same, and for good.
    LockedIn,
    /// It takes the place of another one.
    Changed,
    /// The member has said something else for good; this does not count, and is on record.
    Equivocation,
}

/// Somebody who may vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Id of the agent.
    pub agent: String,
    /// Its name when the vote was opened.
    pub name: String,
    /// How present it is now.
    pub presence: Presence,
    /// Its ballots, the earliest first.
    pub ballots: Vec<Ballot>,
}

impl Member {
    /// The ballot that counts.
    #[must_use]
    pub fn standing(&self) -> Option<&Ballot> {
        self.ballots.iter().rfind(|ballot| !ballot.is_equivocation)
    }

    /// What a ballot of this member for this option does.
    #[must_use]
    pub fn effect(&self, option: usize, is_final: bool) -> Effect {
        match self.standing() {
            None => Effect::First,
            Some(standing) if standing.option == option && is_final && !standing.is_final => Effect::LockedIn,
            Some(standing) if standing.option == option => Effect::Same,
            Some(standing) if standing.is_final => Effect::Equivocation,
            Some(_) => Effect::Changed,
        }
    }
}

/// A content of a plan that a vote is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approves {
    /// Id of the plan.
    pub plan: String,
    /// The hash of what it said when the vote was opened.
    pub hash: String,
}

/// A vote as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Unique and permanent.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// What there is to know about it.
    pub description: Option<String>,
    /// Who asks.
    pub opener: String,
    /// That agent's name.
    pub opener_name: String,
    /// What can be answered.
    pub options: Vec<String>,
    /// The rule by which members have to agree.
    pub quorum: Quorum,
    /// How many members have to agree.
    pub needed: usize,
    /// Whether nobody sees who chose what before it is closed.
    pub is_secret: bool,
    /// Whether a decision is recorded when it passes.
    pub records_decision: bool,
    /// When it was opened.
    pub opened: Moment,
    /// How long it is open at most, in milliseconds.
    pub lasts: i64,
    /// Where it stands.
    pub state: State,
    /// The number of the option that won.
    pub winner: Option<usize>,
    /// When it was closed, in milliseconds since the epoch.
    pub closed_at: Option<i64>,
    /// The decision that it led to.
    pub decision: Option<String>,
    /// What passing it approves.
    pub approves: Option<Approves>,
    /// Who may vote.
    pub members: Vec<Member>,
}

impl Vote {
    /// Milliseconds until it is closed at the latest; zero or less when that has come.
    #[must_use]
    pub fn remaining(&self, now: &Moment) -> i64 {
        remaining(&self.opened, self.lasts, now)
    }

    /// When it is closed at the latest, by today's wall clock, in milliseconds since the epoch.
    #[must_use]
    pub fn closes_at(&self, now: &Moment) -> i64 {
        now.wall.saturating_add(self.remaining(now))
    }

    /// The ballots that count.
    #[must_use]
    pub fn count(&self) -> Count {
        let mut ballots = vec![0; self.options.len()];
        for ballot in self.members.iter().filter_map(Member::standing) {
            if let Some(count) = ballots.get_mut(ballot.option) {
                *count += 1;
            }
        }
        Count {
            ballots,
            members: self.members.len(),
            needed: self.needed,
            no: self.options.iter().position(|option| is_same(option, NO)),
        }
    }

    /// The vote as it stands now: one whose time is over is closed, though nobody may have noted it yet.
    #[must_use]
    pub fn seen_at(mut self, now: &Moment) -> Self {
        if self.state == State::Open && self.remaining(now) <= 0 {
            let outcome = self.count().outcome();
            self.state = outcome.state();
            self.winner = outcome.winner();
            self.closed_at = Some(self.closes_at(now));
        }
        self
    }

    /// The number of the option that somebody typed.
    #[must_use]
    pub fn option(&self, typed: &str) -> Option<usize> {
        self.options
            .iter()
            .position(|option| is_same(option, typed.trim()))
    }

    /// Whether it may be shown who chose what.
    #[must_use]
    pub fn is_revealed(&self) -> bool {
        !self.is_secret || self.state != State::Open
    }

    /// The member with this id.
    #[must_use]
    pub fn member(&self, agent: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.agent == agent)
    }

    /// What members are told of it: the question, what can be answered, and how.
    #[must_use]
    pub fn invitation(&self) -> String {
        let secret = if self.is_secret {
            ", secret until closed"
        } else {
            ""
        };
        let approves = self.approves.as_ref().map_or_else(String::new, |approves| {
            format!(
                ". Passing it approves {}: agent-sync plan show {}",
                approves.plan, approves.plan
            )
        });
        format!(
            "{} [{}] ({} of {} have to agree{secret}){approves}. Answer with: agent-sync vote cast {} OPTION",
            self.question,
            self.options.join(", "),
            self.needed,
            self.members.len(),
            self.id
        )
    }

    /// What came of it, as words behind the question.
    #[must_use]
    pub fn result(&self) -> String {
        let count = self.count();
        let of = |option: usize| count.ballots.get(option).copied().unwrap_or_default();
        match (
            self.state,
            self.winner
                .and_then(|winner| Some((winner, self.options.get(winner)?))),
        ) {
            (State::Open, _) => "is open".to_owned(),
            (State::Expired, _) => format!(
                "expired: {} of {} voted, {} have to agree",
                count.cast(),
                count.members,
                self.needed
            ),
            (state, Some((winner, label))) => {
                format!("{}: {label}, {} of {}", state.as_str(), of(winner), count.members)
            }
            (state, None) => format!(
                "{}: no option had {} of {} and more than any other",
                state.as_str(),
                self.needed,
                count.members
            ),
        }
    }

    /// Those of whom there is no ballot.
    pub fn missing(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.standing().is_none())
    }
}

/// Whether it is time to remind those who have not voted: a quarter of the time is left.
#[must_use]
pub const fn is_reminder_due(remaining: i64, lasts: i64) -> bool {
    remaining <= lasts / 4
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Why options cannot be voted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Fewer than two.
    TooFew,
    /// More than [`MAX_OPTIONS`].
    TooMany,
    /// One is empty.
    Empty,
    /// One is longer than [`MAX_OPTION`] or has several lines.
    TooLong,
    /// Two are the same but for the case of letters.
    Twice,
}

/// The options in a list with commas.
///
/// # Errors
/// [`Unfit`] says why they are none.
pub fn options(list: &str) -> Result<Vec<String>, Unfit> {
    let options: Vec<String> = list.split(',').map(|option| option.trim().to_owned()).collect();
    if options.iter().any(String::is_empty) {
        return Err(Unfit::Empty);
    }
    if options.len() < 2 {
        return Err(Unfit::TooFew);
    }
    if options.len() > MAX_OPTIONS {
        return Err(Unfit::TooMany);
    }
    let is_long = |option: &String| option.chars().count() > MAX_OPTION || option.contains(['\n', '\r']);
    if options.iter().any(is_long) {
        return Err(Unfit::TooLong);
    }
    for (at, option) in options.iter().enumerate() {
        if options[..at].iter().any(|other| is_same(other, option)) {
            return Err(Unfit::Twice);
        }
    }
    Ok(options)
}

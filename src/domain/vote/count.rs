//! What ballots come to, and when that is certain.
//!
//! An option wins with at least as many ballots as are needed and more than any other option has. Where fewer
//! members voted than are needed, the vote has expired; where enough did and nothing won, a tie included, it is
//! rejected. What is needed is counted from all members, the absent among them.

use super::State;

/// Ballots, and how many there could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// How many ballots each option has.
    pub ballots: Vec<usize>,
    /// How many may vote.
    pub members: usize,
    /// How many have to agree.
    pub needed: usize,
    /// The number of the option that says no.
    pub no: Option<usize>,
}

/// What a vote comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This option won.
    Passed(usize),
    /// Nothing won, or the option that says no.
    Rejected(Option<usize>),
    /// Too few voted.
    Expired,
}

impl Outcome {
    /// Where the vote then stands.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Passed(_) => State::Passed,
            Self::Rejected(_) => State::Rejected,
            Self::Expired => State::Expired,
        }
    }

    /// The option that won.
    #[must_use]
    pub const fn winner(self) -> Option<usize> {
        match self {
            Self::Passed(winner) => Some(winner),
            Self::Rejected(winner) => winner,
            Self::Expired => None,
        }
    }
}

impl Count {
    /// How many have voted.
    #[must_use]
    pub fn cast(&self) -> usize {
        self.ballots.iter().sum()
    }

    /// What the vote comes to if nobody else votes.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let wins = |(at, count): (usize, &usize)| {
            *count >= self.needed
                && (self.ballots.iter().enumerate()).all(|(other, ballots)| other == at || ballots < count)
        };
        let winner = self.ballots.iter().enumerate().position(wins);
        match winner {
            Some(winner) if self.no == Some(winner) => Outcome::Rejected(Some(winner)),
            Some(winner) => Outcome::Passed(winner),
            None if self.cast() < self.needed => Outcome::Expired,
            None => Outcome::Rejected(None),
        }
    }

    /// What the vote comes to whatever those do who have not voted, if that is certain.
    #[must_use]
    pub fn certain(&self) -> Option<Outcome> {
        let missing = self.members.saturating_sub(self.cast());
        let outcome = self.outcome();
        let is_certain = match outcome.winner() {
            Some(winner) => {
                let lead = self.ballots[winner];
                (self.ballots.iter().enumerate())
                    .all(|(other, ballots)| other == winner || ballots + missing < lead)
            }
            None if outcome == Outcome::Expired => missing == 0,
            None => (0..self.ballots.len()).all(|option| {
                let mut best = self.clone();
                best.ballots[option] += missing;
                best.outcome() == outcome
            }),
        };
        is_certain.then_some(outcome)
    }
}

//! What one task asks of another before it may begin, and what that comes to.

use super::condition::{Condition, Results};
use super::state::Status;

/// What has to become of the other task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It is done.
    After,
    /// It failed: this task is the way out.
    OnFailure,
    /// It has ended, however.
    Always,
    /// It is done, and a result of it satisfies this.
    When(Condition),
}

impl Kind {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::After => "after",
            Self::OnFailure => "on_failure",
            Self::Always => "always",
            Self::When(_) => "when",
        }
    }

    /// The condition as it is stored; empty where there is none.
    #[must_use]
    pub fn condition(&self) -> String {
        match self {
            Self::When(condition) => condition.to_string(),
            _ => String::new(),
        }
    }

    /// Reads [`Self::as_str`] and [`Self::condition`] back; what it does not know asks for success.
    #[must_use]
    pub fn stored(word: &str, condition: &str) -> Self {
        match word {
            "on_failure" => Self::OnFailure,
            "always" => Self::Always,
            "when" => Condition::parse(condition).map_or(Self::After, Self::When),
            _ => Self::After,
        }
    }

    /// What this comes to, given how the other task, `on`, stands and which results it has.
    #[must_use]
    pub fn verdict(&self, on: &str, status: Status, results: &Results) -> Verdict {
        let ended = match status {
            Status::Pending | Status::InProgress | Status::Blocked => return Verdict::Waits,
            Status::Done => "is done",
            Status::Failed => "failed",
            Status::Cancelled => "was cancelled",
        };
        match (self, status) {
            (Self::When(condition), Status::Done) => match condition.check(on, results) {
                Ok(()) => Verdict::Holds,
                Err(why) => Verdict::Never(why),
            },
            (Self::Always, _) | (Self::After, Status::Done) | (Self::OnFailure, Status::Failed) => {
                Verdict::Holds
            }
            (Self::After | Self::OnFailure | Self::When(_), _) => Verdict::Never(format!("{on} {ended}")),
        }
    }
}

/// What a dependency comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It stands in nobody's way.
    Holds,
    /// The other task is still open.
    Waits,
    /// It cannot hold any more, and why. Only reopening the other task changes that.
    Never(String),
}

impl Verdict {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Waits => "waits",
            Self::Never(_) => "never",
        }
    }

    /// Reads [`Self::as_str`] back, with the reason that is stored beside it.
    #[must_use]
    pub fn stored(word: &str, why: Option<String>) -> Self {
        match word {
            "holds" => Self::Holds,
            "never" => Self::Never(why.unwrap_or_default()),
            _ => Self::Waits,
        }
    }
}

/// A dependency as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Id of the other task.
    pub on: String,
    /// What has to become of it.
    pub kind: Kind,
    /// What that comes to now.
    pub verdict: Verdict,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::Value;

    #[test]
    fn each_kind_says_what_it_makes_of_each_state() {
        let results = Results::from([("n".to_owned(), Value::from_word("3"))]);
        let more = |text| Kind::When(Condition::parse(text).unwrap());
        // Per kind: done, failed, cancelled. Holds, or never.
        let table = [
            (Kind::After, "HNN"),
            (Kind::OnFailure, "NHN"),
            (Kind::Always, "HHH"),
            (more("n > 2"), "HNN"),
            (more("n > 3"), "NNN"),
            (more("n == x"), "NNN"),
        ];
        for (kind, expected) in table {
            for open in [Status::Pending, Status::InProgress, Status::Blocked] {
                assert_eq!(
                    kind.verdict("t", open, &results),
                    Verdict::Waits,
                    "{kind:?} {open:?}"
                );
            }
            let ends = [Status::Done, Status::Failed, Status::Cancelled];
            let found: String = ends
                .into_iter()
                .map(|end| match kind.verdict("t", end, &results) {
                    Verdict::Holds => 'H',
                    Verdict::Waits => 'W',
                    Verdict::Never(why) => {
                        assert!(why.starts_with('t'), "{why}");
                        'N'
                    }
                })
                .collect();
            assert_eq!(found, expected, "{kind:?}");
        }
    }

    #[test]
    fn every_kind_reads_back() {
        let when = Kind::When(Condition::parse("n > 2").unwrap());
        for kind in [Kind::After, Kind::OnFailure, Kind::Always, when] {
            assert_eq!(Kind::stored(kind.as_str(), &kind.condition()), kind);
        }
    }
}

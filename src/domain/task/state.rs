//! Which state of a task may follow which, and by what.

use serde::Serialize;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Somebody works on it.
    InProgress,
    /// It cannot go on.
    Blocked,
    /// Nobody has taken it.
    Pending,
    /// It was tried and did not succeed.
    Failed,
    /// Finished.
    Done,
    /// Nobody shall do it.
    Cancelled,
}

impl Status {
    /// Every state, in the order in which lists show them.
    pub const ALL: [Self; 6] = [
        Self::InProgress,
        Self::Blocked,
        Self::Pending,
        Self::Failed,
        Self::Done,
        Self::Cancelled,
    ];

    /// The word in the store, in JSON and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Self::as_str`] back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether there is still something to do.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::InProgress | Self::Blocked | Self::Pending)
    }
}

/// What becomes of a task: what somebody wants to do with it, or what follows from what became of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Take it and work on it.
    Claim,
    /// Report it finished.
    Done,
    /// Report that it did not succeed.
    Fail,
    /// Say that it cannot go on.
    Block,
    /// Say that it can go on.
    Unblock,
    /// Give it back to the board.
    Release,
    /// Decide that nobody shall do it.
    Cancel,
    /// Take back that it has ended.
    Reopen,
    /// Take over what its owner offers.
    Accept,
    /// Its owner is gone: back to the board, even when it was blocked.
    Abandon,
    /// Its owner is gone, and that once too often.
    GiveUp,
    /// What it waits for can never come.
    Discard,
    /// What it waits for can come after all.
    Revive,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 13] = [
        Self::Claim,
        Self::Done,
        Self::Fail,
        Self::Block,
        Self::Unblock,
        Self::Release,
        Self::Cancel,
        Self::Reopen,
        Self::Accept,
        Self::Abandon,
        Self::GiveUp,
        Self::Discard,
        Self::Revive,
    ];

    /// The word for messages and for the record.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::Done => "completed",
            Self::Fail | Self::GiveUp => "failed",
            Self::Block => "blocked",
            Self::Unblock => "unblocked",
            Self::Release => "released",
            Self::Cancel | Self::Discard => "cancelled",
            Self::Reopen => "reopened",
            Self::Accept => "accepted",
            Self::Abandon => "abandoned",
            Self::Revive => "revived",
        }
    }

    /// The state this move leads to from `from`; `None` where it is not allowed.
    ///
    /// `owned` says whether somebody owns the task: an unblocked task goes on with its owner, or waits; only
    /// what has an owner can be handed over.
    #[must_use]
    #[expect(
        clippy::match_same_arms,
        reason = "a table is read move by move, not by where the moves lead"
    )]
    pub const fn from(self, from: Status, owned: bool) -> Option<Status> {
        use Status::{Blocked, Cancelled, Done, Failed, InProgress, Pending};
        match (self, from) {
            (Self::Claim, Pending | InProgress | Blocked) => Some(InProgress),
            (Self::Done, Pending | InProgress | Blocked) => Some(Done),
            (Self::Fail, Pending | InProgress | Blocked) => Some(Failed),
            (Self::Block, Pending | InProgress) => Some(Blocked),
            (Self::Unblock, Blocked) if owned => Some(InProgress),
            (Self::Unblock, Blocked) | (Self::Release, InProgress | Blocked) => Some(Pending),
            (Self::Cancel, Pending | InProgress | Blocked) => Some(Cancelled),
            (Self::Reopen, Done | Failed | Cancelled) | (Self::Revive, Cancelled) => Some(Pending),
            (Self::Accept, InProgress | Blocked) if owned => Some(InProgress),
            // What kept a blocked one's owner may not keep the next one, who is told of it.
            (Self::Abandon, InProgress) => Some(Pending),
            (Self::Abandon, Blocked) if owned => Some(Pending),
            (Self::GiveUp, InProgress) => Some(Failed),
            (Self::GiveUp, Blocked) if owned => Some(Failed),
            (Self::Discard, Pending) => Some(Cancelled),
            (Self::Discard, Blocked) if !owned => Some(Cancelled),
            _ => None,
        }
    }
}

/// The verb of `agent-sync task` that leads on from a state in which a move was refused.
#[must_use]
pub const fn way_out(from: Status) -> &'static str {
    match from {
        Status::Pending => "claim",
        Status::InProgress | Status::Blocked => "show",
        Status::Done | Status::Failed | Status::Cancelled => "reopen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_from_every_state_is_in_the_table() {
        // Per move: where it leads from in_progress, blocked, pending, failed, done, cancelled; owned, then not.
        let table = [
            (Move::Claim, "iii---", "iii---"),
            (Move::Done, "ddd---", "ddd---"),
            (Move::Fail, "fff---", "fff---"),
            (Move::Block, "b-b---", "b-b---"),
            (Move::Unblock, "-i----", "-p----"),
            (Move::Release, "pp----", "pp----"),
            (Move::Cancel, "ccc---", "ccc---"),
            (Move::Reopen, "---ppp", "---ppp"),
            (Move::Accept, "ii----", "------"),
            (Move::Abandon, "pp----", "p-----"),
            (Move::GiveUp, "ff----", "f-----"),
            (Move::Discard, "--c---", "-cc---"),
            (Move::Revive, "-----p", "-----p"),
        ];
        assert_eq!(table.map(|(what, ..)| what), Move::ALL);
        for (what, owned, free) in table {
            for (is_owned, expected) in [(true, owned), (false, free)] {
                let found: String = Status::ALL
                    .into_iter()
                    .map(|from| {
                        what.from(from, is_owned)
                            .map_or('-', |to| to.as_str().chars().next().unwrap_or_default())
                    })
                    .collect();
                assert_eq!(found, expected, "{what:?}, owned: {is_owned}");
            }
        }
    }

    #[test]
    fn every_status_reads_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("finished"), None);
    }
}

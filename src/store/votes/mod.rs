//! Votes: how they are read. How they begin is in `open`, ballots and the end are in `cast`.

mod cast;
mod open;

use anyhow::Result;
use rusqlite::{Row, params};

use super::Read;
use super::agents::{SIGHTING, sighting};
use crate::domain::id::Noun;
use crate::domain::time::Moment;
use crate::domain::vote::{Approves, Ballot, Member, Quorum, State, Vote};
use crate::error::Refusal;

pub use cast::{Cast, Uncast};
pub use open::NewVote;

const COLUMNS: &str = "v.id, v.question, v.description, v.opened_by, coalesce(a.name, v.opened_by), v.quorum, v.needed,
     v.is_secret, v.records_decision, v.opened_at, v.uptime, v.boot, v.lasts, v.state, v.winner, v.closed_at, v.decision_id,
     v.approves_plan, v.approves_hash";
const TABLES: &str = "vote v LEFT JOIN agent a ON a.id = v.opened_by";

/// A count as the store keeps it.
fn stored(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The count or number in this column.
fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or_default())
}

/// Reads [`COLUMNS`]; options and members are not among them.
fn vote(row: &Row<'_>) -> rusqlite::Result<Vote> {
    let quorum: String = row.get(5)?;
    let needed = count(row, 6)?;
    Ok(Vote {
        id: row.get(0)?,
        question: row.get(1)?,
        description: row.get(2)?,
        opener: row.get(3)?,
        opener_name: row.get(4)?,
        options: Vec::new(),
        quorum: Quorum::parse(&quorum).unwrap_or(Quorum::Number(needed)),
        needed,
        is_secret: row.get(7)?,
        records_decision: row.get(8)?,
        opened: Moment {
            wall: row.get(9)?,
            uptime: row.get(10)?,
            boot: row.get(11)?,
        },
        lasts: row.get(12)?,
        state: State::parse(&row.get::<_, String>(13)?),
        winner: row
            .get::<_, Option<i64>>(14)?
            .and_then(|winner| usize::try_from(winner).ok()),
        closed_at: row.get(15)?,
        decision: row.get(16)?,
        approves: match (row.get(17)?, row.get(18)?) {
            (Some(plan), Some(hash)) => Some(Approves { plan, hash }),
            _ => None,
        },
        members: Vec::new(),
    })
}

impl Read<'_> {
    /// The newest votes first, at most `limit`, as they stand now; only those that are open unless `closed_too`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn votes(&self, limit: u32, closed_too: bool) -> Result<Vec<Vote>> {
        let sql = if closed_too {
            format!("SELECT {COLUMNS} FROM {TABLES} ORDER BY v.opened_at DESC, v.id LIMIT ?1")
        } else {
            format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE v.state = 'open' ORDER BY v.opened_at DESC, v.id LIMIT ?1"
            )
        };
        let mut votes = Vec::new();
        for bare in self.rows(&sql, [limit], vote)? {
            let vote = self.filled(bare)?.seen_at(&self.world.now);
            if closed_too || vote.state == State::Open {
                votes.push(vote);
            }
        }
        Ok(votes)
    }

    /// The vote with this id or unique beginning of one, as it stands now.
    ///
    /// # Errors
    /// [`Refusal`] when there is none or there are several.
    pub fn vote(&self, text: &str) -> Result<Vote> {
        let id = self.one(Noun::Vote, "vote", text)?;
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE v.id = ?1");
        let bare = self
            .row(&sql, [id], vote)?
            .ok_or_else(|| Refusal::missing("no such vote"))?;
        Ok(self.filled(bare)?.seen_at(&self.world.now))
    }

    /// With its options, its members and all their ballots.
    fn filled(&self, mut vote: Vote) -> Result<Vote> {
        vote.options = self.rows(
            "SELECT label FROM vote_option WHERE vote_id = ?1 ORDER BY number",
            [&vote.id],
            |row| row.get(0),
        )?;
        let sql = format!(
            "SELECT m.agent_id, m.name, {SIGHTING} FROM vote_member m LEFT JOIN presence p ON p.agent_id = m.agent_id
             WHERE m.vote_id = ?1 ORDER BY m.name, m.agent_id"
        );
        vote.members = self.rows(&sql, [&vote.id], |row| {
            Ok(Member {
                agent: row.get(0)?,
                name: row.get(1)?,
                presence: self.world.presence(&sighting(row, 2)?),
                ballots: Vec::new(),
            })
        })?;
        for member in &mut vote.members {
            member.ballots = self.rows(
                "SELECT option, is_final, is_equivocation, cast_at FROM vote_ballot
                 WHERE vote_id = ?1 AND agent_id = ?2 ORDER BY number",
                params![vote.id, member.agent],
                |row| {
                    Ok(Ballot {
                        option: count(row, 0)?,
                        is_final: row.get(1)?,
                        is_equivocation: row.get(2)?,
                        cast_at: row.get(3)?,
                    })
                },
            )?;
        }
        Ok(vote)
    }
}

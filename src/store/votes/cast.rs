//! Ballots, reminders, and how a vote ends.
//!
//! A vote ends by the ballot that decides it, by whoever opened it, or by its time. Nobody has to wait for
//! that: whoever does anything after its time closes it, and whoever only looks sees it closed.

use anyhow::Result;
use rusqlite::params;

use super::stored;
use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::time::Moment;
use crate::domain::vote::{Effect, State, Vote, is_reminder_due};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Write};

/// A ballot that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// What it did.
    pub effect: Effect,
    /// The vote after it.
    pub vote: Vote,
}

/// Why a ballot does not count. What is on record of it stays there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncast {
    /// The vote is closed.
    Closed(Box<Vote>),
    /// The agent is no member.
    Stranger(Box<Vote>),
    /// There is no such option.
    NoOption(Box<Vote>),
    /// The agent had locked in this other option.
    Equivocation(Box<Vote>, usize),
}

impl Write<'_> {
    /// Casts a ballot, and closes the vote where that decides it.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such vote.
    pub fn cast_ballot(
        &self,
        agent: &str,
        vote: &str,
        option: &str,
        is_final: bool,
    ) -> Result<Result<Cast, Uncast>> {
        self.tend_votes()?;
        let vote = self.vote(vote)?;
        if vote.state != State::Open {
            return Ok(Err(Uncast::Closed(Box::new(vote))));
        }
        let Some(member) = vote.member(agent) else {
            return Ok(Err(Uncast::Stranger(Box::new(vote))));
        };
        let Some(option) = vote.option(option) else {
            return Ok(Err(Uncast::NoOption(Box::new(vote))));
        };
        let effect = member.effect(option, is_final);
        let is_known =
            (member.ballots.iter()).any(|ballot| ballot.is_equivocation && ballot.option == option);
        if effect != Effect::Same && !(effect == Effect::Equivocation && is_known) {
            self.execute(
                "INSERT INTO vote_ballot (vote_id, agent_id, number, option, is_final, is_equivocation, cast_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    vote.id,
                    agent,
                    stored(member.ballots.len() + 1),
                    stored(option),
                    is_final,
                    effect == Effect::Equivocation,
                    self.now()
                ],
            )?;
            // What was chosen is not said here: the record is open to all, and the vote may be secret.
            self.record(Entry {
                agent: Some(agent),
                event: match effect {
                    Effect::Changed => "vote.changed",
                    Effect::Equivocation => "vote.equivocation",
                    Effect::LockedIn => "vote.locked_in",
                    Effect::First | Effect::Same => "vote.cast",
                },
                body: &vote.id,
                ..Entry::default()
            })?;
        }
        if let (Effect::Equivocation, Some(standing)) = (effect, member.standing()) {
            return Ok(Err(Uncast::Equivocation(
                Box::new(self.vote(&vote.id)?),
                standing.option,
            )));
        }
        let mut vote = self.vote(&vote.id)?;
        if vote.count().certain().is_some() {
            vote = self.end_vote(&vote.id, Some(agent))?;
        }
        Ok(Ok(Cast { effect, vote }))
    }

    /// Closes a vote before its time, with the ballots that there are. One that is closed already stays as it is.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such vote, or it is neither the agent's nor is the agent the human.
    pub fn close_vote(&self, agent: &str, vote: &str) -> Result<Vote> {
        self.tend_votes()?;
        let vote = self.vote(vote)?;
        if vote.state != State::Open {
            return Ok(vote);
        }
        if ![vote.opener.as_str(), OPERATOR].contains(&agent) {
            return Err(Refusal::refused(format!(
                "{} was opened by {} ({}), who alone closes it before its time",
                vote.id,
                clean(&vote.opener_name, Field::Name),
                clean(&vote.opener, Field::Title)
            ))
            .hint(format!("agent-sync vote show {}", vote.id))
            .into());
        }
        self.end_vote(&vote.id, Some(agent))
    }

    /// Closes every vote whose time is over, and reminds those who have not voted in the others, once. A single
    /// look where no vote is open.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(in crate::store) fn tend_votes(&self) -> Result<()> {
        let now = self.world.now;
        let open: Vec<(String, i64, i64, bool)> = self.rows(
            "SELECT id, opened_at, uptime, boot, lasts, is_reminded FROM vote WHERE state = 'open' ORDER BY opened_at",
            [],
            |row| {
                let opened = Moment {
                    wall: row.get(1)?,
                    uptime: row.get(2)?,
                    boot: row.get(3)?,
                };
                let lasts = row.get(4)?;
                let left = crate::domain::lock::remaining(&opened, lasts, &now);
                Ok((row.get(0)?, left, lasts, row.get(5)?))
            },
        )?;
        for (id, left, lasts, is_reminded) in open {
            if left <= 0 {
                self.end_vote(&id, None)?;
            } else if !is_reminded && is_reminder_due(left, lasts) {
                self.remind_of_vote(&id)?;
            }
        }
        Ok(())
    }

    fn remind_of_vote(&self, id: &str) -> Result<()> {
        self.execute("UPDATE vote SET is_reminded = 1 WHERE id = ?1", [id])?;
        let vote = self.vote(id)?;
        let text = format!("You have not voted yet: {}", vote.invitation());
        self.ensure_mentioned(SYSTEM)?;
        let ttl = vote.remaining(&self.world.now);
        for member in vote.missing() {
            if member.presence.is_living() || member.agent == OPERATOR {
                self.let_know_until(SYSTEM, &member.agent, &text, ttl)?;
            }
        }
        Ok(())
    }

    /// Closes an open vote with the ballots that there are, records what it led to, and tells its members.
    fn end_vote(&self, id: &str, by: Option<&str>) -> Result<Vote> {
        let vote = self.vote(id)?;
        let outcome = vote.count().outcome();
        let closed_at = vote.closes_at(&self.world.now).min(self.now());
        self.execute(
            "UPDATE vote SET state = ?2, winner = ?3, closed_at = ?4 WHERE id = ?1",
            params![
                id,
                outcome.state().as_str(),
                outcome.winner().map(stored),
                closed_at
            ],
        )?;
        let closed = self.vote(id)?;
        let result = closed.result();
        self.record(Entry {
            agent: by,
            event: "vote.closed",
            body: &format!("{id}: {result}"),
            ..Entry::default()
        })?;
        if closed.records_decision && closed.state == State::Passed {
            let body = format!("{} {result} ({id})", closed.question);
            let decision = self.decide(&closed.opener, &body, None)?;
            self.execute("UPDATE vote SET decision_id = ?2 WHERE id = ?1", [id, &decision])?;
        }
        self.carry_to_plan(&closed)?;
        self.tell_result(&closed, by)?;
        self.vote(id)
    }

    /// Tells whoever opened a vote and its living members what came of it; whoever closed it knows.
    /// What the members of a vote say about a plan, as long as it says what it said when they were asked.
    fn carry_to_plan(&self, vote: &Vote) -> Result<()> {
        let Some(approves) = &vote.approves else {
            return Ok(());
        };
        let (State::Passed | State::Rejected, Some(_)) = (vote.state, vote.winner) else {
            return Ok(());
        };
        let plan = self.plan(&approves.plan)?;
        if plan.newest.hash != approves.hash || plan.is_launched() {
            self.record(Entry {
                event: "plan.vote_void",
                body: &format!("{} has changed since {} was opened", plan.id, vote.id),
                ..Entry::default()
            })?;
            return Ok(());
        }
        let reason = vote.result();
        self.take_down(
            &plan,
            None,
            Some(&vote.id),
            vote.state == State::Passed,
            Some(&reason),
        )?;
        Ok(())
    }

    fn tell_result(&self, vote: &Vote, by: Option<&str>) -> Result<()> {
        self.ensure_mentioned(SYSTEM)?;
        let text = format!("{} is closed: {} {}", vote.id, vote.question, vote.result());
        let mut told = vec![vote.opener.as_str()];
        for member in &vote.members {
            let is_here = member.presence.is_living() || member.agent == OPERATOR;
            if is_here && !told.contains(&member.agent.as_str()) {
                told.push(&member.agent);
            }
        }
        for agent in told.into_iter().filter(|agent| Some(*agent) != by) {
            self.let_know(SYSTEM, agent, &text)?;
        }
        Ok(())
    }
}

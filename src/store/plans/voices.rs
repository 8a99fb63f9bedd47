//! What is said about a plan: agreement or not, each pinned to the hash of one revision.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::plan::proposal::{Proposal, Requirement, Standing, is_hash, short};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Write};

/// What somebody says about a plan.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'a> {
    /// Who.
    pub agent: &'a str,
    /// The agent whose shell it is said in, where that is another one.
    pub shell: Option<&'a str>,
    /// The plan's id, or a unique beginning of it.
    pub plan: &'a str,
    /// The hash of the content that is meant, or its beginning.
    pub hash: Option<&'a str>,
    /// Whether they agree.
    pub approves: bool,
    /// Why.
    pub reason: Option<&'a str>,
}

impl Write<'_> {
    /// Takes down what somebody says about the newest revision of a plan, and tells its authors. The same again changes
    /// nothing.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such plan, it was launched already, it has changed, or it is their own or the
    /// human's to approve.
    pub fn speak_on_plan(&self, saying: &Saying<'_>) -> Result<Proposal> {
        let proposal = self.plan(saying.plan)?;
        require_hash(&proposal, saying.hash)?;
        if proposal.is_launched() {
            return Err(Refusal::refused(format!(
                "revision {} of {} was launched already",
                proposal.newest.number, proposal.id
            ))
            .hint(format!("agent-sync plan show {}", proposal.id))
            .into());
        }
        if saying.agent == OPERATOR {
            self.ensure_mentioned(OPERATOR)?;
        } else if saying.approves {
            self.require_may_approve(&proposal, saying)?;
        }
        let said: Option<(bool, Option<String>)> = self.row(
            "SELECT approves, reason FROM plan_voice WHERE plan_id = ?1 AND number = ?2 AND speaker = ?3",
            params![proposal.id, proposal.newest.number, saying.agent],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if said.is_some_and(|(approves, reason)| {
            approves == saying.approves && (saying.reason.is_none() || reason.as_deref() == saying.reason)
        }) {
            return Ok(proposal);
        }
        self.take_down(
            &proposal,
            Some(saying.agent),
            None,
            saying.approves,
            saying.reason,
        )
    }

    fn require_may_approve(&self, proposal: &Proposal, saying: &Saying<'_>) -> Result<()> {
        if proposal.requirement == Requirement::Human {
            return Err(Refusal::refused(
                "plans are approved by the human here; `agent-sync config get plan.approvals` says so",
            )
            .hint(format!(
                "the human says, in a shell of their own: agent-sync plan approve {} --hash {}",
                proposal.id,
                proposal.short_hash()
            ))
            .into());
        }
        let families = self.families_of_plan(&proposal.id)?;
        for id in [Some(saying.agent), saying.shell].into_iter().flatten() {
            if families.contains(&self.family(id)?) {
                return Err(Refusal::refused(format!(
                    "nobody approves their own plan, and {} wrote {} or is of the same session as who did",
                    clean(id, Field::Title),
                    proposal.id
                ))
                .hint("another agent, or the human, approves it")
                .into());
            }
        }
        self.require_above(saying.agent, &proposal.newest.author)
    }

    /// Keeps what an agent or a vote says about the newest revision, and tells its authors.
    pub(in crate::store) fn take_down(
        &self,
        proposal: &Proposal,
        agent: Option<&str>,
        vote: Option<&str>,
        approves: bool,
        reason: Option<&str>,
    ) -> Result<Proposal> {
        self.execute(
            "INSERT INTO plan_voice (plan_id, number, speaker, agent_id, vote_id, hash, approves, reason, said_at)
             VALUES (?1, ?2, coalesce(?3, ?4), ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (plan_id, number, speaker) DO UPDATE SET approves = excluded.approves,
                 reason = excluded.reason, said_at = excluded.said_at",
            params![
                proposal.id,
                proposal.newest.number,
                agent,
                vote,
                proposal.newest.hash,
                approves,
                reason,
                self.now()
            ],
        )?;
        let word = if approves { "approved" } else { "rejected" };
        let by = vote.map(|vote| format!(" by {vote}")).unwrap_or_default();
        let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        self.record(Entry {
            agent,
            event: if approves {
                "plan.approved"
            } else {
                "plan.rejected"
            },
            body: &format!("{} revision {}{by}{why}", proposal.id, proposal.newest.number),
            ..Entry::default()
        })?;
        let after = self.plan(&proposal.id)?;
        let next = match after.standing() {
            Standing::Approved => format!(". It may begin: agent-sync plan launch {}", after.id),
            Standing::Waits { have, need } => format!("; {have} of {need} agree"),
            Standing::Rejected => format!(". Amend it: agent-sync plan propose FILE --amend {}", after.id),
        };
        let text = format!("{} ({}) was {word}{by}{why}{next}", after.id, after.title);
        let from = agent.unwrap_or(SYSTEM);
        self.ensure_mentioned(from)?;
        let mut authors = vec![after.proposer.as_str()];
        if after.newest.author != after.proposer {
            authors.push(&after.newest.author);
        }
        for author in authors.into_iter().filter(|author| Some(*author) != agent) {
            self.let_know(from, author, &text)?;
        }
        Ok(after)
    }
}

/// Refuses to go on where a plan no longer says what somebody means.
pub(super) fn require_hash(proposal: &Proposal, typed: Option<&str>) -> Result<()> {
    let Some(typed) = typed else { return Ok(()) };
    if is_hash(typed, &proposal.newest.hash) {
        return Ok(());
    }
    Err(Refusal::refused(format!(
        "'{}' is not the content of {} now: that is {}, revision {} by {}",
        clean(typed, Field::Name),
        proposal.id,
        short(&proposal.newest.hash),
        proposal.newest.number,
        clean(&proposal.newest.author_name, Field::Name)
    ))
    .hint(format!(
        "see what has changed: agent-sync plan diff {}",
        proposal.id
    ))
    .into())
}

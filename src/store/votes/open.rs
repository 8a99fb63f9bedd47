//! Opening a vote: whom it asks is settled here, and they are told.

use anyhow::Result;
use rusqlite::params;

use super::stored;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::id::Noun;
use crate::domain::message::{EVERYONE, Resolved, is_human, resolve};
use crate::domain::plan::proposal::{Proposal, Requirement};
use crate::domain::vote::{Quorum, Vote};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Write};

/// A vote to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewVote<'a> {
    /// Who asks.
    pub opener: &'a str,
    /// What is asked.
    pub question: &'a str,
    /// What there is to know about it.
    pub description: Option<&'a str>,
    /// What can be answered.
    pub options: &'a [String],
    /// How many members have to agree.
    pub quorum: Quorum,
    /// Who may vote: `all`, `@role`, or names.
    pub electorate: &'a [String],
    /// How long it is open at most, in milliseconds.
    pub lasts: i64,
    /// Whether nobody sees who chose what before it is closed.
    pub is_secret: bool,
    /// Whether a decision is recorded when it passes.
    pub records_decision: bool,
    /// The plan that is approved when it passes: its id, or a unique beginning of it.
    pub approves: Option<&'a str>,
}

impl Write<'_> {
    /// Opens a vote among those whom its electorate means now, and tells them.
    ///
    /// # Errors
    /// [`Refusal`] when a part of the electorate means nobody living, fewer may vote than have to agree, or a plan
    /// cannot be approved by such a vote.
    pub fn open_vote(&self, new: &NewVote<'_>) -> Result<Vote> {
        self.sweep()?;
        let plan = new.approves.map(|plan| self.plan(plan)).transpose()?;
        let mut members = self.electorate(new.electorate)?;
        if let Some(plan) = &plan {
            self.leave_out_authors(plan, new.electorate, &mut members)?;
        }
        let needed = new.quorum.needed(members.len());
        if needed > members.len() {
            return Err(Refusal::usage(format!(
                "{needed} would have to agree and only {} may vote",
                members.len()
            ))
            .hint("ask more with --electorate, or fewer have to agree with --quorum")
            .into());
        }
        if let Some(plan) = &plan {
            require_votable(plan, needed)?;
        }
        let id = self.new_id(Noun::Vote)?;
        let now = self.world.now;
        self.execute(
            "INSERT INTO vote (id, question, description, opened_by, quorum, needed, is_secret, records_decision,
                 opened_at, uptime, boot, lasts, approves_plan, approves_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                id,
                new.question,
                new.description,
                new.opener,
                new.quorum.to_text(),
                stored(needed),
                new.is_secret,
                new.records_decision,
                now.wall,
                now.uptime,
                now.boot,
                new.lasts,
                plan.as_ref().map(|plan| &plan.id),
                plan.as_ref().map(|plan| &plan.newest.hash)
            ],
        )?;
        for (number, label) in new.options.iter().enumerate() {
            self.execute(
                "INSERT INTO vote_option (vote_id, number, label) VALUES (?1, ?2, ?3)",
                params![id, stored(number), label],
            )?;
        }
        for member in &members {
            self.execute(
                "INSERT INTO vote_member (vote_id, agent_id, name) VALUES (?1, ?2, ?3)",
                params![id, member.id, member.name],
            )?;
        }
        self.record(Entry {
            agent: Some(new.opener),
            event: "vote.opened",
            body: &format!("{id} {}", new.question),
            ..Entry::default()
        })?;
        let vote = self.vote(&id)?;
        let text = format!("A vote asks you: {}", vote.invitation());
        for member in members.iter().filter(|member| member.id != new.opener) {
            self.let_know_until(new.opener, &member.id, &text, vote.lasts)?;
        }
        Ok(vote)
    }

    /// Nobody votes on the plan that they wrote: who did, or is of the same session, is none of `all` or a role, and is
    /// not to be named.
    fn leave_out_authors(&self, plan: &Proposal, parts: &[String], members: &mut Vec<Agent>) -> Result<()> {
        let families = self.families_of_plan(&plan.id)?;
        let mut kept = Vec::with_capacity(members.len());
        let is_group =
            |part: &String| part.trim().eq_ignore_ascii_case(EVERYONE) || part.trim().starts_with('@');
        for member in members.drain(..) {
            if member.id == OPERATOR || !families.contains(&self.family(&member.id)?) {
                kept.push(member);
            } else if !parts.iter().any(is_group) {
                return Err(Refusal::refused(format!(
                    "nobody approves their own plan, and {} ({}) wrote {} or is of the same session as who did",
                    clean(&member.name, Field::Name),
                    clean(&member.id, Field::Title),
                    plan.id
                ))
                .hint("ask others: --electorate NAMES")
                .into());
            }
        }
        *members = kept;
        Ok(())
    }

    /// Everybody whom the parts of an electorate mean, each once. A subagent votes only where it is named.
    fn electorate(&self, parts: &[String]) -> Result<Vec<Agent>> {
        if parts.iter().any(|part| is_human(part)) {
            self.ensure_mentioned(OPERATOR)?;
        }
        let mut known = self.agents()?;
        known.extend(self.agent(OPERATOR)?);
        let may_vote = |agent: &&Agent| agent.presence.is_living() || agent.id == OPERATOR;
        let mut members: Vec<Agent> = Vec::new();
        for part in parts {
            let part = part.trim();
            let found: Vec<&Agent> = if part.eq_ignore_ascii_case(EVERYONE) {
                let is_asked = |agent: &&Agent| {
                    agent.presence.is_living() && agent.parent.is_none() && agent.id != OPERATOR
                };
                known.iter().filter(is_asked).collect()
            } else if let Some(role) = part.strip_prefix('@') {
                let plays = |agent: &&Agent| {
                    let its = agent.role.as_deref().unwrap_or_default().trim();
                    agent.presence.is_living() && its.eq_ignore_ascii_case(role) && agent.id != OPERATOR
                };
                known.iter().filter(plays).collect()
            } else {
                match resolve(part, "", &known) {
                    Resolved::To(ids) => known.iter().filter(|agent| ids.contains(&agent.id)).collect(),
                    Resolved::Nobody(_) | Resolved::Ambiguous(_) => Vec::new(),
                }
            };
            let shown = clean(part, Field::Name);
            if found.is_empty() {
                return Err(Refusal::missing(format!("'{shown}' is nobody here who could vote"))
                    .hint("`agent-sync agent list` shows who is here and in which role; the human is `operator`")
                    .into());
            }
            if let Some(gone) = found.iter().find(|agent| !may_vote(agent)) {
                return Err(Refusal::refused(format!(
                    "{} ({}) is gone and could not vote",
                    clean(&gone.name, Field::Name),
                    clean(&gone.id, Field::Title)
                ))
                .hint("name those who are here: agent-sync agent list")
                .into());
            }
            for agent in found {
                if members.iter().all(|member| member.id != agent.id) {
                    members.push(agent.clone());
                }
            }
        }
        Ok(members)
    }
}

/// Refuses a vote that could not approve its plan.
fn require_votable(plan: &Proposal, needed: usize) -> Result<()> {
    if plan.is_launched() {
        return Err(Refusal::refused(format!(
            "revision {} of {} was launched already",
            plan.newest.number, plan.id
        ))
        .hint(format!("agent-sync plan show {}", plan.id))
        .into());
    }
    match plan.requirement {
        Requirement::Human => Err(Refusal::refused(
            "plans are approved by the human here, and no vote takes their place",
        )
        .hint("the human lets agents approve plans with: agent-sync config set plan.approvals 2")
        .into()),
        Requirement::Agents(need) if usize::try_from(need).is_ok_and(|need| need <= needed) => Ok(()),
        Requirement::Agents(need) => Err(Refusal::refused(format!(
            "{need} have to agree to a plan here, and by this vote {needed} would"
        ))
        .hint(format!("--quorum {need}, among as many or more"))
        .into()),
    }
}

//! Opening a vote: whom it asks is settled here, and they are told.

use anyhow::Result;
use rusqlite::params;

use super::stored;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::id::Noun;
use crate::domain::message::{EVERYONE, Resolved, is_human, resolve};
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
}

impl Write<'_> {
    /// Opens a vote among those whom its electorate means now, and tells them.
    ///
    /// # Errors
    /// [`Refusal`] when a part of the electorate means nobody living, or fewer may vote than have to agree.
    pub fn open_vote(&self, new: &NewVote<'_>) -> Result<Vote> {
        self.sweep()?;
        let members = self.electorate(new.electorate)?;
        let needed = new.quorum.needed(members.len());
        if needed > members.len() {
            return Err(Refusal::usage(format!(
                "{needed} would have to agree and only {} may vote",
                members.len()
            ))
            .hint("ask more with --electorate, or fewer have to agree with --quorum")
            .into());
        }
        let id = self.new_id(Noun::Vote)?;
        let now = self.world.now;
        self.execute(
            "INSERT INTO vote (id, question, description, opened_by, quorum, needed, is_secret, records_decision,
                 opened_at, uptime, boot, lasts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
                new.lasts
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

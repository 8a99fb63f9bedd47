//! A plan is proposed, and amended: a new revision, about which nobody has said anything yet.

use anyhow::Result;
use rusqlite::params;

use super::content;
use crate::domain::agent::OPERATOR;
use crate::domain::id::Noun;
use crate::domain::plan::proposal::{Proposal, Requirement};
use crate::domain::plan::{On, Plan};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Read, Write};

/// What a plan without a title is called.
const UNTITLED: &str = "Untitled plan";

/// A plan to be proposed, or a revision of one.
#[derive(Debug, Clone, Copy)]
pub struct NewPlan<'a> {
    /// Who writes it.
    pub author: &'a str,
    /// What it says, checked and settled.
    pub plan: &'a Plan,
}

/// What came of an amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The plan after it.
    pub proposal: Proposal,
    /// Whether there is a new revision: not, when it says what the newest one says.
    pub is_new: bool,
    /// How many had agreed to the revision before.
    pub voided: usize,
}

impl Read<'_> {
    /// Whether a reference of a plan is the id of a task on the board, which a plan could not create.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn taken_references(&self, plan: &Plan) -> Result<Vec<usize>> {
        let mut taken = Vec::new();
        for (at, item) in plan.items.iter().enumerate() {
            let is_like_an_id = item.key().starts_with(Noun::Task.prefix());
            if is_like_an_id && self.any("SELECT 1 FROM task WHERE id = ?1", [item.key()])? {
                taken.push(at);
            }
        }
        Ok(taken)
    }
}

impl Write<'_> {
    /// Proposes a plan, and asks those whose agreement it needs.
    ///
    /// # Errors
    /// [`Refusal`] when a task on the board that it depends on does not exist.
    pub fn propose_plan(&self, new: &NewPlan<'_>) -> Result<Proposal> {
        self.sweep()?;
        self.require_board(new.plan)?;
        if new.author == OPERATOR {
            self.ensure_mentioned(OPERATOR)?;
        }
        let id = self.new_id(Noun::Plan)?;
        self.execute(
            "INSERT INTO plan (id, proposed_by, proposed_at) VALUES (?1, ?2, ?3)",
            params![id, new.author, self.now()],
        )?;
        let title = self.add_revision(&id, 1, new)?;
        self.record(Entry {
            agent: Some(new.author),
            event: "plan.proposed",
            body: &format!("{id} {title}"),
            ..Entry::default()
        })?;
        let proposal = self.plan(&id)?;
        self.ask_for_agreement(&proposal)?;
        Ok(proposal)
    }

    /// Amends a plan: a new revision, which nobody has agreed to. The same content again changes nothing.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such plan, when it is somebody else's who is here, or like [`Self::propose_plan`].
    pub fn amend_plan(&self, plan: &str, new: &NewPlan<'_>) -> Result<Amended> {
        self.sweep()?;
        let before = self.plan(plan)?;
        self.require_may_amend(&before, new.author)?;
        self.require_board(new.plan)?;
        if content::hash(&content::text(new.plan)?) == before.newest.hash {
            return Ok(Amended {
                proposal: before,
                is_new: false,
                voided: 0,
            });
        }
        if new.author == OPERATOR {
            self.ensure_mentioned(OPERATOR)?;
        }
        let number = before.newest.number + 1;
        let title = self.add_revision(&before.id, number, new)?;
        self.record(Entry {
            agent: Some(new.author),
            event: "plan.amended",
            body: &format!("{} revision {number}: {title}", before.id),
            ..Entry::default()
        })?;
        let proposal = self.plan(&before.id)?;
        self.ask_for_agreement(&proposal)?;
        Ok(Amended {
            proposal,
            is_new: true,
            voided: before.voices.iter().filter(|voice| voice.approves).count(),
        })
    }

    fn add_revision(&self, id: &str, number: u32, new: &NewPlan<'_>) -> Result<String> {
        let text = content::text(new.plan)?;
        let title = new.plan.terms.title.as_deref().unwrap_or(UNTITLED);
        self.execute(
            "INSERT INTO plan_revision (plan_id, number, title, hash, content, author_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                number,
                title,
                content::hash(&text),
                text,
                new.author,
                self.now()
            ],
        )?;
        Ok(title.to_owned())
    }

    /// What a plan takes for tasks on the board has to be there.
    fn require_board(&self, plan: &Plan) -> Result<()> {
        for ask in plan.items.iter().flat_map(|item| &item.asks) {
            if let On::Board(id) = &ask.on {
                self.find_task(id)?;
            }
        }
        Ok(())
    }

    /// Those who wrote a plan amend it, and the human; when they are gone, anybody does.
    fn require_may_amend(&self, before: &Proposal, author: &str) -> Result<()> {
        let families = self.families_of_plan(&before.id)?;
        if author == OPERATOR || families.contains(&self.family(author)?) {
            return Ok(());
        }
        for family in &families {
            let is_here =
                family == OPERATOR || (self.agent(family)?).is_some_and(|agent| agent.presence.is_living());
            if is_here {
                return Err(Refusal::refused(format!(
                    "{} is the plan of {} ({}), who amends it",
                    before.id,
                    clean(&before.proposer_name, Field::Name),
                    clean(&before.proposer, Field::Title)
                ))
                .hint("propose a plan of your own, or say why: agent-sync plan reject PLAN --reason WHY")
                .into());
            }
        }
        Ok(())
    }

    /// Tells those whose agreement a revision needs that it waits for them, once.
    fn ask_for_agreement(&self, proposal: &Proposal) -> Result<()> {
        let author = proposal.newest.author.as_str();
        let asked = match proposal.requirement {
            Requirement::Human => {
                self.ensure_mentioned(OPERATOR)?;
                vec![OPERATOR.to_owned()]
            }
            Requirement::Agents(_) => {
                let families = self.families_of_plan(&proposal.id)?;
                let here = self.agents()?.into_iter();
                let here = here.filter(|agent| agent.presence.is_living() && agent.parent.is_none());
                here.map(|agent| agent.id)
                    .filter(|id| !families.contains(id))
                    .collect()
            }
        };
        let tasks = proposal.newest.plan.items.len();
        let plural = if tasks == 1 { "" } else { "s" };
        let text = format!(
            "{} waits for approval: {} ({tasks} task{plural}, revision {}). Read it: agent-sync plan show {}. Then: \
             agent-sync plan approve {} --hash {} or agent-sync plan reject {} --reason WHY",
            proposal.id,
            proposal.title,
            proposal.newest.number,
            proposal.id,
            proposal.id,
            proposal.short_hash(),
            proposal.id
        );
        for agent in asked.iter().filter(|agent| *agent != author) {
            self.let_know(author, agent, &text)?;
        }
        Ok(())
    }
}

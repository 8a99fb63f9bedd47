//! The tasks of a plan come onto the board, all of them in one transaction and none of them twice.
//!
//! A plan that was amended after its launch is launched anew: tasks are the same where their references are. What is new
//! is created; what is different is changed while the task is open; what is gone is cancelled where nobody has begun it.
//! Work that has ended stays as it ended.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::params;

use super::origins_of;
use super::voices::require_hash;
use crate::domain::agent::SYSTEM;
use crate::domain::plan::difference::{Difference, difference};
use crate::domain::plan::proposal::{Launched, Proposal, Requirement, Standing};
use crate::domain::plan::{Item, On, Plan};
use crate::domain::task::{Kind, Move, Status, Task};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, NewDependency, Report, TaskEdit, Write};

/// Most tasks that a refusal names.
const MOST_NAMED: usize = 5;

impl Write<'_> {
    /// Puts the tasks of the newest revision of a plan onto the board.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such plan, it is another one than `hash` says, it is not approved, or it takes out a
    /// task that somebody works on.
    pub fn launch_plan(&self, agent: &str, text: &str, hash: Option<&str>) -> Result<Launched> {
        let proposal = self.plan(text)?;
        require_hash(&proposal, hash)?;
        if proposal.is_launched() {
            return Ok(Launched {
                proposal,
                is_new: false,
                created: Vec::new(),
                changed: Vec::new(),
                cancelled: Vec::new(),
                kept: Vec::new(),
            });
        }
        require_agreement(&proposal)?;
        self.ensure_mentioned(agent)?;
        let plan = &proposal.newest.plan;
        let before = match &proposal.launch {
            Some(launch) => self.plan_revision(&proposal.id, launch.revision)?.plan,
            None => Plan::default(),
        };
        let difference = difference(&before, plan);
        let known: HashMap<&str, &Task> = proposal
            .tasks
            .iter()
            .map(|(key, task)| (key.as_str(), task))
            .collect();
        require_not_begun(&proposal, &difference, &known)?;
        let imported = self.import_plan(agent, plan, &plan.origins(&proposal.id), false)?;
        let (changed, kept) = self.change_tasks(agent, &proposal, &difference, &known)?;
        let cancelled = self.take_out(agent, &proposal, &difference, &known)?;
        self.execute(
            "INSERT INTO plan_launch (plan_id, number, hash, agent_id, launched_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                proposal.id,
                proposal.newest.number,
                proposal.newest.hash,
                agent,
                self.now()
            ],
        )?;
        self.record(Entry {
            agent: Some(agent),
            event: "plan.launched",
            body: &format!(
                "{} revision {}: {} created, {} changed, {} cancelled",
                proposal.id,
                proposal.newest.number,
                imported.created.len(),
                changed.len(),
                cancelled.len()
            ),
            ..Entry::default()
        })?;
        let proposal = self.plan(&proposal.id)?;
        self.tell_launch(agent, &proposal)?;
        let now = |tasks: Vec<Task>| self.as_they_are(&tasks);
        Ok(Launched {
            is_new: true,
            created: now(imported.created)?,
            changed: now(changed)?,
            cancelled: now(cancelled)?,
            kept,
            proposal,
        })
    }

    fn as_they_are(&self, tasks: &[Task]) -> Result<Vec<Task>> {
        let mut now = Vec::with_capacity(tasks.len());
        for task in tasks {
            now.extend(self.task(&task.id)?);
        }
        Ok(now)
    }

    /// Changes open tasks as the new revision says; answers with those, and with those that have ended.
    fn change_tasks(
        &self,
        agent: &str,
        proposal: &Proposal,
        difference: &Difference<'_>,
        known: &HashMap<&str, &Task>,
    ) -> Result<(Vec<Task>, Vec<Task>)> {
        let (mut changed, mut kept) = (Vec::new(), Vec::new());
        // What is no longer asked goes first, or a new order of two tasks would pass through a cycle.
        let mut asked = Vec::new();
        for one in &difference.changed {
            let Some(&task) = known.get(one.item.key()) else {
                continue;
            };
            // What was cancelled because of what it waited for may have something better to wait for now.
            if !task.status.is_open() && task.discarded_by.is_none() {
                kept.push(task.clone());
                continue;
            }
            self.edit_to(agent, task, one.item)?;
            let is_asked_otherwise = one.changes.iter().any(|change| change.field == "dependencies");
            if is_asked_otherwise && task.owner.is_none() {
                asked.push((task, self.ask_less(agent, proposal, task, one.item)?));
            }
            changed.push(task.clone());
        }
        for (task, wanted) in asked {
            for one in wanted {
                self.depend(agent, &task.id, &one)?;
            }
        }
        Ok((changed, kept))
    }

    fn edit_to(&self, agent: &str, task: &Task, item: &Item) -> Result<()> {
        let without = |has: &[String], other: &[String]| -> Vec<String> {
            has.iter().filter(|one| !other.contains(one)).cloned().collect()
        };
        let edit = TaskEdit {
            title: Some(&item.title),
            description: Some(item.description.as_deref()),
            priority: Some(item.priority),
            role: Some(item.role.as_deref()),
            acceptance: Some(item.acceptance.as_deref()),
            acceptance_command: Some(item.acceptance_command.as_deref()),
            max_attempts: Some(item.max_attempts),
            add_files: &without(&item.files, &task.files),
            remove_files: &without(&task.files, &item.files),
            add_labels: &without(&item.labels, &task.labels),
            remove_labels: &without(&task.labels, &item.labels),
        };
        self.edit_task(agent, &task.id, &edit, true)?;
        Ok(())
    }

    /// Takes back what a task no longer asks, and says what it asks instead.
    fn ask_less(
        &self,
        agent: &str,
        proposal: &Proposal,
        task: &Task,
        item: &Item,
    ) -> Result<Vec<NewDependency>> {
        let mut wanted = Vec::new();
        for ask in &item.asks {
            let on = match &ask.on {
                On::Item(on) => self.task_of(&proposal.id, proposal.newest.plan.items[*on].key())?,
                On::Named(id) | On::Board(id) => Some(id.clone()),
            };
            let on = on.ok_or_else(|| Refusal::internal("a task of the plan is not on the board"))?;
            let kind = ask.kind.clone();
            wanted.push(NewDependency { on, kind });
        }
        let is_wanted = |on: &str, kind: &Kind| wanted.iter().any(|one| one.on == on && one.kind == *kind);
        for on in task.depends_on() {
            let asks = task.dependencies.iter().filter(|one| one.on == on);
            if asks.clone().any(|one| !is_wanted(on, &one.kind)) {
                self.undepend(agent, &task.id, on)?;
            }
        }
        Ok(wanted)
    }

    /// The id of the task that came from this task of a plan.
    fn task_of(&self, plan: &str, key: &str) -> Result<Option<String>> {
        let origin = format!("{}{key}", origins_of(plan).0);
        self.row(
            "SELECT task_id FROM task_origin WHERE origin = ?1",
            [origin],
            |row| row.get(0),
        )
    }

    /// Cancels what the new revision has no longer and nobody has begun; none of these belongs to the plan any more.
    fn take_out(
        &self,
        agent: &str,
        proposal: &Proposal,
        difference: &Difference<'_>,
        known: &HashMap<&str, &Task>,
    ) -> Result<Vec<Task>> {
        let mut cancelled = Vec::new();
        let why = format!("{} has it no longer", proposal.id);
        for item in &difference.removed {
            let Some(&task) = known.get(item.key()) else {
                continue;
            };
            // What it waited for may have been cancelled just now, and it with that.
            let is_open = self.task(&task.id)?.is_some_and(|task| task.status.is_open());
            if is_open {
                let report = Report {
                    note: Some(&why),
                    ..Report::default()
                };
                self.move_task(agent, &task.id, Move::Cancel, &report, true)?;
            }
            if task.status.is_open() {
                cancelled.push(task.clone());
            }
            let origin = format!("{}{}", origins_of(&proposal.id).0, item.key());
            self.execute("DELETE FROM task_origin WHERE origin = ?1", [origin])?;
        }
        Ok(cancelled)
    }

    fn tell_launch(&self, agent: &str, proposal: &Proposal) -> Result<()> {
        if proposal.proposer == agent {
            return Ok(());
        }
        self.ensure_mentioned(SYSTEM)?;
        let text = format!(
            "{} ({}) was launched: its tasks are on the board. agent-sync plan show {}",
            proposal.id, proposal.title, proposal.id
        );
        self.let_know(SYSTEM, &proposal.proposer, &text)
    }
}

/// Refuses to take out what somebody works on.
fn require_not_begun(
    proposal: &Proposal,
    difference: &Difference<'_>,
    known: &HashMap<&str, &Task>,
) -> Result<()> {
    let tasks = difference.removed.iter().filter_map(|item| known.get(item.key()));
    let begun: Vec<String> = tasks
        .filter(|task| task.status == Status::InProgress || (task.status.is_open() && task.owner.is_some()))
        .map(|task| {
            let owner = task.owner_name.as_deref().unwrap_or_default();
            format!("{} ({})", task.id, clean(owner, Field::Name))
        })
        .collect();
    if begun.is_empty() {
        return Ok(());
    }
    let more = begun.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let named = begun.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    Err(Refusal::refused(format!(
        "revision {} of {} has tasks no longer that are being worked on: {named}{more}",
        proposal.newest.number, proposal.id
    ))
    .hint("let them be finished or given back (agent-sync task release TASK), then launch again")
    .into())
}

/// Refuses to go on where a plan may not be launched.
fn require_agreement(proposal: &Proposal) -> Result<()> {
    let approve = format!(
        "agent-sync plan approve {} --hash {}",
        proposal.id,
        proposal.short_hash()
    );
    let refusal = match (proposal.standing(), proposal.requirement) {
        (Standing::Approved, _) => return Ok(()),
        (Standing::Waits { .. }, Requirement::Human) => Refusal::refused(format!(
            "revision {} of {} waits for the human's approval",
            proposal.newest.number, proposal.id
        ))
        .hint(format!("the human says, in a shell of their own: {approve}")),
        (Standing::Waits { have, need }, Requirement::Agents(_)) => Refusal::refused(format!(
            "{have} of the {need} that have to agree to revision {} of {} do",
            proposal.newest.number, proposal.id
        ))
        .hint(format!("another agent, or the human, says: {approve}")),
        (Standing::Rejected, _) => Refusal::refused(format!(
            "revision {} of {} was rejected: `agent-sync plan show {}` says why",
            proposal.newest.number, proposal.id, proposal.id
        ))
        .hint(format!(
            "amend it: agent-sync plan propose FILE --amend {}",
            proposal.id
        )),
    };
    Err(refusal.into())
}

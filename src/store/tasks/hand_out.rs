//! Tasks are handed out: the right one, once, to somebody who is here.
//!
//! All of it is one write transaction, so that of many who ask at once each gets another task. Whoever asks
//! first clears away what the dead left behind, because nobody else will.

use anyhow::Result;
use rusqlite::params;

use super::{Board, Claim, Claimed, HandOut, Overlap, PassedOver, Request};
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{Conflict, Mode};
use crate::domain::task::{Move, Status, Task, TrailKind, overlapping};
use crate::domain::wait::{Line, Wish};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Acquisition, Entry, Read, Write};

/// How many of those passed over are named.
const NAMED: usize = 3;
/// How much of what was said of a task before is repeated to whoever takes it.
const REPEATED: usize = 3;

/// The ready tasks that a role may take, in the order in which they are handed out: one walk along an index
/// that ends at the first that fits.
pub(super) const READY: &str = "SELECT t.id, t.title FROM task t
             WHERE t.status = 'pending' AND t.waits = 0 AND (t.role IS NULL OR t.role = ?1 COLLATE NOCASE)
             ORDER BY t.priority DESC, t.rank DESC, t.created_at, t.id";

/// The tasks that somebody has, in progress or blocked.
pub(super) const HELD: &str = "SELECT id, status, owner_id, attempts, max_attempts, blocked_reason FROM task
             WHERE status = 'in_progress' OR (status = 'blocked' AND owner_id IS NOT NULL)
             ORDER BY owner_id, id";

impl Read<'_> {
    /// The first ready task for this agent and what was passed over before it.
    fn first_fit(&self, request: &Request<'_>, role: Option<&str>) -> Result<(Option<String>, HandOut)> {
        let mut out = HandOut::default();
        let (locks, waiters) = (self.locks(false)?, self.waiters()?);
        let line = Line {
            locks: &locks,
            waiters: &waiters,
        };
        let mut ready = self.connection.prepare(READY)?;
        let mut files = self
            .connection
            .prepare("SELECT path FROM task_file WHERE task_id = ?1 ORDER BY path")?;
        let mut labels = self
            .connection
            .prepare("SELECT 1 FROM task_label WHERE task_id = ?1 AND label = ?2")?;
        let mut rows = ready.query([role])?;
        while let Some(row) = rows.next()? {
            let mut task = Task::named(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?);
            let mut is_labelled = true;
            for label in request.labels {
                is_labelled &= labels.exists([&task.id, label])?;
            }
            if !is_labelled {
                continue;
            }
            task.files = files
                .query_map([&task.id], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let keys = task.wanted_in(request.tree);
            let obstacle = line.obstacle(&Wish {
                agent: request.agent,
                mode: Mode::Exclusive,
                keys: &keys,
                ticket: None,
            });
            match obstacle {
                None => return Ok((Some(task.id), out)),
                Some(conflict) if out.passed_over.len() < NAMED => {
                    out.passed_over.push(PassedOver { task, conflict });
                }
                Some(_) => out.also_passed_over += 1,
            }
        }
        Ok((None, out))
    }

    /// Why there may be nothing for this agent: how many open tasks there are of which kind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn board(&self, request: &Request<'_>) -> Result<Board> {
        let role = self.role_of(request)?;
        let board = self.row(
            "SELECT count(*) FILTER (WHERE status = 'pending' AND waits > 0),
                 count(*) FILTER (WHERE status = 'pending' AND waits = 0 AND role IS NOT NULL
                     AND role <> coalesce(?1, '') COLLATE NOCASE),
                 count(*) FILTER (WHERE status = 'in_progress'), count(*) FILTER (WHERE status = 'blocked')
             FROM task WHERE status IN ('pending', 'in_progress', 'blocked')",
            [role],
            |row| {
                Ok(Board {
                    waiting: row.get(0)?,
                    other_role: row.get(1)?,
                    in_progress: row.get(2)?,
                    blocked: row.get(3)?,
                })
            },
        )?;
        Ok(board.unwrap_or_default())
    }

    /// Whether [`Write::next_task`] would have something for this agent: a look before a write.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_something_to_do(&self, request: &Request<'_>) -> Result<bool> {
        let role = self.role_of(request)?;
        // Whoever waits learns from the attempt that nothing is handed out any more.
        Ok(self.current_task(request.agent.id)?.is_some()
            || self.swarm_stage()?.is_some()
            || self.draining_crew(request.agent)?.is_some()
            || self.first_fit(request, role.as_deref())?.0.is_some()
            || !self.abandoned()?.is_empty())
    }

    fn role_of(&self, request: &Request<'_>) -> Result<Option<String>> {
        match request.role {
            Some(role) => Ok(Some(role.to_owned())),
            None => Ok(self.agent(request.agent.id)?.and_then(|agent| agent.role)),
        }
    }

    /// What an agent works on: what it says it does, or else what it took last.
    fn current_task(&self, agent: &str) -> Result<Option<String>> {
        self.row(
            "SELECT t.id FROM task t JOIN agent a ON a.id = t.owner_id
             WHERE t.owner_id = ?1 AND t.status = 'in_progress'
             ORDER BY t.id IS a.current_task_id DESC, t.claimed_at DESC, t.id LIMIT 1",
            [agent],
            |row| row.get(0),
        )
    }

    fn in_progress_count(&self, agent: &str) -> Result<u32> {
        let count = self.row(
            "SELECT count(*) FROM task WHERE owner_id = ?1 AND status = 'in_progress'",
            [agent],
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or(0))
    }

    /// The tasks whose owner is gone. The human comes back.
    fn abandoned(&self) -> Result<Vec<Abandoned>> {
        let mut held = self.rows(HELD, [], |row| {
            Ok(Abandoned {
                id: row.get(0)?,
                status: row.get(1)?,
                owner: row.get(2)?,
                attempts: row.get(3)?,
                max_attempts: row.get(4)?,
                blocked_reason: row.get(5)?,
            })
        })?;
        let mut known: Option<(String, bool)> = None;
        let mut failure = None;
        held.retain(|task| {
            let Some(owner) = &task.owner else { return true };
            if let Some((id, is_gone)) = &known
                && id == owner
            {
                return *is_gone;
            }
            let is_gone = match self.is_living(owner) {
                Ok(is_living) => owner != OPERATOR && !is_living,
                Err(error) => {
                    failure = Some(error);
                    false
                }
            };
            known = Some((owner.clone(), is_gone));
            is_gone
        });
        failure.map_or(Ok(held), Err)
    }

    pub(super) fn is_living(&self, agent: &str) -> Result<bool> {
        Ok(self.agent(agent)?.is_some_and(|agent| agent.presence.is_living()))
    }

    /// The tasks that others have in progress and that touch the files of this one, in whichever checkout.
    fn overlaps(&self, task: &Task) -> Result<Vec<Overlap>> {
        if task.files.is_empty() {
            return Ok(Vec::new());
        }
        let others = self.tasks_in_progress()?;
        let others = others.into_iter().filter(|other| other.id != task.id);
        Ok(others
            .filter_map(|other| {
                let files = overlapping(task, &other);
                (!files.is_empty()).then_some(Overlap { task: other, files })
            })
            .collect())
    }
}

struct Abandoned {
    id: String,
    status: String,
    owner: Option<String>,
    attempts: u32,
    max_attempts: Option<u32>,
    blocked_reason: Option<String>,
}

impl Write<'_> {
    /// Takes a task, and its files with it where asked: both or neither.
    ///
    /// # Errors
    /// [`Refusal`] when it has ended, is owned by a living agent, or waits for open tasks. A file that
    /// somebody else has locked is a value.
    pub fn claim(&self, text: &str, claim: Claim<'_>) -> Result<Result<Claimed, Box<Conflict>>> {
        self.reclaim_abandoned(claim.agent.id)?;
        let task = self.find_task(text)?;
        let shown = format!("{} ('{}')", task.id, clean(&task.title, Field::Title));
        if Move::Claim.from(task.status, task.owner.is_some()).is_none() {
            return Err(
                Refusal::refused(format!("{} is already {}", task.id, task.status.as_str()))
                    .hint(format!("agent-sync task reopen {}", task.id))
                    .into(),
            );
        }
        if let Some(owner) = task.owner.as_deref().filter(|owner| *owner != claim.agent.id) {
            let name = clean(task.owner_name.as_deref().unwrap_or(owner), Field::Name);
            return Err(
                Refusal::refused(format!("{shown} is owned by {name} ({owner}), who is here"))
                    .hint("`agent-sync task next` hands out a free one")
                    .into(),
            );
        }
        if !task.waits_for().is_empty() && !claim.force {
            return Err(
                Refusal::refused(format!("{} waits for {}", task.id, task.waits_for().join(", ")))
                    .hint("finish those first, or claim it all the same with --force")
                    .into(),
            );
        }
        if task.owner.is_none() {
            self.require_claims()?;
            self.require_crew(claim.agent)?;
        }
        self.take(&task, claim)
    }

    /// Hands out the next task: the highest priority, then the longest chain that waits for it, then the
    /// oldest. Whoever has one in progress gets that one back, unless another one is asked for.
    ///
    /// # Errors
    /// [`Refusal`] when another one is asked for beyond the limit.
    pub fn next_task(&self, request: &Request<'_>) -> Result<HandOut> {
        let agent = request.agent.id;
        self.reclaim_abandoned(agent)?;
        let claim = Claim {
            agent: request.agent,
            tree: request.tree,
            lock: request.lock,
            force: false,
        };
        if let Some(own) = self.current_task(agent)? {
            if !request.another {
                return self.take_again(&own, claim);
            }
            self.require_claims()?;
            self.require_crew(request.agent)?;
            let (count, limit) = (self.in_progress_count(agent)?, self.wip_limit()?);
            if count >= limit {
                return Err(Refusal::refused(format!(
                    "you have {count} in progress, and the limit is {limit} (tasks.wip_limit)"
                ))
                .hint(format!("finish it first: agent-sync task done {own}"))
                .into());
            }
        } else {
            self.require_claims()?;
            self.require_crew(request.agent)?;
        }
        self.catch_up_ranks()?;
        let role = self.role_of(request)?;
        let (id, mut out) = self.first_fit(request, role.as_deref())?;
        let Some(task) = id.map(|id| self.task(&id)).transpose()?.flatten() else {
            return Ok(out);
        };
        match self.take(&task, claim)? {
            Ok(claimed) => out.claimed = Some(claimed),
            Err(conflict) => out.passed_over.push(PassedOver {
                task,
                conflict: *conflict,
            }),
        }
        Ok(out)
    }

    /// Gives somebody back what they have already.
    fn take_again(&self, own: &str, claim: Claim<'_>) -> Result<HandOut> {
        let task = self.task(own)?.ok_or_else(|| Refusal::missing("no such task"))?;
        let (locks, unlocked) = match self.lock_files(&task, claim)? {
            Ok(locks) => (locks, None),
            Err(conflict) => (Vec::new(), Some(conflict)),
        };
        self.set_current_task(claim.agent.id, Some(own))?;
        Ok(HandOut {
            claimed: Some(Claimed {
                unlocked,
                ..self.claimed(own, locks)?
            }),
            is_own: true,
            ..HandOut::default()
        })
    }

    fn lock_files(
        &self,
        task: &Task,
        claim: Claim<'_>,
    ) -> Result<Result<Vec<crate::domain::lock::Lock>, Box<Conflict>>> {
        if !claim.lock || task.files.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let keys = task.wanted_in(claim.tree);
        let reason = format!("task {}", task.id);
        self.acquire(&Acquisition {
            reason: Some(&reason),
            task: Some(&task.id),
            ..Acquisition::new(claim.agent, &keys, self.lock_ttl()?)
        })
    }

    fn take(&self, task: &Task, claim: Claim<'_>) -> Result<Result<Claimed, Box<Conflict>>> {
        let locks = match self.lock_files(task, claim)? {
            Ok(locks) => locks,
            Err(conflict) => return Ok(Err(conflict)),
        };
        let is_own = task.owner.as_deref() == Some(claim.agent.id);
        self.execute(
            "UPDATE task SET status = 'in_progress', owner_id = ?2, updated_at = ?3, blocked_reason = NULL,
                 claimed_at = ?3, tree = ?4, attempts = attempts + ?5 WHERE id = ?1",
            params![
                task.id,
                claim.agent.id,
                self.now(),
                claim.tree,
                i64::from(!is_own)
            ],
        )?;
        self.set_current_task(claim.agent.id, Some(&task.id))?;
        let body = if claim.force && !task.waits_for().is_empty() {
            format!("{} by force before {}", task.id, task.waits_for().join(", "))
        } else {
            task.id.clone()
        };
        self.record_task(Some(claim.agent.id), Move::Claim, &body)?;
        self.claimed(&task.id, locks).map(Ok)
    }

    /// What somebody who takes a task has to know.
    pub(super) fn claimed(&self, id: &str, locks: Vec<crate::domain::lock::Lock>) -> Result<Claimed> {
        let task = self.task(id)?.ok_or_else(|| Refusal::missing("no such task"))?;
        let mut said = self.task_trail(id)?;
        said.drain(..said.len().saturating_sub(REPEATED));
        let owner = task.owner.as_deref().unwrap_or_default();
        Ok(Claimed {
            in_progress: self.in_progress_count(owner)?,
            wip_limit: self.wip_limit()?,
            overlaps: self.overlaps(&task)?,
            task,
            locks,
            said,
            unlocked: None,
        })
    }

    /// Brings back what belongs to agents that are gone: to the board, or, when that has happened too often, to
    /// its end. Says how many tasks there were.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reclaim_abandoned(&self, agent: &str) -> Result<usize> {
        let abandoned = self.abandoned()?;
        if abandoned.is_empty() {
            return Ok(0);
        }
        let limit = self.max_attempts()?;
        for task in &abandoned {
            self.reclaim(agent, task, limit)?;
        }
        Ok(abandoned.len())
    }

    fn reclaim(&self, agent: &str, task: &Abandoned, limit: u32) -> Result<()> {
        let is_last = task.attempts >= task.max_attempts.unwrap_or(limit);
        let what = if is_last { Move::GiveUp } else { Move::Abandon };
        let status = Status::parse(&task.status).and_then(|from| what.from(from, task.owner.is_some()));
        let Some(status) = status else { return Ok(()) };
        let owner = task.owner.as_deref().unwrap_or("nobody");
        let attempts = task.attempts;
        let reason = is_last.then(|| format!("abandoned {attempts} times, the last time by {owner}"));
        self.execute(
            "UPDATE task SET status = ?2, owner_id = NULL, blocked_reason = NULL, end_reason = ?3, updated_at = ?4
             WHERE id = ?1",
            params![task.id, status.as_str(), reason, self.now()],
        )?;
        if let Some(owner) = &task.owner {
            self.leave(owner, &task.id)?;
        }
        let blocked = task.blocked_reason.as_deref();
        let blocked = blocked
            .map(|why| format!("; it was blocked: {why}"))
            .unwrap_or_default();
        let said = format!("attempt {attempts} ended when {owner} vanished{blocked}");
        self.add_to_trail(&task.id, None, TrailKind::Note, &said)?;
        self.record(Entry {
            agent: task.owner.as_deref(),
            event: &format!("task.{}", what.verb()),
            body: &format!("{}: {said}", task.id),
            ..Entry::default()
        })?;
        if status == Status::Pending {
            self.place(None, &task.id)?;
        }
        let fallout = self.settle(None, &[&task.id])?;
        self.tell_shaken(agent, &task.id, &fallout)
    }
}

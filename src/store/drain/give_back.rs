//! What agents hold goes back to the board: because they say that they are ready, or because nobody waits any longer.

use anyhow::Result;
use rusqlite::params;

use crate::domain::agent::SYSTEM;
use crate::domain::drain::{Answer, GivenBack, Returned};
use crate::domain::lock::Key;
use crate::domain::task::{Move, Task};
use crate::error::Refusal;
use crate::store::tasks::Report;
use crate::store::{Read, Write};

impl Read<'_> {
    /// The tasks that an agent has, in progress or blocked.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn tasks_of(&self, agent: &str) -> Result<Vec<Task>> {
        let ids: Vec<String> = self.rows(
            "SELECT id FROM task WHERE owner_id = ?1 AND status IN ('in_progress', 'blocked') ORDER BY id",
            [agent],
            |row| row.get(0),
        )?;
        let mut tasks = Vec::new();
        for id in ids {
            tasks.extend(self.task(&id)?);
        }
        Ok(tasks)
    }

    /// An agent and its subagents, whose work ends with its own.
    fn with_subagents(&self, agent: &str) -> Result<Vec<String>> {
        let mut family = vec![agent.to_owned()];
        let children = self.rows(
            "SELECT id FROM agent WHERE parent_id = ?1 ORDER BY id",
            [agent],
            |row| row.get::<_, String>(0),
        )?;
        family.extend(children);
        Ok(family)
    }

    /// What an agent and its subagents hold now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn held_by(&self, agent: &str) -> Result<Vec<Returned>> {
        let mut held = Vec::new();
        for one in self.with_subagents(agent)? {
            let tasks = self.tasks_of(&one)?.into_iter();
            held.extend(tasks.map(|task| Returned::Task(task.id, task.title)));
            let locks = self.locks_of(&one)?;
            held.extend(locks.iter().map(|lock| Returned::Lock(in_words(&lock.key))));
        }
        Ok(held)
    }
}

impl Write<'_> {
    /// An agent is ready: everything that it and its subagents hold goes back, and its note goes to the trail of its
    /// tasks. Said again, only what it holds by then goes back.
    ///
    /// # Errors
    /// [`Refusal`] when nobody asked for it, or the store is closed.
    pub fn ready(&self, agent: &str, note: Option<&str>) -> Result<GivenBack> {
        let Some(drain) = self.swarm()? else {
            return Err(Refusal::refused("the swarm is open, and nobody asked for your work back")
                .hint("`agent-sync task release TASK` and `agent-sync lock release --all` give back what you hold")
                .into());
        };
        self.require_open()?;
        if drain.member(agent).is_none() {
            // A subagent, or whoever began it: not asked, and free to answer all the same.
            self.execute(
                "INSERT INTO swarm_member (agent_id, name, told_at) SELECT id, name, ?2 FROM agent WHERE id = ?1",
                params![agent, self.now()],
            )?;
        }
        let is_first = drain.member(agent).is_none_or(|member| member.answer.is_none());
        self.execute(
            "UPDATE swarm_member SET answer = coalesce(answer, 'ready'), answered_at = coalesce(answered_at, ?2),
                 note = coalesce(?3, note) WHERE agent_id = ?1",
            params![agent, self.now(), note],
        )?;
        let returned = self.held_by(agent)?;
        self.note_returned(agent, &returned)?;
        for one in self.with_subagents(agent)? {
            for task in self.tasks_of(&one)? {
                self.put_back(agent, &task, note, one != agent)?;
            }
            self.release_all(&one, "all, for the end of the swarm")?;
        }
        if is_first {
            let body = note.unwrap_or_default();
            self.record_event(Some(agent), "swarm.ready", body)?;
        }
        Ok(GivenBack {
            drain: self.expect_swarm()?,
            returned,
        })
    }

    /// Nobody waits for an agent any longer: what it and its subagents hold is taken back, and they are told.
    pub(super) fn give_up_on(&self, agent: &str, why: Answer) -> Result<()> {
        self.execute(
            "UPDATE swarm_member SET answer = ?2, answered_at = ?3 WHERE agent_id = ?1 AND answer IS NULL",
            params![agent, why.as_str(), self.now()],
        )?;
        let held = self.held_by(agent)?;
        self.note_returned(agent, &held)?;
        if why == Answer::Gone {
            // The dead are cleared away as always, and what they tried counts as an attempt.
            self.sweep()?;
            self.reclaim_abandoned(SYSTEM)?;
        }
        for one in self.with_subagents(agent)? {
            self.take_back(&one)?;
        }
        self.record_event(Some(agent), "swarm.given_up", why.as_str())
    }

    /// Takes back everything that an agent holds: the locks first, so that it hears of each.
    pub(super) fn take_back(&self, agent: &str) -> Result<()> {
        self.ensure_mentioned(SYSTEM)?;
        self.take_locks_back(SYSTEM, agent)?;
        for task in self.tasks_of(agent)? {
            self.put_back(SYSTEM, &task, Some("taken back at the end of the swarm"), true)?;
        }
        Ok(())
    }

    fn put_back(&self, by: &str, task: &Task, note: Option<&str>, force: bool) -> Result<()> {
        let blocked = task.blocked_reason.as_deref();
        let note = match (note, blocked) {
            (note, None) => note.map(str::to_owned),
            (None, Some(why)) => Some(format!("it was blocked: {why}")),
            (Some(note), Some(why)) => Some(format!("{note}; it was blocked: {why}")),
        };
        let report = Report {
            note: note.as_deref(),
            ..Report::default()
        };
        self.move_task(by, &task.id, Move::Release, &report, force)?;
        Ok(())
    }

    pub(super) fn note_returned(&self, agent: &str, returned: &[Returned]) -> Result<()> {
        for one in returned {
            let (kind, what, title) = match one {
                Returned::Task(id, title) => ("task", id, title.as_str()),
                Returned::Lock(what) => ("lock", what, ""),
            };
            self.execute(
                "INSERT INTO swarm_returned (agent_id, kind, what, title) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (agent_id, kind, what) DO UPDATE SET title = excluded.title",
                params![agent, kind, what, title],
            )?;
        }
        Ok(())
    }
}

/// What a lock is on, in plain words.
fn in_words(key: &Key) -> String {
    match key {
        Key::Resource(name) => format!("resource {name}"),
        Key::Path(key) if key.tree.is_empty() => key.path.clone(),
        Key::Path(key) => format!("{} ({})", key.path, key.tree),
    }
}

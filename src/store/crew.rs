//! The sessions that were started for a plan, and who looks after them.
//!
//! What spans processes is remembered before it is done and after: a start is written down with its agent and its
//! mark before there is a process, and the process before it does anything. So whoever finds these rows after a
//! crash knows what may be running, and under which mark.

use anyhow::Result;
use rusqlite::{Row, params};

use super::{Read, Registration, Write};
use crate::domain::agent::Kin;
use crate::domain::crew::{Crew, CrewState, Session, State, Tasks};
use crate::domain::presence::{Proof, Turn};
use crate::error::Refusal;

const SESSION: &str =
    "SELECT plan_id, name, role, agent_id, launch, state, pid, started, boot, namespace, starts, failures, exit,
         began_at, ended_at, resumes_at, log, worktree, window FROM crew_session";

/// A start of a session that is about to happen.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The plan.
    pub plan: &'a str,
    /// The seat.
    pub name: &'a str,
    /// The role of the agent.
    pub role: Option<&'a str>,
    /// The agent that the session will be.
    pub agent: &'a str,
    /// The session's id, which marks its processes.
    pub launch: &'a str,
    /// Where it prints to; empty where a window shows it.
    pub log: &'a str,
    /// Its checkout; empty for the one in which the crew was launched.
    pub worktree: &'a str,
    /// The directory it starts in.
    pub directory: &'a str,
    /// The window of tmux that it will run in.
    pub window: Option<&'a str>,
}

fn proof(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Proof>> {
    Ok(match row.get::<_, Option<i64>>(at)? {
        Some(pid) => Some(Proof {
            pid,
            started: row.get(at + 1)?,
            boot: row.get(at + 2)?,
            namespace: row.get(at + 3)?,
        }),
        None => None,
    })
}

fn crew(row: &Row<'_>) -> rusqlite::Result<Crew> {
    Ok(Crew {
        plan: row.get(0)?,
        agent: row.get(1)?,
        state: CrewState::parse(&row.get::<_, String>(2)?),
        supervisor: proof(row, 3)?,
        began_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        plan: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        agent: row.get(3)?,
        launch: row.get(4)?,
        state: State::parse(&row.get::<_, String>(5)?),
        proof: proof(row, 6)?,
        starts: row.get(10)?,
        failures: row.get(11)?,
        exit: row.get(12)?,
        began_at: row.get(13)?,
        ended_at: row.get(14)?,
        resumes_at: row.get(15)?,
        log: row.get(16)?,
        worktree: row.get(17)?,
        window: row.get(18)?,
    })
}

impl Read<'_> {
    /// Every crew there is or was, by plan.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn crews(&self) -> Result<Vec<Crew>> {
        self.rows(
            "SELECT plan_id, agent_id, state, pid, started, boot, namespace, began_at, ended_at
             FROM crew ORDER BY plan_id",
            [],
            crew,
        )
    }

    /// The crew of a plan.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn crew(&self, plan: &str) -> Result<Option<Crew>> {
        self.row(
            "SELECT plan_id, agent_id, state, pid, started, boot, namespace, began_at, ended_at
             FROM crew WHERE plan_id = ?1",
            [plan],
            crew,
        )
    }

    /// The sessions of a plan, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn crew_sessions(&self, plan: &str) -> Result<Vec<Session>> {
        self.rows(
            &format!("{SESSION} WHERE plan_id = ?1 ORDER BY name"),
            [plan],
            session,
        )
    }

    /// The sessions of all plans, by plan and name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_crew_sessions(&self) -> Result<Vec<Session>> {
        self.rows(&format!("{SESSION} ORDER BY plan_id, name"), [], session)
    }

    /// The sessions of which a process may run, of all plans, by plan and name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn crew_sessions_up(&self) -> Result<Vec<Session>> {
        let mut sessions = self.all_crew_sessions()?;
        sessions.retain(|session| session.state.is_up());
        Ok(sessions)
    }

    /// How these tasks stand: a look at each of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn crew_tasks(&self, tasks: &[String]) -> Result<Tasks> {
        let mut statement = self
            .connection
            .prepare("SELECT status, waits, role, owner_id FROM task WHERE id = ?1")?;
        let mut all = Tasks::default();
        for task in tasks {
            let mut rows = statement.query([task])?;
            let Some(row) = rows.next()? else { continue };
            let status: String = row.get(0)?;
            let owner: Option<String> = row.get(3)?;
            match status.as_str() {
                "done" => all.done += 1,
                "failed" | "cancelled" => all.failed += 1,
                _ => all.open += 1,
            }
            let is_held = matches!(status.as_str(), "in_progress" | "blocked");
            let is_ready = match owner {
                Some(owner) if is_held => {
                    let is_living = self.is_here(&owner)?;
                    all.under_way += usize::from(is_living);
                    !is_living
                }
                _ => status == "pending" && row.get::<_, i64>(1)? == 0,
            };
            if is_ready {
                all.ready.push(row.get(2)?);
            }
        }
        Ok(all)
    }

    fn is_here(&self, agent: &str) -> Result<bool> {
        Ok(self.agent(agent)?.is_some_and(|agent| agent.presence.is_living()))
    }

    /// The id and the title of the task that an agent works on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_in_hand(&self, agent: &str) -> Result<Option<(String, String)>> {
        self.row(
            "SELECT id, title FROM task WHERE owner_id = ?1 AND status = 'in_progress'
             ORDER BY claimed_at DESC, id LIMIT 1",
            [agent],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The plan of the crew that an agent or its session belongs to, where that is coming to its end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn draining_crew(&self, agent: Kin<'_>) -> Result<Option<String>> {
        self.row(
            "SELECT c.plan_id FROM crew_session s JOIN crew c ON c.plan_id = s.plan_id
             WHERE s.agent_id IN (?1, ?2) AND c.state = 'draining'",
            params![agent.id, agent.parent],
            |row| row.get(0),
        )
    }

    /// Refuses new work to the sessions of a crew that is coming to its end.
    ///
    /// # Errors
    /// [`Refusal`] that says so; otherwise when the store cannot be read.
    pub(super) fn require_crew(&self, agent: Kin<'_>) -> Result<()> {
        match self.draining_crew(agent)? {
            None => Ok(()),
            Some(plan) => Err(Refusal::refused(format!(
                "no new tasks are handed out to the sessions of {plan}: whoever started them is ending them"
            ))
            .hint("finish what you have, and end your turn")
            .into()),
        }
    }

    /// Whether any task is an agent's, or was so when it ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_worked(&self, agent: &str) -> Result<bool> {
        self.any("SELECT 1 FROM task WHERE owner_id = ?1", [agent])
    }
}

impl Write<'_> {
    /// Takes the crew of a plan over: from now on this process looks after it. Says which sessions it has already.
    /// Where another process does so, that crew comes back instead; `by_force` says that it does not.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn take_crew(
        &self,
        plan: &str,
        agent: &str,
        supervisor: Option<Proof>,
        by_force: bool,
    ) -> Result<Result<Vec<Session>, Crew>> {
        self.require_claims()?;
        if let Some(crew) = self.crew(plan)?
            && !by_force
            && crew.supervisor != supervisor
            && crew.is_supervised(self.world.processes)
        {
            return Ok(Err(crew));
        }
        self.execute(
            "INSERT INTO crew (plan_id, agent_id, state, pid, started, boot, namespace, began_at)
             VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (plan_id) DO UPDATE SET agent_id = excluded.agent_id, state = 'running',
                 pid = excluded.pid, started = excluded.started, boot = excluded.boot,
                 namespace = excluded.namespace, began_at = excluded.began_at, ended_at = NULL",
            params![
                plan,
                agent,
                supervisor.map(|proof| proof.pid),
                supervisor.map(|proof| proof.started),
                supervisor.map(|proof| proof.boot),
                supervisor.map(|proof| proof.namespace),
                self.now(),
            ],
        )?;
        self.record_event(Some(agent), "crew.began", plan)?;
        Ok(Ok(self.crew_sessions(plan)?))
    }

    /// Notes that no session of a plan is started any more.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn drain_crew(&self, plan: &str) -> Result<()> {
        let changed = self.execute(
            "UPDATE crew SET state = 'draining' WHERE plan_id = ?1 AND state = 'running'",
            [plan],
        )?;
        if changed > 0 {
            self.record_event(None, "crew.draining", plan)?;
        }
        Ok(())
    }

    /// Notes that nobody looks after the sessions of a plan any more. Those that wait are over; none may be up.
    ///
    /// # Errors
    /// When the store cannot be written, or a session is up.
    pub fn end_crew(&self, plan: &str, waiting: State) -> Result<()> {
        let is_up = self
            .crew_sessions(plan)?
            .iter()
            .any(|session| session.state.is_up());
        anyhow::ensure!(!is_up, "a session of {plan} is still up");
        self.execute(
            "UPDATE crew_session SET state = ?2, resumes_at = NULL WHERE plan_id = ?1 AND state = 'waiting'",
            [plan, waiting.as_str()],
        )?;
        let changed = self.execute(
            "UPDATE crew SET state = 'ended', ended_at = ?2, pid = NULL, started = NULL, boot = NULL,
                 namespace = NULL WHERE plan_id = ?1 AND state <> 'ended'",
            params![plan, self.now()],
        )?;
        if changed > 0 {
            self.record_event(None, "crew.ended", plan)?;
        }
        Ok(())
    }

    /// Writes a start down before it happens: its agent is here from now on, under this name where nobody living
    /// has it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn prepare_session(&self, start: &Start<'_>) -> Result<()> {
        self.require_open()?;
        self.register(&Registration {
            id: start.agent,
            name: Some(start.name),
            role: start.role,
            cwd: Some(start.directory),
            ..Registration::default()
        })?;
        self.execute(
            "INSERT INTO crew_session (plan_id, name, role, agent_id, launch, state, began_at, log, worktree, window)
             VALUES (?1, ?2, ?3, ?4, ?5, 'starting', ?6, ?7, ?8, ?9)
             ON CONFLICT (plan_id, name) DO UPDATE SET role = excluded.role, agent_id = excluded.agent_id,
                 launch = excluded.launch, state = 'starting', pid = NULL, started = NULL, boot = NULL,
                 namespace = NULL, starts = starts + 1, exit = NULL, began_at = excluded.began_at, ended_at = NULL,
                 resumes_at = NULL, log = excluded.log, worktree = excluded.worktree, window = excluded.window",
            params![
                start.plan,
                start.name,
                start.role,
                start.agent,
                start.launch,
                self.now(),
                start.log,
                start.worktree,
                start.window,
            ],
        )?;
        Ok(())
    }

    /// Notes the process of a start, before it does anything. From now on its agent lives as long as it does.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn session_started(&self, session: &Session, proof: Option<Proof>) -> Result<()> {
        self.execute(
            "UPDATE crew_session SET state = 'running', pid = ?3, started = ?4, boot = ?5, namespace = ?6
             WHERE plan_id = ?1 AND name = ?2 AND launch = ?7",
            params![
                session.plan,
                session.name,
                proof.map(|proof| proof.pid),
                proof.map(|proof| proof.started),
                proof.map(|proof| proof.boot),
                proof.map(|proof| proof.namespace),
                session.launch,
            ],
        )?;
        self.register(&Registration {
            id: &session.agent,
            proof,
            ..Registration::default()
        })?;
        self.record_event(
            Some(&session.agent),
            "session.started",
            &format!("{} {}", session.plan, session.name),
        )
    }

    /// Notes that a session has ended and what becomes of it. Its agent is gone: what it held is given back, to the
    /// board and to whoever waits.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn session_ended(
        &self,
        session: &Session,
        exit: Option<i32>,
        state: State,
        failures: u32,
        pause: Option<i64>,
    ) -> Result<()> {
        let resumes_at = pause
            .filter(|_| state == State::Waiting)
            .map(|pause| self.now().saturating_add(pause));
        let changed = self.execute(
            "UPDATE crew_session SET state = ?3, exit = ?4, failures = ?5, ended_at = ?6, resumes_at = ?7
             WHERE plan_id = ?1 AND name = ?2 AND launch = ?8",
            params![
                session.plan,
                session.name,
                state.as_str(),
                exit,
                failures,
                self.now(),
                resumes_at,
                session.launch,
            ],
        )?;
        if changed == 0 {
            return Ok(());
        }
        self.record_event(
            Some(&session.agent),
            "session.ended",
            &format!("{} {}: {}", session.plan, session.name, state.as_str()),
        )?;
        let is_here = self
            .sighting(&session.agent)?
            .is_some_and(|(sighting, _)| sighting.turn != Turn::Ended);
        if is_here {
            self.end_subagents(&session.agent)?;
            self.set_turn(&session.agent, Turn::Ended)?;
        }
        self.sweep()?;
        self.reclaim_abandoned(&session.agent)?;
        Ok(())
    }
}

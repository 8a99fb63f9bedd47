//! Whoever launched a crew looks after it: starts who has something to do, notes who has ended, and ends the others.
//!
//! Everything that it knows is in the store before it acts upon it, so it may be killed at any moment: the sessions go
//! on with what they have, and whoever launches the plan again takes them over where they are.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::end::end_all;
use super::slot::{Ending, Slot, seat};
use super::start::{self, Prepared};
use super::{Checkout, End, Face, Order, Outcome, log, worktree};
use crate::domain::crew::{CrewState, Ended, Limits, Next, Picture, Session, Shown, State, Tasks, next};
use crate::domain::drain::Stage;
use crate::domain::presence::{Life, ProcessTable as _};
use crate::domain::time::Moment;
use crate::env::{Env, Worker};
use crate::error::Refusal;
use crate::place::Place;
use crate::store::{Read, SessionStart, Store, Write};

/// How long nothing is looked at where nothing tells of a change: a session may have been killed.
const TICK: Duration = Duration::from_millis(250);
/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long a session without a task counts as one that is about to take one, in milliseconds since it was seen.
const ABOUT_TO: i64 = 120_000;
/// How long a session may go on once all tasks have ended, in milliseconds.
const LINGERS: i64 = 120_000;
/// How long what a session left behind may take to end.
const LEFTOVERS: Duration = Duration::from_secs(2);
/// How often a store that is busy is tried again.
const TRIES: u32 = 6;

/// Looks after a crew until it ends, one way or the other; nothing of it runs then.
///
/// # Errors
/// [`Refusal`] when somebody else looks after it, or when the first session cannot be made ready; otherwise what the
/// store or the system says. Sessions are ended then, too.
pub fn supervise(env: &Env, place: &Place, order: &Order, face: &mut dyn Face) -> Result<Outcome> {
    let mut supervisor = Supervisor::take(env, place, order)?;
    let end = supervisor.look_after(face);
    let (tasks, picture, kept) = supervisor.close(&end)?;
    Ok(Outcome {
        end: end?,
        tasks,
        picture,
        kept,
    })
}

struct Supervisor<'a> {
    env: &'a Env,
    place: &'a Place,
    order: &'a Order,
    store: Store,
    slots: Vec<Slot>,
    tasks: Tasks,
    /// How far the end of the whole swarm has come: from its beginning on no work is handed out to anybody.
    swarm: Option<Stage>,
    state: CrewState,
    began: Moment,
    /// When sessions were asked to come to an end, and why.
    draining: Option<(Moment, End)>,
    /// When all tasks had ended.
    finished: Option<Moment>,
}

impl<'a> Supervisor<'a> {
    /// Becomes the one that looks after the crew, and takes over who is there.
    fn take(env: &'a Env, place: &'a Place, order: &'a Order) -> Result<Self> {
        let store = open(env, place)?;
        let mut supervisor = Self {
            env,
            place,
            order,
            store,
            slots: Vec::new(),
            tasks: Tasks::default(),
            swarm: None,
            state: CrewState::Running,
            began: env.now(),
            draining: None,
            finished: None,
        };
        let own = env.own_proof();
        let taken =
            supervisor.write(|write| write.take_crew(&order.plan, &order.agent, own, order.by_force))?;
        let sessions = taken.map_err(|crew| {
            let process = crew
                .supervisor
                .map_or_else(String::new, |proof| format!(" (process {})", proof.pid));
            Refusal::refused(format!(
                "somebody looks after the sessions of {} already{process}",
                order.plan
            ))
            .hint("Ctrl-C there ends them; `--take-over` here is for when that process is certainly gone")
        })?;
        supervisor.slots = seat(&order.seats, sessions);
        Ok(supervisor)
    }

    fn look_after(&mut self, face: &mut dyn Face) -> Result<End> {
        loop {
            let watch = self.env.watch(&self.store.log());
            self.reap()?;
            (self.tasks, self.swarm) = self.read(|read| {
                let tasks = read.crew_tasks(&self.order.tasks)?;
                Ok((tasks, read.swarm_stage()?))
            })?;
            if let Some(end) = self.end_of_it() {
                return Ok(end);
            }
            if self.draining.is_none() && self.swarm.is_none() {
                self.start_due()?;
            }
            face.show(&self.picture()?);
            for slot in &self.slots {
                if let Some(session) = slot.session.as_ref().filter(|session| !session.log.is_empty()) {
                    let _best_effort = log::bound(Path::new(&session.log));
                }
            }
            self.env.sleep(SHORTEST);
            if let Some(signal) = face.wait(&watch, TICK)? {
                if self.draining.is_some() {
                    return Ok(End::Drained(signal));
                }
                self.drain(End::Drained(signal))?;
            }
            if let Some(time) = self.order.time
                && self.draining.is_none()
                && self.passed(&self.began) >= time
            {
                self.drain(End::TimeUp)?;
            }
        }
    }

    /// Whether there is nothing to wait for any more, and how it ended then.
    fn end_of_it(&mut self) -> Option<End> {
        let is_up = self.slots.iter().any(Slot::is_up);
        // Until the store is closed, whoever works may finish what it has.
        let is_over = !is_up || self.swarm.is_some_and(Stage::is_shut);
        if let Some((since, end)) = &self.draining {
            let is_over = is_over || self.passed(since) >= self.order.drain;
            return is_over.then_some(*end);
        }
        if self.tasks.open == 0 {
            let now = self.env.now();
            let since = self.finished.get_or_insert(now);
            let is_over = is_over || now.since(since) >= LINGERS;
            return is_over.then_some(End::Finished);
        }
        self.finished = None;
        if self.swarm.is_some() {
            return is_over.then_some(End::Held);
        }
        if is_up || self.tasks.under_way > 0 {
            return None;
        }
        let has_work =
            |slot: &Slot| slot.may_start() && self.tasks.queue(slot.seat.role.as_deref()).ready > 0;
        let is_stuck = !self.slots.iter().any(has_work);
        is_stuck.then_some(End::Stuck)
    }

    fn drain(&mut self, end: End) -> Result<()> {
        self.draining = Some((self.env.now(), end));
        self.state = CrewState::Draining;
        let plan = &self.order.plan;
        self.write(|write| write.drain_crew(plan))
    }

    /// Notes who has ended.
    fn reap(&mut self) -> Result<()> {
        self.env.processes().forget();
        for at in 0..self.slots.len() {
            match self.ending(at)? {
                Ending::None => {}
                Ending::Seen(exit) => self.note_end(at, Some(exit))?,
                Ending::Unseen => self.note_end(at, None)?,
            }
        }
        Ok(())
    }

    /// Whether the session of a slot has just ended.
    fn ending(&mut self, at: usize) -> Result<Ending> {
        let slot = &mut self.slots[at];
        let Some(session) = slot.session.as_ref().filter(|session| session.state.is_up()) else {
            return Ok(Ending::None);
        };
        if let Some(worker) = &mut slot.worker {
            return Ok(worker.ended()?.map_or(Ending::None, Ending::Seen));
        }
        // Taken over. One that was not started yet waits at a gate that nobody opens any more.
        let is_running = session.state == State::Running
            && session
                .proof
                .is_some_and(|proof| self.env.processes().life(&proof) == Life::Running);
        Ok(if is_running { Ending::None } else { Ending::Unseen })
    }

    fn note_end(&mut self, at: usize, exit: Option<i32>) -> Result<()> {
        let Some(session) = self.slots[at].session.clone() else {
            return Ok(());
        };
        // What it left behind would go on without anybody who knows of it.
        let _nobody_left = end_all(self.env, &[&session], LEFTOVERS);
        let (tasks, is_draining) = (&self.order.tasks, self.draining.is_some());
        let is_wanted = self.slots[at].is_wanted;
        let limits: Limits = self.order.limits;
        let after = self.write(|write| {
            let ended = Ended {
                is_well: exit.is_none_or(|exit| exit == 0),
                has_worked: write.has_worked(&session.agent)?,
            };
            let queue = write.crew_tasks(tasks)?.queue(session.role.as_deref());
            let mut after = Session {
                exit,
                ended_at: Some(write.now()),
                ..session.clone()
            };
            let mut pause = None;
            match next(ended, session.failures, queue, limits) {
                Next::Done => after.state = State::Done,
                Next::Wait { failures, .. } if is_draining || !is_wanted => {
                    (after.state, after.failures) = (State::Stopped, failures);
                }
                Next::Wait {
                    failures,
                    pause: wait,
                } => {
                    (after.state, after.failures) = (State::Waiting, failures);
                    pause = Some(wait);
                }
                Next::GiveUp { failures } => (after.state, after.failures) = (State::Failed, failures),
            }
            after.resumes_at = pause.map(|pause| write.now().saturating_add(pause));
            write.session_ended(&session, exit, after.state, after.failures, pause)?;
            Ok(after)
        })?;
        let slot = &mut self.slots[at];
        slot.worker = None;
        slot.session = Some(after);
        Ok(())
    }

    /// Starts those for whom there is something to do.
    fn start_due(&mut self) -> Result<()> {
        let now = self.env.now().wall;
        let free: Vec<usize> = (0..self.slots.len())
            .filter(|at| self.slots[*at].is_free(now))
            .collect();
        if free.is_empty() || self.tasks.ready.is_empty() {
            return Ok(());
        }
        let up: Vec<&Session> = self
            .slots
            .iter()
            .filter(|slot| slot.is_up())
            .filter_map(|slot| slot.session.as_ref())
            .collect();
        let idle = self.read(|read| {
            let mut idle = Vec::new();
            for session in &up {
                let is_fresh = read
                    .sighting(&session.agent)?
                    .is_some_and(|(sighting, _)| now.saturating_sub(sighting.seen.wall) < ABOUT_TO);
                if is_fresh && read.task_in_hand(&session.agent)?.is_none() {
                    idle.push(session.role.as_deref());
                }
            }
            Ok(idle)
        })?;
        let roles: Vec<Option<&str>> = free
            .iter()
            .map(|at| self.slots[*at].seat.role.as_deref())
            .collect();
        let due = self.tasks.due(&idle, &roles);
        for (at, _) in free.into_iter().zip(due).filter(|(_, is_due)| *is_due) {
            self.start(at)?;
        }
        Ok(())
    }

    /// Starts the session of a slot: written down, held, written down with its process, let go.
    fn start(&mut self, at: usize) -> Result<()> {
        let project = self.place.project();
        let seat = self.slots[at].seat.clone();
        let now = self.env.now().wall;
        let prepared = start::prepare(
            self.env,
            project,
            self.order,
            (&seat.name, seat.role.as_deref()),
            now,
        )?;
        let before = self.slots[at].session.take();
        let mut session = Session {
            starts: before.as_ref().map_or(1, |before| before.starts + 1),
            failures: before.as_ref().map_or(0, |before| before.failures),
            ..prepared.session.clone()
        };
        let directory = prepared.directory.to_string_lossy().into_owned();
        self.write(|write| {
            write.prepare_session(&SessionStart {
                plan: &session.plan,
                name: &session.name,
                role: session.role.as_deref(),
                agent: &session.agent,
                launch: &session.launch,
                log: &session.log,
                worktree: &session.worktree,
                directory: &directory,
                window: session.window.as_deref(),
            })
        })?;
        let started = self.begin(&mut session, prepared);
        self.slots[at].session = Some(session);
        match started {
            Ok(worker) => {
                self.slots[at].worker = worker;
                Ok(())
            }
            // It counts as a start that came to nothing; the log of the crew says so, and others go on.
            Err(_could_not_begin) => self.note_end(at, Some(126)),
        }
    }

    fn begin(&mut self, session: &mut Session, prepared: Prepared) -> Result<Option<Worker>> {
        let held = prepared.launch(self.env)?;
        session.proof = self.env.processes().proof(held.pid());
        session.state = State::Running;
        let noted = session.clone();
        self.write(|write| write.session_started(&noted, noted.proof))?;
        Ok(held.go()?)
    }

    fn picture(&self) -> Result<Picture> {
        let sessions: Vec<&Session> = self
            .slots
            .iter()
            .filter_map(|slot| slot.session.as_ref())
            .collect();
        let hands = self.read(|read| {
            let hands = sessions.iter().map(|session| {
                if session.state.is_up() {
                    read.task_in_hand(&session.agent)
                } else {
                    Ok(None)
                }
            });
            hands.collect::<Result<Vec<_>>>()
        })?;
        let shown = sessions.into_iter().zip(hands).map(|(session, task)| Shown {
            session: session.clone(),
            task,
            said: log::last_line(Path::new(&session.log)),
        });
        Ok(Picture {
            plan: self.order.plan.clone(),
            state: self.state,
            tasks: self.tasks.clone(),
            sessions: shown.collect(),
        })
    }

    /// Ends everybody who is still there, gives back what they held, and clears up.
    #[expect(clippy::type_complexity, reason = "the parts of an outcome, in its order")]
    fn close(
        &mut self,
        end: &Result<End>,
    ) -> Result<(Tasks, Picture, Vec<(std::path::PathBuf, &'static str)>)> {
        let up: Vec<usize> = (0..self.slots.len())
            .filter(|at| self.slots[*at].is_up())
            .collect();
        let sessions: Vec<&Session> = up
            .iter()
            .filter_map(|at| self.slots[*at].session.as_ref())
            .collect();
        let _all_that_can_be_done = end_all(self.env, &sessions, self.order.grace);
        self.env.processes().forget();
        for at in up {
            let exit = self.slots[at].worker.as_mut().and_then(|worker| {
                if let Ok(Some(exit)) = worker.ended() {
                    return Some(exit);
                }
                worker.kill();
                None
            });
            let Some(session) = self.slots[at].session.clone() else {
                continue;
            };
            let state = if matches!(end, Ok(End::Finished)) {
                State::Done
            } else {
                State::Stopped
            };
            self.write(|write| write.session_ended(&session, exit, state, session.failures, None))?;
        }
        let plan = &self.order.plan;
        let rest = if matches!(end, Ok(End::Finished)) {
            State::Done
        } else {
            State::Stopped
        };
        let (tasks, sessions) = self.write(|write| {
            write.end_crew(plan, rest)?;
            Ok((write.crew_tasks(&self.order.tasks)?, write.crew_sessions(plan)?))
        })?;
        let mut kept = Vec::new();
        for session in sessions.iter().filter(|session| !session.worktree.is_empty()) {
            let project = self.place.project();
            let fate = worktree::tidy(
                project,
                plan,
                &session.name,
                self.order.checkout == Checkout::OwnForNow,
            );
            if let worktree::Fate::Kept(why) = fate {
                kept.push((worktree::directory(project, plan, &session.name), why));
            }
        }
        self.tasks = tasks.clone();
        self.state = CrewState::Ended;
        for slot in &mut self.slots {
            let now = sessions.iter().find(|session| session.name == slot.seat.name);
            slot.session = now.cloned();
        }
        Ok((tasks, self.picture()?, kept))
    }

    fn passed(&self, since: &Moment) -> Duration {
        Duration::from_millis(u64::try_from(self.env.now().since(since)).unwrap_or(0))
    }

    fn read<T>(&self, body: impl FnOnce(&Read<'_>) -> Result<T>) -> Result<T> {
        self.store.read(&self.env.world(), body)
    }

    /// Changes the store in one transaction. A crew does not end because others are busy for a while.
    fn write<T>(&mut self, body: impl Fn(&Write<'_>) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            self.env.processes().forget();
            if !self.store.is_in_place() {
                self.store = open(self.env, self.place)?;
            }
            match self.store.write(&self.env.world(), &body) {
                Ok(value) => {
                    self.place.raise_flags(self.env, &self.store.take_sleepers());
                    return Ok(value);
                }
                Err(error) if Refusal::is_only_passing(&error) && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

fn open(env: &Env, place: &Place) -> Result<Store> {
    place
        .open_or_create(env)
        .map_err(|unusable| unusable.refusal(place))
}

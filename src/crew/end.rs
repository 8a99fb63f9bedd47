//! Sessions are ended, with all that they started, by whoever may do so: also by a process that did not start them.

use std::time::Duration;

use super::MARK;
use crate::domain::crew::Session;
use crate::domain::presence::{Life, ProcessTable as _, Proof};
use crate::env::{Env, Wish};

/// How long to sleep between two looks at who is left.
const PAUSE: Duration = Duration::from_millis(40);
/// How long the system may take to carry out what nobody can refuse.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of ending a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing of it ran any more.
    Gone,
    /// It ended when it was asked to.
    Asked,
    /// It, or something it had started, had to be killed.
    Killed,
    /// Something of it still runs, or it runs where it cannot be seen from here.
    Left,
}

/// Ends one session: its process group and what left that group is asked to end (`SIGTERM`), and killed after `grace`.
///
/// Whoever is its parent still has to wait for it.
#[must_use]
pub fn end(env: &Env, session: &Session, grace: Duration) -> Ended {
    end_all(env, &[session], grace).pop().unwrap_or(Ended::Gone)
}

/// Ends several sessions at the same time, in the order given.
#[must_use]
pub fn end_all(env: &Env, sessions: &[&Session], grace: Duration) -> Vec<Ended> {
    let mut endings: Vec<Ending<'_>> = sessions.iter().map(|session| Ending::new(env, session)).collect();
    let mut waited = Duration::ZERO;
    while endings.iter_mut().any(|ending| !ending.is_over(env)) && waited < grace {
        env.sleep(PAUSE);
        waited += PAUSE;
    }
    let mut waited = Duration::ZERO;
    loop {
        for ending in &mut endings {
            ending.insist(env);
        }
        if endings.iter_mut().all(|ending| ending.is_over(env)) || waited >= PATIENCE {
            break;
        }
        env.sleep(PAUSE);
        waited += PAUSE;
    }
    endings.into_iter().map(|ending| ending.outcome).collect()
}

/// The mark in the environment of everything that descends from a start of a session.
fn mark(session: &Session) -> String {
    format!("{MARK}={}", session.launch)
}

struct Ending<'a> {
    session: &'a Session,
    mark: String,
    asked: Vec<Proof>,
    outcome: Ended,
}

impl<'a> Ending<'a> {
    /// Asks everybody there is to end.
    fn new(env: &Env, session: &'a Session) -> Self {
        let mut ending = Self {
            session,
            mark: mark(session),
            asked: Vec::new(),
            outcome: Ended::Gone,
        };
        let processes = env.processes();
        for process in ending.family(env) {
            processes.send(&process, Wish::End);
            ending.asked.push(process);
            ending.outcome = Ended::Asked;
        }
        processes.forget();
        if ending.asked.is_empty()
            && let Some(proof) = session.proof
            && processes.life(&proof) == Life::Unknown
        {
            ending.outcome = Ended::Left;
        }
        ending
    }

    fn family(&self, env: &Env) -> Vec<Proof> {
        env.processes().family(self.session.proof.as_ref(), &self.mark)
    }

    /// Whether nobody is left. A session that was asked may start something to say goodbye with; once it has gone
    /// itself, the others are asked, too.
    fn is_over(&mut self, env: &Env) -> bool {
        if self.asked.is_empty() {
            return true;
        }
        let family = self.family(env);
        let is_leader = |process: &Proof| self.session.proof.is_some_and(|leader| leader.pid == process.pid);
        if !family.iter().any(is_leader) {
            for process in &family {
                if !self.asked.contains(process) {
                    env.processes().send(process, Wish::End);
                    self.asked.push(*process);
                }
            }
        }
        family.is_empty()
    }

    /// Kills whoever is left.
    fn insist(&mut self, env: &Env) {
        if self.asked.is_empty() {
            return;
        }
        for process in self.family(env) {
            env.processes().send(&process, Wish::Kill);
            self.outcome = Ended::Killed;
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::domain::crew::State;
    use crate::env::{Launch, Output, Worker};

    fn session(launch: &str, proof: Option<Proof>) -> Session {
        Session {
            plan: "plan-1".to_owned(),
            name: "x-1".to_owned(),
            role: None,
            agent: "agent-1".to_owned(),
            launch: launch.to_owned(),
            state: State::Running,
            proof,
            starts: 1,
            failures: 0,
            exit: None,
            began_at: 0,
            ended_at: None,
            resumes_at: None,
            log: String::new(),
            worktree: String::new(),
            window: None,
        }
    }

    /// Starts a script that writes `ready` once it has set itself up.
    fn started(script: &str, launch: &str) -> (tempfile::TempDir, Session, Worker) {
        let env = Env::real();
        let place = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(place.path().join("log")).unwrap();
        let launch = format!("{launch}-{}", std::process::id());
        let words = ["sh", "-c", script].map(str::to_owned);
        let held = env
            .launch(Launch {
                words: &words,
                directory: place.path(),
                output: Output::Log(log),
                set: vec![(MARK, launch.clone())],
                removed: &[],
            })
            .unwrap();
        let proof = env.processes().proof(held.pid());
        let worker = held.go().unwrap().expect("a child");
        while std::fs::read(place.path().join("log")).unwrap().is_empty() {
            env.sleep(Duration::from_millis(5));
        }
        (place, session(&launch, proof), worker)
    }

    #[test]
    fn whoever_listens_ends_when_it_is_asked_and_its_children_with_it() {
        let env = Env::real();
        let (_place, session, mut worker) =
            started("sleep 60 & setsid sleep 60 & echo ready; wait", "listens");
        assert_eq!(end(&env, &session, Duration::from_secs(20)), Ended::Asked);
        assert_eq!(worker.ended().unwrap(), Some(128 + 15));
        assert_eq!(end(&env, &session, Duration::ZERO), Ended::Gone);
    }

    #[test]
    fn whoever_does_not_listen_is_killed_and_so_is_what_outlived_its_leader() {
        let env = Env::real();
        let (_place, deaf, mut worker) = started("trap '' TERM; sleep 60 & echo ready; wait; wait", "deaf");
        let (_other, orphaned, mut gone) = started(
            "setsid sh -c 'trap \"\" TERM; echo ready; sleep 60' &",
            "orphaned",
        );
        while gone.ended().unwrap().is_none() {
            env.sleep(Duration::from_millis(5));
        }
        let ended = end_all(&env, &[&deaf, &orphaned], Duration::from_millis(200));
        assert_eq!(ended, [Ended::Killed, Ended::Killed]);
        assert_eq!(worker.ended().unwrap(), Some(128 + 9));
    }
}

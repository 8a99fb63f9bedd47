//! The record of what happened, replayed step by step: who held, who stood in line, and whether each step was
//! right. Every change of the store writes its entry in its own transaction, so the entries' order is the order
//! in which things really happened.

use std::collections::{BTreeMap, BTreeSet};

use crate::env::TestEnv;

/// Locks and the line as they were after some entry.
#[derive(Default)]
pub(super) struct History {
    held: BTreeMap<String, String>,
    line: Vec<(i64, String, BTreeSet<String>)>,
    pub(super) acquired: usize,
    pub(super) circles: usize,
    pub(super) given_up: usize,
}

/// One entry about a lock: the event, who, which path, and the text.
struct Entry {
    event: String,
    agent: String,
    path: String,
    body: String,
}

impl History {
    /// Replays everything that happened to locks, and fails at the first step that was wrong.
    pub(super) fn replay(env: &TestEnv) -> Self {
        let sql = env.sql();
        let mut statement = sql
            .prepare(
                "SELECT event, agent_id, path, body FROM activity WHERE event LIKE 'lock.%' ORDER BY seq",
            )
            .unwrap();
        let entries = statement
            .query_map([], |row| {
                Ok(Entry {
                    event: row.get(0)?,
                    agent: row.get(1)?,
                    path: row.get(2)?,
                    body: row.get(3)?,
                })
            })
            .unwrap();
        let mut history = Self::default();
        let mut refused = BTreeSet::new();
        for (step, entry) in entries.enumerate() {
            history.take(step, &entry.unwrap(), &mut refused);
        }
        history
    }

    fn take(&mut self, step: usize, entry: &Entry, refused: &mut BTreeSet<i64>) {
        let Entry {
            event, agent, path, ..
        } = entry;
        // A wait that was refused was given its ticket in the same transaction, so it is judged first.
        if event != "lock.awaited" && event != "lock.deadlock" {
            self.expect_no_circle(step);
        }
        match event.as_str() {
            "lock.awaited" => {
                let ticket = ticket(&entry.body);
                match self.line.last_mut().filter(|place| place.0 == ticket) {
                    Some(place) => {
                        place.2.insert(path.clone());
                    }
                    None => self
                        .line
                        .push((ticket, agent.clone(), BTreeSet::from([path.clone()]))),
                }
            }
            "lock.deadlock" => {
                let ticket = ticket(&entry.body);
                if refused.insert(ticket) {
                    self.circles += 1;
                    assert!(self.has_circle(), "step {step}: a false refusal: {}", entry.body);
                    self.line.retain(|place| place.0 != ticket);
                }
            }
            "lock.given_up" => {
                let ticket = ticket(&entry.body);
                self.line.retain(|place| place.0 != ticket);
                self.given_up += 1;
            }
            "lock.acquired" => {
                self.leave_line(step, agent, path);
                let before = self.held.insert(path.clone(), agent.clone());
                assert_eq!(before, None, "step {step}: {agent} took {path}");
                self.acquired += 1;
            }
            "lock.released" => {
                let holder = self.held.remove(path);
                assert_eq!(
                    holder.as_deref(),
                    Some(agent.as_str()),
                    "step {step}: {path} was given back"
                );
            }
            "lock.refused" => {}
            "lock.renewed" => assert_eq!(self.held.get(path), Some(agent)),
            other => panic!("step {step}: {other} of {path}"),
        }
    }

    /// Whoever takes a path was the first who waited for it, those left out that wait for the taker itself.
    fn leave_line(&mut self, step: usize, agent: &str, path: &str) {
        let own = self
            .line
            .iter()
            .position(|place| place.1 == agent && place.2.contains(path));
        let before = &self.line[..own.unwrap_or(self.line.len())];
        for (ticket, other, wanted) in before {
            assert!(
                !wanted.contains(path) || other == agent || self.waits_for(other, agent),
                "step {step}: {agent} took {path} before {other} with ticket {ticket}"
            );
        }
        if let Some(own) = own {
            self.line[own].2.remove(path);
            if self.line[own].2.is_empty() {
                self.line.remove(own);
            }
        }
    }

    /// Whom an agent waits for: who holds what it wants, and who stands before it for the same.
    fn next(&self, agent: &str, with_line: bool) -> BTreeSet<&str> {
        let mut next = BTreeSet::new();
        for (at, (_, waiter, wanted)) in self.line.iter().enumerate().filter(|(_, place)| place.1 == agent) {
            next.extend(
                wanted
                    .iter()
                    .filter_map(|path| self.held.get(path))
                    .map(String::as_str),
            );
            let before = self.line[..at].iter().filter(|_| with_line);
            next.extend(
                before
                    .filter(|place| !place.2.is_disjoint(wanted))
                    .map(|place| place.1.as_str()),
            );
            next.remove(waiter.as_str());
        }
        next
    }

    fn reaches(&self, from: &str, to: &str, with_line: bool) -> bool {
        let (mut seen, mut left) = (BTreeSet::new(), self.next(from, with_line));
        while let Some(agent) = left.pop_first() {
            if agent == to {
                return true;
            }
            if seen.insert(agent) {
                left.extend(self.next(agent, with_line));
            }
        }
        false
    }

    fn waits_for(&self, from: &str, to: &str) -> bool {
        self.reaches(from, to, true)
    }

    fn has_circle(&self) -> bool {
        self.line
            .iter()
            .any(|place| self.reaches(&place.1, &place.1, false))
    }

    fn expect_no_circle(&self, step: usize) {
        assert!(
            !self.has_circle(),
            "step {step}: a circle was not refused: {:?} {:?}",
            self.held,
            self.line
        );
    }
}

fn ticket(body: &str) -> i64 {
    let number = body.strip_prefix("ticket ").expect("the entry of a ticket");
    number.split(':').next().unwrap().parse().unwrap()
}

/// A made-up record: event, who and text for the path `x`.
fn recorded(entries: &[(&str, &str, &str)]) {
    let env = TestEnv::new();
    env.set_up();
    for (at, (event, agent, body)) in entries.iter().enumerate() {
        env.sql()
            .execute(
                "INSERT INTO activity (id, agent_id, event, body, tree, path, created_at)
                 VALUES (?1, ?2, ?3, ?4, '', 'x', 0)",
                rusqlite::params![format!("act-{at}"), agent, event, body],
            )
            .unwrap();
    }
    History::replay(&env);
}

#[test]
#[should_panic(expected = "c took x before b")]
fn the_replay_sees_whoever_jumps_the_line() {
    recorded(&[
        ("lock.acquired", "a", ""),
        ("lock.awaited", "b", "ticket 1"),
        ("lock.awaited", "c", "ticket 2"),
        ("lock.released", "a", ""),
        ("lock.acquired", "c", ""),
    ]);
}

#[test]
#[should_panic(expected = "b took x")]
fn the_replay_sees_two_holders() {
    recorded(&[("lock.acquired", "a", ""), ("lock.acquired", "b", "")]);
}

#[test]
#[should_panic(expected = "a false refusal")]
fn the_replay_sees_a_false_refusal() {
    recorded(&[
        ("lock.acquired", "a", ""),
        ("lock.awaited", "b", "ticket 1"),
        ("lock.deadlock", "b", "ticket 1: nothing"),
    ]);
}

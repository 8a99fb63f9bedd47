//! Who stood in line for a lock from when to when, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::history::ticket;
use super::holds::place_of;
use super::{History, Span};
use crate::domain::key::PathKey;

/// What came of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitEnd {
    /// The lock.
    Granted,
    /// Nothing: the patience was over, or the process that waited.
    GivenUp,
    /// A refusal: it would never have ended.
    Circle,
    /// Nothing is known of it.
    Unknown,
    /// It goes on.
    GoesOn,
}

/// A wait for a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Who waited.
    pub agent: String,
    /// For what: all of it or nothing.
    pub places: BTreeSet<PathKey>,
    /// As much of it as lies in the window.
    pub span: Span,
    /// What came of it.
    pub end: WaitEnd,
}

/// The waits of the window, in the order of their ends.
#[must_use]
pub fn waits(history: &History) -> Vec<Wait> {
    let window = history.window;
    let mut open: BTreeMap<i64, Wait> = BTreeMap::new();
    let mut waits: Vec<Wait> = Vec::new();
    // A wait for several things is recorded once for each, also at its end.
    let mut ended: BTreeMap<i64, usize> = BTreeMap::new();
    for fact in &history.facts {
        let (Some(agent), Some(place)) = (fact.agent.as_deref(), &fact.place) else {
            continue;
        };
        let begun = |from| Wait {
            agent: agent.to_owned(),
            places: BTreeSet::from([place.clone()]),
            span: Span { from, to: from },
            end: WaitEnd::Unknown,
        };
        match (fact.event.as_str(), ticket(&fact.body)) {
            ("lock.awaited", Some(ticket)) => {
                let wait = open.entry(ticket).or_insert_with(|| begun(fact.at));
                wait.places.insert(place.clone());
            }
            (event @ ("lock.given_up" | "lock.deadlock"), Some(ticket)) => {
                if let Some(&at) = ended.get(&ticket) {
                    waits[at].places.insert(place.clone());
                    continue;
                }
                let mut wait = open.remove(&ticket).unwrap_or_else(|| begun(window.from));
                wait.span.to = fact.at.max(wait.span.from);
                wait.end = if event == "lock.deadlock" {
                    WaitEnd::Circle
                } else {
                    WaitEnd::GivenUp
                };
                ended.insert(ticket, waits.len());
                waits.push(wait);
            }
            ("lock.acquired" | "lock.renewed", _) => {
                let served = open
                    .iter()
                    .find(|(_, wait)| wait.agent == agent && wait.places.contains(place));
                if let Some(mut wait) = served.map(|(ticket, _)| *ticket).and_then(|at| open.remove(&at)) {
                    wait.span.to = fact.at.max(wait.span.from);
                    wait.end = WaitEnd::Granted;
                    waits.push(wait);
                }
            }
            _ => {}
        }
    }
    for waiter in &history.waiters {
        let mut wait = open.remove(&waiter.ticket).unwrap_or_else(|| Wait {
            agent: waiter.agent.clone(),
            places: waiter.keys.iter().map(|wanted| place_of(&wanted.key)).collect(),
            span: Span::between(waiter.since.max(window.from), window.to),
            end: WaitEnd::GoesOn,
        });
        wait.span.to = window.to.max(wait.span.from);
        wait.end = WaitEnd::GoesOn;
        waits.push(wait);
    }
    waits.extend(open.into_values());
    waits
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::super::tests::{at, fact, history};
    use super::*;
    use crate::domain::lock::{Key, Mode, Wanted};
    use crate::domain::wait::Waiter;

    fn said(at_ms: i64, event: &str, path: &str, body: &str) -> Fact {
        Fact {
            body: body.to_owned(),
            ..at(path, fact(at_ms, "a", event))
        }
    }

    fn shown(facts: Vec<Fact>) -> Vec<(i64, i64, usize, WaitEnd)> {
        waits(&history(facts, Vec::new()))
            .into_iter()
            .map(|wait| (wait.span.from, wait.span.to, wait.places.len(), wait.end))
            .collect()
    }

    #[test]
    fn a_wait_for_several_things_is_one_wait() {
        let begins = [
            said(100, "lock.awaited", "x", "ticket 4"),
            said(100, "lock.awaited", "y", "ticket 4"),
        ];
        let granted = [
            said(300, "lock.acquired", "x", "why"),
            said(300, "lock.acquired", "y", "why"),
        ];
        assert_eq!(
            shown([begins.clone(), granted].concat()),
            [(100, 300, 2, WaitEnd::Granted)]
        );
        let given_up = [
            said(400, "lock.given_up", "x", "ticket 4: its time was over"),
            said(400, "lock.given_up", "y", "ticket 4: its time was over"),
        ];
        assert_eq!(
            shown([begins, given_up].concat()),
            [(100, 400, 2, WaitEnd::GivenUp)]
        );
    }

    #[test]
    fn somebody_elses_lock_ends_no_wait() {
        let mut other = said(200, "lock.acquired", "x", "");
        other.agent = Some("b".to_owned());
        let facts = vec![
            said(100, "lock.awaited", "x", "ticket 4"),
            other,
            said(300, "lock.deadlock", "x", "ticket 4: a waits for b"),
        ];
        assert_eq!(shown(facts), [(100, 300, 1, WaitEnd::Circle)]);
    }

    #[test]
    fn who_still_waits_is_counted_until_now_and_what_is_not_known_not_at_all() {
        let mut history = history(vec![said(100, "lock.awaited", "x", "ticket 4")], Vec::new());
        assert_eq!(waits(&history)[0].end, WaitEnd::Unknown);
        assert_eq!(waits(&history)[0].span.length(), 0);
        history.waiters = vec![Waiter {
            ticket: 4,
            agent: "a".to_owned(),
            agent_name: "a".to_owned(),
            agent_parent: None,
            mode: Mode::Exclusive,
            since: 100,
            keys: vec![Wanted::plain(Key::Resource("x".to_owned()))],
        }];
        let still = waits(&history);
        assert_eq!(
            (still.len(), still[0].span.length(), still[0].end),
            (1, 900, WaitEnd::GoesOn)
        );
    }
}

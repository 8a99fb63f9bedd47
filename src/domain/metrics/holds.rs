//! Who held which lock from when to when, worked out from how leases began and ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::history::expired;
use super::{Fact, History, Span};
use crate::domain::key::{Key, PathKey};
use crate::domain::lock::Lock;

/// How a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEnd {
    /// It was given back.
    Released,
    /// It went to somebody else with a task.
    HandedOver,
    /// Its time was over.
    Lapsed,
    /// Its holder was gone.
    HolderGone,
    /// Somebody took it by force.
    Stolen,
    /// Nothing is known of its end.
    Unknown,
    /// Not yet.
    GoesOn,
}

/// A lease that somebody took on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who had it.
    pub agent: String,
    /// What it was on.
    pub place: PathKey,
    /// As much of it as lies in the window.
    pub span: Span,
    /// How it ended.
    pub end: HoldEnd,
    /// Why it was taken, in its holder's words.
    pub reason: String,
}

/// What a key is called in the record.
#[must_use]
pub(super) fn place_of(key: &Key) -> PathKey {
    match key {
        Key::Path(key) => key.clone(),
        Key::Resource(name) => PathKey {
            tree: String::new(),
            path: name.clone(),
        },
    }
}

/// Leases that have begun: by what they are on and who has them, when they began and why.
#[derive(Default)]
struct Open<'a>(BTreeMap<(&'a PathKey, &'a str), (i64, &'a str)>);

impl<'a> Open<'a> {
    /// Takes the lease of `agent` on `place` out; where it has none there, the only one that there is.
    fn take(&mut self, place: &'a PathKey, agent: Option<&'a str>) -> Option<(&'a str, i64, &'a str)> {
        if let Some(agent) = agent
            && let Some((began, reason)) = self.0.remove(&(place, agent))
        {
            return Some((agent, began, reason));
        }
        let mut there = self.0.range((place, "")..).take_while(|(key, _)| key.0 == place);
        let (key, _) = there.next().filter(|_| there.next().is_none())?;
        let key = *key;
        let (began, reason) = self.0.remove(&key)?;
        Some((key.1, began, reason))
    }
}

/// The leases of the window, in the order of their ends.
#[must_use]
pub fn holds(history: &History) -> Vec<Hold> {
    let window = history.window;
    let mut open = Open::default();
    let mut holds = Vec::new();
    for fact in &history.facts {
        let Some(place) = &fact.place else { continue };
        let agent = fact.agent.as_deref();
        match (fact.event.as_str(), agent) {
            ("lock.acquired", Some(agent)) => {
                open.0.insert((place, agent), (fact.at, &fact.body));
            }
            ("lock.renewed", Some(agent)) => {
                open.0.entry((place, agent)).or_insert((window.from, &fact.body));
            }
            (event, _) => {
                if let Some((holder, end, at)) = ending(event, fact) {
                    let begun = open.take(place, holder);
                    let begun = begun.or_else(|| Some((holder?, window.from, "")));
                    if let Some((agent, began, reason)) = begun {
                        holds.push(Hold {
                            agent: agent.to_owned(),
                            place: place.clone(),
                            span: Span {
                                from: began,
                                to: at.max(began),
                            },
                            end,
                            reason: reason.to_owned(),
                        });
                    }
                }
            }
        }
    }
    holds.extend(still_held(history, open));
    holds
}

/// Whose lease this entry says has ended, how and when; `None` where it says nothing like that.
fn ending<'a>(event: &str, fact: &'a Fact) -> Option<(Option<&'a str>, HoldEnd, i64)> {
    let agent = fact.agent.as_deref();
    Some(match event {
        "lock.released" => (agent, HoldEnd::Released, fact.at),
        "lock.handed_over" => {
            let from = fact.body.split(" to ").next();
            (from.filter(|id| !id.is_empty()), HoldEnd::HandedOver, fact.at)
        }
        "lock.stolen" => (fact.body.strip_prefix("by force from "), HoldEnd::Stolen, fact.at),
        "lock.expired" => match expired(&fact.body) {
            Some((holder, Some(over_for))) => {
                (Some(holder), HoldEnd::Lapsed, fact.at.saturating_sub(over_for))
            }
            Some((holder, None)) => (Some(holder), HoldEnd::HolderGone, fact.at),
            None => (None, HoldEnd::Lapsed, fact.at),
        },
        _ => return None,
    })
}

/// The leases whose end nobody has recorded: those that are there, as they stand now, and those that are not.
fn still_held(history: &History, mut open: Open<'_>) -> Vec<Hold> {
    let window = history.window;
    let mut held = Vec::new();
    for lock in &history.locks {
        let place = place_of(&lock.key);
        let known = open.0.keys().find(|key| *key.0 == place && key.1 == lock.holder);
        let known = known.copied().and_then(|key| open.0.remove(&key));
        let (began, reason) = known.unwrap_or((lock.acquired_at, lock.reason.as_deref().unwrap_or_default()));
        let from = began.max(window.from);
        let (to, end) = stands(lock, history);
        held.push(Hold {
            agent: lock.holder.clone(),
            place,
            span: Span {
                from,
                to: to.max(from),
            },
            end,
            reason: reason.to_owned(),
        });
    }
    held.extend(open.0.into_iter().map(|((place, agent), (began, reason))| Hold {
        agent: agent.to_owned(),
        place: place.clone(),
        span: Span {
            from: began,
            to: began,
        },
        end: HoldEnd::Unknown,
        reason: reason.to_owned(),
    }));
    held
}

/// Until when a lease that nobody has ended holds.
fn stands(lock: &Lock, history: &History) -> (i64, HoldEnd) {
    let now = &history.now;
    if lock.remaining(now) <= 0 {
        (lock.expires_at(now), HoldEnd::Lapsed)
    } else if lock.presence.is_living() {
        (history.window.to, HoldEnd::GoesOn)
    } else {
        (history.window.to, HoldEnd::HolderGone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::expiry;
    use super::super::tests::{at, fact, history, lock};
    use super::*;

    fn shown(facts: Vec<Fact>, locks: Vec<Lock>) -> Vec<(String, i64, i64, HoldEnd)> {
        let mut history = history(facts, Vec::new());
        history.locks = locks;
        holds(&history)
            .into_iter()
            .map(|hold| (hold.agent, hold.span.from, hold.span.to, hold.end))
            .collect()
    }

    fn ends(event: &str, agent: Option<&str>, body: &str) -> (String, i64, i64, HoldEnd) {
        let end = Fact {
            agent: agent.map(str::to_owned),
            body: body.to_owned(),
            ..at("x", fact(50_000, "", event))
        };
        let facts = vec![at("x", fact(100, "a", "lock.acquired")), end];
        shown(facts, Vec::new()).remove(0)
    }

    #[test]
    fn a_lease_ends_as_the_record_says_and_belongs_to_whoever_had_it() {
        let is = |to, end| ("a".to_owned(), 100, to, end);
        assert_eq!(
            ends("lock.released", Some("a"), ""),
            is(50_000, HoldEnd::Released)
        );
        assert_eq!(
            ends("lock.stolen", Some("b"), "by force from a"),
            is(50_000, HoldEnd::Stolen)
        );
        assert_eq!(
            ends("lock.handed_over", Some("b"), "a to b"),
            is(50_000, HoldEnd::HandedOver)
        );
        let lapsed = expiry(1, "a", Some(20_000));
        assert_eq!(ends("lock.expired", None, &lapsed), is(30_000, HoldEnd::Lapsed));
        let gone = expiry(1, "a", None);
        assert_eq!(ends("lock.expired", None, &gone), is(50_000, HoldEnd::HolderGone));
        // As it was recorded in former times: nobody is named, and only one has it.
        assert_eq!(ends("lock.expired", None, "fence 1"), is(50_000, HoldEnd::Lapsed));
        assert_eq!(
            ends("lock.released", Some("operator"), "with task-1"),
            is(50_000, HoldEnd::Released)
        );
    }

    #[test]
    fn those_who_share_a_lease_are_told_apart() {
        let facts = vec![
            at("x", fact(100, "a", "lock.acquired")),
            at("x", fact(200, "b", "lock.acquired")),
            at("x", fact(300, "a", "lock.released")),
            at("x", fact(400, "b", "lock.released")),
        ];
        assert_eq!(
            shown(facts, Vec::new()),
            [
                ("a".to_owned(), 100, 300, HoldEnd::Released),
                ("b".to_owned(), 200, 400, HoldEnd::Released)
            ]
        );
    }

    #[test]
    fn one_from_before_the_window_counts_from_its_edge() {
        assert_eq!(
            shown(vec![at("x", fact(300, "a", "lock.released"))], Vec::new()),
            [("a".to_owned(), 0, 300, HoldEnd::Released)]
        );
        let facts = vec![at("x", fact(300, "a", "lock.renewed"))];
        assert_eq!(
            shown(facts, vec![lock("x", "a", 10, 10_000)]),
            [("a".to_owned(), 0, 1_000, HoldEnd::GoesOn)]
        );
    }

    #[test]
    fn what_nobody_has_ended_stands_as_it_is_now() {
        assert_eq!(
            shown(Vec::new(), vec![lock("x", "a", 400, 10_000)]),
            [("a".to_owned(), 400, 1_000, HoldEnd::GoesOn)]
        );
        assert_eq!(
            shown(Vec::new(), vec![lock("x", "a", 400, 300)]),
            [("a".to_owned(), 400, 700, HoldEnd::Lapsed)]
        );
        let facts = vec![at("x", fact(300, "a", "lock.acquired"))];
        assert_eq!(
            shown(facts, Vec::new()),
            [("a".to_owned(), 300, 300, HoldEnd::Unknown)]
        );
    }
}

//! Where agents got into each other's way: what was held, waited for, refused and edited, by place.

use std::collections::{BTreeMap, BTreeSet};

use super::{History, Hold, HoldEnd, Span, Wait, covered, deepest, hook_rule};
use crate::domain::key::PathKey;

/// What happened to a file, a directory, a pattern or a named resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contention {
    /// How many leases there were on it.
    pub holds: u64,
    /// For how long somebody held it, in milliseconds.
    pub held: i64,
    /// How often somebody waited for it.
    pub waits: u64,
    /// For how long, all waits added up, in milliseconds.
    pub waited: i64,
    /// The most that waited for it at once.
    pub deepest: u64,
    /// How often a lock on it was refused at once, or a hook stopped somebody there.
    pub refused: u64,
    /// How often it was taken by force.
    pub stolen: u64,
    /// How often somebody was told of others' work on it.
    pub told: u64,
    /// How many edits it had.
    pub edits: u64,
    /// How many agents held, awaited or edited it.
    pub agents: usize,
}

impl Contention {
    /// What makes one place more contended than another: time lost first, then what was prevented.
    #[must_use]
    pub const fn weight(&self) -> (i64, u64, usize, i64) {
        (
            self.waited,
            self.refused + self.stolen + self.waits + self.told,
            self.agents,
            self.held,
        )
    }

    /// Whether more than one agent had to do with it.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.agents > 1 || self.waits + self.refused + self.stolen + self.told > 0
    }
}

#[derive(Default)]
struct Place<'a> {
    count: Contention,
    held: Vec<Span>,
    waited: Vec<Span>,
    agents: BTreeSet<&'a str>,
}

/// Every place that anything happened to, the most contended first.
#[must_use]
pub fn contention<'a>(
    history: &'a History,
    holds: &'a [Hold],
    waits: &'a [Wait],
) -> Vec<(&'a PathKey, Contention)> {
    let mut places: BTreeMap<&PathKey, Place<'a>> = BTreeMap::new();
    for hold in holds {
        let place = places.entry(&hold.place).or_default();
        place.count.holds += 1;
        place.count.stolen += u64::from(hold.end == HoldEnd::Stolen);
        place.held.push(hold.span);
        place.agents.insert(&hold.agent);
    }
    for wait in waits {
        for key in &wait.places {
            let place = places.entry(key).or_default();
            place.count.waits += 1;
            place.count.waited = place.count.waited.saturating_add(wait.span.length());
            place.waited.push(wait.span);
            place.agents.insert(&wait.agent);
        }
    }
    for fact in &history.facts {
        let Some(key) = &fact.place else { continue };
        let is_refused = fact.event == "lock.refused" || hook_rule(fact).is_some();
        if !is_refused && !["edit", "edit.told"].contains(&fact.event.as_str()) {
            continue;
        }
        let place = places.entry(key).or_default();
        match fact.event.as_str() {
            _ if is_refused => place.count.refused += 1,
            "edit" => place.count.edits += 1,
            _ => place.count.told += 1,
        }
        place.agents.extend(fact.agent.as_deref());
    }
    let mut found: Vec<(&PathKey, Contention)> = places
        .into_iter()
        .map(|(key, place)| {
            let count = Contention {
                held: covered(place.held),
                deepest: deepest(place.waited),
                agents: place.agents.len(),
                ..place.count
            };
            (key, count)
        })
        .collect();
    found.sort_by(|(left, one), (right, other)| {
        other.weight().cmp(&one.weight()).then_with(|| left.cmp(right))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, fact, history};
    use super::super::{Fact, holds, waits};
    use super::*;

    #[test]
    fn where_most_time_was_lost_stands_first_and_shared_time_counts_once() {
        let ticket = |fact: Fact| Fact {
            body: "ticket 1".to_owned(),
            ..fact
        };
        let history = history(
            vec![
                at("calm", fact(10, "a", "edit")),
                at("x", fact(100, "a", "lock.acquired")),
                at("x", fact(150, "c", "lock.refused")),
                Fact {
                    body: "a lock of a".to_owned(),
                    ..at("x", fact(160, "c", "edit.refused"))
                },
                ticket(at("x", fact(200, "b", "lock.awaited"))),
                at("x", fact(500, "a", "lock.released")),
                at("x", fact(500, "b", "lock.acquired")),
                at("x", fact(600, "b", "edit")),
                at("x", fact(700, "b", "lock.released")),
            ],
            Vec::new(),
        );
        let (holds, waits) = (holds(&history), waits(&history));
        let found = contention(&history, &holds, &waits);
        assert_eq!(found[0].0.path, "x");
        assert_eq!(
            found[0].1,
            Contention {
                holds: 2,
                held: 600,
                waits: 1,
                waited: 300,
                deepest: 1,
                refused: 2,
                stolen: 0,
                told: 0,
                edits: 1,
                agents: 3,
            }
        );
        assert!(found[0].1.is_shared() && !found[1].1.is_shared());
    }
}

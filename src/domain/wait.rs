//! Waiting: who goes first, and when waiting could never end.
//!
//! Those who want overlapping things are served in the order of their tickets. That alone would make deadlocks
//! of its own: whoever stands in line for something I hold must not stop me from taking the next thing I need.
//! So a place in the line binds only those whom its owner does not itself wait for, directly or through
//! others. Bound that way the line never closes a circle, and every circle that is left is one of locks: A
//! holds what B wants and the other way round. Such a wait would never end, so the youngest ticket in it
//! gives up at once and is told the circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::agent::{Kin, is_stopped_by};
use super::lock::{Conflict, Extent, Key, Lock, Mode, Obstacle, Wanted};

/// Somebody who stands in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// The place in the line: lower ones go first.
    pub ticket: i64,
    /// Id of the agent.
    pub agent: String,
    /// Its name.
    pub agent_name: String,
    /// Its parent, if it is a subagent.
    pub agent_parent: Option<String>,
    /// How it wants to hold what it waits for.
    pub mode: Mode,
    /// Since when, in milliseconds since the epoch.
    pub since: i64,
    /// What it waits for: all of it or nothing.
    pub keys: Vec<Wanted>,
}

impl Waiter {
    /// The agent and its parent.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.agent,
            parent: self.agent_parent.as_deref(),
        }
    }

    /// Whether it waits for something that this covers.
    #[must_use]
    pub fn wants(&self, extent: Extent<'_>) -> bool {
        self.keys.iter().any(|key| key.extent().overlaps(extent))
    }

    fn wish(&self) -> Wish<'_> {
        Wish {
            agent: self.kin(),
            mode: self.mode,
            keys: &self.keys,
            ticket: Some(self.ticket),
        }
    }
}

/// What somebody wants to have now.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// How to hold it.
    pub mode: Mode,
    /// What: all of it or nothing.
    pub keys: &'a [Wanted],
    /// Its place in the line; who has none comes last.
    pub ticket: Option<i64>,
}

impl<'a> Wish<'a> {
    /// The first key that the lock keeps from it.
    fn kept_by(&self, lock: &Lock) -> Option<&'a Key> {
        if !lock.excludes(self.agent, self.mode) {
            return None;
        }
        self.first_in(lock.extent())
    }

    /// The first key that somebody in line before it wants, too, and that the two cannot share.
    fn preceded_by(&self, waiter: &Waiter) -> Option<&'a Key> {
        let is_earlier = self.ticket.is_none_or(|ticket| waiter.ticket < ticket);
        let both_share = self.mode == Mode::Shared && waiter.mode == Mode::Shared;
        if !is_earlier || both_share || !is_stopped_by(self.agent, waiter.kin()) {
            return None;
        }
        waiter.keys.iter().find_map(|key| self.first_in(key.extent()))
    }

    fn first_in(&self, extent: Extent<'_>) -> Option<&'a Key> {
        self.keys
            .iter()
            .find(|wanted| wanted.extent().overlaps(extent))
            .map(|wanted| &wanted.key)
    }
}

/// Somebody who waits, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait<'a> {
    /// Who waits.
    pub waiter: &'a Waiter,
    /// The first of the things wanted that cannot be had.
    pub wanted: &'a Key,
    /// Who stands in the way.
    pub by: Obstacle,
}

/// One step of a circle: somebody waits for what somebody else holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Id and name of who waits.
    pub waiter: (String, String),
    /// Id and name of who holds.
    pub holder: (String, String),
    /// What is held.
    pub key: Key,
}

/// All that holds and waits now: live leases, and live waiters in the order of their tickets.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The leases that still hold.
    pub locks: &'a [Lock],
    /// Those who still wait, the earliest first.
    pub waiters: &'a [Waiter],
}

impl<'a> Line<'a> {
    /// What stands in the way of a wish, if anything does.
    #[must_use]
    pub fn obstacle(&self, wish: &Wish<'_>) -> Option<Conflict> {
        let held = self
            .locks
            .iter()
            .find_map(|lock| Some((wish.kept_by(lock)?.clone(), Obstacle::Held(lock.clone()))));
        let ahead = self.ahead(wish);
        let behind = ahead.last().map(|(waiter, _)| waiter.ticket);
        let (wanted, by) = held.or_else(|| {
            let (waiter, key) = ahead.first()?;
            Some(((*key).clone(), Obstacle::Awaited((*waiter).clone())))
        })?;
        Some(Conflict { wanted, by, behind })
    }

    /// Who waits for whom, in the order of the tickets. Those whose turn has come and who have not looked yet are
    /// left out.
    #[must_use]
    pub fn waits(&self) -> Vec<Wait<'a>> {
        let kept = self.waiters.iter().filter_map(|waiter| {
            let wish = waiter.wish();
            let held = self
                .locks
                .iter()
                .find_map(|lock| Some((wish.kept_by(lock)?, Obstacle::Held(lock.clone()))));
            let (wanted, by) = held.or_else(|| {
                let ahead = self.ahead(&wish);
                let (first, key) = ahead.first()?;
                Some((*key, Obstacle::Awaited((*first).clone())))
            })?;
            Some(Wait { waiter, wanted, by })
        });
        kept.collect()
    }

    /// Those in the line who have to be served before this wish, the earliest first, each with the key.
    fn ahead<'b>(&self, wish: &Wish<'b>) -> Vec<(&'a Waiter, &'b Key)> {
        let mut before: Vec<(&Waiter, &Key)> = self
            .waiters
            .iter()
            .filter_map(|waiter| Some((waiter, wish.preceded_by(waiter)?)))
            .collect();
        if before.is_empty() {
            return before;
        }
        let graph = self.graph(wish.ticket);
        // Whoever waits for the parent waits for its subagents, too: they work under its locks.
        let is_for = |agent: &str| agent == wish.agent.id || Some(agent) == wish.agent.parent;
        before.retain(|(waiter, _)| !graph.reaches(&waiter.agent, is_for));
        before
    }

    /// Who waits for whom: through locks all of them, through the line those before `ticket`.
    fn graph(&self, ticket: Option<i64>) -> Graph<'a> {
        let mut graph = Graph::default();
        for waiter in self.waiters {
            for lock in self.locks {
                if waiter.wish().kept_by(lock).is_some() {
                    graph.add(&waiter.agent, &lock.holder);
                }
            }
        }
        for (at, waiter) in self.waiters.iter().enumerate() {
            if ticket.is_some_and(|ticket| waiter.ticket >= ticket) {
                break;
            }
            for earlier in &self.waiters[..at] {
                if waiter.wish().preceded_by(earlier).is_some()
                    && !graph.reaches(&earlier.agent, |agent| {
                        agent == waiter.agent || Some(agent) == waiter.agent_parent.as_deref()
                    })
                {
                    graph.add(&waiter.agent, &earlier.agent);
                }
            }
        }
        graph
    }

    /// The circle in which this ticket is the youngest, the shortest there is, beginning with its owner.
    #[must_use]
    pub fn circle(&self, ticket: i64) -> Option<Vec<Link>> {
        let own = self.waiters.iter().find(|waiter| waiter.ticket == ticket)?;
        let mut came_from: BTreeMap<&str, Link> = BTreeMap::new();
        let mut reached = VecDeque::from([own.agent.as_str()]);
        while let Some(agent) = reached.pop_front() {
            for waiter in self.waiters.iter().filter(|waiter| {
                waiter.agent == agent
                    && waiter.ticket <= ticket
                    && (agent != own.agent || waiter.ticket == ticket)
            }) {
                for lock in self
                    .locks
                    .iter()
                    .filter(|lock| waiter.wish().kept_by(lock).is_some())
                {
                    let holder = lock.holder.as_str();
                    if came_from.contains_key(holder) {
                        continue;
                    }
                    came_from.insert(holder, link(waiter, lock));
                    if holder == own.agent {
                        return Some(traced(&came_from, holder));
                    }
                    reached.push_back(holder);
                }
            }
        }
        None
    }
}

fn link(waiter: &Waiter, lock: &Lock) -> Link {
    Link {
        waiter: (waiter.agent.clone(), waiter.agent_name.clone()),
        holder: (lock.holder.clone(), lock.holder_name.clone()),
        key: lock.key.clone(),
    }
}

/// The way back from `end` to itself, turned round.
fn traced(came_from: &BTreeMap<&str, Link>, end: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut at = end;
    while let Some(link) = came_from.get(at) {
        links.push(link.clone());
        at = link.waiter.0.as_str();
        if at == end {
            break;
        }
    }
    links.reverse();
    links
}

/// Agents and whom each waits for.
#[derive(Default)]
struct Graph<'a> {
    edges: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Graph<'a> {
    fn add(&mut self, from: &'a str, to: &'a str) {
        self.edges.entry(from).or_default().insert(to);
    }

    fn reaches(&self, from: &'a str, is_goal: impl Fn(&str) -> bool) -> bool {
        let (mut seen, mut left) = (BTreeSet::from([from]), vec![from]);
        while let Some(agent) = left.pop() {
            for next in self.edges.get(agent).into_iter().flatten() {
                if is_goal(next) {
                    return true;
                }
                if seen.insert(next) {
                    left.push(next);
                }
            }
        }
        false
    }
}

#[cfg(test)]
#[path = "wait/tests.rs"]
mod tests;

//! What a topology comes to among the agents there are: who reaches whom, and by which way.

use std::collections::{BTreeMap, VecDeque};

use super::{Definition, Shape};
use crate::domain::agent::{Agent, OPERATOR, SYSTEM};

/// A topology and the agents it holds for.
///
/// A subagent is where its session is. The human, by whatever id, and agent-sync itself are in no topology: they
/// reach everybody and everybody reaches them.
#[derive(Debug)]
pub struct Network<'a> {
    /// The topology.
    pub definition: &'a Definition,
    /// All agents, the gone too.
    pub agents: &'a [Agent],
    free: &'a [String],
    head: Option<usize>,
    by_id: BTreeMap<&'a str, usize>,
    places: Vec<Option<usize>>,
}

/// Why somebody is not reached, and by which way they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detour {
    /// The kind of the topology.
    pub shape: Shape,
    /// The name of whoever wants to reach somebody.
    pub from: String,
    /// The name of whoever is to be reached; `None` for several of whom not one is.
    pub to: Option<String>,
    /// The names of those that lead there, one after the other, whoever is to be reached last.
    pub by: Vec<String>,
}

/// The place of an agent that is a session: the one for its id or name, else the one for its role.
pub(super) fn place_of(definition: &Definition, agent: &Agent) -> Option<usize> {
    let find = |is_name: bool| {
        definition
            .places
            .iter()
            .position(|place| matches!(place.who, super::Who::Name(_)) == is_name && place.who.fits(agent))
    };
    find(true).or_else(|| find(false))
}

impl<'a> Network<'a> {
    /// The network among these agents, with this one as its head; the `free` are the human's.
    #[must_use]
    pub fn new(
        definition: &'a Definition,
        agents: &'a [Agent],
        free: &'a [String],
        head: Option<&str>,
    ) -> Self {
        let by_id: BTreeMap<&str, usize> = agents
            .iter()
            .enumerate()
            .map(|(at, agent)| (agent.id.as_str(), at))
            .collect();
        let places = agents.iter().map(|agent| place_of(definition, agent)).collect();
        Self {
            head: head.and_then(|head| by_id.get(head).copied()),
            definition,
            agents,
            free,
            by_id,
            places,
        }
    }

    /// The head: the hub of a star, the chief of a hierarchy, or whoever stands in.
    #[must_use]
    pub fn head(&self) -> Option<&'a Agent> {
        self.head.map(|at| &self.agents[at])
    }

    /// Whether the head was not named as such but stands in.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        let named = self.definition.heads.first();
        self.head()
            .is_some_and(|head| named.is_none_or(|who| !who.fits(head)))
    }

    /// The session that an agent belongs to: itself, or whoever started it. `None` for who is in no topology.
    fn session(&self, id: &str) -> Option<usize> {
        let mut at = *self.by_id.get(id)?;
        // A chain without end is a defect of the store and must not become one here.
        for _ in 0..self.agents.len() {
            match self.agents[at]
                .parent
                .as_deref()
                .and_then(|id| self.by_id.get(id))
            {
                Some(above) => at = *above,
                None => break,
            }
        }
        let id = &self.agents[at].id;
        let is_free = [OPERATOR, SYSTEM].contains(&id.as_str()) || self.free.contains(id);
        (!is_free).then_some(at)
    }

    /// The place that an agent has been given, if any; a subagent's is its session's.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places[self.session(id)?]
    }

    /// The living sessions whose place this is.
    fn residents(&self, place: usize) -> Vec<usize> {
        let lives_there = |&at: &usize| self.places[at] == Some(place) && self.is_member(at);
        (0..self.agents.len()).filter(lives_there).collect()
    }

    /// Whether somebody is a living session that the topology binds.
    fn is_member(&self, at: usize) -> bool {
        let agent = &self.agents[at];
        agent.presence.is_living() && agent.parent.is_none() && self.session(&agent.id) == Some(at)
    }

    /// Everybody that the topology binds: the living sessions, the human's apart.
    #[must_use]
    pub fn members(&self) -> Vec<&'a Agent> {
        let members = (0..self.agents.len()).filter(|&at| self.is_member(at));
        members.map(|at| &self.agents[at]).collect()
    }

    /// Those right above a session: whoever is at the next place above it where anybody is, else the head.
    fn above(&self, at: usize) -> Vec<usize> {
        if self.head == Some(at) || self.definition.shape == Shape::Mesh {
            return Vec::new();
        }
        let parent = |place: usize| self.definition.places[place].parent;
        let mut place = self.places[at].and_then(parent);
        while let Some(next) = place {
            let residents = self.residents(next);
            if !residents.is_empty() {
                return residents;
            }
            place = parent(next);
        }
        self.head.into_iter().collect()
    }

    /// Those right above an agent: the hub, or its parents.
    #[must_use]
    pub fn parents(&self, id: &str) -> Vec<&'a Agent> {
        let above = self.session(id).map(|at| self.above(at)).unwrap_or_default();
        above.into_iter().map(|at| &self.agents[at]).collect()
    }

    /// The living sessions right below an agent.
    #[must_use]
    pub fn children(&self, id: &str) -> Vec<&'a Agent> {
        let Some(at) = self.session(id) else {
            return Vec::new();
        };
        let is_below = |&other: &usize| self.is_member(other) && self.above(other).contains(&at);
        let below = (0..self.agents.len()).filter(is_below);
        below.map(|other| &self.agents[other]).collect()
    }

    /// The other living sessions of an agent's teams.
    #[must_use]
    pub fn team_mates(&self, id: &str) -> Vec<&'a Agent> {
        let Some(at) = self.session(id) else {
            return Vec::new();
        };
        let is_mate = |&other: &usize| other != at && self.is_member(other) && self.are_mates(at, other);
        let mates = (0..self.agents.len()).filter(is_mate);
        mates.map(|other| &self.agents[other]).collect()
    }

    fn teams(&self, at: usize) -> &[usize] {
        self.places[at].map_or(&[], |place| &self.definition.places[place].teams)
    }

    fn are_mates(&self, one: usize, other: usize) -> bool {
        let others = self.teams(other);
        self.teams(one).iter().any(|team| others.contains(team))
    }

    fn is_edge(&self, one: usize, other: usize) -> bool {
        one == other
            || self.head.is_none()
            || match self.definition.shape {
                Shape::Mesh => true,
                Shape::Star => [Some(one), Some(other)].contains(&self.head),
                Shape::Hierarchical => {
                    self.are_mates(one, other)
                        || self.above(one).contains(&other)
                        || self.above(other).contains(&one)
                }
            }
    }

    /// Whether one agent may write to another; then the other may to the one.
    #[must_use]
    pub fn may_address(&self, from: &str, to: &str) -> bool {
        match (self.session(from), self.session(to)) {
            (Some(from), Some(to)) => self.is_edge(from, to),
            _ => true,
        }
    }

    /// Whether one agent may hand a task to another: to whom it may write, since the other may decline.
    #[must_use]
    pub fn may_assign(&self, from: &str, to: &str) -> bool {
        self.may_address(from, to)
    }

    /// Whether one agent may approve what another asks for: never its own, whichever of its subagents asks; in a star
    /// the hub; in a hierarchy whoever is above it, however far. What the head asks for, and the human's, is approved
    /// by the human alone.
    #[must_use]
    pub fn may_approve(&self, approver: &str, requester: &str) -> bool {
        match (self.session(approver), self.session(requester)) {
            (None, _) => approver != requester,
            (Some(_), None) => false,
            (Some(one), Some(other)) if one == other => false,
            (Some(one), Some(other)) => {
                self.definition.shape == Shape::Mesh || self.head.is_none() || self.is_above(one, other)
            }
        }
    }

    fn is_above(&self, one: usize, other: usize) -> bool {
        let (mut left, mut seen) = (self.above(other), vec![false; self.agents.len()]);
        while let Some(at) = left.pop() {
            if at == one {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                left.extend(self.above(at));
            }
        }
        false
    }

    /// Whether somebody gets what an agent says to several at once: the head's goes to all; anybody else's to whom it
    /// may write, of subagents to its own session's alone.
    #[must_use]
    pub fn is_told(&self, from: &str, to: &str) -> bool {
        let (Some(sender), Some(reader)) = (self.session(from), self.session(to)) else {
            return true;
        };
        if self.definition.shape == Shape::Mesh || self.head == Some(sender) || sender == reader {
            return true;
        }
        let is_subagent = self.agents[reader].id != to;
        !is_subagent && self.is_edge(sender, reader)
    }

    /// The shortest way from one agent to another by steps that are allowed, without the one and with the other;
    /// `None` where there is none, as for who is gone.
    #[must_use]
    pub fn route(&self, from: &str, to: &str) -> Option<Vec<&'a Agent>> {
        let (from, to) = (self.session(from)?, self.session(to)?);
        let members: Vec<usize> = (0..self.agents.len())
            .filter(|&at| self.is_member(at) || at == to)
            .collect();
        let mut came_from: BTreeMap<usize, usize> = BTreeMap::from([(from, from)]);
        let mut left = VecDeque::from([from]);
        while let Some(at) = left.pop_front() {
            if at == to {
                let back = std::iter::successors(Some(at), |at| came_from.get(at).copied());
                let mut way: Vec<&Agent> = back
                    .take_while(|&at| at != from)
                    .map(|at| &self.agents[at])
                    .collect();
                way.reverse();
                return Some(way);
            }
            for &next in &members {
                if !came_from.contains_key(&next) && self.is_edge(at, next) {
                    came_from.insert(next, at);
                    left.push_back(next);
                }
            }
        }
        None
    }

    /// Why an agent may not write to another, and how it reaches them; of several without one name.
    #[must_use]
    pub fn detour(&self, from: &str, to: &[&str]) -> Detour {
        let name = |id: &str| {
            let agent = self.by_id.get(id).map(|&at| &self.agents[at]);
            agent.map_or_else(|| id.to_owned(), |agent| agent.name.clone())
        };
        let ways = to.iter().filter_map(|to| self.route(from, to));
        let way = ways.min_by_key(Vec::len);
        let upwards = || self.parents(from).into_iter().take(1).collect();
        let by = way.unwrap_or_else(upwards);
        Detour {
            shape: self.definition.shape,
            from: name(from),
            to: match to {
                [only] => Some(name(only)),
                _ => None,
            },
            by: by.into_iter().map(|agent| agent.name.clone()).collect(),
        }
    }
}

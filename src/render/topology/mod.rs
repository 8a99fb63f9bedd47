//! Topologies as people and programs read them: the page, the JSON, and what was set.

pub mod check;
pub mod diagram;

use std::fmt::Write as _;

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::{relative, rfc3339};
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::time::Moment;
use crate::domain::topology::{Form, Network, Shape, Topology, Who};
use crate::frame::{Clean, Field, clean};

/// A topology as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    shape: &'static str,
    definition: &'a Form,
    set_by: Option<&'a str>,
    set_at: Option<String>,
    head: Option<HeadJson<'a>>,
    agents: Vec<MemberJson<'a>>,
}

#[derive(Debug, Serialize)]
struct HeadJson<'a> {
    agent_id: &'a str,
    name: &'a str,
    status: &'static str,
    since: Option<String>,
    stands_in: bool,
}

#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    agent_id: &'a str,
    name: &'a str,
    status: &'static str,
    place: Option<String>,
    above: Vec<&'a str>,
    team: Vec<&'a str>,
    below: Vec<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of a topology; those above, in the team and below are ids.
    #[must_use]
    pub fn new(topology: &'a Topology, network: &Network<'a>) -> Self {
        let ids = |agents: Vec<&'a Agent>| agents.into_iter().map(|agent| agent.id.as_str()).collect();
        Self {
            shape: topology.definition.shape.as_str(),
            definition: topology.definition.form(),
            set_by: topology.set.as_ref().map(|(by, _)| by.as_str()),
            set_at: topology.set.as_ref().map(|(_, at)| rfc3339(*at)),
            head: network.head().map(|head| HeadJson {
                agent_id: &head.id,
                name: &head.name,
                status: head.presence.as_str(),
                since: topology.head.as_ref().map(|(_, since)| rfc3339(*since)),
                stands_in: network.is_stand_in(),
            }),
            agents: in_order(network)
                .into_iter()
                .map(|agent| MemberJson {
                    agent_id: &agent.id,
                    name: &agent.name,
                    status: agent.presence.as_str(),
                    place: place(network, agent).map(Who::to_text),
                    above: ids(network.parents(&agent.id)),
                    team: ids(network.team_mates(&agent.id)),
                    below: ids(network.children(&agent.id)),
                })
                .collect(),
        }
    }
}

/// For whom the place of an agent is.
fn place<'a>(network: &Network<'a>, agent: &Agent) -> Option<&'a Who> {
    let places = &network.definition.places;
    network.place(&agent.id).map(|at| &places[at].who)
}

/// Everybody bound, the head first, then from above to below.
fn in_order<'a>(network: &Network<'a>) -> Vec<&'a Agent> {
    let mut members = network.members();
    let head = network.head().map(|head| head.id.as_str());
    let depth = |agent: &Agent| {
        network
            .place(&agent.id)
            .map_or(1, |at| network.definition.depth(at))
    };
    members.sort_by_key(|agent| {
        (
            Some(agent.id.as_str()) != head,
            depth(agent),
            &agent.name,
            &agent.id,
        )
    });
    members
}

/// Places and names with commas between.
fn listed(whom: &[Who]) -> Clean {
    let whom: Vec<String> = whom.iter().map(Who::to_text).collect();
    clean(&whom.join(", "), Field::Reason)
}

fn names(agents: &[&Agent]) -> Clean {
    let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
    clean(&names.join(", "), Field::Reason)
}

/// One line without an end: the kind of a topology, and who is its head.
#[must_use]
pub fn summary(network: &Network<'_>) -> String {
    let shape = network.definition.shape;
    let Some(first) = network.definition.heads.first() else {
        return shape.as_str().to_owned();
    };
    let word = shape.head();
    let named = clean(&first.to_text(), Field::Name);
    match network.head() {
        None => format!("{}: nobody is here to be its {word} ({named})", shape.as_str()),
        Some(head) => {
            let stands_in = if network.is_stand_in() {
                format!(", standing in for {named}")
            } else {
                String::new()
            };
            format!(
                "{}: {word} {} ({}, {}{stands_in})",
                shape.as_str(),
                clean(&head.name, Field::Name),
                clean(&head.id, Field::Title),
                head.presence.as_str()
            )
        }
    }
}

/// What is said when a topology was set, or was so already.
#[must_use]
pub fn set(network: &Network<'_>, is_new: bool) -> String {
    let summary = summary(network);
    if is_new {
        format!("The topology is set to {summary}\n")
    } else {
        format!("The topology is like this already: {summary}\n")
    }
}

/// Everything about a topology: what was set, who is the head, and whom everybody writes to.
#[must_use]
pub fn page(topology: &Topology, network: &Network<'_>, now: &Moment, width: Option<usize>) -> String {
    let mut text = format!("topology: {}\n", summary(network));
    if let Some((by, at)) = &topology.set {
        let name = topology
            .agent(by)
            .map_or(by.as_str(), |agent| agent.name.as_str());
        let name = if by == OPERATOR || topology.free.contains(by) {
            Clean::literal("the human")
        } else {
            clean(name, Field::Name)
        };
        let _infallible = writeln!(text, "set:      by {name}, {}", relative(now.wall, *at));
    } else {
        text.push_str("Everybody writes to everybody.\n");
        return text;
    }
    if network.definition.heads.len() > 1 {
        let deputies = listed(&network.definition.heads[1..]);
        let _infallible = writeln!(text, "deputies: {deputies}");
    }
    for team in &network.definition.teams {
        let members: Vec<Who> = team
            .members
            .iter()
            .map(|&at| network.definition.places[at].who.clone())
            .collect();
        let name = clean(&team.name, Field::Name);
        let _infallible = writeln!(text, "team:     {name}: {}", listed(&members));
    }
    let faults = crate::domain::topology::check(network);
    if !faults.is_sound() {
        text.push_str("unsound:  `agent-sync topology check` says what is wrong\n");
    }
    if !faults.empty.is_empty() {
        let _infallible = writeln!(text, "empty:    {}", listed(&faults.empty));
    }
    text.push('\n');
    let mut table = Table::with_headings(["AGENT", "IS", "PLACE", "ABOVE", "TEAM", "BELOW"]);
    for agent in in_order(network) {
        let is_head = network.head().is_some_and(|head| head.id == agent.id);
        let place = match place(network, agent) {
            _ if is_head => Clean::literal(network.definition.shape.head()),
            Some(who) => clean(&who.to_text(), Field::Name),
            None => Clean::literal("-"),
        };
        let below = network.children(&agent.id);
        let below = if is_head && network.definition.shape == Shape::Star && !below.is_empty() {
            Clean::literal("everybody else")
        } else {
            names(&below)
        };
        table.row([
            Cell::from(clean(&agent.name, Field::Name)),
            Cell::from(Clean::literal(agent.presence.as_str())),
            Cell::from(place),
            Cell::from(names(&network.parents(&agent.id))),
            Cell::from(names(&network.team_mates(&agent.id))),
            Cell::from(below),
        ]);
    }
    text + &table.render(width)
}

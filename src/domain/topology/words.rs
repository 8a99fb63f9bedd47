//! What an agent is told of its place, in one sentence: agent-sync itself says it, in a message.

use super::{Network, Shape};
use crate::domain::agent::Agent;

/// Most agents that are named in one list.
const MOST_NAMED: usize = 8;

/// Where an agent is in a network and whom it may write to.
#[must_use]
pub fn place(network: &Network<'_>, id: &str) -> String {
    let shape = network.definition.shape;
    let is_head = network.head().is_some_and(|head| head.id == id);
    match shape {
        Shape::Mesh => "Everybody writes to everybody (topology mesh).".to_owned(),
        Shape::Star if is_head => {
            "You are the hub (topology star): everybody writes and hands tasks to you alone, and you to everybody. \
             What others send to `all` reaches you alone, so the rest knows of it what you pass on."
                .to_owned()
        }
        Shape::Star => format!(
            "You write to the hub {} (topology star): your messages and tasks go there, what you send to `all` too, and \
             the hub passes on what others have to know.",
            names(&network.parents(id))
        ),
        Shape::Hierarchical => {
            let mut whom = Vec::new();
            let mates = network.team_mates(id);
            let is_new = |agent: &&Agent| mates.iter().all(|mate| mate.id != agent.id);
            let (parents, children) = (network.parents(id), network.children(id));
            if !parents.is_empty() {
                whom.push(format!("{} above you", names(&parents)));
            }
            if !mates.is_empty() {
                whom.push(format!("{} in your team", names(&mates)));
            }
            let below: Vec<&Agent> = children.into_iter().filter(is_new).collect();
            if !below.is_empty() {
                whom.push(format!("{} below you", names(&below)));
            }
            let whom = if whom.is_empty() {
                "nobody yet".to_owned()
            } else {
                whom.join(", ")
            };
            if is_head {
                format!("You are the chief (topology hierarchical) and write to {whom}; what you send to `all` reaches all.")
            } else {
                format!("You write to {whom} (topology hierarchical); what you send to `all` reaches those, too.")
            }
        }
    }
}

/// That somebody is the head now, as everybody is told.
#[must_use]
pub fn succeeded(network: &Network<'_>, former: Option<&str>) -> String {
    let word = network.definition.shape.head();
    let Some(head) = network.head() else {
        return format!("There is no {word} now: nobody is here who could be.");
    };
    let how = match (network.is_stand_in(), former) {
        (true, Some(former)) => format!("in the place of {former}, until somebody with a better right comes"),
        (true, None) => "until somebody with a better right comes".to_owned(),
        (false, Some(former)) => format!("after {former}"),
        (false, None) => "as the topology says".to_owned(),
    };
    format!("{} is the {word} now, {how}.", head.name)
}

fn names(agents: &[&Agent]) -> String {
    let named: Vec<&str> = agents
        .iter()
        .take(MOST_NAMED)
        .map(|agent| agent.name.as_str())
        .collect();
    match agents.len() - named.len() {
        0 => named.join(", "),
        left => format!("{} and {left} more", named.join(", ")),
    }
}

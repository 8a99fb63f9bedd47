//! Pictures of a topology, in the languages of Mermaid and Graphviz.
//!
//! Arrows lead from whoever is above to whoever is below; members of a team hang on it by dotted lines. A place for
//! which nobody is here is drawn, too: it is where somebody will be.

use std::fmt::Write as _;

use super::in_order;
use crate::domain::agent::Agent;
use crate::domain::topology::{Network, Shape, Who};
use crate::frame::{Field, clean};
use crate::render::label::{dot_label, mermaid_label};

/// What is drawn.
struct Drawing<'a> {
    agents: Vec<&'a Agent>,
    head: Option<&'a str>,
    /// Places for which nobody is here.
    empty: Vec<&'a Who>,
    /// From above to below, by the numbers of agents and, after those, of empty places.
    edges: Vec<(usize, usize)>,
    /// The teams, and who of `agents` and `empty` is in each.
    teams: Vec<(&'a str, Vec<usize>)>,
}

impl<'a> Drawing<'a> {
    fn new(network: &Network<'a>) -> Self {
        let definition = network.definition;
        let agents = in_order(network);
        let number = |id: &str| agents.iter().position(|agent| agent.id == id);
        let lives_at = |place: usize| -> Vec<usize> {
            let residents = agents.iter().enumerate();
            let here = residents.filter(|(_, agent)| network.place(&agent.id) == Some(place));
            here.map(|(at, _)| at).collect()
        };
        let empty: Vec<usize> = (0..definition.places.len())
            .filter(|&place| lives_at(place).is_empty())
            .collect();
        let head = network.head().map(|head| head.id.as_str());
        let mut edges = Vec::new();
        for (below, agent) in agents.iter().enumerate() {
            let above = network.parents(&agent.id);
            edges.extend(above.iter().filter_map(|above| Some((number(&above.id)?, below))));
        }
        // Above an empty place is what the definition says, empty or not; where that is the chief, the head.
        let nodes = |place: usize| match empty.iter().position(|&other| other == place) {
            Some(at) => vec![agents.len() + at],
            None => lives_at(place),
        };
        for &place in empty.iter().filter(|&&place| place != 0) {
            let above = definition.places[place].parent.unwrap_or_default();
            let above = match head.and_then(number) {
                Some(head) if above == 0 => vec![head],
                _ => nodes(above),
            };
            edges.extend(
                above
                    .into_iter()
                    .flat_map(|above| nodes(place).into_iter().map(move |below| (above, below))),
            );
        }
        let teams = definition.teams.iter().map(|team| {
            let members = team.members.iter().flat_map(|&place| nodes(place)).collect();
            (team.name.as_str(), members)
        });
        let teams = teams.collect();
        let empty = empty.iter().map(|&place| &definition.places[place].who).collect();
        Self {
            agents,
            head,
            empty,
            edges,
            teams,
        }
    }
}

/// The topology in the language of Mermaid.
#[must_use]
pub fn mermaid(network: &Network<'_>) -> String {
    let drawing = Drawing::new(network);
    let mut text = "flowchart TD\n".to_owned();
    for (at, agent) in drawing.agents.iter().enumerate() {
        let class = class(&drawing, agent);
        let name = mermaid_label(&clean(&agent.name, Field::Name));
        let _infallible = writeln!(text, "  n{at}[\"{name}\"]:::{class}");
    }
    for (at, who) in drawing.empty.iter().enumerate() {
        let name = mermaid_label(&clean(&who.to_text(), Field::Name));
        let at = drawing.agents.len() + at;
        let _infallible = writeln!(text, "  n{at}[\"{name}<br/>not here\"]:::empty");
    }
    if network.definition.shape == Shape::Mesh {
        text.push_str("  all((\"everybody\"))\n");
        for at in 0..drawing.agents.len() {
            let _infallible = writeln!(text, "  all --- n{at}");
        }
    }
    for (above, below) in &drawing.edges {
        let _infallible = writeln!(text, "  n{above} --> n{below}");
    }
    for (at, (name, members)) in drawing.teams.iter().enumerate() {
        let name = mermaid_label(&clean(name, Field::Name));
        let _infallible = writeln!(text, "  t{at}([\"team {name}\"])");
        for member in members {
            let _infallible = writeln!(text, "  t{at} -.- n{member}");
        }
    }
    text.push_str("  classDef head stroke-width:3px\n  classDef empty stroke-dasharray:4\n  classDef agent stroke-width:1px\n");
    text
}

/// The topology in the language of Graphviz.
#[must_use]
pub fn dot(network: &Network<'_>) -> String {
    let drawing = Drawing::new(network);
    let mut text = "digraph topology {\n  node [shape=box, style=rounded];\n".to_owned();
    for (at, agent) in drawing.agents.iter().enumerate() {
        let bold = if class(&drawing, agent) == "head" {
            ", penwidth=3"
        } else {
            ""
        };
        let name = dot_label(&clean(&agent.name, Field::Name));
        let _infallible = writeln!(text, "  n{at} [label=\"{name}\"{bold}];");
    }
    for (at, who) in drawing.empty.iter().enumerate() {
        let name = dot_label(&clean(&who.to_text(), Field::Name));
        let at = drawing.agents.len() + at;
        let _infallible = writeln!(text, "  n{at} [label=\"{name}\\nnot here\", style=dashed];");
    }
    if network.definition.shape == Shape::Mesh {
        text.push_str("  all [label=\"everybody\", shape=circle];\n");
        for at in 0..drawing.agents.len() {
            let _infallible = writeln!(text, "  all -> n{at} [dir=none];");
        }
    }
    for (above, below) in &drawing.edges {
        let _infallible = writeln!(text, "  n{above} -> n{below};");
    }
    for (at, (name, members)) in drawing.teams.iter().enumerate() {
        let name = dot_label(&clean(name, Field::Name));
        let _infallible = writeln!(text, "  t{at} [label=\"team {name}\", shape=oval];");
        for member in members {
            let _infallible = writeln!(text, "  t{at} -> n{member} [style=dotted, dir=none];");
        }
    }
    text + "}\n"
}

fn class(drawing: &Drawing<'_>, agent: &Agent) -> &'static str {
    if drawing.head == Some(agent.id.as_str()) {
        "head"
    } else {
        "agent"
    }
}

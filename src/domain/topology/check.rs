//! What is wrong with a topology among those who are here, though it holds together on paper.

use super::{Definition, Network, Shape, Who};
use crate::domain::agent::Agent;

/// What does not hold now, and what is only to be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Nobody for whom the first place is, is here; then who that would be, and the name of whoever stands in.
    pub dead_head: Option<(Who, Option<String>)>,
    /// Agents by name whose parent is not here: the place above them, and who is above them meanwhile.
    pub orphans: Vec<(String, Who, Vec<String>)>,
    /// Places for which nobody is here: no fault, since somebody may come.
    pub empty: Vec<Who>,
}

impl Faults {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.dead_head.is_none() && self.orphans.is_empty()
    }
}

/// What is wrong with the topology of this network.
#[must_use]
pub fn check(network: &Network<'_>) -> Faults {
    let definition: &Definition = network.definition;
    let members = network.members();
    let is_here = |who: &Who| members.iter().any(|agent| who.fits(agent));
    let mut faults = Faults::default();
    if let Some(first) = definition.heads.first().filter(|who| !is_here(who)) {
        faults.dead_head = Some((first.clone(), network.head().map(|head| head.name.clone())));
    }
    let places = definition.places.iter().map(|place| &place.who);
    for who in definition.heads.iter().skip(1).chain(places.skip(1)) {
        if !is_here(who) && !faults.empty.contains(who) {
            faults.empty.push(who.clone());
        }
    }
    if definition.shape != Shape::Hierarchical {
        return faults;
    }
    for agent in &members {
        let parent = network
            .place(&agent.id)
            .and_then(|at| definition.places[at].parent);
        let Some(parent) = parent.filter(|&at| at != 0) else {
            continue;
        };
        let above = network.parents(&agent.id);
        let is_filled = |agent: &&Agent| network.place(&agent.id) == Some(parent);
        if !above.is_empty() && !above.iter().any(is_filled) {
            faults.orphans.push((
                agent.name.clone(),
                definition.places[parent].who.clone(),
                above.iter().map(|agent| agent.name.clone()).collect(),
            ));
        }
    }
    faults
}

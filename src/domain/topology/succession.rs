//! Who is the head now.
//!
//! Whoever was named has the place whenever it is here, and gets it back when it returns. While it is away, the
//! next by rule has it; and whoever has it keeps it until it goes or somebody with a better right comes, so that an
//! agent which merely joins changes nothing.

use super::network::place_of;
use super::{Definition, Shape};
use crate::domain::agent::Agent;
use crate::domain::presence::Presence;

/// The head of a topology among these agents, of which the `free` (the human's) are never one; `None` in a mesh, and
/// where nobody is here.
///
/// In this order, of those that are living sessions: whoever the definition names, its deputies one by one (of
/// several in a role the one who has the place, then `leader`, then whoever is here longest); whoever has the place,
/// `incumbent`; whoever leads in the role `main`, `leader`; of those that are nearest to the chief whoever is here
/// longest, the stale last.
#[must_use]
pub fn head<'a>(
    definition: &Definition,
    agents: &'a [Agent],
    free: &[String],
    incumbent: Option<&str>,
    leader: Option<&str>,
) -> Option<&'a Agent> {
    if definition.shape == Shape::Mesh {
        return None;
    }
    let candidates: Vec<&Agent> = agents
        .iter()
        .filter(|agent| agent.presence.is_living() && agent.parent.is_none() && !free.contains(&agent.id))
        .collect();
    let with_id = |id: Option<&str>, among: &[&'a Agent]| {
        among.iter().copied().find(|agent| Some(agent.id.as_str()) == id)
    };
    let longest_here = |agent: &&Agent| (agent.created_at, agent.id.clone());
    for who in &definition.heads {
        let named: Vec<&Agent> = candidates
            .iter()
            .copied()
            .filter(|agent| who.fits(agent))
            .collect();
        let chosen = with_id(incumbent, &named)
            .or_else(|| with_id(leader, &named))
            .or_else(|| named.into_iter().min_by_key(longest_here));
        if chosen.is_some() {
            return chosen;
        }
    }
    let depth = |agent: &Agent| place_of(definition, agent).map_or(1, |place| definition.depth(place));
    with_id(incumbent, &candidates)
        .or_else(|| with_id(leader, &candidates))
        .or_else(|| {
            candidates.into_iter().min_by_key(|agent| {
                let is_stale = agent.presence == Presence::Stale;
                (is_stale, depth(agent), longest_here(agent))
            })
        })
}

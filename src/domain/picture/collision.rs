//! Work that meets in one file: two agents that edit it or have just changed it.
//!
//! In one checkout the later of them may write over what the earlier one did; in two checkouts somebody will have
//! to merge. Each of the two is told by its hooks; a person wants to know it of all of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{COLLIDES_WITHIN, Picture};
use crate::domain::agent::{Kin, is_stopped_by};
use crate::domain::lock::{Key, OUTSIDE};

/// Agents that work on one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The path, relative to its checkout; absolute outside.
    pub path: String,
    /// The checkouts it is changed in: one, or several that have to be merged.
    pub trees: Vec<String>,
    /// Ids of the agents, whoever changed it last first.
    pub agents: Vec<String>,
    /// Whether more than one of them is editing it at this moment.
    pub is_now: bool,
    /// When it was last changed, in milliseconds since the epoch.
    pub at: i64,
}

impl Collision {
    /// Whether it is the same file, not the same path in two checkouts.
    #[must_use]
    pub fn is_same_file(&self) -> bool {
        self.trees.len() == 1
    }
}

/// What an agent did to a path in a checkout.
#[derive(Default)]
struct Work {
    at: i64,
    is_editing: bool,
}

/// The paths on which several agents work that are here and not parts of one session, those in one checkout
/// first, then the newest first.
#[must_use]
pub fn collisions(picture: &Picture) -> Vec<Collision> {
    let mut paths: BTreeMap<&str, BTreeMap<(&str, &str), Work>> = BTreeMap::new();
    let since = picture.now.wall.saturating_sub(COLLIDES_WITHIN);
    for change in &picture.changes {
        if change.at >= since && picture.living(&change.agent).is_some() {
            let of_path = paths.entry(&change.key.path).or_default();
            let work = of_path.entry((&change.key.tree, &change.agent)).or_default();
            work.at = work.at.max(change.at);
        }
    }
    for lease in &picture.leases {
        if let Key::Path(key) = &lease.key
            && picture.living(&lease.holder).is_some()
        {
            let of_path = paths.entry(&key.path).or_default();
            let work = of_path.entry((&key.tree, &lease.holder)).or_default();
            work.at = work.at.max(lease.leased.wall);
            work.is_editing = true;
        }
    }
    let mut found = Vec::new();
    for (path, work) in &paths {
        found.extend(in_one_path(picture, path, work));
    }
    found.sort_by_key(|one| {
        (
            !one.is_same_file(),
            !one.is_now,
            Reverse(one.at),
            one.path.clone(),
        )
    });
    found
}

/// The collisions in one path: one for each checkout in which agents meet, or else one for all of them.
fn in_one_path(picture: &Picture, path: &str, work: &BTreeMap<(&str, &str), Work>) -> Vec<Collision> {
    let trees: BTreeSet<&str> = work.keys().map(|(tree, _)| *tree).collect();
    let mut found: Vec<Collision> = trees
        .iter()
        .filter_map(|tree| meeting(picture, path, work, &|one| one == *tree))
        .collect();
    if found.is_empty() && trees.len() > 1 {
        // Outside of every checkout a path is no other file than itself.
        found.extend(meeting(picture, path, work, &|tree| tree != OUTSIDE));
    }
    found
}

/// The meeting of those who work on a path in some of the checkouts, if it is one.
fn meeting(
    picture: &Picture,
    path: &str,
    work: &BTreeMap<(&str, &str), Work>,
    is_meant: &dyn Fn(&str) -> bool,
) -> Option<Collision> {
    let mut here: Vec<(&str, &str, &Work)> = work
        .iter()
        .filter(|((tree, _), _)| is_meant(tree))
        .map(|((tree, agent), work)| (*tree, *agent, work))
        .collect();
    let meets = |one: &str| {
        here.iter()
            .any(|(_, other, _)| are_strangers(picture, one, other))
    };
    let strangers: BTreeSet<&str> = here
        .iter()
        .map(|(_, agent, _)| *agent)
        .filter(|agent| meets(agent))
        .collect();
    here.retain(|(_, agent, _)| strangers.contains(agent));
    here.sort_by_key(|(_, agent, work)| (Reverse(work.at), *agent));
    let mut agents: Vec<String> = Vec::new();
    for (_, agent, _) in &here {
        if !agents.iter().any(|known| known == agent) {
            agents.push((*agent).to_owned());
        }
    }
    let trees: BTreeSet<String> = here.iter().map(|(tree, ..)| (*tree).to_owned()).collect();
    let editing: BTreeSet<&str> = here
        .iter()
        .filter(|(.., work)| work.is_editing)
        .map(|(_, agent, _)| *agent)
        .collect();
    Some(Collision {
        path: path.to_owned(),
        trees: trees.into_iter().collect(),
        is_now: editing.len() > 1,
        at: here.first()?.2.at,
        agents,
    })
}

/// Whether each of two agents would stop the other: they are neither one nor parts of one session that pass
/// under each other's locks.
fn are_strangers(picture: &Picture, one: &str, other: &str) -> bool {
    let kin = |id| {
        let agent = picture.living(id)?;
        Some(Kin {
            id: &agent.id,
            parent: agent.parent.as_deref(),
        })
    };
    match (kin(one), kin(other)) {
        (Some(one), Some(other)) => is_stopped_by(one, other) && is_stopped_by(other, one),
        _ => false,
    }
}

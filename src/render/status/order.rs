//! Who decides: the topology where it is not a mesh, who leads in which role, and votes that wait for somebody.
//!
//! Most repositories have none of it, and then nothing is said.

use serde::Serialize;

use super::View;
use super::head::{line, words};
use crate::domain::leader::role_of;
use crate::domain::lock::Lock;
use crate::domain::vote::Vote;
use crate::frame::{Field, clean};
use crate::render::time::{rfc3339, when};
use crate::render::topology::summary;

/// Most names of those whom a vote waits for.
const MOST_NAMED: usize = 8;

/// The same for programs.
#[derive(Debug, Serialize)]
pub(super) struct OrderJson<'a> {
    topology: &'static str,
    head_id: Option<&'a str>,
    leaders: Vec<LeaderJson<'a>>,
    votes: Vec<VoteJson<'a>>,
}

#[derive(Debug, Serialize)]
struct LeaderJson<'a> {
    role: &'a str,
    agent_id: &'a str,
    fence: i64,
}

#[derive(Debug, Serialize)]
struct VoteJson<'a> {
    id: &'a str,
    question: &'a str,
    closes_at: String,
    missing: Vec<&'a str>,
}

impl<'a> OrderJson<'a> {
    pub(super) fn new(view: &View<'a>) -> Self {
        let picture = view.picture;
        let topology = picture.topology.as_ref();
        Self {
            topology: topology.map_or("mesh", |topology| topology.definition.shape.as_str()),
            head_id: topology
                .and_then(|topology| topology.head.as_ref())
                .map(|(id, _)| id.as_str()),
            leaders: leaders(&picture.locks)
                .map(|(role, lock)| LeaderJson {
                    role,
                    agent_id: &lock.holder,
                    fence: lock.fence,
                })
                .collect(),
            votes: picture
                .votes
                .iter()
                .map(|vote| VoteJson {
                    id: &vote.id,
                    question: &vote.question,
                    closes_at: rfc3339(vote.closes_at(&picture.now)),
                    missing: vote.missing().map(|member| member.agent.as_str()).collect(),
                })
                .collect(),
        }
    }
}

/// Those who lead, each with its role.
fn leaders(locks: &[Lock]) -> impl Iterator<Item = (&str, &Lock)> {
    let lead = locks.iter().filter(|lock| !lock.is_implicit);
    lead.filter_map(|lock| Some((role_of(&lock.key)?, lock)))
}

pub(super) fn section(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    let mut lines: Vec<String> = Vec::new();
    if let Some(topology) = &picture.topology {
        lines.push(format!("topology: {}", summary(&topology.network())));
    }
    let leads: Vec<String> = leaders(&picture.locks)
        .map(|(role, lock)| {
            let name = clean(&lock.holder_name, Field::Name);
            format!("{name} in the role {}", clean(role, Field::Name))
        })
        .collect();
    if !leads.is_empty() {
        lines.push(format!("leads: {}", leads.join(", ")));
    }
    lines.extend(picture.votes.iter().take(most).map(|vote| waiting(vote, view)));
    let left = picture.votes.len().saturating_sub(most);
    if left > 0 {
        lines.push(format!("… {} more: agent-sync vote list", words(left, "vote")));
    }
    lines
        .iter()
        .map(|text| line(text, width, ToOwned::to_owned))
        .collect()
}

/// A vote, and whom it waits for.
fn waiting(vote: &Vote, view: &View<'_>) -> String {
    let missing: Vec<&str> = vote.missing().map(|member| member.name.as_str()).collect();
    let names: Vec<String> = missing
        .iter()
        .take(MOST_NAMED)
        .map(|name| clean(name, Field::Name).to_string())
        .collect();
    let others = match missing.len() - names.len() {
        0 => String::new(),
        left => format!(" and {left} more"),
    };
    let now = &view.picture.now;
    format!(
        "vote: {} ({}) waits for {}{others}, closes {}",
        clean(&vote.question, Field::Title),
        clean(&vote.id, Field::Name),
        names.join(", "),
        when(now, vote.closes_at(now)),
    )
}

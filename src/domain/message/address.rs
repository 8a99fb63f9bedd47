//! Whom an address means, decided once, when the message is sent.

use super::EVERYONE;
use crate::domain::agent::{Agent, OPERATOR};

/// Whom an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// These agents, by id.
    To(Vec<String>),
    /// Nobody; these names of living agents look alike or could have been meant.
    Nobody(Vec<String>),
    /// It begins several ids; these.
    Ambiguous(Vec<String>),
}

/// Whether `address` means the human, who may be written to before having acted here even once.
#[must_use]
pub fn is_human(address: &str) -> bool {
    [OPERATOR, "human"]
        .iter()
        .any(|name| address.trim().eq_ignore_ascii_case(name))
}

/// Whom `address` means among `agents`, seen from `sender`.
///
/// In this order: `all` (everybody living but the sender), an id, a name of the living, a role of the
/// living (with an `@` before it nothing else), a name of somebody gone (the last one seen), a unique beginning of an id. Case matters nowhere
/// but in ids. Mail to somebody gone is kept for its return.
#[must_use]
pub fn resolve(address: &str, sender: &str, agents: &[Agent]) -> Resolved {
    let wanted = if is_human(address) {
        OPERATOR
    } else {
        address.trim()
    };
    let living = || agents.iter().filter(|agent| agent.presence.is_living());
    let ids = |found: Vec<&Agent>| Resolved::To(found.into_iter().map(|agent| agent.id.clone()).collect());
    if wanted.eq_ignore_ascii_case(EVERYONE) {
        return ids(living().filter(|agent| agent.id != sender).collect());
    }
    if let Some(agent) = agents.iter().find(|agent| agent.id == wanted) {
        return ids(vec![agent]);
    }
    if let Some(agent) = living().find(|agent| agent.name.eq_ignore_ascii_case(wanted)) {
        return ids(vec![agent]);
    }
    let role = wanted.strip_prefix('@');
    let plays = |agent: &&Agent| {
        let its = agent.role.as_deref().map(str::trim);
        its.is_some_and(|its| its.eq_ignore_ascii_case(role.unwrap_or(wanted)))
    };
    let in_role: Vec<_> = living()
        .filter(plays)
        .filter(|agent| agent.id != sender)
        .collect();
    if !wanted.is_empty() && !in_role.is_empty() {
        return ids(in_role);
    }
    let gone = agents
        .iter()
        .filter(|agent| agent.name.eq_ignore_ascii_case(wanted));
    if let Some(agent) = gone.max_by_key(|agent| agent.sighting.seen.wall) {
        return ids(vec![agent]);
    }
    let begins: Vec<_> = agents
        .iter()
        .filter(|agent| wanted.len() >= 4 && agent.id.starts_with(wanted))
        .collect();
    match begins.len() {
        1 => ids(begins),
        0 => Resolved::Nobody(candidates(wanted, living().filter(|agent| agent.id != sender))),
        _ => Resolved::Ambiguous(begins.into_iter().map(|agent| agent.id.clone()).collect()),
    }
}

/// The names most like `wanted`, best first, at most five.
fn candidates<'a>(wanted: &str, agents: impl Iterator<Item = &'a Agent>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut names: Vec<(usize, &str)> = agents
        .map(|agent| (distance(&wanted, &agent.name), agent.name.as_str()))
        .collect();
    names.sort_unstable();
    names
        .into_iter()
        .take(5)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// How many letters have to be changed, added or removed to turn one word into the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::{Presence, Sighting, Turn};
    use crate::domain::time::Moment;

    fn agent(id: &str, name: &str, role: &str, presence: Presence) -> Agent {
        Agent {
            id: id.to_owned(),
            name: name.to_owned(),
            role: (!role.is_empty()).then(|| role.to_owned()),
            parent: None,
            current_task: None,
            created_at: 0,
            sighting: Sighting {
                turn: Turn::Active,
                seen: Moment::at_wall(0),
                proof: None,
            },
            cwd: None,
            presence,
        }
    }

    fn world() -> Vec<Agent> {
        vec![
            agent("agent-aaaa1", "alice", "API", Presence::Active),
            agent("agent-aaaa2", "bob", "api", Presence::Idle),
            agent("agent-bbbb1", "carol", "", Presence::Offline),
        ]
    }

    fn to(ids: &[&str]) -> Resolved {
        Resolved::To(ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn all_means_the_living_without_the_sender() {
        assert_eq!(resolve("all", "agent-aaaa1", &world()), to(&["agent-aaaa2"]));
    }

    #[test]
    fn an_address_is_an_id_a_name_or_a_role() {
        assert_eq!(resolve("agent-aaaa2", "x", &world()), to(&["agent-aaaa2"]));
        assert_eq!(resolve(" ALICE ", "x", &world()), to(&["agent-aaaa1"]));
        assert_eq!(resolve("api", "x", &world()), to(&["agent-aaaa1", "agent-aaaa2"]));
        assert_eq!(resolve("api", "agent-aaaa1", &world()), to(&["agent-aaaa2"]));
        assert_eq!(resolve("@Api", "agent-aaaa1", &world()), to(&["agent-aaaa2"]));
        assert!(matches!(resolve("@alice", "x", &world()), Resolved::Nobody(_)));
        assert_eq!(resolve("carol", "x", &world()), to(&["agent-bbbb1"]));
    }

    #[test]
    fn an_id_may_be_shortened_while_it_is_unique() {
        assert_eq!(resolve("agent-b", "x", &world()), to(&["agent-bbbb1"]));
        assert!(matches!(resolve("agent-a", "x", &world()), Resolved::Ambiguous(ids) if ids.len() == 2));
    }

    #[test]
    fn the_human_has_two_names() {
        let human = [agent(OPERATOR, OPERATOR, "", Presence::Offline)];
        for address in ["operator", " Human", "OPERATOR"] {
            assert_eq!(resolve(address, "x", &human), to(&[OPERATOR]), "{address}");
        }
    }

    #[test]
    fn a_typo_names_the_likeliest_first() {
        assert_eq!(
            resolve("alcie", "x", &world()),
            Resolved::Nobody(vec!["alice".into(), "bob".into()])
        );
        assert_eq!(resolve("", "x", &[]), Resolved::Nobody(vec![]));
    }
}

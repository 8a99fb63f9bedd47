//! Definitions against brute force, and what holds in every sound network.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Who has which parent, and perhaps a chief.
fn parents() -> impl Strategy<Value = (Option<usize>, BTreeMap<usize, usize>)> {
    (
        proptest::option::of(0..NAMES.len()),
        proptest::collection::btree_map(0..NAMES.len(), 0..NAMES.len(), 0..7),
    )
}

/// Whether, however one follows the parents, one comes to a single chief: tried out.
fn holds_together(chief: Option<usize>, parents: &BTreeMap<usize, usize>) -> bool {
    let mut named: Vec<usize> = parents
        .iter()
        .flat_map(|(child, parent)| [*child, *parent])
        .collect();
    named.extend(chief);
    let mut ends = Vec::new();
    for start in named {
        let mut at = start;
        for step in 0.. {
            match parents.get(&at) {
                None => break,
                Some(_) if step > NAMES.len() => return false,
                Some(parent) => at = *parent,
            }
        }
        ends.push(at);
    }
    ends.sort_unstable();
    ends.dedup();
    match chief {
        Some(chief) => !parents.contains_key(&chief),
        None => ends.len() == 1,
    }
}

/// An agent that may be anywhere: its role, whose subagent it is, how present it is, since when it is here.
type Drawn = (Option<usize>, Option<usize>, usize, i64);

/// A sound topology, agents, and which of them leads.
fn worlds() -> impl Strategy<Value = (Definition, Vec<Drawn>, Option<usize>, Option<usize>)> {
    let who = || {
        (0..NAMES.len() + 2).prop_map(|at| {
            NAMES
                .get(at)
                .map_or_else(|| format!("@r{}", at - NAMES.len()), |name| (*name).to_owned())
        })
    };
    let teams = proptest::collection::btree_map("[xyz]", proptest::collection::vec(who(), 1..4), 0..3);
    let tree = (
        who(),
        teams,
        proptest::collection::btree_map(who(), who(), 0..5),
        proptest::collection::vec(who(), 0..3),
    );
    let form = (any::<bool>(), tree).prop_map(|(is_star, (head, teams, parents, deputies))| {
        if is_star {
            Form {
                hub: Some(head),
                deputies,
                ..Form::new(Shape::Star)
            }
        } else {
            Form {
                chief: Some(head),
                teams,
                parents,
                deputies,
                ..Form::new(Shape::Hierarchical)
            }
        }
    });
    let sound = form.prop_filter_map("it has to hold together", |form| Definition::new(form).ok());
    let drawn = (
        proptest::option::of(0..2usize),
        proptest::option::weighted(0.2, 0..NAMES.len()),
        0..4usize,
        0..3i64,
    );
    let agents = proptest::collection::vec(drawn, NAMES.len() + 2);
    let one = || proptest::option::of(0..NAMES.len() + 2);
    (sound, agents, one(), one())
}

fn drawn(agents: &[Drawn]) -> Vec<Agent> {
    let presences = [
        Presence::Active,
        Presence::Idle,
        Presence::Stale,
        Presence::Offline,
    ];
    let label = |at: usize| {
        NAMES
            .get(at)
            .map_or_else(|| format!("n{at}"), |name| (*name).to_owned())
    };
    let numbered = agents.iter().enumerate();
    numbered
        .map(|(at, (role, parent, presence, since))| {
            let role = role.map(|role| format!("R{role}"));
            // Of whoever comes before alone, so that nobody is its own ancestor.
            let parent = parent.filter(|&parent| parent < at).map(label);
            agent(
                &label(at),
                role.as_deref(),
                parent.as_deref(),
                presences[*presence],
                *since,
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_hierarchy_is_taken_exactly_where_every_way_up_leads_to_one_chief((chief, parents) in parents()) {
        let edges: Vec<(&str, &str)> = parents.iter().map(|(child, parent)| (NAMES[*child], NAMES[*parent])).collect();
        let made = hierarchy(chief.map(|chief| NAMES[chief]), &[], &edges);
        let is_cyclic = |parents: &BTreeMap<usize, usize>| (0..NAMES.len()).any(|start| {
            let ups = std::iter::successors(parents.get(&start), |at| parents.get(*at));
            ups.take(NAMES.len() + 1).any(|at| *at == start)
        });
        let expected = !is_cyclic(&parents) && holds_together(chief, &parents);
        prop_assert_eq!(made.is_ok(), expected, "{:?}", made);
        match made {
            Ok(definition) => {
                // Every place has the parent that was said, or the chief, and the chief alone has none.
                for (at, place) in definition.places.iter().enumerate() {
                    prop_assert_eq!(place.parent.is_none(), at == 0);
                }
                for (child, parent) in &edges {
                    let at = |who: &str| definition.places.iter().position(|place| place.who == name(who)).unwrap();
                    prop_assert_eq!(definition.places[at(child)].parent, Some(at(parent)));
                }
            }
            Err(faults) => {
                let has_cycle = faults.iter().any(|fault| matches!(fault, Unsound::Cycle(cycle) if {
                    let next = cycle.iter().cycle().skip(1);
                    cycle.iter().zip(next).all(|(one, other)| edges.contains(&(&one.to_text(), &other.to_text())))
                }));
                prop_assert_eq!(has_cycle, is_cyclic(&parents), "{:?}", faults);
            }
        }
    }

    #[test]
    fn everybody_reaches_everybody_by_steps_that_are_allowed_and_as_short_as_can_be((definition, people, incumbent, leader) in worlds()) {
        let agents = drawn(&people);
        let id = |at: Option<usize>| at.map(|at| agents[at].id.as_str());
        let head = head(&definition, &agents, &[], id(incumbent), id(leader));
        let whole = Network::new(&definition, &agents, &[], head.map(|head| head.id.as_str()));
        let members = whole.members();
        prop_assert_eq!(head.is_some(), !members.is_empty());
        // Distances by trying every way around.
        let far = usize::MAX / 4;
        let count = members.len();
        let mut distance = vec![vec![far; count]; count];
        for (one, from) in members.iter().enumerate() {
            for (other, to) in members.iter().enumerate() {
                let may = whole.may_address(&from.id, &to.id);
                prop_assert_eq!(may, whole.may_address(&to.id, &from.id), "{} {}", from.name, to.name);
                if may {
                    distance[one][other] = usize::from(one != other);
                }
            }
        }
        for by in 0..count {
            for one in 0..count {
                for other in 0..count {
                    distance[one][other] = distance[one][other].min(distance[one][by] + distance[by][other]);
                }
            }
        }
        for (one, from) in members.iter().enumerate() {
            for (other, to) in members.iter().enumerate() {
                let route = whole.route(&from.id, &to.id);
                let Some(route) = route else {
                    return Err(TestCaseError::fail(format!("no way from {} to {}", from.name, to.name)));
                };
                prop_assert_eq!(route.len(), distance[one][other]);
                let mut at = from.id.as_str();
                for step in &route {
                    prop_assert!(whole.may_address(at, &step.id));
                    at = &step.id;
                }
                prop_assert_eq!(at, to.id.as_str());
                let approves = whole.may_approve(&from.id, &to.id);
                prop_assert!(!(approves && whole.may_approve(&to.id, &from.id)));
                // What one sends to all reaches exactly those one may write to, and the head's everybody.
                let is_head = head.is_some_and(|head| head.id == from.id);
                prop_assert_eq!(whole.is_told(&from.id, &to.id), is_head || whole.may_address(&from.id, &to.id));
                // Whoever is not the head has somebody above it, and the head approves what everybody else asks for.
                prop_assert_eq!(whole.parents(&from.id).is_empty(), is_head);
                prop_assert!(!is_head || one == other || approves);
            }
        }
    }

    #[test]
    fn the_head_is_the_same_in_whatever_order_one_looks((definition, people, incumbent, leader) in worlds(), turn in 0usize..8) {
        let agents = drawn(&people);
        let id = |at: Option<usize>| at.map(|at| agents[at].id.clone());
        let (incumbent, leader) = (id(incumbent), id(leader));
        let first = head(&definition, &agents, &[], incumbent.as_deref(), leader.as_deref()).map(|head| head.id.clone());
        let mut turned = agents.clone();
        turned.rotate_left(turn);
        let again = head(&definition, &turned, &[], incumbent.as_deref(), leader.as_deref());
        prop_assert_eq!(again.map(|head| head.id.clone()), first.clone());
        // Whoever has it keeps it while nothing else changes.
        let kept = head(&definition, &agents, &[], first.as_deref(), leader.as_deref());
        prop_assert_eq!(kept.map(|head| head.id.clone()), first.clone());
        if let Some(first) = first {
            let first = agents.iter().find(|agent| agent.id == first).unwrap();
            prop_assert!(first.presence.is_living() && first.parent.is_none());
            for who in &definition.heads {
                let is_here = |agent: &&Agent| agent.presence.is_living() && agent.parent.is_none() && who.fits(agent);
                if agents.iter().any(|agent| is_here(&agent)) {
                    prop_assert!(who.fits(first));
                    break;
                }
            }
        }
    }

    #[test]
    fn a_subagent_is_where_its_session_is((definition, people, incumbent, leader) in worlds()) {
        let agents = drawn(&people);
        let id = |at: Option<usize>| at.map(|at| agents[at].id.as_str());
        let head = head(&definition, &agents, &[], id(incumbent), id(leader));
        let whole = Network::new(&definition, &agents, &[], head.map(|head| head.id.as_str()));
        for sub in agents.iter().filter(|agent| agent.parent.is_some()) {
            let parent = sub.parent.as_deref().unwrap();
            for other in &agents {
                prop_assert_eq!(whole.may_address(&sub.id, &other.id), whole.may_address(parent, &other.id));
            }
            prop_assert!(whole.may_address(&sub.id, parent) && !whole.may_approve(&sub.id, parent) && !whole.may_approve(parent, &sub.id));
        }
    }

    #[test]
    fn a_definition_comes_back_from_its_form((definition, _, _, _) in worlds()) {
        prop_assert_eq!(Definition::new(definition.form().clone()), Ok(definition));
    }
}

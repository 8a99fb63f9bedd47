//! Definitions against brute force, and what holds in every sound network.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::agent::OPERATOR;
use crate::domain::presence::{Presence, Sighting, Turn};
use crate::domain::time::Moment;

fn agent(id: &str, role: Option<&str>, parent: Option<&str>, presence: Presence, created_at: i64) -> Agent {
    Agent {
        id: format!("id-{id}"),
        name: id.to_owned(),
        role: role.map(str::to_owned),
        parent: parent.map(|parent| format!("id-{parent}")),
        current_task: None,
        created_at,
        sighting: Sighting {
            turn: Turn::Active,
            seen: Moment::at_wall(0),
            proof: None,
        },
        cwd: None,
        presence,
    }
}

/// Living sessions without roles, the first here longest.
fn here(names: &[&str]) -> Vec<Agent> {
    let agents = names.iter().zip(1..);
    agents
        .map(|(name, at)| agent(name, None, None, Presence::Active, at))
        .collect()
}

fn star(hub: &str, deputies: &[&str]) -> Definition {
    Definition::new(Form {
        hub: Some(hub.to_owned()),
        deputies: texts(deputies),
        ..Form::new(Shape::Star)
    })
    .unwrap()
}

fn hierarchy(
    chief: Option<&str>,
    teams: &[(&str, &[&str])],
    parents: &[(&str, &str)],
) -> Result<Definition, Vec<Unsound>> {
    Definition::new(Form {
        chief: chief.map(str::to_owned),
        teams: teams
            .iter()
            .map(|(name, members)| ((*name).to_owned(), texts(members)))
            .collect(),
        parents: parents
            .iter()
            .map(|(child, parent)| ((*child).to_owned(), (*parent).to_owned()))
            .collect(),
        ..Form::new(Shape::Hierarchical)
    })
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn name(text: &str) -> Who {
    Who::Name(text.to_owned())
}

/// The network of these agents with whoever is the head by rule.
fn network<'a>(definition: &'a Definition, agents: &'a [Agent]) -> Network<'a> {
    let head = head(definition, agents, &[], None, None);
    Network::new(definition, agents, &[], head.map(|head| head.id.as_str()))
}

fn names(agents: &[&Agent]) -> Vec<String> {
    agents.iter().map(|agent| agent.name.clone()).collect()
}

#[test]
fn in_a_star_everybody_talks_with_the_hub_alone() {
    let definition = star("boss", &[]);
    let mut agents = here(&["boss", "ann", "bob"]);
    agents.push(agent("helper", None, Some("ann"), Presence::Active, 9));
    let network = network(&definition, &agents);
    for (from, to, may) in [
        ("boss", "ann", true),
        ("ann", "boss", true),
        ("ann", "bob", false),
        ("helper", "ann", true),
        ("helper", "boss", true),
        ("helper", "bob", false),
    ] {
        let (from, to) = (format!("id-{from}"), format!("id-{to}"));
        assert_eq!(network.may_address(&from, &to), may, "{from} {to}");
        assert_eq!(network.may_address(&to, &from), may, "{to} {from}");
    }
    assert!(network.may_address("id-ann", OPERATOR) && network.may_address(OPERATOR, "id-bob"));
    let detour = network.detour("id-helper", &["id-bob"]);
    assert_eq!(
        (detour.to.as_deref(), detour.by),
        (Some("bob"), texts(&["boss", "bob"]))
    );
    // A broadcast goes to the hub, the hub's to all, and to subagents from their own session and the hub.
    let told = |from: &str| -> Vec<&str> {
        let told = agents
            .iter()
            .filter(|to| to.id != from && network.is_told(from, &to.id));
        told.map(|agent| agent.name.as_str()).collect()
    };
    assert_eq!(told("id-bob"), ["boss"]);
    assert_eq!(told("id-ann"), ["boss", "helper"]);
    assert_eq!(told("id-boss"), ["ann", "bob", "helper"]);
    assert_eq!(told(OPERATOR).len(), 4);
}

#[test]
fn in_a_hierarchy_one_talks_with_parent_children_and_team() {
    let definition = hierarchy(
        Some("boss"),
        &[("api", &["ann", "bob", "@api"]), ("web", &["wes", "@web"])],
        &[("@docs", "wes")],
    )
    .unwrap();
    let mut agents = here(&["boss", "ann", "bob", "wes", "stray"]);
    agents.push(agent("amy", Some(" API "), None, Presence::Idle, 7));
    agents.push(agent("dot", Some("docs"), None, Presence::Active, 8));
    let network = network(&definition, &agents);
    let of = |id: &str| {
        (
            names(&network.parents(id)),
            names(&network.team_mates(id)),
            names(&network.children(id)),
        )
    };
    let lists =
        |parents: &[&str], mates: &[&str], children: &[&str]| (texts(parents), texts(mates), texts(children));
    assert_eq!(of("id-boss"), lists(&[], &[], &["ann", "wes", "stray"]));
    assert_eq!(of("id-ann"), lists(&["boss"], &["bob", "amy"], &["bob", "amy"]));
    assert_eq!(of("id-amy"), lists(&["ann"], &["ann", "bob"], &[]));
    assert_eq!(of("id-dot"), lists(&["wes"], &[], &[]));
    assert_eq!(of("id-stray"), lists(&["boss"], &[], &[]));
    assert!(!network.may_address("id-boss", "id-bob") && network.is_told("id-boss", "id-bob"));
    assert_eq!(
        network.detour("id-amy", &["id-dot"]).by,
        texts(&["ann", "boss", "wes", "dot"])
    );
    let approves = |one: &str, other: &str| network.may_approve(&format!("id-{one}"), &format!("id-{other}"));
    assert!(approves("ann", "amy") && approves("boss", "dot") && network.may_approve(OPERATOR, "id-boss"));
    assert!(
        !approves("bob", "amy")
            && !approves("amy", "ann")
            && !approves("wes", "amy")
            && !approves("boss", "boss")
    );
    assert_eq!(
        place(&network, "id-ann"),
        "You write to boss above you, bob, amy in your team (topology hierarchical); what you send to `all` reaches those, too."
    );
}

#[test]
fn whoever_has_no_parent_here_is_below_the_next_above() {
    let definition = hierarchy(
        Some("boss"),
        &[],
        &[("ann", "boss"), ("bob", "ann"), ("carl", "bob")],
    )
    .unwrap();
    let mut agents = here(&["boss", "ann", "bob", "carl"]);
    agents[2].presence = Presence::Offline;
    assert_eq!(names(&network(&definition, &agents).parents("id-carl")), ["ann"]);
    agents[1].presence = Presence::Offline;
    let whole = network(&definition, &agents);
    assert_eq!(names(&whole.parents("id-carl")), ["boss"]);
    let faults = check(&whole);
    assert_eq!(
        faults.orphans,
        [("carl".to_owned(), name("bob"), texts(&["boss"]))]
    );
    assert_eq!(faults.empty, [name("ann"), name("bob")]);
    agents[0].presence = Presence::Offline;
    let whole = network(&definition, &agents);
    assert_eq!(whole.head().unwrap().name, "carl");
    assert_eq!(
        check(&whole).dead_head,
        Some((name("boss"), Some("carl".to_owned())))
    );
}

#[test]
fn what_does_not_hold_together_is_named() {
    let wrong = |made: Result<Definition, Vec<Unsound>>| made.unwrap_err();
    assert_eq!(
        wrong(hierarchy(None, &[], &[("a", "b"), ("b", "c"), ("c", "a")])),
        [Unsound::Cycle(vec![name("a"), name("b"), name("c")])]
    );
    assert_eq!(
        wrong(hierarchy(None, &[], &[("a", "b"), ("c", "d")])),
        [Unsound::Chiefs(vec![name("b"), name("d")])]
    );
    assert_eq!(
        wrong(hierarchy(Some("a"), &[], &[("a", "b")])),
        [Unsound::ChiefBelow(name("a"), name("b"))]
    );
    assert_eq!(wrong(hierarchy(None, &[], &[])), [Unsound::NoChief]);
    assert_eq!(
        wrong(hierarchy(
            Some("a"),
            &[("t", &[]), ("x,y", &["b"])],
            &[("all", "@")]
        )),
        [
            Unsound::NoPlace("all".to_owned()),
            Unsound::NoPlace("@".to_owned()),
            Unsound::NoMember("t".to_owned()),
            Unsound::NoTeamName("x,y".to_owned())
        ]
    );
    assert_eq!(
        wrong(hierarchy(Some("r"), &[], &[("A", "b"), ("a", "c")])),
        [Unsound::TwoParents(name("A"), name("b"), name("c"))]
    );
    assert_eq!(wrong(Definition::new(Form::new(Shape::Star))), [Unsound::NoHub]);
    let mesh = Form {
        hub: Some("a".to_owned()),
        ..Form::new(Shape::Mesh)
    };
    assert_eq!(
        wrong(Definition::new(mesh)),
        [Unsound::Senseless(Shape::Mesh, "hub")]
    );
    // Teams that lead each other are a cycle, too.
    assert_eq!(
        wrong(hierarchy(
            Some("r"),
            &[("s", &["a", "b"]), ("t", &["b", "a"])],
            &[]
        )),
        [Unsound::Cycle(vec![name("a"), name("b")])]
    );
}

#[test]
fn the_only_one_without_a_parent_is_the_chief() {
    let definition = hierarchy(None, &[("t", &["ann", "bob"])], &[("ann", "boss")]).unwrap();
    assert_eq!(definition.heads, [name("boss")]);
    assert_eq!(definition.places[0].who, name("boss"));
    let whole: Vec<usize> = (0..3).map(|place| definition.depth(place)).collect();
    assert_eq!(whole.iter().max(), Some(&2), "{definition:?}");
}

#[test]
fn the_head_is_whoever_was_named_then_a_deputy_then_the_incumbent_then_the_leader_then_the_eldest() {
    let definition = star("boss", &["ann", "@lead"]);
    let mut agents = here(&["old", "boss", "ann", "new"]);
    agents.push(agent("lea", Some("lead"), None, Presence::Active, 8));
    agents.push(agent("leo", Some("Lead"), None, Presence::Active, 9));
    let chosen = |agents: &[Agent], incumbent: Option<&str>, leader: Option<&str>| {
        head(&definition, agents, &["id-human".to_owned()], incumbent, leader).map(|head| head.name.clone())
    };
    let mut gone = |name: &str| {
        let found = agents.iter_mut().find(|agent| agent.name == name).unwrap();
        found.presence = Presence::Offline;
        agents.clone()
    };
    let all = gone("new");
    assert_eq!(chosen(&all, Some("id-ann"), Some("id-old")).unwrap(), "boss");
    let without = gone("boss");
    assert_eq!(chosen(&without, Some("id-old"), Some("id-old")).unwrap(), "ann");
    let without = gone("ann");
    assert_eq!(chosen(&without, None, None).unwrap(), "lea");
    assert_eq!(chosen(&without, None, Some("id-leo")).unwrap(), "leo");
    assert_eq!(chosen(&without, Some("id-lea"), Some("id-leo")).unwrap(), "lea");
    gone("lea");
    let mut without = gone("leo");
    without.push(agent("human", None, None, Presence::Active, 0));
    without.push(agent("late", None, None, Presence::Active, 20));
    assert_eq!(chosen(&without, None, None).unwrap(), "old");
    assert_eq!(chosen(&without, None, Some("id-late")).unwrap(), "late");
    assert_eq!(chosen(&without, Some("id-late"), Some("id-old")).unwrap(), "late");
    without[0].presence = Presence::Stale;
    assert_eq!(chosen(&without, None, None).unwrap(), "late");
    assert_eq!(chosen(&[], None, None), None);
}

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

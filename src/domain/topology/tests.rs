//! Definitions and networks by example; what always holds is in `properties`.

mod properties;

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

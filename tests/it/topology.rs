//! `agent-sync topology`: it binds the very next message, refusals name the way, and when the hub dies there is another.

mod picture;

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{MINUTE, TestEnv};

/// Three who are here, of whom boss is the hub.
macro_rules! star {
    ($env:ident, $boss:ident, $ann:ident, $bob:ident) => {
        let $env = TestEnv::new();
        let $boss = $env.agent("boss").living().called("boss");
        let $ann = $env.agent("ann").called("ann");
        let $bob = $env.agent("bob").called("bob");
        $env.human()
            .run([
                "--as", "operator", "topology", "set", "star", "--hub", "boss", "--deputy", "ann",
            ])
            .succeeds();
    };
}

#[test]
fn the_human_sets_a_star_and_everybody_is_told_once() {
    let env = TestEnv::new();
    let boss = env.agent("boss").called("boss");
    let ann = env.agent("ann").called("ann");
    let set = [
        "topology",
        "set",
        "star",
        "--hub",
        "boss",
        "--deputy",
        "ann,@lead",
    ];
    assert_snapshot!(ann.run(set).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "show"]).shown(), @"");
    assert_snapshot!(env.human().run(set).shown(), @"");
    assert_snapshot!(env.human().run(set).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "show"]).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "check"]).shown(), @"");
    assert_snapshot!(boss.is_prompted().told_shown(), @"");
    assert_snapshot!(ann.is_prompted().told_shown(), @"");
    ann.is_prompted().never_says("hub");
    // Whoever comes later is told, too.
    let late = env.agent("late");
    late.begins().says("Write to the hub boss");
    late.run(["agent", "register", "--name", "late"]).succeeds();
    late.is_prompted().never_says("hub");
    env.human().run(["topology", "set", "mesh"]).succeeds();
    ann.is_prompted().says("Everybody writes to everybody");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn in_a_star_messages_and_tasks_go_by_way_of_the_hub() {
    star!(env, boss, ann, bob);
    assert_snapshot!(ann.run(["message", "send", "--to", "bob", "Hello"]).shown(), @"");
    assert_snapshot!(ann.run(["message", "send", "--to", "all", "Hello"]).shown(), @"");
    assert_snapshot!(ann.run(["message", "send", "--to", "bob", "--to", "boss", "Both"]).shown(), @"");
    let sent = boss
        .run(["message", "send", "--to", "all", "--json", "Hello"])
        .json();
    assert_eq!(sent["recipients"].as_array().unwrap().len(), 3, "{sent}");
    assert_eq!(sent["beyond"], 0, "{sent}");
    // The human reaches everybody, by whatever id, and is answered.
    let asked = env
        .human()
        .run(["message", "send", "--to", "bob", "Well?"])
        .id("msg-");
    bob.run(["message", "send", "--reply-to", &asked, "Well."])
        .succeeds();
    bob.run(["message", "send", "--to", "operator", "Stuck."])
        .succeeds();
    let asked = boss
        .run(["message", "send", "--to", "ann", "--ack", "You?"])
        .id("msg-");
    bob.run(["message", "send", "--reply-to", &asked, "Me."])
        .succeeds();
    ann.run(["message", "ack", &asked]).succeeds();
    // A subagent is where its session is.
    let helper = ann.subagent("helper");
    helper.hook("subagent-start", &json!({})).succeeds();
    ann.run(["--as", &helper.id(), "message", "send", "--to", "ann", "Done."])
        .succeeds();
    ann.run(["--as", &helper.id(), "message", "send", "--to", "bob", "Psst."])
        .ends_with(3)
        .complains("--to boss");
    let task = ann.run(["task", "create", "Big"]).id("task-");
    ann.run(["task", "claim", &task]).succeeds();
    assert_snapshot!(ann.run(["task", "handoff", &task, "--to", "bob"]).shown(), @"");
    ann.run(["task", "handoff", &task, "--to", "boss"]).succeeds();
    env.human().run(["doctor", "--check"]).succeeds();
    let refused = env.human().run(["activity", "list", "--type", "message.refused"]);
    refused.says("the topology leads another way");
}

#[test]
fn when_the_hub_dies_the_deputy_stands_in_until_it_comes_back_and_all_are_told_once_each_time() {
    star!(env, boss, ann, bob);
    for agent in [&boss, &ann, &bob] {
        agent.is_prompted().says("hub");
    }
    boss.kill();
    assert_snapshot!(env.human().run(["topology", "check"]).shown(), @"");
    bob.run(["message", "send", "--to", "boss", "Still there?"])
        .ends_with(3)
        .complains("--to ann");
    bob.run(["message", "send", "--to", "ann", "Then you."])
        .succeeds();
    assert_snapshot!(bob.is_prompted().told_shown(), @"");
    assert_snapshot!(ann.is_prompted().told_shown(), @"");
    bob.is_prompted().never_says("ann is the hub");
    assert_snapshot!(env.human().run(["topology", "show"]).shown(), @"");
    // Nobody is left of those that were named: whoever is here longest.
    ann.hook("session-end", &json!({"reason": "other"})).succeeds();
    assert_snapshot!(bob.is_prompted().told_shown(), @"");
    env.advance(MINUTE);
    let carl = env.agent("carl").called("carl");
    carl.is_prompted().says("Write to the hub bob");
    bob.run(["message", "send", "--to", "carl", "I am it."])
        .succeeds();
    // And whoever was named gets the place back.
    boss.begins().says("You are the hub");
    carl.is_prompted()
        .says("boss is the hub now, after bob")
        .says("Write to the hub boss");
    env.human().run(["topology", "check"]).succeeds();
    let heads = env
        .human()
        .run(["activity", "list", "--type", "topology.head", "--json"])
        .json();
    let heads: Vec<&str> = heads
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["body"].as_str().unwrap_or_default())
        .collect();
    assert_snapshot!(heads.join("\n"), @"");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn in_a_hierarchy_one_writes_to_parent_children_and_team() {
    let env = TestEnv::new();
    let boss = env.agent("boss").called("boss");
    let ann = env.agent("ann").called("ann");
    let bob = env.agent("bob");
    bob.run(["agent", "register", "--name", "bob", "--role", "api"])
        .succeeds();
    let wes = env.agent("wes").called("wes");
    let stray = env.agent("stray").called("stray");
    env.write(
        "topology.toml",
        "shape = \"hierarchical\"\nroot = \"boss\"\n\n[teams]\napi = [\"ann\", \"@api\"]\nweb = [\"wes\", \"@web\"]\n",
    );
    assert_snapshot!(env.human().run(["topology", "check", "topology.toml"]).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "set", "--file", "topology.toml"]).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "show"]).shown(), @"");
    assert_snapshot!(bob.run(["message", "send", "--to", "wes", "Hello"]).shown(), @"");
    assert_snapshot!(bob.run(["message", "send", "--to", "all", "Hello"]).shown(), @"");
    assert_snapshot!(boss.run(["message", "send", "--to", "all", "Hello"]).shown(), @"");
    bob.run(["message", "send", "--to", "ann", "Hello"]).succeeds();
    ann.run(["message", "send", "--to", "@api", "Hello"]).succeeds();
    stray.run(["message", "send", "--to", "boss", "Hello"]).succeeds();
    assert_snapshot!(stray.run(["message", "send", "--to", "@api", "Hello"]).shown(), @"");
    // A new role is a new place, and it is said.
    bob.run(["agent", "register", "--role", "web"]).succeeds();
    bob.is_prompted().says("Write to wes above you, wes in your team");
    bob.run(["message", "send", "--to", "wes", "Hello"]).succeeds();
    bob.run(["message", "send", "--to", "ann", "Hello"]).ends_with(3);
    let shown = wes.run(["topology", "show", "--json"]).json();
    assert_eq!(shown["head"]["agent_id"], boss.id(), "{shown}");
    assert_eq!(
        shown["definition"]["teams"]["web"],
        json!(["wes", "@web"]),
        "{shown}"
    );
    // What is shown can be set.
    env.write("again.json", &shown["definition"].to_string());
    env.human()
        .run(["topology", "set", "--file", "again.json"])
        .succeeds()
        .says("like this already");
}

#[test]
fn what_does_not_hold_together_is_not_set_and_each_fault_has_a_remedy() {
    let env = TestEnv::new();
    let _ann = env.agent("ann").called("ann");
    let human = env.human();
    assert_snapshot!(
        human.run(["topology", "set", "hierarchical", "--parent", "a=b", "--parent", "b=a"]).shown(), @""
    );
    assert_snapshot!(
        human.run(["topology", "set", "hierarchical", "--parent", "a=b", "--parent", "c=d"]).shown(), @""
    );
    assert_snapshot!(human.run(["topology", "set", "star"]).shown(), @"");
    assert_snapshot!(human.run(["topology", "set", "star", "--hub", "all", "--root", "ann"]).shown(), @"");
    assert_snapshot!(human.run(["topology", "set", "hierarchical", "--team", "api"]).shown(), @"");
    env.write("bad.json", r#"{"shape": "hierarchical", "root": "r", "teams": {"t": []}, "parents": {"a": "b", "b": "c", "c": "a"}}"#);
    assert_snapshot!(human.run(["topology", "check", "bad.json"]).shown(), @"");
    assert_snapshot!(human.run(["topology", "check", "bad.json", "--json"]).shown(), @"");
    env.write("odd.toml", "shape = \"ring\"\n");
    human
        .run(["topology", "check", "odd.toml"])
        .ends_with(2)
        .complains("ring");
    human.run(["topology", "check", "none.toml"]).ends_with(4);
    human.run(["topology", "show"]).says("mesh");
    human.run(["topology", "set", "star", "--hub", "boss"]).succeeds();
    assert_snapshot!(human.run(["topology", "check"]).shown(), @"");
    env.human().run(["doctor", "--check"]).succeeds();
}

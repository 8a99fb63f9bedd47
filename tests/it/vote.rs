//! `agent-sync vote`: who may vote is settled at the opening, and what ballots come to is what the page says.

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

/// Three who are here, and a vote among them.
macro_rules! three {
    ($env:ident, $alice:ident, $bob:ident, $carol:ident) => {
        let $env = TestEnv::new();
        let $alice = $env.agent("alice").called("alice");
        let $bob = $env.agent("bob").called("bob");
        let $carol = $env.agent("carol").called("carol");
    };
}

#[test]
fn a_vote_is_opened_cast_shown_and_passes() {
    three!(env, alice, bob, carol);
    let opened = alice.run([
        "vote",
        "open",
        "Ship on Friday?",
        "--quorum",
        "two-thirds",
        "--record-decision",
        "--description",
        "All tests pass.",
    ]);
    assert_snapshot!(opened.shown(), @"");
    let id = opened.id("vote-");
    bob.is_prompted().says("Ship on Friday? [yes, no]");
    bob.is_prompted().never_says("Ship on Friday?");
    assert_snapshot!(bob.run(["vote", "cast", &id, "YES"]).shown(), @"");
    assert_snapshot!(env.human().run(["vote", "show", &id]).shown(), @"");
    assert_snapshot!(carol.run(["vote", "list"]).shown(), @"");
    assert_snapshot!(carol.run(["vote", "cast", &id, "yes", "--final"]).shown(), @"");
    assert_snapshot!(env.human().run(["vote", "show", &id]).shown(), @"");
    assert_snapshot!(env.human().run(["vote", "show", &id, "--json"]).shown(), @"");
    assert_snapshot!(env.human().run(["vote", "list", "--all"]).shown(), @"");
    assert_snapshot!(alice.run(["vote", "cast", &id, "no"]).shown(), @"");
    assert_snapshot!(alice.run(["vote", "close", &id]).shown(), @"");
    alice.is_prompted().says("passed: yes, 2 of 3");
    let decisions = env.human().run(["decision", "list", "--json"]).json();
    assert_eq!(decisions.as_array().unwrap().len(), 1, "{decisions}");
}

#[test]
fn a_change_counts_until_it_is_locked_in_and_then_is_shown_as_equivocation() {
    three!(env, alice, bob, carol);
    let id = alice
        .run(["vote", "open", "Which?", "--options", "red,green,blue"])
        .id("vote-");
    bob.run(["vote", "cast", &id, "red"]).succeeds();
    assert_snapshot!(bob.run(["vote", "cast", &id, "green", "--final"]).shown(), @"");
    assert_snapshot!(bob.run(["vote", "cast", &id, "blue"]).shown(), @"");
    bob.run(["vote", "cast", &id, "blue"]).ends_with(3);
    bob.run(["vote", "cast", &id, "green"]).succeeds();
    assert_snapshot!(carol.run(["vote", "show", &id]).shown(), @"");
    carol
        .run(["vote", "cast", &id, "pink"])
        .ends_with(4)
        .complains("red, green, blue");
    env.agent("dave")
        .run(["vote", "cast", &id, "red"])
        .ends_with(3)
        .complains("none of them");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_secret_vote_shows_who_voted_and_not_what_before_it_is_closed() {
    three!(env, alice, bob, carol);
    let id = alice
        .run([
            "vote",
            "open",
            "Whom?",
            "--options",
            "xerxes,yolanda",
            "--secret",
            "--quorum",
            "unanimous",
        ])
        .id("vote-");
    bob.run(["vote", "cast", &id, "yolanda"]).succeeds();
    carol.run(["vote", "cast", &id, "xerxes"]).succeeds();
    assert_snapshot!(alice.run(["vote", "show", &id]).shown(), @"");
    let shown = alice.run(["vote", "show", &id, "--json"]).json();
    assert_eq!(shown["options"][0]["ballots"], serde_json::Value::Null, "{shown}");
    assert_eq!(shown["members"][1]["option"], serde_json::Value::Null, "{shown}");
    let own = bob.run(["vote", "show", &id, "--json"]).json();
    assert_eq!(own["members"][1]["option"], "yolanda", "{own}");
    env.human().run(["activity", "list"]).never_says("yolanda");
    bob.run(["vote", "close", &id]).ends_with(3);
    assert_snapshot!(alice.run(["vote", "close", &id]).shown(), @"");
    alice.run(["vote", "show", &id]).says("yolanda");
}

#[test]
fn whoever_dies_is_absent_and_no_fewer_have_to_agree() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let bob = env.agent("bob").living().called("bob");
    let carol = env.agent("carol").living().called("carol");
    let id = alice
        .run(["vote", "open", "All of us?", "--quorum", "2"])
        .id("vote-");
    bob.kill();
    carol.kill();
    env.agent("dave")
        .called("dave")
        .run(["vote", "cast", &id, "yes"])
        .ends_with(3);
    alice.run(["vote", "cast", &id, "yes"]).succeeds();
    let shown = alice.run(["vote", "show", &id, "--json"]).json();
    assert_eq!(
        (&shown["state"], &shown["needed"]),
        (&"open".into(), &2.into()),
        "{shown}"
    );
    env.advance(60 * MINUTE);
    // Whoever looks sees it closed, and whoever acts closes it.
    assert_snapshot!(env.human().run(["vote", "show", &id]).shown(), @"");
    let noted = || -> String {
        env.sql()
            .query_row("SELECT state FROM vote", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(noted(), "open");
    alice.is_prompted().succeeds();
    assert_eq!(noted(), "expired");
    alice
        .run(["vote", "cast", &id, "no"])
        .ends_with(3)
        .complains("expired");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_tie_and_a_no_are_rejected() {
    three!(env, alice, bob, carol);
    let tie = alice
        .run([
            "vote",
            "open",
            "Tabs?",
            "--options",
            "tabs,spaces",
            "--quorum",
            "1",
            "--electorate",
            "alice,bob",
        ])
        .id("vote-");
    alice.run(["vote", "cast", &tie, "tabs"]).succeeds();
    bob.run(["vote", "cast", &tie, "spaces"])
        .succeeds()
        .says("rejected: no option");
    let no = alice.run(["vote", "open", "Ship?"]).id("vote-");
    bob.run(["vote", "cast", &no, "no"]).succeeds();
    carol
        .run(["vote", "cast", &no, "no"])
        .succeeds()
        .says("rejected: no, 2 of 3");
}

#[test]
fn the_electorate_is_frozen_and_holds_roles_names_and_the_human() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let bob = env.agent("bob");
    bob.run(["agent", "register", "--name", "bob", "--role", "reviewer"])
        .succeeds();
    let id = alice
        .run([
            "vote",
            "open",
            "Good?",
            "--electorate",
            "@reviewer,operator",
            "--quorum",
            "unanimous",
        ])
        .id("vote-");
    let late = env.agent("carol");
    late.run(["agent", "register", "--name", "carol", "--role", "reviewer"])
        .succeeds();
    late.run(["vote", "cast", &id, "yes"]).ends_with(3);
    alice.run(["vote", "cast", &id, "yes"]).ends_with(3);
    bob.run(["vote", "cast", &id, "yes"]).succeeds();
    env.human()
        .run(["--as", "operator", "vote", "cast", &id, "yes"])
        .succeeds()
        .says("passed: yes, 2 of 2");
    alice
        .run(["vote", "open", "x", "--electorate", "@nobody"])
        .ends_with(4);
    alice
        .run(["vote", "open", "x", "--electorate", "alice", "--quorum", "2"])
        .ends_with(2);
    alice.run(["vote", "open", "x", "--options", "a"]).ends_with(2);
}

#[test]
fn members_are_told_once_and_reminded_once() {
    three!(env, alice, bob, carol);
    let id = alice
        .run(["vote", "open", "Remember?", "--deadline", "40m"])
        .id("vote-");
    carol.run(["vote", "cast", &id, "yes"]).succeeds();
    carol.is_prompted().succeeds();
    bob.is_prompted().says("A vote asks you: Remember?");
    env.advance(20 * MINUTE);
    bob.is_prompted().never_says("Remember?");
    env.advance(11 * MINUTE);
    // Somebody's hook finds that it is time.
    carol.is_prompted().never_says("You have not voted");
    bob.is_prompted().says("You have not voted yet: Remember?");
    env.advance(2 * MINUTE);
    bob.is_prompted().never_says("Remember?");
    carol.is_prompted().never_says("You have not voted");
}

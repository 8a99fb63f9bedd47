//! Pictures of a topology: names stay the text of their labels.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn a_hierarchy_is_drawn_with_its_teams_and_the_places_that_are_empty() {
    let env = TestEnv::new();
    for name in ["boss", "ann", "bob"] {
        let _here = env.agent(name).called(name);
    }
    let roles = "x\"]; click n0 <b>";
    env.agent("bob")
        .run(["agent", "register", "--role", roles])
        .succeeds();
    let place = format!("@{roles}");
    env.human()
        .run_with(
            &[
                "topology",
                "set",
                "hierarchical",
                "--root",
                "boss",
                "--team",
                "api \"x\"=ann,bob",
                "--parent",
                "@web=ann",
                "--parent",
                &format!("{place}2=@web"),
            ],
            b"",
        )
        .succeeds();
    assert_snapshot!(env.human().run(["topology", "show", "--format", "mermaid"]).shown(), @"");
    assert_snapshot!(env.human().run(["topology", "show", "--format", "dot"]).shown(), @"");
    env.human().run(["topology", "set", "mesh"]).succeeds();
    assert_snapshot!(env.human().run(["topology", "show", "--format", "mermaid"]).shown(), @"");
}

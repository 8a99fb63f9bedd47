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
        .run(["agent", "register", "--name", "bob", "--role", roles])
        .succeeds();
    let place = format!("@{roles}");
    env.human()
        .run_with(
            &[
                "topology",
                "set",
                "hierarchical",
                "--chief",
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
    assert_snapshot!(env.human().run(["topology", "show", "--format", "mermaid"]).shown(), @r##"
    exit 0
    stdout:
    flowchart TD
      n0["boss"]:::head
      n1["ann"]:::agent
      n2["bob"]:::agent
      n3["#64;web<br/>not here"]:::empty
      n4["#64;x#34;#93;#59; click n0 #lt;b#gt;2<br/>not here"]:::empty
      n0 --> n1
      n1 --> n2
      n1 --> n3
      n3 --> n4
      t0(["team api #34;x#34;"])
      t0 -.- n1
      t0 -.- n2
      classDef head stroke-width:3px
      classDef empty stroke-dasharray:4
      classDef agent stroke-width:1px
    "##);
    assert_snapshot!(env.human().run(["topology", "show", "--format", "dot"]).shown(), @r#"
    exit 0
    stdout:
    digraph topology {
      node [shape=box, style=rounded];
      n0 [label="boss", penwidth=3];
      n1 [label="ann"];
      n2 [label="bob"];
      n3 [label="@web\nnot here", style=dashed];
      n4 [label="@x\"]; click n0 &lt;b&gt;2\nnot here", style=dashed];
      n0 -> n1;
      n1 -> n2;
      n1 -> n3;
      n3 -> n4;
      t0 [label="team api \"x\"", shape=oval];
      t0 -> n1 [style=dotted, dir=none];
      t0 -> n2 [style=dotted, dir=none];
    }
    "#);
    env.human().run(["topology", "set", "mesh"]).succeeds();
    assert_snapshot!(env.human().run(["topology", "show", "--format", "mermaid"]).shown(), @r#"
    exit 0
    stdout:
    flowchart TD
      n0["ann"]:::agent
      n1["bob"]:::agent
      n2["boss"]:::agent
      all(("everybody"))
      all --- n0
      all --- n1
      all --- n2
      classDef head stroke-width:3px
      classDef empty stroke-dasharray:4
      classDef agent stroke-width:1px
    "#);
}

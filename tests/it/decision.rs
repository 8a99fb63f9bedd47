//! `agent-sync decision`, each command once from end to end.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn decisions_are_recorded_shown_and_superseded() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let first = alice.run(["decision", "add", "Use tabs"]);
    assert_snapshot!(first.shown(), @"
    exit 0
    stdout:
    Recorded decision `[dec 1]`
    ");
    let id = first.id("dec-");
    assert_snapshot!(alice.run(["decision", "supersede", &id, "Use spaces"]).shown(), @"
    exit 0
    stdout:
    Recorded decision `[dec 2]`
      in place of `[dec 1]`
    ");
    assert_snapshot!(env.human().run(["decision", "list"]).shown(), @"
    exit 0
    stdout:
    ID            DECIDED   BY     DECISION
    [dec 2]  just now  alice  Use spaces
    ");
    assert_snapshot!(env.human().run(["decision", "show", &id]).shown(), @"
    exit 0
    stdout:
    decision: [dec 1]
    by:       alice ([alice])
    at:       2027-01-15T08:00:00.000Z (just now)
    superseded by [dec 2]

    | Use tabs
    ");
    assert_snapshot!(env.human().run(["decision", "list", "--json"]).shown(), @r#"
    exit 0
    stdout:
    [
      {
        "id": "[dec 2]",
        "agent_id": "[alice]",
        "body": "Use spaces",
        "created_at": "2027-01-15T08:00:00.000Z",
        "agent_name": "alice",
        "superseded_by": null
      }
    ]
    "#);
}

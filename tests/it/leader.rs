//! `agent-sync leader`: one leads, its number rises with every new one, and who leads no longer writes no more.

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

#[test]
fn a_leader_is_elected_shown_and_resigns() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let bob = env.agent("bob").called("bob");
    assert_snapshot!(env.human().run(["leader", "show"]).shown(), @"
    exit 0
    stdout:
    Nobody leads.
    ");
    assert_snapshot!(alice.run(["leader", "campaign", "--ttl", "10m", "--reason", "release"]).shown(), @"
    exit 0
    stdout:
    You lead in the role main for 10 min after your last act (fence 1)
      with `--fence 1` a command changes something only while that holds
    ");
    assert_snapshot!(bob.run(["leader", "campaign"]).shown(), @"
    exit 3
    stderr:
    error: alice ([alice], active) leads in the role main with fence 1, since just now, lapses in 10 min: release
    hint: `agent-sync leader campaign --role main --wait 5m` stands in line until it resigns, dies or lapses
    ");
    assert_snapshot!(bob.run(["leader", "resign"]).shown(), @"
    exit 3
    stderr:
    error: alice ([alice], active) leads in the role main with fence 1, since just now, lapses in 10 min: release
    hint: `agent-sync lock release --resource leader:main --force` ends it; that is recorded, and they are told
    ");
    assert_snapshot!(env.human().run(["leader", "show"]).shown(), @"
    exit 0
    stdout:
    ROLE  LEADER  IS      FENCE  SINCE     LAPSES     WAITING  WHY
    main  alice   active  1      just now  in 10 min           release
    ");
    assert_snapshot!(env.human().run(["leader", "show", "--json"]).shown(), @r#"
    exit 0
    stdout:
    [
      {
        "role": "main",
        "agent_id": "[alice]",
        "name": "alice",
        "status": "active",
        "fence": 1,
        "since": "2027-01-15T08:00:00.000Z",
        "expires_at": "2027-01-15T08:10:00.000Z",
        "ttl_ms": 600000,
        "reason": "release",
        "waiters": []
      }
    ]
    "#);
    assert_snapshot!(env.human().run(["leader", "show", "--role", "api"]).shown(), @"
    exit 4
    stderr:
    error: nobody leads in the role api
    hint: agent-sync leader campaign --role api
    ");
    assert_snapshot!(alice.run(["leader", "resign"]).shown(), @"
    exit 0
    stdout:
    You lead in the role main no longer
    ");
    assert_snapshot!(alice.run(["leader", "resign"]).shown(), @"
    exit 4
    stderr:
    error: nobody leads in the role main
    hint: agent-sync leader show
    ");
}

#[test]
fn a_deposed_leaders_write_is_refused_and_says_who_leads() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let bob = env.agent("bob").called("bob");
    let fence = alice.run(["leader", "campaign", "--ttl", "1m", "--json"]).json()["fence"].to_string();
    alice
        .run(["decision", "add", "Ship it", "--fence", &fence])
        .succeeds();
    assert_snapshot!(bob.run(["decision", "add", "Mine", "--fence", &fence]).shown(), @"
    exit 3
    stderr:
    error: fence 1 is not yours but that of alice ([alice])
    hint: nothing was changed; `agent-sync leader show` says who leads
    ");
    env.advance(2 * MINUTE);
    bob.run(["leader", "campaign"]).succeeds();
    assert_snapshot!(alice.run(["decision", "add", "Ship it again", "--fence", &fence]).shown(), @"
    exit 3
    stderr:
    error: the lease on resource leader:main with fence 1 expired 1 min ago; now bob ([bob], active) leads in the role main with fence 2, since just now, lapses in 1 h
    hint: nothing was changed; `agent-sync leader show` says who leads
    ");
    let decisions = env.human().run(["decision", "list", "--json"]).json();
    assert_eq!(decisions.as_array().unwrap().len(), 1, "{decisions}");
    // Its presence was refused with it: nothing of the command is there.
    alice.run(["leader", "campaign", "--fence", &fence]).ends_with(3);
    alice
        .run(["init", "--fence", &fence])
        .ends_with(2)
        .complains("--fence");
}

#[test]
fn whoever_resigned_cannot_write_under_its_number_either() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let fence = alice.run(["leader", "campaign", "--json"]).json()["fence"].to_string();
    alice.run(["leader", "resign"]).succeeds();
    alice
        .run(["decision", "add", "x", "--fence", &fence])
        .ends_with(3)
        .complains("no lease with fence");
}

#[test]
fn the_hooks_of_a_leader_renew_its_leadership_and_silence_ends_it() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let bob = env.agent("bob").called("bob");
    alice.run(["leader", "campaign", "--ttl", "5m"]).succeeds();
    for _ in 0..4 {
        env.advance(4 * MINUTE);
        alice.is_prompted().succeeds();
        bob.run(["leader", "campaign"]).ends_with(3);
    }
    env.advance(5 * MINUTE);
    // Too late: what has lapsed is not renewed.
    alice.is_prompted().says("resource leader:main");
    bob.run(["leader", "campaign"]).succeeds();
    alice.run(["leader", "campaign"]).ends_with(3);
}

#[test]
fn a_leader_whose_process_is_killed_leads_no_longer() {
    let env = TestEnv::new();
    let alice = env.agent("alice").living();
    let first = alice.run(["leader", "campaign", "--json"]).json()["fence"].clone();
    let bob = env.agent("bob").called("bob");
    bob.run(["leader", "campaign"]).ends_with(3);
    alice.kill();
    let second = bob.run(["leader", "campaign", "--json"]).json()["fence"].clone();
    assert!(second.as_i64() > first.as_i64(), "{first} {second}");
}

#[test]
fn nobody_shares_a_leadership_and_roles_are_apart() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice.run(["leader", "campaign", "--role", "API"]).succeeds();
    env.agent("bob")
        .run(["leader", "campaign", "--role", "docs"])
        .succeeds();
    let subagent = env.agent("alice").subagent("sub");
    subagent
        .hook(
            "subagent-start",
            &serde_json::json!({"agent_id": "sub", "agent_type": "x"}),
        )
        .succeeds();
    let id = subagent.id();
    alice
        .run(["--as", &id, "leader", "campaign", "--role", "api", "--wait", "1m"])
        .ends_with(3)
        .complains("leads in the role api");
    alice
        .run(["lock", "acquire", "--resource", "leader:api"])
        .ends_with(2)
        .complains("leader campaign");
    alice.run(["leader", "campaign", "--role", "all"]).ends_with(2);
    let fence = alice.run(["leader", "show", "--role", "api", "--json"]).json()[0]["fence"].to_string();
    alice
        .run(["--as", &id, "decision", "add", "x", "--fence", &fence])
        .succeeds();
}

//! How leases hold and end: shared ones, fences, force, and holders that live or die.

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

#[test]
fn those_who_share_read_together_and_nobody_edits() {
    let env = TestEnv::new();
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    assert_snapshot!(alice.run(["lock", "acquire", "README", "--shared"]).shown(), @"
    exit 0
    stdout:
    Locked file README, shared, for 60 min (fence 1)
    ");
    bob.run(["lock", "acquire", "README", "--shared"]).succeeds();
    carol
        .run(["lock", "acquire", "README"])
        .ends_with(3)
        .complains("README is locked (shared) by");
    for actor in [&alice, &bob, &carol] {
        assert!(actor.before_edit("README").is_refusal());
    }
    bob.run(["lock", "release", "README"]).succeeds();
    alice.before_edit("README").is_silent();
    alice.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["lock", "acquire", "README", "--shared"]).ends_with(3);
}

#[test]
fn a_fence_says_whether_a_lease_still_holds_and_why_not() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    env.write("src/a.rs", "");
    alice.run(["lock", "acquire", "src", "--ttl", "30m"]).succeeds();
    let check = |path| bob.run(["lock", "check", "--fence", "1", path]);
    assert_snapshot!(check("src/a.rs").shown(), @"
    exit 0
    stdout:
    live, lapses in 30 min
    ");
    assert_snapshot!(check("README").shown(), @"
    exit 3
    stderr:
    error: the lease with fence 1 is on src, not on README
    hint: agent-sync lock acquire takes a new one
    ");
    env.advance(31 * MINUTE);
    assert_snapshot!(check("src").shown(), @"
    exit 3
    stderr:
    error: the lease on src with fence 1 expired 1 min ago
    hint: agent-sync lock acquire takes a new one
    ");
    bob.run(["lock", "acquire", "src"]).succeeds().says("(fence 2)");
    check("src").ends_with(3).complains("expired 1 min ago");
    alice.run(["lock", "acquire", "src", "--force"]).succeeds();
    assert_snapshot!(alice.run(["lock", "check", "--fence", "2", "src"]).shown(), @"
    exit 3
    stderr:
    error: the lease on src with fence 2 was taken by force by alice ([alice]) just now
    hint: agent-sync lock acquire takes a new one
    ");
    alice.run(["lock", "release", "src"]).succeeds();
    alice
        .run(["lock", "check", "--fence", "3", "src"])
        .ends_with(3)
        .complains("there is no lease with fence 3 any more");
}

#[test]
fn a_renewed_lease_keeps_its_fence_its_mode_and_its_other_names() {
    let env = TestEnv::new();
    std::fs::hard_link(env.path("README"), env.path("other")).unwrap();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .run(["lock", "acquire", "README", "--shared", "--reason", "to read"])
        .succeeds();
    alice
        .run(["lock", "renew", "README"])
        .succeeds()
        .says("shared, for 60 min (fence 1)");
    assert!(bob.before_edit("other").is_refusal());
    assert_eq!(
        alice.run(["lock", "list", "--json"]).json()[0]["reason"],
        "to read"
    );
}

#[test]
fn force_takes_a_lock_and_says_from_whom_and_it_is_recorded() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    env.write("src/a.rs", "");
    alice.run(["lock", "acquire", "src/a.rs", "README"]).succeeds();
    assert_snapshot!(bob.run(["lock", "acquire", "src", "--force"]).shown(), @"
    exit 0
    stdout:
    Locked directory src for 60 min (fence 3)
    Taken by force from coral-puffin ([alice]): src/a.rs
    ");
    assert!(alice.before_edit("src/a.rs").is_refusal());
    bob.run(["lock", "acquire", "README"]).ends_with(3);
    let stolen = bob
        .run(["activity", "list", "--type", "lock.stolen", "--json"])
        .json();
    assert_eq!(stolen[0]["agent_id"], bob.id());
    assert!(stolen[0].to_string().contains(&alice.id()), "{stolen}");
    bob.run(["lock", "acquire", "x", "--force", "--wait"])
        .ends_with(2);
}

#[test]
fn l10_a_holder_whose_process_lives_keeps_its_lease_through_a_long_silent_build() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.advance(40 * MINUTE);
    assert!(bob.before_edit("README").is_refusal());
    bob.run(["lock", "acquire", "README"]).ends_with(3);
}

#[test]
fn l10_a_killed_holder_loses_its_lease_at_once_for_everybody() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").living(), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    assert!(bob.before_edit("README").is_refusal());
    alice.kill();
    bob.before_edit("README").is_silent();
    bob.run(["lock", "check", "README"]).succeeds();
    bob.run(["lock", "acquire", "README"]).succeeds();
    let ended = bob
        .run(["activity", "list", "--type", "lock.expired", "--json"])
        .json();
    assert!(ended[0].to_string().contains("is gone"), "{ended}");
}

#[test]
fn l15_a_second_acquire_keeps_the_reason_the_start_and_the_fence() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice
        .run(["lock", "acquire", "README", "--reason", "spelling"])
        .succeeds();
    env.advance(5 * MINUTE);
    alice.run(["lock", "acquire", "README"]).succeeds();
    let lock = &alice.run(["lock", "list", "--json"]).json()[0];
    assert_eq!((&lock["reason"], &lock["fence"]), (&"spelling".into(), &1.into()));
    assert_eq!(lock["created_at"], "2027-01-15T08:00:00.000Z");
}

#[test]
fn l15_an_expired_lock_of_somebody_else_needs_no_force() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README", "--ttl", "5"]).succeeds();
    env.advance(6 * MINUTE);
    bob.run(["lock", "release", "README"])
        .succeeds()
        .says("No lock held");
    bob.run(["lock", "acquire", "README"]).succeeds();
}

#[test]
fn what_an_edit_took_by_itself_stops_nobody_and_becomes_a_lock_on_demand() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.sql().execute("UPDATE lock SET is_implicit = 1", []).unwrap();
    bob.before_edit("README").never_says("locked");
    bob.run(["lock", "list"]).succeeds().says("No active locks.");
    bob.run(["lock", "list", "--all"])
        .succeeds()
        .says("[by its edits]");
    alice.run(["lock", "acquire", "README"]).succeeds();
    assert!(bob.before_edit("README").is_refusal());
}

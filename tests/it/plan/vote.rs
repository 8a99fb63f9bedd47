//! A vote approves a plan as it was when the vote was opened.

use insta::assert_snapshot;

use super::proposed;
use crate::env::TestEnv;

#[test]
fn a_vote_that_passes_approves_what_the_plan_said() {
    let env = TestEnv::new();
    env.human()
        .run(["config", "set", "plan.approvals", "2"])
        .succeeds();
    let (bob, carol) = (env.agent("bob").called("bob"), env.agent("carol").called("carol"));
    let id = proposed(&env, "- [ ] A\n");
    let alice = env.agent("alice");
    let opened = alice.run(["vote", "open", "Do it?", "--approves", &id]);
    assert_snapshot!(opened.shown(), @"
    exit 0
    stdout:
    Opened vote `[vote 1]` [yes, no]: 2 of 3 have to agree, closes in 1 h
    ");
    let vote = opened.id("vote-");
    assert_snapshot!(bob.run(["vote", "cast", &vote, "yes"]).shown(), @"
    exit 0
    stdout:
    You voted in `[vote 1]`: yes
    ");
    alice
        .run(["plan", "launch", &id])
        .ends_with(3)
        .complains("0 of the 2");
    assert_snapshot!(carol.run(["vote", "cast", &vote, "yes"]).shown(), @"
    exit 0
    stdout:
    You voted in `[vote 1]`: yes
    Vote `[vote 1]` passed: yes, 2 of 3
    ");
    assert_snapshot!(env.human().run(["plan", "show", &id]).shown(), @"
    exit 0
    stdout:
    plan:     [plan 1]
    title:    Untitled plan
    proposed: by alice ([alice]), just now
    revision: 1 of 1, by alice ([alice]), just now
    content:  8b2afc4bbdd20ba7e8774c97fc22ef0ffe1db1241b9a5e04a11ca02ec56e5f88
    state:    approved: agent-sync plan launch [plan 1]

    approved by [vote 1], just now: passed: yes, 2 of 3

         REFERENCE  TASK  ROLE  WAITS FOR  FILES  TITLE
    [ ]  a                                        A
    ");
    alice.run(["plan", "launch", &id]).succeeds();
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_vote_about_a_plan_that_was_amended_approves_nothing() {
    let env = TestEnv::new();
    env.human()
        .run(["config", "set", "plan.approvals", "1"])
        .succeeds();
    let bob = env.agent("bob").called("bob");
    let id = proposed(&env, "- [ ] A\n");
    let alice = env.agent("alice");
    let vote = alice
        .run(["vote", "open", "Do it?", "--approves", &id, "--electorate", "bob"])
        .id("vote-");
    env.write("plan.md", "- [ ] B\n");
    alice
        .run(["plan", "propose", "plan.md", "--amend", &id])
        .succeeds();
    bob.run(["vote", "cast", &vote, "yes"]).succeeds().says("passed");
    alice
        .run(["plan", "launch", &id])
        .ends_with(3)
        .complains("0 of the 1");
    env.human().run(["activity", "list"]).says("has changed since");
}

#[test]
fn a_vote_against_a_plan_rejects_it() {
    let env = TestEnv::new();
    env.human()
        .run(["config", "set", "plan.approvals", "1"])
        .succeeds();
    let bob = env.agent("bob").called("bob");
    let id = proposed(&env, "- [ ] A\n");
    let vote = env
        .agent("alice")
        .run(["vote", "open", "Do it?", "--approves", &id, "--electorate", "bob"])
        .id("vote-");
    bob.run(["vote", "cast", &vote, "no"]).succeeds();
    env.agent("alice")
        .run(["plan", "launch", &id])
        .ends_with(3)
        .complains("was rejected");
}

#[test]
fn no_vote_takes_the_place_of_the_human_or_of_more_than_would_agree() {
    let env = TestEnv::new();
    let _bob = env.agent("bob").called("bob");
    let id = proposed(&env, "- [ ] A\n");
    let alice = env.agent("alice");
    assert_snapshot!(alice.run(["vote", "open", "Do it?", "--approves", &id, "--electorate", "bob"]).shown(), @"
    exit 3
    stderr:
    error: plans are approved by the human here, and no vote takes their place
    hint: the human lets agents approve plans with: agent-sync config set plan.approvals 2
    ");
    env.human()
        .run(["config", "set", "plan.approvals", "2"])
        .succeeds();
    assert_snapshot!(alice.run(["vote", "open", "Do it?", "--approves", &id, "--electorate", "bob"]).shown(), @"
    exit 3
    stderr:
    error: 2 have to agree to a plan here, and by this vote 1 would
    hint: --quorum 2, among as many or more
    ");
    assert_snapshot!(alice.run(["vote", "open", "Do it?", "--approves", &id, "--electorate", "alice"]).shown(), @"
    exit 3
    stderr:
    error: nobody approves their own plan, and alice ([alice]) wrote [plan 1] or is of the same session as who did
    hint: ask others: --electorate NAMES
    ");
    alice
        .run(["vote", "open", "Do it?", "--approves", &id, "--options", "a,b"])
        .ends_with(2);
}

//! Agreement is to a content: nobody gives it to their own, and an amendment asks anew.

use insta::assert_snapshot;

use super::proposed;
use crate::env::TestEnv;

const TWO: &str = "- [ ] A\n- [ ] B (after: A)\n";

/// Lets so many agents approve plans.
fn agents_approve(env: &TestEnv, count: &str) {
    env.human()
        .run(["config", "set", "plan.approvals", count])
        .succeeds();
}

#[test]
fn only_the_human_says_who_approves() {
    let env = TestEnv::new();
    let id = proposed(&env, TWO);
    let bob = env.agent("bob").called("bob");
    assert_snapshot!(bob.run(["config", "set", "plan.approvals", "1"]).shown(), @"
    exit 3
    stderr:
    error: plan.approvals binds agents, so only the human changes it, and this is an agent's shell
    hint: ask them: agent-sync message send --to operator TEXT
    ");
    bob.run(["config", "unset", "plan.approvals"]).ends_with(3);
    assert_snapshot!(bob.run(["plan", "approve", &id]).shown(), @"
    exit 3
    stderr:
    error: plans are approved by the human here; `agent-sync config get plan.approvals` says so
    hint: the human says, in a shell of their own: agent-sync plan approve [plan 1] --hash cc51b8ceb565
    ");
    bob.run(["plan", "approve", &id, "--as", "operator"])
        .ends_with(3)
        .complains("is the human");
    assert_snapshot!(env.human().run(["config", "set", "plan.approvals", "0"]).shown(), @"
    exit 2
    stderr:
    error: plan.approvals is `human`, or a number from 1 to 100
    hint: agent-sync config set plan.approvals 2
    ");
    agents_approve(&env, "1");
    bob.run(["plan", "approve", &id])
        .succeeds()
        .says("approved: agent-sync plan launch");
}

#[test]
fn as_many_agents_as_configured_approve_and_none_of_them_its_author() {
    let env = TestEnv::new();
    agents_approve(&env, "2");
    let (bob, carol) = (env.agent("bob").called("bob"), env.agent("carol").called("carol"));
    let id = proposed(&env, TWO);
    let alice = env.agent("alice");
    bob.is_prompted().says("waits for approval");
    bob.is_prompted().never_says("waits for approval");
    assert_snapshot!(alice.run(["plan", "approve", &id]).shown(), @"
    exit 3
    stderr:
    error: nobody approves their own plan, and [alice] wrote [plan 1] or is of the same session as who did
    hint: another agent, or the human, approves it
    ");
    assert_snapshot!(bob.run(["plan", "approve", &id]).shown(), @"
    exit 0
    stdout:
    You approved plan `[plan 1]`: Untitled plan (2 tasks, revision 1, content cc51b8ceb565)
      waits for approval, 1 of 2: agent-sync plan approve [plan 1] --hash cc51b8ceb565
    ");
    bob.run(["plan", "approve", &id]).succeeds();
    // A session has one voice, however many names it takes.
    bob.with("AGENT_SYNC_ID", "bobs-other")
        .run(["plan", "approve", &id])
        .succeeds()
        .says("1 of 2");
    assert_snapshot!(alice.run(["plan", "launch", &id]).shown(), @"
    exit 3
    stderr:
    error: 1 of the 2 that have to agree to revision 1 of [plan 1] do
    hint: another agent, or the human, says: agent-sync plan approve [plan 1] --hash cc51b8ceb565
    ");
    carol.run(["plan", "approve", &id]).succeeds().says("approved:");
    alice
        .run(["plan", "launch", &id])
        .succeeds()
        .says("2 tasks on the board");
    carol
        .run(["plan", "reject", &id, "--reason", "late"])
        .ends_with(3)
        .complains("was launched already");
}

#[test]
fn neither_a_subagent_nor_another_name_of_the_author_approves() {
    let env = TestEnv::new();
    agents_approve(&env, "1");
    let id = proposed(&env, TWO);
    let alice = env.agent("alice");
    for who in [
        alice.with("AGENT_SYNC_ID", "somebody-else"),
        alice.subagent("sub"),
    ] {
        who.run(["plan", "approve", &id])
            .ends_with(3)
            .complains("nobody approves their own plan");
    }
    for name in ["stranger", &format!("{}.12345678", alice.id())] {
        alice
            .run(["plan", "approve", &id, "--as", name])
            .ends_with(3)
            .complains("nobody approves their own plan");
    }
}

#[test]
fn an_amendment_voids_approvals_and_who_names_the_old_content_is_refused() {
    let env = TestEnv::new();
    let id = proposed(&env, TWO);
    let (alice, human) = (env.agent("alice"), env.human());
    let old = human.run(["plan", "show", &id, "--json"]).json()["hash"].clone();
    let old = &old.as_str().unwrap()[..12];
    human.run(["plan", "approve", &id, "--hash", old]).succeeds();
    env.write("plan.md", "- [ ] A\n- [ ] B (after: A)\n- [ ] C (after: A)\n");
    let amended = alice
        .run(["plan", "propose", "plan.md", "--amend", &id])
        .succeeds();
    amended.says("1 approval of the revision before: void");
    alice
        .run(["plan", "launch", &id])
        .ends_with(3)
        .complains("waits for the human's approval");
    assert_snapshot!(human.run(["plan", "approve", &id, "--hash", old]).shown(), @"
    exit 3
    stderr:
    error: 'cc51b8ceb565' is not the content of [plan 1] now: that is 4abc0736b522, revision 2 by alice
    hint: see what has changed: agent-sync plan diff [plan 1]
    ");
    human.run(["plan", "approve", &id, "--hash", "abc"]).ends_with(3);
    alice.run(["plan", "launch", &id, "--hash", old]).ends_with(3);
    human.run(["plan", "approve", &id]).succeeds();
    alice
        .run(["plan", "launch", &id])
        .succeeds()
        .says("3 tasks on the board");
}

#[test]
fn who_rejects_says_why_and_the_human_has_the_last_word() {
    let env = TestEnv::new();
    agents_approve(&env, "1");
    let id = proposed(&env, TWO);
    let (bob, carol) = (env.agent("bob").called("bob"), env.agent("carol").called("carol"));
    bob.run(["plan", "approve", &id]).succeeds();
    assert_snapshot!(carol.run(["plan", "reject", &id, "--reason", "B comes first"]).shown(), @"
    exit 0
    stdout:
    You rejected plan `[plan 1]`: Untitled plan (2 tasks, revision 1, content cc51b8ceb565)
    ");
    env.agent("alice")
        .is_prompted()
        .says("was rejected: B comes first");
    assert_snapshot!(env.agent("alice").run(["plan", "launch", &id]).shown(), @"
    exit 3
    stderr:
    error: revision 1 of [plan 1] was rejected: `agent-sync plan show [plan 1]` says why
    hint: amend it: agent-sync plan propose FILE --amend [plan 1]
    ");
    carol.run(["plan", "approve", &id]).succeeds();
    carol.run(["plan", "reject", &id, "--reason", "still"]).succeeds();
    env.human()
        .run(["plan", "approve", &id, "--reason", "it is fine"])
        .succeeds();
    assert_snapshot!(env.human().run(["plan", "show", &id]).shown(), @"
    exit 0
    stdout:
    plan:     [plan 1]
    title:    Untitled plan
    proposed: by alice ([alice]), just now
    revision: 1 of 1, by alice ([alice]), just now
    content:  cc51b8ceb5657ba9a92e4e6721b1a5fc391f3743b98fcf5f9e135dd4ecca9d59
    state:    approved: agent-sync plan launch [plan 1]

    approved by bob ([bob]), just now
    rejected by carol ([carol]), just now: still
    approved by operator, just now: it is fine

         REFERENCE  TASK  ROLE  WAITS FOR  FILES  TITLE
    [ ]  a                                        A
    [ ]  b                      a                 B
    ");
    env.agent("alice").run(["plan", "launch", &id]).succeeds();
}

#[test]
fn a_plan_is_amended_by_who_wrote_it_while_they_are_here() {
    let env = TestEnv::new();
    let id = proposed(&env, TWO);
    let bob = env.agent("bob").called("bob");
    env.write("plan.md", "- [ ] A\n");
    assert_snapshot!(bob.run(["plan", "propose", "plan.md", "--amend", &id]).shown(), @"
    exit 3
    stderr:
    error: [plan 1] is the plan of alice ([alice]), who amends it
    hint: propose a plan of your own, or say why: agent-sync plan reject PLAN --reason WHY
    ");
    env.agent("alice")
        .hook("session-end", &serde_json::json!({"reason": "other"}))
        .succeeds();
    bob.run(["plan", "propose", "plan.md", "--amend", &id]).succeeds();
    env.human()
        .run(["plan", "show", &id])
        .says("revision: 2 of 2, by bob");
    // Whoever wrote a part of it does not approve it either.
    agents_approve(&env, "1");
    bob.run(["plan", "approve", &id]).ends_with(3);
}

#[test]
fn in_a_star_the_hub_approves_and_its_own_plan_is_the_humans_to_approve() {
    let env = TestEnv::new();
    agents_approve(&env, "1");
    let (bob, carol) = (env.agent("bob").called("bob"), env.agent("carol").called("carol"));
    let id = proposed(&env, TWO);
    env.human()
        .run(["topology", "set", "star", "--hub", "bob"])
        .succeeds();
    carol
        .run(["plan", "approve", &id])
        .ends_with(3)
        .complains("only who is above")
        .complains("agent-sync topology show");
    bob.run(["plan", "approve", &id]).succeeds();
    env.write("own.md", TWO);
    let own = bob.run(["plan", "propose", "own.md"]).id("plan-");
    carol.run(["plan", "approve", &own]).ends_with(3);
    env.human().run(["plan", "approve", &own]).succeeds();
}

//! `agent-sync config` and `gc`, each command once from end to end.

use insta::assert_snapshot;

use crate::env::{HOUR, TestEnv};

#[test]
fn settings_are_listed_changed_and_reset() {
    let env = TestEnv::new();
    assert_snapshot!(env.human().run(["config", "list"]).shown(), @"
    exit 0
    stdout:
    SETTING             VALUE   DEFAULT  WHAT IT DECIDES
    guard.edits         warn    warn     what becomes of an edit of a file that another agent is editing
    lock.ttl            60 min  60 min   how long a lock lasts when nobody says otherwise
    messages.ack_after  10 min  10 min   how long an acknowledgement may take before the recipient is reminded
    messages.queue      200     200      how many messages may wait for one recipient
    messages.rate       30      30       how many messages one agent may send in a minute
    retention.activity  30 d    30 d     how long the record of what happened is kept, and the traces of agents that are gone
    retention.messages  30 d    30 d     how long messages are kept after they were seen, or can no longer be
    tasks.max_attempts  3       3        how often a task may be abandoned by agents that vanish before it counts as failed
    tasks.wip_limit     1       1        how many tasks in progress one agent may be handed by `task next`
    wake                on      on       whether a message that is addressed to an idle session wakes it, at most once a minute
    stderr:
    note: nothing is set up here yet; `agent-sync init` does it
    ");
    assert_snapshot!(env.human().run(["config", "set", "guard.edits", "never"]).shown(), @"
    exit 2
    stderr:
    error: guard.edits is one of warn, block, off
    hint: agent-sync config set guard.edits block
    ");
    assert_snapshot!(env.human().run(["config", "set", "guard.edits", "block"]).shown(), @"
    exit 0
    stdout:
    guard.edits = block
    ");
    assert_snapshot!(env.human().run(["config", "set", "lock.ttl", "never"]).shown(), @"
    exit 2
    stderr:
    error: lock.ttl is a length of time from 1 s to 24 h
    hint: agent-sync config set lock.ttl 90m
    ");
    assert_snapshot!(env.human().run(["config", "get", "nonsense"]).shown(), @"
    exit 4
    stderr:
    error: no setting 'nonsense'
    hint: `agent-sync config list` shows them
    ");
}

#[test]
fn gc_clears_what_has_lapsed() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice.run(["lock", "acquire", "README"]).succeeds();
    env.advance(3 * HOUR);
    assert_snapshot!(env.human().run(["gc"]).shown(), @"
    exit 0
    stdout:
    GC complete: 1 agent(s) re-statused, 1 expired lock(s) removed.
    ");
    assert_snapshot!(env.human().run(["lock", "list", "--all"]).shown(), @"
    exit 0
    stdout:
    No active locks.
    ");
}

#[test]
fn a_setting_that_was_changed_decides_until_it_is_reset() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    assert_snapshot!(alice.run(["config", "set", "lock.ttl", "5m"]).shown(), @"
    exit 0
    stdout:
    lock.ttl = 5 min
    ");
    alice
        .run(["lock", "acquire", "README"])
        .succeeds()
        .says("for 5 min");
    assert_snapshot!(alice.run(["config", "get", "lock.ttl"]).shown(), @"
    exit 0
    stdout:
    5 min
    ");
    assert_snapshot!(alice.run(["config", "set", "lock.ttl", "soon"]).shown(), @"
    exit 2
    stderr:
    error: lock.ttl is a length of time from 1 s to 24 h
    hint: agent-sync config set lock.ttl 90m
    ");
    assert_snapshot!(alice.run(["config", "unset", "lock.ttl"]).shown(), @"
    exit 0
    stdout:
    lock.ttl = 60 min (the default)
    ");
    alice
        .run(["lock", "acquire", "other"])
        .succeeds()
        .says("for 60 min");
}

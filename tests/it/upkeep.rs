//! `agent-sync config` and `gc`, each command once from end to end.

use insta::assert_snapshot;

use crate::env::{HOUR, TestEnv};

#[test]
fn settings_are_listed_changed_and_reset() {
    let env = TestEnv::new();
    assert_snapshot!(env.human().run(["config", "list"]).shown(), @"
    exit 0
    stdout:
    SETTING             VALUE     DEFAULT   WHAT IT DECIDES
    backup.bytes        67108864  67108864  how many bytes all copies of the store may take together
    backup.keep         10        10        how many copies of the store of each kind are kept
    guard.edits         warn      warn      what becomes of an edit of a file that another agent is editing
    lock.ttl            60 min    60 min    how long a lock lasts when nobody says otherwise
    messages.ack_after  10 min    10 min    how long an acknowledgement may take before the recipient is reminded
    messages.queue      200       200       how many messages may wait for one recipient
    messages.rate       30        30        how many messages one agent may send in a minute
    plan.approvals      human     human     whose approval a plan needs: `human`, or so many agents; only the human sets it
    retention.activity  30 d      30 d      how long the record of what happened is kept, and the traces of agents that are gone
    retention.messages  30 d      30 d      how long messages are kept after they were seen, or can no longer be
    tasks.max_attempts  3         3         how often a task may be abandoned by agents that vanish before it counts as failed
    tasks.wip_limit     1         1         how many tasks in progress one agent may be handed by `task next`
    wake                on        on        whether a message that is addressed to an idle session wakes it, at most once a minute
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
    assert_snapshot!(env.human().run(["config", "set", "backup.keep", "0"]).shown(), @"
    exit 2
    stderr:
    error: backup.keep is a number from 1 to 1000
    hint: agent-sync config set backup.keep 100
    ");
    assert_snapshot!(env.human().run(["config", "set", "backup.keep", "20"]).shown(), @"
    exit 0
    stdout:
    backup.keep = 20
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
    GC complete: 1 agent(s) re-statused, 1 expired lock(s) removed, 0 abandoned task(s) taken back.
    ");
    assert_snapshot!(env.human().run(["lock", "list", "--all"]).shown(), @"
    exit 0
    stdout:
    No active locks.
    ");
}

#[test]
fn gc_brings_back_what_the_dead_were_working_on() {
    let env = TestEnv::new();
    let alice = env.agent("alice").living().called("alice");
    alice.run(["task", "create", "Half done"]).succeeds();
    alice.run(["task", "create", "Stuck"]).succeeds();
    for title in ["Half done", "Stuck"] {
        alice.run(["task", "claim", title]).succeeds();
    }
    alice
        .run(["task", "block", "Stuck", "--reason", "no key"])
        .succeeds();
    env.human()
        .run(["gc"])
        .succeeds()
        .says("0 abandoned task(s) taken back");
    alice.kill();
    assert_eq!(env.human().run(["gc", "--json"]).json()["tasks"], 2);
    for title in ["Half done", "Stuck"] {
        let shown: serde_json::Value = env.human().run(["task", "show", title, "--json"]).json();
        assert_eq!(shown["status"], "pending", "{shown}");
        assert_eq!(shown["attempts"], 1, "{shown}");
    }
    env.human()
        .run(["gc"])
        .succeeds()
        .says("0 abandoned task(s) taken back");
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

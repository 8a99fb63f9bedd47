//! `agent-sync metrics`: the numbers of the record as people, programs and collectors read them.

mod openmetrics;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::env::{MINUTE, TestEnv};
use openmetrics::{Exposition, parse};

/// Two agents that get into each other's way, and what they say to each other.
fn busy() -> TestEnv {
    let env = TestEnv::new();
    env.set_up();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    for agent in [&alice, &bob] {
        agent.is_prompted();
    }
    env.advance(MINUTE);
    alice.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["lock", "acquire", "README"]).ends_with(3);
    assert!(bob.before_edit("README").is_refusal());
    bob.tells("alice", "Are you done?");
    env.advance(2 * MINUTE);
    alice.hook("post-tool-batch", &json!({"tool_calls": []}));
    env.advance(MINUTE);
    alice.hook("post-tool-batch", &json!({"tool_calls": []}));
    alice.tells("bob", "Nearly");
    alice.run(["task", "create", "Next"]).succeeds();
    env.advance(MINUTE);
    env
}

fn exposition(env: &TestEnv, arguments: &[&str]) -> Exposition {
    let words = [&["metrics", "--openmetrics"], arguments].concat();
    parse(&env.human().run_with(&words, b"").succeeds().stdout).unwrap()
}

#[test]
fn the_table_says_what_is_known_and_what_is_not() {
    let env = busy();
    assert_snapshot!(env.human().run(["metrics"]).shown(), @"
    exit 0
    stdout:
    From 2027-01-14T08:05:00.000Z to 2027-01-15T08:05:00.000Z
    The record begins at 2027-01-15T08:00:00.000Z

    Time
       in turns                   10 min in 2 turns (2 agents did something)
       of that waiting for locks  0.0 %
       of that in agent-sync      unknown
       waits for locks            0: 0 granted, 0 given up, 0 going on
       wait until granted         unknown

    Messages
       sent           2 to 2 recipients: 1 seen, 1 open, 0 lost
       sent to shown  p50 2 min, p90 2 min, p99 2 min of 1
       shown to seen  p50 1 min, p90 1 min, p99 1 min of 1
       sent to seen   p50 3 min, p90 3 min, p99 3 min of 1

    Conflicts prevented
       all together                              2
       locks refused at once                     1
       waits in a line                           0
       notices of others' work                   0
       refusals by hooks                         1
       tasks reclaimed of agents that were gone  0
       locks reclaimed of agents that were gone  0

    Refusals by rule
       an edit of a file that somebody else has locked  1
       a lock that somebody else holds or waits for     1

    Queues now
       ready tasks                     1
       agents in line for locks        0 (at most 0 for one)
       messages for the fullest inbox  1 (at most 1)
       messages for bob                1

    Unknown, because nothing of it is recorded:
      claims of tasks that were refused: nothing of a refused claim is kept
      the time that agents spent inside agent-sync: most hooks write nothing, so not even how long they took
    ");
}

#[test]
fn of_an_empty_record_nothing_is_known() {
    let env = TestEnv::new();
    env.set_up();
    let numbers = env.human().run(["metrics", "--json"]).succeeds().json();
    assert_eq!(numbers["numbers"]["waiting"]["share"], Value::Null);
    assert_eq!(numbers["numbers"]["messages"]["proved_after"], Value::Null);
    assert_eq!(numbers["numbers"]["share_in_agent_sync"], Value::Null);
    let page = exposition(&env, &[]);
    for absent in [
        "agent_sync_waiting_ratio",
        "agent_sync_overhead_ratio",
        "agent_sync_message_proved_seconds",
    ] {
        assert!(page.kind(absent).is_none(), "{absent}");
    }
    assert_eq!(page.value("agent_sync_edits_total", &[]), Some(0.0));
}

#[test]
fn programs_get_the_numbers_of_the_report_and_whose_mail_waits() {
    let env = busy();
    let human = env.human();
    let metrics = human.run(["metrics", "--json"]).succeeds().json();
    let report = human.run(["report", "--json"]).succeeds().json();
    assert_eq!(metrics["numbers"], report["numbers"]);
    assert_eq!(metrics["numbers"]["refusals"]["edit_locked"], 1);
    assert_eq!(metrics["numbers"]["prevented"]["refused_by_hooks"], 1);
    assert_eq!(metrics["complete"], report["complete"]);
    assert_eq!(
        metrics["mail_waiting"],
        json!([{"agent_id": env.agent("bob").id(), "name": "bob", "messages": 1}])
    );
}

#[test]
fn collectors_get_valid_openmetrics_with_the_same_numbers() {
    let env = busy();
    let page = exposition(&env, &[]);
    let value = |name: &str, labels: &[(&str, &str)]| page.value(name, labels);
    assert_eq!(
        value("agent_sync_refusals_total", &[("rule", "lock_held")]),
        Some(1.0)
    );
    assert_eq!(
        value("agent_sync_refusals_total", &[("rule", "edit_locked")]),
        Some(1.0)
    );
    let hooks = [("kind", "hook_refused")];
    assert_eq!(value("agent_sync_conflicts_prevented_total", &hooks), Some(1.0));
    assert_eq!(value("agent_sync_turn_seconds_total", &[]), Some(600.0));
    assert_eq!(
        value("agent_sync_message_shown_seconds", &[("quantile", "0.99")]),
        Some(120.0)
    );
    assert_eq!(
        value("agent_sync_message_proved_seconds", &[("quantile", "0.5")]),
        Some(60.0)
    );
    assert_eq!(value("agent_sync_message_proved_seconds_count", &[]), Some(1.0));
    assert_eq!(value("agent_sync_tasks_ready", &[]), Some(1.0));
    let bob = env.agent("bob").id();
    let bob = [("agent_id", bob.as_str()), ("agent", "bob")];
    assert_eq!(value("agent_sync_mail_waiting", &bob), Some(1.0));
    assert_eq!(page.kind("agent_sync_build"), Some("info"));
    assert_eq!(page.kind("agent_sync_refusals"), Some("counter"));
}

#[test]
fn a_counter_says_since_when_it_counts() {
    let env = busy();
    let whole = exposition(&env, &[]);
    let late = exposition(&env, &["--since", "90s"]);
    let created = |page: &Exposition| page.value("agent_sync_edits_created", &[]).unwrap();
    assert!(created(&whole) < created(&late));
    assert_eq!(late.value("agent_sync_window_seconds", &[]), Some(90.0));
    let held = [("rule", "lock_held")];
    assert_eq!(late.value("agent_sync_refusals_total", &held), Some(0.0));
    assert_eq!(whole.value("agent_sync_refusals_total", &held), Some(1.0));
}

#[test]
fn a_name_cannot_break_out_of_its_label() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    let bob = env.agent("bob").called("b\"} 9\\ # EOF");
    bob.is_prompted();
    alice.tells(&bob.id(), "hello");
    let page = exposition(&env, &[]);
    assert_eq!(page.kind("agent_sync_mail_waiting"), Some("gauge"));
    assert_eq!(page.count("agent_sync_mail_waiting"), 1);
}

#[test]
fn one_form_at_a_time() {
    let env = TestEnv::new();
    assert_snapshot!(env.human().run(["metrics", "--json", "--openmetrics"]).shown(), @"
    exit 2
    stderr:
    error: --json and --openmetrics are two forms of the same numbers
    hint: say one of them
    ");
}

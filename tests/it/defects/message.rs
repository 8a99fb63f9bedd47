//! M: messages that were lost, misdelivered or miscounted.

use std::fs::File;
use std::process::Stdio;

use serde_json::json;

use crate::env::{Actor, TestEnv};

/// Sends a payload to a hook whose standard output is `output`.
fn hook_into(actor: &Actor<'_>, name: &str, output: Stdio) -> i32 {
    let payload = actor.payload(name, &json!({"prompt": "x"})).to_string();
    let mut child = actor.hook_command(name).stdout(output).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), payload.as_bytes()).unwrap();
    child.wait_with_output().unwrap().status.code().unwrap()
}

fn delivery(sender: &Actor<'_>) -> String {
    let sent = sender.run(["message", "sent", "--json"]).succeeds();
    sent.stdout
}

#[test]
fn m1_a_message_whose_output_failed_stays_queued() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    for hook in ["user-prompt-submit", "stop", "post-tool-batch", "session-start"] {
        alice.tells("bob", &format!("before {hook}"));
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(hook_into(&bob, hook, full.into()), 0, "{hook}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(hook_into(&bob, hook, writer.into()), 0, "{hook}");
        assert!(
            delivery(&alice).contains("queued"),
            "{hook}: {}",
            delivery(&alice)
        );
        assert!(
            bob.hook(hook, &json!({}))
                .succeeds()
                .told()
                .contains(&format!("before {hook}"))
        );
        assert!(
            !delivery(&alice).contains("queued"),
            "{hook}: {}",
            delivery(&alice)
        );
    }
}

#[test]
fn m1_a_message_is_pushed_once() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.tells("bob", "once");
    assert!(
        bob.hook("post-tool-batch", &json!({"tool_calls": []}))
            .told()
            .contains("once")
    );
    bob.is_prompted().is_silent();
    bob.hook("stop", &json!({"stop_hook_active": false})).is_silent();
}

#[test]
fn m2_one_who_reads_a_broadcast_clears_it_for_nobody_else() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let carol = env.agent("carol").called("carol");
    let id = alice.tells("all", "to both");
    bob.run(["message", "read", &id]).succeeds();
    assert!(carol.is_prompted().told().contains("to both"));
    let private = alice.tells("bob", "for bob alone");
    for verb in ["read", "ack", "show", "thread"] {
        carol
            .run(["message", verb, &private])
            .ends_with(3)
            .never_says("for bob alone");
    }
    assert!(bob.is_prompted().told().contains("for bob alone"));
}

#[test]
fn m4_the_sender_sees_who_acknowledged_and_only_recipients_can() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let carol = env.agent("carol").called("carol");
    let id = alice.tells("bob", "take note");
    carol.run(["message", "ack", &id]).ends_with(3);
    alice.run(["message", "ack", &id]).ends_with(3);
    alice.run(["message", "sent"]).says("queued: bob");
    bob.run(["message", "ack", &id]).succeeds();
    alice.run(["message", "sent"]).says("acknowledged: bob");
}

#[test]
fn m7_a_text_of_any_shape_can_be_sent_and_read_as_a_conversation() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let long = format!("--help\n{}", "x".repeat(16_000));
    let send = ["message", "send", "--to", "bob", "-"];
    let id = alice.run_with(&send, long.as_bytes()).succeeds().id("msg-");
    env.advance(1);
    bob.run(["message", "send", "--reply-to", &id, "--message", "-x"])
        .succeeds();
    let thread = alice.run(["message", "thread", &id, "--json"]).json();
    assert_eq!(thread[0]["body"], long.as_str());
    assert_eq!(thread[1]["body"], "-x");
}

#[test]
fn m8_two_that_keep_writing_cannot_keep_each_other_from_stopping() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    bob.is_prompted();
    alice.tells("bob", "first");
    let told = bob.hook("stop", &json!({"stop_hook_active": false})).told();
    assert!(told.contains("first"), "{told}");
    alice.tells("bob", "second");
    bob.hook("stop", &json!({"stop_hook_active": true})).is_silent();
    assert!(bob.is_prompted().told().contains("second"));
}

#[test]
fn m3_what_was_pushed_and_what_one_sent_oneself_is_not_counted_as_unread() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.tells("all", "hello");
    let unread = |actor: &Actor<'_>| {
        let told = actor
            .hook("session-start", &json!({"source": "resume"}))
            .succeeds()
            .told();
        let count = told.split("unread messages: ").nth(1).expect("a header");
        count.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    assert_eq!(unread(&alice), "0", "one's own broadcast");
    assert!(bob.is_prompted().told().contains("hello"));
    assert_eq!(unread(&bob), "0", "a message that was pushed");
}

#[test]
fn m5_an_unknown_recipient_is_refused_with_who_may_be_meant() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let refused = bob.run(["message", "send", "--to", "alcie", "hi"]).ends_with(4);
    refused.complains("alcie").complains("alice");
    bob.run(["message", "send", "--to", "", "hi"]);
    assert_eq!(alice.run(["message", "inbox", "--json"]).json(), json!([]));
    for spelling in ["ALICE", " alice ", "Alice"] {
        bob.tells(spelling, "hi");
    }
    assert_eq!(
        alice
            .run(["message", "inbox", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn m6_mail_goes_to_whom_the_name_meant_when_it_was_sent() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let carol = env.agent("carol").called("carol");
    bob.tells("alice", "secret");
    alice.run(["agent", "rename", "alicia"]).succeeds();
    carol
        .run(["agent", "register", "--name", "alice", "--role", "alice"])
        .succeeds();
    carol
        .run(["message", "inbox", "--all"])
        .succeeds()
        .never_says("secret");
    carol.is_prompted().never_says("secret");
    assert!(
        alice.is_prompted().told().contains("secret"),
        "renaming loses no mail"
    );
}

#[test]
fn m6_a_name_that_is_anothers_id_reads_none_of_its_mail() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let carol = env.agent("carol");
    carol.run(["agent", "register", "--name", &alice.id(), "--role", &alice.id()]);
    bob.tells(&alice.id(), "secret");
    carol.is_prompted().never_says("secret");
    assert!(alice.is_prompted().told().contains("secret"));
}

#[test]
fn a_message_that_could_not_be_recorded_as_offered_is_not_pushed_with_every_step() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.tells("bob", "hello");
    let sql = env.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = json!({"tool_calls": []});
    let count = (0..5)
        .filter(|_| bob.hook("post-tool-batch", &batch).told().contains("hello"))
        .count();
    assert!(count <= 1, "pushed {count} times while somebody was writing");
}

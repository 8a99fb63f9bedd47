//! What a holder is told of its own locks: that it lost one, and that somebody waits for one.

use serde_json::json;

use crate::env::{MINUTE, TestEnv};

#[test]
fn whoever_lost_a_lease_is_held_up_once_before_its_next_edit_of_the_file() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob").called("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["lock", "acquire", "README", "--force"]).succeeds();
    bob.run(["lock", "release", "README"]).succeeds();
    let held_up = alice.before_edit("README");
    assert!(held_up.is_refusal());
    let told = held_up.told_shown();
    assert!(
        told.contains("README with fence 1 was taken by force by bob ([bob]) just now"),
        "{told}"
    );
    alice.before_edit("README").is_silent();
    alice.is_prompted().is_silent();
}

#[test]
fn a_loss_is_told_at_the_next_hook_whatever_it_is() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    for (name, payload) in [
        ("user-prompt-submit", json!({"prompt": "go on"})),
        ("post-tool-batch", json!({})),
        (
            "pre-tool-use",
            json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}),
        ),
    ] {
        alice.run(["lock", "acquire", "README"]).succeeds();
        bob.run(["lock", "release", "README", "--force"]).succeeds();
        let told = alice.hook(name, &payload).succeeds();
        assert!(
            told.told().contains("was taken by force by"),
            "{name}: {}",
            told.shown()
        );
        alice.before_edit("README").is_silent();
    }
}

#[test]
fn a_lease_that_lapsed_while_nobody_looked_is_told_too() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice
        .run(["lock", "acquire", "src/*.rs", "--ttl", "30m"])
        .succeeds();
    env.advance(35 * MINUTE);
    alice.before_edit("other").says("expired 5 min ago");
    env.advance(MINUTE);
    alice.before_edit("src/a.rs").is_silent();
    let expired = alice
        .run(["activity", "list", "--type", "lock.expired", "--json"])
        .json();
    assert_eq!(expired.as_array().unwrap().len(), 1);
}

#[test]
fn a_lapsed_pattern_holds_an_edit_of_a_file_in_it_up_once() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice
        .run(["lock", "acquire", "src/*.rs", "--ttl", "30m"])
        .succeeds();
    env.advance(35 * MINUTE);
    assert!(alice.before_edit("src/a.rs").is_refusal());
    alice.before_edit("src/a.rs").is_silent();
}

#[test]
fn a_refusal_also_tells_of_the_loss() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    bob.run(["lock", "acquire", "README", "--force"]).succeeds();
    let refused = alice.before_edit("README");
    assert!(refused.is_refusal());
    let told = refused.told();
    assert!(
        told.contains("is locked by") && told.contains("was taken by force by"),
        "{told}"
    );
    assert!(
        !alice.before_edit("README").told().contains("by force"),
        "once is enough"
    );
}

#[test]
fn what_was_given_back_or_never_had_is_no_news() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice.run(["lock", "release", "README"]).succeeds();
    alice.before_edit("README").is_silent();
    bob.before_edit("other").is_silent();
    bob.is_prompted().is_silent();
}

#[test]
fn a_holder_is_told_once_that_somebody_waits() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob").called("bob"));
    env.use_real_clock();
    alice.run(["lock", "acquire", "README"]).succeeds();
    let mut waiter = bob
        .shell()
        .args(["lock", "acquire", "README", "--wait", "60s"])
        .spawn()
        .unwrap();
    while alice.run(["lock", "list", "--json"]).json()[0]["waiters"] == json!([]) {
        std::thread::yield_now();
    }
    let told = alice.is_prompted().told_shown();
    assert!(
        told.contains("bob ([bob]) has been waiting for README, which you have locked"),
        "{told}"
    );
    alice.is_prompted().is_silent();
    alice.run(["lock", "list"]).succeeds().says("1 waiting: bob");
    alice.run(["lock", "release", "README"]).succeeds();
    assert!(waiter.wait().unwrap().success());
    bob.is_prompted().is_silent();
}

//! `message inbox --wait`, for agents without hooks.

use std::time::Duration;

use crate::env::TestEnv;

#[test]
fn a_waiter_gets_what_comes_and_nothing_twice() {
    let env = TestEnv::new();
    env.use_real_clock();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    bob.run(["message", "inbox", "--wait=0"])
        .ends_with(5)
        .complains("no message came within");
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| bob.run(["message", "inbox", "--wait=60"]));
        std::thread::sleep(Duration::from_millis(200));
        alice.tells("bob", "are <you> there?");
        let shown = waiter.join().unwrap().succeeds();
        shown.says("are &lt;you&gt; there?").says("trust=\"untrusted\"");
    });
    let sent = alice.run(["message", "sent"]).succeeds();
    sent.says("offered: bob");
    bob.run(["message", "inbox", "--wait=0"]).ends_with(5);
    alice.run(["message", "sent"]).says("delivered: bob");
    bob.is_prompted().is_silent();
    alice.tells("bob", "again");
    let json = bob
        .run(["message", "inbox", "--wait", "--json"])
        .succeeds()
        .json();
    assert_eq!(json[0]["body"], "again");
    assert_eq!(json.as_array().map(Vec::len), Some(1));
}

#[test]
fn what_a_waiter_could_not_print_waits_on_and_is_marked() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.tells("bob", "look");
    let mut command = bob.shell();
    command.args(["message", "inbox", "--wait=5"]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = command
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    alice.run(["message", "sent"]).says("queued: bob");
    let shown = bob.run(["message", "inbox", "--wait=5"]).succeeds();
    shown.says("look").says("repeated");
}

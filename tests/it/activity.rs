//! `agent-sync activity`, each command once from end to end.

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

#[test]
fn activity_tells_what_happened() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    assert_snapshot!(alice.run(["activity", "add", "Looked at it", "--type", "note", "--file", "README"]).shown(), @"
    exit 0
    stdout:
    Logged `[act 1]` [note] README
    ");
    env.advance(MINUTE);
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice.after_edit("README").is_silent();
    assert_snapshot!(env.human().run(["activity", "list"]).shown(), @"
    exit 0
    stdout:
    WHEN       WHO    WHAT           ABOUT
    just now   alice  edit           Edit README
    just now   alice  lock.acquired  README
    1 min ago  alice  note           README Looked at it
    1 min ago  alice  agent.joined   alice
    ");
}

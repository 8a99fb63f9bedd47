//! `agent-sync append`: text at the end of a file, under its lock.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn l3_append_writes_where_one_stands() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("sub")).unwrap();
    let worktree = env.worktree("feature");
    let alice = env.agent("alice");
    assert_snapshot!(alice.at("sub").run(["append", "notes.md", "--content", "one"]).shown(), @"
    exit 0
    stdout:
    Appended 4 char(s) to `sub/notes.md`
    ");
    alice
        .at("sub")
        .run_with(&["append", "notes.md", "--no-newline"], b"two\n\n")
        .succeeds();
    assert_eq!(env.read("sub/notes.md"), "one\ntwo\n\n");
    alice
        .at(&worktree)
        .run(["append", "notes.md", "--content", "three"])
        .succeeds();
    assert_eq!(
        std::fs::read_to_string(worktree.join("notes.md")).unwrap(),
        "three\n"
    );
    assert!(!env.path("notes.md").exists());
}

#[test]
fn append_respects_a_lock_and_keeps_ones_own() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "notes.md"]).succeeds();
    bob.run(["append", "notes.md", "--content", "x"])
        .ends_with(3)
        .complains("notes.md is locked by");
    assert!(!env.path("notes.md").exists());
    alice.run(["append", "notes.md", "--content", "x"]).succeeds();
    bob.run(["lock", "acquire", "notes.md"]).ends_with(3);
}

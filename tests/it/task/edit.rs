//! What a task says of itself is changed, and what others say of it is kept.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn an_edit_is_recorded_with_what_it_changed() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    alice
        .run([
            "task", "create", "Old", "--file", "a", "--label", "x", "--role", "api",
        ])
        .succeeds();
    let edited = alice.run([
        "task",
        "edit",
        "Old",
        "--title",
        "New",
        "--priority",
        "2",
        "--role",
        "",
        "--file",
        "b",
        "--remove-file",
        "a",
        "--remove-label",
        "x",
    ]);
    assert_snapshot!(edited.shown(), @"
    exit 0
    stdout:
    Edited task `[task 1]`: New
    ");
    let task = alice.run(["task", "show", "New", "--json"]).json();
    assert_eq!(task["files"], serde_json::json!(["b"]));
    assert_eq!(
        (&task["role"], &task["priority"]),
        (&serde_json::Value::Null, &2.into())
    );
    alice
        .run(["activity", "list", "--json"])
        .succeeds()
        .says(r#"title \"Old\" -> \"New\"; priority 0 -> 2; role \"api\" -> nothing; +b; -a; -#x"#);
    alice
        .run(["task", "edit", "New"])
        .ends_with(2)
        .complains("nothing to change");
}

#[test]
fn somebody_elses_task_in_progress_is_not_edited_but_remarked_on() {
    let env = TestEnv::new();
    let (alice, bob, carol) = (
        env.agent("alice"),
        env.agent("bob").called("bob"),
        env.agent("carol").called("carol"),
    );
    alice.run(["task", "create", "Work"]).succeeds();
    bob.run(["task", "claim", "Work"]).succeeds();
    carol
        .run(["task", "edit", "Work", "--priority", "9"])
        .ends_with(3);
    alice.run(["task", "edit", "Work", "--priority", "1"]).succeeds();
    assert_snapshot!(carol.run(["task", "comment", "Work", "- mind the\n  gap"]).shown(), @"
    exit 0
    stdout:
    Commented on task `[task 1]`: Work
    ");
    bob.run(["task", "show", "Work"])
        .succeeds()
        .says("carol, just now:")
        .says("| - mind the");
}

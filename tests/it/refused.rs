//! What hooks refuse is on the record: every way of refusing, once each time, and never in the way of the refusal.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::defects::trouble::read_only;
use crate::env::{Actor, MINUTE, Output, TestEnv};

fn project() -> TestEnv {
    let env = TestEnv::new();
    fs::write(
        env.home().join(".gitconfig"),
        "[user]\n\tname = T\n\temail = t@example.invalid\n",
    )
    .unwrap();
    env.human().run(["init", "--git-hooks", "--no-skill"]).succeeds();
    fs::write(env.path(".git/info/exclude"), ".claude\n").unwrap();
    for file in ["held.txt", "shared.txt", "own.txt"] {
        env.write(file, "committed\n");
    }
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "--no-verify", "--message=Files"]);
    env
}

fn before_bash(who: &Actor<'_>, command: &str) -> Output {
    let input = json!({"command": command});
    who.hook("pre-tool-use", &json!({"tool_name": "Bash", "tool_input": input}))
}

/// What was refused, the newest first: event, tool, path and body, with the agent's id called `alice`.
fn refusals(env: &TestEnv, alice: &Actor<'_>) -> Vec<String> {
    let entries = env
        .human()
        .run(["activity", "list", "--limit", "100", "--json"])
        .succeeds()
        .json();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
    let refused = entries.as_array().unwrap().iter().filter(|entry| {
        ["edit.refused", "command.refused", "commit.refused"].contains(&entry["event_type"].as_str().unwrap())
    });
    refused
        .map(|entry| {
            ["event_type", "tool_name", "file_path", "body"]
                .map(|field| text(entry, field))
                .join(" | ")
                .replace(&alice.id(), "alice")
        })
        .collect()
}

#[test]
fn every_way_of_refusing_is_on_the_record_with_the_file_and_whoever_was_in_the_way() {
    let env = project();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let human = env.human();
    alice.run(["lock", "acquire", "held.txt"]).succeeds();
    alice.before_edit("shared.txt").is_silent();
    env.write("shared.txt", "by alice\n");
    alice.after_edit("shared.txt").is_silent();

    assert!(bob.before_edit("held.txt").is_refusal());
    assert!(before_bash(&bob, "echo x > held.txt").is_refusal());
    assert!(before_bash(&bob, "git reset --hard").is_refusal());
    assert!(before_bash(&bob, "git commit -am x").is_refusal());
    env.git(&["add", "shared.txt"]);
    bob.bash("git commit -m x").ends_with(1);
    human.run(["config", "set", "guard.edits", "block"]).succeeds();
    assert!(bob.before_edit("shared.txt").is_refusal());
    bob.run(["lock", "acquire", "own.txt", "--ttl", "30m"]).succeeds();
    env.advance(35 * MINUTE);
    assert!(bob.before_edit("own.txt").is_refusal(), "held up once");
    bob.before_edit("own.txt").succeeds();

    assert_snapshot!(refusals(&env, &alice).join("\n"), @"
    edit.refused | Edit | own.txt | the loss of its own lock
    edit.refused | Edit | shared.txt | an edit in progress of alice
    commit.refused | - | shared.txt | files of alice
    commit.refused | Bash | shared.txt | files of alice
    command.refused | Bash | shared.txt | uncommitted work of alice
    command.refused | Bash | held.txt | a lock of alice
    edit.refused | Edit | held.txt | a lock of alice
    ");
    let numbers = human.run(["report", "--json"]).succeeds().json();
    let numbers = &numbers["numbers"];
    assert_eq!(numbers["prevented"]["refused_by_hooks"], 7);
    for (rule, count) in [
        ("edit_locked", 1),
        ("edit_leased", 1),
        ("edit_unguarded", 1),
        ("command_locked", 1),
        ("command_discards", 1),
        ("commit_foreign", 2),
    ] {
        assert_eq!(numbers["refusals"][rule], count, "{rule}");
    }
    assert_snapshot!(human.run(["activity", "list", "--type", "edit.refused"]).shown(), @"
    exit 0
    stdout:
    WHEN        WHO  WHAT          ABOUT
    just now    bob  edit.refused  own.txt the loss of its own lock
    35 min ago  bob  edit.refused  shared.txt an edit in progress of [alice]
    35 min ago  bob  edit.refused  held.txt a lock of [alice]
    ");
}

#[test]
fn every_refusal_is_one_entry_however_often_the_same_is_tried() {
    let env = project();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "held.txt"]).succeeds();
    bob.before_edit("held.txt").ends_with(2);
    let count = || -> i64 {
        let sql = env.sql();
        sql.query_row("SELECT count(*) FROM activity", [], |row| row.get(0))
            .unwrap()
    };
    let before = count();
    for _ in 0..3 {
        assert!(bob.before_edit("held.txt").is_refusal());
    }
    assert_eq!(count(), before + 3);
    bob.before_edit("own.txt").succeeds();
    assert_eq!(refusals(&env, &alice).len(), 4);
}

#[test]
fn a_refusal_goes_out_all_the_same_where_it_cannot_be_recorded() {
    let env = project();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "held.txt"]).succeeds();
    bob.before_edit("own.txt").succeeds();
    let sql = env.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(bob.before_edit("held.txt").is_refusal());
    sql.execute_batch("ROLLBACK").unwrap();
    assert_eq!(refusals(&env, &alice), [""; 0]);

    let behind = read_only(&env);
    let edit = bob.edit_of("held.txt");
    assert!(bob.hook_behind(&behind, "pre-tool-use", &edit).is_refusal());
    assert_eq!(refusals(&env, &alice), [""; 0]);
    assert!(bob.before_edit("held.txt").is_refusal());
    assert_eq!(refusals(&env, &alice).len(), 1);
}

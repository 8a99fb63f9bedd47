//! Trouble of agent-sync's own never becomes the session's trouble.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::client::session::Outcome;
use crate::guarded::Guarded;
use serde_json::json;
use std::fs;

/// One session that edits the notes and stops; what the model saw of it.
fn edits(client: &Client, guarded: &Guarded) -> (Outcome, String) {
    let project = &guarded.project;
    let path = project.path("notes.txt");
    let edit = json!({"file_path": path, "old_string": "first", "new_string": "second"});
    let api = Api::start().conversation(
        "MARKER-A",
        [
            turn::tool("Read", json!({"file_path": path})),
            turn::tool("Edit", edit),
            turn::bash("echo done"),
            turn::text("I have edited it"),
        ],
    );
    let outcome = client
        .session(&api, project)
        .allow("Edit,Read,Bash")
        .run("MARKER-A edit it")
        .expect_success();
    assert_eq!(project.read("notes.txt"), "second line\n");
    assert_eq!(outcome.result(), "I have edited it");
    (outcome, api.last_request("MARKER-A").text())
}

#[test]
fn a_broken_database_leaves_the_session_working_and_tells_the_human_once() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let state = guarded.project.folder().join(".claude/coordination");
    fs::write(state.join("state.sqlite"), vec![0xa5; 8192]).expect("a broken database");
    for log in ["state.sqlite-wal", "state.sqlite-shm"] {
        let _may_be_missing = fs::remove_file(state.join(log));
    }

    let (outcome, seen) = edits(&client, &guarded);

    assert!(
        !seen.contains("agent-sync-state") && !seen.contains("not protecting"),
        "the model hears nothing of it: {seen}"
    );
    let is_warning = |line: &&str| line.contains("agent-sync is not protecting this session");
    let warnings = outcome.stdout.lines().filter(is_warning).count();
    assert_eq!(warnings, 1, "{}", outcome.stdout);
    let log = fs::read_to_string(state.join("hook.log")).expect("a log");
    assert!(log.contains("pre-tool-use: "), "{log}");
}

#[test]
fn a_missing_binary_leaves_the_session_working() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    fs::remove_file(guarded.project.tools().join("agent-sync")).expect("the link");

    edits(&client, &guarded);
}

#[test]
fn a_hook_killed_by_its_timeout_leaves_the_session_working() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    fs::remove_file(guarded.project.tools().join("agent-sync")).expect("the link");
    guarded
        .project
        .script("agent-sync", "[ \"$2\" = pre-tool-use ] && sleep 60; exit 0");
    let settings = guarded
        .project
        .read(".claude/settings.json")
        .replace("\"timeout\":10", "\"timeout\":0.2");
    guarded.project.write(".claude/settings.json", &settings);

    edits(&client, &guarded);
}

#[test]
fn without_a_store_the_hooks_are_inert() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::without_store();

    let (_, seen) = edits(&client, &guarded);

    assert!(!seen.contains("agent-sync-state"), "{seen}");
    assert!(!guarded.project.folder().join(".claude/coordination").exists());
    assert!(!guarded.project.folder().join(".git/agent-sync").exists());
}

//! The facts about the client that agent-sync's hooks are built on, shown with plain shell scripts.

use crate::api::record::ToolResult;
use crate::api::{Api, turn};
use crate::client::Client;
use crate::project::Project;
use serde_json::json;

#[test]
fn a_command_runs_and_its_output_reaches_the_model() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let api = Api::start().conversation(
        "MARKER-A",
        [turn::bash("cat notes.txt; pwd"), turn::text("I have read it")],
    );

    let outcome = client
        .session(&api, &project)
        .allow("Bash")
        .run("MARKER-A read the notes");

    assert_eq!(outcome.expect_success().result(), "I have read it");
    let results = api.last_request("MARKER-A").tool_results();
    assert_eq!(results.len(), 1);
    assert_eq!(
        results[0].text,
        format!("first line\n{}", project.folder().display())
    );
}

/// What the model and the file look like after an Edit that a hook denied with a JSON answer.
fn denied_edit(client: &Client, exit_code: u8) -> ToolResult {
    let project = Project::new();
    let answer = json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse", "permissionDecision": "deny",
        "permissionDecisionReason": "notes.txt is held by brave-otter",
        "additionalContext": "ask brave-otter first",
    }});
    let deny = project.recording_hook(
        "deny",
        &format!("echo '{answer}'; echo raw >&2; exit {exit_code}"),
    );
    project.set_hooks(&json!({"PreToolUse": [{"matcher": "Edit|Write", "hooks": [deny]}]}));
    let path = project.path("notes.txt");
    let edit = json!({"file_path": path, "old_string": "first", "new_string": "second"});
    let api = Api::start().conversation(
        "MARKER-A",
        [
            turn::tool("Read", json!({"file_path": path})),
            turn::tool("Edit", edit),
            turn::text("I gave up"),
        ],
    );

    client
        .session(&api, &project)
        .allow("Edit,Read")
        .run("MARKER-A edit it")
        .expect_success();

    assert_eq!(project.read("notes.txt"), "first line\n");
    assert_eq!(project.payloads("deny")[0]["tool_input"]["file_path"], path);
    let request = api.last_request("MARKER-A");
    assert!(
        request.news().contains("ask brave-otter first"),
        "{}",
        request.news()
    );
    assert!(!request.news().contains("raw"), "{}", request.news());
    request.tool_results().remove(0)
}

#[test]
fn a_denied_edit_leaves_the_file_unchanged_and_the_reason_reaches_the_model() {
    let Some(client) = Client::installed() else { return };
    let text = "PreToolUse:Edit hook error: notes.txt is held by brave-otter".to_owned();
    let expected = ToolResult { text, is_error: true };

    assert_eq!(denied_edit(&client, 0), expected);
    assert_eq!(
        denied_edit(&client, 2),
        expected,
        "with exit 2 the JSON answer counts all the same"
    );
}

#[test]
fn context_from_a_tool_batch_reaches_the_model_within_the_same_turn() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let answer = json!({"hookSpecificOutput": {
        "hookEventName": "PostToolBatch", "additionalContext": "brave-otter says hello",
    }});
    let tell = project.recording_hook("tell", &format!("echo '{answer}'"));
    project.set_hooks(&json!({"PostToolBatch": [{"hooks": [tell]}]}));
    let two = ["echo one", "echo two"].map(|command| ("Bash", json!({"command": command})));
    let api = Api::start().conversation("MARKER-A", [turn::tools(two), turn::text("heard")]);

    client
        .session(&api, &project)
        .allow("Bash")
        .run("MARKER-A work")
        .expect_success();

    let requests = api.requests("MARKER-A");
    assert_eq!(requests.len(), 2);
    assert!(!requests[0].text().contains("brave-otter"));
    assert_eq!(requests[1].tool_results().len(), 2);
    assert_eq!(requests[1].news().matches("brave-otter says hello").count(), 1);
    assert_eq!(project.payloads("tell").len(), 1, "once per model step");
}

#[test]
fn context_from_a_stop_hook_keeps_the_turn_going() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let answer = json!({"hookSpecificOutput": {
        "hookEventName": "Stop", "additionalContext": "brave-otter waits for you",
    }});
    let once = format!("case $input in *'\"stop_hook_active\":false'*) echo '{answer}';; esac");
    let stop = project.recording_hook("stop", &once);
    project.set_hooks(&json!({"Stop": [{"hooks": [stop]}]}));
    let api = Api::start().conversation("MARKER-A", [turn::text("done"), turn::text("released")]);

    let outcome = client.session(&api, &project).run("MARKER-A work");

    assert_eq!(outcome.expect_success().result(), "released");
    let news = api.last_request("MARKER-A").news();
    assert_eq!(
        news,
        "<system-reminder>\nStop hook additional context: brave-otter waits for you\n</system-reminder>"
    );
    let active = project.payloads("stop");
    let active: Vec<_> = active
        .iter()
        .map(|payload| payload["stop_hook_active"].clone())
        .collect();
    assert_eq!(active, [false, true]);
}

#[test]
fn a_rewritten_command_is_what_runs_and_what_permissions_judge() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let answer = json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse", "updatedInput": {"command": "touch rewritten"},
    }});
    let rewrite = project.recording_hook("before", &format!("echo '{answer}'"));
    let after = project.recording_hook("after", "");
    let batch = project.recording_hook("batch", "");
    project.set_hooks(&json!({
        "PreToolUse": [{"matcher": "Bash", "hooks": [rewrite]}],
        "PostToolUse": [{"hooks": [after]}],
        "PostToolBatch": [{"hooks": [batch]}],
    }));
    let script = || [turn::bash("touch original"), turn::text("done")];

    let api = Api::start().conversation("MARKER-A", script());
    client
        .session(&api, &project)
        .allow("Bash(touch original)")
        .run("MARKER-A go")
        .expect_success();
    assert!(
        api.last_request("MARKER-A").tool_results()[0].is_error,
        "judged as rewritten"
    );

    let api = Api::start().conversation("MARKER-A", script());
    client
        .session(&api, &project)
        .allow("Bash(touch rewritten)")
        .run("MARKER-A go")
        .expect_success();
    assert!(!api.last_request("MARKER-A").tool_results()[0].is_error);
    assert!(project.folder().join("rewritten").exists() && !project.folder().join("original").exists());

    let after = project.payloads("after").remove(0);
    assert_eq!(
        after["tool_input"],
        json!({"command": "touch rewritten"}),
        "the whole input is replaced"
    );
    let batch = project.payloads("batch").pop().expect("a batch ended");
    assert_eq!(
        batch["tool_calls"][0]["tool_input"]["command"], "touch original",
        "what the model asked for"
    );
}

//! The main job, on the real client: a locked file cannot be edited by another session.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::guarded::Guarded;
use serde_json::{Value, json};

fn edit(path: &str) -> (&'static str, Value) {
    (
        "Edit",
        json!({"file_path": path, "old_string": "first", "new_string": "second"}),
    )
}

#[test]
fn a_locked_file_is_not_edited_and_the_model_is_told_by_whom_it_is_held() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let path = project.path("notes.txt");
    let locked = Gate::closed("A has locked the file");
    let refused = Gate::closed("B was refused");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync lock notes.txt --reason 'rewriting <the> intro'"),
                turn::text("I keep it").opens(&locked).after(&refused),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::tool("Read", json!({"file_path": path})).after(&locked),
                turn::tools([edit(&path)]),
                turn::text("I gave up").opens(&refused),
            ],
        );

    let first = client
        .session(&api, project)
        .allow("Bash")
        .start("MARKER-A lock it");
    client
        .session(&api, project)
        .allow("Edit,Read")
        .run("MARKER-B edit it")
        .expect_success();
    first.finish().expect_success();

    assert_eq!(project.read("notes.txt"), "first line\n");
    let result = api.last_request("MARKER-B").tool_results().remove(0);
    assert!(result.is_error);
    for part in [
        "<agent-sync-state trust=\"untrusted\" id=\"",
        "notes.txt is locked by ",
        ", active), taken ",
        "lapses in ",
        "\"rewriting &lt;the&gt; intro\"",
        "</agent-sync-state id=\"",
        "Next: agent-sync send --to agent-",
    ] {
        assert!(result.text.contains(part), "{part} is missing: {}", result.text);
    }
}

#[test]
fn subagents_exclude_each_other_and_pass_under_their_parents_lock() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    project.write("other.txt", "first line\n");
    let (notes, other) = (project.path("notes.txt"), project.path("other.txt"));
    let agent = |marker: &str| {
        let prompt = format!("{marker} do your part");
        (
            "Agent",
            json!({"description": "scripted", "prompt": prompt, "subagent_type": "general-purpose"}),
        )
    };
    let locked = Gate::closed("B has locked the other file");
    let tried = Gate::closed("C was refused");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync lock notes.txt"),
                turn::tools([agent("MARKER-B"), agent("MARKER-C")]),
                turn::text("delegated"),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::tool("Read", json!({"file_path": notes})),
                turn::tools([edit(&notes)]),
                turn::bash("agent-sync lock other.txt; agent-sync whoami --json"),
                turn::text("b is done").opens(&locked).after(&tried),
            ],
        )
        .conversation(
            "MARKER-C",
            [
                turn::tool("Read", json!({"file_path": other})).after(&locked),
                turn::tools([edit(&other)]),
                turn::text("c is done").opens(&tried),
            ],
        );

    client
        .session(&api, project)
        .allow("Agent,Bash,Edit,Read")
        .run("MARKER-A delegate")
        .expect_success();

    assert_eq!(
        project.read("notes.txt"),
        "second line\n",
        "the parent's lock lets its subagent pass"
    );
    assert_eq!(
        project.read("other.txt"),
        "first line\n",
        "a sibling's lock does not"
    );
    let refusal = api.last_request("MARKER-C").tool_results().remove(0);
    assert!(
        refusal.is_error && refusal.text.contains("other.txt is locked by "),
        "{}",
        refusal.text
    );
    let parent = guarded.json(&["agent", "list", "--all"]);
    let ids: Vec<&str> = parent
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|agent| agent["id"].as_str())
        .collect();
    assert_eq!(
        ids.iter().filter(|id| id.contains('.')).count(),
        2,
        "each subagent is an agent: {ids:?}"
    );
    assert_eq!(
        guarded.json(&["lock", "list"]),
        json!([]),
        "what the subagents and the session held is free again"
    );
}

#[test]
fn a_cleared_session_keeps_its_agent_and_its_lock() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let whoami =
        "agent-sync whoami --json | grep -E 'id|name'; agent-sync lock list --mine --json | grep -c notes";
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync lock notes.txt"),
                turn::bash(whoami),
                turn::text("one"),
            ],
        )
        .conversation("MARKER-B", [turn::bash(whoami), turn::text("two")]);

    let mut session = client.session(&api, project).allow("Bash").converse();
    session.ask("MARKER-A lock it");
    session.ask("/clear");
    session.ask("MARKER-B who are you");
    session.finish().expect_success();

    let before = api.last_request("MARKER-A").tool_results().remove(0).text;
    let after = api.last_request("MARKER-B").tool_results().remove(0).text;
    assert!(
        before.contains("\"id\": \"agent-") && before.ends_with('1'),
        "{before}"
    );
    assert_eq!(before, after);
}

#[test]
fn a_resumed_session_is_the_agent_it_was() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let id = "0d5c7a52-9f39-4b39-8a57-0f6a1be9a001";
    let whoami = || turn::bash("agent-sync whoami --json | grep '\"id\"\\|\"name\"\\|registered'");
    let api = Api::start().conversation(
        "MARKER-A",
        [whoami(), turn::text("one"), whoami(), turn::text("two")],
    );

    client
        .session(&api, project)
        .session_id(id)
        .allow("Bash")
        .run("MARKER-A begin")
        .expect_success();
    let first = api.last_request("MARKER-A").tool_results().remove(0).text;
    client
        .session(&api, project)
        .resume(id)
        .allow("Bash")
        .run("go on")
        .expect_success();
    let results = api.last_request("MARKER-A").tool_results();

    assert!(first.contains("\"registered\": true"), "{first}");
    assert_eq!(results.last().expect("a second answer").text, first);
}

//! Subagents share their parent's session id and process; only the hook payload tells them apart.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::project::Project;
use serde_json::{Value, json};

/// An Agent call whose prompt carries the marker of the subagent's own conversation.
fn agent(marker: &str, is_background: bool) -> (&'static str, Value) {
    let prompt = format!("{marker} do your part");
    let input = json!({
        "description": "scripted", "prompt": prompt, "subagent_type": "general-purpose",
        "run_in_background": is_background,
    });
    ("Agent", input)
}

#[test]
fn two_subagents_run_at_once_and_hooks_tell_them_apart() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    project.record_events("all", &["PreToolUse", "SubagentStart", "SubagentStop"]);
    let first_is_in = Gate::closed("the first subagent's second turn");
    let second_is_in = Gate::closed("the second subagent's second turn");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::tools([agent("MARKER-B", true), agent("MARKER-C", true)]),
                turn::text("delegated"),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::bash("echo b"),
                turn::text("b is done").opens(&first_is_in).after(&second_is_in),
            ],
        )
        .conversation(
            "MARKER-C",
            [
                turn::bash("echo c"),
                turn::text("c is done").opens(&second_is_in).after(&first_is_in),
            ],
        );

    client
        .session(&api, &project)
        .allow("Agent,Bash")
        .run("MARKER-A delegate")
        .expect_success();

    assert_eq!(api.last_request("MARKER-B").tool_results()[0].text, "b");
    assert_eq!(api.last_request("MARKER-C").tool_results()[0].text, "c");
    let parent = api.last_request("MARKER-A").text();
    assert!(
        parent.contains("b is done") && parent.contains("c is done"),
        "{parent}"
    );

    let payloads = project.payloads("all");
    let session = &payloads[0]["session_id"];
    assert!(payloads.iter().all(|payload| payload["session_id"] == *session));
    let agent_of = |command: &str| {
        let call = payloads
            .iter()
            .find(|payload| payload["tool_input"]["command"] == command);
        call.and_then(|payload| payload["agent_id"].as_str())
            .expect("a subagent's call has its id")
    };
    assert_ne!(agent_of("echo b"), agent_of("echo c"));
    for event in ["SubagentStart", "SubagentStop"] {
        let of_event = payloads
            .iter()
            .filter(|payload| payload["hook_event_name"] == event);
        let mut agents: Vec<_> = of_event
            .filter_map(|payload| payload["agent_id"].as_str())
            .collect();
        agents.sort_unstable();
        let mut expected = [agent_of("echo b"), agent_of("echo c")];
        expected.sort_unstable();
        assert_eq!(agents, expected, "{event}");
    }
    let calls = payloads.iter().filter(|payload| payload["tool_name"] == "Agent");
    assert!(calls.clone().count() == 2 && calls.clone().all(|call| call["agent_id"].is_null()));
}

#[test]
fn a_hook_can_write_the_agent_id_into_a_subagents_command() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let pick = "agent=$(printf %s \"$input\" | sed -n 's/.*\"agent_id\":\"\\([^\"]*\\)\".*/\\1/p')";
    let answer = r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":{"command":"%s"}}}"#;
    let body = format!("{pick}\nprintf '{answer}' \"echo I am ${{agent:-main}}\"");
    let rewrite = project.recording_hook("rewrite", &body);
    project.set_hooks(&json!({"PreToolUse": [{"matcher": "Bash", "hooks": [rewrite]}]}));
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::tools([agent("MARKER-B", false)]),
                turn::bash("whoami"),
                turn::text("done"),
            ],
        )
        .conversation("MARKER-B", [turn::bash("whoami"), turn::text("b is done")]);

    client
        .session(&api, &project)
        .allow("Agent,Bash")
        .run("MARKER-A delegate")
        .expect_success();

    let calls = project.payloads("rewrite");
    let subagent = calls[0]["agent_id"]
        .as_str()
        .expect("the first call is the subagent's");
    assert_eq!(
        api.last_request("MARKER-B").tool_results()[0].text,
        format!("I am {subagent}")
    );
    assert_eq!(api.last_request("MARKER-A").tool_results()[0].text, "I am main");
    assert!(
        api.requests("MARKER-A")[1].tool_results()[0]
            .text
            .contains("b is done")
    );
}

//! How sessions begin, go on and end, and that several of them can be put in one certain order.

use crate::api::turn::Block;
use crate::api::{Api, turn};
use crate::client::Client;
use crate::client::session::{Outcome, Session};
use crate::gate::{Gate, PATIENCE};
use crate::network;
use crate::project::Project;
use rustix::process::Signal;
use serde_json::{Value, json};

const ENDS: [&str; 4] = ["SessionStart", "SessionEnd", "PreCompact", "UserPromptSubmit"];
const ID: &str = "6f1c2f54-7f0b-4d7a-9d35-0c1f5a2b3c4d";

/// The recorded events as `name:source` (or trigger, or reason).
fn told(payloads: &[Value]) -> Vec<String> {
    let detail = |payload: &Value| {
        let keys = ["source", "reason", "trigger"].map(|key| payload[key].as_str().map(str::to_owned));
        keys.into_iter().flatten().next().unwrap_or_default()
    };
    let name = |payload: &Value| payload["hook_event_name"].as_str().unwrap_or_default().to_owned();
    payloads
        .iter()
        .map(|payload| format!("{}:{}", name(payload), detail(payload)))
        .collect()
}

#[test]
fn a_resumed_session_keeps_its_id_and_its_conversation() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    project.record_events("ends", &["SessionStart", "SessionEnd"]);
    let api = Api::start().conversation("MARKER-A", [turn::text("one"), turn::text("two")]);

    let first = client
        .session(&api, &project)
        .session_id(ID)
        .run("MARKER-A begin")
        .expect_success();
    let second = client
        .session(&api, &project)
        .resume(ID)
        .run("go on")
        .expect_success();

    assert_eq!(
        (first.result().as_str(), second.result().as_str()),
        ("one", "two")
    );
    assert_eq!(
        (first.session_id().as_str(), second.session_id().as_str()),
        (ID, ID)
    );
    let payloads = project.payloads("ends");
    assert!(payloads.iter().all(|payload| payload["session_id"] == ID));
    let expected = [
        "SessionStart:startup",
        "SessionEnd:other",
        "SessionStart:resume",
        "SessionEnd:other",
    ];
    assert_eq!(told(&payloads), expected);
}

#[test]
fn clearing_starts_a_new_session_id_in_the_same_process() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    project.record_events("ends", &ENDS);
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::text("one"),
                turn::bash("echo $CLAUDE_PID"),
                turn::text("two"),
            ],
        )
        .conversation("MARKER-B", [turn::bash("echo $CLAUDE_PID"), turn::text("three")]);

    let mut session = client
        .session(&api, &project)
        .session_id(ID)
        .allow("Bash")
        .converse();
    let process = session.process_id().to_string();
    assert_eq!(session.ask("MARKER-A hello")["result"], "one");
    assert_eq!(session.ask("and more")["result"], "two");
    session.ask("/clear");
    assert_eq!(session.ask("MARKER-B hello")["result"], "three");
    let outcome = session.finish().expect_success();

    for marker in ["MARKER-A", "MARKER-B"] {
        assert_eq!(api.last_request(marker).tool_results()[0].text, process);
    }
    assert!(
        !api.last_request("MARKER-B").text().contains("MARKER-A"),
        "nothing is left of the first"
    );
    assert_ne!(outcome.session_id(), ID);
    let payloads = project.payloads("ends");
    let expected = [
        "SessionStart:startup",
        "UserPromptSubmit:",
        "UserPromptSubmit:",
        "SessionEnd:clear",
        "SessionStart:clear",
        "UserPromptSubmit:",
        "SessionEnd:other",
    ];
    assert_eq!(told(&payloads), expected);
    assert!(payloads[..4].iter().all(|payload| payload["session_id"] == ID));
    assert!(
        payloads[4..]
            .iter()
            .all(|payload| payload["session_id"] == outcome.session_id())
    );
}

#[test]
fn compaction_keeps_the_session_id_and_begins_a_new_conversation() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    project.record_events("ends", &ENDS);
    let summary = "<analysis>short</analysis><summary>MARKER-B it was short</summary>";
    let api = Api::start()
        .conversation("MARKER-A", [turn::text("one"), turn::text(summary)])
        .conversation("MARKER-B", [turn::text("two")]);

    let mut session = client.session(&api, &project).session_id(ID).converse();
    session.ask("MARKER-A hello");
    session.ask("/compact");
    assert_eq!(session.ask("go on")["result"], "two");
    session.finish().expect_success();

    let payloads = project.payloads("ends");
    let expected = [
        "SessionStart:startup",
        "UserPromptSubmit:",
        "PreCompact:manual",
        "SessionStart:compact",
        "UserPromptSubmit:",
        "SessionEnd:other",
    ];
    assert_eq!(told(&payloads), expected);
    assert!(payloads.iter().all(|payload| payload["session_id"] == ID));
}

#[test]
fn a_terminated_session_says_goodbye_and_a_killed_one_does_not() {
    let Some(client) = Client::installed() else { return };
    let goodbyes = |end: fn(Session) -> Outcome| {
        let project = Project::new();
        project.record_events("ends", &["SessionEnd"]);
        let ended = Gate::closed("the session was ended");
        let api = Api::start().conversation(
            "MARKER-A",
            [turn::bash("echo busy"), turn::text("too late").after(&ended)],
        );

        let session = client
            .session(&api, &project)
            .allow("Bash")
            .start("MARKER-A work");
        api.wait_for_request("MARKER-A", 1, PATIENCE);
        let outcome = end(session);
        ended.open();

        assert!(!outcome.status.success());
        told(&project.payloads("ends"))
    };

    assert_eq!(
        goodbyes(|session| session.end(Signal::TERM)),
        ["SessionEnd:other"]
    );
    assert!(goodbyes(Session::kill).is_empty());
}

#[test]
fn a_session_in_a_worktree_has_it_as_project_and_passes_variables_on() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let worktree = project.temporary().join("worktree");
    project.git(&["worktree", "add", "--quiet", &worktree.display().to_string()]);
    let place = project.recording_hook("place", "echo \"$SHADE $CLAUDE_PROJECT_DIR $PWD\"");
    let settings = json!({"hooks": {"SessionStart": [{"hooks": [place]}]}}).to_string();
    let api = Api::start().conversation("MARKER-A", [turn::text("done")]);

    let setup = client
        .session(&api, &project)
        .folder(&worktree)
        .variable("SHADE", "green");
    setup
        .arguments(["--settings", &settings])
        .run("MARKER-A look")
        .expect_success();

    let folder = worktree.display();
    let expected = format!("SessionStart:startup hook success: green {folder} {folder}");
    let request = api.last_request("MARKER-A");
    assert!(request.text().contains(&expected), "{}", request.text());
    assert!(
        !request.system().contains("green"),
        "it comes as a message, not in the system prompt"
    );
}

#[test]
fn gates_put_the_steps_of_two_sessions_in_one_order() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let first_wrote = Gate::closed("the first session has written");
    let second_wrote = Gate::closed("the second session has written");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("echo one >>log"),
                turn::bash("echo three >>log")
                    .opens(&first_wrote)
                    .after(&second_wrote),
                turn::text("done"),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::bash("echo two >>log; cat log").after(&first_wrote),
                turn::made(|request| {
                    let seen = request.tool_results().remove(0).text;
                    vec![Block::Text(format!("saw {}", seen.replace('\n', " and ")))]
                })
                .opens(&second_wrote),
            ],
        );

    let second = client
        .session(&api, &project)
        .allow("Bash")
        .start("MARKER-B work");
    let first = client
        .session(&api, &project)
        .allow("Bash")
        .start("MARKER-A work");

    assert_eq!(second.finish().expect_success().result(), "saw one and two");
    assert_eq!(first.finish().expect_success().result(), "done");
    assert_eq!(project.read("log"), "one\ntwo\nthree\n");
}

#[test]
fn a_session_reaches_nothing_but_the_scripted_api() {
    let Some(client) = Client::installed() else { return };
    if !network::is_isolated() {
        return;
    }
    let project = Project::new();
    let interfaces = "sed -n 's/^ *\\([^ ]*\\):.*/\\1/p' /proc/net/dev";
    let api = Api::start().conversation("MARKER-A", [turn::bash(interfaces), turn::text("done")]);

    client
        .session(&api, &project)
        .allow("Bash")
        .run("MARKER-A look")
        .expect_success();

    assert_eq!(api.last_request("MARKER-A").tool_results()[0].text, "lo");
    let paths: Vec<_> = api
        .all_requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(paths, ["/v1/messages"; 2], "the client asks for nothing else");
}

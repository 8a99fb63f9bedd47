//! What one session sends reaches the model of another, in the middle of its turn and at its end.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::guarded::Guarded;
use serde_json::json;

#[test]
fn a_message_arrives_in_the_middle_of_a_turn_and_another_one_at_its_end() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let name = Gate::closed("B has a name");
    let sent = Gate::closed("A has sent its first message");
    let stopping = Gate::closed("B is about to stop");
    let sent_again = Gate::closed("A has sent its second message");
    let api = Api::start()
        .conversation(
            "MARKER-B",
            [
                turn::bash("agent-sync register --name bravo"),
                turn::bash("echo working").opens(&name).after(&sent),
                turn::text("I am done").opens(&stopping).after(&sent_again),
                turn::text("now I am really done"),
            ],
        )
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync send --to bravo --message 'the API <changed>'").after(&name),
                turn::bash("agent-sync send --to bravo --message 'look again'")
                    .opens(&sent)
                    .after(&stopping),
                turn::text("sent").opens(&sent_again),
            ],
        );

    let first = client.session(&api, project).allow("Bash").start("MARKER-A send");
    let second = client
        .session(&api, project)
        .allow("Bash")
        .run("MARKER-B work")
        .expect_success();
    first.finish().expect_success();

    let requests = api.requests("MARKER-B");
    let middle = requests[2].news();
    assert!(
        middle.contains("the API &lt;changed&gt;") && middle.contains("trust=\"untrusted\""),
        "{middle}"
    );
    assert!(!middle.contains("look again"), "{middle}");
    let end = requests[3].news();
    assert!(
        end.contains("look again") && !end.contains("the API"),
        "each message is shown once: {end}"
    );
    assert_eq!(second.result(), "now I am really done");
    let states: Vec<_> = guarded
        .json(&["message", "sent"])
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(states.is_empty(), "somebody sent nothing: {states:?}");
}

#[test]
fn a_ping_is_answered_in_the_middle_of_a_turn() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let name = Gate::closed("B has a name");
    // Only looks, so that the hook after it is the first to answer.
    let until_asked =
        "until agent-sync activity list --type ping.asked --json | grep -q ping.asked; do sleep 0.1; done";
    let api = Api::start()
        .conversation(
            "MARKER-B",
            [
                turn::bash("agent-sync register --name bravo"),
                turn::bash(until_asked).opens(&name),
                turn::text("done"),
            ],
        )
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync ping bravo --wait 60s").after(&name),
                turn::text("asked"),
            ],
        );
    let first = client.session(&api, project).allow("Bash").start("MARKER-A ask");
    let second = client.session(&api, project).allow("Bash").run("MARKER-B work");
    second.expect_success();
    first.finish().expect_success();
    let answers = guarded.json(&["activity", "list", "--type", "ping.answered"]);
    assert_eq!(answers.as_array().map(Vec::len), Some(1), "{answers}");
    assert_eq!(answers[0]["agent_name"], "bravo");
    let ends = guarded.json(&["activity", "list", "--type", "turn.ended"]);
    let end = ends
        .as_array()
        .into_iter()
        .flatten()
        .find(|end| end["agent_name"] == "bravo")
        .and_then(|end| end["created_at"].as_str());
    let answered = answers[0]["created_at"].as_str();
    assert!(answered.is_some() && answered < end, "{answers} {ends}");
}

/// The blocks of messages that a request brought, each with the words above it.
fn pushes(news: &str) -> Vec<&str> {
    let mut pushes = Vec::new();
    let mut rest = news;
    while let Some(start) = rest.find("Messages for you arrived") {
        let end = rest[start..].find("</agent-sync-state").expect("a frame ends");
        let end = start + end + "</agent-sync-state id=\"0123456789abcdef\">".len();
        pushes.push(&rest[start..end]);
        rest = &rest[end..];
    }
    pushes
}

#[test]
fn a_hundred_messages_reach_a_working_session_in_small_pushes_and_each_once() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    guarded.run("alpha", &["register", "--name", "alpha"]);
    guarded.run("alpha", &["config", "set", "messages.rate", "1000"]);
    let name = Gate::closed("B has a name");
    let sent = Gate::closed("a hundred messages are sent");
    let first = [
        turn::bash("agent-sync register --name bravo"),
        turn::bash("echo working").opens(&name).after(&sent),
    ];
    let work = (0..40).map(|step| turn::bash(&format!("echo step {step}")));
    let ends = [turn::text("done"), turn::text("really done")];
    let api = Api::start().conversation("MARKER-B", first.into_iter().chain(work).chain(ends));

    let session = client
        .session(&api, &guarded.project)
        .allow("Bash")
        .start("MARKER-B work");
    assert!(name.wait(), "the session has a name");
    for number in 0..100 {
        let text = format!("note {number}. {}", "about the parser ".repeat(8));
        guarded.run("alpha", &["send", "--to", "bravo", "--message", &text]);
    }
    sent.open();
    session.finish().expect_success();

    let mut seen = vec![0; 100];
    for request in api.requests("MARKER-B") {
        for push in pushes(&request.news()) {
            assert!(push.len() <= 2_000, "{} bytes: {push}", push.len());
            for (number, count) in seen.iter_mut().enumerate() {
                *count += push.matches(&format!(": note {number}. ")).count();
            }
        }
    }
    assert_eq!(seen, vec![1; 100], "each is shown once");
    let sent: serde_json::Value =
        serde_json::from_str(&guarded.run("alpha", &["message", "sent", "--limit", "200", "--json"]))
            .expect("JSON");
    let sent = sent.as_array().expect("a list");
    let is_delivered = |sent: &serde_json::Value| sent["recipients"][0]["delivery"] == "delivered";
    assert_eq!(sent.iter().filter(|sent| is_delivered(sent)).count(), 100);
}

#[test]
fn a_session_is_told_at_its_start_who_is_here_and_what_is_locked() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    guarded.run("alpha", &["register", "--name", "alpha", "--role", "API"]);
    guarded.run("alpha", &["lock", "notes.txt", "--reason", "mine"]);
    guarded.run("alpha", &["create-task", "Write the guide"]);
    guarded.run("alpha", &["decision", "Use tabs"]);
    let api = Api::start().conversation("MARKER-A", [turn::text("hello")]);

    client
        .session(&api, &guarded.project)
        .run("MARKER-A hello")
        .expect_success();

    let seen = api.last_request("MARKER-A").text();
    for part in [
        "here: alpha (active, API)",
        "locked: notes.txt by alpha",
        "Write the guide",
        "Use tabs",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
}

#[test]
fn an_edit_is_recorded_under_its_session() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let path = guarded.project.path("notes.txt");
    let api = Api::start().conversation(
        "MARKER-A",
        [
            turn::tool(
                "Write",
                json!({"file_path": guarded.project.path("new.txt"), "content": "x"}),
            ),
            turn::tool("Read", json!({"file_path": path})),
            turn::text("done"),
        ],
    );

    client
        .session(&api, &guarded.project)
        .allow("Write,Read")
        .run("MARKER-A write")
        .expect_success();

    let edits = guarded.json(&["activity", "list", "--type", "edit"]);
    let edits = edits.as_array().expect("a list");
    assert_eq!(edits.len(), 1, "{edits:?}");
    assert_eq!(edits[0]["file_path"], "new.txt");
}

//! A session that is idle in its terminal wakes when something is addressed to it.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::PATIENCE;
use crate::guarded::Guarded;
use std::time::{Duration, Instant};

#[test]
fn an_idle_session_is_woken_by_a_message_and_told_it_once() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let api = Api::start().conversation(
        "MARKER",
        [
            turn::bash("agent-sync register --name sleeper"),
            turn::text("I am waiting"),
            turn::text("I woke up"),
        ],
    );
    let session = client.session(&api, project).allow("Bash");
    let Some(terminal) = session.in_terminal("MARKER wait") else {
        return;
    };
    terminal.wait_for("I am waiting");
    wait_until_idle(&guarded);

    let send = ["send", "--to", "sleeper", "--priority", "critical"];
    guarded.run("somebody", &[&send[..], &["--message", "wake <up>"]].concat());
    terminal.wait_for("I woke up");

    let requests = api.requests("MARKER");
    let told = requests[2].news();
    assert!(
        told.contains("wake &lt;up&gt;") && told.contains("trust=\"untrusted\""),
        "{told}"
    );
    assert_eq!(told.matches("wake &lt;up&gt;").count(), 1, "{told}");
    assert!(told.contains("arrived while it was idle"), "{told}");
    // What was shown wakes nobody again.
    wait_until_idle(&guarded);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(api.requests("MARKER").len(), 3);
}

/// Waits until agent-sync has seen the session's turn end.
fn wait_until_idle(guarded: &Guarded) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let agents = guarded.json(&["agent", "list"]);
        let sleeper = agents
            .as_array()
            .expect("a list")
            .iter()
            .find(|agent| agent["name"] == "sleeper");
        if sleeper.is_some_and(|agent| agent["status"] == "idle") {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "the session never became idle: {agents}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

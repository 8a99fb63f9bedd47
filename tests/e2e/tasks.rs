//! What a session hears of its own task.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::guarded::Guarded;

#[test]
fn a_turn_that_would_leave_a_task_and_its_locks_lying_goes_on_once() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    guarded.run(
        "planner",
        &[
            "task",
            "create",
            "Guide",
            "--file",
            "guide.md",
            "--accept",
            "it reads <well>",
        ],
    );
    let api = Api::start().conversation(
        "MARKER-T",
        [
            turn::bash("agent-sync task next --lock"),
            turn::text("I stop here"),
            turn::text("I stop all the same"),
        ],
    );
    let session = client
        .session(&api, &guarded.project)
        .allow("Bash")
        .run("MARKER-T work")
        .expect_success();
    assert_eq!(session.result(), "I stop all the same");
    let requests = api.requests("MARKER-T");
    assert_eq!(requests.len(), 3, "one reminder, and no more");
    let told = requests[2].news();
    assert!(told.contains("task is still in progress"), "{told}");
    assert!(
        told.contains("done when: it reads &lt;well&gt;") && told.contains("locked by you: guide.md"),
        "{told}"
    );
    assert!(told.contains("trust=\"untrusted\""), "{told}");
}

//! Two sessions and one file, on the real client: each learns of the other's edit, and neither is stopped.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::guarded::Guarded;
use serde_json::{Value, json};

fn edit(path: &str, old: &str, new: &str) -> [(&'static str, Value); 1] {
    [(
        "Edit",
        json!({"file_path": path, "old_string": old, "new_string": new}),
    )]
}

#[test]
fn the_second_edit_passes_and_both_models_learn_of_the_others_work() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let path = project.path("notes.txt");
    let edited = Gate::closed("A has edited the file");
    let edited_too = Gate::closed("B has edited the file");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync task create 'Write the <intro>' && agent-sync task next"),
                turn::tool("Read", json!({"file_path": path})),
                turn::tools(edit(&path, "first", "second")),
                turn::bash("echo going on").opens(&edited).after(&edited_too),
                turn::text("done"),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::tool("Read", json!({"file_path": path})).after(&edited),
                turn::tools(edit(&path, "second", "third")),
                turn::tools(edit(&path, "third", "fourth")),
                turn::text("done").opens(&edited_too),
            ],
        );

    let first = client
        .session(&api, project)
        .allow("Bash,Edit,Read")
        .start("MARKER-A edit it");
    client
        .session(&api, project)
        .allow("Edit,Read")
        .run("MARKER-B edit it")
        .expect_success();
    first.finish().expect_success();

    assert_eq!(project.read("notes.txt"), "fourth line\n");
    let requests = api.requests("MARKER-B");
    let news = requests[2].news();
    for part in [
        "this edit was not stopped",
        "<agent-sync-state trust=\"untrusted\" id=\"",
        "notes.txt was changed by ",
        ", active) just now, lines +1 -1, for task-",
        "\"Write the &lt;intro&gt;\"",
    ] {
        assert!(news.contains(part), "{part} is missing: {news}");
    }
    assert!(!requests[2].tool_results()[0].is_error, "{news}");
    let again = requests[3].news();
    assert!(!again.contains("was changed by"), "told once: {again}");

    let middle = api.last_request("MARKER-A").news();
    assert!(
        middle.contains("others changed files that this session works on")
            && middle.contains("notes.txt was changed by "),
        "{middle}"
    );
    assert_eq!(
        guarded.json(&["lock", "list"]),
        json!([]),
        "an edit leaves no lock behind"
    );
}

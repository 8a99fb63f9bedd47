//! The shell on the real client: no way around a lock, and nothing changes unseen.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::guarded::Guarded;
use serde_json::json;

const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "id": "c1", "metadata": {}, "source": "1", "outputs": [], "execution_count": null}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

#[test]
fn no_tool_gets_past_a_lock_until_its_holder_is_killed() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    project.write("n.ipynb", NOTEBOOK);
    project.git(&["add", "n.ipynb"]);
    project.git(&["commit", "--quiet", "--message", "Notebook"]);
    project.write("notes.txt", "uncommitted line\n");
    let (path, notebook) = (project.path("notes.txt"), project.path("n.ipynb"));
    let edit = json!({"file_path": path, "old_string": "uncommitted", "new_string": "edited"});
    let locked = Gate::closed("A has locked the files");
    let refused = Gate::closed("B was refused everything");
    let killed = Gate::closed("A was killed");
    let attempts = [
        ("Edit", edit.clone()),
        ("Write", json!({"file_path": path, "content": "x"})),
        (
            "NotebookEdit",
            json!({"notebook_path": notebook, "cell_id": "c1", "new_source": "2"}),
        ),
        (
            "Bash",
            json!({"command": "sed -i s/un// notes.txt", "description": "d"}),
        ),
        (
            "Bash",
            json!({"command": "echo x > notes.txt", "description": "d"}),
        ),
        (
            "Bash",
            json!({"command": "git checkout notes.txt", "description": "d"}),
        ),
    ];
    let mut script = vec![
        turn::tools([
            ("Read", json!({"file_path": path})),
            ("Read", json!({"file_path": notebook})),
        ])
        .after(&locked),
    ];
    script.extend(attempts.iter().map(|attempt| turn::tools([attempt.clone()])));
    script.push(turn::tools([("Edit", edit)]).opens(&refused).after(&killed));
    script.push(turn::text("done"));
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::bash("agent-sync lock notes.txt && agent-sync lock n.ipynb"),
                turn::text("I keep them").opens(&locked).after(&killed),
            ],
        )
        .conversation("MARKER-B", script);

    let first = client
        .session(&api, project)
        .allow("Bash")
        .start("MARKER-A lock them");
    let second = client
        .session(&api, project)
        .allow("Bash,Edit,NotebookEdit,Read,Write")
        .start("MARKER-B change them");
    assert!(refused.wait(), "B got through its attempts");
    let untouched = (project.read("notes.txt"), project.read("n.ipynb"));
    let status = project.git(&["status", "--porcelain", "--untracked-files=no"]);
    first.kill();
    killed.open();
    second.finish().expect_success();

    let requests = api.requests("MARKER-B");
    for (number, (tool, input)) in attempts.iter().enumerate() {
        let result = requests[number + 2].tool_results().remove(0);
        assert!(
            result.is_error && result.text.contains(" is locked by "),
            "{tool} {input}: {}",
            result.text
        );
    }
    assert_eq!(untouched, ("uncommitted line\n".to_owned(), NOTEBOOK.to_owned()));
    assert_eq!(status, " M notes.txt", "the index is unchanged");
    assert_eq!(
        project.read("notes.txt"),
        "edited line\n",
        "the dead hold nothing"
    );
}

#[test]
fn what_a_script_changes_is_seen_and_uncommitted_work_of_others_survives_git() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    project.write("build.sh", "echo built >> notes.txt\nexit 1\n");
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "Script"]);
    let path = project.path("notes.txt");
    let edited = Gate::closed("A has edited the file");
    let built = Gate::closed("B has run the script");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                turn::tool("Read", json!({"file_path": path})),
                turn::tool(
                    "Edit",
                    json!({"file_path": path, "old_string": "first", "new_string": "second"}),
                ),
                turn::bash("echo going on").opens(&edited).after(&built),
                turn::text("done"),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                turn::bash("git reset --hard").after(&edited),
                turn::bash("sh build.sh"),
                turn::text("done").opens(&built),
            ],
        );

    let first = client
        .session(&api, project)
        .allow("Bash,Edit,Read")
        .start("MARKER-A edit it");
    client
        .session(&api, project)
        .allow("Bash")
        .run("MARKER-B build it")
        .expect_success();
    first.finish().expect_success();

    assert_eq!(project.read("notes.txt"), "second line\nbuilt\n");
    let requests = api.requests("MARKER-B");
    let refusal = requests[1].tool_results().remove(0);
    assert!(
        refusal.is_error && refusal.text.contains("uncommitted: notes.txt was changed by "),
        "{}",
        refusal.text
    );
    let seen = requests[2].news();
    assert!(
        seen.contains("files of other agents changed while this command ran"),
        "{seen}"
    );
    let told = api.last_request("MARKER-A").text();
    assert!(
        told.contains("while a shell command of it ran"),
        "the other side is told: {told}"
    );
}

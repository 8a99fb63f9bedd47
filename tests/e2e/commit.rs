//! On the real client: a session commits its own files and nobody else's.

use crate::api::turn::Block;
use crate::api::{Api, turn};
use crate::client::Client;
use crate::gate::Gate;
use crate::guarded::Guarded;
use serde_json::json;
use std::fs;

/// A repository in which A changes one file and locks another, and B has a file of its own.
fn scene(attempt: &'static str, commits: bool) {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    project.write("locked.txt", "first line\n");
    project.write("own.txt", "first line\n");
    fs::write(project.folder().join(".git/info/exclude"), ".claude\n").expect("a writable file");
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "More"]);
    let edit =
        |name: &str| json!({"file_path": project.path(name), "old_string": "first", "new_string": "second"});
    let read = |name: &str| turn::tool("Read", json!({"file_path": project.path(name)}));
    let ready = Gate::closed("A has changed one file and locked another");
    let refused = Gate::closed("B was refused and committed its own");
    let api = Api::start()
        .conversation(
            "MARKER-A",
            [
                read("notes.txt"),
                turn::tool("Edit", edit("notes.txt")),
                turn::bash("agent-sync lock locked.txt && echo half >> locked.txt"),
                turn::text("in the middle of it").opens(&ready).after(&refused),
            ],
        )
        .conversation(
            "MARKER-B",
            [
                read("own.txt").after(&ready),
                turn::tool("Edit", edit("own.txt")),
                turn::bash(attempt),
                turn::bash("git status --porcelain"),
                turn::made(|request| {
                    let said = request.text();
                    let next = said.lines().find_map(|line| line.strip_prefix("Next: "));
                    let command = next
                        .unwrap_or("false")
                        .replace("git commit", "git commit --quiet -m own");
                    vec![Block::Tool {
                        name: "Bash".to_owned(),
                        input: json!({"command": command, "description": "scripted"}),
                    }]
                }),
                turn::text("done").opens(&refused),
            ],
        );
    let first = client
        .session(&api, project)
        .allow("Bash,Edit,Read")
        .start("MARKER-A begin");
    client
        .session(&api, project)
        .allow("Bash,Edit,Read")
        .run("MARKER-B commit")
        .expect_success();
    first.finish().expect_success();

    let requests = api.requests("MARKER-B");
    let refusal = requests[3].tool_results().remove(0);
    let status = requests[4].tool_results().remove(0).text;
    assert!(refusal.is_error, "{}", refusal.text);
    for part in [
        "notes.txt was changed by ",
        "locked.txt is locked by ",
        "</agent-sync-state id=\"",
        "own.txt",
    ] {
        assert!(refusal.text.contains(part), "{part} is missing: {}", refusal.text);
    }
    assert_eq!(
        status.trim(),
        "M locked.txt\n M notes.txt\n M own.txt",
        "nothing was staged"
    );
    assert_eq!(project.read("notes.txt"), "second line\n");
    let last = project.git(&["log", "-1", "--format=%s", "--name-only"]);
    if commits {
        assert_eq!(last, "own\n\nown.txt");
    } else {
        assert_eq!(last, "More\n\nlocked.txt\nown.txt");
        assert_eq!(project.git(&["diff", "--cached", "--name-only"]), "own.txt");
    }
}

#[test]
fn a_sweeping_commit_is_refused_and_the_suggested_one_works() {
    scene("git add -A && git commit -m x", true);
}

#[test]
fn a_commit_of_all_that_changed_is_refused_and_the_suggested_one_works() {
    scene("git commit -am x", true);
}

#[test]
fn a_sweeping_add_is_refused_and_the_suggested_one_works() {
    scene("git add .", false);
}

//! Setting a project up with the program itself: which settings the client reads, and that a session is
//! protected from `init` to `uninstall` and untouched afterwards.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::api::{Api, turn};
use crate::client::Client;
use crate::project::Project;

const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-sync");

/// Puts the program where sessions find it.
pub(crate) fn provide(project: &Project) {
    std::os::unix::fs::symlink(PROGRAM, project.tools().join("agent-sync")).expect("a link to the program");
}

/// Runs the program as a person in the project would.
pub(crate) fn agent_sync(project: &Project, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", project.tools().display());
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(project.folder())
        .env_clear()
        .env("HOME", project.home())
        .env("PATH", path)
        .output()
        .expect("the program starts")
}

/// What it prints when it succeeds.
pub(crate) fn printed(project: &Project, arguments: &[&str]) -> String {
    let output = agent_sync(project, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_project_is_protected_from_init_to_uninstall() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    provide(&project);
    printed(&project, &["init"]);
    printed(
        &project,
        &["lock", "acquire", "notes.txt", "--reason", "spelling"],
    );

    let path = project.path("notes.txt");
    let script = || {
        let edit = json!({"file_path": path, "old_string": "first", "new_string": "second"});
        [
            turn::tool("Read", json!({"file_path": path})),
            turn::tool("Edit", edit),
            turn::text("done"),
        ]
    };
    let api = Api::start().conversation("MARKER-A", script());
    client
        .session(&api, &project)
        .allow("Edit,Read")
        .run("MARKER-A edit it")
        .expect_success();
    let refused = api.last_request("MARKER-A").tool_results().remove(0);
    assert!(refused.is_error, "{}", refused.text);
    assert!(
        refused.text.contains("another agent holds a lock on this file"),
        "{}",
        refused.text
    );
    assert_eq!(project.read("notes.txt"), "first line\n");

    let report: Value = serde_json::from_str(&printed(&project, &["doctor", "--json"])).expect("JSON");
    assert_eq!(report["protected"], true, "{report:#}");
    let seen = |event: &str| {
        let mut events = report["events"].as_array().expect("a list").iter();
        events.any(|known| known["event"] == event && known["seen_at"].is_string())
    };
    for event in [
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolBatch",
        "Stop",
    ] {
        assert!(seen(event), "{event} was not seen: {report:#}");
    }

    printed(&project, &["uninstall"]);
    assert!(!Path::new(&project.path(".claude/settings.json")).exists());
    let doctor = agent_sync(&project, &["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    assert_eq!(
        (doctor.status.code(), &report["protected"]),
        (Some(1), &json!(false))
    );

    let api = Api::start().conversation("MARKER-B", script());
    client
        .session(&api, &project)
        .allow("Edit,Read")
        .run("MARKER-B edit it")
        .expect_success();
    assert_eq!(project.read("notes.txt"), "second line\n");
    for request in api.all_requests() {
        let body = request.body.to_string();
        assert!(
            !body.contains("agent-sync-state") && !body.contains("agent-sync hook"),
            "{body}"
        );
    }
}

/// How often each of these hooks has run.
fn counts(project: &Project, names: [&str; 3]) -> [usize; 3] {
    names.map(|name| project.payloads(name).len())
}

#[test]
fn away_from_the_top_of_the_main_worktree_only_the_local_settings_of_the_project_count() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let names = ["shared", "local", "own"];
    let [shared, local, own] = names.map(|name| {
        let hook = project.recording_hook(name, "");
        json!({"hooks": {"SessionStart": [{"hooks": [hook]}]}}).to_string()
    });
    project.write(".claude/settings.json", &shared);
    project.write(".claude/settings.local.json", &local);
    project.write("below/file", "");
    let tree = project.tools().join("linked");
    project.git(&["worktree", "add", "--quiet", &tree.display().to_string()]);
    let api = Api::start().conversation("MARKER-A", [turn::text("done")]);
    let start = |folder: &Path| {
        client
            .session(&api, &project)
            .folder(folder)
            .run("MARKER-A go")
            .expect_success();
        counts(&project, names)
    };

    assert_eq!(start(&project.folder()), [1, 1, 0]);
    assert_eq!(start(&tree), [1, 2, 0]);
    assert_eq!(start(&project.folder().join("below")), [1, 3, 0]);
    std::fs::create_dir(tree.join(".claude")).expect("a directory");
    std::fs::write(tree.join(".claude/settings.json"), own).expect("a writable file");
    assert_eq!(start(&tree), [1, 4, 1]);
}

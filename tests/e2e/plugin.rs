//! The repository as a plugin: the client finds nothing wrong with it, installs it from the marketplace that the
//! repository is, too, and runs its hooks.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::api::{Api, turn};
use crate::client::Client;
use crate::project::Project;
use crate::setup::{agent_sync, printed, provide};

/// What makes the repository a plugin.
const PARTS: [&str; 3] = [".claude-plugin", "hooks", "skills"];

/// A copy of the plugin outside the project, as a clone would be: the client may write where it reads.
fn copy(project: &Project) -> PathBuf {
    let copy = project.tools().join("plugin");
    for part in PARTS {
        copy_tree(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(part),
            &copy.join(part),
        );
    }
    copy
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a readable file");
        }
    }
}

#[test]
fn the_client_finds_nothing_wrong_with_plugin_and_marketplace() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let plugin = copy(&project);
    for manifest in [
        "",
        ".claude-plugin/plugin.json",
        ".claude-plugin/marketplace.json",
    ] {
        let path = plugin.join(manifest).display().to_string();
        let said = client.run(&project, &["plugin", "validate", &path]);
        assert!(said.contains("Validation passed"), "{manifest}: {said}");
        assert!(!said.contains("ICON_MISSING"), "{manifest}: {said}");
    }
}

#[test]
fn the_plugin_is_installed_from_its_own_marketplace_and_protects() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    provide(&project);
    let plugin = copy(&project).display().to_string();
    client.run(&project, &["plugin", "marketplace", "add", &plugin]);
    client.run(&project, &["plugin", "install", "agent-sync@agent-sync"]);
    let list = client.run(&project, &["plugin", "list"]);
    assert!(
        list.contains("agent-sync@agent-sync") && list.contains("enabled"),
        "{list}"
    );

    // No `init`: the first command makes the store, the hooks are the plugin's.
    printed(
        &project,
        &["lock", "acquire", "notes.txt", "--reason", "spelling"],
    );
    let path = project.path("notes.txt");
    let edit = json!({"file_path": path, "old_string": "first", "new_string": "second"});
    let api = Api::start().conversation(
        "MARKER-A",
        [
            turn::tool("Read", json!({"file_path": path})),
            turn::tool("Edit", edit),
            turn::text("done"),
        ],
    );
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

    let doctor = agent_sync(&project, &["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("they come from the plugin"), "{said}");
    client.run(&project, &["plugin", "uninstall", "agent-sync@agent-sync"]);
}

//! How a hook entry is started, and that a broken one leaves the session working: the client fails
//! open, which is what lets agent-sync say that a hook cannot hurt.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::client::session::Outcome;
use crate::project::Project;
use serde_json::{Value, json};
use std::fs::read;
use std::time::Duration;

/// A session with one Bash call, which must work, and `hook` before it.
fn command_behind(client: &Client, project: &Project, hook: &Value) -> Outcome {
    project.set_hooks(&json!({"PreToolUse": [{"matcher": "Bash", "hooks": [hook]}]}));
    let api = Api::start().conversation("MARKER-A", [turn::bash("echo worked"), turn::text("done")]);
    let outcome = client
        .session(&api, project)
        .allow("Bash")
        .run("MARKER-A work")
        .expect_success();
    let results = api.last_request("MARKER-A").tool_results();
    assert_eq!((results[0].text.as_str(), results[0].is_error), ("worked", false));
    outcome
}

#[test]
fn a_hook_with_args_runs_without_a_shell() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let seen = "printf '%s\\n' \"$@\" >\"$CLAUDE_PROJECT_DIR/seen\"; \
                tr '\\0' ' ' </proc/$PPID/cmdline >\"$CLAUDE_PROJECT_DIR/parent\"";
    let script = project.script("hook", seen);

    let args = ["hook", "$HOME; *", "${CLAUDE_PROJECT_DIR}/x", "two words"];
    let hook = json!({"type": "command", "command": script, "args": args});
    command_behind(&client, &project, &hook);
    let expected = format!("hook\n$HOME; *\n{}\ntwo words\n", project.path("x"));
    assert_eq!(
        project.read("seen"),
        expected,
        "only the client's own variables are replaced"
    );
    assert!(
        project.read("parent").contains("--print"),
        "the client itself is the parent"
    );

    let command = format!("{} hook \"$HOME\"", script.display());
    command_behind(&client, &project, &json!({"type": "command", "command": command}));
    assert_eq!(
        project.read("seen"),
        format!("hook\n{}\n", project.home().display())
    );
    assert!(
        project.read("parent").starts_with("/bin/sh -c"),
        "{}",
        project.read("parent")
    );
}

#[test]
fn a_hook_that_hangs_is_given_up_after_its_timeout() {
    let Some(client) = Client::installed() else { return };
    let project = Project::new();
    let hang = project.script("hang", "echo $$ >\"$CLAUDE_PROJECT_DIR/process\"; sleep 20");

    let outcome = command_behind(
        &client,
        &project,
        &json!({"type": "command", "command": hang, "timeout": 1}),
    );

    assert!(outcome.took > Duration::from_secs(1) && outcome.took < Duration::from_secs(10));
    let warned = outcome
        .events()
        .iter()
        .any(|event| event["hook_no_verdict"]["timed_out"] == true);
    assert!(warned, "the person is told that the action was not checked");
    let process: u32 = project
        .read("process")
        .trim()
        .parse()
        .expect("the hook wrote its id");
    // A zombie that nobody has collected yet has no command line any more.
    let command_line = read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    assert!(command_line.is_empty(), "the client has killed the hook");
}

#[test]
fn a_missing_or_failing_hook_program_leaves_the_session_working() {
    let Some(client) = Client::installed() else { return };
    let garbage = Project::new();
    let script = garbage.script("garbage", "echo '{\"hookSpecificOutput\": 7'; exit 1");
    for hook in [
        json!({"type": "command", "command": "/nowhere/agent-sync hook PreToolUse"}),
        json!({"type": "command", "command": "/nowhere/agent-sync", "args": ["hook", "PreToolUse"]}),
        json!({"type": "command", "command": script, "args": []}),
    ] {
        command_behind(&client, &Project::new(), &hook);
    }
}

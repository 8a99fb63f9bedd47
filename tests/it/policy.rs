//! The rules that the human puts in force: what they stop, what they count, what they ask for.

mod approval;
mod command;
mod file;
mod tool;

use crate::env::{Actor, TestEnv};

/// Puts these rules in force.
fn apply(env: &TestEnv, rules: &str) {
    env.write("agent-sync.policy.toml", rules);
    env.human()
        .with("AGENT_SYNC_ID", "operator")
        .run(["policy", "apply", "--yes"])
        .succeeds();
}

/// A project under these rules, with Alice in it.
macro_rules! ruled {
    ($env:ident, $alice:ident, $rules:expr) => {
        let $env = $crate::env::TestEnv::new();
        let $alice = $env.agent("alice").called("alice");
        $crate::policy::apply(&$env, $rules);
    };
}
use ruled;

/// Asks before a shell command.
fn before_command(actor: &Actor<'_>, command: &str) -> crate::env::Output {
    let input = serde_json::json!({"command": command, "description": "scripted"});
    actor.hook(
        "pre-tool-use",
        &serde_json::json!({"tool_name": "Bash", "tool_input": input}),
    )
}

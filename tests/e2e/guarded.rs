//! A project that agent-sync guards: its binary on the path, its store created, its hooks wired.

use crate::project::Project;
use agent_sync::hook::HOOKS;
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

/// The project every test of agent-sync itself works in.
pub(crate) struct Guarded {
    pub(crate) project: Project,
}

impl Guarded {
    /// Hooks wired, store there.
    pub(crate) fn new() -> Self {
        let guarded = Self::without_store();
        guarded.run("somebody", &["heartbeat"]);
        guarded
    }

    /// Hooks wired, but nobody has set agent-sync up.
    pub(crate) fn without_store() -> Self {
        let project = Project::new();
        symlink(
            env!("CARGO_BIN_EXE_agent-sync"),
            project.tools().join("agent-sync"),
        )
        .expect("a link");
        let groups = HOOKS.iter().map(|hook| {
            let mut entry = json!({"type": "command", "command": hook.command(), "timeout": hook.timeout});
            if hook.wakes {
                entry["asyncRewake"] = true.into();
            }
            let mut group = json!({"hooks": [entry]});
            if let Some(matcher) = hook.matcher {
                group["matcher"] = matcher.into();
            }
            (hook.event.to_owned(), json!([group]))
        });
        project.set_hooks(&Value::Object(groups.collect()));
        Self { project }
    }

    /// Runs agent-sync as an agent that is no session.
    pub(crate) fn run(&self, id: &str, arguments: &[&str]) -> String {
        let output = self.attempt(id, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "agent-sync {arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs agent-sync as an agent that is no session, whatever comes of it.
    pub(crate) fn attempt(&self, id: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_agent-sync"))
            .env_clear()
            .env("HOME", self.project.home())
            .env("AGENT_SYNC_ID", id)
            .args(arguments)
            .current_dir(self.project.folder())
            .output()
            .expect("agent-sync starts")
    }

    /// What `agent-sync … --json` says, seen by nobody in particular.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.run("somebody", &arguments)).expect("JSON")
    }
}

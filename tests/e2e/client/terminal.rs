//! A client as people run it, in a terminal: some things happen only while a session waits for its human.
//!
//! tmux is the terminal and the human's hands. Its server lives in the test's own folders and network.

use super::Setup;
use crate::gate::PATIENCE;
use crate::network;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// A client in a terminal of its own; both end when this is dropped.
pub(crate) struct Terminal {
    socket: PathBuf,
}

impl Setup<'_> {
    /// Starts an interactive session with its first prompt; `None`, said aloud, where there is no tmux. Only
    /// `AGENT_SYNC_OPTIONAL_TOOLS` makes that a skip and not a failure.
    pub(crate) fn in_terminal(self, prompt: &str) -> Option<Terminal> {
        if Command::new("tmux").arg("-V").output().is_err() {
            let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some();
            assert!(
                is_optional,
                "no tmux: install it (or set AGENT_SYNC_OPTIONAL_TOOLS=1 to skip)"
            );
            eprintln!("SKIPPED: no tmux");
            return None;
        }
        // What a human has answered before the first session.
        let folder = self.project.folder();
        let known = json!({
            "hasCompletedOnboarding": true,
            "theme": "dark",
            "customApiKeyResponses": {"approved": ["dummy"], "rejected": []},
            "projects": {folder.to_str().expect("text"): {"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true}},
        });
        fs::write(self.project.home().join(".claude.json"), known.to_string()).expect("a settings file");
        let terminal = Terminal {
            socket: self.project.temporary().join("tmux"),
        };
        let mut command = Command::new("tmux");
        command
            .arg("-S")
            .arg(&terminal.socket)
            .args([
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "160",
                "-y",
                "50",
                "-c",
            ])
            .arg(self.command.get_current_dir().expect("a session has a folder"))
            .args(["--", "env", "-i", "TERM=xterm-256color"]);
        for (name, value) in self.command.get_envs() {
            let mut pair = name.to_owned();
            pair.push("=");
            pair.push(value.unwrap_or_default());
            command.arg(pair);
        }
        command
            .arg(self.command.get_program())
            .args(self.command.get_args());
        // Auto mode asks a server of its own.
        command
            .args(["--permission-mode", "default", "--", prompt])
            .stdin(Stdio::null());
        let output = network::inside(|| command.output()).expect("tmux starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(terminal)
    }
}

impl Terminal {
    /// What its human sees.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until `text` is on the screen.
    pub(crate) fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            assert!(
                Instant::now() < deadline,
                "never on the screen: {text}\n{}",
                self.screen()
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(arguments);
        command.output().expect("tmux runs")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

//! The folder a test's sessions work in: a fresh git repository and a home of its own, so that no
//! setting, transcript or credential of the machine takes part.

use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Removed when it is dropped.
pub(crate) struct Project {
    folder: PathBuf,
    _owner: TempDir,
}

impl Project {
    /// A repository with one commit, which holds `notes.txt`.
    pub(crate) fn new() -> Self {
        let owner = TempDir::with_prefix("agent-sync-e2e-").expect("a temporary folder");
        let folder = owner.path().canonicalize().expect("it was just created");
        let project = Self {
            folder,
            _owner: owner,
        };
        for name in ["repository", "home", "tools", "sessions", "temporary"] {
            fs::create_dir(project.folder.join(name)).expect("a subfolder");
        }
        let identity =
            "[user]\n\tname = Test\n\temail = test@example.invalid\n[init]\n\tdefaultBranch = main\n";
        fs::write(project.home().join(".gitconfig"), identity).expect("a git identity");
        project.write("notes.txt", "first line\n");
        project.git(&["init", "--quiet"]);
        project.git(&["add", "."]);
        project.git(&["commit", "--quiet", "--message", "Start"]);
        project
    }

    /// The git repository, where sessions start.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.join("repository")
    }

    /// The `HOME` of every session here.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// First on the `PATH` of every session here.
    pub(crate) fn tools(&self) -> PathBuf {
        self.folder.join("tools")
    }

    /// The `TMPDIR` of every session here: the client leaves task output and sockets there.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("temporary")
    }

    /// A new folder for the output of one session.
    pub(crate) fn new_output_folder(&self) -> PathBuf {
        let folder = TempDir::with_prefix_in("session-", self.folder.join("sessions"));
        folder.expect("a folder for the output").keep()
    }

    /// The absolute path of a file of the repository, as text for a tool input.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("its folder");
        fs::write(path, content).expect("a writable file");
    }

    /// The content of a file of the repository; empty when it does not exist.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).unwrap_or_default()
    }

    /// Runs git in the repository and returns what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.folder())
            .env("HOME", self.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git is installed");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Writes the repository's `.claude/settings.json` with these hooks: event name -> list of groups.
    pub(crate) fn set_hooks(&self, hooks: &Value) {
        self.write(".claude/settings.json", &json!({"hooks": hooks}).to_string());
    }

    /// Writes an executable shell script outside the repository; its path is what a hook entry runs.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.tools().join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a writable script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an executable script");
        path
    }

    /// The same [`Self::recording_hook`] on each of these events, doing nothing else.
    pub(crate) fn record_events(&self, name: &str, events: &[&str]) {
        let hook = self.recording_hook(name, "");
        let groups = events
            .iter()
            .map(|event| ((*event).to_owned(), json!([{"hooks": [hook]}])));
        self.set_hooks(&Value::Object(groups.collect()));
    }

    /// A hook entry in shell form that appends its stdin to a log and then runs `body`, in which
    /// `$input` holds the payload.
    pub(crate) fn recording_hook(&self, name: &str, body: &str) -> Value {
        let log = self.log(name);
        let body = format!(
            "input=$(cat)\nprintf '%s\\n' \"$input\" >>'{}'\n{body}",
            log.display()
        );
        json!({"type": "command", "command": self.script(name, &body)})
    }

    /// The payloads a [`Self::recording_hook`] has received so far.
    pub(crate) fn payloads(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.log(name)).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a payload is one JSON line"))
            .collect()
    }

    fn log(&self, name: &str) -> PathBuf {
        Path::new(&self.tools()).join(format!("{name}.log"))
    }
}

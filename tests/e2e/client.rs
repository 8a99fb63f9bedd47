//! Starts the real Claude Code client in a scrubbed environment, talking to a scripted API.

pub(crate) mod session;
pub(crate) mod terminal;

use crate::api::Api;
use crate::network;
use crate::project::Project;
use session::{Outcome, Session};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PINNED: &str = ".cache/client/node_modules/@anthropic-ai/claude-code-linux-x64/claude";

/// Nothing the client would do on its own account.
const QUIET: [&str; 5] = [
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_TELEMETRY",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_BUG_COMMAND",
];

/// Without a terminal, its events as lines on stdout.
const PRINTING: [&str; 4] = ["--print", "--output-format", "stream-json", "--verbose"];

/// The installed client.
#[derive(Clone)]
pub(crate) struct Client {
    binary: PathBuf,
}

impl Client {
    /// Finds the client: `AGENT_SYNC_E2E_CLIENT`, or where `install-client.sh` puts it. A missing
    /// client fails the test, because a test that never ran must not look like one that passed; only
    /// `AGENT_SYNC_E2E=optional` turns it into a skip.
    pub(crate) fn installed() -> Option<Self> {
        let pinned = || Path::new(env!("CARGO_MANIFEST_DIR")).join(PINNED);
        let binary = std::env::var_os("AGENT_SYNC_E2E_CLIENT").map_or_else(pinned, PathBuf::from);
        if binary.is_file() {
            return Some(Self { binary });
        }
        let missing = format!(
            "no client at {}: run tests/e2e/install-client.sh",
            binary.display()
        );
        let is_optional = std::env::var_os("AGENT_SYNC_E2E").is_some_and(|value| value == "optional");
        assert!(is_optional, "{missing} (or set AGENT_SYNC_E2E=optional to skip)");
        eprintln!("SKIPPED: {missing}");
        None
    }

    /// Runs one of the client's own commands in `project`, such as `plugin install`, and returns what it says.
    pub(crate) fn run(&self, project: &Project, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", project.home())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("TMPDIR", project.temporary())
            .envs(QUIET.map(|name| (name, "1")))
            .current_dir(project.folder())
            .stdin(Stdio::null());
        let output = network::inside(|| command.output()).expect("the client starts");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// A session in `project` that is not started yet.
    pub(crate) fn session<'a>(&self, api: &Api, project: &'a Project) -> Setup<'a> {
        let mut command = Self::surrounded(&self.binary, api, project);
        command.process_group(0);
        Setup { command, project }
    }

    /// A program of ours that starts the client by its name, in the surroundings of a session.
    pub(crate) fn starter(&self, program: &str, api: &Api, project: &Project) -> Command {
        let name = project.tools().join("claude");
        if !name.exists() {
            std::os::unix::fs::symlink(&self.binary, name).expect("a link");
        }
        Self::surrounded(Path::new(program), api, project)
    }

    fn surrounded(program: &Path, api: &Api, project: &Project) -> Command {
        let mut search = OsString::from(project.tools());
        if let Some(path) = std::env::var_os("PATH") {
            search.push(":");
            search.push(path);
        }
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", project.home())
            .env("PATH", search)
            .env("TMPDIR", project.temporary())
            .env("CLAUDE_CODE_TMPDIR", project.temporary())
            .env("ANTHROPIC_BASE_URL", api.url())
            .env("ANTHROPIC_API_KEY", "dummy")
            .envs(QUIET.map(|name| (name, "1")))
            .current_dir(project.folder());
        command
    }
}

/// A session that is being described.
pub(crate) struct Setup<'a> {
    command: Command,
    project: &'a Project,
}

impl Setup<'_> {
    /// The tools that need no permission, comma separated. In an untrusted folder the settings'
    /// own `permissions.allow` does not count.
    pub(crate) fn allow(self, tools: &str) -> Self {
        self.arguments(["--allowedTools", tools])
    }

    /// Chooses the session's id, a UUID.
    pub(crate) fn session_id(self, id: &str) -> Self {
        self.arguments(["--session-id", id])
    }

    /// Continues an earlier session of the same project.
    pub(crate) fn resume(self, id: &str) -> Self {
        self.arguments(["--resume", id])
    }

    /// Further arguments of the client, such as `--settings`, `--agents` or `--plugin-dir`.
    pub(crate) fn arguments<'b>(mut self, arguments: impl IntoIterator<Item = &'b str>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts below the repository, or in one of its worktrees.
    pub(crate) fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs one prompt to its end.
    pub(crate) fn run(self, prompt: &str) -> Outcome {
        self.start(prompt).finish()
    }

    /// Starts a session that works on one prompt and then ends by itself.
    pub(crate) fn start(mut self, prompt: &str) -> Session {
        self.command
            .args(PRINTING)
            .arg("--")
            .arg(prompt)
            .stdin(Stdio::null());
        self.spawn()
    }

    /// Starts a session that takes prompts from [`Session::say`] until it is told to end.
    pub(crate) fn converse(mut self) -> Session {
        self.command
            .args(PRINTING)
            .args(["--input-format", "stream-json"])
            .stdin(Stdio::piped());
        self.spawn()
    }

    fn spawn(mut self) -> Session {
        let output = self.project.new_output_folder();
        let created = |name: &str| File::create(output.join(name)).expect("an output file");
        self.command.stdout(created("stdout")).stderr(created("stderr"));
        let child = network::inside(|| self.command.spawn()).expect("the client starts");
        Session::new(child, output)
    }
}

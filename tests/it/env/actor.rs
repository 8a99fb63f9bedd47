//! Somebody who uses the program: an agent with a session, its subagent, or a person.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::client::{Client, finish};
use super::{Output, PROGRAM, TestEnv, search_path};

/// The client's name and version in hooks; in its shell it ends in `_agent`.
const CLIENT: &str = "claude-code_2-1-329";

/// Somebody who uses the program.
#[derive(Clone)]
pub(crate) struct Actor<'a> {
    env: &'a TestEnv,
    session: Option<String>,
    subagent: Option<String>,
    cwd: PathBuf,
    variables: Vec<(String, String)>,
    client: Option<Arc<Client>>,
}

impl<'a> Actor<'a> {
    pub(super) fn in_session(env: &'a TestEnv, session: String) -> Self {
        Self {
            session: Some(session),
            ..Self::without_session(env)
        }
    }

    pub(super) fn without_session(env: &'a TestEnv) -> Self {
        Self {
            env,
            session: None,
            subagent: None,
            cwd: env.root(),
            variables: Vec::new(),
            client: None,
        }
    }

    /// The same in another working directory; a relative one is below the project.
    pub(crate) fn at(&self, directory: impl AsRef<Path>) -> Self {
        Self {
            cwd: self.env.root().join(directory),
            ..self.clone()
        }
    }

    /// The same with a variable set.
    pub(crate) fn with(&self, variable: &str, value: &str) -> Self {
        let mut actor = self.clone();
        actor.variables.push((variable.to_owned(), value.to_owned()));
        actor
    }

    /// The same within a process of the client that can be killed, see [`Self::kill`].
    pub(crate) fn living(&self) -> Self {
        Self {
            client: Some(Arc::new(Client::start())),
            ..self.clone()
        }
    }

    /// A subagent of this session: its hooks carry `agent_id`, its shell knows nothing of it.
    pub(crate) fn subagent(&self, id: &str) -> Self {
        let actor = Self {
            subagent: Some(id.to_owned()),
            ..self.clone()
        };
        self.env.redactor.remember(&actor.id(), id);
        actor
    }

    /// Kills the client's process as `SIGKILL` does: no hook runs.
    pub(crate) fn kill(&self) {
        self.client.as_ref().expect("living() started one").kill();
    }

    /// The id the program derives for this session or subagent.
    pub(crate) fn id(&self) -> String {
        let session = self.session.as_deref().expect("a person's id is in a file");
        let parent = agent_sync::identity::session_id(session);
        match &self.subagent {
            Some(subagent) => agent_sync::identity::of_subagent(&parent, subagent),
            None => parent,
        }
    }

    pub(crate) fn session(&self) -> &str {
        self.session.as_deref().expect("a person has no session")
    }

    /// Runs a command with nothing on standard input.
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Output {
        self.run_with(&arguments, b"")
    }

    /// Runs a command with this on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.shell();
        command.args(arguments);
        self.finish(command, input)
    }

    /// Runs a command on a terminal of so many columns; what it prints there is its standard output.
    pub(crate) fn run_on_terminal(&self, columns: u16, arguments: &[&str]) -> Output {
        super::require("script", "bsdutils");
        let words: Vec<String> = arguments
            .iter()
            .map(|word| format!("'{}'", word.replace('\'', "'\\''")))
            .collect();
        let line = format!("stty -onlcr cols {columns}; exec '{PROGRAM}' {}", words.join(" "));
        let mut command = self.clean("script");
        self.add_shell_variables(&mut command);
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        self.finish(command, b"")
    }

    /// Runs a shell script in which `agent-sync` is the program, as the client's Bash does.
    pub(crate) fn bash(&self, script: &str) -> Output {
        let mut command = self.clean("sh");
        self.add_shell_variables(&mut command);
        command.args(["-c", script]);
        self.finish(command, b"")
    }

    /// The program in this one's shell, for tests that need the process itself.
    pub(crate) fn shell(&self) -> Command {
        let mut command = self.clean(PROGRAM);
        self.add_shell_variables(&mut command);
        command
    }

    fn add_shell_variables(&self, command: &mut Command) {
        if let Some(session) = &self.session {
            command.env("CLAUDE_CODE_SESSION_ID", session);
            command.env("CLAUDECODE", "1");
            command.env("AI_AGENT", format!("{CLIENT}_agent"));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs a hook; what the client always sends is filled in where `payload` does not say otherwise.
    pub(crate) fn hook(&self, name: &str, payload: &Value) -> Output {
        self.hook_bytes(name, self.payload(name, payload).to_string().as_bytes())
    }

    /// The payload that [`Self::hook`] sends.
    pub(crate) fn payload(&self, name: &str, payload: &Value) -> Value {
        let event = agent_sync::hook::HOOKS.iter().find(|hook| hook.name == name);
        let mut whole = Map::new();
        whole.insert("session_id".to_owned(), json!(self.session()));
        whole.insert(
            "transcript_path".to_owned(),
            json!("/home/user/.claude/projects/x.jsonl"),
        );
        whole.insert("cwd".to_owned(), json!(self.cwd));
        whole.insert("hook_event_name".to_owned(), json!(event.map(|hook| hook.event)));
        if let Some(subagent) = &self.subagent {
            whole.insert("agent_id".to_owned(), json!(subagent));
            whole.insert("agent_type".to_owned(), json!("general-purpose"));
        }
        let fields = payload.as_object().expect("a payload is an object");
        whole.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(whole)
    }

    /// Runs a hook with exactly these bytes on standard input.
    pub(crate) fn hook_bytes(&self, name: &str, input: &[u8]) -> Output {
        self.finish(self.hook_command(name), input)
    }

    /// The program as the client starts it for a hook.
    pub(crate) fn hook_command(&self, name: &str) -> Command {
        let mut command = self.clean(PROGRAM);
        command.args(["hook", name]);
        command.env("CLAUDE_PROJECT_DIR", self.env.root());
        command.env("CLAUDE_CODE_SESSION_ID", self.session());
        command.env("CLAUDECODE", "1");
        command.env("AI_AGENT", format!("{CLIENT}_harness"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Asks before an edit of a file; a relative one is below the project.
    pub(crate) fn before_edit(&self, file: impl AsRef<Path>) -> Output {
        self.hook("pre-tool-use", &self.edit_of(file))
    }

    /// Reports an edit of a file.
    pub(crate) fn after_edit(&self, file: impl AsRef<Path>) -> Output {
        let file = self.env.root().join(file);
        let input = json!({"file_path": file, "old_string": "a", "new_string": "b"});
        let payload =
            json!({"tool_name": "Edit", "tool_input": input, "tool_response": {}, "duration_ms": 3});
        self.hook("post-tool-use", &payload)
    }

    /// Takes its place among the others under this name.
    pub(crate) fn called(self, name: &str) -> Self {
        self.run(["agent", "register", "--name", name]).succeeds();
        self
    }

    /// Writes to somebody and returns the message's id.
    pub(crate) fn tells(&self, whom: &str, text: &str) -> String {
        self.run(["message", "send", "--to", whom, "--", text])
            .succeeds()
            .id("msg-")
    }

    /// Runs a command where a shell script as root of its own mount namespace has changed the file systems.
    pub(crate) fn run_behind(&self, script: &str, arguments: &[&str]) -> Output {
        let mut command = self.shell();
        command.args(arguments);
        self.finish(behind(script, &command), b"")
    }

    /// The same for a hook, which is sent this payload.
    pub(crate) fn hook_behind(&self, script: &str, name: &str, payload: &Value) -> Output {
        let input = self.payload(name, payload).to_string();
        self.finish(behind(script, &self.hook_command(name)), input.as_bytes())
    }

    /// What [`Self::before_edit`] sends.
    pub(crate) fn edit_of(&self, file: impl AsRef<Path>) -> Value {
        let input = json!({"file_path": self.env.root().join(file), "old_string": "a", "new_string": "b"});
        json!({"tool_name": "Edit", "tool_input": input})
    }

    /// Starts a session and returns what it is told.
    pub(crate) fn begins(&self) -> Output {
        self.hook("session-start", &json!({"source": "startup"}))
    }

    /// Sends a prompt and returns what is added to it.
    pub(crate) fn is_prompted(&self) -> Output {
        self.hook("user-prompt-submit", &json!({"prompt": "go on"}))
    }

    /// A program with the cleared environment of this test.
    fn clean(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.cwd)
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.env.home())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(clock) = self.env.clock() {
            command.env("AGENT_SYNC_TEST_CLOCK", clock);
        }
        if let Some(client) = &self.client {
            command.env("CLAUDE_PID", client.pid().to_string());
        }
        command
    }

    fn finish(&self, command: Command, input: &[u8]) -> Output {
        let (status, stdout, stderr) = match &self.client {
            Some(client) => client.run(&command, input),
            None => finish(command, input),
        };
        Output::new(status, stdout, stderr, Arc::clone(&self.env.redactor))
    }
}

/// `inner`, run in a mount namespace of its own after `script`, from a working directory entered anew.
fn behind(script: &str, inner: &Command) -> Command {
    super::require("unshare", "util-linux");
    let is_root = rustix::process::geteuid().is_root();
    let mut command = Command::new("unshare");
    if !is_root {
        command.args(["--user", "--map-root-user"]);
    }
    let script = format!("{script}\ncd \"$PWD\"\nexec \"$@\"");
    command.args(["--mount", "sh", "-euc", &script, "sh"]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.current_dir(inner.get_current_dir().expect("a directory"));
    command.env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

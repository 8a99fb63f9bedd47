//! The stage of the demonstration: a scratch repository, and the program as people and hooks start it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::client::Client;
use crate::cli::Context;
use crate::env::Variable;
use crate::error::Refusal;
use crate::frame::SENTENCE;
use crate::render::demo as show;
use crate::repo::ask_git;

/// How long a scene is left to be read, and a step within it.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(900)];

/// Who acts: the name of an agent, or nobody in particular.
#[derive(Clone, Copy)]
pub(super) enum Who {
    /// A session of Claude Code.
    Agent(&'static str),
    /// Whoever watches.
    Human,
}

/// The scratch repository and the program.
pub(super) struct Stage<'a> {
    context: &'a Context<'a>,
    program: PathBuf,
    repo: PathBuf,
    home: PathBuf,
    clients: Vec<(&'static str, Client)>,
    is_paced: bool,
    scenes: (usize, usize),
    has_shown_frame: Cell<bool>,
}

impl<'a> Stage<'a> {
    /// A repository with two files, and a client for each of the two agents where the system has a shell for it.
    pub(super) fn new(context: &'a Context<'a>, scratch: &Path, is_paced: bool) -> Result<Self> {
        let scratch = scratch.canonicalize()?;
        let stage = Self {
            context,
            program: context.env.program().context("finding this program")?,
            repo: scratch.join("repo"),
            home: scratch.join("home"),
            clients: ["alice", "bob"]
                .into_iter()
                .filter_map(|name| Some((name, Client::start(&scratch.join(name))?)))
                .collect(),
            is_paced,
            scenes: (0, 0),
            has_shown_frame: Cell::new(false),
        };
        for directory in [&stage.repo.join("src"), &stage.home] {
            std::fs::create_dir_all(directory)?;
        }
        for file in ["parser.rs", "list.rs"] {
            std::fs::write(stage.repo.join("src").join(file), "fn main() {}\n")?;
        }
        let mut git = ask_git(&stage.repo);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let made = git.args(["init", "--quiet", "--template="]).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(Refusal::internal("`git init` failed").hint("install git").into());
        }
        Ok(stage)
    }

    /// Says what is to be seen, in so many scenes.
    pub(super) fn open(&mut self, scenes: usize, text: &str) -> Result<()> {
        self.scenes = (0, scenes);
        self.remark(text)
    }

    /// Begins the next scene.
    pub(super) fn scene(&mut self, title: &str) -> Result<()> {
        self.pause(PAUSES[0]);
        self.scenes.0 += 1;
        self.context
            .print(&show::scene(self.scenes.0, self.scenes.1, title))
    }

    /// Says something in between.
    pub(super) fn remark(&self, text: &str) -> Result<()> {
        self.context
            .print(&show::remark(text, self.context.env.output_width()))
    }

    /// Says what to do next.
    pub(super) fn end(&self, text: &str) -> Result<()> {
        self.pause(PAUSES[0]);
        self.context.print(&format!("\n{text}"))
    }

    /// Ends whoever still runs.
    pub(super) fn close(mut self) -> Result<()> {
        for (_, client) in self.clients.drain(..) {
            client.kill()?;
        }
        Ok(())
    }

    /// Kills an agent's client as the end of its terminal does, and says whether others can know that.
    pub(super) fn kill(&mut self, name: &str) -> bool {
        let Some(at) = self.clients.iter().position(|(known, _)| *known == name) else {
            return false;
        };
        let (_, client) = self.clients.remove(at);
        let is_known = self
            .context
            .env
            .processes()
            .proof(i64::from(client.pid()))
            .is_some();
        client.kill().is_ok() && is_known
    }

    /// The payload of an edit.
    pub(super) fn edit(&self, file: &str) -> Value {
        let input = json!({"file_path": self.repo.join(file), "old_string": "a", "new_string": "b",
            "replace_all": false});
        json!({"tool_name": "Edit", "tool_use_id": "toolu_1", "tool_input": input})
    }

    /// The payload of a shell command.
    pub(super) fn bash(line: &str) -> Value {
        json!({"tool_name": "Bash", "tool_use_id": "toolu_1",
            "tool_input": {"command": line, "description": "Change the file"}})
    }

    /// Runs a command and shows it with its answer.
    pub(super) fn command(&self, who: Who, arguments: &[&str]) -> Result<()> {
        let mut line = "agent-sync".to_owned();
        for argument in arguments {
            let needs_quotes = argument.contains([' ', '(', ';']);
            let quote = if needs_quotes { "'" } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(line, " {quote}{argument}{quote}");
        }
        self.say(who, &line)?;
        let answer = self.run(who, arguments)?;
        self.show(&answer)
    }

    /// Runs a command and returns what it prints.
    pub(super) fn run(&self, who: Who, arguments: &[&str]) -> Result<String> {
        let output = self.start(who, arguments, "")?;
        if !output.status.success() {
            bail!(
                "agent-sync {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a hook as the client does and shows what the model would be told.
    pub(super) fn hook(&self, who: Who, name: &str, payload: &Value) -> Result<()> {
        let Who::Agent(agent) = who else { return Ok(()) };
        let hook = crate::hook::HOOKS.iter().find(|hook| hook.name == name);
        let event = hook.map(|hook| hook.event).unwrap_or_default();
        let mut whole = json!({
            "session_id": session(agent),
            "transcript_path": self.home.join(format!(".claude/projects/repo/{agent}.jsonl")),
            "cwd": self.repo,
            "permission_mode": "acceptEdits",
            "hook_event_name": event,
        });
        if let (Some(whole), Some(more)) = (whole.as_object_mut(), payload.as_object()) {
            whole.extend(more.clone());
        }
        let output = self.start(who, &["hook", name], &whole.to_string())?;
        let input = &payload["tool_input"];
        let what = match (input["file_path"].as_str(), input["command"].as_str()) {
            (Some(file), _) => {
                let file = Path::new(file)
                    .strip_prefix(&self.repo)
                    .unwrap_or(Path::new(file));
                format!("{event} hook: Edit {}", file.display())
            }
            (None, Some(line)) => format!("{event} hook: Bash {line}"),
            (None, None) => format!("{event} hook"),
        };
        self.say(who, &what)?;
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let answer = &answer["hookSpecificOutput"];
        let told = [&answer["permissionDecisionReason"], &answer["additionalContext"]];
        match told.iter().find_map(|text| text.as_str()) {
            Some(text) => self.show(text),
            None => self.show("(nothing: all is well)"),
        }
    }

    /// Starts this program with nothing of our own environment.
    fn start(&self, who: Who, arguments: &[&str], input: &str) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let env = self.context.env;
        if let Some(clock) = env.variable(Variable::TestClock) {
            command.env(Variable::TestClock.name(), clock);
        }
        let own = self.program.parent().unwrap_or(Path::new("/"));
        let path = env.variable(Variable::Path).unwrap_or_default();
        command.env(Variable::Path.name(), format!("{}:{path}", own.display()));
        let client = match who {
            Who::Agent(name) => {
                let client = self.clients.iter().find(|(known, _)| *known == name);
                let client = client.map(|(_, client)| client);
                // Where the agents have no processes of their own, they live as long as this one does.
                let pid = client.map_or_else(std::process::id, Client::pid);
                command
                    .env(Variable::ClaudeProject.name(), &self.repo)
                    .env(Variable::ClaudeSession.name(), session(name))
                    .env(Variable::ClaudePid.name(), pid.to_string())
                    .env(Variable::ClaudeCode.name(), "1");
                client
            }
            Who::Human => None,
        };
        if let Some(client) = client {
            return client.run(&command, &self.repo, input);
        }
        let started = env.spawn_in(&self.repo, &mut command);
        let mut child = started.context("starting this program")?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that reads nothing may close it, which is its right.
            let _unread = pipe.write_all(input.as_bytes());
        }
        child.wait_with_output().context("waiting for this program")
    }

    /// Says who does what.
    fn say(&self, who: Who, what: &str) -> Result<()> {
        let name = match who {
            Who::Agent(name) => name,
            Who::Human => "you",
        };
        self.context.print(&show::deed(name, what))
    }

    /// Shows an answer, set apart. The frame around other people's words is shown and explained once.
    fn show(&self, text: &str) -> Result<()> {
        self.pause(PAUSES[1]);
        let width = self.context.env.output_width();
        let is_frame = |line: &&str| {
            let tag = line.trim_start_matches(['<', '/']);
            (line.starts_with('<') && tag.starts_with("agent-sync-state ")) || *line == SENTENCE
        };
        if !text.lines().any(|line| is_frame(&line)) {
            return self.context.print(&show::answer(text, width));
        }
        if self.has_shown_frame.replace(true) {
            let bare: Vec<&str> = text.lines().filter(|line| !is_frame(line)).collect();
            return self.context.print(&show::answer(&bare.join("\n"), width));
        }
        self.context.print(&show::answer(text, width))?;
        self.remark(
            "(What others wrote is always framed like this: data for the model, not instructions. The frame is left out \
             from here on.)",
        )
    }

    fn pause(&self, time: Duration) {
        if self.is_paced {
            self.context.env.sleep(time);
        }
    }
}

/// The session id of an agent of the demonstration.
fn session(name: &str) -> String {
    format!("demo-session-of-{name}")
}

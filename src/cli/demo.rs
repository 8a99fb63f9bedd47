//! `agent-sync demo`: two agents in one scratch repository, shown step by step.
//!
//! Nobody believes a description of what an agent is told. So the demonstration plays nothing: it starts this
//! very program as the client would, with the client's payloads, and prints what comes back.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::Context;
use crate::env::Variable;
use crate::error::Refusal;
use crate::render::colour;
use crate::repo::ask_git;

/// The most characters of one answer that are shown.
const SHOWN: usize = 4_000;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Leave the scratch repository there, and say where
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Demo) -> Result<()> {
    let scratch = tempfile::Builder::new()
        .prefix("agent-sync-demo-")
        .tempdir()
        .context("making a scratch directory")?;
    let stage = Stage::new(context, scratch.path())?;
    stage.play()?;
    if arguments.keep {
        let path = scratch.keep().join("repo");
        return context.print(&format!("\nThe repository is {}\n", path.display()));
    }
    scratch.close().context("removing the scratch directory")
}

/// The scratch repository and the program.
struct Stage<'a> {
    context: &'a Context<'a>,
    program: PathBuf,
    repo: PathBuf,
    home: PathBuf,
}

/// Who acts: the name of an agent, or nobody in particular.
#[derive(Clone, Copy)]
enum Who {
    Agent(&'static str),
    Human,
}

const ALICE: Who = Who::Agent("alice");
const BOB: Who = Who::Agent("bob");

impl<'a> Stage<'a> {
    fn new(context: &'a Context<'a>, scratch: &Path) -> Result<Self> {
        let scratch = scratch.canonicalize()?;
        let stage = Self {
            context,
            program: context.env.program().context("finding this program")?,
            repo: scratch.join("repo"),
            home: scratch.join("home"),
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

    fn play(&self) -> Result<()> {
        self.title("A repository is set up")?;
        self.command(Who::Human, &["init"])?;

        self.title("Two sessions of Claude Code start in it; a name makes them easy to tell apart")?;
        for name in ["alice", "bob"] {
            let who = Who::Agent(name);
            self.run(who, &["agent", "register", "--name", name])?;
            self.hook(who, "session-start", &json!({"source": "startup"}))?;
        }

        self.title("alice locks a file")?;
        let reason = "rewriting error recovery";
        self.command(ALICE, &["lock", "acquire", "src/parser.rs", "--reason", reason])?;

        self.title("bob edits that file, and the model is told why not; a file of his own is no matter")?;
        self.hook(BOB, "pre-tool-use", &self.edit("src/parser.rs"))?;
        self.hook(BOB, "pre-tool-use", &self.edit("src/list.rs"))?;

        self.title("alice writes to bob, and it reaches him in the middle of his turn")?;
        let text = "parse() is now read(); please rebase.";
        self.command(ALICE, &["message", "send", "--to", "bob", text])?;
        let batch = json!({"tool_calls": [{"tool_name": "Bash", "tool_input": {"command": "cargo test"},
            "tool_use_id": "t1", "tool_response": {}}]});
        self.hook(BOB, "post-tool-batch", &batch)?;

        self.title("A task: bob takes it together with its file, and finishes it")?;
        let title = "Add pagination";
        self.command(Who::Human, &["task", "create", title, "--file", "src/list.rs"])?;
        let next = self.run(BOB, &["task", "next", "--lock", "--json"])?;
        let next: Value = serde_json::from_str(&next).context("reading the task that was claimed")?;
        let id = next["id"]
            .as_str()
            .context("the claimed task has an id")?
            .to_owned();
        self.say(BOB, "agent-sync task next --lock")?;
        self.show(&format!("{id} is bob's now, and src/list.rs is locked for him"))?;
        self.command(BOB, &["task", "done", &id])?;

        self.title("What a person sees")?;
        self.command(Who::Human, &["status"])
    }

    /// The payload of an edit.
    fn edit(&self, file: &str) -> Value {
        let input = json!({"file_path": self.repo.join(file), "old_string": "a", "new_string": "b"});
        json!({"tool_name": "Edit", "tool_use_id": "t1", "tool_input": input})
    }

    /// Runs a command and shows it with its answer.
    fn command(&self, who: Who, arguments: &[&str]) -> Result<()> {
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
    fn run(&self, who: Who, arguments: &[&str]) -> Result<String> {
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
    fn hook(&self, who: Who, name: &str, payload: &Value) -> Result<()> {
        let Who::Agent(agent) = who else { return Ok(()) };
        let hook = crate::hook::HOOKS.iter().find(|hook| hook.name == name);
        let event = hook.map(|hook| hook.event).unwrap_or_default();
        let mut whole = json!({"session_id": session(agent), "cwd": self.repo, "hook_event_name": event});
        if let (Some(whole), Some(more)) = (whole.as_object_mut(), payload.as_object()) {
            whole.extend(more.clone());
        }
        let output = self.start(who, &["hook", name], &whole.to_string())?;
        let what = match payload["tool_input"]["file_path"].as_str() {
            Some(file) => {
                let file = Path::new(file)
                    .strip_prefix(&self.repo)
                    .unwrap_or(Path::new(file));
                format!("{event} hook: Edit {}", file.display())
            }
            None => format!("{event} hook"),
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
        if let Who::Agent(name) = who {
            command
                .env(Variable::ClaudeProject.name(), &self.repo)
                .env(Variable::ClaudeSession.name(), session(name))
                // The two live as long as this process does.
                .env(Variable::ClaudePid.name(), std::process::id().to_string())
                .env(Variable::ClaudeCode.name(), "1");
        }
        let started = env.spawn_in(&self.repo, &mut command);
        let mut child = started.context("starting this program")?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that reads nothing may close it, which is its right.
            let _unread = pipe.write_all(input.as_bytes());
        }
        child.wait_with_output().context("waiting for this program")
    }

    fn title(&self, text: &str) -> Result<()> {
        self.context.print(&format!("\n{}\n", colour::heading(text)))
    }

    /// Says who does what.
    fn say(&self, who: Who, what: &str) -> Result<()> {
        let name = match who {
            Who::Agent(name) => name,
            Who::Human => "you",
        };
        self.context
            .print(&format!("{} {what}\n", colour::ok(&format!("{name}:"))))
    }

    /// Shows an answer, set apart.
    fn show(&self, text: &str) -> Result<()> {
        self.context.print(&set_apart(text))
    }
}

/// The session id of an agent of the demonstration.
fn session(name: &str) -> String {
    format!("demo-session-of-{name}")
}

/// The lines of an answer, each behind a bar. It comes from this program, which has neutralised it already,
/// and its frame must be seen as it is.
fn set_apart(text: &str) -> String {
    let kept: String = text.chars().take(SHOWN).collect();
    let mut lines = String::new();
    for line in kept.lines().filter(|line| !line.is_empty()) {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "  {} {line}", colour::dim("|"));
    }
    lines
}

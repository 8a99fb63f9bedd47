//! The program that the hooks run: which file it is, and what it says of itself.
//!
//! A hook that names no program, or one of another age, protects nobody and says nothing. So the program
//! behind a command is found the way the client's shell would, and asked for its version, in an environment
//! that holds nothing of ours and with a limit on its time. A program that lies in the repository is never
//! run: looking at a project must not execute it.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::command;
use crate::env::{Env, Variable};
use crate::repo::Project;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(10);
/// The most bytes of its answer that are read.
const ANSWER: u64 = 200;

/// What a hook's command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// This very program.
    Own(PathBuf),
    /// Another file.
    Other(PathBuf),
    /// A file of the repository, which is not run.
    InRepository(PathBuf),
    /// There is no such program.
    Missing(String),
    /// Only the shell of a session could tell.
    Unknown(String),
}

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Its version.
    Version(String),
    /// Something that is no version of agent-sync; not neutralised.
    Strange(String),
    /// Nothing within [`PATIENCE`], or it could not be started.
    Nothing,
}

impl Program {
    /// The program that a hook's command runs in a session of this project.
    #[must_use]
    pub(super) fn of(env: &Env, project: &Project, command: &str) -> Self {
        let Some(word) = command::program(command) else {
            return Self::Unknown(command.to_owned());
        };
        let Some(word) = expand(env, project, &word) else {
            return Self::Unknown(word);
        };
        if !word.contains('/') {
            return match env.find_program(&word) {
                Some(path) => Self::at(env, project, path),
                None => Self::Missing(word),
            };
        }
        Self::at(env, project, project.worktree.join(word))
    }

    /// What the file at `path` is.
    fn at(env: &Env, project: &Project, path: PathBuf) -> Self {
        let Ok(real) = path.canonicalize() else {
            return Self::Missing(path.to_string_lossy().into_owned());
        };
        let own = env.program().and_then(|own| own.canonicalize());
        if own.is_ok_and(|own| own == real) {
            Self::Own(path)
        } else if real.starts_with(&project.root) || real.starts_with(&project.worktree) {
            Self::InRepository(path)
        } else {
            Self::Other(path)
        }
    }
}

/// `word` with the variables and the tilde that a shell would replace, as far as they are known.
fn expand(env: &Env, project: &Project, word: &str) -> Option<String> {
    let home = env.home().map(|home| home.to_string_lossy().into_owned());
    let mut word = match word.strip_prefix("~/") {
        Some(rest) => format!("{}/{rest}", home.as_ref()?),
        None => word.to_owned(),
    };
    let project = project.worktree.to_string_lossy();
    for (name, value) in [
        ("CLAUDE_PROJECT_DIR", Some(project.as_ref())),
        ("HOME", home.as_deref()),
    ] {
        if let Some(value) = value {
            word = word.replace(&format!("${{{name}}}"), value);
            word = word.replace(&format!("${name}"), value);
        }
    }
    (!word.contains('$')).then_some(word)
}

/// Asks a program for its version.
#[must_use]
pub(super) fn ask(env: &Env, program: &Path) -> Answer {
    let Some(answer) = answer_of(env, program) else {
        return Answer::Nothing;
    };
    let version = answer.trim().strip_prefix("agent-sync ");
    let is_plain = |version: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
        !version.is_empty() && version.bytes().all(plain)
    };
    match version.filter(is_plain) {
        Some(version) => Answer::Version(version.to_owned()),
        None => Answer::Strange(answer),
    }
}

fn answer_of(env: &Env, program: &Path) -> Option<String> {
    // A file instead of a pipe: whoever keeps it open cannot hold us up.
    let mut output = tempfile::tempfile().ok()?;
    let mut command = Command::new(program);
    command
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(output.try_clone().ok()?)
        .stderr(Stdio::null());
    for variable in [Variable::Path, Variable::Home] {
        if let Some(value) = env.variable(variable) {
            command.env(variable.name(), value);
        }
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = env.spawn_in(Path::new("/"), &mut command).ok()?;
    let mut left = PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if !left.is_zero() => {
                env.sleep(PAUSE);
                left = left.saturating_sub(PAUSE);
            }
            _ => {
                kill(&mut child);
                return None;
            }
        }
    };
    status.success().then(|| read_start(&mut output))?
}

fn read_start(output: &mut File) -> Option<String> {
    output.rewind().ok()?;
    let mut bytes = Vec::new();
    output.take(ANSWER).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends a child and whatever it has started, and waits for it.
#[cfg(unix)]
fn kill(child: &mut Child) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _may_be_gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _may_be_gone = child.kill();
    let _reaped = child.wait();
}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    let _may_be_gone = child.kill();
    let _reaped = child.wait();
}

//! The process of an agent's client: what it starts descends from it, and it can be killed.
//!
//! An agent is here as long as its client's process is. To show what happens when that is gone, there has to be
//! one: a shell, which starts commands one after another as the client does.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// A shell that stands in for a client.
pub(super) struct Client {
    process: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    directory: PathBuf,
}

impl Client {
    /// Starts one that keeps its files in `directory`; `None` where there is no shell.
    pub(super) fn start(directory: &Path) -> Option<Self> {
        if !cfg!(unix) {
            return None;
        }
        fs::create_dir(directory).ok()?;
        let mut process = Command::new("sh")
            .arg("-s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (input, output) = pipes?;
        Some(Self {
            process,
            pipes: RefCell::new((input, BufReader::new(output))),
            directory: directory.to_owned(),
        })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Runs a command below it with exactly the command's own environment.
    pub(super) fn run(&self, command: &Command, directory: &Path, input: &str) -> Result<Output> {
        let file = |name: &str| self.directory.join(name);
        fs::write(file("in"), input)?;
        let mut line = format!("(cd {} && exec env -i", quoted(directory.as_os_str()));
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            line.push(' ');
            line.push_str(&quoted(format!("{}={value}", name.to_string_lossy()).as_ref()));
        }
        for word in std::iter::once(command.get_program()).chain(command.get_args()) {
            line.push(' ');
            line.push_str(&quoted(word));
        }
        for (sign, name) in [("<", "in"), (">", "out"), ("2>", "err")] {
            line.push(' ');
            line.push_str(sign);
            line.push_str(&quoted(file(name).as_os_str()));
        }
        line.push_str("); echo $?\n");
        let (commands, statuses) = &mut *self.pipes.borrow_mut();
        commands.write_all(line.as_bytes())?;
        let mut status = String::new();
        statuses.read_line(&mut status)?;
        let Ok(code) = status.trim().parse() else {
            bail!("the shell of an agent has gone");
        };
        Ok(Output {
            status: exit_status(code),
            stdout: fs::read(file("out"))?,
            stderr: fs::read(file("err"))?,
        })
    }

    /// Ends it at once, without a goodbye.
    pub(super) fn kill(mut self) -> Result<()> {
        let _may_be_gone = self.process.kill();
        self.process.wait().context("ending an agent's shell").map(drop)
    }
}

#[cfg(unix)]
fn exit_status(code: i32) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt as _;
    // As the system reports it: the exit status in the second byte.
    ExitStatus::from_raw(code << 8)
}

#[cfg(not(unix))]
fn exit_status(code: i32) -> ExitStatus {
    use std::os::windows::process::ExitStatusExt as _;
    ExitStatus::from_raw(code.unsigned_abs())
}

/// One word for the shell, whatever it holds.
fn quoted(text: &OsStr) -> String {
    format!("'{}'", text.to_string_lossy().replace('\'', "'\\''"))
}

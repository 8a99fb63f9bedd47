//! The process of a client: what it starts descends from it, and it can be killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::{fs, thread};

use tempfile::TempDir;

/// A shell that runs commands one after another, as a client does.
pub(super) struct Client {
    pid: u32,
    parts: Mutex<Parts>,
    folder: TempDir,
}

struct Parts {
    process: Child,
    commands: ChildStdin,
    statuses: BufReader<ChildStdout>,
}

impl Client {
    pub(super) fn start() -> Self {
        let mut process = Command::new("sh")
            .arg("-s")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let commands = process.stdin.take().expect("a pipe");
        let statuses = BufReader::new(process.stdout.take().expect("a pipe"));
        Self {
            pid: process.id(),
            parts: Mutex::new(Parts {
                process,
                commands,
                statuses,
            }),
            folder: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Runs `command` below this process: status, standard output, standard error.
    pub(super) fn run(&self, command: &Command, input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
        let parts = &mut *self.parts.lock().expect("no test panicked here");
        let file = |name: &str| self.folder.path().join(name);
        fs::write(file("in"), input).expect("a writable file");
        let quoted = |text: &std::ffi::OsStr| {
            let text = text.to_str().expect("text of a test");
            format!("'{}'", text.replace('\'', "'\\''"))
        };
        let mut line = String::from("(cd ");
        line.push_str(&quoted(
            command.get_current_dir().expect("a directory").as_os_str(),
        ));
        line.push_str(" && exec env -i");
        for (name, value) in command.get_envs() {
            let assignment = format!("{}={}", name.display(), value.expect("a value").display());
            line.push(' ');
            line.push_str(&quoted(assignment.as_ref()));
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
        parts
            .commands
            .write_all(line.as_bytes())
            .expect("the client lives");
        let mut status = String::new();
        parts.statuses.read_line(&mut status).expect("the client lives");
        (
            status.trim().parse().expect("a status"),
            fs::read(file("out")).expect("standard output"),
            fs::read(file("err")).expect("standard error"),
        )
    }

    /// Kills it and waits until it is gone.
    pub(super) fn kill(&self) {
        let process = &mut self.parts.lock().expect("no test panicked here").process;
        let _may_be_gone = process.kill();
        process.wait().expect("a child can be waited for");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts `command`, feeds it, and waits for it: status (128 and the signal's number where one ended it),
/// standard output, standard error.
pub(super) fn finish(mut command: Command, input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
    let mut child = command.spawn().expect("the program starts");
    let feeder = child.stdin.take().map(|mut pipe| {
        let input = input.to_vec();
        // A program that does not read all of it closes the pipe, which is its right.
        thread::spawn(move || pipe.write_all(&input).is_ok())
    });
    let output = child.wait_with_output().expect("a child can be waited for");
    if let Some(feeder) = feeder {
        feeder.join().expect("the feeder does not panic");
    }
    let status = output.status;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    (
        code.expect("a process ends one way or the other"),
        output.stdout,
        output.stderr,
    )
}

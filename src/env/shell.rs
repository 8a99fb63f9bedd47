//! A shell command that somebody asks to be run, with a time limit and the end of what it prints.
//!
//! It has a process group of its own, so that at the limit it ends with all that it started. A terminal's Ctrl-C
//! does not reach that group, nor does the end of whoever killed us: a guard in it waits for our end, whatever that
//! is, and takes the group along.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long to sleep between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// How long its output may stay open after its end, because something it left behind holds it.
const GRACE: Duration = Duration::from_millis(250);

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status, or 128 and the number of the signal; `None` when it was stopped at the limit.
    pub exit: Option<i32>,
    /// The end of what it printed to either stream.
    pub tail: String,
}

/// Runs `command` in `directory` with nothing on its standard input. At the limit it is killed with all that
/// it started.
pub(super) fn run(directory: &Path, command: &str, limit: Duration, most: usize) -> io::Result<Ran> {
    let (mut output, input) = io::pipe()?;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(directory);
    shell
        .stdin(Stdio::null())
        .stdout(input.try_clone()?)
        .stderr(input);
    let mut group = Group::new()?;
    group.take_in(&mut shell);
    let mut child = shell.spawn()?;
    // It holds the writing end, and would keep the reader waiting.
    drop(shell);
    let tail = Arc::new(Mutex::new(Vec::new()));
    let reader = thread::spawn({
        let tail = Arc::clone(&tail);
        move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                tail.extend_from_slice(&buffer[..count]);
                let excess = tail.len().saturating_sub(most);
                tail.drain(..excess);
            }
        }
    });
    let status = wait(&mut child, limit, &mut group)?;
    drop(group);
    let mut waited = Duration::ZERO;
    while !reader.is_finished() && waited < GRACE {
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
    let tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    let tail = String::from_utf8_lossy(&tail);
    Ok(Ran {
        exit: status.map(code),
        tail: tail.trim_start_matches('\u{fffd}').to_owned(),
    })
}

fn wait(child: &mut Child, limit: Duration, group: &mut Group) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= limit {
            group.kill(child)?;
            child.wait()?;
            return Ok(None);
        }
        let pause = PAUSE
            .min(limit.saturating_sub(waited))
            .max(Duration::from_millis(1));
        thread::sleep(pause);
        waited += pause;
    }
}

/// The process group of a command, led by a guard that ends it when we end before the command does.
#[cfg(unix)]
struct Group {
    guard: Child,
    /// Closed when this process ends, however it ends; the guard reads it. Nothing else inherits it.
    _life: io::PipeWriter,
}

#[cfg(unix)]
impl Group {
    /// What the guard does: it waits for our end, asks everybody in the group to end, and then insists.
    const GUARD: &str = "trap '' INT TERM HUP; read -r _; kill -TERM 0; sleep 1; kill -KILL 0";

    fn new() -> io::Result<Self> {
        let (end, life) = io::pipe()?;
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(Self::GUARD).stdin(end);
        guard.stdout(Stdio::null()).stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut guard, 0);
        let guard = guard.spawn()?;
        Ok(Self { guard, _life: life })
    }

    fn take_in(&self, command: &mut Command) {
        // An id that does not fit would be no process; the command then leads a group of its own.
        let leader = i32::try_from(self.guard.id()).unwrap_or(0);
        std::os::unix::process::CommandExt::process_group(command, leader);
    }

    /// Ends the command with all that it started.
    fn kill(&mut self, child: &mut Child) -> io::Result<()> {
        use rustix::process::{Pid, Signal, kill_process_group};
        match kill_process_group(Pid::from_child(&self.guard), Signal::KILL) {
            Ok(()) => Ok(()),
            Err(_) => child.kill(),
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    /// Dismisses the guard alone: what the command left behind on purpose stays.
    fn drop(&mut self) {
        let _gone_already = self.guard.kill();
        let _reaped = self.guard.wait();
    }
}

#[cfg(not(unix))]
struct Group;

#[cfg(not(unix))]
impl Group {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    fn take_in(&self, _: &mut Command) {}

    fn kill(&mut self, child: &mut Child) -> io::Result<()> {
        child.kill()
    }
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(command: &str, limit_ms: u64, most: usize) -> (Option<i32>, String) {
        let place = tempfile::tempdir().unwrap();
        let ran = run(place.path(), command, Duration::from_millis(limit_ms), most).unwrap();
        (ran.exit, ran.tail)
    }

    #[test]
    fn a_command_ends_with_its_status_and_the_end_of_both_its_streams() {
        assert_eq!(
            ran("echo a; echo b >&2; exit 3", 60_000, 100),
            (Some(3), "a\nb\n".to_owned())
        );
        assert_eq!(ran("seq 1 100000", 60_000, 7), (Some(0), "100000\n".to_owned()));
        assert_eq!(ran("kill -9 $$", 60_000, 100).0, Some(137));
        assert_eq!(ran("cat", 60_000, 100), (Some(0), String::new()));
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
        let place = tempfile::tempdir().unwrap();
        let pid = place.path().join("pid");
        let command = format!("sleep 60 & echo $! > {}; wait", pid.display());
        let ran = run(place.path(), &command, Duration::from_millis(300), 100).unwrap();
        assert_eq!(ran.exit, None);
        let pid = std::fs::read_to_string(pid).unwrap();
        let stat = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        let is_gone = |stat: io::Result<String>| !stat.is_ok_and(|stat| !stat.contains(") Z "));
        let mut looks = 0;
        while !is_gone(stat()) && looks < 200 {
            thread::sleep(PAUSE);
            looks += 1;
        }
        assert!(is_gone(stat()), "what it started still runs");
    }

    #[test]
    fn something_left_behind_does_not_hold_its_end_up() {
        let (exit, tail) = ran("sleep 5 & echo started", 60_000, 100);
        assert_eq!((exit, tail.as_str()), (Some(0), "started\n"));
    }
}

//! Processes of others that are started to work on their own, and ended with all that they started.
//!
//! Such a process leads a process group, so that a terminal's keys do not reach it and one signal reaches what it
//! started. What left the group is found by a mark in its environment, which whoever descends from it inherits.
//!
//! It is held at a gate until its process is written down: a shell with a fixed text waits for a line and then
//! becomes the program, which keeps its process id. If we end before that line, so does the shell.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::process::group_of;
use super::{Env, Processes};
use crate::domain::presence::Proof;

/// What waits at the gate. The words of the command are the shell's arguments, never its text.
#[cfg(unix)]
const GATE: &str = r#"IFS= read -r go || exit 75; exec "$@" </dev/null"#;

/// What is to be started.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// Where.
    pub directory: &'a Path,
    /// Where what it prints goes.
    pub output: Output,
    /// Variables to set.
    pub set: Vec<(&'static str, String)>,
    /// Variables that it does not inherit.
    pub removed: &'a [&'static str],
}

/// Where a process prints to.
#[derive(Debug)]
pub enum Output {
    /// Both its streams go into this file, and it reads nothing.
    Log(File),
    /// It has a terminal: a window of tmux.
    Window {
        /// Which server of tmux's, by the name of its socket.
        server: String,
        /// What the window is called.
        name: String,
    },
}

/// A process that waits at the gate.
#[derive(Debug)]
pub struct Held(Gate);

#[derive(Debug)]
enum Gate {
    /// It waits for a line in a pipe of ours.
    Pipe(Child),
    /// It waits for Enter.
    #[cfg(unix)]
    Window(super::window::Window),
}

impl Held {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i64 {
        match &self.0 {
            Gate::Pipe(child) => i64::from(child.id()),
            #[cfg(unix)]
            Gate::Window(window) => window.pid,
        }
    }

    /// Lets it begin. Nothing comes back where it is no child of ours.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn go(self) -> io::Result<Option<Worker>> {
        let mut child = match self.0 {
            Gate::Pipe(child) => child,
            #[cfg(unix)]
            Gate::Window(window) => return window.go().map(|()| None),
        };
        let mut gate = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let opened = gate.write_all(b"go\n");
        let mut worker = Worker { child };
        if let Err(error) = opened {
            let _it_ended = worker.ended();
            return Err(error);
        }
        Ok(Some(worker))
    }
}

/// A process that was started to work on its own. Dropping this leaves it alone.
#[derive(Debug)]
pub struct Worker {
    child: Child,
}

impl Worker {
    /// How it ended: its exit status, or 128 and the number of the signal. `None` while it runs.
    ///
    /// # Errors
    /// When the system does not know it.
    pub fn ended(&mut self) -> io::Result<Option<i32>> {
        Ok(self.child.try_wait()?.map(code))
    }

    /// Ends its group at once, where nothing can be said of single processes.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _may_be_gone = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _may_be_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(128)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(128)
}

impl Env {
    /// Starts a process that leads a group of its own and does nothing yet.
    ///
    /// # Errors
    /// When it cannot be started.
    #[cfg(unix)]
    pub fn launch(&self, launch: Launch<'_>) -> io::Result<Held> {
        let log = match &launch.output {
            Output::Log(log) => log.try_clone()?,
            Output::Window { server, name } => {
                let window = super::window::Window::open(&launch, server, name)?;
                return Ok(Held(Gate::Window(window)));
            }
        };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GATE, "sh"]).args(launch.words);
        for variable in launch.removed {
            command.env_remove(variable);
        }
        command
            .envs(launch.set)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = self.spawn_in(launch.directory, &mut command)?;
        Ok(Held(Gate::Pipe(child)))
    }

    /// Elsewhere there are no process groups to end.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn launch(&self, _: Launch<'_>) -> io::Result<Held> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What a process is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it may end.
    End,
    /// Its end.
    Kill,
}

impl Processes {
    /// The processes that belong to a start: its leader, the leader's group, and whoever carries the mark
    /// `VARIABLE=VALUE` in the environment it was started with. Nothing of another boot or pid namespace, and not
    /// this process.
    #[must_use]
    pub fn family(&self, leader: Option<&Proof>, mark: &str) -> Vec<Proof> {
        let (boot, namespace) = (self.boot(), self.namespace());
        if boot == 0 || namespace == 0 {
            return Vec::new();
        }
        let leader = leader.filter(|leader| leader.boot == boot && leader.namespace == namespace);
        // A group's number is nobody else's as long as somebody is in it; another leader says that nobody was.
        let leader =
            leader.filter(|leader| group_of(leader.pid).is_none_or(|(_, started)| started == leader.started));
        let own = i64::from(std::process::id());
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i64>().ok());
        pids.filter(|pid| *pid != own)
            .filter_map(|pid| {
                let (group, started) = group_of(pid)?;
                let is_in_group =
                    leader.is_some_and(|leader| group == leader.pid && started >= leader.started);
                (is_in_group || is_marked(pid, mark)).then_some(Proof {
                    pid,
                    started,
                    boot,
                    namespace,
                })
            })
            .collect()
    }

    /// Sends a process a signal, if it is still that one.
    #[cfg(unix)]
    pub fn send(&self, process: &Proof, wish: Wish) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        let is_it = group_of(process.pid).is_some_and(|(_, started)| started == process.started);
        if let Some(pid) = pid.filter(|_| is_it) {
            let signal = match wish {
                Wish::End => Signal::TERM,
                Wish::Kill => Signal::KILL,
            };
            let _gone_meanwhile = kill_process(pid, signal);
        }
    }

    /// Elsewhere nothing is sent.
    #[cfg(not(unix))]
    pub fn send(&self, _: &Proof, _: Wish) {}
}

/// Whether a process was started with this in its environment.
fn is_marked(pid: i64, mark: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    !mark.is_empty()
        && environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == mark.as_bytes())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::time::Duration;

    use super::*;

    fn launched(script: &str, mark: &str) -> (tempfile::TempDir, Held) {
        let place = tempfile::tempdir().unwrap();
        let log = File::create(place.path().join("log")).unwrap();
        let words: Vec<String> = ["sh", "-c", script, "$(touch evil)", "'; touch evil"]
            .map(str::to_owned)
            .into();
        let launch = Launch {
            words: &words,
            directory: place.path(),
            output: Output::Log(log),
            set: vec![("AGENT_SYNC_LAUNCH", mark.to_owned())],
            removed: &["HOME"],
        };
        let held = Env::real().launch(launch).unwrap();
        (place, held)
    }

    fn until(mut is_so: impl FnMut() -> bool) {
        for _ in 0..2_000 {
            if is_so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it never was so");
    }

    #[test]
    fn nothing_begins_before_the_gate_opens_and_words_are_arguments() {
        let (place, held) = launched("printf '%s\\n' \"$0\" \"$1\" \"${HOME-none}\"; exit 3", "m-1");
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(std::fs::read(place.path().join("log")).unwrap(), b"");
        let pid = held.pid();
        let mut worker = held.go().unwrap().expect("a child");
        assert_eq!(i64::from(worker.child.id()), pid);
        let mut exit = None;
        until(|| {
            exit = worker.ended().unwrap();
            exit.is_some()
        });
        assert_eq!(exit, Some(3));
        let log = std::fs::read_to_string(place.path().join("log")).unwrap();
        assert_eq!(log, "$(touch evil)\n'; touch evil\nnone\n");
        assert!(!place.path().join("evil").exists());
    }

    #[test]
    fn who_is_held_ends_with_us() {
        let (place, held) = launched("touch begun", "m-2");
        let Gate::Pipe(mut child) = held.0 else {
            panic!("no child of ours");
        };
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(75));
        assert!(!place.path().join("begun").exists());
    }

    #[test]
    fn whoever_left_the_group_is_still_of_the_family_and_a_stranger_is_not() {
        let mark = format!("m-{}", std::process::id());
        let (_place, held) = launched("setsid sleep 60 & sleep 60 & wait", &mark);
        let processes = Processes::of_this_machine();
        let leader = processes.proof(held.pid()).unwrap();
        let mut worker = held.go().unwrap().expect("a child");
        let mark = format!("AGENT_SYNC_LAUNCH={mark}");
        until(|| processes.family(Some(&leader), &mark).len() == 3);
        processes.send(&leader, Wish::Kill);
        until(|| worker.ended().unwrap() == Some(128 + 9));
        let left = processes.family(Some(&leader), &mark);
        assert_eq!(left.len(), 2);
        let reused = Proof {
            started: left[0].started + 1,
            ..left[0]
        };
        processes.send(&reused, Wish::Kill);
        assert_eq!(processes.family(Some(&leader), &mark).len(), 2);
        for process in &left {
            processes.send(process, Wish::Kill);
        }
        until(|| processes.family(Some(&leader), &mark).is_empty());
    }
}

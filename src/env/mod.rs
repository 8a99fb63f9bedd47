//! The outside world: clock, variables, working directory, standard streams, processes.
//!
//! No other room reads any of them, so that a rule never depends on something a test cannot set. Builds with
//! debug assertions take the clock from `AGENT_SYNC_TEST_CLOCK`; released programs have no such door.

#[cfg(feature = "console")]
mod child;
mod file_lock;
#[cfg(test)]
pub(crate) mod generated;
mod group;
mod process;
#[cfg(unix)]
pub mod screen;
mod shell;
#[cfg(unix)]
pub mod signals;
mod streams;
#[cfg(feature = "console")]
mod terminal;
mod variable;
mod watch;
#[cfg(unix)]
mod window;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::domain::presence::{Proof, Thresholds, World};
use crate::domain::time::{MINUTE, Moment};

#[cfg(feature = "console")]
pub use child::Running;
pub use group::{Held, Launch, Output, Wish, Worker};
pub use process::Processes;
pub use shell::Ran;
#[cfg(feature = "console")]
pub use terminal::Input;
pub use variable::Variable;
pub use watch::Watch;

/// The outside world as this process sees it.
pub struct Env {
    processes: Processes,
}

impl Env {
    /// The real one.
    #[must_use]
    pub fn real() -> Self {
        Self {
            processes: Processes::of_this_machine(),
        }
    }

    /// The words of the command line, the program's own name left out.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        std::env::args_os().skip(1).collect()
    }

    /// A variable's value, where it is set and not blank. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn variable(&self, variable: Variable) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "this is the room that reads variables")]
        let value = std::env::var_os(variable.name())?;
        let value = value.to_string_lossy().trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    /// Whether a variable says yes: 1, true, yes or on.
    #[must_use]
    pub fn is_set(&self, variable: Variable) -> bool {
        self.variable(variable).is_some_and(|value| {
            ["1", "true", "yes", "on"]
                .iter()
                .any(|yes| value.eq_ignore_ascii_case(yes))
        })
    }

    /// The working directory.
    ///
    /// # Errors
    /// When it was removed.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that reads the working directory"
    )]
    pub fn cwd(&self) -> io::Result<PathBuf> {
        std::env::current_dir()
    }

    /// Starts a child in a directory.
    ///
    /// It goes there itself and comes back: told to start a child elsewhere, the standard library opens a pair
    /// of sockets, and that there is no socket at all is what lets anybody check our word. There are no threads
    /// that it could confuse.
    ///
    /// # Errors
    /// When there is no such directory or program.
    pub fn spawn_in(&self, directory: &Path, command: &mut Command) -> io::Result<Child> {
        let here = self.cwd();
        std::env::set_current_dir(directory)?;
        let child = command.spawn();
        // A directory that has gone meanwhile is no reason to lose the child.
        let _best_effort = here.and_then(std::env::set_current_dir);
        child
    }

    /// This program's file.
    ///
    /// # Errors
    /// When the system does not say.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that knows the process"
    )]
    pub fn program(&self) -> io::Result<PathBuf> {
        std::env::current_exe()
    }

    /// The person's home directory.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.variable(Variable::Home).map(PathBuf::from)
    }

    /// The project that `AGENT_SYNC_ROOT` names, a leading `~` taken as the home.
    #[must_use]
    pub fn root(&self) -> Option<PathBuf> {
        let root = self.variable(Variable::Root)?;
        let below_home = root
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        Some(match (below_home, self.home()) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => PathBuf::from(root),
        })
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        if cfg!(debug_assertions)
            && let Some(moment) = self
                .variable(Variable::TestClock)
                .as_deref()
                .and_then(parse_moment)
        {
            return moment;
        }
        Moment {
            wall: wall_clock(),
            uptime: process::uptime(),
            boot: self.processes.boot(),
        }
    }

    /// Everything a rule may ask about, at this moment.
    #[must_use]
    pub fn world(&self) -> World<'_> {
        World {
            now: self.now(),
            thresholds: self.thresholds(),
            processes: &self.processes,
        }
    }

    /// The processes of this machine.
    #[must_use]
    pub const fn processes(&self) -> &Processes {
        &self.processes
    }

    /// The proof of this very process.
    #[must_use]
    pub fn own_proof(&self) -> Option<Proof> {
        self.processes.proof(i64::from(std::process::id()))
    }

    /// The proof of the process that started this one: a person's shell, most often.
    #[must_use]
    pub fn parent_proof(&self) -> Option<Proof> {
        self.processes.proof(process::parent()?)
    }

    /// When silence becomes absence. Values that are not positive whole minutes are passed over.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let minutes = |variable| {
            let minutes: i64 = self
                .variable(variable)?
                .parse()
                .ok()
                .filter(|minutes| *minutes > 0)?;
            minutes.checked_mul(MINUTE)
        };
        let default = Thresholds::default();
        Thresholds {
            stale: minutes(Variable::StaleMinutes).unwrap_or(default.stale),
            offline: minutes(Variable::OfflineMinutes).unwrap_or(default.offline),
        }
    }

    /// Runs a shell command in `directory` for at most `limit`, and keeps the last `most` bytes that it prints.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run_shell(
        &self,
        directory: &Path,
        command: &str,
        limit: std::time::Duration,
        most: usize,
    ) -> io::Result<Ran> {
        shell::run(directory, command, limit, most)
    }

    /// Whether this runs inside a coding agent's shell rather than a person's.
    #[must_use]
    pub fn is_agent_shell(&self) -> bool {
        [Variable::ClaudeCode, Variable::AiAgent]
            .into_iter()
            .any(|variable| self.variable(variable).is_some())
    }

    /// The client's version out of `AI_AGENT=claude-code_2-1-329_harness`, where it is there.
    #[must_use]
    pub fn client_version(&self) -> Option<(u32, u32, u32)> {
        parse_client_version(&self.variable(Variable::AiAgent)?)
    }

    /// Starts this very program with these arguments and nothing on its standard input, and keeps the first `most`
    /// bytes that it prints.
    ///
    /// # Errors
    /// When it cannot be started.
    #[cfg(feature = "console")]
    pub fn start_own(&self, arguments: &[String], most: usize) -> io::Result<Running> {
        Running::start(&self.program()?, arguments, most)
    }

    /// The first executable file called `name` on the search path.
    #[must_use]
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.variable(Variable::Path)?;
        std::env::split_paths(&path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(name))
            .find(|file| is_executable(file))
    }

    /// Eight random bytes.
    ///
    /// # Errors
    /// When the system has none.
    pub fn random(&self) -> io::Result<u64> {
        getrandom::u64().map_err(|error| io::Error::other(format!("no random bytes: {error}")))
    }

    /// Watches a file for being written to.
    #[must_use]
    pub fn watch(&self, file: &Path) -> Watch {
        Watch::new(file)
    }

    /// Lets time pass.
    pub fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[expect(clippy::disallowed_methods, reason = "this is the room that reads the clock")]
fn wall_clock() -> i64 {
    let now = std::time::SystemTime::now();
    let since = |earlier: std::time::SystemTime, later: std::time::SystemTime| {
        later
            .duration_since(earlier)
            .ok()
            .and_then(|passed| i64::try_from(passed.as_millis()).ok())
    };
    since(std::time::UNIX_EPOCH, now)
        .or_else(|| since(now, std::time::UNIX_EPOCH).map(|before| -before))
        .unwrap_or(0)
}

/// Reads `WALL[,UPTIME,BOOT]`, each a whole number.
fn parse_moment(text: &str) -> Option<Moment> {
    let mut numbers = text.split(',').map(|number| number.trim().parse::<i64>().ok());
    let wall = numbers.next()??;
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(uptime), Some(boot)) => Some(Moment { wall, uptime, boot }),
        _ => Some(Moment::at_wall(wall)),
    }
}

fn parse_client_version(agent: &str) -> Option<(u32, u32, u32)> {
    let version = agent.strip_prefix("claude-code_")?.split('_').next()?;
    let mut numbers = version.split(['-', '.']).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_version_is_read_from_its_name() {
        assert_eq!(
            parse_client_version("claude-code_2-1-329_harness"),
            Some((2, 1, 329))
        );
        assert_eq!(
            parse_client_version("claude-code_2-1-197_agent"),
            Some((2, 1, 197))
        );
        for other in [
            "",
            "claude-code",
            "claude-code_x_agent",
            "other_2-1-3_agent",
            "claude-code_2-1_agent",
        ] {
            assert_eq!(parse_client_version(other), None, "{other}");
        }
    }

    #[test]
    fn a_test_clock_has_a_wall_and_may_have_a_boot() {
        assert_eq!(parse_moment("5000"), Some(Moment::at_wall(5000)));
        assert_eq!(
            parse_moment("5000,70,3"),
            Some(Moment {
                wall: 5000,
                uptime: 70,
                boot: 3
            })
        );
        assert_eq!(parse_moment("soon"), None);
    }
}

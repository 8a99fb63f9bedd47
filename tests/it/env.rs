//! A project to try the program in: its own directory, home, environment and clock.
//!
//! Nothing of the machine's own configuration takes part: the environment starts empty and `HOME` is a new
//! directory. The clock stands still until [`TestEnv::advance`] moves it, so that texts with times in them can
//! be compared word for word.

mod actor;
mod client;
mod dice;
mod output;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tempfile::TempDir;

pub(crate) use actor::Actor;
pub(crate) use dice::Dice;
pub(crate) use output::Output;
use output::Redactor;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-sync");

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// When every test begins: 2027-01-15T08:00:00Z.
const START: i64 = 1_800_000_000_000;

#[derive(Clone, Copy)]
enum Clock {
    /// Stands still at this wall time, uptime and boot.
    Still { wall: i64, uptime: i64, boot: i64 },
    /// The machine's own.
    Real,
}

/// A project with its surroundings; removed when dropped.
pub(crate) struct TestEnv {
    folder: TempDir,
    clock: Mutex<Clock>,
    redactor: Arc<Redactor>,
}

impl TestEnv {
    /// A git repository with one commit.
    pub(crate) fn new() -> Self {
        let env = Self::plain();
        env.git(&["init", "--quiet", "--initial-branch=main"]);
        env.write("README", "sample\n");
        env.git(&["add", "README"]);
        env.git(&["commit", "--quiet", "--message=Begin"]);
        env
    }

    /// A directory outside git.
    pub(crate) fn plain() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("agent-sync-test-")
            .tempdir()
            .expect("a temporary directory");
        let real = fs::canonicalize(folder.path()).expect("the temporary directory is there");
        for name in ["repo", "home"] {
            fs::create_dir(real.join(name)).expect("a directory in the temporary one");
        }
        let redactor = Arc::new(Redactor::new(&real));
        let clock = Clock::Still {
            wall: START,
            uptime: 1_000_000_000,
            boot: 7,
        };
        Self {
            folder,
            clock: Mutex::new(clock),
            redactor,
        }
    }

    /// The temporary directory that holds the project and the home.
    pub(crate) fn outside(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).expect("the temporary directory is there")
    }

    /// The project.
    pub(crate) fn root(&self) -> PathBuf {
        self.outside().join("repo")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.outside().join("home")
    }

    /// A path in the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The store's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path(".claude/coordination/state.sqlite")
    }

    /// The store itself, to look behind the scenes or to break something.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).expect("the store is there")
    }

    /// The ids of all agents in the store.
    pub(crate) fn agents(&self) -> Vec<String> {
        let sql = self.sql();
        let mut statement = sql
            .prepare("SELECT id FROM agent ORDER BY id")
            .expect("a table of agents");
        let ids = statement
            .query_map([], |row| row.get(0))
            .expect("the store can be read");
        ids.map(|id| id.expect("the store can be read")).collect()
    }

    /// Writes a file of the project, directories included.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("its directory");
        fs::write(path, content).expect("a writable file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a readable file")
    }

    /// Runs git in the project.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_at(&self.root(), arguments)
    }

    /// Runs git in a directory.
    pub(crate) fn git_at(&self, directory: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([
                ("GIT_AUTHOR_DATE", "1700000000 +0000"),
                ("GIT_COMMITTER_DATE", "1700000000 +0000"),
            ])
            .envs([
                ("GIT_AUTHOR_NAME", "A Person"),
                ("GIT_AUTHOR_EMAIL", "person@example.org"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "A Person"),
                ("GIT_COMMITTER_EMAIL", "person@example.org"),
            ]);
        let output = command.output().expect("git is installed");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Adds a linked worktree beside the project and returns its directory.
    pub(crate) fn worktree(&self, name: &str) -> PathBuf {
        let directory = self.outside().join(name);
        let path = directory.to_str().expect("temporary paths are UTF-8");
        self.git(&["worktree", "add", "--quiet", "-b", name, path]);
        directory
    }

    /// Somebody with a session of Claude Code, which is named after them.
    pub(crate) fn agent(&self, name: &str) -> Actor<'_> {
        let actor = Actor::in_session(self, format!("session-of-{name}"));
        self.redactor.remember(&actor.id(), name);
        actor
    }

    /// A person at a terminal: no session and no agent's shell.
    pub(crate) fn human(&self) -> Actor<'_> {
        Actor::without_session(self)
    }

    /// Sets up the store of a git repository with nothing in it.
    pub(crate) fn set_up(&self) {
        let project = agent_sync::repo::Project::discover(&self.root(), None).expect("a repository");
        let world = agent_sync::env::Env::real();
        agent_sync::place::Place::new(&world, project)
            .create(&world)
            .expect("a new store");
    }

    /// Lets milliseconds pass.
    pub(crate) fn advance(&self, milliseconds: i64) {
        self.set_clock(milliseconds, milliseconds);
    }

    /// Sets the wall clock forward or back while no time passes.
    pub(crate) fn jump(&self, milliseconds: i64) {
        self.set_clock(milliseconds, 0);
    }

    /// Lets milliseconds pass in which the machine starts anew: time since boot begins again.
    pub(crate) fn reboot(&self, milliseconds: i64) {
        self.jump(milliseconds);
        let mut clock = self.clock.lock().expect("no test panicked here");
        if let Clock::Still { uptime, boot, .. } = &mut *clock {
            *uptime = milliseconds;
            *boot += 1;
        }
    }

    fn set_clock(&self, by_wall: i64, by_uptime: i64) {
        let mut clock = self.clock.lock().expect("no test panicked here");
        match &mut *clock {
            Clock::Still { wall, uptime, .. } => {
                *wall += by_wall;
                *uptime += by_uptime;
            }
            Clock::Real => panic!("the machine's clock cannot be set"),
        }
    }

    /// Takes the machine's own clock from now on, for what waits.
    pub(crate) fn use_real_clock(&self) {
        *self.clock.lock().expect("no test panicked here") = Clock::Real;
    }

    /// The value of the clock's variable.
    fn clock(&self) -> Option<String> {
        match *self.clock.lock().expect("no test panicked here") {
            Clock::Still { wall, uptime, boot } => Some(format!("{wall},{uptime},{boot}")),
            Clock::Real => None,
        }
    }
}

/// Whether somebody makes noise or needs quiet.
static NOISE: RwLock<()> = RwLock::new(());

/// Waits until no other test keeps the whole machine busy, and keeps it so: for tests that measure time.
pub(crate) fn quiet() -> RwLockReadGuard<'static, ()> {
    NOISE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until no other test measures time, and keeps it so: for tests that keep the whole machine busy.
pub(crate) fn noise() -> RwLockWriteGuard<'static, ()> {
    NOISE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Where programs are found: the one under test first.
pub(crate) fn search_path() -> String {
    let own = Path::new(PROGRAM).parent().expect("a program has a directory");
    format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", own.display())
}

/// Fails with what to install when a tool is missing.
pub(crate) fn require(tool: &str, package: &str) {
    assert!(
        is_installed(tool),
        "this test needs `{tool}`: install the package {package}"
    );
}

/// Whether a tool is there that a test may do without only where `AGENT_SYNC_OPTIONAL_TOOLS=1` says so, and
/// then loudly: a test that never ran must not look like one that passed.
pub(crate) fn has(tool: &str, package: &str) -> bool {
    if is_installed(tool) {
        return true;
    }
    let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some_and(|value| value == "1");
    assert!(
        is_optional,
        "{tool} is missing: install the package {package}, or set AGENT_SYNC_OPTIONAL_TOOLS=1"
    );
    eprintln!("SKIPPED, because {tool} is missing");
    false
}

fn is_installed(tool: &str) -> bool {
    search_path()
        .split(':')
        .any(|directory| Path::new(directory).join(tool).exists())
}

/// Copies a directory with all that is in it, links as links.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new directory");
    fs::set_permissions(to, fs::metadata(from).expect("it is there").permissions()).expect("its rights");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("its kind");
        if kind.is_dir() {
            copy_tree(&source, &target);
        } else if kind.is_symlink() {
            let leads = fs::read_link(&source).expect("a link");
            std::os::unix::fs::symlink(leads, target).expect("a link");
        } else {
            fs::copy(&source, &target).expect("a file");
        }
    }
}

/// Every file at or below a path, with its bytes; links are not followed.
pub(crate) fn listing(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        let kind = fs::symlink_metadata(&path).expect("it is there").file_type();
        if kind.is_dir() {
            let entries = fs::read_dir(&path).expect("a directory");
            left.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if kind.is_file() {
            found.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

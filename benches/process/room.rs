//! A project with a store of one size, and those who work in it.
//!
//! The store is made by the product itself and then filled through SQL in one go; `doctor --check` has to find
//! nothing wrong with it. Every run begins from the same facts: `fresh.sql` and what a case adds are written
//! while no time is taken, and folded away again before the next run.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use agent_sync::hook::HOOKS;
use agent_sync::identity::{of_subagent, session_id};
use anyhow::{Context as _, Result, ensure};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::measure::Invocation;
use super::{epoch, programs::Programs};

/// How much a store holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) agents: u32,
    pub(crate) tasks: u32,
    pub(crate) locks: u32,
    pub(crate) messages: u32,
    pub(crate) activity: u32,
    /// One message of so many is for everybody.
    pub(crate) broadcast_every: u32,
}

/// A repository on its first day, a busy one, and ten of those in one.
pub(crate) static SIZES: [Size; 3] = [
    Size {
        name: "small",
        agents: 3,
        tasks: 6,
        locks: 3,
        messages: 6,
        activity: 10,
        broadcast_every: 6,
    },
    Size {
        name: "big",
        agents: 50,
        tasks: 2_000,
        locks: 500,
        messages: 20_000,
        activity: 100_000,
        broadcast_every: 10,
    },
    Size {
        name: "huge",
        agents: 500,
        tasks: 20_000,
        locks: 5_000,
        messages: 200_000,
        activity: 1_000_000,
        broadcast_every: 200,
    },
];

/// The session whose hooks are measured, one that comes new, and a subagent as the client calls it.
const SESSION: &str = "session-of-me";
const NEWCOMER: &str = "session-of-a-newcomer";
const SUBAGENT: &str = "a31130a1658bec0a5";

/// The size in bytes from which on what a case adds is folded away before the run.
const LARGE_LOG: u64 = 128 * 1024;

/// Where the recorded sessions took place.
const RECORDED_PROJECT: &str = "/home/user/project";

/// A project.
pub(crate) struct Room {
    pub(crate) size: Size,
    pub(crate) root: PathBuf,
    home: PathBuf,
    ours: PathBuf,
    path: OsString,
    seeded: i64,
    /// The last thing that was recorded before measuring began.
    last_record: i64,
}

impl Room {
    /// Makes a project in a new directory below `scratch`.
    pub(crate) fn new(programs: &Programs, size: Size, scratch: &Path) -> Result<Self> {
        let place = scratch.join(size.name);
        let mut room = Self {
            size,
            root: place.join("repo"),
            home: place.join("home"),
            ours: programs.ours.clone(),
            path: search_path(&programs.ours),
            seeded: epoch() + 1,
            last_record: 0,
        };
        fs::create_dir_all(room.root.join("src"))?;
        fs::create_dir_all(&room.home)?;
        for name in ["free", "shared", "held0", "mine"] {
            fs::write(room.root.join(format!("src/{name}.rs")), "fn main() {}\n")?;
        }
        room.git(&["init", "--quiet", "--initial-branch=main"])?;
        room.shell(&["init"]).succeed()?;
        room.git(&["add", "src"])?;
        room.git(&["commit", "--quiet", "--no-verify", "--message=Begin"])?;
        room.seed().context("filling the store")?;
        room.shell(&["doctor", "--check"]).succeed()?;
        room.last_record = room.settle()?;
        Ok(room)
    }

    /// The id of the agent whose hooks are measured.
    pub(crate) fn me() -> String {
        session_id(SESSION)
    }

    /// The store's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.root.join(".claude/coordination/state.sqlite")
    }

    fn variables(&self) -> Vec<(String, OsString)> {
        let named = |name: &str, value: &str| (name.to_owned(), OsString::from(value));
        vec![
            ("HOME".to_owned(), self.home.clone().into()),
            ("PATH".to_owned(), self.path.clone()),
            named("LANG", "C.UTF-8"),
            named("CLAUDE_CODE_SESSION_ID", SESSION),
            named("CLAUDE_PID", &std::process::id().to_string()),
            named("CLAUDECODE", "1"),
        ]
    }

    /// A program in this project, in the client's environment.
    pub(crate) fn program(&self, program: &Path, arguments: Vec<OsString>) -> Invocation {
        Invocation {
            program: program.to_owned(),
            arguments,
            cwd: self.root.clone(),
            variables: self.variables(),
            input: None,
        }
    }

    /// A command as an agent's shell runs it.
    pub(crate) fn shell(&self, arguments: &[&str]) -> Invocation {
        let mut invocation = self.program(&self.ours, arguments.iter().map(OsString::from).collect());
        let client = ("AI_AGENT".to_owned(), "claude-code_2-1-329_agent".into());
        invocation.variables.push(client);
        invocation
    }

    /// A hook as the client runs it, with a payload that was recorded and these fields changed.
    pub(crate) fn hook(&self, name: &str, recorded: &str, changes: &[(&str, &str)]) -> Result<Invocation> {
        let mut invocation = self.program(&self.ours, vec!["hook".into(), name.into()]);
        invocation.input = Some(payload(&self.root, recorded, changes)?);
        let client = ("AI_AGENT".to_owned(), "claude-code_2-1-329_harness".into());
        invocation.variables.push(client);
        let project = ("CLAUDE_PROJECT_DIR".to_owned(), self.root.clone().into());
        invocation.variables.push(project);
        Ok(invocation)
    }

    /// The directory of everything about this store.
    pub(crate) fn place(&self) -> PathBuf {
        self.root.parent().map(Path::to_owned).unwrap_or_default()
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut invocation = self.program(Path::new("git"), arguments.iter().map(OsString::from).collect());
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A Person"),
            ("GIT_AUTHOR_EMAIL", "person@example.org"),
            ("GIT_COMMITTER_NAME", "A Person"),
            ("GIT_COMMITTER_EMAIL", "person@example.org"),
        ] {
            invocation.variables.push((name.to_owned(), value.into()));
        }
        invocation.succeed().map(drop)
    }

    fn connection(&self) -> Result<Connection> {
        let connection = Connection::open(self.database())?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Speed of the preparation only: what the measured programs push to the disk is their own affair.
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    }

    fn seed(&self) -> Result<()> {
        let mut connection = self.connection()?;
        let size = self.size;
        connection.execute_batch(
            "CREATE TEMP TABLE plan (agents, tasks, locks, messages, activity, broadcast_every, now, me);
             CREATE TEMP TABLE event (event);",
        )?;
        connection.execute(
            "INSERT INTO plan VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                size.agents,
                size.tasks,
                size.locks,
                size.messages,
                size.activity,
                size.broadcast_every,
                self.seeded - 1,
                Self::me()
            ],
        )?;
        for hook in &HOOKS {
            connection.execute("INSERT INTO event VALUES (?1)", [hook.event])?;
        }
        let transaction = connection.transaction()?;
        transaction.execute_batch(include_str!("seed.sql"))?;
        transaction.commit()?;
        fold(&connection)?;
        Ok(())
    }

    /// Has the measured session begin, and lets its process vouch for everybody: they live as long as it does. Says
    /// what was recorded last.
    fn settle(&self) -> Result<i64> {
        let start = self.hook("session-start", "SessionStart-startup", &[])?;
        ensure!(
            !start.succeed()?.is_empty(),
            "a session that begins is told nothing"
        );
        fs::create_dir_all(self.root.join(".git/agent-sync/wake"))?;
        let connection = self.connection()?;
        connection.execute_batch(
            "UPDATE presence SET (pid, started, pid_boot, namespace) =
                 (SELECT pid, started, pid_boot, namespace FROM presence WHERE pid IS NOT NULL LIMIT 1)",
        )?;
        Ok(connection.query_row("SELECT max(seq) FROM activity", [], |row| row.get(0))?)
    }

    /// Brings the store back to where every run begins, with what a case adds. Nobody has it open afterwards, and
    /// only these few changes are in the write-ahead log.
    pub(crate) fn prepare(&self, case: &str) -> Result<()> {
        let mut connection = self.connection()?;
        fold(&connection)?;
        connection.execute_batch(
            "CREATE TEMP TABLE moment (now, seeded, last_record, me, session, newcomer, subagent, peer)",
        )?;
        let me = Self::me();
        connection.execute(
            "INSERT INTO moment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT id FROM agent WHERE name = 'peer-1'))",
            params![
                epoch(),
                self.seeded,
                self.last_record,
                me,
                SESSION,
                session_id(NEWCOMER),
                of_subagent(&me, SUBAGENT)
            ],
        )?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(include_str!("fresh.sql"))?;
        transaction
            .execute_batch(case)
            .with_context(|| format!("preparing {case}"))?;
        transaction.commit()?;
        // A case that adds much, such as words to the index, must not have the measured program fold it away.
        if self.log_size() > LARGE_LOG {
            fold(&connection)?;
        }
        Ok(())
    }

    /// Holds the store for writing until the returned value is dropped, which changes nothing.
    pub(crate) fn hold(&self) -> Result<Connection> {
        let connection = self.connection()?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(connection)
    }

    /// Changes the store behind the program's back, and folds its log.
    pub(crate) fn change(&self, sql: &str) -> Result<()> {
        let connection = self.connection()?;
        connection.execute_batch(sql)?;
        fold(&connection)
    }

    /// Lets the write-ahead log grow to so many bytes by changes of no account.
    pub(crate) fn lengthen_log(&self, bytes: u64) -> Result<()> {
        let connection = self.connection()?;
        while self.log_size() < bytes {
            connection.execute(
                "UPDATE presence SET seen_at = seen_at + 1 WHERE agent_id = ?1",
                [Self::me()],
            )?;
        }
        Ok(())
    }

    /// Asks the store for one row.
    pub(crate) fn sql<T>(
        &self,
        sql: &str,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        Ok(self.connection()?.query_row(sql, [], read)?)
    }

    /// The size of the write-ahead log, in bytes.
    pub(crate) fn log_size(&self) -> u64 {
        let mut log = self.database().into_os_string();
        log.push("-wal");
        fs::metadata(log).map_or(0, |log| log.len())
    }
}

/// Empties the write-ahead log.
fn fold(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// A recorded payload, moved into a project and the measured session, with these fields changed.
pub(crate) fn payload(root: &Path, recorded: &str, changes: &[(&str, &str)]) -> Result<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/payloads")
        .join(format!("{recorded}.json"));
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let root = root.to_str().context("paths here are UTF-8")?;
    // The file that the client of the measured session watches.
    let flag = format!("{root}/.git/agent-sync/wake/{}", session_id(SESSION));
    let mut payload: Value = serde_json::from_str(&text.replace(RECORDED_PROJECT, root))?;
    for (pointer, value) in [("/session_id", SESSION)].iter().chain(changes) {
        let field = payload
            .pointer_mut(pointer)
            .with_context(|| format!("{recorded} has no {pointer}"))?;
        let value = value
            .replace("{root}", root)
            .replace("{flag}", &flag)
            .replace("{newcomer}", NEWCOMER)
            .replace("{subagent}", SUBAGENT);
        *field = value.into();
    }
    Ok(payload.to_string().into_bytes())
}

/// Where programs are found: the measured one first.
pub(crate) fn search_path(ours: &Path) -> OsString {
    let mut path = ours.parent().unwrap_or(ours).as_os_str().to_owned();
    path.push(":/usr/local/bin:/usr/bin:/bin");
    path
}

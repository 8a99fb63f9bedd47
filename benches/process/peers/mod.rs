//! Other programs for the same work, in stores that hold the same.
//!
//! Both come from their registry into a directory of this checkout and serve for comparison alone. Their databases
//! are filled from ours, row by row. Where they cannot be had, nothing is compared, and that is said.

mod pairs;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};

pub(crate) use pairs::{PAIRS, Pair, Theirs};

use super::epoch;
use super::measure::Invocation;
use super::room::{Room, payload, search_path};

/// The packages, with the version where it matters.
const PACKAGES: [&str; 2] = ["claude-agent-sync==0.4.0", "hcom"];

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// claude-agent-sync 0.4.0.
    Predecessor,
    /// hcom.
    Hcom,
}

/// A peer in a project of its own.
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    /// The size of its store.
    pub(crate) size: &'static str,
    program: PathBuf,
    root: PathBuf,
    home: PathBuf,
    path: OsString,
}

impl Kind {
    const fn program(self) -> &'static str {
        match self {
            Self::Predecessor => "agent-sync",
            Self::Hcom => "hcom",
        }
    }

    const fn filling(self) -> &'static str {
        match self {
            Self::Predecessor => include_str!("predecessor.sql"),
            Self::Hcom => include_str!("hcom.sql"),
        }
    }

    const fn fresh(self) -> &'static str {
        match self {
            Self::Predecessor => include_str!("predecessor_fresh.sql"),
            Self::Hcom => include_str!("hcom_fresh.sql"),
        }
    }
}

/// Installs the peers if they are not here yet, and says in which directory their programs are.
pub(crate) fn install() -> Result<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/peers");
    let programs = place.join("bin");
    if programs.join("hcom").exists() && programs.join("agent-sync").exists() {
        return Ok(programs);
    }
    let run = |command: &mut Command| -> Result<()> {
        let status = command
            .status()
            .with_context(|| format!("starting {command:?}"))?;
        ensure!(status.success(), "{command:?} ended with {status}");
        Ok(())
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    run(Command::new(programs.join("pip"))
        .args(["install", "--quiet"])
        .args(PACKAGES))?;
    Ok(programs)
}

impl Peer {
    /// A project like `room`, in which the peer has the same facts.
    pub(crate) fn new(kind: Kind, programs: &Path, room: &Room) -> Result<Self> {
        let place = room.place().join(kind.program().to_owned() + "-peer");
        let program = programs.join(kind.program());
        let peer = Self {
            kind,
            size: room.size.name,
            root: place.join("repo"),
            home: place.join("home"),
            path: search_path(&program),
            program,
        };
        let _none = fs::remove_dir_all(&place);
        fs::create_dir_all(peer.root.join("src"))?;
        fs::create_dir_all(peer.root.join(".git"))?;
        fs::create_dir_all(&peer.home)?;
        for name in ["free", "held0"] {
            fs::write(peer.root.join(format!("src/{name}.rs")), "fn main() {}\n")?;
        }
        let first: &[&str] = match kind {
            Kind::Predecessor => &["whoami"],
            Kind::Hcom => &["list"],
        };
        peer.command(first).succeed()?;
        let connection = peer.connection()?;
        connection.execute("ATTACH ?1 AS ours", [room.database().to_string_lossy()])?;
        connection.execute_batch(include_str!("instants.sql"))?;
        connection
            .execute_batch(&format!("BEGIN; {} COMMIT;", kind.filling()))
            .with_context(|| format!("filling the database of {}", kind.program()))?;
        Ok(peer)
    }

    /// What it calls itself.
    pub(crate) fn version(&self) -> Result<String> {
        let said = self.command(&["--version"]).succeed()?;
        Ok(said.lines().next().unwrap_or_default().trim().to_owned())
    }

    fn database(&self) -> PathBuf {
        match self.kind {
            Kind::Predecessor => self.root.join(".claude/coordination/state.sqlite"),
            Kind::Hcom => self.home.join(".hcom/hcom.db"),
        }
    }

    /// Its database, with the table `moment`.
    fn connection(&self) -> Result<Connection> {
        let connection = Connection::open(self.database())?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.execute_batch("CREATE TEMP TABLE moment (now, me, text)")?;
        connection.execute(
            "INSERT INTO moment VALUES (?1, ?2,
                 strftime('%Y-%m-%dT%H:%M:%f', ?1 / 1000.0, 'unixepoch') || '000+00:00')",
            params![epoch(), Room::me()],
        )?;
        Ok(connection)
    }

    /// Brings its database back to where every run begins, with what a case adds.
    pub(crate) fn prepare(&self, facts: &str) -> Result<()> {
        let sql = format!("BEGIN; {} {facts}; COMMIT;", self.kind.fresh());
        self.connection()?
            .execute_batch(&sql)
            .with_context(|| format!("preparing {facts}"))
    }

    /// One of its commands.
    pub(crate) fn command(&self, arguments: &[&str]) -> Invocation {
        let named = |name: &str, value: &str| (name.to_owned(), OsString::from(value));
        Invocation {
            program: self.program.clone(),
            arguments: arguments.iter().map(OsString::from).collect(),
            cwd: self.root.clone(),
            variables: vec![
                ("HOME".to_owned(), self.home.clone().into()),
                ("PATH".to_owned(), self.path.clone()),
                named("LANG", "C.UTF-8"),
                named("AGENT_SYNC_ID", &Room::me()),
            ],
            input: None,
        }
    }

    /// One of its calls.
    pub(crate) fn invocation(&self, theirs: &Theirs) -> Result<Invocation> {
        let mut invocation = self.command(theirs.arguments);
        if let Some((recorded, changes)) = theirs.payload {
            invocation.input = Some(payload(&self.root, recorded, changes)?);
            let project = ("CLAUDE_PROJECT_DIR".to_owned(), self.root.clone().into());
            invocation.variables.push(project);
        }
        Ok(invocation)
    }
}

//! What one run asks of the system, as strace sees it.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::measure::Invocation;

/// Counts of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    /// System calls, from the first after the program was loaded.
    pub(crate) calls: u64,
    /// Calls that push something to the disk.
    pub(crate) syncs: u64,
    /// Bytes written to files, those of memory that processes share left out.
    pub(crate) bytes: u64,
    /// Transactions that changed something: the write-ahead log was written to under the lock for writing.
    pub(crate) commits: u64,
    /// Processes that were started.
    pub(crate) spawned: u64,
    /// Directories that were listed.
    pub(crate) listings: u64,
}

/// Whether strace is here.
fn has_strace() -> bool {
    let version = Command::new("strace")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Runs something once under strace; nothing where that is not installed.
pub(crate) fn traced(invocation: &Invocation) -> Result<Option<Trace>> {
    if !has_strace() {
        return Ok(None);
    }
    let log = tempfile::NamedTempFile::new()?;
    let options = ["-f", "-qq", "-y", "-s", "0", "-o"].iter().map(Into::into);
    let options: Vec<_> = options.chain([log.path().into()]).collect();
    invocation.under("strace", &options).outcome()?;
    let text = fs::read(log.path()).context("reading what strace wrote")?;
    Ok(Some(counted(&String::from_utf8_lossy(&text))))
}

/// The byte of the shared memory whose lock lets one process write (SQLite's `WAL_WRITE_LOCK`).
const WRITE_LOCK: &str = "l_start=120, l_len=1}";

fn counted(log: &str) -> Trace {
    let mut trace = Trace::default();
    let (mut is_writing, mut has_written) = (false, false);
    for line in log.lines() {
        // PID CALL(ARGUMENTS) = RESULT
        let Some((_, call)) = line.trim_start().split_once(char::is_whitespace) else {
            continue;
        };
        let call = call.trim_start();
        if call.starts_with("+++") || call.starts_with("---") || call.contains(" resumed>") {
            continue;
        }
        trace.calls += 1;
        let name = call.split('(').next().unwrap_or_default();
        match name {
            "fsync" | "fdatasync" | "sync_file_range" | "msync" | "sync" | "syncfs" => trace.syncs += 1,
            "fork" | "vfork" => trace.spawned += 1,
            "clone" | "clone3" if !call.contains("CLONE_THREAD") => trace.spawned += 1,
            "getdents64" | "getdents" => trace.listings += 1,
            "write" | "pwrite64" | "writev" | "pwritev" if is_of_file(call) => {
                trace.bytes += written(call);
                has_written |= call.contains("-wal>");
            }
            "fcntl" if call.contains("-shm>") && call.contains(WRITE_LOCK) => {
                if call.contains("F_WRLCK") {
                    is_writing = true;
                    has_written = false;
                } else if call.contains("F_UNLCK") {
                    trace.commits += u64::from(is_writing && has_written);
                    is_writing = false;
                }
            }
            _ => {}
        }
    }
    trace
}

/// Whether a call writes to a file that is somewhere on a disk.
fn is_of_file(call: &str) -> bool {
    let target = call.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    target.is_some_and(|(path, _)| {
        path.starts_with('/') && !path.ends_with("-shm") && !path.starts_with("/dev/")
    })
}

fn written(call: &str) -> u64 {
    let result = call.rsplit_once("= ").map_or("", |(_, result)| result);
    result
        .split_whitespace()
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

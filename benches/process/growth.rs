//! What a long life does to the store: its size and that of its log under a load of many operations, and what it costs
//! everybody else to clear what has become old.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::measure::{Invocation, Sink, at};
use super::room::Room;

/// So many processes at a time.
const WORKERS: usize = 2;
/// Who writes to the measured agent: the second of the crew.
const PEER: &str = "agent-000000000001";
/// How often the sizes are looked at during the load.
const LOOKS: usize = 10;

/// The sizes after so many operations.
pub(crate) struct Look {
    pub(crate) operations: usize,
    /// Of the database, in bytes.
    pub(crate) database: u64,
    /// The largest write-ahead log until then, in bytes.
    pub(crate) log: u64,
    /// The records in it.
    pub(crate) records: i64,
}

/// What clearing came to.
pub(crate) struct Cleared {
    /// How many records went.
    pub(crate) records: i64,
    pub(crate) took: Duration,
    /// What a hook that writes took meanwhile, in milliseconds: median and longest.
    pub(crate) hook: (f64, f64),
    /// How many hooks ran meanwhile.
    pub(crate) hooks: usize,
    /// Of the database, in bytes, before and after.
    pub(crate) database: (u64, u64),
}

/// One operation of an ordinary day; of six, four are hooks.
fn operation(room: &Room, number: usize) -> Result<Invocation> {
    let file = format!("{}/src/part{}.rs", room.root.display(), number % 997);
    let file: &str = &file;
    Ok(match number % 6 {
        0 => room.hook(
            "pre-tool-use",
            "PreToolUse-Edit",
            &[("/tool_input/file_path", file)],
        )?,
        1 => room.hook(
            "post-tool-use",
            "PostToolUse-Edit",
            &[("/tool_input/file_path", file)],
        )?,
        2 => room.hook("user-prompt-submit", "UserPromptSubmit", &[])?,
        3 => room.hook("stop", "Stop", &[])?,
        4 => room.shell(&[
            "--as",
            PEER,
            "message",
            "send",
            "--to",
            "me",
            "--message",
            "Look at it",
        ]),
        _ => room.shell(&["activity", "add", "Something was done"]),
    })
}

fn look(room: &Room, operations: usize, log: u64) -> Result<Look> {
    let records = room.sql("SELECT count(*) FROM activity", |row| row.get(0))?;
    Ok(Look {
        operations,
        database: fs::metadata(room.database())?.len(),
        log,
        records,
    })
}

/// Runs so many operations and looks at the sizes now and then.
pub(crate) fn load(room: &Room, operations: usize) -> Result<Vec<Look>> {
    room.prepare("")?;
    let mut looks = vec![look(room, 0, room.log_size())?];
    let mut largest = 0;
    let step = operations.div_ceil(LOOKS).max(1);
    for begin in (0..operations).step_by(step) {
        let end = operations.min(begin + step);
        let next = AtomicUsize::new(begin);
        let logs: Vec<Result<u64>> = thread::scope(|scope| {
            let work = || {
                let mut sink = Sink::new()?;
                let mut largest = 0;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return Ok(largest);
                    }
                    let (_, status) = operation(room, number)?.sample(&mut sink)?;
                    // Whoever sends too much is refused, which is an operation, too.
                    ensure!(
                        matches!(status.code(), Some(0 | 3)),
                        "operation {number} ended with {status}: {}",
                        sink.text()?
                    );
                    largest = largest.max(room.log_size());
                }
            };
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => Err(anyhow::anyhow!("a worker stopped")),
            });
            joined.collect()
        });
        for log in logs {
            largest = largest.max(log?);
        }
        looks.push(look(room, end, largest)?);
    }
    Ok(looks)
}

/// Makes all but the newest records old and has `gc` clear them, while hooks go on.
pub(crate) fn clear(room: &Room) -> Result<Cleared> {
    room.change(
        "UPDATE activity SET created_at = created_at - 7776000000
         WHERE seq < (SELECT max(seq) FROM activity) - 100",
    )?;
    let database = fs::metadata(room.database())?.len();
    let count = || room.sql("SELECT count(*) FROM activity", |row| row.get::<_, i64>(0));
    let before = count()?;
    let is_over = AtomicBool::new(false);
    let (took, hooks) = thread::scope(|scope| -> Result<(Duration, Vec<Duration>)> {
        let others = scope.spawn(|| -> Result<Vec<Duration>> {
            let mut sink = Sink::new()?;
            let mut took = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                // An edit: it looks, and it writes.
                let (sample, _) = operation(room, 1)?.sample(&mut sink)?;
                took.push(sample.wall);
            }
            Ok(took)
        });
        let began = Instant::now();
        let cleared = room.shell(&["gc"]).succeed();
        let took = began.elapsed();
        is_over.store(true, Ordering::Relaxed);
        cleared?;
        match others.join() {
            Ok(hooks) => Ok((took, hooks?)),
            Err(_) => Err(anyhow::anyhow!("the hooks stopped")),
        }
    })?;
    let written = i64::try_from(hooks.len())?;
    Ok(Cleared {
        records: before + written - count()?,
        took,
        hook: (at(hooks.iter().copied(), 50), at(hooks.iter().copied(), 100)),
        hooks: hooks.len(),
        database: (database, fs::metadata(room.database())?.len()),
    })
}

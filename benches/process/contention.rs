//! Many processes at once: locks that nobody else wants, one board that everybody works on, hooks beside a writer.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::hooks::HOOK_CASES;
use super::measure::{Invocation, Sink, at};
use super::peers::Peer;
use super::room::Room;

/// How many processes run at a time.
const CROWDS: [usize; 5] = [2, 8, 12, 32, 64];
/// How many locks are taken and given back in all, by each crowd.
const CYCLES: usize = 320;
/// The same for a peer that does thirty operations a second.
const PEER_CYCLES: usize = 32;
/// How many of them work on the board, and on how many tasks.
const CLAIMERS: usize = 16;
const TASKS: usize = 500;
/// How long the id of one of them is.
const TASK_ID: usize = "task-claim-000".len();
/// How often each hook runs beside a writer.
const HELD_RUNS: usize = 5;

/// What a crowd came to.
pub(crate) struct Crowd {
    pub(crate) what: String,
    pub(crate) processes: usize,
    /// How long each operation took.
    pub(crate) took: Vec<Duration>,
    pub(crate) errors: usize,
    /// From the first start to the last end.
    pub(crate) whole: Duration,
}

impl Crowd {
    /// Operations in a second.
    pub(crate) fn rate(&self) -> f64 {
        let count = u32::try_from(self.took.len()).unwrap_or(u32::MAX);
        f64::from(count) / self.whole.as_secs_f64()
    }

    /// The time below which `share` percent of the operations stayed, in milliseconds.
    pub(crate) fn wall(&self, share: usize) -> f64 {
        at(self.took.iter().copied(), share)
    }
}

/// Lets so many workers go at once, each with its number; each says how long its operations took and how many failed.
fn crowd(
    what: String,
    processes: usize,
    work: impl Fn(usize) -> Result<(Vec<Duration>, usize)> + Sync,
) -> Result<Crowd> {
    let barrier = Barrier::new(processes);
    let began = Instant::now();
    let results: Vec<Result<(Vec<Duration>, usize)>> = thread::scope(|scope| {
        let start = |worker| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(worker)
            })
        };
        let workers: Vec<_> = (0..processes).map(start).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a worker stopped")),
        });
        ended.collect()
    });
    let whole = began.elapsed();
    let (mut took, mut errors) = (Vec::new(), 0);
    for result in results {
        let (of_worker, failed) = result?;
        took.extend(of_worker);
        errors += failed;
    }
    Ok(Crowd {
        what,
        processes,
        took,
        errors,
        whole,
    })
}

/// Somebody of their own: not the session that is measured elsewhere.
fn somebody(mut invocation: Invocation, worker: usize) -> Invocation {
    let of_session = [
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDECODE",
        "AI_AGENT",
        "AGENT_SYNC_ID",
    ];
    invocation
        .variables
        .retain(|(name, _)| !of_session.contains(&name.as_str()));
    let name = ("AGENT_SYNC_ID".to_owned(), format!("worker-{worker}").into());
    invocation.variables.push(name);
    invocation
}

/// Locks taken and given back, each process its own file.
fn locks(
    what: &str,
    processes: usize,
    cycles: usize,
    command: impl Fn(&[&str]) -> Invocation + Sync,
    words: [&[&str]; 2],
) -> Result<Crowd> {
    crowd(what.to_owned(), processes, |worker| {
        let file = format!("src/of-worker-{worker}.rs");
        let mut sink = Sink::new()?;
        let (mut took, mut errors) = (Vec::new(), 0);
        for _ in 0..cycles.div_ceil(processes) {
            for words in words {
                let words: Vec<&str> = words.iter().copied().chain([file.as_str()]).collect();
                let (sample, status) = somebody(command(&words), worker).sample(&mut sink)?;
                took.push(sample.wall);
                errors += usize::from(!status.success());
            }
        }
        Ok((took, errors))
    })
}

/// Every crowd of ours with what the same crowd of the predecessor's does in a second, where that is here.
pub(crate) fn all_locks(room: &Room, predecessor: Option<&Peer>) -> Result<Vec<(Crowd, Option<Crowd>)>> {
    let mut crowds = Vec::new();
    for processes in CROWDS {
        room.prepare("")?;
        let ours = locks(
            "lock and unlock",
            processes,
            CYCLES,
            |words| room.shell(words),
            [&["lock", "acquire"], &["lock", "release"]],
        )?;
        let theirs = predecessor.map(|peer| {
            let cycles = PEER_CYCLES.max(processes);
            let words: [&[&str]; 2] = [&["lock"], &["unlock"]];
            locks(
                "lock and unlock",
                processes,
                cycles,
                |words| peer.command(words),
                words,
            )
        });
        crowds.push((ours, theirs.transpose()?));
    }
    Ok(crowds)
}

/// Agents that take one task after the other from one board, until nothing is left. Fails unless each task was taken
/// and done exactly once.
pub(crate) fn claimers(room: &Room) -> Result<Crowd> {
    room.prepare(&format!(
        "DELETE FROM task_dependency; DELETE FROM task_trail; DELETE FROM task WHERE status = 'pending';
         INSERT INTO task (id, title, status, created_at, updated_at)
         SELECT printf('task-claim-%03d', value), 'Claim ' || value, 'pending', now, now FROM moment,
             (WITH RECURSIVE n (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value + 1 < {TASKS})
              SELECT value FROM n)"
    ))?;
    let crowd = crowd(
        format!("task next, then task done, {TASKS} tasks"),
        CLAIMERS,
        |worker| {
            let mut sink = Sink::new()?;
            let (mut took, mut errors) = (Vec::new(), 0);
            for _ in 0..=TASKS {
                let next = somebody(room.shell(&["task", "next"]), worker);
                let (sample, status) = next.sample(&mut sink)?;
                took.push(sample.wall);
                let said = sink.text()?;
                let found = said.find("task-claim-").and_then(|at| said.get(at..at + TASK_ID));
                let Some(task) = found else {
                    errors += usize::from(!status.success());
                    break;
                };
                let done = somebody(room.shell(&["task", "done", task]), worker);
                let (sample, status) = done.sample(&mut sink)?;
                took.push(sample.wall);
                errors += usize::from(!status.success());
            }
            Ok((took, errors))
        },
    )?;
    let counts: (i64, i64, i64) = room.sql(
        "SELECT count(*), count(DISTINCT substr(body, 1, 14)), (SELECT count(*) FROM task
             WHERE id GLOB 'task-claim-*' AND status = 'done')
         FROM activity WHERE event = 'task.claimed' AND body GLOB 'task-claim-*'",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let tasks = i64::try_from(TASKS)?;
    ensure!(
        counts == (tasks, tasks, tasks),
        "{TASKS} tasks; claims, tasks that were claimed, tasks that are done: {counts:?}"
    );
    Ok(crowd)
}

/// How long each hook takes at most while somebody else holds the database for writing, in milliseconds.
pub(crate) fn beside_a_writer(room: &Room) -> Result<Vec<(&'static str, f64)>> {
    let mut longest = Vec::new();
    let mut sink = Sink::new()?;
    for case in HOOK_CASES {
        let mut took = Vec::new();
        for _ in 0..HELD_RUNS {
            case.prepare(room)?;
            let invocation = case.call.invocation(room)?;
            let writer = room.hold()?;
            let (sample, status) = invocation.sample(&mut sink)?;
            drop(writer);
            let code = status.code().context("a hook was killed")?;
            ensure!(
                code == 0 || code == case.exit,
                "'{}' beside a writer ended with {status}: {}",
                case.name,
                sink.text()?
            );
            took.push(sample.wall);
        }
        longest.push((case.name, at(took.into_iter(), 100)));
    }
    Ok(longest)
}

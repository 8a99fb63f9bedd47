//! How long a board of 10,000 tasks and 30,000 dependencies keeps people waiting.
//!
//! `cargo bench --bench tasks` prints the median, the 99th percentile and the longest of each, and the median of
//! what it cost the processor: on a machine that has other things to do, that is the figure to compare.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures the real clock, prints, and may fail loudly"
)]

use std::time::{Duration, Instant};

use agent_sync::domain::agent::Kin;
use agent_sync::domain::presence::World;
use agent_sync::domain::task::{Kind, Move};
use agent_sync::store::{NewDependency, NewTask, Purpose, Registration, Report, Request, Store, create};
use rustix::time::{ClockId, clock_gettime};

const TASKS: usize = 10_000;
/// Those of them that wait for nothing.
const FREE: usize = 3_000;
const EDGES_EACH: usize = 4;
const DEPENDENTS: usize = 1_000;
const ROUNDS: usize = 200;

/// How long one run took, and for how long the processor worked on it.
type Times = Vec<(Duration, Duration)>;

fn report(what: &str, times: &[(Duration, Duration)]) {
    let sorted = |pick: fn(&(Duration, Duration)) -> Duration| {
        let mut picked: Vec<Duration> = times.iter().map(pick).collect();
        picked.sort();
        picked
    };
    let (elapsed, worked) = (sorted(|time| time.0), sorted(|time| time.1));
    let at = |part: usize, times: &[Duration]| times[(times.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
    println!(
        "{what:<36} p50 {:8.3} ms   p99 {:8.3} ms   max {:8.3} ms   processor p50 {:8.3} ms   ({} runs)",
        at(50, &elapsed),
        at(99, &elapsed),
        at(100, &elapsed),
        at(50, &worked),
        times.len()
    );
}

fn worked() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap()
}

fn timed<T>(times: &mut Times, body: impl FnOnce() -> T) -> T {
    let (began, before) = (Instant::now(), worked());
    let value = body();
    times.push((began.elapsed(), worked().saturating_sub(before)));
    value
}

fn after(on: &str, kind: Kind) -> NewDependency {
    NewDependency {
        on: on.to_owned(),
        kind,
    }
}

/// 10,000 tasks, of which 3,000 are ready and each of the others depends on four of the hundred or so before it,
/// and a thousand that depend on one: the ids of that one and of the last of the others.
fn board(store: &mut Store) -> (String, String) {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = move |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
    };
    store
        .write(&World::at_wall(1), |write| {
            write.register(&Registration {
                id: "a",
                ..Registration::default()
            })?;
            let mut ids: Vec<String> = Vec::new();
            for number in 0..TASKS {
                let count = if number < FREE { 0 } else { EDGES_EACH };
                let dependencies: Vec<NewDependency> = (0..count)
                    .map(|_| after(&ids[number - 1 - below(150)], Kind::After))
                    .collect();
                let files = [format!("src/part{number}/mod.rs")];
                let task = write.add_task(
                    "a",
                    &NewTask {
                        title: "One of many",
                        files: &files,
                        priority: i64::try_from(below(3))?,
                        dependencies: &dependencies,
                        ..NewTask::default()
                    },
                )?;
                ids.push(task.id);
            }
            let hub = write.add_task(
                "a",
                &NewTask {
                    title: "Hub",
                    priority: -1,
                    ..NewTask::default()
                },
            )?;
            for number in 0..DEPENDENTS {
                let kind = if number % 2 == 0 {
                    Kind::After
                } else {
                    Kind::OnFailure
                };
                let dependencies = [after(&hub.id, kind), after(&ids[below(150)], Kind::After)];
                write.add_task(
                    "a",
                    &NewTask {
                        title: "Spoke",
                        dependencies: &dependencies,
                        ..NewTask::default()
                    },
                )?;
            }
            write.rank_all()?;
            let last = ids.pop().unwrap_or_default();
            Ok((hub.id, last))
        })
        .unwrap()
}

fn main() {
    let place = tempfile::tempdir().unwrap();
    let database = place.path().join("coordination/state.sqlite");
    create(&database, 1, |_| Ok(())).unwrap();
    let mut store = Store::open(&database, Purpose::Command).unwrap();
    let mut times = Vec::new();
    let (hub, mut last) = timed(&mut times, || board(&mut store));
    report("a board of 11,001 tasks made", &times);
    let request = Request {
        agent: Kin {
            id: "a",
            parent: None,
        },
        tree: "",
        lock: true,
        role: None,
        labels: &[],
        another: false,
    };
    let (mut next, mut done) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let world = World::at_wall(2 + i64::try_from(round).unwrap());
        let out = timed(&mut next, || {
            store.write(&world, |write| write.next_task(&request)).unwrap()
        });
        let id = out.claimed.unwrap().task.id;
        timed(&mut done, || {
            let finish = |write: &agent_sync::store::Write<'_>| {
                write.move_task("a", &id, Move::Done, &Report::default(), false)
            };
            store.write(&world, finish).unwrap()
        });
    }
    report("task next --lock", &next);
    report("task done", &done);
    let mut creates = Vec::new();
    for round in 0..ROUNDS {
        let dependencies = [after(&last, Kind::After)];
        let new = NewTask {
            title: "At the end of the longest chain",
            dependencies: &dependencies,
            ..NewTask::default()
        };
        let world = World::at_wall(250 + i64::try_from(round).unwrap());
        let task = timed(&mut creates, || {
            store.write(&world, |write| write.create_task("a", &new)).unwrap()
        });
        last = task.id;
    }
    report("task create behind everything", &creates);
    let mut nexts = Vec::new();
    for round in 0..2 {
        let world = World::at_wall(290 + round);
        let out = timed(&mut nexts, || {
            store.write(&world, |write| write.next_task(&request)).unwrap()
        });
        let id = out.claimed.unwrap().task.id;
        let release = |write: &agent_sync::store::Write<'_>| {
            write.move_task("a", &id, Move::Release, &Report::default(), false)
        };
        store.write(&world, release).unwrap();
    }
    report("the first task next after that", &[nexts[0]]);
    report("and the second", &[nexts[1]]);
    let mut lists = Vec::new();
    for _ in 0..ROUNDS {
        timed(&mut lists, || {
            store
                .read(&World::at_wall(300), |read| Ok(read.ready_tasks()?.len()))
                .unwrap()
        });
    }
    report("task list --ready (of thousands)", &lists);
    let (mut ends, mut reopens) = (Vec::new(), Vec::new());
    for round in 0..20 {
        let what = if round % 2 == 0 { Move::Done } else { Move::Fail };
        let mut go = |times: &mut Times, what| {
            timed(times, || {
                store
                    .write(&World::at_wall(400 + round), |write| {
                        write.move_task("a", &hub, what, &Report::default(), true)
                    })
                    .unwrap()
            })
        };
        go(&mut ends, what);
        go(&mut reopens, Move::Reopen);
    }
    report("a task with 1,000 dependents ends", &ends);
    report("and is reopened", &reopens);
}

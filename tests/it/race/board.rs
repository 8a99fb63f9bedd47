//! Many workers at one board, some of them killed: every task is done once, and nothing stays behind with the
//! dead.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use agent_sync::domain::presence::{Life, ProcessTable, Proof, Thresholds, World};
use agent_sync::domain::task::Kind;
use agent_sync::domain::time::Moment;
use agent_sync::store::{NewDependency, NewTask, Purpose, Registration, Store};

use crate::env::TestEnv;

const WORKERS: usize = 32;
const TASKS: usize = 1_000;
/// One in so many workers is killed after, or while, it does something.
const KILLED: u64 = 20;

/// Works until there has been nothing to do for a while. Its own pid is the proof that it lives.
const WORKER: &str = "export CLAUDE_PID=$$
agent-sync agent heartbeat >/dev/null || exit 9
while out=$(agent-sync task next --wait 4s 2>&1); do
    id=${out#*\\`}
    id=${id%%\\`*}
    echo $id
    agent-sync task done $id >/dev/null || exit 9
done
case $out in *'nothing is ready'*) ;; *) echo \"$out\" >&2; exit 9 ;; esac";

struct Nobody;

impl ProcessTable for Nobody {
    fn life(&self, _: &Proof) -> Life {
        Life::Unknown
    }
}

/// Numbers that look random and are the same every time for the same thread.
fn random(state: &AtomicU64) -> u64 {
    let mut number = state.load(Ordering::Relaxed);
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    state.store(number, Ordering::Relaxed);
    number
}

/// A thousand tasks, most of which wait for some of the fifty before them.
fn fill(env: &TestEnv) {
    let state = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
    let world = World {
        now: Moment::at_wall(1),
        thresholds: Thresholds::default(),
        processes: &Nobody,
    };
    let mut store = Store::open(&env.database(), Purpose::Command).unwrap();
    store
        .write(&world, |write| {
            write.register(&Registration {
                id: "planner",
                ..Registration::default()
            })?;
            let mut ids: Vec<String> = Vec::new();
            for number in 0..TASKS {
                let count = if number < WORKERS { 0 } else { random(&state) % 4 };
                let dependencies: Vec<NewDependency> = (0..count)
                    .map(|kind| {
                        let back = usize::try_from(random(&state) % 50).unwrap().min(number - 1);
                        NewDependency {
                            on: ids[number - 1 - back].clone(),
                            kind: if kind == 0 { Kind::Always } else { Kind::After },
                        }
                    })
                    .collect();
                let title = format!("Task {number}");
                let task = write.create_task(
                    "planner",
                    &NewTask {
                        title: &title,
                        max_attempts: Some(1_000),
                        dependencies: &dependencies,
                        ..NewTask::default()
                    },
                )?;
                ids.push(task.id);
            }
            Ok(())
        })
        .unwrap();
}

fn start(env: &TestEnv, name: &str) -> Child {
    let program = env.agent(name).shell();
    let mut worker = Command::new("sh");
    worker.args(["-c", WORKER]).env_clear();
    worker.current_dir(program.get_current_dir().unwrap());
    worker.envs(
        program
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    worker
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell")
}

/// Keeps one place among the workers filled until nothing is left to do; adds those it killed.
fn supervise(env: &TestEnv, number: usize, started: &AtomicUsize, killed: &Mutex<BTreeSet<String>>) {
    let state = AtomicU64::new(0x1234_5678_9abc_def1 ^ (u64::try_from(number).unwrap() << 32));
    loop {
        let name = format!("worker{}", started.fetch_add(1, Ordering::Relaxed));
        let mut worker = start(env, &name);
        let lines = BufReader::new(worker.stdout.take().expect("a pipe")).lines();
        let mut is_killed = false;
        for _ in lines.map_while(Result::ok) {
            if random(&state).is_multiple_of(KILLED) {
                thread::sleep(Duration::from_millis(random(&state) % 40));
                worker.kill().expect("it can be killed");
                is_killed = true;
                killed.lock().unwrap().insert(env.agent(&name).id());
                break;
            }
        }
        let output = worker.wait_with_output().expect("a child can be waited for");
        if !is_killed {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {errors}");
            return;
        }
    }
}

/// An entry about a task: what happened, who did it, and to which task.
fn entries(env: &TestEnv) -> Vec<(String, String, String)> {
    let sql = env.sql();
    let mut statement = sql
        .prepare("SELECT event, agent_id, body FROM activity WHERE event LIKE 'task.%' ORDER BY seq")
        .unwrap();
    let rows = statement
        .query_map([], |row| {
            let body: String = row.get(2)?;
            let task = body.split([':', ' ']).next().unwrap_or_default().to_owned();
            Ok((row.get(0)?, row.get(1)?, task))
        })
        .unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn thirty_two_workers_of_whom_some_are_killed_do_a_thousand_tasks_once_each() {
    let env = TestEnv::new();
    env.set_up();
    env.use_real_clock();
    fill(&env);
    let (started, killed) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for number in 0..WORKERS {
            let (env, started, killed) = (&env, &started, &killed);
            scope.spawn(move || supervise(env, number, started, killed));
        }
    });
    let killed = killed.into_inner().unwrap();
    assert!(killed.len() > 10, "only {} were killed", killed.len());
    let sql = env.sql();
    let count = |condition: &str| -> usize {
        let sql_text = format!("SELECT count(*) FROM task WHERE {condition}");
        let count: i64 = sql.query_row(&sql_text, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    };
    assert_eq!(
        count("status = 'done'"),
        TASKS,
        "{} are left",
        count("status <> 'done'")
    );

    let mut asks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut statement = sql
        .prepare("SELECT task_id, depends_on_id FROM task_dependency")
        .unwrap();
    let edges = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    for (task, on) in edges.unwrap().map(Result::unwrap) {
        asks.entry(task).or_default().push(on);
    }
    let mut held: BTreeMap<String, String> = BTreeMap::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut abandoned = 0;
    for (event, agent, task) in entries(&env) {
        match event.as_str() {
            "task.claimed" => {
                let open = asks
                    .get(&task)
                    .into_iter()
                    .flatten()
                    .find(|on| !done.contains(*on));
                assert_eq!(open, None, "{task} was handed out before its time");
                let before = held.insert(task.clone(), agent);
                assert_eq!(before, None, "{task} was claimed twice");
                assert!(!done.contains(&task), "{task} was claimed when it was done");
            }
            "task.completed" => {
                assert_eq!(held.remove(&task), Some(agent), "{task} was done by another");
                assert!(done.insert(task.clone()), "{task} was done twice");
            }
            "task.abandoned" => {
                assert!(
                    killed.contains(&agent),
                    "{agent} lives, and {task} was taken away"
                );
                assert_eq!(held.remove(&task), Some(agent));
                abandoned += 1;
            }
            _ => {}
        }
    }
    assert_eq!((done.len(), held.len()), (TASKS, 0));
    assert!(abandoned > 0, "nobody was killed with a task in hand");
}

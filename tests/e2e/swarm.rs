//! A plan from its proposal to the end of the swarm, with real sessions that are started, killed and ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::api::turn::{self, Block, Turn};
use crate::api::{Api, record::Request};
use crate::client::Client;
use crate::guarded::Guarded;
use crate::network;

const PLAN: &str = "\
# A swarm
sessions: 3
budget: 40 turns, 20m

- [ ] Alpha
- [ ] Beta
- [ ] Gamma
- [ ] Delta (after: Alpha, Beta)
- [ ] Epsilon (after: Gamma)
- [ ] Omega (after: Delta, Epsilon)
";

/// How long all of it may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// What the scripted sessions share with the test.
struct Stage {
    folder: PathBuf,
    plan: OnceLock<String>,
}

impl Stage {
    /// There once somebody was killed: then nobody else stops in the middle.
    fn killed(&self) -> PathBuf {
        self.folder.join("../killed")
    }

    /// What a session does with the answer of `task next`: the work, or its end.
    fn work(&self, name: &str, request: &Request) -> Vec<Block> {
        let told = request.news();
        let at = told
            .find("task-")
            .filter(|_| !told.contains("No available tasks"));
        let Some(at) = at else {
            return vec![Block::Text("nothing is left for me".to_owned())];
        };
        let task: String = told[at..].chars().take("task-".len() + 8).collect();
        if name == "session-2" && !self.killed().exists() {
            let command = format!("echo {task} >../held; sleep 300");
            return vec![bash(&command)];
        }
        let plan = self.plan.get().expect("it was launched");
        let place = self
            .folder
            .join(format!(".claude/worktrees/agent-sync/{plan}-{name}/{task}.txt"));
        let write = Block::Tool {
            name: "Write".to_owned(),
            input: json!({"file_path": place, "content": "done\n"}),
        };
        // Nobody is done before the slowest has begun: the others would leave nothing to it.
        let command = format!(
            "until [ -e ../held ]; do sleep 0.1; done; \
             git add {task}.txt && git commit -qm 'Do {task}' && agent-sync task done {task}"
        );
        vec![write, bash(&command)]
    }

    /// A session that takes tasks until there is none.
    fn script(self: &Arc<Self>, name: &'static str) -> Vec<Turn> {
        let pair = |_| {
            let stage = Arc::clone(self);
            [
                turn::bash("agent-sync task next --lock"),
                turn::made(move |request| stage.work(name, request)),
            ]
        };
        (0..8).flat_map(pair).collect()
    }
}

fn bash(command: &str) -> Block {
    Block::Tool {
        name: "Bash".to_owned(),
        input: json!({"command": command, "description": "scripted"}),
    }
}

/// The process that looks after the sessions; killed when it is dropped.
struct Launched(Child);

impl Drop for Launched {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _gone = kill_process(Pid::from_child(&self.0), Signal::INT);
            std::thread::sleep(Duration::from_millis(500));
            let _gone = kill_process(Pid::from_child(&self.0), Signal::INT);
            let _reaped = self.0.wait();
        }
    }
}

fn started(mut command: Command) -> Launched {
    Launched(network::inside(|| command.spawn()).expect("agent-sync starts"))
}

/// Waits until `find` finds something; `trouble` says what there is instead.
fn until<T>(what: &str, trouble: impl Fn() -> String, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: never\n{}", trouble());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The column of a question to the store.
fn column(guarded: &Guarded, sql: &str) -> Vec<String> {
    let file = guarded.project.folder().join(".claude/coordination/state.sqlite");
    let store = rusqlite::Connection::open(file).expect("the store");
    store.busy_timeout(PATIENCE).expect("a timeout");
    let mut statement = store.prepare(sql).expect("a question");
    let rows = statement.query_map([], |row| row.get(0)).expect("an answer");
    rows.map(|row| row.expect("text")).collect()
}

/// The processes that descend from sessions of the crew.
fn processes(launches: &[String]) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let marked = entries.filter(|entry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        launches
            .iter()
            .any(|launch| environment.contains(launch.as_str()))
    });
    marked
        .map(|entry| fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default())
        .collect()
}

#[test]
fn a_plan_is_proposed_approved_launched_worked_off_and_the_swarm_ended() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    let stage = Arc::new(Stage {
        folder: project.folder(),
        plan: OnceLock::new(),
    });
    project.write("plan.md", PLAN);
    let api = Api::start()
        .conversation(
            "MARKER-PLANNER",
            [
                turn::bash("agent-sync plan propose plan.md"),
                turn::text("proposed"),
            ],
        )
        .conversation("You are session-1,", stage.script("session-1"))
        .conversation("You are session-2,", stage.script("session-2"))
        .conversation("You are session-3,", stage.script("session-3"));
    client
        .session(&api, project)
        .allow("Bash")
        .run("MARKER-PLANNER propose the plan")
        .expect_success();
    let plan = column(&guarded, "SELECT id FROM plan").pop().expect("a plan");
    stage.plan.set(plan.clone()).expect("once");
    guarded.run("operator", &["plan", "approve", &plan]);

    let output = |name: &str| project.tools().join(name);
    let mut command = client.starter(env!("CARGO_BIN_EXE_agent-sync"), &api, project);
    command
        .args(["plan", "launch", &plan, "--sessions", "--worktrees"])
        .args(["--backoff", "100ms", "--allow", "Edit,Write,Bash"])
        .stdin(Stdio::null())
        .stdout(fs::File::create(output("crew.out")).expect("a file"))
        .stderr(fs::File::create(output("crew.err")).expect("a file"));
    let mut launched = started(command);
    let trouble = || {
        let logs = project.folder().join(".claude/coordination/logs").join(&plan);
        let mut text = fs::read_to_string(output("crew.out")).unwrap_or_default();
        text += &fs::read_to_string(output("crew.err")).unwrap_or_default();
        for name in ["session-1", "session-2", "session-3"] {
            text += &fs::read_to_string(logs.join(format!("{name}.log"))).unwrap_or_default();
        }
        text
    };
    let victim = until("session-2 holds a task", trouble, || {
        let held = "SELECT CAST(s.pid AS TEXT) FROM crew_session s JOIN task t ON t.owner_id = s.agent_id
             WHERE s.name = 'session-2' AND s.state = 'running' AND t.status = 'in_progress'";
        let is_at_it = project
            .folder()
            .join(".claude/worktrees/agent-sync/held")
            .exists();
        column(&guarded, held).pop().filter(|_| is_at_it)
    });
    let held =
        fs::read_to_string(project.folder().join(".claude/worktrees/agent-sync/held")).expect("a task");
    fs::write(stage.killed(), "").expect("a mark");
    let pid = Pid::from_raw(victim.parse().expect("a number")).expect("a process");
    kill_process(pid, Signal::KILL).expect("the client still runs");
    let status = until("all tasks have ended", trouble, || {
        launched.0.try_wait().expect("a child can be waited for")
    });
    assert!(status.success(), "{status}\n{}", trouble());

    expect_order(&guarded);
    expect_taken_over(&guarded, held.trim());
    let marks = column(&guarded, "SELECT launch FROM crew_session");
    guarded.run("operator", &["swarm", "drain", "--deadline", "0"]);
    guarded.run("operator", &["swarm", "shutdown"]);
    assert_eq!(processes(&marks), [""; 0]);
    assert_eq!(column(&guarded, "SELECT path FROM lock"), [""; 0]);
    let checkpoint = checkpoint(&project.folder().join(".git/agent-sync"));
    let tasks = guarded.json(&["task", "list", "--all"]);
    guarded.run(
        "operator",
        &["restore", checkpoint.to_str().expect("text"), "--force"],
    );
    guarded.run("operator", &["swarm", "resume"]);
    assert_eq!(titles(&guarded.json(&["task", "list", "--all"])), titles(&tasks));
    assert_eq!(titles(&tasks).len(), 6);
}

/// Each task was done once, and after those that come before it.
fn expect_order(guarded: &Guarded) {
    let done = "SELECT substr(body, 1, 13) FROM activity WHERE event = 'task.completed' ORDER BY seq";
    let mut order = column(guarded, done);
    let position = |title: &str| {
        let id = column(guarded, &format!("SELECT id FROM task WHERE title = '{title}'"));
        column(guarded, done).iter().position(|task| *task == id[0])
    };
    for (before, after) in [
        ("Alpha", "Delta"),
        ("Beta", "Delta"),
        ("Gamma", "Epsilon"),
        ("Delta", "Omega"),
        ("Epsilon", "Omega"),
    ] {
        assert!(position(before) < position(after) && position(before).is_some());
    }
    order.sort_unstable();
    order.dedup();
    assert_eq!(order.len(), 6);
    assert_eq!(column(guarded, done).len(), 6);
}

/// What the victim held was done by another agent, and hooks worked in worktrees, which read no settings of the main one.
fn expect_taken_over(guarded: &Guarded, task: &str) {
    let claims = format!(
        "SELECT agent_id FROM activity WHERE event = 'task.claimed' AND body LIKE '{task}%' ORDER BY seq"
    );
    let claims = column(guarded, &claims);
    assert!(claims.len() == 2 && claims[0] != claims[1], "{claims:?}");
    let edits = "SELECT DISTINCT s.name FROM activity a JOIN crew_session s ON s.agent_id = a.agent_id
         WHERE a.event = 'edit' AND a.tree LIKE 'plan-%'";
    assert!(!column(guarded, edits).is_empty(), "no hook has seen an edit");
}

/// The newest checkpoint in this directory or below it.
fn checkpoint(directory: &Path) -> PathBuf {
    let mut left = vec![directory.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if path.to_string_lossy().contains("checkpoint-")
                && path.extension().is_some_and(|extension| extension == "sqlite")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found.pop().expect("a checkpoint")
}

fn titles(tasks: &Value) -> Vec<(String, String)> {
    let word = |task: &Value, key: &str| task[key].as_str().unwrap_or_default().to_owned();
    let tasks = tasks.as_array().expect("a list");
    tasks
        .iter()
        .map(|task| (word(task, "title"), word(task, "status")))
        .collect()
}

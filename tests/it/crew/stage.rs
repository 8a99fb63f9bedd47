//! A project with an approved plan, scripts that play sessions, and the process that looks after them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::env::TestEnv;

/// How long anything may take that a loaded machine does at last.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a session does that takes tasks and finishes them until none is left.
pub(crate) const FINISHES: &str = "finish";

/// What the scripts know: `take` says the id of the next task, or nothing; `finish` finishes all there are.
const PRELUDE: &str = r#"#!/bin/sh
OUT='{out}'
take() {
    agent-sync task next --json | sed -n 's/^ *"id": "\(task-[a-z0-9]*\)".*/\1/p' | head -n 1
}
finish() {
    while :; do
        task=$(take)
        [ -n "$task" ] || return 0
        echo "working on $task"
        agent-sync task done "$task" || return 1
    done
}
"#;

/// A project with an approved plan.
pub(crate) struct Stage {
    pub(crate) env: TestEnv,
    pub(crate) plan: String,
}

/// What came of a launch.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The process that looks after a crew. Killed, with the crew, when it is dropped.
pub(crate) struct Launched<'a> {
    stage: &'a Stage,
    child: Child,
    output: PathBuf,
}

impl Stage {
    pub(crate) fn new(plan: &str) -> Self {
        let env = TestEnv::new();
        env.use_real_clock();
        fs::create_dir(env.outside().join("out")).unwrap();
        env.set_up();
        let mut stage = Self {
            env,
            plan: String::new(),
        };
        stage.plan = stage.proposed(plan);
        stage.env.human().run(["plan", "approve", &stage.plan]).succeeds();
        stage
    }

    /// Proposes a plan and says its id.
    pub(crate) fn proposed(&self, plan: &str) -> String {
        self.env.write("plan.md", plan);
        let planner = self.env.agent("planner");
        planner.run(["plan", "propose", "plan.md"]).succeeds();
        fs::remove_file(self.env.path("plan.md")).unwrap();
        self.text("SELECT id FROM plan ORDER BY proposed_at DESC LIMIT 1")
            .pop()
            .unwrap()
    }

    /// Writes a script of this name and returns its path.
    pub(crate) fn script(&self, name: &str, body: &str) -> String {
        let path = self.env.outside().join(name);
        let prelude = PRELUDE.replace("{out}", self.env.outside().join("out").to_str().unwrap());
        fs::write(&path, format!("{prelude}{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What scripts wrote into `$OUT/NAME`; empty where none did.
    pub(crate) fn out(&self, name: &str) -> String {
        fs::read_to_string(self.out_path(name)).unwrap_or_default()
    }

    pub(crate) fn out_path(&self, name: &str) -> PathBuf {
        self.env.outside().join("out").join(name)
    }

    /// The command that launches the plan as the human.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.env.human().shell();
        command.args(["plan", "launch", &self.plan]).args(arguments);
        command
    }

    /// Launches the plan as the human.
    pub(crate) fn launch(&self, arguments: &[&str]) -> Launched<'_> {
        self.launch_as(arguments, &[])
    }

    /// The same with further variables.
    pub(crate) fn launch_as(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Launched<'_> {
        let number = fs::read_dir(self.env.outside()).unwrap().count();
        let output = self.env.outside().join(format!("launch-{number}"));
        let mut command = self.command(arguments);
        command
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(fs::File::create(output.with_extension("out")).unwrap())
            .stderr(fs::File::create(output.with_extension("err")).unwrap());
        Launched {
            stage: self,
            child: command.spawn().unwrap(),
            output,
        }
    }

    /// The first column of what a question to the store brings.
    pub(crate) fn text(&self, sql: &str) -> Vec<String> {
        let store = self.env.sql();
        store.busy_timeout(PATIENCE).unwrap();
        let mut statement = store.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let value: rusqlite::types::Value = row.get(0)?;
            Ok(match value {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                _ => String::new(),
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// What happened to tasks, in order: the event and the task.
    pub(crate) fn record(&self) -> Vec<(String, String)> {
        let lines =
            self.text("SELECT event || ' ' || body FROM activity WHERE event LIKE 'task.%' ORDER BY seq");
        let split = lines.iter().map(|line| {
            let mut words = line.split(' ').map(|word| word.trim_end_matches(':').to_owned());
            (words.next().unwrap(), words.next().unwrap())
        });
        split.collect()
    }

    /// The tasks that this one waits for.
    pub(crate) fn comes_before(&self, task: &str) -> Vec<String> {
        self.text(&format!(
            "SELECT depends_on_id FROM task_dependency WHERE task_id = '{task}'"
        ))
    }

    /// The processes of the scripts of this stage: whoever has its directory among its words or in its environment.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let mark = self.env.outside().join("out");
        let mark = mark.to_str().unwrap();
        let launches = self.text("SELECT launch FROM crew_session");
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|pid| {
            let file = |name: &str| {
                let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            let is_dead = file("stat")
                .rsplit(')')
                .next()
                .unwrap_or_default()
                .starts_with(" Z");
            let environment = file("environ");
            let is_marked = launches
                .iter()
                .any(|launch| environment.contains(launch.as_str()));
            !is_dead && (is_marked || file("cmdline").contains(mark))
        })
        .collect()
    }

    /// Expects no process, no lock, no task in progress and no session that seems to run.
    #[track_caller]
    pub(crate) fn expect_nothing_left(&self) {
        assert_eq!(self.processes(), [0; 0]);
        assert_eq!(self.text("SELECT path FROM lock WHERE is_implicit = 0"), [""; 0]);
        assert_eq!(
            self.text("SELECT title FROM task WHERE status = 'in_progress'"),
            [""; 0]
        );
        assert_eq!(
            self.text("SELECT name FROM crew_session WHERE state IN ('starting', 'running', 'waiting')"),
            [""; 0]
        );
        assert_eq!(
            self.text("SELECT state FROM crew WHERE state <> 'ended'"),
            [""; 0]
        );
        self.env.human().run(["doctor", "--check"]).succeeds();
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: never");
        sleep(Duration::from_millis(20));
    }
}

/// Sends a process a signal.
pub(crate) fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

impl Launched<'_> {
    /// Sends the process that looks after the crew a signal.
    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Ended {
        use std::os::unix::process::ExitStatusExt as _;
        let deadline = Instant::now() + 2 * PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "it did not end: {}{}",
                self.printed("out"),
                self.printed("err")
            );
            sleep(Duration::from_millis(10));
        };
        Ended {
            status: status.code(),
            signal: status.signal(),
            stdout: self.printed("out"),
            stderr: self.printed("err"),
        }
    }

    /// What it printed so far.
    pub(crate) fn printed(&self, stream: &str) -> String {
        fs::read_to_string(self.output.with_extension(stream)).unwrap_or_default()
    }
}

impl Drop for Launched<'_> {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
            for pid in self.stage.processes() {
                let _gone = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
            }
        }
    }
}

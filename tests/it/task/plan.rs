//! A plan of forty tasks, worked off by four agents that know nothing but `task next` and `task done`.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use insta::assert_snapshot;

use crate::env::{Output, TestEnv};

const PLAN: &str = include_str!("plan.md");

/// Works until there has been nothing to do for a while.
const WORKER: &str = "export CLAUDE_PID=$$
agent-sync agent register --name $NAME --role $NAME >/dev/null || exit 9
while out=$(agent-sync task next --lock --wait 8s 2>&1); do
    id=${out#*\\`}
    id=${id%%\\`*}
    result=
    case $out in *'Measure latency'*) result='--result latency_ms=12.5' ;; esac
    agent-sync task done $id $result --note \"by $NAME\" >/dev/null || exit 9
done
case $out in *'nothing is ready'*) ;; *) echo \"$out\" >&2; exit 9 ;; esac";

fn start(env: &TestEnv, name: &str) -> Child {
    let program = env.agent(name).with("NAME", name).shell();
    let mut worker = Command::new("sh");
    worker.args(["-c", WORKER]).env_clear();
    worker.current_dir(program.get_current_dir().unwrap());
    let variables = program.get_envs();
    worker.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    worker
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    worker.spawn().unwrap()
}

/// Lets the four agents work until there is nothing left.
fn work_off(env: &TestEnv) {
    let workers = ["backend", "frontend", "tester", "writer"].map(|name| start(env, name));
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_plan_of_forty_tasks_is_worked_off_by_four_agents_in_its_order() {
    let env = TestEnv::new();
    env.use_real_clock();
    env.write("plan.md", PLAN);
    let planner = env.agent("planner").called("planner");
    planner
        .run(["task", "import", "plan.md"])
        .succeeds()
        .says("Created 40 tasks");
    planner.run(["task", "graph"]).says("critical path (*), ");

    work_off(&env);

    let json = planner.run(["task", "graph", "--json"]).json();
    let tasks = json["tasks"].as_array().unwrap();
    assert!(
        tasks
            .iter()
            .all(|task| task["status"] == "done" && task["attempts"] == 1),
        "{json:#}"
    );
    let by: BTreeMap<&str, usize> = tasks.iter().fold(BTreeMap::new(), |mut by, task| {
        *by.entry(task["owner_name"].as_str().unwrap()).or_default() += 1;
        by
    });
    assert_eq!(by.len(), 4, "{by:?}");
    in_order(&env, &json);
    let locks: Output = planner.run(["lock", "list"]);
    locks.says("No active locks");
    assert_snapshot!(env.human().run(["task", "graph"]).shown(), @"
    exit 0
    stdout:
    40 tasks: [x] 40 done
    [x] [task 1] Keep a copy of the old data
    └─ [x] [task 2] Store answers
       ├─ [x] [task 3] Decide on the scope
       │  └─ [x] [task 4] Collect wishes
       ├─ [x] [task 5] Choose a schema
       │  └─ [x] [task 3] Decide on the scope (see above)
       └─ [x] [task 6] Migrate old data
          └─ [x] [task 5] Choose a schema (see above)
    [x] [task 7] Announce the release
    └─ [x] [task 8] Test everything
       ├─ [x] [task 9] Test the parser
       │  └─ [x] [task 10] Parse requests
       │     ├─ [x] [task 3] Decide on the scope (see above)
       │     ├─ [x] [task 11] Write the grammar
       │     │  └─ [x] [task 3] Decide on the scope (see above)
       │     └─ [x] [task 12] Write the lexer
       │        └─ [x] [task 3] Decide on the scope (see above)
       ├─ [x] [task 13] Test the store
       │  └─ [x] [task 2] Store answers (see above)
       ├─ [x] [task 14] Test the limits
       │  └─ [x] [task 15] Limit rates
       │     └─ [x] [task 10] Parse requests (see above)
       ├─ [x] [task 16] Test the page
       │  └─ [x] [task 17] Show everything
       │     ├─ [x] [task 18] Lay out the page
       │     │  └─ [x] [task 19] Draw the screens
       │     │     └─ [x] [task 3] Decide on the scope (see above)
       │     ├─ [x] [task 20] Fill in the list
       │     │  └─ [x] [task 18] Lay out the page (see above)
       │     ├─ [x] [task 21] Add the search
       │     │  └─ [x] [task 20] Fill in the list (see above)
       │     ├─ [x] [task 22] Pick the colours
       │     │  └─ [x] [task 19] Draw the screens (see above)
       │     └─ [x] [task 23] Translate the texts
       │        └─ [x] [task 19] Draw the screens (see above)
       └─ [x] [task 24] Test by hand
          └─ [x] [task 25] Make it accessible
             └─ [x] [task 17] Show everything (see above)
    [x] [task 26] Celebrate
    ├─ always: [x] [task 27] Publish
    │  └─ [x] [task 28] Sign the packages
    │     └─ [x] [task 29] Build the packages
    │        └─ [x] [task 30] Freeze
    │           ├─ [x] [task 31] Log what happens
    │           │  └─ [x] [task 3] Decide on the scope (see above)
    │           ├─ [x] [task 8] Test everything (see above)
    │           ├─ [x] [task 32] Test under load
    │           │  └─ [x] [task 33] Tune the server
    │           │     └─ when latency_ms &gt; 10: [x] [task 34] Measure latency
    │           │        └─ [x] [task 35] Serve requests
    │           │           ├─ [x] [task 10] Parse requests (see above)
    │           │           ├─ [x] [task 2] Store answers (see above)
    │           │           └─ [x] [task 15] Limit rates (see above)
    │           └─ [x] [task 36] Write the manual
    │              ├─ [x] [task 37] Write the tutorial
    │              │  └─ [x] [task 17] Show everything (see above)
    │              ├─ [x] [task 38] Write the reference
    │              │  └─ [x] [task 35] Serve requests (see above)
    │              └─ [x] [task 39] Record a film
    │                 └─ [x] [task 25] Make it accessible (see above)
    └─ [x] [task 40] Read the manual
       └─ [x] [task 36] Write the manual (see above)
    ");
}

/// Each task was begun once, after all that it depends on was done.
fn in_order(env: &TestEnv, graph: &serde_json::Value) {
    let sql = env.sql();
    let moment = |event: &str, id: &str| -> i64 {
        sql.query_row(
            "SELECT seq FROM activity WHERE event = ?1 AND substr(body, 1, length(?2)) = ?2",
            [event, id],
            |row| row.get(0),
        )
        .unwrap()
    };
    for edge in graph["edges"].as_array().unwrap() {
        let (task, on) = (
            edge["task_id"].as_str().unwrap(),
            edge["depends_on_id"].as_str().unwrap(),
        );
        assert!(
            moment("task.completed", on) < moment("task.claimed", task),
            "{edge}"
        );
    }
}

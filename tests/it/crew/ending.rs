//! A crew is ended from outside: what runs may finish, or ends now, and nothing is left either way.

use std::fs;

use rustix::process::Signal;

use super::stage::{Stage, until};

/// Takes a task and its lock, starts others that do not listen, and works on until it may finish.
const BUSY: &str = "task=$(take); agent-sync lock acquire \"file-$$\" >/dev/null; \
    (trap '' TERM; sleep 600) & setsid sleep 600 & \
    while ! [ -e \"$OUT/go\" ]; do sleep 0.05; done; kill %1 %2 2>/dev/null; agent-sync task done $task; finish";

fn busy(stage: &Stage, arguments: &[&str]) -> Vec<String> {
    let worker = stage.script("worker", BUSY);
    let mut all = vec!["--sessions", "2", "--command", &worker];
    all.extend(arguments);
    all.into_iter().map(str::to_owned).collect()
}

fn until_both_work(stage: &Stage) {
    until("both work", || {
        stage.text("SELECT path FROM lock WHERE is_implicit = 0").len() == 2 && stage.processes().len() >= 6
    });
}

#[test]
fn a_second_signal_ends_everybody_and_leaves_no_process_and_no_lock() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n- [ ] Three\n");
    let arguments = busy(&stage, &["--grace", "1s"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let launched = stage.launch(&arguments);
    until_both_work(&stage);
    launched.send(Signal::INT);
    until("no more is started", || {
        stage.text("SELECT state FROM crew") == ["draining"]
    });
    assert_eq!(
        stage.text("SELECT state FROM crew_session"),
        ["running", "running"],
        "what runs may finish"
    );
    launched.send(Signal::INT);
    let output = launched.finish();
    assert_eq!(output.signal, Some(2), "{output:?}");
    assert!(
        output
            .stderr
            .contains("0 of 3 tasks done, 3 ready; the same command goes on with it"),
        "{output:?}"
    );
    assert_eq!(stage.text("SELECT DISTINCT state FROM crew_session"), ["stopped"]);
    stage.expect_nothing_left();
    // And the same command does go on.
    fs::write(stage.out_path("go"), "").unwrap();
    let output = stage.launch(&arguments).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    stage.expect_nothing_left();
}

#[test]
fn after_one_signal_what_runs_finishes_its_task_and_takes_no_other() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n- [ ] Three\n");
    let arguments = busy(&stage, &["--drain", "1h"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let launched = stage.launch(&arguments);
    until_both_work(&stage);
    launched.send(Signal::TERM);
    until("no more is started", || {
        stage.text("SELECT state FROM crew") == ["draining"]
    });
    fs::write(stage.out_path("go"), "").unwrap();
    let output = launched.finish();
    assert_eq!(output.signal, Some(15), "{output:?}");
    assert_eq!(stage.text("SELECT id FROM task WHERE status = 'done'").len(), 2);
    assert_eq!(
        stage.text("SELECT DISTINCT status FROM task WHERE status <> 'done'"),
        ["pending"]
    );
    stage.expect_nothing_left();
}

#[test]
fn whoever_goes_on_after_the_time_for_that_is_ended() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n");
    let arguments = busy(&stage, &["--time", "1s", "--drain", "300ms", "--grace", "500ms"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = stage.launch(&arguments).finish();
    assert_eq!(output.status, Some(5), "{output:?}");
    assert!(output.stderr.contains("the time for "), "{output:?}");
    stage.expect_nothing_left();
}

#[test]
fn a_supervisor_whose_reader_goes_away_goes_on() {
    let stage = Stage::new("- [ ] One\n- [ ] Two (after: One)\n");
    let worker = stage.script("worker", "finish");
    let plan = stage.plan.clone();
    let script = format!("agent-sync plan launch {plan} --sessions 2 --command '{worker}' | head -n 1");
    stage.env.human().bash(&script).succeeds();
    until("the plan is done", || {
        stage.text("SELECT state FROM crew") == ["ended"]
    });
    stage.expect_nothing_left();
    assert_eq!(stage.text("SELECT id FROM task WHERE status = 'done'").len(), 2);
}

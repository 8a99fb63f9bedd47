//! Sessions end and are killed: what is left is done by others, and nobody is started without end.

use std::fs;

use rustix::process::Signal;

use super::stage::{FINISHES, Stage, send, until};

#[test]
fn a_session_that_ends_with_an_error_is_started_again_after_a_pause() {
    let stage = Stage::new("- [ ] One\n- [ ] Two (after: One)\n");
    let worker = stage.script(
        "worker",
        "echo start >>\"$OUT/starts\"; [ $(wc -l <\"$OUT/starts\") -gt 2 ] || exit 1; finish",
    );
    let output = stage
        .launch(&["--sessions", "1", "--backoff", "20ms", "--command", &worker])
        .finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    assert_eq!(stage.out("starts").lines().count(), 3);
    assert_eq!(stage.text("SELECT starts FROM crew_session"), ["3"]);
    assert!(output.stdout.contains("waiting (ended with 1)"), "{output:?}");
    stage.expect_nothing_left();
}

#[test]
fn a_session_that_comes_to_nothing_is_given_up_and_the_launch_says_where_it_stands() {
    let stage = Stage::new("- [ ] One\n");
    let worker = stage.script(
        "worker",
        "echo start >>\"$OUT/starts\"; echo why it failed; exit 7",
    );
    let output = stage
        .launch(&[
            "--sessions",
            "1",
            "--restarts",
            "2",
            "--backoff",
            "10ms",
            "--command",
            &worker,
        ])
        .finish();
    assert_eq!(output.status, Some(3), "{output:?}");
    assert_eq!(
        stage.out("starts").lines().count(),
        3,
        "one start and two restarts"
    );
    assert!(
        output.stderr.contains("no session can take any of what is left")
            && output.stderr.contains("it printed to "),
        "{output:?}"
    );
    assert_eq!(stage.text("SELECT state || exit FROM crew_session"), ["failed7"]);
    let log = stage.text("SELECT log FROM crew_session").pop().unwrap();
    assert!(fs::read_to_string(log).unwrap().ends_with("why it failed\n"));
    stage.expect_nothing_left();
}

#[test]
fn whoever_leaves_its_work_lying_is_not_started_without_end() {
    let stage = Stage::new("- [ ] One\n");
    let worker = stage.script("worker", "echo start >>\"$OUT/starts\"");
    let output = stage
        .launch(&[
            "--sessions",
            "1",
            "--restarts",
            "1",
            "--backoff",
            "10ms",
            "--command",
            &worker,
        ])
        .finish();
    assert_eq!(output.status, Some(3), "{output:?}");
    assert_eq!(stage.out("starts").lines().count(), 2);
}

#[test]
fn the_task_of_a_session_that_was_killed_is_done_by_another() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n- [ ] Three\n");
    // Whoever comes first takes a task, says so, and never finishes it.
    let worker = stage.script(
        "worker",
        "if mkdir \"$OUT/first\" 2>/dev/null; then take >\"$OUT/task\"; echo $$ >\"$OUT/pid\"; sleep 600 & sleep 600; fi; finish",
    );
    let launched = stage.launch(&["--sessions", "3", "--backoff", "20ms", "--command", &worker]);
    until("a session has taken a task", || stage.out("pid").ends_with('\n'));
    send(stage.out("pid").trim().parse().unwrap(), Signal::KILL);
    let output = launched.finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    let task = stage.out("task").trim().to_owned();
    let of_task = |event: &str| {
        stage.text(&format!(
            "SELECT agent_id FROM activity WHERE event = '{event}' AND body LIKE '{task}%' ORDER BY seq"
        ))
    };
    let (claimed, done) = (of_task("task.claimed"), of_task("task.completed"));
    assert_eq!((claimed.len(), done.len()), (2, 1), "{:?}", stage.record());
    assert_ne!(claimed[0], done[0]);
    assert_eq!(claimed[1], done[0]);
    stage.expect_nothing_left();
}

#[test]
fn a_crew_whose_supervisor_was_killed_works_on_and_is_taken_over() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n");
    let worker = stage.script(
        "worker",
        "echo $$ >>\"$OUT/pids\"; task=$(take); while ! [ -e \"$OUT/go\" ]; do sleep 0.05; done; agent-sync task done $task; finish",
    );
    let arguments = ["--sessions", "2", "--command", &worker];
    let first = stage.launch(&arguments);
    until("both work", || {
        stage
            .text("SELECT id FROM task WHERE status = 'in_progress'")
            .len()
            == 2
    });
    let refused = stage.launch(&arguments).finish();
    assert_eq!(refused.status, Some(3), "{refused:?}");
    assert!(
        refused.stderr.contains("somebody looks after the sessions of"),
        "{refused:?}"
    );
    first.send(Signal::KILL);
    // Its end, without the end of those it had started.
    let pids: Vec<i32> = stage
        .out("pids")
        .lines()
        .map(|pid| pid.parse().unwrap())
        .collect();
    until("the supervisor is gone", || {
        !stage.text("SELECT pid FROM crew").iter().any(|pid| {
            fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
        })
    });
    assert!(pids.iter().all(|pid| stage.processes().contains(pid)));
    let second = stage.launch(&arguments);
    until("the second one looks after them", || {
        second.printed("out").contains("works on")
    });
    fs::write(stage.out_path("go"), "").unwrap();
    let output = second.finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    assert_eq!(
        stage.text("SELECT starts FROM crew_session"),
        ["1", "1"],
        "nobody was started anew"
    );
    let record = stage.record();
    assert_eq!(
        record.iter().filter(|(event, _)| event == "task.claimed").count(),
        2
    );
    drop(first);
    stage.expect_nothing_left();
}

#[test]
fn of_launches_at_the_same_time_one_looks_after_the_crew() {
    let stage = Stage::new("- [ ] One\n- [ ] Two\n");
    let worker = stage.script(
        "worker",
        "while ! [ -e \"$OUT/go\" ]; do sleep 0.05; done; finish",
    );
    let arguments = ["--sessions", "2", "--command", &worker];
    let launched: Vec<_> = (0..6).map(|_| stage.launch(&arguments)).collect();
    until("all others are refused", || {
        launched
            .iter()
            .filter(|launched| launched.printed("err").contains("somebody looks after"))
            .count()
            == 5
    });
    fs::write(stage.out_path("go"), "").unwrap();
    let mut codes: Vec<_> = launched
        .into_iter()
        .map(|launched| launched.finish().status)
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(3), Some(3), Some(3), Some(3), Some(3)]);
    let record = stage.record();
    assert_eq!(
        record.iter().filter(|(event, _)| event == "task.created").count(),
        2
    );
    assert_eq!(
        record.iter().filter(|(event, _)| event == "task.claimed").count(),
        2
    );
    stage.expect_nothing_left();
}

#[test]
fn logs_do_not_grow_without_end() {
    let stage = Stage::new("- [ ] One\n");
    let worker = stage.script(
        "worker",
        "task=$(take); yes 'a long line of a chatty session' | head -c 6000000; touch \"$OUT/printed\"; \
         while ! [ -e \"$OUT/go\" ]; do sleep 0.05; done; echo the end; agent-sync task done $task",
    );
    let launched = stage.launch(&["--sessions", "1", "--command", &worker]);
    let log = || {
        stage
            .text("SELECT log FROM crew_session")
            .pop()
            .unwrap_or_default()
    };
    until("the log was cut", || {
        stage.out_path("printed").exists() && fs::metadata(format!("{}.1", log())).is_ok()
    });
    until("and is small", || {
        fs::metadata(log()).unwrap().len() < 4 * 1024 * 1024
    });
    fs::write(stage.out_path("go"), "").unwrap();
    assert_eq!(launched.finish().status, Some(0));
    assert!(fs::metadata(format!("{}.1", log())).unwrap().len() <= 4 * 1024 * 1024);
    assert!(fs::read_to_string(log()).unwrap().contains("the end\n"));
}

#[test]
fn sessions_that_find_nothing_to_do_are_started_when_there_is_something() {
    let stage = Stage::new("- [ ] One\n- [ ] Two (after: One)\n- [ ] Three (after: One)\n");
    let worker = stage.script("worker", FINISHES);
    let output = stage
        .launch(&["--sessions", "2", "--json", "--command", &worker])
        .finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    let last: serde_json::Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["tasks"]["done"], 3);
    assert_eq!(last["state"], "ended");
    stage.expect_nothing_left();
}

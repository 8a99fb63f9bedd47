//! Sessions in windows of tmux: started with their words as words, found, typed into, and ended like all others.

use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Signal;

use super::stage::{FINISHES, Stage, until};
use crate::env::has;

/// What tmux says of the windows of a stage's crew.
fn tmux(stage: &Stage, sockets: &Path, words: &[&str]) -> Output {
    Command::new("tmux")
        .env("TMUX_TMPDIR", sockets)
        .args(["-L", &format!("agent-sync-{}", stage.plan)])
        .args(words)
        .output()
        .unwrap()
}

fn has_tmux() -> bool {
    let is_there = has("tmux", "tmux");
    if !is_there {
        eprintln!("SKIPPED: sessions in windows of tmux");
    }
    is_there
}

#[test]
fn sessions_in_windows_finish_the_tasks_and_leave_no_window() {
    if !has_tmux() {
        return;
    }
    let stage = Stage::new("- [ ] One\n- [ ] Two (after: One)\n- [ ] Three (after: One)\n");
    let sockets = stage.env.home();
    let body = format!("printf '<%s>\\n' \"$@\" >> \"$OUT/words\"; {FINISHES}");
    let worker = stage.script("worker", &body);
    let command = format!("{worker} '$(touch evil);' {{name}} ';'");
    let arguments = ["--sessions", "2", "--tmux", "--command", &command];
    let output = stage
        .launch_as(&arguments, &[("TMUX_TMPDIR", sockets.to_str().unwrap())])
        .finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    let attach = format!("`tmux -L agent-sync-{} attach`", stage.plan);
    assert!(output.stderr.contains(&attach), "{output:?}");
    assert!(output.stdout.contains("3 of 3 tasks done"), "{output:?}");
    let words = stage.out("words");
    let first: Vec<&str> = words.lines().take(3).collect();
    assert_eq!([first[0], first[2]], ["<$(touch evil);>", "<;>"], "{words}");
    assert!(!stage.env.path("evil").exists());
    let windows = stage.text("SELECT DISTINCT window FROM crew_session ORDER BY window");
    assert!(
        windows
            .iter()
            .all(|window| window.starts_with(&format!("agent-sync-{}:", stage.plan))),
        "{windows:?}"
    );
    stage.expect_nothing_left();
    until("the server ends with its last window", || {
        !tmux(&stage, &sockets, &["list-windows"]).status.success()
    });
}

#[test]
fn a_session_in_a_window_is_typed_into_and_ended_with_its_window() {
    if !has_tmux() {
        return;
    }
    let stage = Stage::new("- [ ] One\n- [ ] Two\n");
    let sockets = stage.env.home();
    let worker = stage.script(
        "worker",
        "task=$(take); read -r said; echo \"$said\" > \"$OUT/said\"; sleep 600",
    );
    let arguments = ["--sessions", "1", "--tmux", "--grace", "1s", "--command", &worker];
    let launched = stage.launch_as(&arguments, &[("TMUX_TMPDIR", sockets.to_str().unwrap())]);
    until("it has taken a task", || {
        stage
            .text("SELECT title FROM task WHERE status = 'in_progress'")
            .len()
            == 1
    });
    let listed = tmux(&stage, &sockets, &["list-windows", "-F", "#{window_name}"]);
    let name = stage.text("SELECT name FROM crew_session").pop().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), name);
    tmux(&stage, &sockets, &["send-keys", "hello there", "Enter"]);
    until("what was typed arrives", || stage.out("said") == "hello there\n");
    let status = stage.env.human().run(["swarm", "status"]).succeeds();
    assert!(
        status
            .stdout
            .contains(&format!("agent-sync-{}:{name}", stage.plan)),
        "{}",
        status.stdout
    );
    launched.send(Signal::INT);
    until("no more is started", || {
        stage.text("SELECT state FROM crew") == ["draining"]
    });
    launched.send(Signal::INT);
    assert_eq!(launched.finish().signal, Some(2));
    stage.expect_nothing_left();
    until("the server ends with its last window", || {
        !tmux(&stage, &sockets, &["list-windows"]).status.success()
    });
}

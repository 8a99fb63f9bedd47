//! Whoever looks after a crew is killed at each of its commits: the same command goes on, and each task is done once.

use std::process::{Command, Stdio};

use super::stage::{FINISHES, Stage};
use crate::strace::has_strace;

/// More commits than a launch of two tasks makes.
const MOST: usize = 60;

#[test]
fn a_launch_that_is_killed_at_any_of_its_commits_goes_on_where_it_was() {
    if !has_strace("launches that are killed at each commit") {
        return;
    }
    for at in 1..MOST {
        let stage = Stage::new("- [ ] One\n- [ ] Two (after: One)\n- [ ] Three\n");
        let worker = stage.script("worker", FINISHES);
        let arguments = ["--sessions", "2", "--backoff", "10ms", "--command", &worker];
        let inner = stage.command(&arguments);
        let inject = format!("inject=fdatasync:signal=SIGKILL:when={at}");
        let mut killed = Command::new("strace");
        // Without its children: they work on, as they do when their supervisor dies.
        killed.args(["-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", &inject]);
        killed.arg(inner.get_program()).args(inner.get_args());
        killed.current_dir(inner.get_current_dir().unwrap()).env_clear();
        killed.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let status = killed
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        stage.env.human().run(["doctor", "--check"]).succeeds();
        if status.success() {
            assert!(at > 8, "a launch commits more often than that");
            stage.expect_nothing_left();
            return;
        }
        let output = stage.launch(&arguments).finish();
        assert_eq!(output.status, Some(0), "killed at commit {at}: {output:?}");
        let record = stage.record();
        let count = |wanted: &str| record.iter().filter(|(event, _)| event == wanted).count();
        assert_eq!(
            (count("task.created"), count("task.completed")),
            (3, 3),
            "killed at commit {at}: {record:?}"
        );
        stage.expect_nothing_left();
    }
    panic!("a launch of three tasks makes {MOST} commits");
}

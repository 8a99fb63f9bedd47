//! Many processes at the same moment.

mod board;
mod circle;
mod history;
mod leader;
mod line;
mod mail;
mod plan;
mod policy;
mod swarm;
mod topology;
mod vote;

use std::process::{Child, Command, Output};
use std::sync::Barrier;
use std::thread;

use crate::env::TestEnv;

const PROCESSES: usize = 20;

/// Runs commands from threads that a barrier releases together.
fn at_once(commands: Vec<Command>) -> Vec<Output> {
    let barrier = &Barrier::new(commands.len());
    thread::scope(|scope| {
        let threads: Vec<_> = commands
            .into_iter()
            .map(|mut command| {
                scope.spawn(move || {
                    barrier.wait();
                    let child: Child = command.spawn().expect("the program starts");
                    child.wait_with_output().expect("a child can be waited for")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn agents_running(env: &TestEnv, arguments: impl Fn(usize) -> Vec<String>) -> Vec<Output> {
    let commands = (0..PROCESSES).map(|number| {
        let mut command = env.agent(&format!("agent{number}")).shell();
        command.args(arguments(number));
        command
    });
    at_once(commands.collect())
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn r1_twenty_processes_create_one_store_and_every_write_is_kept() {
    for round in 0..20 {
        let env = TestEnv::new();
        let outputs = agents_running(&env, |number| texts(&["lock", "acquire", &format!("f{number}")]));
        for output in &outputs {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {errors}");
        }
        let locks = env.human().run(["lock", "list", "--json"]).json();
        let mut files: Vec<_> = locks
            .as_array()
            .unwrap()
            .iter()
            .map(|lock| lock["file_path"].clone())
            .collect();
        files.sort_by_key(|file| file.as_str().map(str::to_owned));
        files.dedup();
        assert_eq!(files.len(), PROCESSES, "round {round}: {files:?}");
        let left: Vec<_> = std::fs::read_dir(env.path(".claude/coordination"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(".state-"))
            .collect();
        assert!(left.is_empty(), "drafts are left behind: {left:?}");
    }
}

#[test]
fn of_twenty_that_lock_one_file_exactly_one_wins() {
    for round in 0..5 {
        let env = TestEnv::new();
        let outputs = agents_running(&env, |_| texts(&["lock", "acquire", "README"]));
        let mut statuses: Vec<_> = outputs.iter().map(|output| output.status.code()).collect();
        statuses.sort_unstable();
        let mut expected = vec![Some(3); PROCESSES];
        expected[0] = Some(0);
        assert_eq!(statuses, expected, "round {round}");
    }
}

#[test]
fn of_twenty_that_lock_a_directory_or_a_file_in_it_no_two_overlap() {
    for _ in 0..5 {
        let env = TestEnv::new();
        env.write("src/a.rs", "");
        let outputs = agents_running(&env, |number| {
            texts(&[
                "lock",
                "acquire",
                if number % 2 == 0 { "src" } else { "src/a.rs" },
            ])
        });
        let winners = outputs.iter().filter(|output| output.status.success()).count();
        assert_eq!(winners, 1);
    }
}

#[test]
fn r1_twenty_processes_upgrade_one_old_database_and_every_write_is_kept() {
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sample-0.4.0.sqlite");
    for round in 0..10 {
        let env = TestEnv::new();
        std::fs::create_dir_all(env.path(".claude/coordination")).unwrap();
        std::fs::copy(&sample, env.database()).unwrap();
        let outputs = agents_running(&env, |number| texts(&["lock", "acquire", &format!("f{number}")]));
        for output in &outputs {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {errors}");
        }
        let locks = env.human().run(["lock", "list", "--json"]).json();
        let count = locks
            .as_array()
            .unwrap()
            .iter()
            .filter(|lock| lock["file_path"].as_str().unwrap().starts_with('f'))
            .count();
        assert_eq!(count, PROCESSES, "round {round}");
    }
}

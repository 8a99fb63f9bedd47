//! Killed at any moment, over and over, while others work.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::essence::violations;
use crate::env::{Dice, TestEnv};

/// How many processes are killed.
const KILLS: usize = 500;

/// Starts a command, kills it after this many microseconds, and says whether it was killed before it ended.
fn killed_after(mut command: Command, microseconds: u64) -> Option<i32> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_micros(microseconds));
    let _it_may_be_over = child.kill();
    child.wait().unwrap().code()
}

/// How often each of these texts is there.
fn counted(env: &TestEnv, sql: &str) -> BTreeMap<String, usize> {
    let connection = env.sql();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.unwrap()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn five_hundred_kills_at_any_moment_lose_nothing_that_was_confirmed_and_double_nothing() {
    let env = TestEnv::new();
    env.set_up();
    env.use_real_clock();
    let names = ["one", "two", "three"];
    for name in names {
        env.agent(name).called(name);
    }
    let work = |worker: usize| {
        let mut dice = Dice::new(0x9e37_79b9_7f4a_7c15 ^ (worker as u64 + 1));
        let me = env.agent(names[worker]);
        let (mut confirmed, mut kills, mut number) = (Vec::new(), 0, 0);
        while kills < KILLS.div_ceil(names.len()) {
            number += 1;
            let text = format!("{worker}-{number}");
            let mut command = me.shell();
            let is_each = match dice.roll(6) {
                0 => command.args(["task", "create", &text]),
                1 => command.args(["message", "send", "--to", names[(worker + 1) % 3], &text]),
                2 => command.args(["decision", "add", &text]),
                3 => command.args(["lock", "acquire", "shared", "--force"]),
                4 => command.args(["message", "inbox"]),
                _ => command.args(["append", "notes.md", "--wait", "10", "--content", &text]),
            }
            .get_args()
            .any(|word| word == text.as_str());
            match killed_after(command, dice.roll(25_000)) {
                Some(0) if is_each => confirmed.push(text),
                Some(_) => {}
                None => kills += 1,
            }
        }
        (confirmed, kills)
    };
    let results: Vec<(Vec<String>, usize)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..names.len())
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(results.iter().map(|(_, kills)| kills).sum::<usize>() >= KILLS);
    assert_eq!(violations(&env.root()), None);
    let mut there = counted(
        &env,
        "SELECT title FROM task UNION ALL SELECT body FROM message UNION ALL SELECT body FROM decision",
    );
    let notes = std::fs::read_to_string(env.path("notes.md")).unwrap_or_default();
    for line in notes.lines() {
        *there.entry(line.to_owned()).or_insert(0) += 1;
    }
    let confirmed: Vec<&String> = results.iter().flat_map(|(confirmed, _)| confirmed).collect();
    assert!(confirmed.len() > 20, "only {} were confirmed", confirmed.len());
    for text in confirmed {
        assert_eq!(there.get(text), Some(&1), "{text} was confirmed");
    }
    let doubled: Vec<_> = there.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    env.human().run(["doctor", "--check"]).succeeds();
}

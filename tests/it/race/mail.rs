//! Sixteen that write and sixteen that read, the readers killed again and again in the middle of their hooks.

mod account;

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::env::{Actor, Dice, TestEnv};
use account::{Account, Run, Shown};

const SENDERS: usize = 16;
const RECEIVERS: usize = 16;
/// How many messages each sender sends.
const LETTERS: usize = 12;
/// How often hooks are killed in all.
const KILLS: usize = 200;

/// What each message says, which no other does.
fn text(sender: usize, number: usize) -> String {
    format!("letter/{sender}/{number}/")
}

/// The texts that are in a hook's output, and whether each is marked as a repeat.
fn shown(output: &[u8]) -> Vec<Shown> {
    let Ok(answer) = serde_json::from_slice::<Value>(output) else {
        return Vec::new();
    };
    let context = answer["hookSpecificOutput"]["additionalContext"].as_str();
    let lines = context.unwrap_or_default().lines();
    lines
        .filter_map(|line| {
            Some(Shown {
                text: line[line.find("letter/")?..].trim_end().to_owned(),
                is_marked: line.contains("repeated"),
            })
        })
        .collect()
}

/// Runs a hook, kills it after `life` if that is given, and returns what it had written.
fn hook(actor: &Actor<'_>, life: Option<Duration>) -> Run {
    let payload = actor
        .payload("post-tool-batch", &json!({"tool_calls": []}))
        .to_string();
    let mut child = actor
        .hook_command("post-tool-batch")
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(payload.as_bytes()).expect("the hook reads");
    drop(input);
    if let Some(life) = life {
        thread::sleep(life);
        child.kill().expect("a child can be killed");
    }
    let mut output = Vec::new();
    let mut pipe = child.stdout.take().expect("a pipe");
    pipe.read_to_end(&mut output).expect("a readable pipe");
    let status = child.wait().expect("a child can be waited for");
    Run {
        is_killed: !status.success(),
        shown: shown(&output),
    }
}

/// One reader: hooks one after another, some of them killed, until everybody has sent and enough were killed.
fn read_on(actor: &Actor<'_>, seed: usize, kills: &AtomicUsize, senders_left: &AtomicUsize) -> Vec<Run> {
    let mut dice = Dice::new(seed as u64 + 99);
    let mut runs = Vec::new();
    let mut usual = Duration::from_millis(10);
    while senders_left.load(Ordering::SeqCst) > 0 || kills.load(Ordering::SeqCst) < KILLS {
        // A kill matters where something is being shown, which is after most of a hook's work.
        let part = u32::try_from(20 + dice.roll(100)).expect("a small number");
        let run = hook(actor, Some(usual * part / 100));
        if run.is_killed {
            kills.fetch_add(1, Ordering::SeqCst);
        }
        runs.push(run);
        if dice.roll(3) == 0 {
            let began = Instant::now();
            runs.push(hook(actor, None));
            usual = (usual + began.elapsed()) / 2;
        }
    }
    // What is left is shown, and the last of it proved.
    loop {
        let run = hook(actor, None);
        let is_last = run.shown.is_empty();
        runs.push(run);
        if is_last {
            return runs;
        }
    }
}

/// How many hooks said that they could not note what they had shown.
fn unnoted(env: &TestEnv) -> usize {
    let logs = ["hook.log", "hook.log.1"].map(|name| env.path(&format!(".claude/coordination/{name}")));
    let said = logs.map(|log| fs::read_to_string(log).unwrap_or_default());
    said.concat().matches("could not be noted").count()
}

#[test]
fn what_is_sent_to_the_living_is_seen_by_them_however_often_their_hooks_are_killed() {
    let env = &TestEnv::new();
    env.use_real_clock();
    let human = env.human();
    human.run(["config", "set", "messages.rate", "1000"]).succeeds();
    let name = |number: usize| format!("reader{number}");
    let readers: Vec<Actor<'_>> = (0..RECEIVERS)
        .map(|number| env.agent(&name(number)).called(&name(number)))
        .collect();
    let account = &Mutex::new(Account::default());
    let (kills, senders_left) = (&AtomicUsize::new(0), &AtomicUsize::new(SENDERS));
    let barrier = &Barrier::new(SENDERS + RECEIVERS);
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            scope.spawn(move || {
                let actor = env.agent(&format!("writer{sender}"));
                let mut dice = Dice::new(sender as u64);
                barrier.wait();
                for number in 0..LETTERS {
                    let whom = name(usize::try_from(dice.roll(RECEIVERS as u64)).unwrap());
                    actor.tells(&whom, &text(sender, number));
                    account.lock().unwrap().sent.insert(text(sender, number), whom);
                    thread::sleep(Duration::from_millis(dice.roll(60)));
                }
                senders_left.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for (number, reader) in readers.iter().enumerate() {
            scope.spawn(move || {
                barrier.wait();
                let runs = read_on(reader, number, kills, senders_left);
                account.lock().unwrap().runs.insert(name(number), runs);
            });
        }
    });
    let mut account = account.lock().unwrap();
    for (number, reader) in readers.iter().enumerate() {
        let mail = reader
            .run(["message", "inbox", "--all", "--json"])
            .succeeds()
            .json();
        for message in mail.as_array().unwrap() {
            let word = |key: &str| message[key].as_str().unwrap().to_owned();
            account
                .states
                .insert((name(number), word("body")), word("delivery"));
        }
    }
    assert_eq!(account.sent.len(), SENDERS * LETTERS);
    assert!(kills.load(Ordering::SeqCst) >= KILLS);
    account.unnoted = unnoted(env);
    let faults = account.faults();
    assert!(faults.is_empty(), "{faults:#?}");
}

//! `agent-sync append`: the text is in the file once, whoever writes and whoever dies.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rusqlite::params;
use rustix::fs::{FlockOperation, flock};
use sha2::Digest as _;

use crate::env::{Dice, HOUR, TestEnv};

/// Digest, size and time of the only append that was begun and not ended.
fn intents(env: &TestEnv) -> i64 {
    let sql = env.sql();
    sql.query_row("SELECT count(*) FROM append_intent", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn l3_append_writes_where_one_stands() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("sub")).unwrap();
    let worktree = env.worktree("feature");
    let alice = env.agent("alice");
    assert_snapshot!(alice.at("sub").run(["append", "notes.md", "--content", "one"]).shown(), @"
    exit 0
    stdout:
    Appended 4 char(s) to `sub/notes.md`
    ");
    alice
        .at("sub")
        .run_with(&["append", "notes.md", "--no-newline"], b"two\n\n")
        .succeeds();
    assert_eq!(env.read("sub/notes.md"), "one\ntwo\n\n");
    alice
        .at(&worktree)
        .run(["append", "notes.md", "--content", "three"])
        .succeeds();
    assert_eq!(
        std::fs::read_to_string(worktree.join("notes.md")).unwrap(),
        "three\n"
    );
    assert!(!env.path("notes.md").exists());
}

#[test]
fn append_respects_a_lock_and_keeps_ones_own() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "notes.md"]).succeeds();
    bob.run(["append", "notes.md", "--content", "x"])
        .ends_with(3)
        .complains("notes.md is locked by");
    assert!(!env.path("notes.md").exists());
    alice.run(["append", "notes.md", "--content", "x"]).succeeds();
    bob.run(["lock", "acquire", "notes.md"]).ends_with(3);
}

#[test]
fn text_goes_to_the_end_from_wherever_one_stands() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    env.write("docs/log.md", "one\n");
    assert_snapshot!(alice.at("docs").run(["append", "log.md", "--content", "two"]).shown(), @"
    exit 0
    stdout:
    Appended 4 char(s) to `docs/log.md`
    ");
    alice
        .at("docs")
        .run_with(&["append", "../new/log.md"], b"three\n")
        .succeeds();
    assert_eq!(env.read("docs/log.md"), "one\ntwo\n");
    assert_eq!(env.read("new/log.md"), "three\n");
    let worktree = env.worktree("feature");
    assert_snapshot!(alice.at(&worktree).run(["--json", "append", "log.md", "--content", "four"]).shown(), @r#"
    exit 0
    stdout:
    {
      "file_path": "log.md",
      "characters": 5,
      "was_there": false
    }
    "#);
    assert_eq!(fs::read_to_string(worktree.join("log.md")).unwrap(), "four\n");
    assert_eq!(
        alice.run(["lock", "list", "--json"]).json(),
        serde_json::json!([])
    );
    assert_eq!(intents(&env), 0);
}

#[test]
fn a_lock_that_the_caller_held_is_kept_and_a_foreign_one_is_respected() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "log.md"]).succeeds();
    alice.run(["append", "log.md", "--content", "mine"]).succeeds();
    assert_snapshot!(bob.run(["append", "log.md", "--content", "his"]).shown(), @"
    exit 3
    stderr:
    error: log.md is locked by coral-puffin ([alice], active), taken just now, lapses in 1 h
    hint: agent-sync send --to [alice] --message 'I need log.md; when will it be free?'
    ");
    bob.run(["append", "new/file.md", "--content", "x"]).succeeds();
    alice.run(["lock", "acquire", "other"]).succeeds();
    bob.run(["append", "other/file.md", "--content", "x"])
        .ends_with(3);
    assert_eq!(env.read("log.md"), "mine\n");
    assert!(!env.path("other").exists(), "a refusal makes nothing");
}

#[test]
fn what_is_no_text_file_of_the_project_is_refused() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["heartbeat"]).succeeds();
    let worktree = env.worktree("feature");
    let before = fs::read(env.path(".git/config")).unwrap();
    for inside in [
        ".git/config",
        ".git/new",
        ".claude/coordination/hook.log",
        "../feature/.git",
    ] {
        alice
            .run(["append", inside, "--content", "x"])
            .ends_with(3)
            .complains("belongs to git or to agent-sync itself");
    }
    alice
        .at(&worktree)
        .run(["append", ".git", "--content", "x"])
        .ends_with(3);
    std::os::unix::fs::symlink(".git", env.path("link")).unwrap();
    alice
        .run(["append", "link/config", "--content", "x"])
        .ends_with(3);
    assert_eq!(fs::read(env.path(".git/config")).unwrap(), before);
    Command::new("mkfifo").arg(env.path("pipe")).status().unwrap();
    for special in [".", "pipe", "/dev/null"] {
        alice
            .run(["append", special, "--content", "x"])
            .ends_with(2)
            .complains("is not a file");
    }
    alice
        .run(["append", ".gitignore", "--content", "target"])
        .succeeds();
    alice
        .run(["append", ".claude/notes.md", "--content", "x"])
        .succeeds();
}

#[test]
fn a_worktree_inside_a_bare_repository_has_files_of_its_own() {
    let env = TestEnv::new();
    env.git_at(
        &env.outside(),
        &["clone", "--quiet", "--bare", "repo", "bare.git"],
    );
    let bare = env.outside().join("bare.git");
    env.git_at(&bare, &["worktree", "add", "--quiet", "tree"]);
    let alice = env.agent("alice");
    alice
        .at(bare.join("tree"))
        .run(["append", "log.md", "--content", "x"])
        .succeeds();
    alice
        .at(bare.join("tree"))
        .run(["append", "../config", "--content", "x"])
        .ends_with(3);
}

/// What a process leaves that is killed right before (`text` empty) or right after it writes.
fn die_appending(env: &TestEnv, agent: &str, line: &str, has_written: bool) {
    let sql = env.sql();
    let before = env.read("log.md").len();
    let digest = sha2::Sha256::digest(line)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            let _infallible = write!(digits, "{byte:02x}");
            digits
        });
    let now: i64 = sql
        .query_row("SELECT max(created_at) FROM activity", [], |row| row.get(0))
        .unwrap();
    sql.execute(
        "INSERT INTO append_intent VALUES (?1, '', 'log.md', ?2, ?3, ?4)",
        params![agent, digest, i64::try_from(before).unwrap(), now],
    )
    .unwrap();
    sql.execute(
        "INSERT INTO lock (namespace, tree, path, agent_id, reason, acquired_at, leased_at, ttl)
         VALUES ('path', '', 'log.md', ?1, 'append', ?2, ?2, 120000)",
        params![agent, now],
    )
    .unwrap();
    if has_written {
        env.write("log.md", &(env.read("log.md") + line));
    }
}

#[test]
fn a_retry_after_a_crash_writes_what_is_missing_and_gives_the_dead_lock_back() {
    for has_written in [false, true] {
        let env = TestEnv::new();
        let alice = env.agent("alice");
        env.write("log.md", "head\n");
        alice.run(["append", "log.md", "--content", "first"]).succeeds();
        die_appending(&env, &alice.id(), "line\n", has_written);
        let retried = alice.run(["append", "log.md", "--content", "line"]).succeeds();
        assert_eq!(retried.stderr.contains("had written it already"), has_written);
        assert_eq!(env.read("log.md"), "head\nfirst\nline\n");
        assert_eq!(
            alice.run(["lock", "list", "--json"]).json(),
            serde_json::json!([])
        );
        alice.run(["append", "log.md", "--content", "line"]).succeeds();
        assert_eq!(
            env.read("log.md"),
            "head\nfirst\nline\nline\n",
            "meant twice is written twice"
        );
    }
}

#[test]
fn another_text_another_agent_and_another_day_are_no_retry() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    env.write("log.md", "");
    alice.run(["heartbeat"]).succeeds();
    die_appending(&env, &alice.id(), "line\n", true);
    bob.run(["lock", "acquire", "log.md"]).ends_with(3);
    bob.run(["append", "log.md", "--content", "line"]).succeeds();
    alice.run(["append", "log.md", "--content", "other"]).succeeds();
    alice.run(["append", "log.md", "--content", "line"]).succeeds();
    assert_eq!(env.read("log.md"), "line\nline\nother\nline\n");

    env.write("log.md", "");
    die_appending(&env, &alice.id(), "line\n", true);
    env.advance(25 * HOUR);
    alice.run(["append", "log.md", "--content", "line"]).succeeds();
    assert_eq!(env.read("log.md"), "line\nline\n");
    assert_eq!(intents(&env), 0);
}

#[test]
fn a_process_without_a_lock_is_kept_out_while_it_writes() {
    let env = TestEnv::new();
    env.use_real_clock();
    let alice = env.agent("alice");
    env.write("log.md", "");
    let holder = File::open(env.path("log.md")).unwrap();
    flock(&holder, FlockOperation::LockExclusive).unwrap();
    let mut waiter = alice
        .shell()
        .args(["append", "log.md", "--content", "late"])
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(waiter.try_wait().unwrap().is_none() && env.read("log.md").is_empty());
    flock(&holder, FlockOperation::Unlock).unwrap();
    assert!(waiter.wait().unwrap().success());
    assert_eq!(env.read("log.md"), "late\n");
}

#[test]
fn many_processes_of_one_agent_and_of_many_lose_and_tear_nothing() {
    let env = TestEnv::new();
    env.use_real_clock();
    let long = "x".repeat(9000);
    let children: Vec<_> = (0..24)
        .map(|number| {
            let agent = env.agent(&format!("agent{}", number % 4));
            let mut command = agent.shell();
            let line = format!("{number} {long}");
            command.args(["append", "new/log.md", "--wait=60", "--content", &line]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = env.read("new/log.md");
    let mut numbers: Vec<u32> = text
        .lines()
        .map(|line| {
            let (number, rest) = line.split_once(' ').unwrap();
            assert_eq!(rest, long);
            number.parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..24).collect::<Vec<_>>());
    assert_eq!(
        env.human().run(["lock", "list", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn of_two_hundred_that_are_killed_and_try_again_every_line_is_there_once() {
    let env = TestEnv::new();
    env.use_real_clock();
    let mut dice = Dice::new(0x9e37_79b9_7f4a_7c15);
    let agents = [env.agent("alice"), env.agent("bob")];
    let began = Instant::now();
    agents[0]
        .run(["append", "log.md", "--content", "head"])
        .succeeds();
    let usual = u64::try_from(began.elapsed().as_micros()).unwrap().max(1000);
    let mut kills = 0;
    for number in 0..200 {
        let agent = &agents[number % 2];
        // Every tenth is large enough to be torn in the middle.
        let filler = "x".repeat(if number % 10 == 0 { 3_000_000 } else { 10 });
        let line = format!("line {number} {filler}\n");
        loop {
            let mut command = agent.shell();
            command.args(["append", "log.md", "--wait=60"]);
            let mut child = command.spawn().unwrap();
            let mut input = child.stdin.take().unwrap();
            let text = line.clone();
            let feeder =
                thread::spawn(move || std::io::Write::write_all(&mut input, text.as_bytes()).is_ok());
            let grace = dice.roll(if number % 10 == 0 { 2 * usual } else { usual });
            thread::sleep(Duration::from_micros(grace));
            let _it_may_be_done = child.kill();
            let output = child.wait_with_output().unwrap();
            feeder.join().unwrap();
            // Who was killed after saying so has said so.
            if output.stdout.starts_with(b"Appended") {
                break;
            }
            assert!(!output.status.success());
            kills += 1;
        }
    }
    let text = env.read("log.md");
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for line in text.lines() {
        let name = line.rsplit_once(' ').map_or(line, |(name, _)| name);
        *seen.entry(name).or_default() += 1;
    }
    let wrong: Vec<_> = seen.iter().filter(|(_, count)| **count != 1).collect();
    assert!(
        wrong.is_empty() && seen.len() == 201,
        "{kills} kills, {} lines: {wrong:?}",
        seen.len()
    );
    assert!(kills > 20, "only {kills} were killed in time");
    // Who is killed after saying so leaves its lock; the next append finds out that its holder has ended.
    env.agent("bob")
        .run(["append", "log.md", "--content", "end"])
        .succeeds();
    assert_eq!(
        env.human().run(["lock", "list", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice.run(["heartbeat"]).succeeds();
    fs::create_dir(env.path("small")).unwrap();
    // What is left is copied out of the namespace once the program, which takes the shell's place, is done.
    let script = "mount -t tmpfs -o size=64k tmpfs small
        echo head > small/log.md
        shell=$$
        (while kill -0 $shell 2>/dev/null; do sleep 0.02; done; cat small/log.md > draft; mv draft copy) \
        < /dev/null > /dev/null 2>&1 &";
    let copy = || {
        while !env.path("copy").exists() {
            thread::sleep(Duration::from_millis(10));
        }
        let copy = env.read("copy");
        fs::remove_file(env.path("copy")).unwrap();
        copy
    };
    let text = "x".repeat(100_000);
    alice
        .run_behind(script, &["append", "small/log.md", "--content", &text])
        .ends_with(1)
        .complains("nothing was appended to ")
        .complains("hint: make room");
    assert_eq!(copy(), "head\n");
    assert_eq!(intents(&env), 0);
    alice
        .run_behind(script, &["append", "small/log.md", "--content", "tail"])
        .succeeds();
    assert_eq!(copy(), "head\ntail\n");
}

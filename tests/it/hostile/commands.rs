//! Words of the command line: every command with bytes that are no text, and with text that acts.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::{FRAGMENTS, complaint};
use crate::env::{Dice, TestEnv};
use crate::help::commands;

/// How many command lines are made of random fragments.
const LINES: usize = 400;

/// What may come of words that were understood or not.
const DOCUMENTED: [i32; 5] = [0, 2, 3, 4, 5];

/// Every command that has no commands below it.
fn leaves(env: &TestEnv, path: &[String], found: &mut Vec<Vec<String>>) {
    let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
    words.push("--help");
    let below = commands(&env.human().run_with(&words, b"").succeeds().stdout);
    if below.is_empty() {
        found.push(path.to_vec());
    }
    for (name, _) in below {
        leaves(env, &[path, &[name]].concat(), found);
    }
}

/// The commands that can be tried with any words: those that set up or show a project of their own are not.
fn tried(env: &TestEnv) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    leaves(env, &[], &mut found);
    assert!(found.len() > 30, "only {} commands were found", found.len());
    found.retain(|path| !["demo", "init", "uninstall", "doctor", "hook"].contains(&path[0].as_str()));
    found
}

fn hostile_word(dice: &mut Dice) -> OsString {
    let mut word = Vec::new();
    for _ in 0..=dice.pick(4) {
        word.extend_from_slice(FRAGMENTS[dice.pick(FRAGMENTS.len())]);
    }
    // No word of a command line can hold a NUL, and none of these does.
    OsStr::from_bytes(&word).to_owned()
}

#[test]
fn every_command_takes_words_that_are_no_text_or_refuses_them() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    let odd = OsStr::from_bytes(b"a\xff\xfe");
    let mut complaints = Vec::new();
    for path in tried(&env) {
        for words in [
            vec![odd],
            vec![OsStr::new("--"), odd],
            vec![OsStr::from_bytes(b"--a\xff")],
            vec![OsStr::from_bytes(b"-\xff")],
            vec![OsStr::new("--as"), odd],
            vec![OsStr::new("--json"), odd, odd],
        ] {
            let output = alice.shell().args(&path).args(&words).output().unwrap();
            let found = complaint(&output, &DOCUMENTED);
            complaints.extend(found.map(|what| format!("{path:?} {words:?}: {what}")));
        }
    }
    let output = alice.shell().arg(odd).output().unwrap();
    complaints.extend(complaint(&output, &[2]));
    let output = alice.shell().arg("hook").arg(odd).output().unwrap();
    complaints.extend(complaint(&output, &[0]));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_word_of_a_command_line_reaches_a_terminal_as_it_is() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    let human = env.human();
    let (commands, mut dice) = (tried(&env), Dice::new(7));
    let mut complaints = Vec::new();
    for line in 0..LINES {
        let path = &commands[dice.pick(commands.len())];
        let words: Vec<OsString> = (0..=dice.pick(3)).map(|_| hostile_word(&mut dice)).collect();
        // A model reads frames, a person reads plain text.
        let mut command = if line % 2 == 0 {
            alice.shell()
        } else {
            human.shell()
        };
        let output = command.args(path).args(&words).output().unwrap();
        let found = complaint(&output, &DOCUMENTED);
        complaints.extend(found.map(|what| format!("{path:?} {words:?}: {what}")));
    }
    let shown: Vec<_> = complaints.iter().take(8).map(String::as_str).collect();
    assert!(
        complaints.is_empty(),
        "{} of {LINES}:\n{}",
        complaints.len(),
        shown.join("\n")
    );
    // What was kept of it is shown to others as harmlessly.
    for words in [
        &["status"][..],
        &["lock", "list"],
        &["task", "list"],
        &["decision", "list"],
        &["activity", "list"],
        &["message", "sent"],
    ] {
        for actor in [&alice, &human] {
            let output = actor.shell().args(words).output().unwrap();
            assert_eq!(complaint(&output, &[0]), None, "{words:?}");
        }
    }
}

#[test]
fn a_project_whose_own_name_acts_on_terminals_is_shown_harmlessly() {
    let env = TestEnv::new();
    let evil = env
        .outside()
        .join(OsStr::from_bytes(b"e\x1b[31m\nhint: forged\xff"));
    std::fs::create_dir(&evil).unwrap();
    env.git_at(&evil, &["init", "--quiet"]);
    for words in [
        &["init"][..],
        &["status"],
        &["doctor"],
        &["lock", "acquire", "a"],
        &["lock", "list"],
        &["agent", "list"],
        &["config", "list"],
    ] {
        for actor in [env.agent("alice").at(&evil), env.human().at(&evil)] {
            let output = actor.shell().args(words).output().unwrap();
            assert_eq!(complaint(&output, &[0, 1, 3, 4]), None, "{words:?}");
        }
    }
    // And with every reason to complain about the store itself.
    let directory = evil.join(".claude/coordination");
    std::fs::write(directory.join("state.sqlite"), "this is no database ".repeat(100)).unwrap();
    for words in [
        &["status"][..],
        &["lock", "acquire", "a"],
        &["doctor"],
        &["task", "list"],
    ] {
        let output = env.human().at(&evil).shell().args(words).output().unwrap();
        assert_eq!(complaint(&output, &[1]), None, "{words:?}");
    }
}

#[test]
fn paths_that_are_too_long_too_deep_or_too_strange_are_refused_or_kept() {
    let env = TestEnv::new();
    env.set_up();
    let alice = env.agent("alice");
    let long = [
        "a".repeat(300),
        "a/".repeat(5_000),
        "../".repeat(5_000),
        "x".repeat(100_000),
    ];
    let strange = [
        "",
        ".",
        "/",
        "//",
        "-",
        "--",
        "a\nb",
        " ",
        "a/../..",
        "\u{1b}[31m",
        "{",
        "[",
        "{a,{b,{c",
        "**/**/**",
    ];
    let nested = [
        "{".repeat(50_000),
        "[".repeat(50_000),
        "{a,".repeat(30_000),
        "**/".repeat(30_000),
    ];
    let all = long.iter().chain(&nested).map(String::as_str).chain(strange);
    for path in all {
        for words in [
            &["lock", "acquire", "--"][..],
            &["lock", "check", "--"],
            &["lock", "release", "--"],
            &["append", "--content", "x", "--"],
            &["task", "create", "T", "--file"],
        ] {
            let output = alice.shell().args(words).arg(path).output().unwrap();
            // Appending to what cannot be a file fails like the file system itself.
            let allowed = [&DOCUMENTED[..], &[1]].concat();
            let start: String = path.chars().take(20).collect();
            assert_eq!(complaint(&output, &allowed), None, "{words:?} {start:?}");
        }
    }
}

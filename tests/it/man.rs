//! `agent-sync man`: a page for every command, which the programs that read manuals read without complaint.

use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use crate::env::{TestEnv, has};
use crate::help;

/// Whatever a reader of manuals says against a page.
fn complaints(reader: &str, options: &[&str], page: &std::path::Path) -> String {
    let output = Command::new(reader).args(options).arg(page).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    format!("{}{}", output.status, String::from_utf8_lossy(&said))
}

/// How many commands there are below this one, with itself.
fn count(env: &TestEnv, path: &[&str]) -> usize {
    let help = env
        .human()
        .run_with(&[path, &["--help"]].concat(), b"")
        .succeeds();
    let below = help::commands(&help.stdout);
    1 + below
        .iter()
        .map(|(name, _)| count(env, &[path, &[name.as_str()]].concat()))
        .sum::<usize>()
}

#[test]
fn there_is_a_readable_page_for_every_command() {
    let env = TestEnv::new();
    let pages = env.outside().join("manual/man1");
    let said = env.human().run(["man", "-o", pages.to_str().unwrap()]).succeeds();
    let found: Vec<_> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(found.len(), count(&env, &[]));
    said.says(&format!("Wrote {} pages to ", found.len()));
    for page in &found {
        if has("mandoc", "mandoc") {
            // What it calls a warning is how the library sets a line break.
            assert_eq!(
                complaints("mandoc", &["-T", "lint", "-W", "error"], page),
                "exit status: 0"
            );
        }
        if has("groff", "groff") {
            let options = ["-z", "-ww", "-man", "-Tutf8"];
            assert_eq!(complaints("groff", &options, page), "exit status: 0", "{page:?}");
        }
    }
    assert!(!env.path(".claude").exists());
}

#[test]
fn one_page_is_printed() {
    let env = TestEnv::new();
    let page = env.human().run(["man", "agent", "heartbeat"]).succeeds();
    assert_eq!(page.stderr, "");
    page.says(".TH agent-sync-agent-heartbeat 1")
        .says("agent\\-sync\\-agent\\-heartbeat \\- Say that you are still there");
    let whole = env.human().run(["man"]).succeeds();
    whole.says("agent\\-sync\\-status(1)");
}

#[test]
fn a_page_of_nothing_is_missed_with_a_word() {
    let env = TestEnv::new();
    assert_snapshot!(env.human().run(["man", "task", "frobnicate"]).shown(), @"
    exit 4
    stderr:
    error: task has no command frobnicate
    hint: agent-sync --help
    ");
}

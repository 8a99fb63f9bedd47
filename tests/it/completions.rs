//! `agent-sync completions`: each shell loads them and completes with them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::env::{PROGRAM, TestEnv, has, search_path};

/// Writes the completions for `shell` into a file and returns its place.
fn script(env: &TestEnv, shell: &str) -> String {
    let file = env.outside().join(format!("completions.{shell}"));
    let printed = env.human().run(["completions", shell]).succeeds();
    fs::write(&file, printed.stdout).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Runs a script in a shell that knows nothing of its user, and returns what it prints; it must not complain.
fn run(env: &TestEnv, shell: &str, options: &[&str], script: &str) -> String {
    let program = Path::new(PROGRAM).parent().unwrap().display();
    let mut command = Command::new(shell);
    command
        .args(options)
        .args(["-c", script])
        .current_dir(env.root())
        .env_clear()
        .env("HOME", env.home())
        .env("LANG", "C.UTF-8")
        .env("TERM", "dumb")
        .env("PATH", format!("{program}:{}", search_path()))
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.trim().is_empty(),
        "{shell}: {errors}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The lines of `printed`, each cut at its first blank: shells put descriptions behind the words.
fn words(printed: &str) -> Vec<&str> {
    printed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn bash_completes_commands_and_their_options() {
    let env = TestEnv::new();
    let script = script(&env, "bash");
    let completed = |line: &str| {
        let body = format!(
            "source '{script}'; complete -p agent-sync | sed 's/.* -F \\([^ ]*\\).*/\\1/' >function; \
             COMP_WORDS=({line} ''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             \"$(cat function)\" agent-sync '' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        run(&env, "bash", &["--norc"], &body)
    };
    let top = completed("agent-sync");
    for word in ["status", "lock", "task", "message", "man"] {
        assert!(words(&top).contains(&word), "{top}");
    }
    let below = completed("agent-sync task");
    assert!(
        words(&below).contains(&"next") && !words(&below).contains(&"acquire"),
        "{below}"
    );
    let options = completed("agent-sync lock acquire");
    assert!(words(&options).contains(&"--reason"), "{options}");
}

#[test]
fn zsh_loads_them_as_a_function_of_its_own() {
    if !has("zsh", "zsh") {
        return;
    }
    let env = TestEnv::new();
    let directory = env.outside().join("functions");
    fs::create_dir(&directory).unwrap();
    fs::copy(script(&env, "zsh"), directory.join("_agent-sync")).unwrap();
    let body = format!(
        "fpath=('{}' $fpath); autoload -Uz compinit && compinit -u -D; print -r -- $_comps[agent-sync]; \
         autoload +X _agent-sync && print -r -- ${{+functions[_agent-sync]}}",
        directory.display()
    );
    assert_eq!(run(&env, "zsh", &["-f"], &body), "_agent-sync\n1\n");
}

#[test]
fn fish_completes_commands_and_their_options() {
    if !has("fish", "fish") {
        return;
    }
    let env = TestEnv::new();
    let script = script(&env, "fish");
    let completed = |line: &str| {
        let body = format!("source '{script}'; complete --do-complete '{line}'");
        run(&env, "fish", &["--no-config"], &body)
    };
    let top = completed("agent-sync ");
    assert!(words(&top).contains(&"status"), "{top}");
    let below = completed("agent-sync task ");
    assert!(
        words(&below).contains(&"next") && !words(&below).contains(&"acquire"),
        "{below}"
    );
    let options = completed("agent-sync lock acquire --re");
    assert!(words(&options).contains(&"--reason"), "{options}");
}

#[test]
fn every_shell_gets_completions_that_name_every_command() {
    let env = TestEnv::new();
    let help = env.human().run(["--help"]).succeeds();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = env.human().run(["completions", shell]).succeeds();
        for (command, _) in crate::help::commands(&help.stdout) {
            assert!(script.stdout.contains(&command), "{shell} lacks {command}");
        }
    }
    env.human().run(["completions", "tcsh"]).ends_with(2);
}

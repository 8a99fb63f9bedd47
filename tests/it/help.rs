//! Every command explains itself.

use crate::env::TestEnv;

/// The commands that a help text lists.
pub(crate) fn commands(help: &str) -> Vec<(String, String)> {
    let Some((_, after)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let list = after.split("\n\n").next().unwrap();
    let lines = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines
        .map(|line| {
            let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            (name.to_owned(), about.trim().to_owned())
        })
        .filter(|(name, _)| name != "help")
        .collect()
}

fn explain(env: &TestEnv, path: &[&str], seen: &mut usize) {
    let arguments = [path, &["--help"]].concat();
    let help = env.human().run_with(&arguments, b"").succeeds();
    assert_eq!(help.stderr, "", "{path:?}");
    assert!(
        help.stdout.contains("Usage: agent-sync"),
        "{path:?}: {}",
        help.stdout
    );
    *seen += 1;
    for (name, about) in commands(&help.stdout) {
        assert!(about.len() > 10, "{path:?} {name} says too little: {about:?}");
        assert!(
            !about.ends_with('.'),
            "{path:?} {name} ends in a full stop: {about:?}"
        );
        explain(env, &[path, &[name.as_str()]].concat(), seen);
    }
}

#[test]
fn every_command_has_a_help_text_with_a_sentence_about_it() {
    let env = TestEnv::new();
    let mut seen = 0;
    explain(&env, &[], &mut seen);
    assert!(seen > 40, "only {seen} commands were found");
    assert!(!env.path(".claude").exists(), "asking for help sets nothing up");
}

#[test]
fn without_a_command_the_help_is_printed_and_all_is_well() {
    let env = TestEnv::new();
    env.human().run([]).succeeds().says("Commands:");
    assert!(!env.path(".claude").exists());
}

#[cfg(not(feature = "console"))]
#[test]
fn a_program_without_the_console_says_so_and_how_to_get_it() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.human().run(["console"]).shown(), @r"
    exit 1
    stderr:
    error: this agent-sync was built without the console
    hint: agent-sync status; `cargo install agent-sync` builds it with the console
    ");
    assert!(!env.path(".claude").exists());
}

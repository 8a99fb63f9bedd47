//! What the documents show is what happens: every command in them is run, and prints what they say.
//!
//! A fenced block marked `console` is a session in a fresh repository. Lines that begin with `$ ` are commands;
//! what follows them is their output, in which `…` stands for any text and a line of its own `…` for any
//! lines.

use std::fs;
use std::path::Path;

use crate::env::TestEnv;

/// A command and the output that the document shows.
struct Step {
    command: String,
    output: Vec<String>,
}

/// The steps of every `console` block of a document, in order.
fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_inside = false;
    for line in document.lines() {
        match (is_inside, line) {
            (false, "```console") => is_inside = true,
            (true, "```") => is_inside = false,
            (true, line) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    output: Vec::new(),
                }),
                (None, Some(step)) => step.output.push(line.to_owned()),
                (None, None) => panic!("a session begins with a command: {line}"),
            },
            (false, _) => {}
        }
    }
    steps
}

/// Whether `line` is `pattern`, in which each `…` stands for any text.
fn is_like(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Whether the lines are those of the document.
fn are_like(patterns: &[String], lines: &[&str]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, others)) if first == "…" => {
            (0..=lines.len()).any(|skipped| are_like(others, &lines[skipped..]))
        }
        Some((first, others)) => lines
            .split_first()
            .is_some_and(|(line, left)| is_like(first, line.trim_end()) && are_like(others, left)),
    }
}

fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let document = fs::read_to_string(path).unwrap();
    let env = TestEnv::new();
    env.write("src/api.rs", "pub fn login() {}\n");
    let human = env.human();
    let steps = steps(&document);
    assert!(!steps.is_empty(), "{name} shows no session");
    for step in steps {
        // The shell shows both streams in one, as a terminal does.
        let output = human.bash(&format!("exec 2>&1; {}", step.command));
        let text = output.stdout;
        let lines: Vec<&str> = text.lines().collect();
        let shown = step.output.join("\n");
        assert!(
            are_like(&step.output, &lines),
            "{name}: $ {}\nshown:\n{shown}\nprinted:\n{text}",
            step.command
        );
    }
}

#[test]
fn the_readme_shows_what_happens() {
    play("README.md");
}

/// Every Rust file below a directory of the repository.
fn sources(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn the_readme_says_of_every_hook_what_the_table_says() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for hook in agent_sync::hook::HOOKS {
        let row = format!("| {} | {} |\n", hook.event, hook.purpose);
        assert!(page.contains(&row), "the README lacks: {row}");
    }
}

#[test]
fn every_test_that_a_page_names_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for path in ["src", "tests"]
        .iter()
        .flat_map(|directory| sources(&top.join(directory)))
    {
        code.push_str(&path.display().to_string());
        code.push_str(&fs::read_to_string(&path).unwrap());
    }
    for page in ["SECURITY.md", "docs/RELIABILITY.md"] {
        expect_named_tests(&fs::read_to_string(top.join(page)).unwrap(), &code);
    }
}

/// Expects that every test that `page` names is in `code`.
#[track_caller]
fn expect_named_tests(page: &str, code: &str) {
    let named: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| {
            ["it/", "e2e/", "unit/", "…"]
                .iter()
                .any(|start| name.starts_with(start))
        })
        .filter(|name| !name.ends_with('…'))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let last = name.rsplit([':', '/', '…']).next().unwrap();
        let is_there = code.contains(&format!("fn {last}("))
            || code.contains(&format!("/{last}.rs"))
            || code.contains(&format!("/{last}/mod.rs"));
        assert!(is_there, "there is no test {name}");
    }
}

#[test]
fn a_pattern_stands_for_any_text_and_no_other() {
    assert!(is_like("Locked … for 60 min", "Locked a for 60 min"));
    assert!(is_like("task-…: x (…)", "task-1234: x (y)"));
    assert!(!is_like("Locked … for 60 min", "Locked a for 61 min"));
    assert!(!is_like("Locked", "Locked a"));
    let patterns = ["a".to_owned(), "…".to_owned(), "d".to_owned()];
    assert!(are_like(&patterns, &["a", "b", "c", "d"]) && are_like(&patterns, &["a", "d"]));
    assert!(!are_like(&patterns, &["a", "b"]));
}

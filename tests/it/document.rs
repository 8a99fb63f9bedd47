//! What the documents show is what happens: every command in them is run, and prints what they say.
//!
//! A fenced block marked `console` is a session in a fresh repository. Lines that begin with `$ ` are commands;
//! what follows them is their output, in which `…` stands for any text and a line of its own `…` for any
//! lines. What a page tells in one repository goes on from block to block, until it begins anew.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::env::TestEnv;

/// A command and the output that the document shows.
struct Step {
    command: String,
    output: Vec<String>,
}

impl Step {
    /// Whether the text that a shell reads up to `END` has not ended.
    fn is_unfinished(&self) -> bool {
        self.command.contains("<<'END'") && !self.command.ends_with("\nEND")
    }
}

/// Begins the story of a page anew, in a repository of its own.
const ANEW: &str = "<!-- in a new repository -->";

/// The steps of every `console` block of a document, in order; one list for each repository.
fn sessions(document: &str) -> Vec<Vec<Step>> {
    let mut sessions: Vec<Vec<Step>> = vec![Vec::new()];
    let mut is_inside = false;
    for line in document.lines() {
        let steps = sessions.last_mut().unwrap();
        match (is_inside, line) {
            (false, ANEW) => sessions.push(Vec::new()),
            (false, "```console") => is_inside = true,
            (true, "```") => is_inside = false,
            (true, line) if steps.last().is_some_and(Step::is_unfinished) => {
                let step = steps.last_mut().unwrap();
                step.command.push('\n');
                step.command.push_str(line);
            }
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
    sessions.retain(|steps| !steps.is_empty());
    sessions
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

/// The pages for people: their names from the top of the repository, and their texts.
fn pages() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
        .map(str::to_owned)
        .into();
    for entry in fs::read_dir(top.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            names.push(format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    names.sort();
    let text = |name: &String| fs::read_to_string(top.join(name)).unwrap();
    names.iter().map(|name| (name.clone(), text(name))).collect()
}

fn play(name: &str, steps: &[Step]) {
    let env = TestEnv::new();
    env.write("src/api.rs", "pub fn login() {}\n");
    let human = env.human();
    for step in steps {
        // The shell shows both streams in one, as a terminal does.
        let output = human.bash(&format!("exec 2>&1; {}", step.command));
        let text = output.stdout.replace(env.root().to_str().unwrap(), "/repo");
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
fn the_pages_show_what_happens() {
    let mut played = Vec::new();
    for (name, text) in pages() {
        for steps in sessions(&text) {
            play(&name, &steps);
            played.push(name.clone());
        }
    }
    for name in ["README.md", "docs/guide.md"] {
        assert!(played.iter().any(|page| page == name), "{name} shows no session");
    }
}

/// What stands between backticks in a text, and each line of its `sh` blocks.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    for line in text.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(kind) };
        } else if block == Some("sh") {
            found.push(line.trim().to_owned());
        } else if block.is_none() {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_command_and_option_that_a_page_names_is_there() {
    let env = TestEnv::new();
    let human = env.human();
    let mut helps: HashMap<Vec<String>, Option<String>> = HashMap::new();
    let mut help = |path: &[&str]| {
        let key: Vec<String> = path.iter().map(|word| (*word).to_owned()).collect();
        let text = helps.entry(key).or_insert_with(|| {
            let output = human.run_with(&[path, &["--help"]].concat(), b"");
            (output.status == 0).then_some(output.stdout)
        });
        text.clone()
    };
    let mut seen = 0;
    for (name, text) in pages() {
        if name == "CHANGELOG.md" {
            // It speaks of what was, too.
            continue;
        }
        for span in code(&text) {
            let Some(line) = span.strip_prefix("agent-sync ") else {
                continue;
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            let is_word = |word: &&&str| {
                word.chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '-')
            };
            let path: Vec<&str> = words
                .iter()
                .skip_while(|word| word.starts_with("--"))
                .take_while(|word| is_word(word) && !word.starts_with('-'))
                .take(2)
                .copied()
                .collect();
            let Some(first) = path.first() else { continue };
            let Some(own) = help(&path).or_else(|| help(&path[..1])) else {
                panic!("{name}: there is no command {first}: `{span}`");
            };
            for option in words
                .iter()
                .filter(|word| word.starts_with("--") && word.len() > 2)
            {
                let option = option.split(['=', '`', ')', ',']).next().unwrap();
                assert!(
                    own.contains(option),
                    "{name}: {path:?} knows no {option}: `{span}`"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} were found");
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let plain = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = plain
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = pages();
    let anchors = |text: &str| -> Vec<String> {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings.map(anchor).collect()
    };
    let mut seen = 0;
    for (name, text) in &pages {
        for link in text.split("](").skip(1) {
            let link = link.split([')', ' ', '\n']).next().unwrap();
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let directory = Path::new(name).parent().unwrap();
            let target = match file {
                "" => top.join(name),
                file => top.join(directory).join(file),
            };
            assert!(target.exists(), "{name}: {link} leads nowhere");
            if !fragment.is_empty() {
                let there = fs::read_to_string(&target).unwrap();
                assert!(
                    anchors(&there).iter().any(|anchor| anchor == fragment),
                    "{name}: {link} leads to no heading"
                );
            }
            seen += 1;
        }
        // Pictures that adapt to the reader's taste are not Markdown.
        for quoted in text
            .split("src=\"")
            .skip(1)
            .chain(text.split("srcset=\"").skip(1))
        {
            let file = quoted.split('"').next().unwrap();
            let directory = Path::new(name).parent().unwrap();
            assert!(
                top.join(directory).join(file).exists(),
                "{name}: there is no {file}"
            );
        }
    }
    assert!(seen > 100, "only {seen} were found");
}

#[test]
fn no_diagram_holds_what_ends_a_statement_in_the_middle() {
    let mut seen = 0;
    for (name, text) in pages() {
        for diagram in text.split("```mermaid\n").skip(1) {
            let diagram = diagram.split("```").next().unwrap();
            assert!(
                !diagram.contains(';'),
                "{name}: Mermaid takes `;` for an end:\n{diagram}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} diagrams");
}

#[test]
fn the_pictures_are_small_enough_to_be_looked_at_everywhere() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let mut seen = 0;
    for entry in fs::read_dir(pictures).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "png") {
            let size = path.metadata().unwrap().len();
            assert!(size > 1_000 && size <= 150 * 1024, "{}: {size}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} pictures");
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

//! The rules of the rooms that `src/` is divided into, read off the source text.
//!
//! The compiler lets any module use any other. Here a domain that reads the clock, or SQL outside the store,
//! fails the build.

mod checker;
pub(crate) mod source;

use std::fs;
use std::path::{Path, PathBuf};

use checker::violations;

/// Every file of the program: its path below `src` and its text.
fn files() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut directories = vec![top.clone()];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The crates the program is made of, as its code calls them.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest
        .split("[dependencies]\n")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    section
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.trim().replace('-', "_")))
        .collect()
}

#[test]
fn every_room_keeps_its_rules() {
    let (files, dependencies) = (files(), dependencies());
    assert!(
        files.len() > 40 && dependencies.len() > 10,
        "the checker sees the program"
    );
    let found: Vec<String> = files
        .iter()
        .flat_map(|(name, text)| violations(name, text, &dependencies))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the checker says of a made-up file.
fn says(name: &str, text: &str) -> Vec<String> {
    let dependencies: Vec<String> = ["rusqlite", "serde", "chrono"].map(str::to_owned).into();
    violations(name, &format!("//! Why.\n{text}"), &dependencies)
}

#[test]
fn the_domain_may_not_reach_out() {
    for bad in [
        "use crate::env::Env;",
        "use crate::{store::Store, domain::lock::Key};",
        "fn f() { crate::render::time::relative(0, 0); }",
        "use rusqlite::Connection;",
        "fn f() -> chrono::DateTime<chrono::Utc> {}",
        "fn f() { std::time::SystemTime::now(); }",
        "fn f() { std::fs::read(\"x\"); }",
        "fn f() { println!(\"x\"); }",
    ] {
        assert!(!says("domain/x.rs", bad).is_empty(), "{bad}");
    }
    assert_eq!(
        says(
            "domain/x.rs",
            "use super::time::Moment;\nuse crate::domain::lock::Key;\nuse serde::Serialize;"
        ),
        [""; 0]
    );
}

#[test]
fn the_store_may_not_know_who_uses_it() {
    for bad in [
        "env", "cli", "hook", "render", "setup", "place", "repo", "identity",
    ] {
        assert!(
            !says("store/x.rs", &format!("use crate::{bad}::X;")).is_empty(),
            "{bad}"
        );
    }
    assert_eq!(
        says(
            "store/x.rs",
            "use crate::domain::X;\nuse crate::error::Refusal;\nuse rusqlite::Row;"
        ),
        [""; 0]
    );
}

#[test]
fn nothing_may_import_the_rooms_at_the_top() {
    for room in [
        "env/mod.rs",
        "repo.rs",
        "identity.rs",
        "place.rs",
        "frame/mod.rs",
        "render/x.rs",
        "hook/x.rs",
    ] {
        assert!(!says(room, "use crate::cli::Context;").is_empty(), "{room}");
    }
    assert!(!says("place.rs", "use crate::hook::HOOKS;").is_empty());
    assert!(!says("hook/x.rs", "use crate::console::Setup;").is_empty());
    assert!(!says("console/x.rs", "use crate::cli::Context;").is_empty());
    for room in ["hook/x.rs", "console/x.rs", "store/x.rs", "place.rs"] {
        assert!(!says(room, "use crate::crew::end;").is_empty(), "{room}");
    }
    assert!(!says("crew/x.rs", "use crate::render::crew;").is_empty());
    assert_eq!(says("cli/mod.rs", "use crate::{crew, console};"), [""; 0]);
    assert_eq!(says("cli/mod.rs", "use crate::console;"), [""; 0]);
    assert_eq!(says("cli/mod.rs", "use crate::hook;"), [""; 0]);
    assert_eq!(says("setup/mod.rs", "use crate::hook::HOOKS;"), [""; 0]);
}

#[test]
fn only_one_room_reads_the_outside_world() {
    for bad in [
        "fn f() { std::env::var(\"HOME\"); }",
        "use std::env;",
        "use std::time::SystemTime;",
        "fn f() { std::io::stdin(); }",
        "fn f() { Instant::now(); }",
    ] {
        assert!(!says("cli/x.rs", bad).is_empty(), "{bad}");
        assert_eq!(says("env/x.rs", bad), [""; 0], "{bad}");
    }
}

#[test]
fn what_only_the_console_needs_is_in_the_console() {
    let bad = "use ratatui::Frame;";
    assert!(!says("cli/x.rs", bad).is_empty());
    assert!(!says("env/x.rs", bad).is_empty());
    assert_eq!(says("console/x.rs", bad), [""; 0]);
}

#[test]
fn only_whoever_has_the_terminal_to_itself_listens_to_signals() {
    let bad = "fn f() { signal_hook::low_level::raise(15); }";
    assert!(!says("cli/x.rs", bad).is_empty());
    assert_eq!(says("env/x.rs", bad), [""; 0]);
    assert_eq!(says("console/x.rs", bad), [""; 0]);
}

#[test]
fn sql_belongs_into_the_store() {
    for bad in [
        "const X: &str = \"SELECT id FROM agent\";",
        "fn f() { g(\"INSERT INTO agent VALUES (1)\"); }",
        "const X: &str = r#\"update agent set name = 'x'\"#;",
        "const X: &str = \"DELETE FROM agent\";",
        "const X: &str = \"CREATE TABLE agent (id TEXT)\";",
        "const X: &str = \"PRAGMA user_version\";",
    ] {
        assert!(!says("cli/x.rs", bad).is_empty(), "{bad}");
        assert_eq!(
            says("store/x.rs", bad)
                .iter()
                .filter(|text| !text.contains("migrations"))
                .count(),
            0,
            "{bad}"
        );
    }
    assert!(!says("store/x.rs", "const X: &str = \"CREATE TABLE agent (id TEXT)\";").is_empty());
    assert_eq!(
        says(
            "cli/x.rs",
            "const HELP: &str = \"select a file from the list\"; // SELECT id FROM agent"
        ),
        [""; 0]
    );
}

#[test]
fn tests_inside_a_file_may_do_what_they_like() {
    let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::store::Store;\n    fn g() { std::env::vars(); }\n}\n";
    assert_eq!(says("domain/x.rs", text), [""; 0]);
}

#[test]
fn a_file_says_why_it_is_there_and_stays_short() {
    let long = "// line\n".repeat(501);
    assert_eq!(says("cli/x.rs", &long).len(), 1);
    assert_eq!(violations("cli/x.rs", "use std::fs;\n", &[]).len(), 1);
}

//! What a file may use, by the room it is in.

use super::source::Source;

/// The longest a source file may be.
const LINES: usize = 500;

/// Rooms of the program that a room may use; `None` means every one but the top.
fn rooms_open_to(room: &str) -> Option<&'static [&'static str]> {
    match room {
        "domain" => Some(&["domain"]),
        "error" => Some(&["error"]),
        "frame" => Some(&["frame"]),
        "store" => Some(&["store", "domain", "error", "frame"]),
        "render" => Some(&["render", "domain", "frame"]),
        "env" => Some(&["env", "domain"]),
        "cli" | "main" | "lib" => Some(&[
            "cli", "console", "crew", "hook", "setup", "domain", "env", "error", "frame", "identity",
            "place", "policy", "render", "repo", "store",
        ]),
        "crew" => Some(&[
            "crew", "domain", "env", "error", "frame", "identity", "place", "repo", "store",
        ]),
        "console" => Some(&[
            "console", "domain", "env", "error", "frame", "identity", "place", "render", "repo", "store",
        ]),
        "setup" => Some(&[
            "setup", "hook", "domain", "env", "error", "frame", "identity", "place", "render", "repo",
            "store",
        ]),
        "hook" => Some(&[
            "hook", "domain", "env", "error", "frame", "identity", "place", "policy", "render", "repo",
            "store",
        ]),
        "policy" => Some(&["policy", "domain"]),
        _ => None,
    }
}

/// Crates that a room may use; `None` means every one.
fn crates_open_to(room: &str) -> Option<&'static [&'static str]> {
    match room {
        "domain" => Some(&["serde"]),
        "store" => Some(&["rusqlite", "anyhow", "serde", "serde_json", "tempfile", "sha2"]),
        _ => None,
    }
}

/// Sentences about everything in this file that breaks a rule.
pub(super) fn violations(name: &str, text: &str, dependencies: &[String]) -> Vec<String> {
    let room = name.split(['/', '.']).next().unwrap_or_default();
    let source = Source::of(text);
    let mut found = Vec::new();
    let mut say = |what: String| found.push(format!("src/{name} {what}"));

    if !text.starts_with("//! ") {
        say("does not begin with the reason it is there (`//!`)".to_owned());
    }
    let lines = text.lines().count();
    if lines > LINES {
        say(format!(
            "has {lines} lines, more than {LINES}: split it by meaning"
        ));
    }
    for used in rooms_used(&source.code) {
        let is_open = rooms_open_to(room).map_or_else(
            || !["cli", "console", "crew", "hook", "setup"].contains(&used.as_str()),
            |open| open.contains(&used.as_str()),
        );
        if !is_open {
            say(format!("uses crate::{used}"));
        }
    }
    if let Some(open) = crates_open_to(room) {
        for dependency in dependencies {
            let is_dated =
                (name.starts_with("store/upgrade/") || name == "store/backup.rs") && dependency == "chrono";
            if !open.contains(&dependency.as_str()) && !is_dated && has_path(&source.code, dependency) {
                say(format!("uses the crate {dependency}"));
            }
        }
    }
    for dependency in ["ratatui", "crossterm"] {
        if room != "console" && has_path(&source.code, dependency) {
            say(format!("uses the crate {dependency}, which may not be there"));
        }
    }
    if !["console", "env"].contains(&room) && has_path(&source.code, "signal_hook") {
        say("listens to signals".to_owned());
    }
    let outside = ["std::env", "SystemTime", "Instant::now", "stdin()"];
    let effects = [
        "std::fs",
        "std::io",
        "std::process",
        "std::net",
        "println!",
        "eprintln!",
        "print!",
    ];
    let forbidden = outside
        .iter()
        // A test may look at the clock.
        .filter(|_| room != "env" && !name.contains("/tests/"))
        // How long the store has waited for others is measured where it waits; no rule sees that time.
        .filter(|word| name != "store/connect.rs" || **word != "Instant::now")
        .chain(effects.iter().filter(|_| room == "domain"));
    for word in forbidden {
        if source.code.contains(word) {
            say(format!("reads or writes the outside world ({word})"));
        }
    }
    // An upgrade meets tables of others' making, and tests make them.
    let may_change_schema = name.starts_with("store/upgrade/");
    for string in &source.strings {
        let sql = sql_in(string);
        if let Some(statement) = sql.filter(|_| room != "store") {
            say(format!("speaks SQL ({statement}): {string:?}"));
        }
        if sql.is_some_and(|statement| ["create", "alter", "drop"].contains(&statement))
            && room == "store"
            && !may_change_schema
        {
            say(format!("changes the schema outside store/migrations: {string:?}"));
        }
    }
    found
}

/// The rooms named in `crate::room` and `crate::{room, …}`.
fn rooms_used(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            rooms.push(word(after));
            continue;
        };
        let mut depth = 0;
        let mut is_start = true;
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => is_start = true,
                _ if is_start && character.is_alphabetic() => {
                    rooms.push(word(&group[at..]));
                    is_start = false;
                }
                _ => {}
            }
        }
    }
    // A macro or a type at the top of the crate is no room.
    rooms.retain(|room| room.starts_with(char::is_lowercase));
    rooms
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}

/// Whether `code` has a path that begins with this crate.
fn has_path(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let is_start = before.is_none_or(|last| !last.is_alphanumeric() && last != '_' && last != ':');
        let after = &code[at + name.len()..];
        is_start
            && (after.starts_with("::") || (code[..at].ends_with("use ") && after.starts_with([';', ' '])))
    })
}

/// The kind of SQL statement that a string is or begins with, if any.
fn sql_in(string: &str) -> Option<&'static str> {
    let lower = string.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let is_written_large = string
        .trim_start()
        .starts_with(|first: char| first.is_uppercase());
    match *words.first()? {
        "select" if has("from") && (is_written_large || has("where")) => Some("select"),
        "with" if has("select") && has("from") => Some("select"),
        "insert" if has("into") => Some("insert"),
        "update" if has("set") && string.contains('=') => Some("update"),
        "delete" if words.get(1) == Some(&"from") => Some("delete"),
        "pragma" if words.len() > 1 => Some("pragma"),
        "create"
            if ["table", "index", "trigger", "view", "unique"]
                .iter()
                .any(|kind| words.get(1) == Some(kind)) =>
        {
            Some("create")
        }
        "alter" if words.get(1) == Some(&"table") => Some("alter"),
        "drop" if ["table", "index"].iter().any(|kind| words.get(1) == Some(kind)) => Some("drop"),
        _ => None,
    }
}

//! The statements that the source holds, so that one which nothing here runs is noticed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::query::{Planner, plain};
use crate::rooms::source::Source;

/// What runs on a store as a whole, once, or on a draft of one: making it, bringing it up to date, copying it,
/// mending it and looking for what is wrong with it. It reads every row because that is what it is for.
const CARE: [&str; 11] = [
    "backup.rs",
    "exchange.rs",
    "invariants.rs",
    "open.rs",
    "restore.rs",
    "salvage",
    "schema.rs",
    "swap.rs",
    "tables.rs",
    "trace.rs",
    "upgrade",
];

/// Statements that nothing here leads to and that cannot be explained as they stand, or that may read everything; why.
const KNOWN: [(&str, &str); 6] = [
    (
        "WHERE inode = ?1 AND path <> ?2",
        "it takes a file of several names",
    ),
    (
        "WHERE l.fence = ?1 AND l.is_implicit = 0",
        "only `append` after a crash asks for one",
    ),
    (
        "UPDATE task_dependency SET kind = 'always'",
        "once, after an upgrade or an import",
    ),
    (
        "UPDATE task SET waits = (SELECT",
        "once, after an upgrade or an import",
    ),
    (
        "SELECT DISTINCT depends_on_id",
        "once, after an upgrade or an import",
    ),
    (
        "SELECT count(*) FILTER (WHERE status",
        "says to whom nothing could be handed out what there is",
    ),
];

/// The statements of the source of which nothing was run and which read a table that grows, or may: one without gaps is
/// explained as it stands.
pub(super) fn unreached(played: &BTreeMap<String, String>, planner: &Planner) -> Vec<String> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut missed = Vec::new();
    let mut count = 0;
    for file in files(&store) {
        let name = file.strip_prefix(&store).unwrap().to_str().unwrap().to_owned();
        if CARE.iter().any(|care| name.starts_with(care)) || name.contains("tests") {
            continue;
        }
        for string in Source::of(&fs::read_to_string(&file).unwrap()).strings {
            let text = plain(&string.replace("\\\n", " "));
            let first = text.split(' ').next().unwrap_or_default();
            if !["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].contains(&first)
                || !text.contains(' ')
            {
                continue;
            }
            count += 1;
            let was_run = played.keys().any(|statement| is_made_of(statement, &text));
            if was_run || KNOWN.iter().any(|(known, _)| text.contains(known)) {
                continue;
            }
            if text.contains('{') || !planner.plan(&text).scans().is_empty() {
                missed.push(format!("{name}: {text}"));
            }
        }
    }
    assert!(count > 150, "only {count} statements were found in the source");
    missed
}

/// Whether a statement is what the source makes of this text, in whose gaps anything may have been put.
fn is_made_of(statement: &str, text: &str) -> bool {
    let mut rest = statement;
    let mut is_first = true;
    for piece in text
        .split('{')
        .map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after))
    {
        let found = if is_first {
            rest.starts_with(piece).then_some(0)
        } else {
            rest.find(piece.trim())
        };
        let Some(at) = found else { return false };
        rest = &rest[at + if is_first { piece.len() } else { piece.trim().len() }..];
        is_first = false;
    }
    true
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_statement_is_recognised_whatever_fills_its_gaps() {
    let text = "SELECT {COLUMNS} FROM {TABLES} WHERE d.agent_id = ?1";
    assert!(is_made_of(
        "SELECT a, b FROM x d WHERE d.agent_id = ?1 ORDER BY a",
        text
    ));
    assert!(!is_made_of("SELECT a, b FROM x d WHERE d.message_id = ?1", text));
    assert!(!is_made_of("DELETE FROM x", text));
}

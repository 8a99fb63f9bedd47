//! What SQLite says of how it would answer a statement.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::env::TestEnv;

/// Tables that do not grow with the work: facts of the store, settings, one row for each kind of hook, what the
/// upgrade from 0.4.0 had no place for, and the processes that wait for a lock or
/// append to a file right now; and the one row of an end of the swarm.
const FIXED: [&str; 8] = [
    "meta",
    "setting",
    "hook_seen",
    "leftover",
    "waiter",
    "waiter_key",
    "append_intent",
    "swarm",
];

/// A statement on one line.
pub(super) fn plain(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asks SQLite for plans on an empty store; without statistics the plan does not depend on what is in it.
pub(super) struct Planner {
    connection: Connection,
    /// Every table that grows.
    tables: BTreeSet<String>,
    /// The text of the triggers and views: what they call tables appears in plans, too.
    within: String,
    _env: TestEnv,
}

impl Planner {
    pub(super) fn new() -> Self {
        let env = TestEnv::new();
        env.set_up();
        let connection = env.sql();
        // Triggers and what foreign keys do are part of what a statement costs.
        assert!(
            connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_TRIGGER_EQP, true)
                .unwrap()
        );
        assert!(
            connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)
                .unwrap()
        );
        let texts = |kinds: &str, column: &str| -> Vec<String> {
            let sql = format!(
                "SELECT {column} FROM sqlite_schema WHERE type IN ({kinds}) AND name NOT LIKE 'sqlite_%'"
            );
            let mut statement = connection.prepare(&sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let mut tables: BTreeSet<String> = texts("'table'", "name").into_iter().collect();
        for name in FIXED {
            assert!(tables.remove(name), "there is no table {name}");
        }
        let within = texts("'trigger', 'view'", "sql").join("\n");
        Self {
            connection,
            tables,
            within,
            _env: env,
        }
    }

    /// Whether there is anything to explain: what begins and ends transactions, and settings of the connection, have
    /// no plan.
    #[expect(clippy::unused_self, reason = "a question to the planner")]
    pub(super) fn is_explained(&self, statement: &str) -> bool {
        let first = statement.split(' ').next().unwrap_or_default();
        ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].contains(&first)
            // A store that is put into the place of another one is read whole.
            && !statement.contains(" FROM source.")
    }

    /// How a statement would be answered.
    pub(super) fn plan(&self, statement: &str) -> Plan {
        let explained = self
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
        let mut explained = explained;
        let nothing = vec![rusqlite::types::Null; explained.parameter_count()];
        let steps = explained
            .query_map(rusqlite::params_from_iter(nothing), |row| {
                row.get::<_, Option<String>>(3)
            })
            .unwrap();
        Plan {
            steps: steps.filter_map(Result::unwrap).collect(),
            names: self.names(statement),
        }
    }

    /// What the tables that grow are called in a statement, or in a trigger or view: themselves and their aliases.
    fn names(&self, statement: &str) -> BTreeMap<String, String> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for table in &self.tables {
            names.insert(table.clone(), table.clone());
        }
        let text = format!("{statement} {}", self.within);
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let words: Vec<&str> = text
            .split_inclusive(|character: char| !is_part(character))
            .flat_map(|piece| {
                let end = piece
                    .trim_end_matches(|character: char| !is_part(character))
                    .len();
                [&piece[..end], piece[end..].trim()]
            })
            .filter(|word| !word.is_empty())
            .collect();
        for (at, word) in words.iter().enumerate() {
            if !self.tables.contains(*word) {
                continue;
            }
            let next = match words.get(at + 1) {
                Some(&"AS") => words.get(at + 2),
                other => other,
            };
            // An alias is in small letters, as everything is that is not SQL's own.
            let is_alias = |next: &&&str| {
                next.chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '_')
            };
            if let Some(alias) = next.filter(is_alias) {
                names.insert((*alias).to_owned(), (*word).to_owned());
            }
        }
        names
    }
}

/// How SQLite answers a statement, step by step.
pub(super) struct Plan {
    steps: Vec<String>,
    names: BTreeMap<String, String>,
}

impl Plan {
    /// The steps that read all of a table that grows, or of an index of it.
    pub(super) fn scans(&self) -> Vec<String> {
        let is_scan = |step: &&String| {
            let mut words = step.split(' ');
            let reads_all = match words.next() {
                // To search for words, or for a row of their index, is no scan, however the step is called.
                Some("SCAN") => {
                    !step.contains(" VIRTUAL TABLE INDEX 0:M") && !step.contains(" VIRTUAL TABLE INDEX 0:=")
                }
                Some("SEARCH") => step.contains(" AUTOMATIC "),
                _ => false,
            };
            reads_all && words.next().is_some_and(|name| self.names.contains_key(name))
        };
        self.steps
            .iter()
            .filter(is_scan)
            .map(|step| self.named(step))
            .collect()
    }

    /// The steps that sort, or gather in order to see what is there twice.
    pub(super) fn sorts(&self) -> Vec<String> {
        let is_sort = |step: &&String| step.contains("TEMP B-TREE");
        self.steps.iter().filter(is_sort).cloned().collect()
    }

    fn named(&self, step: &str) -> String {
        let alias = step.split(' ').nth(1).unwrap_or_default();
        match self.names.get(alias) {
            Some(table) if table != alias => format!("{step} ({table})"),
            _ => step.to_owned(),
        }
    }
}

#[test]
fn a_scan_is_seen_under_any_name_and_in_a_trigger_and_a_search_is_none() {
    let planner = Planner::new();
    for (statement, expected) in [
        ("SELECT body FROM message", "SCAN message"),
        ("SELECT m.body FROM message m", "SCAN m (message)"),
        ("SELECT m.body FROM message AS m", "SCAN m (message)"),
        (
            "SELECT 1 FROM message m JOIN decision d ON d.body = m.body",
            "SCAN m (message)",
        ),
        (
            "SELECT title FROM search_task",
            "SCAN t USING COVERING INDEX task_by_title (task)",
        ),
        ("DELETE FROM agent WHERE id = ?1", "SCAN decision"),
        (
            "SELECT rowid FROM search_words",
            "SCAN search_words VIRTUAL TABLE INDEX 0:",
        ),
    ] {
        let scans = planner.plan(statement).scans();
        assert!(
            scans.iter().any(|scan| scan == expected),
            "{statement}: {scans:?}"
        );
    }
    for statement in [
        "SELECT body FROM message WHERE id = ?1",
        "SELECT value FROM setting",
        "SELECT value FROM json_each(?1)",
        "SELECT rowid FROM search_words WHERE search_words MATCH ?1",
        "INSERT INTO message (id, sender_id, address, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    ] {
        assert_eq!(planner.plan(statement).scans(), [""; 0], "{statement}");
    }
    let sorted = planner.plan("SELECT body FROM message ORDER BY body");
    assert_eq!(sorted.sorts(), ["USE TEMP B-TREE FOR ORDER BY"]);
}

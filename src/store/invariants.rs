//! What always holds in a store, said as questions that find every row for which it does not.
//!
//! Constraints keep single rows right; what several rows or tables must agree on is kept by transactions, and a
//! transaction can be wrong. So each such promise is written down here once more, as SQL that knows nothing of
//! the code that keeps it. `doctor --check` asks all of them, and so do the tests that kill a command at each of
//! its steps: whatever was interrupted, the answer must be that nothing is broken.
//!
//! A store that was upgraded from 0.4.0 holds rows of a time when not every change was recorded, and one that was
//! repaired may have lost a part of the record; the rules about the record do not count there.

mod rules;

use anyhow::Result;
use rusqlite::{Connection, ErrorCode};

use self::rules::RULES;
use super::{Store, schema};

/// Most rows that are named of those which break a rule.
const NAMED: usize = 5;

/// A rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name.
    pub rule: &'static str,
    /// What is so.
    pub broken: &'static str,
    /// How many rows break it.
    pub count: usize,
    /// The first of them: ids, or the database's own words. Text of others.
    pub rows: Vec<String>,
}

/// The rule about the database's own structure; where it is broken, nothing else can be relied on.
const INTEGRITY: &str = "database.integrity";
const REFERENCES: &str = "database.references";
const SCHEMA: &str = "database.schema";

/// How many rules are asked about, those of the database itself included.
#[must_use]
pub const fn rule_count() -> usize {
    RULES.len() + 3
}

impl Store {
    /// Every rule that does not hold, the database's own structure first; empty when the store is whole.
    ///
    /// # Errors
    /// When the damage is such that not even this can be found out.
    pub fn violations(&self) -> Result<Vec<Violation>> {
        let snapshot = self.connection.unchecked_transaction()?;
        Ok(violations(&snapshot)?)
    }
}

/// Every rule that does not hold in a database of today's version.
pub(super) fn violations(connection: &Connection) -> rusqlite::Result<Vec<Violation>> {
    let mut found = Vec::new();
    let mut note = |rule: &'static str, broken: &'static str, mut rows: Vec<String>| {
        if rows.is_empty() {
            return;
        }
        let count = rows.len();
        rows.truncate(NAMED);
        found.push(Violation {
            rule,
            broken,
            count,
            rows,
        });
    };
    let damage = damage(connection)?;
    // What is asked of a damaged database may fail, and then nothing is known of it.
    let is_damaged = !damage.is_empty();
    let known = |rows: rusqlite::Result<Vec<String>>| match rows {
        Err(_) if is_damaged => Ok(Vec::new()),
        rows => rows,
    };
    note(INTEGRITY, "the database is damaged", damage);
    let references = texts(
        connection,
        "SELECT format('%s to %s', \"table\", parent) FROM pragma_foreign_key_check",
    );
    note(
        REFERENCES,
        "a row refers to one that is not there",
        known(references)?,
    );
    note(
        SCHEMA,
        "a table or index is not as it was made",
        known(differences(connection))?,
    );
    for rule in &RULES {
        note(rule.name, rule.broken, known(texts(connection, rule.rows))?);
    }
    Ok(found)
}

/// What is damaged, in the database's own words.
pub(super) fn damage(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    match texts(connection, "PRAGMA integrity_check(100)") {
        Ok(mut lines) => {
            lines.retain(|line| line != "ok");
            Ok(lines)
        }
        Err(error) if is_damage(&error) => Ok(vec![error.to_string()]),
        Err(error) => Err(error),
    }
}

/// Whether the database, and not its surroundings, is what is wrong.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// Our tables and indexes that are missing here or made in another way. What strangers added is theirs.
fn differences(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let model = Connection::open_in_memory()?;
    schema::build(&model, "", 0)?;
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    let mut statement = model.prepare(sql)?;
    let made = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut present = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?1 AND sql = ?2")?;
    let mut different = Vec::new();
    for (name, sql) in made {
        if !present.exists([&name, &sql])? {
            different.push(name);
        }
    }
    Ok(different)
}

#[cfg(test)]
mod tests;

//! Rows of the old database, read without trust in their types.
//!
//! SQLite lets any column hold anything, and 0.4.0 checked nothing. A row here answers every question with
//! something usable and remembers whatever that answer does not say, so that the row can be kept as it was.

use std::fmt::Write as _;

use anyhow::Result;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Number};

use super::rules;

/// A table of 0.4.0 and the columns it had there.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// What its columns were called.
    columns: &'static [&'static str],
}

pub(super) const AGENTS: Table = Table {
    name: "agents",
    columns: &[
        "id",
        "name",
        "role",
        "session_id",
        "cwd",
        "status",
        "current_task_id",
        "created_at",
        "last_seen",
    ],
};
pub(super) const TASKS: Table = Table {
    name: "tasks",
    columns: &[
        "id",
        "title",
        "description",
        "status",
        "owner_agent_id",
        "priority",
        "created_at",
        "updated_at",
        "completed_at",
    ],
};
pub(super) const TASK_FILES: Table = Table {
    name: "task_files",
    columns: &["task_id", "file_path"],
};
pub(super) const TASK_DEPENDENCIES: Table = Table {
    name: "task_deps",
    columns: &["task_id", "depends_on_id"],
};
pub(super) const LOCKS: Table = Table {
    name: "locks",
    columns: &[
        "file_path",
        "owner_agent_id",
        "reason",
        "created_at",
        "expires_at",
        "kind",
    ],
};
pub(super) const MESSAGES: Table = Table {
    name: "messages",
    columns: &[
        "id",
        "sender_agent_id",
        "recipient",
        "body",
        "created_at",
        "read_at",
        "reply_to",
        "acked_at",
    ],
};
pub(super) const DELIVERIES: Table = Table {
    name: "message_deliveries",
    columns: &["message_id", "agent_id", "delivered_at"],
};
pub(super) const DECISIONS: Table = Table {
    name: "decisions",
    columns: &["id", "agent_id", "body", "created_at"],
};
pub(super) const ACTIVITY: Table = Table {
    name: "activity",
    columns: &[
        "id",
        "agent_id",
        "event_type",
        "body",
        "tool_name",
        "file_path",
        "created_at",
    ],
};
/// SQLite's own list of what a database is made of.
pub(super) const OBJECTS: Table = Table {
    name: "sqlite_schema",
    columns: &["type", "name", "tbl_name", "rootpage", "sql"],
};

/// A moment as a row tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instant {
    /// In milliseconds since the epoch.
    At(i64),
    /// There is something that nobody can read.
    Unreadable,
    /// There is nothing.
    Missing,
}

impl Instant {
    /// The moment, or `now` where it cannot be told.
    pub(super) const fn or(self, now: i64) -> i64 {
        match self {
            Self::At(moment) => moment,
            Self::Unreadable | Self::Missing => now,
        }
    }

    /// The moment where there is one, and `now` where it cannot be read.
    pub(super) const fn optional(self, now: i64) -> Option<i64> {
        match self {
            Self::Missing => None,
            Self::At(_) | Self::Unreadable => Some(self.or(now)),
        }
    }
}

/// A row, and what has to be said of it.
#[derive(Default)]
pub(super) struct Row {
    fields: Vec<(String, Value)>,
    notes: Vec<String>,
}

impl Row {
    /// Remembers why the row has to be kept as it was.
    pub(super) fn note(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.notes.contains(&why) {
            self.notes.push(why);
        }
    }

    /// Whether something was remembered.
    pub(super) fn is_noted(&self) -> bool {
        !self.notes.is_empty()
    }

    fn value(&self, column: &str) -> &Value {
        self.fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map_or(&Value::Null, |(_, value)| value)
    }

    /// The text in `column`; bytes that are no text are replaced and the row remembers it.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let text = match self.value(column) {
            Value::Null => return None,
            Value::Text(text) => return Some(text.clone()),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        self.note(format!("{column} is not text"));
        Some(text)
    }

    /// The text in a column that should have one.
    pub(super) fn required(&mut self, column: &str) -> String {
        self.text(column).unwrap_or_else(|| {
            self.note(format!("{column} is missing"));
            String::new()
        })
    }

    /// The id of this row, unless it has none.
    pub(super) fn id(&mut self, column: &str) -> Option<String> {
        let id = self.text(column).filter(|id| !id.is_empty());
        if id.is_none() {
            self.note(format!("{column} is empty"));
        }
        id
    }

    /// The whole number in `column`, or 0.
    pub(super) fn number(&mut self, column: &str) -> i64 {
        let number = match self.value(column) {
            Value::Null => return 0,
            Value::Integer(number) => return *number,
            Value::Text(text) => text.trim().parse().unwrap_or_default(),
            _ => 0,
        };
        self.note(format!("{column} is not a whole number"));
        number
    }

    /// The moment in `column`; the row remembers it when it cannot be read.
    pub(super) fn moment(&mut self, column: &str) -> Instant {
        let Some(text) = self.text(column) else {
            return Instant::Missing;
        };
        if let Some(moment) = rules::milliseconds(&text) {
            return Instant::At(moment);
        }
        self.note(format!("{column} is not a time"));
        Instant::Unreadable
    }

    /// The moment in a column that should have one, or `now`.
    pub(super) fn required_moment(&mut self, column: &str, now: i64) -> i64 {
        let moment = self.moment(column);
        if moment == Instant::Missing {
            self.note(format!("{column} is missing"));
        }
        moment.or(now)
    }

    /// The row as JSON, with a key `why` that says what could not be carried over.
    pub(super) fn to_json(&self) -> String {
        let mut object = Map::new();
        object.insert("why".to_owned(), self.notes.join("; ").into());
        for (name, value) in &self.fields {
            let mut key = name.clone();
            while object.contains_key(&key) {
                key.push('_');
            }
            object.insert(key, json(value));
        }
        serde_json::Value::Object(object).to_string()
    }
}

/// JSON has neither bytes nor infinity: those become `{"hex": "…"}` and text.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => {
            Number::from_f64(*number).map_or_else(|| number.to_string().into(), serde_json::Value::Number)
        }
        Value::Text(text) => text.as_str().into(),
        Value::Blob(bytes) => {
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                let _never_fails = write!(hex, "{byte:02x}");
                hex
            });
            serde_json::json!({ "hex": hex })
        }
    }
}

/// Shows every row of a table to `body`, in the order they were written; none where there is no such table.
pub(super) fn each(
    old: &Connection,
    table: &Table,
    mut body: impl FnMut(&mut Row) -> Result<()>,
) -> Result<()> {
    if table.name != OBJECTS.name && !has(old, "table", table.name)? {
        return Ok(());
    }
    let sql = format!("SELECT * FROM {}", table.name);
    let mut statement = old
        .prepare(&format!("{sql} ORDER BY rowid"))
        .or_else(|_| old.prepare(&sql))?;
    let names = column_names(old, table, statement.column_count())?;
    let is_known = |name: &str| {
        table
            .columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(name))
    };
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        let mut row = Row {
            fields: Vec::with_capacity(names.len()),
            notes: Vec::new(),
        };
        for (at, name) in names.iter().enumerate() {
            let value = match found.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => Value::Text(text.to_owned()),
                    Err(_) => Value::Blob(bytes.to_vec()),
                },
            };
            if value != Value::Null && !is_known(name) {
                row.note(format!("column {name} has no place"));
            }
            row.fields.push((name.clone(), value));
        }
        body(&mut row)?;
    }
    Ok(())
}

/// The names of the columns that `SELECT *` shows, `count` of them. A damaged one need not be text, which the
/// statement itself could not tell.
fn column_names(old: &Connection, table: &Table, count: usize) -> Result<Vec<String>> {
    let mut statement =
        old.prepare("SELECT CAST(name AS BLOB) FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid")?;
    let names = statement.query_map([table.name], |row| {
        let name: Vec<u8> = row.get(0)?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    })?;
    let names: Vec<String> = names.collect::<rusqlite::Result<_>>()?;
    anyhow::ensure!(
        names.len() == count,
        "the table {} says two things of its columns",
        table.name
    );
    Ok(names)
}

/// Whether the database has a table or an index of this name.
fn has(old: &Connection, kind: &str, name: &str) -> rusqlite::Result<bool> {
    old.query_row(
        "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2",
        [kind, name],
        |_| Ok(()),
    )
    .optional()
    .map(|found| found.is_some())
}

/// The version that wrote the database, as far as its tables tell.
pub(super) fn version(old: &Connection) -> rusqlite::Result<&'static str> {
    if !has(old, "table", DELIVERIES.name)? {
        return Ok("0.1");
    }
    let later: i64 = old.query_row(
        "SELECT (SELECT count(*) FROM pragma_table_info('locks') WHERE name = 'kind')
              + (SELECT count(*) FROM pragma_table_info('messages') WHERE name IN ('reply_to', 'acked_at'))
              + (SELECT count(*) FROM pragma_table_info('task_deps') WHERE name = 'task_id')",
        [],
        |row| row.get(0),
    )?;
    Ok(if later == 4 { "0.4.0" } else { "0.3" })
}

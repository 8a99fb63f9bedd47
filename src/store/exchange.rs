//! What the repository owns, row by row, out of one store and into another.
//!
//! Both ways are told by the table of tables and the schema alone, so nothing has to be said twice when a table
//! gets a column. Rows are merged by their keys: what is here already stays as it is, and is counted. An import
//! is one transaction, and is undone when a rule would be broken by it.

use std::collections::BTreeMap;

use anyhow::Result;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{ErrorCode, params_from_iter};
use serde_json::{Map, Value as Json};

use super::tables::{self, Column, Owner, TABLES, quoted};
use super::{Entry, Read, VERSION, Write, invariants};
use crate::error::Refusal;
use crate::frame::{Field, clean, neutralise};

/// What an import itself leaves in the record. It tells of this store and is not exported.
const IMPORTED: &str = "store.imported";

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table's name.
    pub table: String,
    /// Its columns in the order of the schema.
    pub values: Map<String, Json>,
}

/// What became of the rows of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// They were not here.
    pub added: usize,
    /// They were here, just the same.
    pub same: usize,
    /// They were here with other values, which stay.
    pub kept: usize,
}

/// Something is wrong with one row of an import.
#[derive(Debug)]
pub struct Misfit {
    /// Which, counted from 0.
    pub at: usize,
    /// What is wrong; neutralised.
    pub why: String,
}

/// The columns of a table that are exported.
fn exported(read: &Read<'_>, table: &tables::Table) -> Result<Vec<Column>> {
    let Owner::Repository { without } = table.owner else {
        return Ok(Vec::new());
    };
    let mut columns = tables::columns(read.connection, table.name)?;
    columns.retain(|column| !without.contains(&column.name.as_str()));
    Ok(columns)
}

impl Read<'_> {
    /// Every row that belongs to the repository, in an order that depends on nothing but the rows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn exported_rows(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for table in &TABLES {
            let columns = exported(self, table)?;
            if columns.is_empty() {
                continue;
            }
            let names = quoted(columns.iter().map(|column| column.name.as_str()));
            // Where the key is a number of the store's own it says the order; elsewhere the columns do.
            let order = if table.name == "activity" {
                "seq"
            } else {
                names.as_str()
            };
            // Without a key nothing tells two equal rows apart.
            let distinct = if tables::columns(self.connection, table.name)?
                .iter()
                .all(|column| column.key == 0)
            {
                "DISTINCT"
            } else {
                ""
            };
            let sql = format!(
                "SELECT {distinct} {names} FROM {} ORDER BY {order}",
                quoted([table.name])
            );
            let found = self.rows(&sql, [], |row| {
                let values = columns.iter().enumerate();
                values
                    .map(|(at, column)| Ok((column.name.clone(), to_json(row.get_ref(at)?))))
                    .collect::<rusqlite::Result<Map<String, Json>>>()
            })?;
            let is_of_this_store =
                |values: &Map<String, Json>| table.name == "activity" && values["event"] == IMPORTED;
            rows.extend(
                found
                    .into_iter()
                    .filter(|values| !is_of_this_store(values))
                    .map(|values| Row {
                        table: table.name.to_owned(),
                        values,
                    }),
            );
        }
        Ok(rows)
    }
}

impl Write<'_> {
    /// Merges rows of another store into this one, and says what became of them table by table.
    ///
    /// # Errors
    /// [`Misfit`] names the first row that cannot be taken; [`Refusal`] when a rule would be broken.
    pub fn import(&self, agent: &str, rows: &[Row]) -> Result<Result<BTreeMap<String, Merged>, Misfit>> {
        // An agent may refer to a task that comes later, and a decision to the one that supersedes it.
        self.execute("PRAGMA defer_foreign_keys = ON", [])?;
        let before = invariants::violations(self.connection)?;
        let mut merged: BTreeMap<String, Merged> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let misfit = |why: String| Misfit { at, why };
            let columns = match self.columns_for(row)? {
                Ok(columns) => columns,
                Err(why) => return Ok(Err(misfit(why))),
            };
            let counts = merged.entry(row.table.clone()).or_default();
            match self.merge(row, &columns) {
                Ok(Some(true)) => counts.added += 1,
                Ok(Some(false)) => counts.same += 1,
                Ok(None) => counts.kept += 1,
                Err(error) if is_of_the_row(&error) => {
                    return Ok(Err(misfit(neutralise(&format!("{}: {error}", row.table)))));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let has_added = |table: &str| merged.get(table).is_some_and(|counts| counts.added > 0);
        if has_added("task") || has_added("task_dependency") {
            self.settle_all(agent)?;
        }
        let broken = invariants::violations(self.connection)?;
        if let Some(new) = broken
            .iter()
            .find(|now| !before.iter().any(|old| old.rule == now.rule))
        {
            let named: Vec<String> = new
                .rows
                .iter()
                .map(|row| clean(row, Field::Path).to_string())
                .collect();
            return Err(Refusal::refused(format!(
                "with these rows {}: {}",
                new.broken,
                named.join(", ")
            ))
            .hint("nothing was imported; export it anew from a store in which `agent-sync doctor --check` finds nothing")
            .into());
        }
        let added: usize = merged.values().map(|counts| counts.added).sum();
        if added > 0 {
            self.record(Entry {
                agent: Some(agent),
                event: IMPORTED,
                body: &format!("{added} rows of {}", rows.len()),
                ..Entry::default()
            })?;
        }
        Ok(Ok(merged))
    }

    /// The columns that a row has, if they are such as are exported.
    fn columns_for(&self, row: &Row) -> Result<Result<Vec<Column>, String>> {
        let shown = clean(&row.table, Field::Name);
        let Some(table) = tables::find(&row.table) else {
            return Ok(Err(format!("version {VERSION} has no table {shown}")));
        };
        let known = exported(self, table)?;
        if known.is_empty() {
            return Ok(Err(format!(
                "rows of {shown} belong to one machine and are not imported"
            )));
        }
        for (name, value) in &row.values {
            let name = clean(name, Field::Name);
            if !known.iter().any(|column| column.name == name.as_str()) {
                return Ok(Err(format!("{shown} has no column {name} in version {VERSION}")));
            }
            if value.is_array() || value.is_object() || value.is_boolean() {
                return Ok(Err(format!(
                    "{shown}.{name} is neither text nor a number nor null"
                )));
            }
        }
        if let Some(column) = known
            .iter()
            .find(|column| column.key > 0 && !row.values.contains_key(&column.name))
        {
            return Ok(Err(format!("a row of {shown} needs {}", column.name)));
        }
        let columns = known
            .into_iter()
            .filter(|column| row.values.contains_key(&column.name));
        Ok(Ok(columns.collect()))
    }

    /// Adds a row that is not here: `Some(true)`. One that is stays: `Some(false)` when it is the same, `None`
    /// when it is another.
    fn merge(&self, row: &Row, columns: &[Column]) -> rusqlite::Result<Option<bool>> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<Value> = names.iter().map(|name| from_json(&row.values[*name])).collect();
        let table = quoted([row.table.as_str()]);
        let matches = names
            .iter()
            .enumerate()
            .map(|(at, name)| format!("{} IS ?{}", quoted([*name]), at + 1));
        let same = format!(
            "SELECT 1 FROM {table} WHERE {}",
            matches.collect::<Vec<_>>().join(" AND ")
        );
        if self
            .connection
            .prepare(&same)?
            .exists(params_from_iter(&values))?
        {
            return Ok(Some(false));
        }
        let marks: Vec<String> = (1..=names.len()).map(|at| format!("?{at}")).collect();
        let insert = format!(
            "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
            quoted(names),
            marks.join(", ")
        );
        let added = self
            .connection
            .prepare(&insert)?
            .execute(params_from_iter(&values))?;
        Ok((added > 0).then_some(true))
    }
}

/// Whether the row, and not the store, is what is wrong.
fn is_of_the_row(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}

fn to_json(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => Json::from(number),
        ValueRef::Real(number) => Json::from(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Json::from(String::from_utf8_lossy(bytes)),
    }
}

fn from_json(value: &Json) -> Value {
    match value {
        Json::Number(number) => number.as_i64().map_or_else(
            || Value::Real(number.as_f64().unwrap_or(f64::NAN)),
            Value::Integer,
        ),
        Json::String(text) => Value::Text(text.clone()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;

//! Reading what can be read.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Result;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::Rows;
use crate::store::tables::{Column, TABLES, Table, columns, quoted};
use crate::store::{APPLICATION_ID, VERSION, connect, open};

/// The bytes of a database before its first page's tree.
const HEADER: usize = 100;
/// What every database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How many pages a header is believed to be missing: 512 MiB.
const MOST_PAGES_MISSING: usize = 128 * 1024;
/// What our databases are made of.
const PAGE: usize = 4096;

/// A private copy of a damaged store whose list of tables, at least, can be read.
pub(super) struct Damaged {
    _place: tempfile::TempDir,
    connection: Connection,
}

impl Damaged {
    /// Copies a damaged store and opens the copy; `None` when not even its tables can be told.
    pub(super) fn open(database: &Path) -> Result<Option<Self>> {
        let (place, copy) = open::private_copy(database)?;
        if let Some(connection) = readable(&copy) {
            return Ok(Some(Self {
                _place: place,
                connection,
            }));
        }
        let mut bytes = fs::read(&copy)?;
        if bytes.len() >= PAGE {
            // Where the end is missing, tables that begin there keep the others from being read.
            let said = u32::from_be_bytes([bytes[28], bytes[29], bytes[30], bytes[31]]) as usize;
            if bytes.starts_with(MAGIC) && said < bytes.len() / PAGE + MOST_PAGES_MISSING {
                bytes.resize(bytes.len().max(said * PAGE), 0);
            }
            // The header says little that is not the same in all our databases.
            write_header(&mut bytes);
            fs::write(&copy, bytes)?;
            if let Some(connection) = readable(&copy) {
                return Ok(Some(Self {
                    _place: place,
                    connection,
                }));
            }
        }
        // A log that does not fit keeps a database from being read that can be read without it.
        connect_without_log(&copy);
        Ok(readable(&copy).map(|connection| Self {
            _place: place,
            connection,
        }))
    }

    /// The id the store was created with.
    pub(super) fn store_id(&self) -> Option<String> {
        let id: Option<String> = self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| {
                row.get(0)
            })
            .ok();
        id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// The highest numbers that were ever given out, if they can be read.
    pub(super) fn sequences(&self) -> Option<Vec<(String, i64)>> {
        let mut statement = self
            .connection
            .prepare("SELECT name, seq FROM sqlite_sequence")
            .ok()?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .ok()?;
        rows.collect::<rusqlite::Result<_>>().ok()
    }

    /// Reads a table into a new store from both ends.
    pub(super) fn read_into(&self, new: &Connection, table: &str) -> Result<Rows> {
        let wanted = columns(new, table)?;
        let there = columns(&self.connection, table).unwrap_or_default();
        let shared: Vec<&Column> = wanted
            .iter()
            .filter(|column| there.iter().any(|had| had.name == column.name))
            .collect();
        if shared.is_empty() {
            return Ok(Rows::default());
        }
        let names = quoted(shared.iter().map(|column| column.name.as_str()));
        let order = order(&shared);
        let mut rows = Rows::default();
        let mut has_gap = false;
        for direction in ["ASC", "DESC"] {
            let ordered: Vec<String> = order
                .iter()
                .map(|column| format!("{column} {direction}"))
                .collect();
            let sql = format!(
                "SELECT {names} FROM {} ORDER BY {}",
                quoted([table]),
                ordered.join(", ")
            );
            let (read, is_complete) = pour(&self.connection, &sql, new, table, &names, shared.len());
            rows.read += read;
            has_gap = !is_complete;
            if is_complete {
                break;
            }
        }
        let counted = self.count(table);
        rows.lost = match (counted, has_gap) {
            (Some(count), _) if count >= rows.read => Some(count - rows.read),
            (_, false) => Some(0),
            (_, true) => None,
        };
        if has_gap && rows.lost == Some(0) {
            rows.lost = None;
        }
        Ok(rows)
    }

    /// How many rows a table has by the longest of its trees that can be walked.
    fn count(&self, table: &str) -> Option<usize> {
        let mut questions = vec![format!("SELECT count(*) FROM {} NOT INDEXED", quoted([table]))];
        let indexes: Vec<String> = self
            .connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql NOT LIKE '% WHERE %'")
            .and_then(|mut statement| statement.query_map([table], |row| row.get(0))?.collect())
            .unwrap_or_default();
        questions.extend(indexes.iter().map(|index| {
            format!(
                "SELECT count(*) FROM {} INDEXED BY {}",
                quoted([table]),
                quoted([index.as_str()])
            )
        }));
        let ask = |sql: &String| {
            self.connection
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .ok()
        };
        let most = questions.iter().filter_map(ask).max()?;
        usize::try_from(most).ok()
    }
}

/// What a table's own tree is ordered by.
fn order(columns: &[&Column]) -> Vec<String> {
    let mut key: Vec<&&Column> = columns.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    if key.is_empty() {
        return vec!["rowid".to_owned()];
    }
    key.iter().map(|column| quoted([column.name.as_str()])).collect()
}

fn readable(file: &Path) -> Option<Connection> {
    let connection = Connection::open(file).ok()?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
        .ok()?;
    // A list of tables that breaks off is read as far as it goes.
    connection.execute_batch("PRAGMA writable_schema = ON").ok()?;
    let is_known = |table: &Table| columns(&connection, table.name).is_ok_and(|columns| !columns.is_empty());
    TABLES.iter().any(is_known).then_some(connection)
}

fn connect_without_log(file: &Path) {
    for suffix in ["-wal", "-shm"] {
        let _may_be_absent = fs::remove_file(connect::beside(file, suffix));
    }
}

/// Copies what a question yields until it yields no more: how many rows were new, and whether that was all.
fn pour(
    from: &Connection,
    sql: &str,
    new: &Connection,
    table: &str,
    names: &str,
    width: usize,
) -> (usize, bool) {
    let marks: Vec<String> = (1..=width).map(|at| format!("?{at}")).collect();
    let insert = format!(
        "INSERT OR IGNORE INTO {} ({names}) VALUES ({})",
        quoted([table]),
        marks.join(", ")
    );
    let (Ok(mut select), Ok(mut insert)) = (from.prepare(sql), new.prepare(&insert)) else {
        return (0, false);
    };
    let Ok(mut rows) = select.query([]) else {
        return (0, false);
    };
    let mut count = 0;
    // Without a key nothing tells a row that was read twice.
    let mut seen = HashSet::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let Ok(values) = values(row, width) else {
                    return (count, false);
                };
                if table == "leftover" && !seen.insert(format!("{values:?}")) {
                    continue;
                }
                // A value that damage has bent does not fit, and is as lost as one that cannot be read.
                count += insert.execute(params_from_iter(values)).unwrap_or(0);
            }
            Ok(None) => return (count, true),
            Err(_) => return (count, false),
        }
    }
}

fn values(row: &Row<'_>, width: usize) -> rusqlite::Result<Vec<Value>> {
    (0..width).map(|at| row.get(at)).collect()
}

/// Adds the rows of a whole store that another one does not have, and says how many.
pub(super) fn copy_missing(from: &Connection, new: &Connection, table: &str) -> Result<usize> {
    let columns = columns(new, table)?;
    let names = quoted(columns.iter().map(|column| column.name.as_str()));
    let sql = format!("SELECT {names} FROM {}", quoted([table]));
    Ok(pour(from, &sql, new, table, &names, columns.len()).0)
}

/// What the first bytes of each of our databases are.
fn write_header(bytes: &mut [u8]) {
    let pages = u32::try_from(bytes.len() / PAGE).unwrap_or_default();
    let mut header = [0u8; HEADER];
    header[..16].copy_from_slice(MAGIC);
    header[16..18].copy_from_slice(&[0x10, 0x00]);
    // A log may lie beside it; no bytes are reserved; the three fractions are fixed.
    header[18..24].copy_from_slice(&[2, 2, 0, 64, 32, 32]);
    let mut put = |at: usize, number: u32| header[at..at + 4].copy_from_slice(&number.to_be_bytes());
    put(24, 1);
    put(28, pages);
    put(40, 1);
    put(44, 4);
    put(56, 1);
    put(60, u32::try_from(VERSION).unwrap_or_default());
    put(68, u32::try_from(APPLICATION_ID).unwrap_or_default());
    put(92, 1);
    put(96, 3_053_000);
    bytes[..HEADER].copy_from_slice(&header);
}

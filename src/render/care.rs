//! What was copied, put back, merged and mended, as people and programs read it.

use std::path::Path;

use serde::Serialize;

use super::table::{Cell, Table};
use super::words::counted;
use crate::frame::{Field, clean};

/// How many bytes, in the unit that people use.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// A path, neutralised and never cut: it is to be typed again.
#[must_use]
pub fn path(path: &Path) -> String {
    crate::frame::neutralise(&path.to_string_lossy())
}

/// What became of the rows of one table.
#[derive(Debug, Clone, Serialize)]
pub struct Merge {
    /// The table.
    pub table: String,
    /// They were not here.
    pub added: usize,
    /// They were here, just the same.
    pub same: usize,
    /// They were here with other values, which stay.
    pub kept: usize,
}

/// A line for each table.
#[must_use]
pub fn merged(tables: &[Merge], width: Option<usize>) -> String {
    let total = |of: fn(&Merge) -> usize| tables.iter().map(of).sum::<usize>();
    let mut text = format!(
        "Imported {}; {} were here already, {} differ and stay as they are here\n",
        counted(total(|merge| merge.added) as u64, "row"),
        total(|merge| merge.same),
        total(|merge| merge.kept)
    );
    if tables.is_empty() {
        return text;
    }
    let mut table = Table::with_headings(["TABLE", "ADDED", "SAME", "KEPT"]);
    for merge in tables {
        table.row([
            Cell::from(clean(&merge.table, Field::Name)),
            number(merge.added),
            number(merge.same),
            number(merge.kept),
        ]);
    }
    text.push_str(&table.render(width));
    text
}

fn number(number: usize) -> Cell {
    Cell::from(clean(&number.to_string(), Field::Name))
}

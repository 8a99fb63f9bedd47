//! What was copied, put back, merged and mended, as people and programs read it.

use std::fmt::Write as _;
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

/// What became of the rows of one table of a damaged store.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Salvage<'a> {
    /// The table.
    pub table: &'a str,
    /// Read from the damaged store.
    pub read: usize,
    /// Not readable any more; nothing where nobody can tell how many there were.
    pub lost: Option<usize>,
    /// Taken from the newest copy in their place.
    pub from_copy: usize,
}

/// How a store was repaired.
#[derive(Debug, Serialize)]
pub struct Repair<'a> {
    /// Whether all rules hold now.
    pub ok: bool,
    /// What was wrong, in the database's own words.
    pub damage: &'a [String],
    /// Where the damaged files lie now.
    pub kept: Option<&'a Path>,
    /// The copy that rows were taken from.
    pub copy: Option<&'a Path>,
    /// Whether anything of the damaged store could be read.
    pub was_readable: bool,
    /// How many rows had to be changed so that all fits together.
    pub mended: usize,
    /// Every table.
    pub tables: &'a [Salvage<'a>],
}

/// What was wrong, what was saved and what is lost; a line for each table that lost something.
#[must_use]
pub fn repaired(repair: &Repair<'_>, width: Option<usize>) -> String {
    let total = |of: fn(&Salvage<'_>) -> usize| repair.tables.iter().map(of).sum::<usize>() as u64;
    let what = repair.damage.first().map_or_else(
        || "the store was gone".to_owned(),
        |damage| clean(damage, Field::Message).to_string(),
    );
    let mut text = format!("Repaired: {what}\n");
    let mut line = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name}: {value}");
    };
    line("read from it", &counted(total(|table| table.read), "row"));
    if let Some(copy) = repair.copy {
        let count = counted(total(|table| table.from_copy), "row");
        line(
            "taken from the newest copy",
            &format!("{count} of {}", path(copy)),
        );
    }
    if repair.mended > 0 {
        line(
            "changed so that all fits together",
            &counted(repair.mended as u64, "row"),
        );
    }
    if let Some(kept) = repair.kept {
        line("the damaged files are kept in", &path(kept));
    }
    let lossy = repair
        .tables
        .iter()
        .filter(|table| table.lost != Some(0))
        .collect::<Vec<_>>();
    if !repair.was_readable {
        let lost = match repair.copy {
            Some(_) => "everything since that copy",
            None => "everything; there is no copy, and the store is empty now",
        };
        line("lost", lost);
        return text;
    }
    if lossy.is_empty() {
        line("lost", "nothing");
        return text;
    }
    let mut table = Table::with_headings(["TABLE", "READ", "LOST", "FROM THE COPY"]);
    for rows in lossy {
        table.row([
            Cell::from(clean(rows.table, Field::Name)),
            number(rows.read),
            rows.lost.map_or_else(|| Cell::from("unknown"), number),
            number(rows.from_copy),
        ]);
    }
    text.push_str(&table.render(width));
    text
}

fn number(number: usize) -> Cell {
    Cell::from(clean(&number.to_string(), Field::Name))
}

//! Every case next to its floor.

use crate::compare::{Floors, OfLog, Row};
use crate::measure::Series;

/// What everything is compared with, in milliseconds.
pub(crate) fn floors(empty: &Series, floors: &[Floors]) -> String {
    let mut lines = vec![
        "| floor | store | ms p50 | p99 | processor p50 |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    let mut add = |name: &str, size: &str, series: &Series| {
        let (p50, p99, worked) = (series.wall(50), series.wall(99), series.worked(50));
        lines.push(format!("| {name} | {size} | {p50:.2} | {p99:.2} | {worked:.2} |"));
    };
    add("an empty static program", "", empty);
    for floor in floors {
        add("open, one SELECT", floor.size, &floor.read);
        add("open, one INSERT, as hooks commit", floor.size, &floor.write);
        add(
            "open, one INSERT, as commands commit",
            floor.size,
            &floor.write_through,
        );
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What the length of the write-ahead log costs.
pub(crate) fn logs(case: &str, logs: &[OfLog]) -> String {
    let mut lines = vec![
        format!("| log, KiB | x floor: {case} | floor, ms p50 | hook | floor, processor p50 | hook |"),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for of in logs {
        let (floor, ours) = (&of.floor, &of.ours);
        lines.push(format!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            of.length,
            ours.wall(50) / floor.wall(50),
            floor.wall(50),
            ours.wall(50),
            floor.worked(50),
            ours.worked(50)
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Columns of a table from their contents.
fn columns(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| format!(" {cell} |")).collect();
    cells.concat()
}

/// What stands above the lines of [`line`], for stores of these sizes.
pub(crate) fn head(sizes: &[&str]) -> String {
    let floors = columns(sizes.iter().map(|size| format!("x floor {size}")));
    let growth = columns(sizes.iter().skip(1).map(|size| format!("{size} / {}", sizes[0])));
    let head = format!(
        "| case | it | aim |{floors}{growth} ms p50 | p99 | processor x floor | peak MiB | calls | bytes | syncs \
         | transactions | processes | directories |"
    );
    let rule = "|---".repeat(head.matches('|').count() - 1);
    format!("{head}\n{rule}|")
}

/// One case: ratios to the floor in each store, of the larger stores to the smallest, then what it took and what it
/// asked of the system. Figures parted by slashes are of the stores in their order.
pub(crate) fn line(rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let joined = |of: &dyn Fn(&Row) -> String| {
        let mut all: Vec<String> = rows.iter().map(of).collect();
        all.dedup();
        all.join(" / ")
    };
    let ratios = columns(rows.iter().map(|row| format!("{:.2}", row.ratio())));
    let growth = columns(rows.iter().skip(1).map(|row| format!("{:.2}", row.growth(first))));
    let aim = if first.case.is_hook() {
        first.aim().to_string()
    } else {
        String::new()
    };
    let traced = |of: fn(&crate::trace::Trace) -> u64| {
        joined(&|row: &Row| {
            row.trace
                .as_ref()
                .map_or_else(|| "?".to_owned(), |trace| of(trace).to_string())
        })
    };
    format!(
        "| {} | {} | {aim} |{ratios}{growth} {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        first.case.name,
        if first.writes { "writes" } else { "reads" },
        joined(&|row| format!("{:.2}", row.ours.wall(50))),
        joined(&|row| format!("{:.2}", row.ours.wall(99))),
        joined(&|row| format!("{:.2}", row.ratio_worked())),
        joined(&|row| mebibytes(row.weight)),
        traced(|trace| trace.calls),
        traced(|trace| trace.bytes),
        traced(|trace| trace.syncs),
        traced(|trace| trace.commits),
        traced(|trace| trace.spawned),
        traced(|trace| trace.listings),
    )
}

/// A size in MiB with one digit behind the point.
pub(crate) fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "?".to_owned(),
        |bytes| {
            let tenths = (bytes * 10) >> 20;
            format!("{}.{}", tenths / 10, tenths % 10)
        },
    )
}

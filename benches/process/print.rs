//! Results as Markdown, ratios first.

use anyhow::Result;

use super::against::Match;
use super::compare::{Floors, Row};
use super::measure::Series;
use super::peers::{Kind, Peer};

/// How many times as fast as the predecessor everything is meant to be.
const FASTER: f64 = 20.0;

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

/// What stands above the lines of [`line`].
pub(crate) const HEAD: &str = "\
| case | store | x floor | it | aim | ms p50 | p99 | floor p50 | processor x floor | peak MiB | calls | syncs | bytes | commits | processes |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

/// One case in one store.
pub(crate) fn line(row: &Row) -> String {
    let aim = row.aim();
    let kind = if row.writes { "writes" } else { "reads" };
    let verdict = match row.ratio() {
        _ if !row.case.is_hook() => String::new(),
        ratio if ratio <= aim => format!("<= {aim}: met"),
        ratio => format!("<= {aim}: {:+.0} %", (ratio / aim - 1.0) * 100.0),
    };
    let trace = row.trace.clone().unwrap_or_default();
    format!(
        "| {} | {} | {:.2} | {kind} | {verdict} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {} |",
        row.case.name,
        row.size,
        row.ratio(),
        row.ours.wall(50),
        row.ours.wall(99),
        row.floor.wall(50),
        row.ratio_worked(),
        mebibytes(row.weight),
        trace.calls,
        trace.syncs,
        trace.bytes,
        trace.commits,
        trace.spawned,
    )
}

/// A size in MiB with one digit behind the point.
fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "?".to_owned(),
        |bytes| {
            let tenths = (bytes * 10) >> 20;
            format!("{}.{}", tenths / 10, tenths % 10)
        },
    )
}

/// What stands above the lines of [`against`].
pub(crate) fn against_head(peers: &[Peer], is_busy: bool) -> Result<String> {
    let mut names = ["0.4.0".to_owned(), "hcom".to_owned()];
    for peer in peers {
        names[usize::from(peer.kind == Kind::Hcom)] = peer.version()?;
    }
    let [predecessor, hcom] = names;
    let machine = if is_busy {
        "every processor busy"
    } else {
        "at rest"
    };
    Ok(format!(
        "| {machine}: case | store | x {predecessor} | aim >= {FASTER} | x {hcom} | aim > 1 | ms p50 | p99 | {predecessor} | {hcom} |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    ))
}

/// One piece of work by us and by others.
pub(crate) fn against(result: &Match) -> String {
    let ours = result.ours.wall(50);
    let columns = |theirs: &Option<Series>, aim: f64| {
        theirs.as_ref().map_or_else(Default::default, |theirs| {
            let faster = theirs.wall(50) / ours;
            let verdict = if faster >= aim { "met" } else { "not met" };
            (format!("{faster:.1}"), verdict, format!("{:.1}", theirs.wall(50)))
        })
    };
    let (faster, verdict, took) = columns(&result.predecessor, FASTER);
    let (faster_than_hcom, verdict_of_hcom, took_by_hcom) = columns(&result.hcom, 1.0);
    format!(
        "| {} | {} | {faster} | {verdict} | {faster_than_hcom} | {verdict_of_hcom} | {ours:.2} | {:.2} | {took} | {took_by_hcom} |",
        result.case,
        result.size,
        result.ours.wall(99),
    )
}

//! Results as Markdown, ratios first.

use anyhow::Result;

use super::against::Match;
use super::compare::{Floors, Row};
use super::contention::Crowd;
use super::growth::{Cleared, Look};
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

/// What stands above the lines of [`crowd`].
pub(crate) const CROWD_HEAD: &str = "\
| what | processes | operations a second | x 0.4.0 | errors | ms p50 | p99 | longest |
|---|---|---|---|---|---|---|---|";

/// Many processes at once, with what the predecessor did of the same.
pub(crate) fn crowd(ours: &Crowd, theirs: Option<&Crowd>) -> String {
    let faster = theirs.map_or_else(String::new, |theirs| {
        format!(
            "{:.1} ({:.1} a second)",
            ours.rate() / theirs.rate(),
            theirs.rate()
        )
    });
    format!(
        "| {} | {} | {:.0} | {faster} | {} | {:.1} | {:.1} | {:.0} |",
        ours.what,
        ours.processes,
        ours.rate(),
        ours.errors,
        ours.wall(50),
        ours.wall(99),
        ours.wall(100),
    )
}

/// The longest of each hook while somebody else holds the database for writing.
pub(crate) fn beside_a_writer(longest: &[(&str, f64)]) -> String {
    let mut lines = vec![
        "| beside a writer: hook | longest, ms | aim <= 150 |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    for (hook, took) in longest {
        let verdict = if *took <= 150.0 { "met" } else { "not met" };
        lines.push(format!("| {hook} | {took:.0} | {verdict} |"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Sizes during a long life.
pub(crate) fn growth(looks: &[Look]) -> String {
    let mut lines = vec![
        "| operations | records | database, KiB | largest log so far, KiB |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    for look in looks {
        lines.push(format!(
            "| {} | {} | {} | {} |",
            look.operations,
            look.records,
            look.database / 1024,
            look.log / 1024
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What it took to clear what had become old.
pub(crate) fn cleared(cleared: &Cleared) -> String {
    let (median, longest) = cleared.hook;
    let (before, after) = cleared.database;
    format!(
        "`gc` cleared {} records in {:.1} s; of {} edits reported meanwhile the median took {median:.1} ms, the longest \
         {longest:.0} ms; the database had {} KiB before and {} KiB after.",
        cleared.records,
        cleared.took.as_secs_f64(),
        cleared.hooks,
        before / 1024,
        after / 1024
    )
}

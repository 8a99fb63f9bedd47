//! Others for the same work, many at once, a long life.

use anyhow::Result;

use crate::against::Match;
use crate::contention::Crowd;
use crate::growth::{Cleared, Look};
use crate::measure::Series;
use crate::peers::{Kind, Peer};

/// How many times as fast as the predecessor everything is meant to be.
const FASTER: f64 = 20.0;

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

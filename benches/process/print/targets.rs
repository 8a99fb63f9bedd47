//! What was aimed at, and by how much it is met or missed.

use super::own::mebibytes;
use crate::compare::{READING, Row, WRITING};
use crate::trace::Trace;

/// How many times as long a hook may take in the big store as in the small one.
const BIG: f64 = 1.15;
/// The same of the huge store.
const HUGE: f64 = 1.3;
/// The most memory that a hook may have, in MiB.
const MEMORY: f64 = 8.0;
/// The size that the program may have, in bytes.
const PROGRAM: u64 = 5_000_000;

/// One aim for hooks: which rows it is about, what is looked at, and the most that it may be.
struct Aim {
    what: &'static str,
    most: f64,
    value: fn(&Row, &Row) -> Option<f64>,
}

/// A count of a trace as a number to compare.
fn counted(row: &Row, of: fn(&Trace) -> u64) -> Option<f64> {
    let count = of(row.trace.as_ref()?);
    u32::try_from(count).ok().map(f64::from)
}

const AIMS: [Aim; 12] = [
    Aim {
        what: "hooks that change nothing, x reading floor, small and big",
        most: READING,
        value: |row, _| (!row.writes && row.size != "huge").then(|| row.ratio()),
    },
    Aim {
        what: "hooks that change something, x writing floor, small and big",
        most: WRITING,
        value: |row, _| (row.writes && row.size != "huge").then(|| row.ratio()),
    },
    Aim {
        what: "the former by the time that a processor works, which a busy machine hardly changes",
        most: READING,
        value: |row, _| (!row.writes && row.size != "huge").then(|| row.ratio_worked()),
    },
    Aim {
        what: "the latter by that time",
        most: WRITING,
        value: |row, _| (row.writes && row.size != "huge").then(|| row.ratio_worked()),
    },
    Aim {
        what: "hooks in the big store, x the same in the small one",
        most: BIG,
        value: |row, small| (row.size == "big" && small.size == "small").then(|| row.growth(small)),
    },
    Aim {
        what: "hooks in the huge store, x the same in the small one",
        most: HUGE,
        value: |row, small| (row.size == "huge" && small.size == "small").then(|| row.growth(small)),
    },
    Aim {
        what: "transactions that change something, of a hook",
        most: 1.0,
        value: |row, _| counted(row, |trace| trace.commits),
    },
    Aim {
        what: "syncs of a hook",
        most: 0.0,
        value: |row, _| counted(row, |trace| trace.syncs),
    },
    Aim {
        what: "processes that a hook starts",
        most: 0.0,
        value: |row, _| counted(row, |trace| trace.spawned),
    },
    Aim {
        what: "directories that a hook lists",
        most: 0.0,
        value: |row, _| counted(row, |trace| trace.listings),
    },
    Aim {
        what: "bytes that a hook writes which changes nothing",
        most: 0.0,
        value: |row, _| (!row.writes).then(|| counted(row, |trace| trace.bytes)).flatten(),
    },
    Aim {
        what: "memory of a hook, MiB",
        most: MEMORY,
        value: |row, _| Some(f64::from(u32::try_from(row.weight? >> 10).ok()?) / 1024.0),
    },
];

/// All aims, each with how many cases meet it and the worst of those that do not.
pub(crate) fn targets(cases: &[Vec<Row>], program: u64) -> String {
    let mut lines = vec![
        "| aim | at most | met by | the worst that misses it |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    for aim in &AIMS {
        let (mut met, mut all) = (0, 0);
        let mut worst: Option<(f64, &Row)> = None;
        for rows in cases
            .iter()
            .filter(|rows| rows.first().is_some_and(|row| row.case.is_hook()))
        {
            for row in rows {
                let Some(value) = (aim.value)(row, &rows[0]) else {
                    continue;
                };
                all += 1;
                // A hundredth is the last digit that is shown.
                if value < aim.most + 0.005 {
                    met += 1;
                } else if worst.is_none_or(|(worst, _)| value > worst) {
                    worst = Some((value, row));
                }
            }
        }
        let missed = worst.map_or_else(String::new, |(value, row)| {
            let over = if aim.most > 0.0 {
                format!(", {:+.0} %", (value / aim.most - 1.0) * 100.0)
            } else {
                String::new()
            };
            format!("{value:.2}{over}: {} ({})", row.case.name, row.size)
        });
        lines.push(format!(
            "| {} | {} | {met} of {all} | {missed} |",
            aim.what, aim.most
        ));
    }
    let verdict = if program <= PROGRAM {
        "1 of 1 | |".to_owned()
    } else {
        format!("0 of 1 | {} |", mebibytes(Some(program)))
    };
    lines.push(format!(
        "| the program, MiB | {} | {verdict}",
        mebibytes(Some(PROGRAM))
    ));
    lines.push(String::new());
    lines.join("\n")
}

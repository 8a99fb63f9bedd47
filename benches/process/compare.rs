//! The same case by every contender in turn, so that whatever else the machine does hits all of them alike.

use anyhow::{Result, ensure};

use super::case::Case;
use super::measure::{Invocation, Series, Sink};
use super::programs::Programs;
use super::room::Room;
use super::trace::{Trace, traced};

/// Runs that do not count, before those that do.
const WARM_UP: usize = 3;

/// How many times as long as a process that only looks a hook may take that changes nothing.
pub(crate) const READING: f64 = 1.3;
/// How many times as long as a process that writes one row a hook may take that changes something.
pub(crate) const WRITING: f64 = 1.5;

/// What one case came to in one store.
pub(crate) struct Row {
    pub(crate) case: &'static Case,
    /// The store's size.
    pub(crate) size: &'static str,
    pub(crate) ours: Series,
    /// The floor that the case is held against: it reads, or writes as the case does.
    pub(crate) floor: Series,
    /// The most memory it had, in bytes.
    pub(crate) weight: Option<u64>,
    /// What it asked of the system; nothing where there is no strace.
    pub(crate) trace: Option<Trace>,
    /// Whether it changes the store.
    pub(crate) writes: bool,
}

impl Row {
    /// How many times as long as its floor it takes, by the medians.
    pub(crate) fn ratio(&self) -> f64 {
        self.ours.wall(50) / self.floor.wall(50)
    }

    /// The same of the time that a processor works.
    pub(crate) fn ratio_worked(&self) -> f64 {
        self.ours.worked(50) / self.floor.worked(50)
    }

    /// How many times as long it takes as in another store. The floors take the same in both but for what else the
    /// machine does, so they are what time is measured in.
    pub(crate) fn growth(&self, small: &Self) -> f64 {
        self.ratio() / small.ratio()
    }

    /// The most that ratio may be, for a hook.
    pub(crate) const fn aim(&self) -> f64 {
        if self.writes { WRITING } else { READING }
    }

    /// The smaller of the ratio by medians and the one by the fastest runs: what a noisy machine disturbs least.
    pub(crate) fn steady_ratio(&self) -> f64 {
        self.ratio().min(self.ours.wall(0) / self.floor.wall(0))
    }
}

/// How much is found out of each case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Times alone.
    Times,
    /// Memory and system calls, too.
    Everything,
}

/// Which floor a case stands on.
fn floor(programs: &Programs, room: &Room, case: &Case, writes: bool) -> Invocation {
    let mut arguments = vec![room.database().into(), Room::me().into()];
    if writes {
        arguments.push(if case.is_hook() { "NORMAL" } else { "FULL" }.into());
    }
    let program = if writes { &programs.write } else { &programs.read };
    room.program(program, arguments)
}

/// Measures one case in all rooms.
pub(crate) fn compare(
    programs: &Programs,
    rooms: &[Room],
    case: &'static Case,
    runs: usize,
    depth: Depth,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut floors = Vec::new();
    for room in rooms {
        // What a first run leaves behind, others find: how files look is remembered.
        case.try_out(room)?;
        let writes = case.try_out(room)?;
        let (mut trace, mut weight) = (None, None);
        if depth == Depth::Everything {
            case.prepare(room)?;
            trace = traced(&case.call.invocation(room)?)?;
            let has_committed = trace.as_ref().map(|trace| trace.commits > 0);
            ensure!(
                has_committed.is_none_or(|committed| committed == writes),
                "'{}' on {}: strace and the size of the log do not agree on whether it writes",
                case.name,
                room.size.name
            );
            case.prepare(room)?;
            weight = Some(case.call.invocation(room)?.weight(&programs.weigh)?);
        }
        let row = Row {
            case,
            size: room.size.name,
            ours: Series::default(),
            floor: Series::default(),
            weight,
            trace,
            writes,
        };
        floors.push(floor(programs, room, case, writes));
        rows.push(row);
    }
    let mut sink = Sink::new()?;
    for round in 0..WARM_UP + runs {
        for ((room, row), floor) in rooms.iter().zip(&mut rows).zip(&floors) {
            case.prepare(room)?;
            let (of_floor, status) = floor.sample(&mut sink)?;
            ensure!(status.success(), "the floor failed: {}", sink.text()?);
            case.prepare(room)?;
            let (ours, status) = case.call.invocation(room)?.sample(&mut sink)?;
            ensure!(
                status.code() == Some(case.exit),
                "'{}' ended with {status}: {}",
                case.name,
                sink.text()?
            );
            if round >= WARM_UP {
                row.floor.push(of_floor);
                row.ours.push(ours);
            }
        }
    }
    Ok(rows)
}

/// What it takes to look at a store and to write one row, as hooks commit and as commands do.
pub(crate) struct Floors {
    /// The store's size.
    pub(crate) size: &'static str,
    pub(crate) read: Series,
    pub(crate) write: Series,
    pub(crate) write_through: Series,
}

/// Measures a process that does nothing, and what no process that opens the stores can undercut.
pub(crate) fn floors(programs: &Programs, rooms: &[Room], runs: usize) -> Result<(Series, Vec<Floors>)> {
    let mut sink = Sink::new()?;
    let mut empty = Series::default();
    let mut floors: Vec<Floors> = rooms
        .iter()
        .map(|room| Floors {
            size: room.size.name,
            read: Series::default(),
            write: Series::default(),
            write_through: Series::default(),
        })
        .collect();
    for _ in 0..runs {
        for (room, floors) in rooms.iter().zip(&mut floors) {
            let nothing = room.program(&programs.empty, Vec::new());
            empty.push(nothing.sample(&mut sink)?.0);
            for (program, synchronous, series) in [
                (&programs.read, None, &mut floors.read),
                (&programs.write, Some("NORMAL"), &mut floors.write),
                (&programs.write, Some("FULL"), &mut floors.write_through),
            ] {
                room.prepare("")?;
                let mut arguments = vec![room.database().into(), Room::me().into()];
                arguments.extend(synchronous.map(Into::into));
                let (sample, status) = room.program(program, arguments).sample(&mut sink)?;
                ensure!(status.success(), "the floor failed: {}", sink.text()?);
                series.push(sample);
            }
        }
    }
    Ok((empty, floors))
}

/// What a write-ahead log of some length costs whoever opens the store: the floor, and a hook that changes nothing.
pub(crate) struct OfLog {
    /// How long the log is, in KiB.
    pub(crate) length: u64,
    pub(crate) floor: Series,
    pub(crate) ours: Series,
}

/// Lengths of the write-ahead log, in KiB: empty, and up to where the product folds it.
const LOGS: [u64; 4] = [0, 128, 256, 500];

/// Measures the floor and this case over logs of every length.
pub(crate) fn logs(programs: &Programs, room: &Room, case: &'static Case, runs: usize) -> Result<Vec<OfLog>> {
    let mut sink = Sink::new()?;
    let mut all = Vec::new();
    for length in LOGS {
        let mut of = OfLog {
            length,
            floor: Series::default(),
            ours: Series::default(),
        };
        case.prepare(room)?;
        room.change("SELECT 1")?;
        room.lengthen_log(length * 1024)?;
        for _ in 0..runs {
            // Neither changes anything, so the log stays as it is.
            let (floor, status) = floor(programs, room, case, false).sample(&mut sink)?;
            ensure!(status.success(), "the floor failed: {}", sink.text()?);
            of.floor.push(floor);
            let (ours, status) = case.call.invocation(room)?.sample(&mut sink)?;
            ensure!(
                status.code() == Some(case.exit),
                "'{}' ended with {status}",
                case.name
            );
            of.ours.push(ours);
        }
        all.push(of);
    }
    Ok(all)
}

//! How long the program takes, from the start of a process to its end, next to what no program can undercut.
//!
//! `benches/run.sh` measures everything; `benches/run.sh --help` says what else it does.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program reads the clock and prints"
)]

mod against;
mod case;
mod commands;
mod compare;
mod contention;
mod facts;
mod growth;
mod guard;
mod hooks;
mod layout;
mod load;
mod measure;
mod options;
mod peers;
mod print;
mod programs;
mod report;
mod room;
mod trace;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use compare::Depth;
use options::Options;
use programs::{Build, Programs};
use report::Report;
use room::{Room, SIZES};

/// At most so many runs of programs that take a tenth of a second each.
const PEER_RUNS: usize = 50;

/// Milliseconds since the epoch.
fn epoch() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn main() -> Result<()> {
    let Some(options) = Options::parse()? else {
        return Ok(());
    };
    let programs = Programs::build(if options.layout {
        Build::Named
    } else {
        Build::AsReleased
    })?;
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("process");
    let _none = std::fs::remove_dir_all(&scratch);
    let sizes = SIZES.iter().filter(|size| options.wants_size(size.name));
    let rooms: Vec<Room> = sizes
        .map(|size| Room::new(&programs, *size, &scratch))
        .collect::<Result<_>>()?;
    if options.quick {
        return guard::run(&programs, &rooms);
    }
    if let Some(room) = rooms.first().filter(|_| options.layout) {
        return layout::write(room);
    }
    let mut report = Report::begin(room_version(&rooms)?.trim(), options.runs);
    if options.wants_section("floor") {
        own(&mut report, &programs, &rooms, &options)?;
    }
    if options.wants_section("peers") {
        others(&mut report, &rooms, &options)?;
    }
    if let Some(room) = rooms.first() {
        if options.wants_section("contention") {
            together(&mut report, room)?;
        }
        if options.wants_section("growth") {
            report.say(&print::growth(&growth::load(room, options.operations)?));
            report.say(&print::cleared(&growth::clear(room)?));
        }
    }
    report.end();
    if options.write {
        report.write()?;
    }
    Ok(())
}

/// What the program calls itself.
fn room_version(rooms: &[Room]) -> Result<String> {
    let room = rooms.first().context("there is no store of such a size")?;
    room.shell(&["--version"]).succeed()
}

/// Many processes at once.
fn together(report: &mut Report, room: &Room) -> Result<()> {
    let predecessor =
        peers::install().and_then(|programs| peers::Peer::new(peers::Kind::Predecessor, &programs, room));
    if let Err(error) = &predecessor {
        report.say(&format!("0.4.0 takes no part: it cannot be had: {error:#}\n"));
    }
    report.say(print::CROWD_HEAD);
    for (ours, theirs) in contention::all_locks(room, predecessor.as_ref().ok())? {
        report.say(&print::crowd(&ours, theirs.as_ref()));
    }
    report.say(&print::crowd(&contention::claimers(room)?, None));
    report.say("");
    report.say(&print::beside_a_writer(&contention::beside_a_writer(room)?));
    Ok(())
}

/// Every case next to its floor.
fn own(report: &mut Report, programs: &Programs, rooms: &[Room], options: &Options) -> Result<()> {
    let sizes: Vec<&str> = rooms.iter().map(|room| room.size.name).collect();
    let (empty, floors) = compare::floors(programs, rooms, options.runs)?;
    report.say(&print::floors(&empty, &floors));
    if let Some(room) = rooms.first() {
        let case = &hooks::HOOK_CASES[1];
        report.say(&print::logs(
            case.name,
            &compare::logs(programs, room, case, options.runs)?,
        ));
    }
    report.say(&print::head(&sizes));
    let mut all = Vec::new();
    let cases = hooks::HOOK_CASES.iter().chain(commands::COMMAND_CASES);
    for case in cases.filter(|case| options.wants(case.name)) {
        let rows = compare::compare(programs, rooms, case, options.runs, Depth::Everything)?;
        report.say(&print::line(&rows));
        all.push(rows);
    }
    let program = std::fs::metadata(&programs.ours)?.len();
    report.say("");
    report.say(&print::targets(&all, program));
    Ok(())
}

/// What can be compared with peers, on a quiet machine and on a busy one.
fn others(report: &mut Report, rooms: &[Room], options: &Options) -> Result<()> {
    let programs = match peers::install() {
        Ok(programs) => programs,
        Err(error) => {
            report.say(&format!(
                "No comparison with other programs: they cannot be had: {error:#}\n"
            ));
            return Ok(());
        }
    };
    // A store ten times as large as a busy one is no everyday matter, and Python takes minutes to fill it.
    let rooms: Vec<&Room> = rooms.iter().filter(|room| room.size.name != "huge").collect();
    let mut all = Vec::new();
    for room in &rooms {
        for kind in [peers::Kind::Predecessor, peers::Kind::Hcom] {
            all.push(peers::Peer::new(kind, &programs, room)?);
        }
    }
    let runs = options.runs.min(PEER_RUNS);
    for is_busy in [false, true] {
        let _load = is_busy.then(load::Load::begin);
        report.say(&print::against_head(&all, is_busy)?);
        for room in &rooms {
            against::all(
                room,
                &all,
                runs,
                |case| options.wants(case),
                |result| report.say(&print::against(result)),
            )?;
        }
        report.say("");
    }
    Ok(())
}

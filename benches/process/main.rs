//! How long the program takes, from the start of a process to its end, next to what no program can undercut.
//!
//! `benches/run.sh` measures everything; `benches/run.sh --help` says what else it does.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program reads the clock and prints"
)]

mod case;
mod commands;
mod compare;
mod facts;
mod guard;
mod hooks;
mod measure;
mod options;
mod print;
mod programs;
mod room;
mod trace;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use compare::Depth;
use options::Options;
use programs::Programs;
use room::{Room, SIZES};

/// Milliseconds since the epoch.
fn epoch() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn main() -> Result<()> {
    let Some(options) = Options::parse()? else {
        return Ok(());
    };
    let programs = Programs::build()?;
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("process");
    let _none = std::fs::remove_dir_all(&scratch);
    let sizes = SIZES.iter().filter(|size| options.wants_size(size.name));
    let rooms: Vec<Room> = sizes
        .map(|size| Room::new(&programs, *size, &scratch))
        .collect::<Result<_>>()?;
    if options.quick {
        return guard::run(&programs, &rooms);
    }
    let (empty, floors) = compare::floors(&programs, &rooms, options.runs)?;
    println!("{}", print::floors(&empty, &floors));
    println!("{}", print::HEAD);
    let cases = hooks::HOOK_CASES.iter().chain(commands::COMMAND_CASES);
    for case in cases.filter(|case| options.wants(case.name)) {
        for row in compare::compare(&programs, &rooms, case, options.runs, Depth::Everything)? {
            println!("{}", print::line(&row));
        }
    }
    Ok(())
}

//! The guard of continuous integration: no hook may become twice as slow as it is meant to be.
//!
//! Ratios to the floor alone, never times: the floor runs in turn with the hook on the same machine, so a slow or
//! busy one slows both. What is over is measured again before it counts.

use std::fs;
use std::path::Path;

use agent_sync::hook::HOOKS;
use anyhow::{Result, ensure};

use super::compare::{Depth, Row, compare};
use super::hooks::HOOK_CASES;
use super::programs::Programs;
use super::room::Room;

/// Runs of each case in each store.
const RUNS: usize = 15;
/// Runs of a case that was over.
const AGAIN: usize = 60;
/// How many times what is aimed at a hook may take.
const LEEWAY: f64 = 2.0;

/// The name of the section that `packaging/layout.ld` makes, as it stands in the program.
const SECTION: &[u8] = b".text.hot\0";

/// Cases that are known to be over, in stores of this size or any, and why.
const KNOWN: &[(&str, &str, &str)] = &[("pre-tool-use: git ", "", "git is asked what would be lost")];

fn is_known(row: &Row) -> bool {
    KNOWN
        .iter()
        .any(|(case, size, _)| row.case.name.starts_with(case) && (size.is_empty() || *size == row.size))
}

fn is_over(row: &Row) -> bool {
    row.steady_ratio() > row.aim() * LEEWAY
}

/// Whether the linker made the section of `packaging/layout.ld`. Without it everything works, and nothing tells.
fn is_laid_out(program: &Path) -> Result<bool> {
    let program = fs::read(program)?;
    Ok(program.windows(SECTION.len()).any(|bytes| bytes == SECTION))
}

/// Prints every hook's ratio to its floor, and fails when one is over.
pub(crate) fn run(programs: &Programs, rooms: &[Room]) -> Result<()> {
    for hook in &HOOKS {
        let is_measured = HOOK_CASES.iter().any(|case| case.is_of(hook.name));
        ensure!(
            is_measured,
            "no case in benches/process/hooks.rs runs {}",
            hook.name
        );
    }
    ensure!(
        !cfg!(all(target_os = "linux", target_env = "gnu")) || is_laid_out(&programs.ours)?,
        "what hooks run does not stand together: build.rs knows of another linker, or packaging/layout.ld fits nothing"
    );
    println!("hooks, as multiples of their floor; the aim, and in brackets where this fails");
    let mut over = Vec::new();
    for case in HOOK_CASES {
        let mut rows = compare(programs, rooms, case, RUNS, Depth::Times)?;
        if rows.iter().any(|row| is_over(row) && !is_known(row)) {
            rows = compare(programs, rooms, case, AGAIN, Depth::Times)?;
        }
        for row in &rows {
            let (ratio, aim) = (row.steady_ratio(), row.aim());
            let verdict = match (is_over(row), is_known(row)) {
                (true, false) => "  OVER",
                (true, true) => "  over, as is known",
                (false, _) => "",
            };
            println!(
                "{ratio:6.2}  {aim} ({:.1})  {:5}  {}{verdict}",
                aim * LEEWAY,
                row.size,
                case.name
            );
            if is_over(row) && !is_known(row) {
                over.push(format!("{} ({})", case.name, row.size));
            }
        }
    }
    for (case, size, why) in KNOWN {
        println!("known: {case} {size}: {why}");
    }
    ensure!(
        over.is_empty(),
        "slower than {LEEWAY} times what is aimed at: {}",
        over.join(", ")
    );
    Ok(())
}

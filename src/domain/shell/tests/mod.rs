//! What is read from which command: one table a theme, and properties that hold for any text.
//!
//! A row is a command and what is read from it, in the notation of `render`: `create f @dir`, `remove d/**`
//! (the whole tree), `edit d/?` (something below), `create b(/a)` (in it, if it is a directory), `git …`. `…`
//! at the end means that there may be more.

mod directories;
mod git;
mod grammar;
mod identity;
mod missed;
mod programs;
mod properties;
mod render;
mod wrappers;

use super::read;
use render::render;

/// A command and what is read from it.
type Row = (&'static str, &'static str);

fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(command, expected)| {
            let found = render(&read(command));
            (found != *expected).then(|| format!("{command}\n  expected: {expected}\n  found:    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

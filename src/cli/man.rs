//! `agent-sync man`: a page of the manual for every command, made from the commands themselves.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_mangen::Man as Page;

use super::{Cli, Context};
use crate::error::Refusal;
use crate::frame::{Field, clean, neutralise};
use crate::render::{care, words};

/// How a page is read and where pages belong.
const ABOUT: &str = "\
Print a page of the manual, or write all of them

Read one:       agent-sync man task next | man -l -
Install all:    agent-sync man -o ~/.local/share/man/man1";

#[derive(Debug, Args)]
#[command(long_about = ABOUT)]
pub(super) struct Man {
    /// The command, as it is typed: `task next` [default: the program itself]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write the page of every command into this directory
    #[arg(long, short, value_name = "DIR", conflicts_with = "command")]
    output: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Man) -> Result<()> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let Some(directory) = &arguments.output else {
        return context.print(&text(&page(find(program, &arguments.command)?))?);
    };
    let directory = context.cwd().join(directory);
    fs::create_dir_all(&directory)
        .with_context(|| format!("making the directory {}", care::path(&directory)))?;
    let mut count = 0;
    write_all(program, &directory, &mut count)
        .with_context(|| format!("writing into {}", care::path(&directory)))?;
    context.say(&format!(
        "Wrote {} to {}\n",
        words::counted(count, "page"),
        care::path(&directory)
    ))
}

/// The command that these words name.
fn find(program: clap::Command, words: &[String]) -> Result<clap::Command> {
    let mut found = program;
    for word in words {
        let next = found.find_subcommand(word).filter(|next| !next.is_hide_set());
        found = next.cloned().ok_or_else(|| {
            let word = clean(word, Field::Name);
            Refusal::missing(format!("{} has no command {word}", neutralise(found.get_name())))
                .hint("agent-sync --help")
        })?;
    }
    Ok(found)
}

/// Writes the page of a command and those of the commands below it; what is hidden has none.
fn write_all(command: clap::Command, directory: &std::path::Path, count: &mut u64) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_all(below.clone(), directory, count)?;
    }
    let page = page(command);
    fs::write(directory.join(page.get_filename()), text(&page)?)?;
    *count += 1;
    Ok(())
}

/// The page of a command, with the program's name and version at its foot: commands below it have neither.
fn page(command: clap::Command) -> Page {
    Page::new(command)
        .source(concat!("agent-sync ", env!("CARGO_PKG_VERSION")))
        .manual("agent-sync")
}

/// A page as readers of manuals take it, whatever encoding they expect: ASCII, and the rest by its number.
fn text(page: &Page) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    page.render(&mut bytes)?;
    let mut text = String::with_capacity(bytes.len());
    for character in String::from_utf8_lossy(&bytes).chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\[u{:04X}]", u32::from(character));
        }
    }
    Ok(text)
}

//! `agent-sync plan`: work proposed as a whole, agreed to, and only then put on the board.

#[cfg(unix)]
mod crew_view;
mod launch;
mod propose;
mod sessions;
mod show;
pub(super) mod source;
mod voice;

use anyhow::Result;
use clap::Subcommand;

use super::Context;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Propose a plan, or a new revision of one, and ask those whose approval it needs
    #[command(long_about = propose::ABOUT)]
    Propose(propose::Propose),
    /// Show one plan: what it says, who agrees, how far it is
    Show(show::Show),
    /// Show the plans that are not done yet, the newest first
    List(show::List),
    /// Show what changed between two revisions, or between the newest one and a file
    Diff(show::Diff),
    /// Agree to what a plan says now
    Approve(voice::Approve),
    /// Say that a plan should not be launched as it is
    Reject(voice::Reject),
    /// Put the tasks of an approved plan on the board: all of them or none, and none of them twice
    #[command(long_about = launch::ABOUT)]
    Launch(Box<launch::Launch>),
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Propose(arguments) => propose::run(context, &arguments),
        Command::Show(arguments) => show::show(context, &arguments),
        Command::List(arguments) => show::list(context, &arguments),
        Command::Diff(arguments) => show::diff(context, &arguments),
        Command::Approve(arguments) => voice::approve(context, &arguments),
        Command::Reject(arguments) => voice::reject(context, &arguments),
        Command::Launch(arguments) => launch::run(context, &arguments),
    }
}

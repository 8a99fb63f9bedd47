//! `agent-sync task`: the board of what there is to do, and who does it.

mod change;
mod claim;
mod create;
mod depend;
mod edit;
mod finish;
mod graph;
mod hand_over;
mod import;
mod list;
mod outcome;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Context;
use crate::domain::task::{Move, Task};
use crate::render;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Put a task on the board
    Create(create::Create),
    /// Show the board: in progress, blocked, pending, failed, done, cancelled; then by priority, then age
    List(list::List),
    /// Show one task in full: what it waits for, who waits for it, its locks, and all that happened to it
    Show(Which),
    /// Show what waits for what
    Graph(graph::Graph),
    /// Put the tasks of a plan on the board: all of them or none, and none of them twice
    #[command(long_about = import::ABOUT)]
    Import(import::Import),
    /// Write the whole board as a plan
    Export(import::Export),
    /// Take a task to work on it
    Claim(claim::Claim),
    /// Take the next task that is ready and yours to take; when you have one in progress, get it back
    Next(claim::Next),
    /// Report a task of yours finished
    #[command(visible_alias = "complete")]
    Done(finish::Done),
    /// Report that a task of yours did not succeed; what waits for its failure can begin
    Fail(finish::Fail),
    /// Say that a task cannot go on; it stays yours, and so do its locks until they lapse
    Block(change::Block),
    /// Say that a blocked task can go on
    Unblock(Which),
    /// Give a task of yours back to the board
    Release(change::Moved),
    /// Decide that nobody shall do a task
    Cancel(change::Moved),
    /// Put a task that has ended back on the board, and what was cancelled because of it, too
    Reopen(Which),
    /// Say what has to become of other tasks before a task can begin, or take that back
    Depend(depend::Depend),
    /// Change what a task says of itself
    Edit(edit::Edit),
    /// Add a remark to a task
    Comment(edit::Comment),
    /// Offer a task of yours to another agent, who is told; it stays yours until it is accepted
    Handoff(hand_over::Handoff),
    /// Take over a task that was offered to you, with its locks
    Accept(Which),
    /// Say no to a task that was offered to you
    Decline(hand_over::Decline),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// Its id, a unique beginning of it, or its title
    task: String,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create::run(context, &arguments),
        Command::List(arguments) => list::run(context, &arguments),
        Command::Show(Which { task }) => list::show(context, &task),
        Command::Graph(arguments) => graph::run(context, &arguments),
        Command::Import(arguments) => import::import(context, &arguments),
        Command::Export(arguments) => import::export(context, &arguments),
        Command::Claim(arguments) => claim::run(context, &arguments),
        Command::Next(arguments) => claim::next(context, &arguments),
        Command::Done(arguments) => finish::done(context, &arguments),
        Command::Fail(arguments) => finish::fail(context, &arguments),
        Command::Block(arguments) => change::block(context, &arguments),
        Command::Unblock(Which { task }) => change::plain(context, Move::Unblock, &task),
        Command::Release(arguments) => change::moved(context, Move::Release, &arguments),
        Command::Cancel(arguments) => change::moved(context, Move::Cancel, &arguments),
        Command::Reopen(Which { task }) => change::plain(context, Move::Reopen, &task),
        Command::Depend(arguments) => depend::run(context, &arguments),
        Command::Edit(arguments) => edit::run(context, &arguments),
        Command::Comment(arguments) => edit::comment(context, &arguments),
        Command::Handoff(arguments) => hand_over::offer(context, &arguments),
        Command::Accept(Which { task }) => hand_over::accept(context, &task),
        Command::Decline(arguments) => hand_over::decline(context, &arguments),
    }
}

fn say_task(context: &Context<'_>, task: &Task, text: &str) -> Result<()> {
    if context.global.json {
        context.print_json(&render::task::Json::new(task))
    } else {
        context.say(text)
    }
}

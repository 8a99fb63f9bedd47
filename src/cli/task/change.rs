//! The moves of a task that need no more than a note: block, unblock, release, cancel, reopen.

use anyhow::Result;
use clap::Args;

use super::super::{Context, text};
use super::outcome::Outcome;
use crate::domain::task::Move;
use crate::render;
use crate::store::Report;

#[derive(Debug, Args)]
pub(in crate::cli) struct Moved {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// What others should know about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Block {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

pub(super) fn block(context: &Context<'_>, arguments: &Block) -> Result<()> {
    let reason = text::remark("reason", &arguments.reason)?;
    move_task(
        context,
        Move::Block,
        &arguments.task,
        Some(&reason),
        arguments.force,
    )
}

pub(super) fn plain(context: &Context<'_>, what: Move, task: &str) -> Result<()> {
    move_task(context, what, task, None, false)
}

pub(super) fn moved(context: &Context<'_>, what: Move, arguments: &Moved) -> Result<()> {
    let note = note(arguments.note.as_deref())?;
    move_task(context, what, &arguments.task, note.as_deref(), arguments.force)
}

/// A note, made one line.
pub(super) fn note(typed: Option<&str>) -> Result<Option<String>> {
    typed.map(|note| text::remark("note", note)).transpose()
}

fn move_task(context: &Context<'_>, what: Move, task: &str, note: Option<&str>, force: bool) -> Result<()> {
    let report = Report {
        note,
        ..Report::default()
    };
    let (outcome, task) = context.act(|write, me| {
        let moved = write.move_task(&me.id, task, what, &report, force)?;
        Ok((Outcome::of(write, &moved.fallout)?, moved.task))
    })?;
    outcome.say(context, &task, &render::task::moved(what, &task, note))
}

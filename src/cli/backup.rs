//! `agent-sync backup` and `restore`: a copy of the store, and back.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{Context, output_file};
use crate::place::Restored;
use crate::render::care;
use crate::render::words::contents;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to make [default: one among the other copies, in git's own directory]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `backup` made, or one of the copies made every day and before upgrades
    file: PathBuf,
    /// Also while others are in the middle of a turn
    #[arg(long)]
    force: bool,
}

pub(super) fn back_up(context: &Context<'_>, arguments: &Backup) -> Result<()> {
    let file = arguments.file.as_ref().map(|file| context.cwd().join(file));
    if let Some(file) = &file {
        output_file::directory(file)?;
    }
    let (made, held) = context.place().back_up(context.env, file.as_deref())?;
    let bytes = std::fs::metadata(&made)?.len();
    if context.global.json {
        return context.print_json(&json!({
            "path": made.to_string_lossy(),
            "bytes": bytes,
            "contents": held,
        }));
    }
    context.say(&format!(
        "Backed up to {} ({})\n  {}\n",
        care::path(&made),
        care::size(bytes),
        contents(&held)
    ))
}

pub(super) fn restore(context: &Context<'_>, arguments: &Restore) -> Result<()> {
    let file = context.cwd().join(&arguments.file);
    let place = context.place();
    let me = context.acting_id();
    let Restored { before, aside, after } =
        place.restore(context.env, &file, me.as_deref(), arguments.force)?;
    if context.global.json {
        return context.print_json(&json!({
            "before": before,
            "after": after,
            "kept": aside.as_ref().map(|path| path.to_string_lossy()),
        }));
    }
    context.say(&format!(
        "Restored {}\n  now: {}\n",
        care::path(&file),
        contents(&after)
    ))?;
    if let Some(before) = &before {
        context.say(&format!("  before: {}\n", contents(before)))?;
    }
    match aside {
        Some(aside) => context.say(&format!("  what was here is kept as {}\n", care::path(&aside))),
        None => Ok(()),
    }
}

//! `agent-sync status`: the whole picture.

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::identity::Identity;
use crate::render;
use crate::render::status::Picture;
use crate::store::Read;

/// Most undelivered messages that are looked at, and most entries of the activity record.
const MESSAGES: usize = 100;
const ENTRIES: u32 = 10;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// In a few lines
    #[arg(long)]
    compact: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if arguments.compact && !context.global.json {
        return compact(context);
    }
    let seen = context.look(|read, me| picture(context, read, me))?;
    if context.global.json {
        return context.print_json(&render::status::Json::new(&seen));
    }
    context.print_data(
        &render::status::text(&seen, context.env.output_width()),
        "agent-sync status --json",
    )
}

/// What a session is told when it starts.
fn compact(context: &Context<'_>) -> Result<()> {
    let overview = context.look(|read, me| read.overview(&me.id))?;
    let lines = render::brief::lines(&overview, &context.env.now());
    context.print_data(&(lines.join("\n") + "\n"), "agent-sync status")
}

fn picture(context: &Context<'_>, read: &Read<'_>, me: &Identity) -> Result<Picture> {
    let now = context.env.now();
    let undelivered = read.undelivered()?;
    Ok(Picture {
        me: me.id.clone(),
        agent: read.agent(&me.id)?,
        agents: read.agents()?,
        locks: read.locks(false)?,
        tasks: read.tasks()?,
        unread: read.unread_count(&me.id)?,
        undelivered_count: undelivered.len(),
        undelivered: undelivered.into_iter().take(MESSAGES).collect(),
        activity: read.activity(ENTRIES, None, None)?,
        hook_seen: read.hooks_seen()?.into_iter().map(|(_, at)| at).max(),
        now,
    })
}

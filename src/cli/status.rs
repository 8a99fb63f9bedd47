//! `agent-sync status`: the whole picture.

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::identity::Identity;
use crate::render;
use crate::render::status::Overview;
use crate::store::Read;

/// Most undelivered messages that are looked at, and most entries of the activity record.
const MESSAGES: u32 = 100;
const ENTRIES: u32 = 10;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// In a few lines
    #[arg(long)]
    compact: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let seen = context.look(|read, me| overview(context, read, me))?;
    if context.global.json {
        return context.print_json(&render::status::Json::new(&seen));
    }
    if arguments.compact {
        return context.print_data(&render::brief::text(&seen), "agent-sync status");
    }
    context.print_data(
        &render::status::text(&seen, context.env.output_width()),
        "agent-sync status --json",
    )
}

fn overview(context: &Context<'_>, read: &Read<'_>, me: &Identity) -> Result<Overview> {
    let now = context.env.now();
    Ok(Overview {
        me: me.id.clone(),
        agent: read.agent(&me.id)?,
        agents: read.agents()?,
        locks: read.locks(false)?,
        tasks: read.tasks()?,
        unread: read.unread_count(&me.id)?,
        undelivered: read.undelivered(MESSAGES)?,
        undelivered_count: read.undelivered_count()?,
        activity: read.activity(ENTRIES, None, None)?,
        hook_seen: read.hooks_seen()?.into_iter().map(|(_, at)| at).max(),
        now,
    })
}

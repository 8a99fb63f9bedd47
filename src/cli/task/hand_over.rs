//! `agent-sync task handoff`, `accept` and `decline`: a task goes to another agent, who has to agree.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::super::{Context, text};
use super::change::note;
use super::claim::say_claimed;
use super::say_task;
use crate::render;

#[derive(Debug, Args)]
pub(in crate::cli) struct Handoff {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// To whom: an id or a name
    #[arg(long, value_name = "AGENT")]
    to: String,
    /// What they should know about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Decline {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Why; its owner is told
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
}

pub(super) fn offer(context: &Context<'_>, arguments: &Handoff) -> Result<()> {
    let note = note(arguments.note.as_deref())?;
    let (task, offer) = context.act(|write, me| {
        let offer = write.offer_task(&me.id, &arguments.task, &arguments.to, note.as_deref())?;
        Ok((write.find_task(&offer.task)?, offer))
    })?;
    if context.global.json {
        return context.print_json(&json!({
            "task_id": offer.task,
            "from": offer.from,
            "to": offer.to,
            "note": offer.note,
            "offered_at": render::time::rfc3339(offer.offered_at),
        }));
    }
    context.say(&render::task::offered(&task, &offer))
}

pub(super) fn accept(context: &Context<'_>, task: &str) -> Result<()> {
    let tree = &context.project().tree;
    let (claimed, offer) = context.act(|write, me| write.accept_task(me.kin(), task, tree))?;
    say_claimed(
        context,
        &claimed,
        &render::task::accepted(&claimed.task, &offer, &claimed.locks),
        &[],
    )
}

pub(super) fn decline(context: &Context<'_>, arguments: &Decline) -> Result<()> {
    let reason = arguments
        .reason
        .as_deref()
        .map(|reason| text::remark("reason", reason))
        .transpose()?;
    let (task, offer) =
        context.act(|write, me| write.decline_task(&me.id, &arguments.task, reason.as_deref()))?;
    say_task(context, &task, &render::task::declined(&task, &offer))
}

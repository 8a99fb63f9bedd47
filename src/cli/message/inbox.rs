//! `agent-sync message inbox`: one's mail, or a wait for some.
//!
//! Whoever has no hooks waits here, and looks for mail only when something was committed. What it prints is noted
//! like a hook's push: before it is written, after it was flushed, and proved by the same agent's next look.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::super::listen::Listener;
use super::super::session::Session;
use super::super::{Context, duration};
use super::print_json;
use crate::domain::message::{Hook, Message};
use crate::error::Refusal;
use crate::frame::{Frame, HARD_BUDGET, SENTENCE};
use crate::render;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// What you have read, too
    #[arg(long)]
    all: bool,
    /// Wait until there is something that you have not been shown, at most so long; for ever without a length
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "10000h",
        value_parser = duration::seconds, conflicts_with = "all")]
    wait: Option<Duration>,
}

pub(in crate::cli) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if let Some(patience) = arguments.wait {
        return wait(context, patience);
    }
    let messages = context.look(|read, me| read.inbox(&me.id, arguments.all))?;
    if context.global.json || !messages.is_empty() {
        return print(context, &messages);
    }
    context.print(if arguments.all {
        "Inbox empty.\n"
    } else {
        "No unread messages.\n"
    })
}

fn print(context: &Context<'_>, messages: &[Message]) -> Result<()> {
    if context.global.json {
        return print_json(context, messages);
    }
    let now = context.env.now();
    let mut text = render::message::table(messages, &now, context.env.output_width());
    if messages.iter().any(|message| message.read_at().is_none()) {
        text.push_str(
            "\n`agent-sync message read ID` shows one in full, `message ack ID` tells its sender\n",
        );
    }
    context.print_data(&text, "agent-sync inbox --json")
}

/// Waits until something is to be shown to this agent, and shows it.
fn wait(context: &Context<'_>, patience: Duration) -> Result<()> {
    let mut session = context.session()?;
    let channel = session.identity().session.clone().unwrap_or_default();
    // Whoever waits is there, and has seen what it was shown before.
    session.act(|write, me| {
        let seen = write.proved_by(&me.id, &channel, Hook::GoesOn)?;
        write.proved(&me.id, &seen)
    })?;
    let listener = Listener::new(context, &session, patience);
    loop {
        // Asked before the look, so that no change falls between the two.
        session.has_changed()?;
        let looked_at = context.env.now();
        let is_there = session.look(|read, me| {
            Ok(read.has_open_mail(&me.id)?
                && !read.pending(&me.id, &channel, Hook::GoesOn, false)?.is_empty())
        })?;
        if is_there && show(context, &mut session, &channel)? {
            return Ok(());
        }
        if !listener.sleep(context, &mut session, &looked_at)? {
            return Err(Refusal::timed_out(format!(
                "no message came within {}",
                render::time::duration(patience)
            ))
            .into());
        }
    }
}

/// Shows what there is to show, and says whether there was anything.
fn show(context: &Context<'_>, session: &mut Session<'_>, channel: &str) -> Result<bool> {
    let now = context.env.now();
    let nonce = context.env.random()?;
    // A model is shown as much as is good for it; what is left comes with the next look.
    let mut frame = (context.env.is_agent_shell() && !context.global.json)
        .then(|| Frame::new(nonce, SENTENCE, HARD_BUDGET));
    let (shown, left) = session.note(|write, me| {
        write.offer(&me.id, channel, Hook::GoesOn, false, |letters| match &mut frame {
            Some(frame) => render::push::letters(frame, letters, &now),
            None => letters.len(),
        })
    })?;
    let ids: Vec<String> = shown.iter().flat_map(|letter| letter.ids.clone()).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    if let Some(frame) = frame {
        context.print(&frame.finish(render::push::overflow(&left).as_deref()))?;
    } else {
        let messages = session.look(|read, me| {
            let messages = ids.iter().map(|id| read.message(&me.id, id));
            messages.collect::<Result<Vec<_>>>()
        })?;
        print(context, &messages)?;
    }
    session.note(|write, me| write.flushed(&me.id, channel, &ids))?;
    Ok(true)
}

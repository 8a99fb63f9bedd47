//! `agent-sync message`: what agents tell each other, and what became of it.

mod inbox;
mod send;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;

use super::{Context, duration, search};
use crate::domain::message::Message;
use crate::domain::search::Kind;
use crate::render;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Send a message to an agent, a role or everybody
    Send(send::Arguments),
    /// Show your mail, or wait for some
    Inbox(inbox::Arguments),
    /// Show what was said to everybody lately, before you came, too
    List {
        /// How far back: 24h, 90m; a bare number means minutes
        #[arg(long, value_name = "DUR", value_parser = duration::minutes, default_value = "24h")]
        since: Duration,
        /// At most so many, the newest first
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Show one message in full; when it is to you, it is then read
    Read {
        /// Its id, or a unique beginning of it
        id: String,
    },
    /// Tell the sender that you have taken note
    #[command(visible_alias = "acknowledge")]
    Ack {
        /// Its id, or a unique beginning of it
        id: String,
    },
    /// Show a conversation: a message, what it answers and what answers it
    Thread {
        /// The id of any message in it
        id: String,
    },
    /// Show what became of a message: where it is at each recipient, and since when
    Show {
        /// Its id, or a unique beginning of it
        id: String,
    },
    /// Find messages by their words among those that you sent or got
    Search(search::Arguments),
    /// Show what you have sent and how far it has come
    Sent {
        /// At most so many, the newest first
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
}

impl Command {
    /// Whether it says something new, which a closed store does not take.
    pub(super) const fn is_work(&self) -> bool {
        matches!(self, Self::Send(_))
    }
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Send(arguments) => send::run(context, &arguments),
        Command::Inbox(arguments) => inbox::run(context, &arguments),
        Command::List { since, limit } => list(context, since, limit),
        Command::Show { id } => show(context, &id),
        Command::Read { id } => read(context, &id),
        Command::Ack { id } => acknowledge(context, &id),
        Command::Thread { id } => thread(context, &id),
        Command::Search(arguments) => search::find(context, Some(Kind::Message), &arguments),
        Command::Sent { limit } => sent(context, limit),
    }
}

fn print_json(context: &Context<'_>, messages: &[Message]) -> Result<()> {
    let now = context.env.now();
    let messages = messages
        .iter()
        .map(|message| render::message::Json::new(message, &now));
    context.print_json(&messages.collect::<Vec<_>>())
}

fn read(context: &Context<'_>, id: &str) -> Result<()> {
    let message = context.act(|write, me| write.read_message(&me.id, id))?;
    if context.global.json {
        return context.print_json(&render::message::Json::new(&message, &context.env.now()));
    }
    context.print_data(
        &render::message::page(&message, &context.env.now()),
        "add --json to see all of it",
    )
}

fn acknowledge(context: &Context<'_>, id: &str) -> Result<()> {
    let message = context.act(|write, me| write.acknowledge(&me.id, id))?;
    if context.global.json {
        return context.print_json(&render::message::Json::new(&message, &context.env.now()));
    }
    let at = message.acked_at().map(render::time::rfc3339).unwrap_or_default();
    context.say(&format!("Acked `{}` (acked_at {at})\n", message.id))
}

fn thread(context: &Context<'_>, id: &str) -> Result<()> {
    let messages = context.look(|read, me| read.thread(&me.id, id))?;
    if context.global.json {
        return print_json(context, &messages);
    }
    context.print_data(
        &render::message::thread(&messages, &context.env.now()),
        "add --json to see all of it",
    )
}

fn list(context: &Context<'_>, since: Duration, limit: u32) -> Result<()> {
    let now = context.env.now();
    let since = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let messages =
        context.look(|read, me| read.said_to_all(&me.id, now.wall.saturating_sub(since), limit))?;
    if context.global.json {
        return print_json(context, &messages);
    }
    if messages.is_empty() {
        return context.print("Nothing was said to everybody.\n");
    }
    context.print_data(
        &render::message::table(&messages, &now, context.env.output_width()),
        "agent-sync message list --json",
    )
}

/// To its sender, everything about everybody; to a recipient, what became of it there.
fn show(context: &Context<'_>, id: &str) -> Result<()> {
    let (message, receipts) = context.look(|read, me| {
        let message = read.message(&me.id, id)?;
        let mut receipts = read.receipts(&message.id)?;
        receipts.retain(|receipt| message.sender == me.id || receipt.agent == me.id);
        Ok((message, receipts))
    })?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&render::message::SentJson::new(&message, &receipts, &now));
    }
    context.print_data(
        &render::message::fate(&message, &receipts, &now),
        "add --json to see all of it",
    )
}

fn sent(context: &Context<'_>, limit: u32) -> Result<()> {
    let sent = context.look(|read, me| read.sent(&me.id, limit))?;
    let now = context.env.now();
    if context.global.json {
        let sent = sent
            .iter()
            .map(|(message, receipts)| render::message::SentJson::new(message, receipts, &now));
        return context.print_json(&sent.collect::<Vec<_>>());
    }
    if sent.is_empty() {
        return context.print("Nothing sent.\n");
    }
    context.print_data(
        &render::message::sent_table(&sent, &now, context.env.output_width()),
        "agent-sync message sent --json",
    )
}

//! `agent-sync message`: what agents tell each other, and what became of it.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use crate::domain::message::Message;
use crate::error::Refusal;
use crate::render;
use crate::store::{Sending, Sent};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a message to an agent, a role or everybody
    Send(Send),
    /// Show your mail
    Inbox(Inbox),
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
    /// Show what you have sent and how far it has come
    Sent {
        /// At most so many, the newest first
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Debug, Args)]
pub(super) struct Send {
    /// A name, a role, an id or a unique beginning of one, or `all` for everybody who is here
    #[arg(long, value_name = "WHOM", allow_hyphen_values = true)]
    to: String,
    /// The text; `-` reads it from standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// The text, as an option
    #[arg(
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        conflicts_with = "text"
    )]
    message: Option<String>,
    /// The message that this one answers
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Inbox {
    /// What you have read, too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Send(arguments) => send(context, &arguments),
        Command::Inbox(arguments) => inbox(context, &arguments),
        Command::Read { id } => read(context, &id),
        Command::Ack { id } => acknowledge(context, &id),
        Command::Thread { id } => thread(context, &id),
        Command::Sent { limit } => sent(context, limit),
    }
}

#[derive(Debug, Serialize)]
struct SentJson<'a> {
    id: &'a str,
    recipients: Vec<render::agent::Json<'a>>,
}

fn send(context: &Context<'_>, arguments: &Send) -> Result<()> {
    let typed = arguments.message.as_ref().or(arguments.text.as_ref());
    let typed = typed.ok_or_else(|| {
        Refusal::usage("there is no text to send")
            .hint("agent-sync message send --to NAME 'TEXT'; - reads it")
    })?;
    let body = context.text_or_input(typed)?;
    let Sent { id, recipients } = context.act(|write, me| {
        write.send(Sending {
            sender: &me.id,
            address: &arguments.to,
            body: &body,
            reply_to: arguments.reply_to.as_deref(),
        })
    })?;
    if context.global.json {
        return context.print_json(&SentJson {
            id: &id,
            recipients: recipients.iter().map(render::agent::Json::new).collect(),
        });
    }
    context.say(&render::message::sent(&id, &arguments.to, &recipients))
}

fn inbox(context: &Context<'_>, arguments: &Inbox) -> Result<()> {
    let (messages, me) = context.look(|read, me| Ok((read.inbox(&me.id, arguments.all)?, me.id.clone())))?;
    if context.global.json {
        return print_json(context, &messages, &me);
    }
    if messages.is_empty() {
        return context.print(if arguments.all {
            "Inbox empty.\n"
        } else {
            "No unread messages.\n"
        });
    }
    let now = context.env.now();
    let mut text = render::message::table(&messages, &now, context.env.output_width());
    if messages.iter().any(|message| message.read_at.is_none()) {
        text.push_str(
            "\n`agent-sync message read ID` shows one in full, `message ack ID` tells its sender\n",
        );
    }
    context.print_data(&text, "agent-sync inbox --json")
}

fn print_json(context: &Context<'_>, messages: &[Message], me: &str) -> Result<()> {
    let messages = messages
        .iter()
        .map(|message| render::message::Json::new(message, me));
    context.print_json(&messages.collect::<Vec<_>>())
}

fn read(context: &Context<'_>, id: &str) -> Result<()> {
    let (message, me) = context.act(|write, me| Ok((write.read_message(&me.id, id)?, me.id.clone())))?;
    if context.global.json {
        return context.print_json(&render::message::Json::new(&message, &me));
    }
    context.print_data(
        &render::message::page(&message, &context.env.now()),
        "add --json to see all of it",
    )
}

fn acknowledge(context: &Context<'_>, id: &str) -> Result<()> {
    let (message, me) = context.act(|write, me| Ok((write.acknowledge(&me.id, id)?, me.id.clone())))?;
    if context.global.json {
        return context.print_json(&render::message::Json::new(&message, &me));
    }
    let at = message.acked_at.map(render::time::rfc3339).unwrap_or_default();
    context.say(&format!("Acked `{}` (acked_at {at})\n", message.id))
}

fn thread(context: &Context<'_>, id: &str) -> Result<()> {
    let (messages, me) = context.look(|read, me| Ok((read.thread(&me.id, id)?, me.id.clone())))?;
    if context.global.json {
        return print_json(context, &messages, &me);
    }
    context.print_data(
        &render::message::thread(&messages, &context.env.now()),
        "add --json to see all of it",
    )
}

fn sent(context: &Context<'_>, limit: u32) -> Result<()> {
    let sent = context.look(|read, me| read.sent(&me.id, limit))?;
    if context.global.json {
        let sent = sent
            .iter()
            .map(|(message, receipts)| render::message::SentJson::new(message, receipts));
        return context.print_json(&sent.collect::<Vec<_>>());
    }
    if sent.is_empty() {
        return context.print("Nothing sent.\n");
    }
    let now = context.env.now();
    context.print_data(
        &render::message::sent_table(&sent, &now, context.env.output_width()),
        "agent-sync message sent --json",
    )
}

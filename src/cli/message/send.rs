//! `agent-sync message send`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::{Context, duration};
use crate::domain::message::{self, MAX_TTL, Unsent};
use crate::error::Refusal;
use crate::render;
use crate::store::{Sending, Sent};

/// How long to wait for room when `--wait` does not say.
const PATIENCE: &str = "5m";
/// How long to sleep between two looks whether there is room, at most.
const PAUSE: Duration = Duration::from_millis(50);
/// How often to look although nothing has changed, in milliseconds: time makes room, too.
const LOOKS_EVERY: i64 = 500;

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Priority {
    Low,
    #[default]
    Normal,
    Critical,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// A name, a role, an id or a unique beginning of one, or `all` for everybody who is here; may be given
    /// several times. Without it, an answer goes to whoever wrote what it answers
    #[arg(
        long,
        value_name = "WHOM",
        allow_hyphen_values = true,
        required_unless_present = "reply_to"
    )]
    to: Vec<String>,
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
    /// A file that holds the text
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "message"])]
    file: Option<PathBuf>,
    /// The message that this one answers
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,
    /// How much it matters: critical ones come first, low ones give way where there is no room
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    priority: Priority,
    /// How long it is worth being delivered: 30m, 2h, at most 30 days; a bare number means minutes [default: 24h, critical 7 days]
    #[arg(long, value_name = "DUR", value_parser = duration::minutes)]
    ttl: Option<Duration>,
    /// Ask for an acknowledgement: without one it is shown again, and in the end you are told
    #[arg(long)]
    ack: bool,
    /// Where a recipient is gone, keep it for whoever takes that name next
    #[arg(long)]
    queue: bool,
    /// Wait for room instead of being refused, at most so long [default: 5m]
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = PATIENCE,
        value_parser = duration::seconds)]
    wait: Option<Duration>,
}

/// A message that was sent, as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    id: &'a str,
    recipients: Vec<render::agent::Json<'a>>,
    left_out: Vec<render::agent::Json<'a>>,
    /// How many more the addresses mean whom the topology does not let the sender reach.
    beyond: usize,
    priority: &'static str,
}

pub(in crate::cli) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let body = body(context, arguments)?;
    let sending = Sending {
        sender: "",
        addresses: &arguments.to,
        body: &body,
        reply_to: arguments.reply_to.as_deref(),
        priority: match arguments.priority {
            Priority::Low => message::Priority::Low,
            Priority::Normal => message::Priority::Normal,
            Priority::Critical => message::Priority::Critical,
        },
        ttl: arguments.ttl.map(ttl).transpose()?,
        wants_ack: arguments.ack,
        keep: arguments.queue,
    };
    let sent = send(context, sending, arguments.wait)?;
    if context.global.json {
        return context.print_json(&Json {
            id: &sent.id,
            recipients: sent.recipients.iter().map(render::agent::Json::new).collect(),
            left_out: sent.left_out.iter().map(render::agent::Json::new).collect(),
            beyond: sent.beyond,
            priority: sent.priority.as_str(),
        });
    }
    context.say(&render::message::sent(
        &sent.id,
        &sent.address,
        &sent.recipients,
        &sent.left_out,
        sent.beyond,
    ))
}

fn body(context: &Context<'_>, arguments: &Arguments) -> Result<String> {
    if let Some(file) = &arguments.file {
        let path = context.cwd().join(file);
        let bytes = std::fs::read(&path)
            .with_context(|| format!("reading {}", crate::frame::neutralise(&path.to_string_lossy())))?;
        let text = String::from_utf8(bytes).map_err(|_| Refusal::usage("the file is not UTF-8 text"))?;
        return Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned());
    }
    let typed = arguments.message.as_ref().or(arguments.text.as_ref());
    let typed = typed.ok_or_else(|| {
        Refusal::usage("there is no text to send")
            .hint("agent-sync message send --to NAME 'TEXT'; - reads it, --file takes a file")
    })?;
    context.text_or_input(typed)
}

fn ttl(typed: Duration) -> Result<i64> {
    let milliseconds = i64::try_from(typed.as_millis()).unwrap_or(i64::MAX);
    if (1..=MAX_TTL).contains(&milliseconds) {
        Ok(milliseconds)
    } else {
        Err(Refusal::usage("--ttl is a length of time up to 30 days").into())
    }
}

/// Sends it; where there is no room, again and again while the patience lasts.
fn send(context: &Context<'_>, sending: Sending<'_>, patience: Option<Duration>) -> Result<Sent> {
    let began = context.env.now();
    let patience_ms = patience.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    let mut session = context.session()?;
    loop {
        // Asked before the attempt, so that no change falls between the two.
        session.has_changed()?;
        let now = context.env.now();
        let is_last = |why: &Unsent| !why.may_pass() || now.since(&began) >= patience_ms;
        let attempt = session.act(|write, me| {
            let sent = write.send(Sending {
                sender: &me.id,
                ..sending
            })?;
            if let Some(why) = sent.as_ref().err().filter(|why| is_last(why)) {
                write.refuse_message(&me.id, why)?;
            }
            Ok(sent)
        })?;
        let why = match attempt {
            Ok(sent) => return Ok(sent),
            Err(why) => why,
        };
        if is_last(&why) {
            return Err(refused(context, &why, patience).into());
        }
        loop {
            context.env.sleep(PAUSE);
            let later = context.env.now();
            let is_over = later.since(&began) >= patience_ms;
            if is_over || later.since(&now) >= LOOKS_EVERY || session.has_changed()? {
                break;
            }
        }
    }
}

fn refused(context: &Context<'_>, why: &Unsent, patience: Option<Duration>) -> Refusal {
    let (message, hint) = render::message::unsent(why, &context.env.now());
    match patience.filter(|_| why.may_pass()) {
        Some(waited) => Refusal::timed_out(format!("waited {}: {message}", render::time::duration(waited))),
        None => Refusal::refused(message).hint(hint),
    }
}

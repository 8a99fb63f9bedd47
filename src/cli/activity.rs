//! `agent-sync activity`: the record of what happened, and notes that are added to it.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, text};
use crate::domain::activity::note_type;
use crate::domain::lock::Key;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::Entry;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Add a note to the record
    Add(Add),
    /// Show what happened, the newest first
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What happened; `-` reads it from standard input
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,
    /// What kind of note it is, in a word
    #[arg(long = "type", value_name = "TYPE", default_value = "note")]
    kind: String,
    /// The file it is about, relative to the working directory
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The text, as 0.4.0 could take it
    #[arg(long, value_name = "TEXT", hide = true, allow_hyphen_values = true)]
    message: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Only what this agent did
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Only what is of this kind: `note`, `task.claimed`, `lock.acquired` …; `turn.began` and `turn.ended` are
    /// shown in no other way
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Add(arguments) => add(context, &arguments),
        Command::List(arguments) => list(context, &arguments),
    }
}

fn add(context: &Context<'_>, arguments: &Add) -> Result<()> {
    let typed = arguments.text.as_ref().or(arguments.message.as_ref());
    let typed = typed
        .ok_or_else(|| Refusal::usage("there is no text to record").hint("agent-sync activity add 'TEXT'"))?;
    let kind = note_type(&arguments.kind).ok_or_else(|| {
        let shown = clean(&arguments.kind, Field::Name);
        Refusal::usage(format!("'{shown}' leaves nothing usable for a type")).hint("--type note")
    })?;
    let body = text::body("text", &context.text_or_input(typed)?)?;
    let key = arguments.file.as_ref().map(|file| context.locate(file).key);
    let id = context.act(|write, me| {
        write.record(Entry {
            agent: Some(&me.id),
            event: &kind,
            body: &body,
            tool: None,
            place: key.as_ref().map(|key| (key.tree.as_str(), key.path.as_str())),
        })
    })?;
    if context.global.json {
        return context.print_json(&serde_json::json!({
            "id": id,
            "event_type": kind,
            "file_path": key.map(|key| key.path),
        }));
    }
    let at = key.map(|key| format!(" {}", render::lock::key(&Key::Path(key))));
    context.say(&format!("Logged `{id}` [{kind}]{}\n", at.unwrap_or_default()))
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let entries = context.look(|read, _| {
        let agent = arguments
            .agent
            .as_deref()
            .map(|agent| read.find_agent(agent))
            .transpose()?;
        let agent = agent.map(|agent| agent.id);
        read.activity(arguments.limit, agent.as_deref(), arguments.kind.as_deref())
    })?;
    if context.global.json {
        let entries = entries.iter().map(render::activity::Json::new);
        return context.print_json(&entries.collect::<Vec<_>>());
    }
    if entries.is_empty() {
        return context.print("Nothing has happened yet.\n");
    }
    context.print_data(
        &render::activity::table(&entries, &context.env.now(), context.env.output_width()),
        "agent-sync activity list --json",
    )
}

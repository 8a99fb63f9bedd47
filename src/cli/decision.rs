//! `agent-sync decision`: what was settled, so that nobody settles it again.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, search, text};
use crate::domain::search::Kind;
use crate::render;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Record a decision
    Add(Add),
    /// Show what was decided, the newest first
    List(List),
    /// Show one decision in full
    Show {
        /// Its id, or a unique beginning of it
        id: String,
    },
    /// Find decisions by their words
    Search(search::Arguments),
    /// Record a decision in place of an older one
    Supersede {
        /// The id of the older one, or a unique beginning of it
        old: String,
        /// What holds now; `-` reads it from standard input
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What was decided; `-` reads it from standard input
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// The decision that it takes the place of
    #[arg(long, value_name = "ID")]
    supersedes: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Superseded ones, too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Add(Add { text, supersedes }) => add(context, &text, supersedes.as_deref()),
        Command::Supersede { old, text } => add(context, &text, Some(&old)),
        Command::List(arguments) => list(context, &arguments),
        Command::Search(arguments) => search::find(context, Some(Kind::Decision), &arguments),
        Command::Show { id } => show(context, &id),
    }
}

fn add(context: &Context<'_>, typed: &str, supersedes: Option<&str>) -> Result<()> {
    let text = text::body("decision", &context.text_or_input(typed)?)?;
    let (decision, old) = context.act(|write, me| {
        let old = supersedes.map(|old| write.decision(old)).transpose()?;
        let old = old.map(|old| old.id);
        let id = write.decide(&me.id, &text, old.as_deref())?;
        Ok((write.decision(&id)?, old))
    })?;
    if context.global.json {
        return context.print_json(&render::decision::Json::new(&decision));
    }
    context.say(&render::decision::recorded(&decision.id, old.as_deref()))
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let decisions = context.look(|read, _| read.decisions(arguments.limit, arguments.all))?;
    if context.global.json {
        let decisions = decisions.iter().map(render::decision::Json::new);
        return context.print_json(&decisions.collect::<Vec<_>>());
    }
    if decisions.is_empty() {
        return context.print("No decisions.\n");
    }
    context.print_data(
        &render::decision::table(&decisions, &context.env.now(), context.env.output_width()),
        "agent-sync decision list --json",
    )
}

fn show(context: &Context<'_>, id: &str) -> Result<()> {
    let decision = context.look(|read, _| read.decision(id))?;
    if context.global.json {
        return context.print_json(&render::decision::Json::new(&decision));
    }
    context.print_data(
        &render::decision::page(&decision, &context.env.now()),
        "add --json to see all of it",
    )
}

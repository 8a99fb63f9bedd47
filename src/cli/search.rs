//! `agent-sync search`: what was said, settled and planned, found by its words.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::Context;
use crate::domain::search::{self, Kind};
use crate::error::Refusal;
use crate::frame::shell_word;
use crate::render;

// The words to look for, and how much to show. (As a `///` it would be the help text of the command around it.)
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Each means itself, all of them have to be there, and the last may be the beginning of a word
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// At most so many, the best first
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct Search {
    #[command(flatten)]
    arguments: Arguments,
    /// Only these
    #[arg(long, value_enum)]
    kind: Option<KindArgument>,
}

/// What can be found, as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArgument {
    /// Among those that you sent or got
    Message,
    /// Superseded ones, too
    Decision,
    /// By title, description and comments
    Task,
}

pub(super) fn run(context: &Context<'_>, search: &Search) -> Result<()> {
    let kind = search.kind.map(|kind| match kind {
        KindArgument::Message => Kind::Message,
        KindArgument::Decision => Kind::Decision,
        KindArgument::Task => Kind::Task,
    });
    find(context, kind, &search.arguments)
}

/// Looks for the words in everything, or in what is of one kind, and shows what holds them.
pub(super) fn find(context: &Context<'_>, kind: Option<Kind>, arguments: &Arguments) -> Result<()> {
    let words = search::words(&arguments.words);
    if words.is_empty() {
        return Err(
            Refusal::usage("there is no word to look for: each needs a letter or a digit")
                .hint("agent-sync search retry policy")
                .into(),
        );
    }
    let found = context.look(|read, me| read.search(&me.id, &words, kind, arguments.limit))?;
    if context.global.json {
        let hits = found.hits.iter().map(render::search::Json::new);
        return context.print_json(&hits.collect::<Vec<_>>());
    }
    if found.total == 0 {
        return context.print(&render::search::nothing(kind));
    }
    let more = command(kind, &words, found.total);
    context.print_data(
        &render::search::table(&found, &more, &context.env.now(), context.env.output_width()),
        &more,
    )
}

/// The command that shows everything that was found.
fn command(kind: Option<Kind>, words: &[&str], total: usize) -> String {
    let words: Option<Vec<String>> = words
        .iter()
        .map(|word| shell_word(word).map(|word| word.to_string()))
        .collect();
    let words = words.map_or_else(|| "WORDS".to_owned(), |words| words.join(" "));
    let kind = kind.map_or_else(String::new, |kind| format!(" --kind {}", kind.as_str()));
    format!("agent-sync search {words}{kind} --limit {total} --json")
}

//! `agent-sync task graph`: what waits for what.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::super::Context;
use crate::domain::task::{Shape, Task};
use crate::error::Refusal;
use crate::render::task::{diagram, graph};

#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    /// Only what this task depends on and what waits for it: its id, a unique beginning of it, or its title
    task: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// All of it, however long, where a model reads
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A tree: below each task what it depends on
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// For programs, in topological order
    Json,
}

pub(super) fn run(context: &Context<'_>, arguments: &Graph) -> Result<()> {
    let (tasks, wanted) = context.look(|read, _| {
        let wanted = arguments.task.as_deref().map(|task| read.find_task(task));
        let wanted = wanted.transpose()?.map(|task| task.id);
        Ok((read.tasks()?, wanted))
    })?;
    let (tasks, wanted) = match wanted {
        None => (tasks, None),
        Some(id) => around(tasks, &id)?,
    };
    let graph = graph::Graph::new(&tasks);
    match arguments.format {
        Format::Json => context.print_json(&diagram::GraphJson::new(&graph)),
        _ if context.global.json => context.print_json(&diagram::GraphJson::new(&graph)),
        Format::Dot => context.print(&diagram::dot(&graph)),
        Format::Mermaid => context.print(&diagram::mermaid(&graph)),
        Format::Text if tasks.is_empty() => context.print("No tasks.\n"),
        Format::Text => {
            let text = wanted.map_or_else(|| graph::whole(&graph), |task| graph::around(&graph, task));
            if arguments.all {
                context.print_all_data(&text)
            } else {
                context.print_data(&text, "add --all, or name a task to see what is around it")
            }
        }
    }
}

/// The tasks around one of them, and its index among those.
fn around(tasks: Vec<Task>, id: &str) -> Result<(Vec<Task>, Option<usize>)> {
    let at = tasks.iter().position(|task| task.id == id);
    let at = at.ok_or_else(|| Refusal::missing("no such task"))?;
    let related = Shape::new(&tasks).related(at);
    let mut index = 0..;
    let mut tasks = tasks;
    tasks.retain(|_| index.next().is_some_and(|index| related.contains(&index)));
    let at = tasks.iter().position(|task| task.id == id);
    Ok((tasks, at))
}

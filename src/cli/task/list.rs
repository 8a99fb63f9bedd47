//! `agent-sync task list` and `task show`.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::super::Context;
use crate::domain::task::Status;
use crate::render;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Finished and cancelled ones, too (they are shown anyway)
    #[arg(long, conflicts_with_all = ["status", "ready"])]
    all: bool,
    /// Only those in this state; may be given again
    #[arg(long, value_name = "STATE")]
    status: Vec<StatusArgument>,
    /// Only yours
    #[arg(long)]
    mine: bool,
    /// Only those that could be claimed now, in the order in which they are handed out
    #[arg(long)]
    ready: bool,
}

/// A task's state as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusArgument {
    /// Nobody has taken it
    Pending,
    /// Somebody works on it
    #[value(name = "in_progress", alias = "in-progress")]
    InProgress,
    /// It cannot go on
    Blocked,
    /// It was tried and did not succeed
    Failed,
    /// Finished
    Done,
    /// Nobody shall do it
    #[value(alias = "canceled")]
    Cancelled,
}

impl From<StatusArgument> for Status {
    fn from(typed: StatusArgument) -> Self {
        match typed {
            StatusArgument::Pending => Self::Pending,
            StatusArgument::InProgress => Self::InProgress,
            StatusArgument::Blocked => Self::Blocked,
            StatusArgument::Failed => Self::Failed,
            StatusArgument::Done => Self::Done,
            StatusArgument::Cancelled => Self::Cancelled,
        }
    }
}

pub(super) fn run(context: &Context<'_>, arguments: &List) -> Result<()> {
    let wanted: Vec<Status> = arguments.status.iter().copied().map(Status::from).collect();
    let tasks = context.look(|read, me| {
        let mut tasks = if arguments.ready {
            read.ready_tasks()?
        } else {
            read.tasks()?
        };
        tasks.retain(|task| {
            (wanted.is_empty() || wanted.contains(&task.status))
                && (!arguments.mine || task.owner.as_ref() == Some(&me.id))
        });
        Ok(tasks)
    })?;
    if context.global.json {
        return context.print_json(&tasks.iter().map(render::task::Json::new).collect::<Vec<_>>());
    }
    if tasks.is_empty() {
        return context.print("No tasks.\n");
    }
    context.print_data(
        &render::task::table(&tasks, context.env.output_width()),
        "agent-sync task list --json",
    )
}

pub(super) fn show(context: &Context<'_>, wanted: &str) -> Result<()> {
    let page = context.look(|read, _| {
        let task = read.find_task(wanted)?;
        let first = task.depends_on().into_iter().map(|id| read.task(id));
        let first = first.collect::<Result<Vec<_>>>()?;
        Ok(render::task::Page {
            dependencies: first.into_iter().flatten().collect(),
            results: read.task_results(&task.id)?,
            trail: read.task_trail(&task.id)?,
            offer: read.task_offer(&task.id)?,
            task,
        })
    })?;
    if context.global.json {
        return context.print_json(&render::task::PageJson::new(&page));
    }
    context.print_data(
        &render::task::page(&page, &context.env.now()),
        "add --json to see all of it",
    )
}

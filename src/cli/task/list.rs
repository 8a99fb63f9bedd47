//! `agent-sync task list` and `task show`.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::super::Context;
use super::create;
use crate::domain::task::{Filter, Owner, Status};
use crate::render;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// All of them, however many, where a model reads; it is shown a screenful otherwise
    #[arg(long)]
    all: bool,
    /// Only those in this state; may be given again, or several with commas
    #[arg(long, alias = "status", value_name = "STATE", value_delimiter = ',')]
    state: Vec<StateArgument>,
    /// Only those of this agent, by name or id, or `none` for those that nobody owns
    #[arg(long, value_name = "AGENT", conflicts_with = "mine")]
    owner: Option<String>,
    /// Only yours
    #[arg(long)]
    mine: bool,
    /// Only those with this label; may be given again, and then with all of them
    #[arg(long = "label", value_name = "WORD")]
    labels: Vec<String>,
    /// Only those that want this role
    #[arg(long)]
    role: Option<String>,
    /// Only those that could be claimed now, in the order in which they are handed out
    #[arg(long)]
    ready: bool,
}

/// A task's state as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StateArgument {
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

impl From<StateArgument> for Status {
    fn from(typed: StateArgument) -> Self {
        match typed {
            StateArgument::Pending => Self::Pending,
            StateArgument::InProgress => Self::InProgress,
            StateArgument::Blocked => Self::Blocked,
            StateArgument::Failed => Self::Failed,
            StateArgument::Done => Self::Done,
            StateArgument::Cancelled => Self::Cancelled,
        }
    }
}

pub(super) fn run(context: &Context<'_>, arguments: &List) -> Result<()> {
    let mut filter = Filter {
        states: arguments.state.iter().copied().map(Status::from).collect(),
        owner: None,
        labels: create::labels(&arguments.labels)?,
        role: arguments.role.clone(),
        is_ready: arguments.ready,
    };
    let tasks = context.look(|read, me| {
        filter.owner = match arguments.owner.as_deref() {
            Some("none") => Some(Owner::Nobody),
            Some(name) => Some(Owner::Agent(read.find_agent(name)?.id)),
            None => arguments.mine.then(|| Owner::Agent(me.id.clone())),
        };
        read.tasks_like(&filter)
    })?;
    if context.global.json {
        return context.print_json(&tasks.iter().map(render::task::Json::new).collect::<Vec<_>>());
    }
    if tasks.is_empty() {
        return context.print(if filter.is_empty() {
            "No tasks.\n"
        } else {
            "No such tasks.\n"
        });
    }
    let table = render::task::table(&tasks, context.env.output_width());
    if arguments.all {
        context.print_all_data(&table)
    } else {
        context.print_data(
            &table,
            "add --all, or ask for fewer: --state, --owner, --label, --role, --ready",
        )
    }
}

pub(super) fn show(context: &Context<'_>, wanted: &str) -> Result<()> {
    let page = context.look(|read, _| {
        let task = read.find_task(wanted)?;
        Ok(render::task::Page {
            dependencies: read.dependencies(&task.id)?,
            dependents: read.dependents(&task.id)?,
            locks: read.locks_for_task(&task.id)?,
            results: read.task_results(&task.id)?,
            trail: read.task_trail(&task.id)?,
            activity: read.task_activity(&task.id)?,
            offer: read.task_offer(&task.id)?,
            task,
        })
    })?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&render::task::PageJson::new(&page, &now));
    }
    context.print_data(&render::task::page(&page, &now), "add --json to see all of it")
}

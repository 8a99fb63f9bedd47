//! `agent-sync task`: the board of what there is to do, and who does it.

mod graph;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{Context, text};
use crate::domain::lock::{Conflict, Lock};
use crate::domain::task::{Kind, Move, Status, Task};
use crate::error::Refusal;
use crate::render;
use crate::store::{Claim, Claimed, NewDependency, NewTask, Report};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Put a task on the board
    Create(Create),
    /// Show the board
    List(List),
    /// Show one task in full
    Show(Which),
    /// Show what waits for what
    Graph(graph::Graph),
    /// Take a task to work on it
    Claim(ClaimArguments),
    /// Take the next task that is ready: the highest priority, then the oldest
    Next {
        /// Lock its files, too; a task whose files somebody else has locked is passed over
        #[arg(long)]
        lock: bool,
    },
    /// Report a task of yours finished
    #[command(visible_alias = "complete")]
    Done(Moved),
    /// Say that a task cannot go on
    Block(Block),
    /// Say that a blocked task can go on
    Unblock(Which),
    /// Give a task of yours back to the board
    Release(Moved),
    /// Decide that nobody shall do a task
    Cancel(Moved),
    /// Put a finished or cancelled task back on the board
    Reopen(Which),
    /// Make a task wait for others
    Depend(Depend),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What is to be done, on one line
    title: String,
    /// More about it; `-` reads it from standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A file it is about, relative to the working directory; may be given again
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Higher is handed out earlier
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true)]
    priority: i64,
    /// A task that comes first, by id or title; may be given again
    #[arg(long, value_name = "TASK")]
    depends_on: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Finished and cancelled ones, too (they are shown anyway)
    #[arg(long, conflicts_with_all = ["status", "ready"])]
    all: bool,
    /// Only those in this state; may be given again
    #[arg(long, value_name = "STATE")]
    status: Vec<StatusArgument>,
    /// Only yours
    #[arg(long)]
    mine: bool,
    /// Only those that could be claimed now
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

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its id, a unique beginning of it, or its title
    task: String,
}

#[derive(Debug, Args)]
pub(super) struct ClaimArguments {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Lock its files, too: all of it or nothing
    #[arg(long)]
    lock: bool,
    /// Although tasks that come first are open
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Moved {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// What others should know about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Block {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Depend {
    /// The task that waits
    task: String,
    /// A task that comes first; may be given again
    #[arg(long, value_name = "TASK", required = true)]
    on: Vec<String>,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create(context, &arguments),
        Command::List(arguments) => list(context, &arguments),
        Command::Show(Which { task }) => show(context, &task),
        Command::Graph(arguments) => graph::run(context, &arguments),
        Command::Claim(arguments) => claim(context, &arguments),
        Command::Next { lock } => next(context, lock),
        Command::Done(arguments) => moved(context, Move::Done, &arguments),
        Command::Release(arguments) => moved(context, Move::Release, &arguments),
        Command::Cancel(arguments) => moved(context, Move::Cancel, &arguments),
        Command::Block(Block { task, reason, force }) => {
            let reason = text::remark("reason", &reason)?;
            move_task(context, Move::Block, &task, Some(&reason), force)
        }
        Command::Unblock(Which { task }) => move_task(context, Move::Unblock, &task, None, false),
        Command::Reopen(Which { task }) => move_task(context, Move::Reopen, &task, None, false),
        Command::Depend(arguments) => depend(context, &arguments),
    }
}

fn create(context: &Context<'_>, arguments: &Create) -> Result<()> {
    let title = text::title("title", &arguments.title)?;
    let description = match arguments.description.as_deref() {
        None | Some("") => None,
        Some(typed) => Some(text::body("description", &context.text_or_input(typed)?)?),
    };
    let mut files: Vec<String> = Vec::with_capacity(arguments.files.len());
    for typed in &arguments.files {
        let file = context.project().task_path(context.cwd(), typed);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let dependencies: Vec<NewDependency> = arguments.depends_on.iter().map(|on| after(on)).collect();
    let task = context.act(|write, me| {
        write.create_task(
            &me.id,
            &NewTask {
                title: &title,
                description: description.as_deref(),
                files: &files,
                priority: arguments.priority,
                dependencies: &dependencies,
                ..NewTask::default()
            },
        )
    })?;
    say_task(context, &task, &render::task::created(&task))
}

fn after(on: &str) -> NewDependency {
    NewDependency {
        on: on.to_owned(),
        kind: Kind::After,
    }
}

fn say_task(context: &Context<'_>, task: &Task, text: &str) -> Result<()> {
    if context.global.json {
        context.print_json(&render::task::Json::new(task))
    } else {
        context.say(text)
    }
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let wanted: Vec<Status> = arguments.status.iter().copied().map(Status::from).collect();
    let tasks = context.look(|read, me| {
        let mut tasks = read.tasks()?;
        tasks.retain(|task| {
            (wanted.is_empty() || wanted.contains(&task.status))
                && (!arguments.mine || task.owner.as_ref() == Some(&me.id))
                && (!arguments.ready || task.is_ready())
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

fn show(context: &Context<'_>, wanted: &str) -> Result<()> {
    let (task, dependencies) = context.look(|read, _| {
        let task = read.find_task(wanted)?;
        let first = task.depends_on().into_iter().map(|id| read.task(id));
        let first = first.collect::<Result<Vec<_>>>()?;
        Ok((task, first.into_iter().flatten().collect::<Vec<_>>()))
    })?;
    if context.global.json {
        return context.print_json(&render::task::Json::new(&task));
    }
    context.print_data(
        &render::task::page(&task, &dependencies, &context.env.now()),
        "add --json to see all of it",
    )
}

#[derive(Debug, Serialize)]
struct ClaimedJson<'a> {
    #[serde(flatten)]
    task: render::task::Json<'a>,
    locks: Vec<render::lock::Json<'a>>,
}

fn claim(context: &Context<'_>, arguments: &ClaimArguments) -> Result<()> {
    let claimed = context.act(|write, me| {
        let lock_in = arguments.lock.then_some(context.project().tree.as_str());
        let claim = Claim {
            agent: me.kin(),
            lock_in,
            force: arguments.force,
        };
        // A refusal inside the transaction: neither the task nor a lock is taken.
        write
            .claim(&arguments.task, claim)?
            .map_err(|conflict| not_locked(context, &conflict).into())
    })?;
    say_claimed(context, &claimed)
}

fn not_locked(context: &Context<'_>, conflict: &Conflict) -> Refusal {
    let obstacle = render::lock::conflict(conflict, &context.env.now());
    Refusal::refused(format!("not claimed: {obstacle}")).hint(render::lock::way_out(conflict))
}

fn next(context: &Context<'_>, lock: bool) -> Result<()> {
    let claimed = context.act(|write, me| {
        write.claim_next(Claim {
            agent: me.kin(),
            lock_in: lock.then_some(context.project().tree.as_str()),
            force: false,
        })
    })?;
    match claimed {
        Some(claimed) => say_claimed(context, &claimed),
        None if context.global.json => context.print_json(&None::<()>),
        None => context.print("No available tasks to claim.\n"),
    }
}

fn say_claimed(context: &Context<'_>, claimed: &Claimed) -> Result<()> {
    let Claimed { task, locks } = claimed;
    if context.global.json {
        let now = context.env.now();
        return context.print_json(&ClaimedJson {
            task: render::task::Json::new(task),
            locks: locks
                .iter()
                .map(|lock: &Lock| render::lock::Json::new(lock, &now))
                .collect(),
        });
    }
    context.say(&render::task::claimed(task, locks))
}

fn moved(context: &Context<'_>, what: Move, arguments: &Moved) -> Result<()> {
    let note = arguments
        .note
        .as_deref()
        .map(|note| text::remark("note", note))
        .transpose()?;
    move_task(context, what, &arguments.task, note.as_deref(), arguments.force)
}

fn move_task(context: &Context<'_>, what: Move, task: &str, note: Option<&str>, force: bool) -> Result<()> {
    let report = Report {
        note,
        ..Report::default()
    };
    let (task, freed) = context.act(|write, me| {
        let moved = write.move_task(&me.id, task, what, &report, force)?;
        let freed = moved.fallout.freed.iter().map(|id| write.task(id));
        let freed = freed.collect::<Result<Vec<_>>>()?;
        Ok((moved.task, freed.into_iter().flatten().collect::<Vec<_>>()))
    })?;
    let done = match what {
        Move::Done => "Completed",
        Move::Block => "Blocked",
        Move::Unblock => "Unblocked",
        Move::Release => "Released",
        Move::Cancel => "Cancelled",
        Move::Reopen => "Reopened",
        Move::Fail => "Failed",
        _ => "Moved",
    };
    let text = render::task::moved(done, &task, note) + &render::task::freed(&freed);
    say_task(context, &task, &text)
}

fn depend(context: &Context<'_>, arguments: &Depend) -> Result<()> {
    let task = context.act(|write, me| {
        let mut task = write.find_task(&arguments.task)?;
        for first in &arguments.on {
            (task, _) = write.depend(&me.id, &task.id, &after(first))?;
        }
        Ok(task)
    })?;
    say_task(context, &task, &render::task::depends(&task))
}

//! `agent-sync task create`, and the words that other commands about tasks share with it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{Context, text};
use super::depend::Dependencies;
use super::say_task;
use crate::domain::task::{MAX_LABEL, label};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::NewTask;

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// What is to be done, on one line
    title: String,
    /// More about it; `-` reads it from standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A file, directory or pattern it is about, relative to the working directory; may be given again
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Higher is handed out earlier
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true)]
    priority: i64,
    /// A word to find it by; may be given again
    #[arg(long = "label", value_name = "WORD")]
    labels: Vec<String>,
    /// Only agents of this role are handed it
    #[arg(long)]
    role: Option<String>,
    /// When it counts as done
    #[arg(long = "accept", value_name = "TEXT", allow_hyphen_values = true)]
    acceptance: Option<String>,
    /// A shell command that succeeds when it is done; whoever works on it runs it with `task done --check`
    #[arg(long = "accept-command", value_name = "COMMAND", allow_hyphen_values = true)]
    acceptance_command: Option<String>,
    /// How often it may be abandoned by agents that vanish before it counts as failed [default: the setting `tasks.max_attempts`, 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    max_attempts: Option<u32>,
    #[command(flatten)]
    dependencies: Dependencies,
}

pub(super) fn run(context: &Context<'_>, arguments: &Create) -> Result<()> {
    let title = text::title("title", &arguments.title)?;
    let description = match arguments.description.as_deref() {
        None | Some("") => None,
        Some(typed) => Some(text::body("description", &context.text_or_input(typed)?)?),
    };
    let optional = |what, typed: &Option<String>| {
        typed
            .as_deref()
            .filter(|typed| !typed.trim().is_empty())
            .map(|typed| text::remark(what, typed))
            .transpose()
    };
    let role = optional("role", &arguments.role)?;
    let acceptance = optional("acceptance", &arguments.acceptance)?;
    let acceptance_command = match arguments.acceptance_command.as_deref() {
        None | Some("") => None,
        Some(typed) => Some(command(typed)?),
    };
    let files = files(context, &arguments.files);
    let labels = labels(&arguments.labels)?;
    let dependencies = arguments.dependencies.wanted()?;
    let task = context.act(|write, me| {
        write.create_task(
            &me.id,
            &NewTask {
                title: &title,
                description: description.as_deref(),
                files: &files,
                priority: arguments.priority,
                labels: &labels,
                role: role.as_deref(),
                acceptance: acceptance.as_deref(),
                acceptance_command: acceptance_command.as_deref(),
                max_attempts: arguments.max_attempts,
                dependencies: &dependencies,
            },
        )
    })?;
    say_task(context, &task, &render::task::created(&task))
}

/// The paths as tasks keep them, each once.
pub(super) fn files(context: &Context<'_>, typed: &[PathBuf]) -> Vec<String> {
    let mut files: Vec<String> = Vec::with_capacity(typed.len());
    for typed in typed {
        let file = context.project().task_path(context.cwd(), typed);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

pub(super) fn labels(typed: &[String]) -> Result<Vec<String>> {
    typed
        .iter()
        .map(|typed| {
            label(typed).ok_or_else(|| {
                Refusal::usage(format!("'{}' is no label", clean(typed, Field::Name)))
                    .hint(format!("a label is 1 to {MAX_LABEL} of a-z 0-9 . _ / : -"))
                    .into()
            })
        })
        .collect()
}

/// An acceptance command: one line, and nothing in it that its reader could not see.
pub(super) fn command(typed: &str) -> Result<String> {
    let command = text::title("acceptance command", typed)?;
    let is_seen = |one: char| one.is_ascii_graphic() || one == ' ' || one.is_alphanumeric();
    if !command.chars().all(is_seen) {
        return Err(
            Refusal::usage("the acceptance command holds characters that cannot be seen")
                .hint("put it into a script and name that")
                .into(),
        );
    }
    Ok(command)
}

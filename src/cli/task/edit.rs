//! `agent-sync task edit` and `task comment`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{Context, text};
use super::{create, say_task};
use crate::error::Refusal;
use crate::render;
use crate::store::TaskEdit;

#[derive(Debug, Args)]
pub(in crate::cli) struct Edit {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    /// Another description; `-` reads it from standard input, nothing takes it out
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// Another priority; higher is handed out earlier
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    priority: Option<i64>,
    /// Another role; nothing takes it out
    #[arg(long)]
    role: Option<String>,
    /// When it counts as done; nothing takes it out
    #[arg(long = "accept", value_name = "TEXT", allow_hyphen_values = true)]
    acceptance: Option<String>,
    /// A shell command that succeeds when it is done; nothing takes it out
    #[arg(long = "accept-command", value_name = "COMMAND", allow_hyphen_values = true)]
    acceptance_command: Option<String>,
    /// How often it may be abandoned before it counts as failed; 0 leaves that to the setting
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    max_attempts: Option<u32>,
    /// A file it is about, too; may be given again
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// A file it is not about; may be given again
    #[arg(long = "remove-file", value_name = "PATH")]
    remove_files: Vec<PathBuf>,
    /// A label it gets; may be given again
    #[arg(long = "label", value_name = "WORD")]
    labels: Vec<String>,
    /// A label it loses; may be given again
    #[arg(long = "remove-label", value_name = "WORD")]
    remove_labels: Vec<String>,
    /// Although somebody else works on it; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Comment {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// The remark; `-` reads it from standard input
    #[arg(allow_hyphen_values = true)]
    text: String,
}

pub(super) fn run(context: &Context<'_>, arguments: &Edit) -> Result<()> {
    let title = arguments
        .title
        .as_deref()
        .map(|title| text::title("title", title))
        .transpose()?;
    let description = replaced(arguments.description.as_deref(), |typed| {
        text::body("description", &context.text_or_input(typed)?)
    })?;
    let role = replaced(arguments.role.as_deref(), |typed| text::remark("role", typed))?;
    let acceptance = replaced(arguments.acceptance.as_deref(), |typed| {
        text::remark("acceptance", typed)
    })?;
    let acceptance_command = replaced(arguments.acceptance_command.as_deref(), create::command)?;
    let (add_files, remove_files) = (
        create::files(context, &arguments.files),
        create::files(context, &arguments.remove_files),
    );
    let (add_labels, remove_labels) = (
        create::labels(&arguments.labels)?,
        create::labels(&arguments.remove_labels)?,
    );
    let edit = TaskEdit {
        title: title.as_deref(),
        description: inner(&description),
        priority: arguments.priority,
        role: inner(&role),
        acceptance: inner(&acceptance),
        acceptance_command: inner(&acceptance_command),
        max_attempts: arguments.max_attempts.map(|most| (most > 0).then_some(most)),
        add_files: &add_files,
        remove_files: &remove_files,
        add_labels: &add_labels,
        remove_labels: &remove_labels,
    };
    if edit.is_empty() {
        return Err(Refusal::usage("nothing to change")
            .hint("agent-sync task edit --help")
            .into());
    }
    let task = context.act(|write, me| write.edit_task(&me.id, &arguments.task, &edit, arguments.force))?;
    say_task(context, &task, &render::task::edited(&task))
}

#[expect(
    clippy::option_option,
    reason = "unchanged, taken out and replaced are three things"
)]
/// What an option changes: nothing, or to nothing, or to something.
fn replaced(typed: Option<&str>, read: impl Fn(&str) -> Result<String>) -> Result<Option<Option<String>>> {
    match typed {
        None => Ok(None),
        Some(typed) if typed.trim().is_empty() => Ok(Some(None)),
        Some(typed) => Ok(Some(Some(read(typed)?))),
    }
}

#[expect(
    clippy::option_option,
    clippy::ref_option,
    reason = "unchanged, taken out and replaced are three things"
)]
fn inner(value: &Option<Option<String>>) -> Option<Option<&str>> {
    value.as_ref().map(Option::as_deref)
}

pub(super) fn comment(context: &Context<'_>, arguments: &Comment) -> Result<()> {
    let remark = text::body("comment", &context.text_or_input(&arguments.text)?)?;
    let task = context.act(|write, me| write.comment_task(&me.id, &arguments.task, &remark))?;
    say_task(context, &task, &render::task::commented(&task))
}

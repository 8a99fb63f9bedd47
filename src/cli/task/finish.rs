//! `agent-sync task done` and `task fail`.
//!
//! An acceptance command was written by whoever wrote the task, so it is a stranger's text: nothing but
//! `--check` ever runs it, and that shows it first. While it runs no transaction is open, and what is recorded
//! afterwards holds only for the command that was run.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use super::super::{Context, duration, text};
use super::change::note;
use super::outcome::Outcome;
use crate::domain::task::{MAX_TAIL, Move, Results, Value, is_valid_key};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::{Check, Moved, Report};

#[derive(Debug, Args)]
pub(in crate::cli) struct Done {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// What came of it, for tasks that depend on it: NAME=VALUE, a number, true, false or a text; may be given again
    #[arg(long = "result", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    results: Vec<String>,
    /// Something that shows that it is done; may be given again
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    evidence: Vec<String>,
    /// A commit that shows it; may be given again
    #[arg(long = "commit", value_name = "SHA")]
    commits: Vec<String>,
    /// What others should know about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    /// Run its acceptance command in the checkout, record what came of it, and finish only when it succeeds
    #[arg(long)]
    check: bool,
    /// How long that may take: 90s, 20m; a bare number means seconds
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration::seconds, requires = "check")]
    check_timeout: Duration,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Fail {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
    /// Although it is not yours; this is recorded
    #[arg(long)]
    force: bool,
}

pub(super) fn done(context: &Context<'_>, arguments: &Done) -> Result<()> {
    let note = note(arguments.note.as_deref())?;
    let evidence = arguments
        .evidence
        .iter()
        .map(|typed| text::remark("evidence", typed))
        .collect::<Result<Vec<_>>>()?;
    let commits = arguments
        .commits
        .iter()
        .map(|typed| commit(context, typed))
        .collect::<Result<Vec<_>>>()?;
    let report = Report {
        note: note.as_deref(),
        results: results(&arguments.results)?,
        evidence: &evidence,
        commits: &commits,
    };
    if arguments.check {
        return done_if_it_passes(context, arguments, &report);
    }
    finish(context, Move::Done, &arguments.task, &report, arguments.force)
}

pub(super) fn fail(context: &Context<'_>, arguments: &Fail) -> Result<()> {
    let reason = text::remark("reason", &arguments.reason)?;
    let report = Report {
        note: Some(&reason),
        ..Report::default()
    };
    finish(context, Move::Fail, &arguments.task, &report, arguments.force)
}

fn finish(context: &Context<'_>, what: Move, task: &str, report: &Report<'_>, force: bool) -> Result<()> {
    let (outcome, task) = context.act(|write, me| {
        let moved = write.move_task(&me.id, task, what, report, force)?;
        Ok((Outcome::of(write, &moved.fallout)?, moved.task))
    })?;
    outcome.say(context, &task, &render::task::moved(what, &task, report.note))
}

fn done_if_it_passes(context: &Context<'_>, arguments: &Done, report: &Report<'_>) -> Result<()> {
    let force = arguments.force;
    let task = context.look(|read, me| read.expect_move(&me.id, &arguments.task, Move::Done, force))?;
    let Some(command) = task.acceptance_command.as_deref() else {
        return Err(Refusal::usage(format!("{} has no acceptance command", task.id))
            .hint(format!("agent-sync task done {}", task.id))
            .into());
    };
    if !context.global.quiet {
        context.note(&format!("runs: {}", clean(command, Field::Message)));
    }
    let check = run_check(context, command, arguments.check_timeout)?;
    let (outcome, after) = context.act(|write, me| {
        write.record_check(&me.id, &task.id, &check)?;
        if !check.is_passed() {
            return Ok((None, task.clone()));
        }
        let Moved { task: after, fallout } = write.move_task(&me.id, &task.id, Move::Done, report, force)?;
        if after.acceptance_command.as_deref() != Some(command) {
            return Err(Refusal::refused(format!(
                "{} has another acceptance command than the one that was run",
                task.id
            ))
            .hint(format!("agent-sync task show {}", task.id))
            .into());
        }
        Ok((Some(Outcome::of(write, &fallout)?), after))
    })?;
    let took = render::time::duration(Duration::from_millis(
        u64::try_from(check.took).unwrap_or_default(),
    ));
    let Some(outcome) = outcome else {
        if !context.global.json {
            context.print_data(
                &render::task::tail(&check.tail),
                &format!("agent-sync task show {}", task.id),
            )?;
        }
        let how = match check.exit {
            Some(exit) => format!("ended with status {exit} after {took}"),
            None => format!("was stopped after {took}"),
        };
        return Err(
            Refusal::refused(format!("{} is not done: its check {how}", task.id))
                .hint(format!(
                    "mend it and say again: agent-sync task done {} --check",
                    task.id
                ))
                .into(),
        );
    };
    let text = render::task::moved(Move::Done, &after, report.note);
    outcome.say(
        context,
        &after,
        &format!("{text}  checked: passed after {took}\n"),
    )
}

fn run_check(context: &Context<'_>, command: &str, limit: Duration) -> Result<Check> {
    let began = context.env.now();
    let ran = context
        .env
        .run_shell(&context.project().worktree, command, limit, MAX_TAIL)
        .context("running the acceptance command")?;
    Ok(Check {
        command: command.to_owned(),
        exit: ran.exit,
        took: context.env.now().since(&began),
        tail: ran.tail,
    })
}

fn results(typed: &[String]) -> Result<Results> {
    let mut results = Results::new();
    for typed in typed {
        let pair = typed.split_once('=');
        let Some((key, value)) = pair.filter(|(key, _)| is_valid_key(key.trim())) else {
            return Err(
                Refusal::usage(format!("'{}' is no NAME=VALUE", clean(typed, Field::Title)))
                    .hint("for example: --result quality_score=0.83")
                    .into(),
            );
        };
        let value = match value.trim() {
            "" => Value::Text(String::new()),
            value => Value::from_typed(&text::remark("result", value)?),
        };
        results.insert(key.trim().to_owned(), value);
    }
    Ok(results)
}

/// The full name of a commit of this repository.
fn commit(context: &Context<'_>, typed: &str) -> Result<String> {
    context.project().commit(typed.trim()).ok_or_else(|| {
        Refusal::usage(format!("'{}' is no commit here", clean(typed, Field::Title)))
            .hint("`git log --oneline` shows them")
            .into()
    })
}

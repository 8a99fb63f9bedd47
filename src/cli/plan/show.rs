//! `agent-sync plan show`, `list` and `diff`: what a plan says, how far it is, and what changed about it.

use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::super::Context;
use super::propose;
use crate::domain::plan::difference::difference;
use crate::domain::plan::proposal::short;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::render::task::{diagram, graph, plan as form};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Show this revision, and not the newest one
    #[arg(long, value_name = "N")]
    revision: Option<u32>,
    /// As what: a page, a checklist that can be proposed again, or a picture of its tasks
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page
    Text,
    /// A checklist that `plan propose --amend` takes
    Markdown,
    /// For Mermaid
    Mermaid,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Those whose tasks have all ended, too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Two revisions; or one, compared with the newest; or a file [default: the two newest revisions]
    #[arg(value_name = "REVISION|FILE", num_args = 0..=2)]
    between: Vec<String>,
}

pub(super) fn show(context: &Context<'_>, arguments: &Show) -> Result<()> {
    let (proposal, revision) = context.look(|read, _| {
        let proposal = read.plan(&arguments.plan)?;
        let revision = match arguments.revision {
            Some(number) => read.plan_revision(&proposal.id, number)?,
            None => proposal.newest.clone(),
        };
        Ok((proposal, revision))
    })?;
    let is_newest = revision.number == proposal.newest.number;
    match arguments.format {
        _ if context.global.json => {
            context.print_json(&render::plan::Json::of_revision(&proposal, &revision))
        }
        Format::Text => {
            let (now, width) = (context.env.now(), context.env.output_width());
            let page = render::plan::page(&proposal, &revision, &now, width);
            context.print_data(&page, "add --json to see all of it")
        }
        Format::Markdown => context.print_all_data(&form::markdown(&revision.plan)),
        Format::Mermaid => {
            let on_board = |(_, task): &(String, _)| -> crate::domain::task::Task { Clone::clone(task) };
            let tasks: Vec<_> = if is_newest && proposal.is_launched() {
                proposal.tasks.iter().map(on_board).collect()
            } else {
                revision.plan.tasks()
            };
            context.print(&diagram::mermaid(&graph::Graph::new(&tasks)))
        }
    }
}

pub(super) fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let plans = context.look(|read, _| read.plans(arguments.limit, arguments.all))?;
    if context.global.json {
        let plans: Vec<_> = plans.iter().map(render::plan::Json::in_short).collect();
        return context.print_json(&plans);
    }
    if plans.is_empty() {
        return context.print(if arguments.all {
            "No plans.\n"
        } else {
            "No open plans.\n"
        });
    }
    let (now, width) = (context.env.now(), context.env.output_width());
    context.print_data(
        &render::plan::table(&plans, &now, width),
        "agent-sync plan list --json",
    )
}

pub(super) fn diff(context: &Context<'_>, arguments: &Diff) -> Result<()> {
    let number = |typed: &String| typed.parse::<u32>().ok();
    let numbers: Vec<Option<u32>> = arguments.between.iter().map(number).collect();
    let (old, new, names) = match numbers[..] {
        [] | [Some(_)] | [Some(_), Some(_)] => context.look(|read, _| {
            let proposal = read.plan(&arguments.plan)?;
            let newest = proposal.newest.number;
            let (old, new) = match numbers[..] {
                [Some(old), Some(new)] => (old, new),
                [Some(old)] => (old, newest),
                _ => (newest - 1, newest),
            };
            if old == 0 && numbers.is_empty() {
                return Err(Refusal::missing(format!("{} has one revision only", proposal.id))
                    .hint(format!(
                        "compare it with a file: agent-sync plan diff {} FILE",
                        proposal.id
                    ))
                    .into());
            }
            let (old, new) = (
                read.plan_revision(&proposal.id, old)?,
                read.plan_revision(&proposal.id, new)?,
            );
            let name = |revision: &crate::domain::plan::proposal::Revision| {
                format!(
                    "{} revision {} ({})",
                    proposal.id,
                    revision.number,
                    short(&revision.hash)
                )
            };
            let names = (name(&old), name(&new));
            Ok((old.plan, new.plan, names))
        })?,
        [None] => with_file(context, arguments)?,
        _ => {
            return Err(Refusal::usage(
                "two revisions are compared, or one of them with the newest, or with a file",
            )
            .hint(format!(
                "agent-sync plan diff {} 1 2",
                clean(&arguments.plan, Field::Name)
            ))
            .into());
        }
    };
    let difference = difference(&old, &new);
    if context.global.json {
        return context.print_json(&render::plan::diff::Json::new(&difference));
    }
    context.print_data(
        &render::plan::diff::text(&difference, &names.0, &names.1),
        "add --json to see all of it",
    )
}

type Compared = (
    crate::domain::plan::Plan,
    crate::domain::plan::Plan,
    (String, String),
);

/// The newest revision and what a file would make of it.
fn with_file(context: &Context<'_>, arguments: &Diff) -> Result<Compared> {
    let file = Path::new(&arguments.between[0]);
    let mut draft = propose::draft(context, file, None)?;
    let compared = context.look(|read, _| {
        let proposal = read.plan(&arguments.plan)?;
        propose::settle_on_board(read, &mut draft)?;
        let newest = &proposal.newest;
        let names = (
            format!(
                "{} revision {} ({})",
                proposal.id,
                newest.number,
                short(&newest.hash)
            ),
            clean(&draft.source, Field::Path).to_string(),
        );
        Ok((
            newest.plan.clone(),
            std::mem::take(&mut draft.plan).settled(),
            names,
        ))
    });
    compared.map_err(|error| propose::tell_faults(context, error))
}

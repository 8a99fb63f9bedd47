//! `agent-sync doctor`: whether sessions here are protected, and what to do if not.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::Context;
use crate::error::{Exit, Told};
use crate::frame::{Field, clean};
use crate::render::check::{self, Check};
use crate::render::{care, colour};
use crate::setup::doctor::{self, Event};
use crate::store::{Violation, rule_count};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask the store itself whether all that must hold in it does
    #[arg(long)]
    check: bool,
    /// Put a damaged store in order: what is readable of it, and the newest copy for the rest. What is
    /// there is kept aside
    #[arg(long, conflicts_with = "check")]
    repair: bool,
}

/// The report as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    ok: bool,
    protected: bool,
    summary: &'a str,
    version: &'static str,
    root: String,
    worktree: String,
    checks: &'a [Check],
    events: &'a [Event],
}

/// What `--check` found as JSON.
#[derive(Debug, Serialize)]
struct CheckJson<'a> {
    ok: bool,
    rules: usize,
    violations: Vec<ViolationJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ViolationJson<'a> {
    rule: &'a str,
    broken: &'a str,
    count: usize,
    rows: &'a [String],
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if arguments.check {
        return run_check(context);
    }
    if arguments.repair {
        return run_repair(context);
    }
    let report = doctor::run(context.env, context.place());
    let summary = check::summary(&report.checks, report.unprotected.as_deref());
    if context.global.json {
        let project = context.project();
        context.print_json(&Json {
            ok: report.is_fine(),
            protected: report.unprotected.is_none(),
            summary: &summary,
            version: env!("CARGO_PKG_VERSION"),
            root: project.root.to_string_lossy().into_owned(),
            worktree: project.worktree.to_string_lossy().into_owned(),
            checks: &report.checks,
            events: &report.events,
        })?;
    } else {
        context.say(&check::list(&report.checks, context.env.output_width()))?;
        let painted = match (&report.unprotected, report.is_fine()) {
            (Some(_), _) => colour::error(&summary),
            (None, false) => colour::warn(&summary),
            (None, true) => colour::ok(&summary),
        };
        context.print(&format!("{painted}\n"))?;
        if let Some(step) = check::next_step(&report.checks) {
            context.say(&format!("next: {step}\n"))?;
        }
    }
    if report.is_fine() {
        Ok(())
    } else {
        Err(Told(Exit::Internal).into())
    }
}

/// `agent-sync doctor --check`: every rule that must hold in the store is asked.
fn run_check(context: &Context<'_>) -> Result<()> {
    let place = context.place();
    let store = place
        .open_for_command(context.env)
        .map_err(|unusable| unusable.refusal(place))?;
    let violations = store.violations()?;
    if context.global.json {
        context.print_json(&CheckJson {
            ok: violations.is_empty(),
            rules: rule_count(),
            violations: violations.iter().map(ViolationJson::from).collect(),
        })?;
    } else if violations.is_empty() {
        context.say(&format!("whole: all {} rules hold\n", rule_count()))?;
    } else {
        let checks: Vec<Check> = violations.iter().map(problem).collect();
        context.print(&check::list(&checks, context.env.output_width()))?;
        let count = violations.len();
        let summary = format!("broken: {count} of {} rules", rule_count());
        context.print(&format!("{}\n", colour::error(&summary)))?;
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(Told(Exit::Internal).into())
    }
}

/// `agent-sync doctor --repair`: says exactly what was saved and what is lost.
fn run_repair(context: &Context<'_>) -> Result<()> {
    let Some(repair) = context.place().repair(context.env)? else {
        run_check(context)?;
        return if context.global.json {
            Ok(())
        } else {
            context.say("nothing is damaged, and nothing was changed\n")
        };
    };
    let tables: Vec<care::Salvage<'_>> = repair
        .tables
        .iter()
        .map(|(table, rows)| care::Salvage {
            table,
            read: rows.read,
            lost: rows.lost.filter(|_| repair.was_readable),
            from_copy: rows.from_copy,
        })
        .collect();
    let report = care::Repair {
        damage: &repair.damage,
        kept: repair.aside.as_deref(),
        copy: repair.copy.as_deref(),
        was_readable: repair.was_readable,
        mended: repair.mended,
        tables: &tables,
        ok: repair.broken.is_empty(),
    };
    if context.global.json {
        context.print_json(&report)?;
    } else {
        context.print(&care::repaired(&report, context.env.output_width()))?;
        context.print(&check::list(
            &repair.broken.iter().map(problem).collect::<Vec<_>>(),
            context.env.output_width(),
        ))?;
    }
    Ok(())
}

impl<'a> From<&'a Violation> for ViolationJson<'a> {
    fn from(violation: &'a Violation) -> Self {
        Self {
            rule: violation.rule,
            broken: violation.broken,
            count: violation.count,
            rows: &violation.rows,
        }
    }
}

/// A broken rule in words: what is so, and of which rows.
fn problem(violation: &Violation) -> Check {
    let rows: Vec<String> = violation
        .rows
        .iter()
        .map(|row| clean(row, Field::Path).to_string())
        .collect();
    let more = match violation.count - rows.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let finding = format!("{}: {}{more}", violation.broken, rows.join(", "));
    Check::problem(violation.rule, finding)
}

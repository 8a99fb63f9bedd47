//! `agent-sync doctor`: whether sessions here are protected, and what to do if not.

use anyhow::Result;
use serde::Serialize;

use super::Context;
use crate::error::{Exit, Told};
use crate::render::check::{self, Check};
use crate::render::colour;
use crate::setup::doctor::{self, Event};

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

pub(super) fn run(context: &Context<'_>) -> Result<()> {
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
        context.say(&check::list(&report.checks))?;
        let painted = match (&report.unprotected, report.is_fine()) {
            (Some(_), _) => colour::error(&summary),
            (None, false) => colour::warn(&summary),
            (None, true) => colour::ok(&summary),
        };
        context.print(&format!("{painted}\n"))?;
    }
    if report.is_fine() {
        Ok(())
    } else {
        Err(Told(Exit::Internal).into())
    }
}

//! `agent-sync uninstall`: what `init` put into a project is taken out again.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::Context;
use super::init::{place_at, tell};
use crate::setup::uninstall::{self, Options};

#[derive(Debug, Args)]
pub(super) struct Uninstall {
    /// The project, or a directory in it [default: the working directory]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Only the hooks in settings.local.json
    #[arg(long, conflicts_with = "purge")]
    local: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove the store as well; a copy of it is kept outside the working tree
    #[arg(long)]
    purge: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Uninstall) -> Result<()> {
    let other = place_at(context, arguments.directory.as_ref())?;
    let place = other.as_ref().unwrap_or_else(|| context.place());
    let options = Options {
        local: arguments.local,
        purge: arguments.purge,
        dry_run: arguments.dry_run,
    };
    let outcome = uninstall::run(context.env, place, options)?;
    let is_changed = outcome.steps.iter().any(|step| step.action.is_change());
    let last = match (is_changed, arguments.dry_run) {
        (false, _) => "There was nothing to take out.",
        (true, true) => "Nothing was removed.",
        (true, false) => "Sessions here run no hook of agent-sync any more.",
    };
    tell(context, place, &outcome, arguments.dry_run, last)
}

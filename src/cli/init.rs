//! `agent-sync init`: a project is set up, line by line as it happens.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::error::Refusal;
use crate::place::Place;
use crate::render::step;
use crate::repo::Project;
use crate::setup::init::{self, Options, Outcome};

/// What somebody at a terminal may want to do next.
const NEXT: &str = "\
next: start Claude Code here, as often as you like; `agent-sync status` shows what they do
";

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the switches of a command line"
)]
pub(super) struct Init {
    /// The project, or a directory in it [default: the working directory]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Wire the hooks for you alone, in settings.local.json; that also counts in linked worktrees
    #[arg(long)]
    local: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Trust a store that was made on another machine
    #[arg(long)]
    adopt: bool,
    /// Leave the skill out
    #[arg(long)]
    no_skill: bool,
    /// Also guard commits by a pre-commit hook of git's; one that is there is kept and run first
    #[arg(long)]
    git_hooks: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Init) -> Result<()> {
    let other = place_at(context, arguments.directory.as_ref())?;
    let place = other.as_ref().unwrap_or_else(|| context.place());
    let options = Options {
        local: arguments.local,
        adopt: arguments.adopt,
        no_skill: arguments.no_skill,
        git_hooks: arguments.git_hooks,
        dry_run: arguments.dry_run,
    };
    let outcome = init::run(context.env, place, options)?;
    let is_new = outcome.steps.iter().any(|step| step.action.is_change());
    let last = match (is_new, arguments.dry_run, outcome.notes.is_empty()) {
        (false, ..) => "Everything is set up already; nothing was changed.",
        (true, true, _) => "Nothing was written.",
        (true, false, false) => "Set up. Mind the notes above; `agent-sync doctor` says whether all is well.",
        (true, false, true) => {
            "Sessions that start here from now on are protected; `agent-sync doctor` checks it."
        }
    };
    tell(context, place, &outcome, arguments.dry_run, last)?;
    let is_done = is_new && !arguments.dry_run && !context.global.json;
    if is_done && context.env.output_width().is_some() {
        context.say(NEXT)?;
    }
    Ok(())
}

/// The place of the project around a directory that somebody named; nothing when they named none.
pub(super) fn place_at(context: &Context<'_>, directory: Option<&PathBuf>) -> Result<Option<Place>> {
    let Some(directory) = directory else {
        return Ok(None);
    };
    if context.global.root.is_some() {
        return Err(Refusal::usage("give DIR or --root DIR, not both").into());
    }
    let directory = context.cwd().join(directory);
    if !directory.is_dir() {
        let shown = crate::frame::neutralise(&directory.to_string_lossy());
        return Err(Refusal::missing(format!("there is no directory {shown}")).into());
    }
    let project = Project::discover(&directory, context.env.home().as_deref())
        .unwrap_or_else(|| Project::rooted(&directory));
    Ok(Some(Place::new(context.env, project)))
}

/// Says what was done.
pub(super) fn tell(
    context: &Context<'_>,
    place: &Place,
    outcome: &Outcome,
    dry_run: bool,
    last: &str,
) -> Result<()> {
    let root = &place.project().root;
    if context.global.json {
        return context.print_json(&step::Json::new(root, &outcome.steps, &outcome.notes, dry_run));
    }
    let width = context.env.output_width();
    context.say(&step::list(root, &outcome.steps, dry_run, width))?;
    for note in &outcome.notes {
        context.note(note);
    }
    context.say(&format!("{last}\n"))
}

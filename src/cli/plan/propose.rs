//! `agent-sync plan propose`: a plan is read, checked whole, and waits for agreement.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{Context, text};
use super::source::{self, Format};
use crate::domain::plan::{Fault, Place, Plan};
use crate::error::{Exit, Refusal, Told};
use crate::frame::{conceal, neutralise};
use crate::render;
use crate::render::colour;
use crate::store::{NewPlan, Read};

/// What a proposal looks like.
pub(super) const ABOUT: &str = "\
Propose a plan, or a new revision of one, and ask those whose approval it needs

The form is that of `task import`, Markdown or JSON. Lines before the first task say the rest:

  # Release 2
  sessions: 2 rust, 1 docs
  budget: 50 turns, 2h, 3 restarts

  - [ ] Build the packages @rust {#build}
    scope: Makefile, ci/**
    accept: both packages install
  - [ ] Release notes @docs (after: #build)

Turns and restarts are those of one session, the time is that of the whole. In JSON these are the keys `title`, \
`sessions` ([{\"role\": \"rust\", \"count\": 2}]) and `budget` ({\"turns\": 50, \"time\": \"2h\", \"restarts\": 3}) \
beside `tasks`.

Every fault is named with its place, and refuses the plan: what cannot be read, unknown references, cycles, tasks that \
could never begin. What is only worth knowing is a note, or with --strict a fault: tasks that stand alone, roles that no \
session has, files that two tasks may change at the same time.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Propose {
    /// A Markdown checklist, or JSON as `task export` writes it; `-` reads standard input
    file: PathBuf,
    /// What it is called [default: the title in the file]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    title: Option<String>,
    /// Make it a new revision of this plan: what was agreed to about the one before counts no longer
    #[arg(long, value_name = "PLAN")]
    amend: Option<String>,
    /// What is in it [default: JSON if it begins with `{`, else Markdown]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Refuse what is only worth knowing, too
    #[arg(long)]
    strict: bool,
    /// Only check it
    #[arg(long)]
    dry_run: bool,
}

/// A plan that was read from a file.
pub(super) struct Draft {
    /// What its faults are called after.
    pub(super) source: String,
    /// The plan as far as it could be read.
    pub(super) plan: Plan,
    /// What is wrong with it, in the order of the file.
    pub(super) faults: Vec<Fault>,
}

/// Reads and checks a plan as far as that goes without the board.
pub(super) fn draft(context: &Context<'_>, file: &std::path::Path, format: Option<Format>) -> Result<Draft> {
    let (source, text) = source::load(context, file)?;
    let (mut plan, mut faults) = source::read_all(&text, format);
    // Of a file that is no plan at all, that is all there is to say.
    if !plan.items.is_empty() || faults.is_empty() {
        let (checked, more) = plan.inspect();
        plan = checked;
        faults.extend(more);
        source::find_files(context, &mut plan);
        if faults.is_empty() {
            faults.extend(plan.hopeless());
        }
    }
    faults.sort_by_key(|fault| fault.place);
    faults.dedup();
    Ok(Draft { source, plan, faults })
}

/// Everything that is wrong with a draft, each a line and what can be done about it.
#[derive(Debug)]
pub(super) struct Faulty(Vec<(String, Option<String>)>);

impl std::fmt::Display for Faulty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<&str> = self.0.iter().map(|(line, _)| line.as_str()).collect();
        out.write_str(&lines.join("; "))
    }
}

impl std::error::Error for Faulty {}

/// Looks up what a draft names on the board.
///
/// # Errors
/// [`Faulty`] says everything that is wrong with it, in the order of the file.
pub(super) fn settle_on_board(read: &Read<'_>, draft: &mut Draft) -> Result<()> {
    let mut lines: Vec<(Place, String, Option<String>)> = (draft.faults.iter())
        .map(|fault| (fault.place, neutralise(&fault.why), fault.hint.map(str::to_owned)))
        .collect();
    for (place, refusal) in source::find_on_board(read, &mut draft.plan)? {
        lines.push((place, refusal.message, refusal.hint));
    }
    for at in read.taken_references(&draft.plan)? {
        let item = &draft.plan.items[at];
        let why = format!(
            "the reference '{}' is the id of a task on the board",
            neutralise(item.key())
        );
        let hint = "a plan is made of new tasks; those that there are can be named behind `after:`";
        lines.push((item.place, why, Some(hint.to_owned())));
    }
    if lines.is_empty() {
        return Ok(());
    }
    lines.sort_by_key(|(place, ..)| *place);
    let lines = lines.into_iter();
    let lines = lines.map(|(place, why, hint)| (source::at(&draft.source, place) + &why, hint));
    Err(Faulty(lines.collect()).into())
}

/// Prints what is wrong with a draft, as a compiler does, where that is why a command failed.
pub(super) fn tell_faults(context: &Context<'_>, error: anyhow::Error) -> anyhow::Error {
    let Faulty(lines) = match error.downcast() {
        Ok(faulty) => faulty,
        Err(other) => return other,
    };
    for (line, hint) in &lines {
        let error = colour::error(&"error:");
        context.env.write_error(&format!("{error} {}\n", conceal(line)));
        if let Some(hint) = hint {
            let word = colour::dim(&"hint:");
            context.env.write_error(&format!("{word} {}\n", conceal(hint)));
        }
    }
    Told(Exit::Usage).into()
}

pub(super) fn run(context: &Context<'_>, arguments: &Propose) -> Result<()> {
    let mut draft = draft(context, &arguments.file, arguments.format)?;
    if let Some(title) = &arguments.title {
        draft.plan.terms.title = Some(text::title("title", title)?);
    }
    // Before the transaction, in which others would wait for it. Of faults is told first all the same.
    let remarks = if draft.faults.is_empty() {
        draft.plan.remarks()
    } else {
        Vec::new()
    };
    let outcome = context.act(|write, me| {
        settle_on_board(write, &mut draft)?;
        if arguments.strict && !remarks.is_empty() {
            let lines = remarks.iter().map(|remark| in_a_line(&draft.source, remark));
            return Err(Faulty(lines.collect()).into());
        }
        let plan = std::mem::take(&mut draft.plan).settled();
        let author = context.decider(me);
        let new = NewPlan {
            author: &author,
            plan: &plan,
        };
        let amended = match &arguments.amend {
            None => {
                let proposal = write.propose_plan(&new)?;
                (proposal, None)
            }
            Some(known) => {
                let amended = write.amend_plan(known, &new)?;
                (amended.proposal, Some((amended.is_new, amended.voided)))
            }
        };
        if arguments.dry_run {
            return Err(Rehearsed.into());
        }
        Ok(amended)
    });
    let (proposal, amended) = match outcome.map_err(|error| tell_faults(context, error)) {
        Ok(outcome) => outcome,
        Err(error) => {
            let Rehearsed = error.downcast()?;
            tell_remarks(context, &draft.source, &remarks);
            return context.say("Nothing is wrong with it; nothing was proposed\n");
        }
    };
    tell_remarks(context, &draft.source, &remarks);
    if context.global.json {
        return context.print_json(&render::plan::Json::new(&proposal));
    }
    context.say(&match amended {
        None => render::plan::proposed(&proposal),
        Some((true, voided)) => render::plan::amended(&proposal, voided),
        Some((false, _)) => render::plan::unchanged(&proposal),
    })
}

fn in_a_line(source: &str, fault: &Fault) -> (String, Option<String>) {
    let refusal: Refusal = source::refusal(source, fault);
    (refusal.message, refusal.hint)
}

fn tell_remarks(context: &Context<'_>, source: &str, remarks: &[Fault]) {
    if context.global.quiet {
        return;
    }
    for remark in remarks {
        context.note(&conceal(&in_a_line(source, remark).0));
    }
}

/// Ends a rehearsal: nothing of it is kept.
#[derive(Debug)]
struct Rehearsed;

impl std::fmt::Display for Rehearsed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a rehearsal")
    }
}

impl std::error::Error for Rehearsed {}

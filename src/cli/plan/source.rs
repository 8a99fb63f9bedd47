//! Where a plan comes from: a file or standard input, Markdown or JSON, and how a fault in it is named.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use super::super::Context;
use crate::domain::plan::document::Document;
use crate::domain::plan::{Fault, On, Place, Plan, Terms, markdown};
use crate::error::Refusal;
use crate::frame::{Field, clean, neutralise};
use crate::store::Read;

/// Most bytes of a plan.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Where the plans of standard input come from.
const INPUT: &str = "standard input";

/// What a plan looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// Everything, for programs
    Json,
    /// A checklist, for people
    Markdown,
}

/// What the plan is called, and what is in it.
pub(in crate::cli) fn load(context: &Context<'_>, file: &Path) -> Result<(String, String)> {
    let (name, shown, bytes) = if file == Path::new("-") {
        let text = context.text_or_input("-")?;
        (INPUT.to_owned(), INPUT.to_owned(), text.into_bytes())
    } else {
        let name = context.project().task_path(context.cwd(), file);
        let shown = clean(&file.to_string_lossy(), Field::Path).to_string();
        let bytes = std::fs::read(context.cwd().join(file)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Refusal::missing(format!("no file '{shown}'"))
                .hint("name a Markdown or JSON file, or `-` for standard input"),
            _ => Refusal::internal(format!("'{shown}' cannot be read: {error}")),
        })?;
        (name, shown, bytes)
    };
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::refused(format!(
            "'{shown}' is {} bytes long; the limit for a plan is {MAX_BYTES}",
            bytes.len()
        ))
        .into());
    }
    let text =
        String::from_utf8(bytes).map_err(|_| Refusal::usage(format!("'{shown}' is not UTF-8 text")))?;
    Ok((name, text))
}

/// The tasks of a plan, not checked yet.
pub(in crate::cli) fn read(text: &str, format: Option<Format>) -> Result<Plan, Fault> {
    match form(text, format)? {
        Form::Markdown(text) => markdown::read(text),
        Form::Json(document) => document.plan(),
    }
}

/// A plan with its terms, not checked yet, and everything in it that cannot be read.
pub(super) fn read_all(text: &str, format: Option<Format>) -> (Plan, Vec<Fault>) {
    match form(text, format) {
        Ok(Form::Markdown(text)) => {
            let (plan, mut faults) = markdown::read_all(text);
            let (terms, more) = Terms::of_markdown(text);
            faults.extend(more);
            (Plan { terms, ..plan }, faults)
        }
        Ok(Form::Json(document)) => document.plan_with_faults(),
        Err(fault) => (Plan::default(), vec![fault]),
    }
}

enum Form<'a> {
    Markdown(&'a str),
    Json(Box<Document>),
}

fn form(text: &str, format: Option<Format>) -> Result<Form<'_>, Fault> {
    let text = text.trim_start_matches('\u{feff}');
    let is_json = match format {
        Some(format) => format == Format::Json,
        None => text.trim_start().starts_with('{'),
    };
    if !is_json {
        return Ok(Form::Markdown(text));
    }
    let document = serde_json::from_str(text).map_err(|error| Fault {
        place: Place::Line(error.line()),
        why: error.to_string(),
        hint: Some("`agent-sync task export` shows the form"),
    })?;
    Ok(Form::Json(Box::new(document)))
}

/// Makes the paths of a plan those of the repository: a plan speaks of the whole of it, wherever it lies and whoever
/// reads it.
pub(in crate::cli) fn find_files(context: &Context<'_>, plan: &mut Plan) {
    for item in &mut plan.items {
        for file in &mut item.files {
            *file = context
                .project()
                .task_path(&context.project().worktree, Path::new(file));
        }
        item.files.sort();
        item.files.dedup();
    }
}

/// Finds the tasks that the plan depends on and does not hold, and says which are nowhere.
pub(in crate::cli) fn find_on_board(read: &Read<'_>, plan: &mut Plan) -> Result<Vec<(Place, Refusal)>> {
    let mut unknown = Vec::new();
    for ask in plan.items.iter_mut().flat_map(|item| &mut item.asks) {
        let On::Board(name) = &ask.on else { continue };
        match read.find_task(name) {
            Ok(found) => ask.on = On::Board(found.id),
            Err(error) => unknown.push((ask.place, error.downcast::<Refusal>()?)),
        }
    }
    let unknown = unknown.into_iter().map(|(place, refusal)| {
        let hint = "a task is named by its reference {#name}, its title, or its id on the board";
        let refusal = Refusal {
            message: format!("{}, neither in the plan nor on the board", refusal.message),
            hint: Some(hint.to_owned()),
            ..refusal
        };
        (place, refusal)
    });
    Ok(unknown.collect())
}

/// `FILE:LINE: `.
pub(in crate::cli) fn at(source: &str, place: Place) -> String {
    let source = clean(source, Field::Path);
    match place {
        Place::Whole => format!("{source}: "),
        Place::Line(line) => format!("{source}:{line}: "),
        Place::Element(_) => format!("{source}: {place}: "),
    }
}

/// A fault as the end of a command.
pub(in crate::cli) fn refusal(source: &str, fault: &Fault) -> Refusal {
    let refusal = Refusal::usage(format!("{}{}", at(source, fault.place), neutralise(&fault.why)));
    match fault.hint {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

//! `agent-sync task import` and `task export`: the board from a file and as one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;

use super::super::plan::source::{self, Format};
use super::super::{Context, output_file};
use crate::domain::plan::Plan;
use crate::domain::plan::document::Document;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::render::task::plan as show;
use crate::store::Imported;

/// What a plan looks like.
pub(super) const ABOUT: &str = "\
Put the tasks of a plan on the board: all of them or none, and none of them twice

A plan is a Markdown checklist. Every item with a box is a task; items below it come before it, numbered items come \
one after another, a heading below the title becomes a label, indented text becomes the description. Marks stand at \
the ends of a line:

  - [ ] Release !5 (after: Docs, #build)
    - [ ] Build the packages @builder #ci {#build}
      files: Makefile, ci/
      accept: both packages install
  - [ ] Docs (when: build.size < 5000)
  - [x] Design

@role, #label, !priority, {#reference}; (after: …), (on failure: …), (always: …), (when: task.result > 1), also as lines \
of their own below the task, like files:, accept:, check:, role:, labels:, priority:, attempts:, ref:. Another task is \
named by its reference, its title, or its id on the board. [x] is done, [f] failed, [-] cancelled. Paths are those of \
the repository. What was imported from the same file before stays as it is.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// A Markdown checklist, or JSON as `task export` writes it; `-` reads standard input
    file: PathBuf,
    /// What is in it [default: JSON if it begins with `{`, else Markdown]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only show what would be created
    #[arg(long)]
    dry_run: bool,
    /// Create anew what was imported from the same file before
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The file it is written to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As what it is written [default: markdown for a file that ends in .md, else json]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Serialize)]
struct ImportedJson<'a> {
    dry_run: bool,
    created: Vec<render::task::Json<'a>>,
    existing: Vec<render::task::Json<'a>>,
}

/// Ends a rehearsal: nothing of it is kept.
#[derive(Debug)]
struct Rehearsed(Imported);

impl std::fmt::Display for Rehearsed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a rehearsal")
    }
}

impl std::error::Error for Rehearsed {}

pub(super) fn import(context: &Context<'_>, arguments: &Import) -> Result<()> {
    let (source, text) = source::load(context, &arguments.file)?;
    let mut plan = source::read(&text, arguments.format)
        .and_then(Plan::check)
        .map_err(|fault| source::refusal(&source, &fault))?;
    source::find_files(context, &mut plan);
    let origins = plan.origins(&source);
    let outcome = context.act(|write, me| {
        if let Some((place, unknown)) = source::find_on_board(write, &mut plan)?.into_iter().next() {
            let message = source::at(&source, place) + &unknown.message;
            return Err(Refusal { message, ..unknown }.into());
        }
        let imported = write.import_plan(&me.id, &plan, &origins, arguments.again)?;
        if arguments.dry_run {
            return Err(Rehearsed(imported).into());
        }
        write.record_import(&me.id, &source, &imported)?;
        Ok(imported)
    });
    let imported = match outcome {
        Ok(imported) => imported,
        Err(error) => error.downcast::<Rehearsed>()?.0,
    };
    let Imported { created, existing } = &imported;
    if context.global.json {
        return context.print_json(&ImportedJson {
            dry_run: arguments.dry_run,
            created: created.iter().map(render::task::Json::new).collect(),
            existing: existing.iter().map(render::task::Json::new).collect(),
        });
    }
    context.say(&show::imported(created, existing, arguments.dry_run))
}

pub(super) fn export(context: &Context<'_>, arguments: &Export) -> Result<()> {
    let plan = context.look(|read, _| {
        let tasks = read.tasks()?;
        let mut results = HashMap::new();
        for task in &tasks {
            results.insert(task.id.clone(), read.task_results(&task.id)?);
        }
        Ok(Plan::of(&tasks, &results))
    })?;
    let is_markdown_file = arguments
        .output
        .as_deref()
        .and_then(Path::extension)
        .is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    let is_markdown = match arguments.format {
        Some(format) => format == Format::Markdown,
        None => is_markdown_file && !context.global.json,
    };
    let text = if is_markdown {
        show::markdown(&plan)
    } else {
        render::json::to_string(&Document::new(&plan))
    };
    let Some(file) = &arguments.output else {
        return if is_markdown {
            context.print_all_data(&text)
        } else {
            context.print(&text)
        };
    };
    let path = context.cwd().join(file);
    output_file::directory(&path)?;
    let shown = clean(&file.to_string_lossy(), Field::Path);
    std::fs::write(&path, text).with_context(|| format!("writing '{shown}'"))?;
    let count = plan.items.len();
    let plural = if count == 1 { "" } else { "s" };
    context.say(&format!("Wrote {count} task{plural} to {shown}\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::plan::source::read;
    use crate::domain::plan::{Ask, Fault, Item, Place, markdown};

    fn document(tasks: &str) -> Result<Plan, Fault> {
        let text = format!(r#"{{"format": "agent-sync-tasks", "version": 1, "tasks": {tasks}}}"#);
        read(&text, None).and_then(Plan::check)
    }

    #[test]
    fn a_document_is_checked_as_strictly() {
        for (tasks, fault) in [
            ("[]", ": there is no task in it"),
            (
                r#"[{"title": "a", "status": "lost"}]"#,
                "tasks[0]: 'lost' is no state of a task",
            ),
            (
                r#"[{"title": "a"}, {"title": "b", "dependencies": [{"on": "a", "kind": "if"}]}]"#,
                "tasks[1]: 'if' is no kind of dependency",
            ),
            (
                r#"[{"title": "a", "dependencies": [{"on": "b", "kind": "when"}]}]"#,
                "tasks[0]: a dependency 'when' has no condition",
            ),
            (
                r#"[{"title": "a", "results": {"n": {"kind": "number", "value": "x"}}}]"#,
                "tasks[0]: the result 'n' is no number",
            ),
            (
                r#"[{"title": "a", "labels": ["a b"]}]"#,
                "tasks[0]: 'a b' is no label: 1 to 32 of a-z 0-9 . _ / : -",
            ),
        ] {
            let found = document(tasks).unwrap_err();
            assert_eq!(format!("{}: {}", found.place, found.why), fault);
        }
        assert!(read(r#"{"format": "x", "version": 1, "tasks": [], "more": 1}"#, None).is_err());
    }

    proptest! {
        #[test]
        fn a_plan_reads_back_from_its_json(text in "(\n|  |- \\[[ x]\\] |1. \\[ \\] |[a-e]|\\{#[a-c]\\}| @r| #l| !2|\\(after: [a-c]\\)|\\(when: [a-c].n > 1\\)){0,60}") {
            if let Ok(plan) = markdown::read(&text).and_then(Plan::check) {
                let plan = Plan {
                    items: plan.items.into_iter().enumerate().map(|(at, item)| Item {
                        place: Place::Element(at),
                        path: item.title.clone(),
                        reference: Some(format!("r{at}")),
                        asks: item.asks.into_iter().map(|ask| Ask { place: Place::Element(at), ..ask }).collect(),
                        ..item
                    }).collect(),
                    terms: plan.terms,
                };
                let json = render::json::to_string(&Document::new(&plan));
                let back = read(&json, None).and_then(Plan::check);
                prop_assert_eq!(back, Ok(plan));
            }
        }
    }
}

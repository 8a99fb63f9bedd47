//! `agent-sync export` and `import`: what the repository owns as JSON Lines.
//!
//! The first line names the schema, the last one counts the rows, so that a file which was cut off is noticed.
//! Between them is a line for each row. Nothing is imported unless all of it can be.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Map, Value, json};

use super::{Context, output_file};
use crate::error::Refusal;
use crate::render::care;
use crate::render::json::to_line;
use crate::store::{ExportedRow, VERSION};

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to make [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// What `export` made; `-` for standard input
    file: PathBuf,
}

pub(super) fn export(context: &Context<'_>, arguments: &Export) -> Result<()> {
    let place = context.place();
    let store = place
        .open_for_command(context.env)
        .map_err(|unusable| unusable.refusal(place))?;
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let rows = store.read(&context.env.world(), |read| read.exported_rows())?;
    let mut text = to_line(&json!({"export": "agent-sync", "schema": VERSION}));
    text.push('\n');
    for row in &rows {
        text.push_str(&to_line(&json!({"table": row.table, "row": row.values})));
        text.push('\n');
    }
    text.push_str(&to_line(&json!({"end": true, "rows": rows.len()})));
    text.push('\n');
    let Some(file) = &arguments.output else {
        return context.print(&text);
    };
    let file = context.cwd().join(file);
    let directory = output_file::directory(&file)?;
    let mut draft = tempfile::NamedTempFile::new_in(directory)
        .with_context(|| format!("creating a file in {}", directory.display()))?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft.persist_noclobber(&file).map_err(|failed| {
        if failed.error.kind() == std::io::ErrorKind::AlreadyExists {
            Refusal::refused(format!("{} is there already", care::path(&file)))
                .hint("name a file that is not there yet")
                .into()
        } else {
            anyhow::Error::from(failed.error).context(format!("writing {}", file.display()))
        }
    })?;
    context.say(&format!(
        "Exported {} rows to {}\n",
        rows.len(),
        care::path(&file)
    ))
}

pub(super) fn import(context: &Context<'_>, arguments: &Import) -> Result<()> {
    let bytes = if arguments.file.as_os_str() == "-" {
        context.env.read_input().context("reading standard input")?
    } else {
        let file = context.cwd().join(&arguments.file);
        fs::read(&file)
            .map_err(|error| Refusal::missing(format!("{} cannot be read: {error}", care::path(&file))))?
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let lines = before.split(|byte| *byte == b'\n').count();
        wrong(lines - 1, "is not UTF-8 text")
    })?;
    let rows = parse(&text)?;
    let merged = context.act(|write, me| match write.import(&me.id, &rows)? {
        Ok(merged) => Ok(merged),
        Err(misfit) => Err(wrong(misfit.at + 1, &format!("does not fit: {}", misfit.why)).into()),
    })?;
    let tables: Vec<care::Merge> = merged
        .iter()
        .map(|(table, counts)| care::Merge {
            table: table.clone(),
            added: counts.added,
            same: counts.same,
            kept: counts.kept,
        })
        .collect();
    if context.global.json {
        return context.print_json(&tables);
    }
    context.say(&care::merged(&tables, context.env.output_width()))
}

/// What is wrong with a line, counted from 0.
fn wrong(line: usize, what: &str) -> Refusal {
    Refusal::refused(format!("line {} {what}", line + 1)).hint("nothing was imported")
}

/// The rows of an export, checked as far as that needs no store.
fn parse(text: &str) -> Result<Vec<ExportedRow>, Refusal> {
    let lines: Vec<&str> = text.lines().collect();
    let [first, rows @ .., last] = lines.as_slice() else {
        return Err(wrong(0, "is not the beginning of an export of agent-sync"));
    };
    let head: Value = serde_json::from_str(first).unwrap_or_default();
    let version = head["schema"].as_i64();
    let Some(version) = version.filter(|_| head["export"] == "agent-sync") else {
        return Err(wrong(0, "is not the beginning of an export of agent-sync"));
    };
    if !(1..=VERSION).contains(&version) {
        return Err(wrong(
            0,
            &format!("says schema {version}; this agent-sync knows versions up to {VERSION}"),
        )
        .hint("install the newest agent-sync"));
    }
    let end: Value = serde_json::from_str(last).unwrap_or_default();
    if end["end"] != true {
        return Err(wrong(
            lines.len() - 1,
            "is not the end of an export: the file was cut off",
        ));
    }
    if end["rows"].as_u64() != Some(rows.len() as u64) {
        let said = end["rows"].as_u64().unwrap_or_default();
        return Err(wrong(
            lines.len() - 1,
            &format!("says {said} rows, and there are {}", rows.len()),
        ));
    }
    let rows = rows.iter().enumerate();
    rows.map(|(at, line)| {
        row(line).ok_or_else(|| wrong(at + 1, "is not a row: {\"table\": …, \"row\": {…}}"))
    })
    .collect()
}

fn row(line: &str) -> Option<ExportedRow> {
    let mut line: Map<String, Value> = serde_json::from_str(line).ok()?;
    match (line.remove("table"), line.remove("row")) {
        (Some(Value::String(table)), Some(Value::Object(values))) if line.is_empty() => {
            Some(ExportedRow { table, values })
        }
        _ => None,
    }
}

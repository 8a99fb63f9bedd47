//! `agent-sync report`: what happened, as a page for a browser or as JSON.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::duration::{Since, since};
use super::{Context, output_file};
use crate::domain::metrics::{History, Timeline, measure};
use crate::error::Refusal;
use crate::render::care;
use crate::render::json::to_string;
use crate::render::report::{Json, MARK, Report, page};
use crate::render::words::counted;

/// What the page is called where nobody says otherwise; it lies beside the store, where git does not look.
const DEFAULT: &str = "report.html";
/// How many of a file's first bytes are looked at to see whose it is.
const HEAD: u64 = 512;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How far back: 2h, 3d, or all; a bare number means minutes
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = since)]
    since: Since,
    /// The file to make, or `-` for standard output [default: .claude/coordination/report.html]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Although FILE is there and no report
    #[arg(long)]
    force: bool,
}

/// Where the report goes.
enum Target {
    Output,
    File(PathBuf),
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let target = target(context, arguments)?;
    if let Target::File(file) = &target {
        expect_own(file, arguments.force)?;
    }
    let now = context.env.now().wall;
    let from = arguments.since.from(now);
    let history = context.look(|read, _| read.history(from))?;
    let timeline = Timeline::of(&history);
    let metrics = measure(&history, &timeline);
    let project = context
        .project()
        .root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let report = Report {
        project: &project,
        history: &history,
        timeline: &timeline,
        metrics: &metrics,
    };
    let text = if context.global.json {
        to_string(&Json::new(&report))
    } else {
        page(&report)
    };
    match target {
        Target::Output => context.print(&text),
        Target::File(file) => {
            write(&file, &text)?;
            say(context, &file, &history)
        }
    }
}

fn target(context: &Context<'_>, arguments: &Arguments) -> Result<Target> {
    match &arguments.output {
        Some(file) if file.as_os_str() == "-" => Ok(Target::Output),
        Some(file) => Ok(Target::File(context.cwd().join(file))),
        None if context.global.json => Ok(Target::Output),
        None => {
            let directory = context.project().state_directory();
            if !directory.is_dir() {
                return Err(
                    Refusal::missing("nothing is set up here, so there is nothing to report")
                        .hint("agent-sync init")
                        .into(),
                );
            }
            Ok(Target::File(directory.join(DEFAULT)))
        }
    }
}

/// Refuses to take the place of a file that is no report.
fn expect_own(file: &Path, force: bool) -> Result<()> {
    let Ok(kind) = fs::symlink_metadata(file) else {
        return Ok(());
    };
    if kind.is_dir() {
        return Err(Refusal::usage(format!("{} is a directory", care::path(file)))
            .hint("name a file: -o report.html")
            .into());
    }
    let is_own = kind.is_file() && {
        let mut head = Vec::new();
        let opened = fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
        opened.is_ok() && String::from_utf8_lossy(&head).contains(MARK)
    };
    if is_own || force {
        return Ok(());
    }
    Err(
        Refusal::refused(format!("{} is there already and is no report", care::path(file)))
            .hint("name another file, or say --force")
            .into(),
    )
}

/// Puts the text into the place of the file, whole or not at all, for this user only.
fn write(file: &Path, text: &str) -> Result<()> {
    let directory = output_file::directory(file)?;
    let draft = tempfile::NamedTempFile::new_in(directory).and_then(|mut draft| {
        draft.write_all(text.as_bytes())?;
        Ok(draft)
    });
    let draft = draft.map_err(|error| unwritable(file, &error))?;
    draft
        .persist(file)
        .map_err(|error| unwritable(file, &error.error))?;
    Ok(())
}

fn unwritable(file: &Path, error: &std::io::Error) -> Refusal {
    Refusal::internal(format!("{} cannot be written: {error}", care::path(file)))
        .hint("name a file elsewhere with -o FILE, or `-o -` for standard output")
}

fn say(context: &Context<'_>, file: &Path, history: &History) -> Result<()> {
    if context.global.json {
        return context.print_json(&json!({"path": file.to_string_lossy()}));
    }
    context.say(&format!(
        "Wrote {}\n  {} and {} since {}; open it in a browser\n",
        care::path(file),
        counted(history.facts.len() as u64, "event"),
        counted(history.letters.len() as u64, "message"),
        crate::render::time::rfc3339(history.window.from)
    ))
}

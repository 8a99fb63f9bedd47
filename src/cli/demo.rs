//! `agent-sync demo`: two agents in one scratch repository, or a project full of them to look around in.
//!
//! Nobody believes a description of what an agent is told. So the demonstration plays nothing: it starts this
//! very program as the client would, with the client's payloads, and prints what comes back.

mod client;
mod lively;
mod stage;
mod story;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::Context;
use crate::error::Refusal;
use crate::frame::neutralise;
use crate::render::demo as show;
use stage::{Stage, Who};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Leave the scratch repository there, and say where
    #[arg(long)]
    keep: bool,
    /// Do not pause between the scenes; without a terminal there are no pauses anyway
    #[arg(long)]
    fast: bool,
    /// Play nothing, but make a project in this new directory in which six agents have been at work for three
    /// hours: something to try every other command on
    #[arg(long, value_name = "DIR", conflicts_with_all = ["keep", "fast"])]
    project: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Demo) -> Result<()> {
    if let Some(directory) = &arguments.project {
        return make_project(context, &context.cwd().join(directory));
    }
    let scratch = tempfile::Builder::new()
        .prefix("agent-sync-demo-")
        .tempdir()
        .context("making a scratch directory")?;
    let is_paced = !arguments.fast && context.env.output_width().is_some();
    let mut stage = Stage::new(context, scratch.path(), is_paced)?;
    play(&mut stage)?;
    stage.close()?;
    if arguments.keep {
        let path = scratch.keep().join("repo");
        return context.print(&format!("\nThe repository is {}\n", path.display()));
    }
    scratch.close().context("removing the scratch directory")
}

const ALICE: Who = Who::Agent("alice");
const BOB: Who = Who::Agent("bob");

fn play(stage: &mut Stage<'_>) -> Result<()> {
    stage.open(
        8,
        "Two coding agents work on one repository. Nothing here is staged: what stands behind a bar was printed just \
         now by this program, started as people and as Claude Code's hooks start it, in a scratch repository.",
    )?;

    stage.scene("A repository is set up, once")?;
    stage.command(Who::Human, &["init"])?;

    stage.scene("Two sessions start, and each is told what it has to know")?;
    for name in ["alice", "bob"] {
        let who = Who::Agent(name);
        stage.run(who, &["agent", "register", "--name", name])?;
        stage.hook(who, "session-start", &json!({"source": "startup"}))?;
    }

    stage.scene("alice says what she is about to change")?;
    let reason = "rewriting error recovery";
    stage.command(ALICE, &["lock", "acquire", "src/parser.rs", "--reason", reason])?;

    stage.scene("bob's model tries to change it all the same, and learns why it cannot")?;
    stage.hook(BOB, "pre-tool-use", &stage.edit("src/parser.rs"))?;
    stage.remark("Nor does the shell lead round it; a file that nobody has is no matter.")?;
    stage.hook(
        BOB,
        "pre-tool-use",
        &Stage::bash("sed -i s/main/start/ src/parser.rs"),
    )?;
    stage.hook(BOB, "pre-tool-use", &stage.edit("src/list.rs"))?;

    stage.scene("alice writes to bob, and it reaches him in the middle of his turn")?;
    let text = "parse() is now read(); please rebase.";
    stage.command(ALICE, &["message", "send", "--to", "bob", text])?;
    let batch = json!({"tool_calls": [{"tool_name": "Bash", "tool_input": {"command": "cargo test"},
        "tool_use_id": "toolu_1", "tool_response": {}}]});
    stage.hook(BOB, "post-tool-batch", &batch)?;

    stage.scene("Work is handed out in its order, never twice, and together with its files")?;
    let (first, second) = ("Add pagination", "Document pagination");
    stage.command(Who::Human, &["task", "create", first, "--file", "src/list.rs"])?;
    stage.command(Who::Human, &["task", "create", second, "--after", first])?;
    stage.command(BOB, &["task", "next", "--lock"])?;
    stage.command(BOB, &["task", "done", first])?;

    stage.scene("alice's terminal is closed: nobody says goodbye, and nothing is stuck")?;
    if stage.kill("alice") {
        stage.command(BOB, &["lock", "acquire", "src/parser.rs"])?;
    } else {
        stage.remark(
            "(This system does not let a process be known for sure; a timer ends her presence here.)",
        )?;
    }

    stage.scene("What you see")?;
    stage.command(Who::Human, &["status"])?;

    stage.end(
        "In a repository of yours:\n\
         \x20 agent-sync init               wires the hooks; `agent-sync doctor` checks them\n\
         \x20 claude                        in two terminals; they find each other by themselves\n\
         \x20 agent-sync status             shows what they do\n\
         Or look around in a busier one first:\n\
         \x20 agent-sync demo --project DIR\n",
    )
}

fn make_project(context: &Context<'_>, directory: &std::path::Path) -> Result<()> {
    let shown = neutralise(&directory.to_string_lossy());
    if directory.exists() {
        return Err(Refusal::refused(format!("{shown} is there already"))
            .hint("name a directory that is not there yet")
            .into());
    }
    lively::make(context, directory)?;
    let library = directory.join(lively::MAIN).canonicalize()?;
    let library = neutralise(&library.to_string_lossy());
    let stay = match context.env.parent_proof() {
        Some(_) => "They stay there as long as this shell does",
        None => "They stay there for two hours",
    };
    context.print(&format!(
        "{library} is a project in which {} agents have been at work for three hours.\n\
         {stay}. Go there and try:\n\
         \x20 agent-sync status\n\
         \x20 agent-sync task graph\n\
         \x20 agent-sync lock list\n\
         \x20 agent-sync search token\n\
         \x20 agent-sync activity list --limit 50\n",
        story::AGENTS.len()
    ))?;
    context.print(&show::remark(
        &format!("Nothing outside of {shown} was touched; remove it when you are done."),
        context.env.output_width(),
    ))
}

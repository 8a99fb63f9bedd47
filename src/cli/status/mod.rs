//! `agent-sync status`: the whole picture.

#[cfg(unix)]
mod watch;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::{Context, duration};
use crate::domain::agent::Agent;
use crate::domain::picture::{Picture, Seat};
use crate::domain::task::Task;
use crate::identity::Identity;
use crate::render;
use crate::render::status::{Json, View};
use crate::store::Read;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// In a few lines
    #[arg(long)]
    compact: bool,
    /// Every line of every list, however many
    #[arg(long, conflicts_with = "compact")]
    all: bool,
    /// Go on showing it: anew when something changes, and after so long in any case; with --json a line for every
    /// change
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "5s",
        value_parser = duration::seconds, conflicts_with_all = ["compact", "all"])]
    watch: Option<Duration>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if let Some(interval) = arguments.watch {
        return watch(context, interval);
    }
    if context.global.json {
        let everything = context.look(Everything::read)?;
        return everything.with_json(context, |json| context.print_json(json));
    }
    if arguments.compact {
        return compact(context);
    }
    let width = context.env.output_width();
    let picture = context.look(|read, me| read.picture(&me.id))?;
    let page = page(context, &picture, width, arguments.all);
    if arguments.all {
        context.print_all_data(&page)
    } else {
        context.print_data(&page, "agent-sync status --json")
    }
}

#[cfg(unix)]
fn watch(context: &Context<'_>, interval: Duration) -> Result<()> {
    watch::run(context, interval)
}

#[cfg(not(unix))]
fn watch(_: &Context<'_>, _: Duration) -> Result<()> {
    Err(
        crate::error::Refusal::internal("--watch is not there on this system yet")
            .hint("agent-sync status")
            .into(),
    )
}

/// What a session is told when it starts.
fn compact(context: &Context<'_>) -> Result<()> {
    let overview = context.look(|read, me| read.overview(&me.id))?;
    let lines = render::brief::lines(&overview, &context.env.now());
    context.print_data(&(lines.join("\n") + "\n"), "agent-sync status")
}

/// The picture for people.
fn page(context: &Context<'_>, picture: &Picture, width: Option<usize>, all: bool) -> String {
    View::new(picture, &seats(context, picture)).page(width, all)
}

/// The picture for programs: those who have gone and what has ended, too.
struct Everything {
    picture: Picture,
    agents: Vec<Agent>,
    tasks: Vec<Task>,
}

impl Everything {
    fn read(read: &Read<'_>, me: &Identity) -> Result<Self> {
        Ok(Self {
            picture: read.picture(&me.id)?,
            agents: read.agents()?,
            tasks: read.tasks()?,
        })
    }

    fn with_json<T>(&self, context: &Context<'_>, body: impl FnOnce(&Json<'_>) -> T) -> T {
        let seats = seats(context, &self.picture);
        body(&View::new(&self.picture, &seats).json(&self.agents, &self.tasks))
    }
}

/// Where those work who are here: the checkout around the directory that each of them told last.
fn seats(context: &Context<'_>, picture: &Picture) -> HashMap<String, Seat> {
    let mut known: HashMap<&str, Option<Seat>> = HashMap::new();
    let mut seats = HashMap::new();
    for agent in &picture.agents {
        let Some(cwd) = agent.cwd.as_deref() else { continue };
        let seat = known.entry(cwd).or_insert_with(|| {
            let checkout = context.project().checkout(cwd.as_ref())?;
            Some(Seat {
                branch: checkout.branch(),
                tree: checkout.tree,
            })
        });
        if let Some(seat) = seat {
            seats.insert(agent.id.clone(), seat.clone());
        }
    }
    seats
}

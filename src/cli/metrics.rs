//! `agent-sync metrics`: what coordination cost and what it was good for, in numbers.

use anyhow::Result;
use clap::Args;

use super::Context;
use super::duration::{Since, since};
use crate::domain::metrics::{Timeline, measure};
use crate::error::Refusal;
use crate::render;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How far back: 2h, 3d, or all; a bare number means minutes [default: 24h, with --openmetrics all]
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// As `OpenMetrics` text, for Prometheus and others that collect
    #[arg(long)]
    openmetrics: bool,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    if arguments.openmetrics && context.global.json {
        return Err(
            Refusal::usage("--json and --openmetrics are two forms of the same numbers")
                .hint("say one of them")
                .into(),
        );
    }
    let usual = if arguments.openmetrics {
        Since::Ever
    } else {
        Since::A_DAY
    };
    let from = arguments.since.unwrap_or(usual).from(context.env.now().wall);
    let history = context.look(|read, _| read.history(from))?;
    let numbers = measure(&history, &Timeline::of(&history));
    if arguments.openmetrics {
        let version = env!("CARGO_PKG_VERSION");
        return context.print(&render::metrics::openmetrics(&history, &numbers, version));
    }
    if context.global.json {
        return context.print_json(&render::metrics::Json::new(&history, &numbers));
    }
    let text = render::metrics::table(&history, &numbers, context.env.output_width());
    context.print_data(&text, "agent-sync metrics --json")
}

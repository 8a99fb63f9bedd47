//! `agent-sync ping`: asks agents for a sign of life.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::listen::Listener;
use super::{Context, duration};
use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::ping::Ping;
use crate::error::Refusal;
use crate::render;
use crate::store::Read;

/// The word for everybody.
const ALL: &str = "all";
/// What is said where there is nobody.
const NOBODY: &str = "Nobody else is here to be asked.\n";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Whom to ask, or `all`; without it, what came of your questions so far
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Wait for the answers of those who are in the middle of a turn, at most so long; exit 5 names who gave none
    #[arg(long, value_name = "DUR", value_parser = duration::seconds)]
    wait: Option<Duration>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let Some(name) = &arguments.name else {
        let asked = context.look(|read, me| read.pings(&me.id))?;
        return match arguments.wait {
            Some(patience) => wait(context, &asked, patience),
            None => show(context, &asked, "You have asked nobody yet.\n"),
        };
    };
    let asked = context.act(|write, me| {
        let asked = whom(write, name, &me.id)?;
        for agent in &asked {
            write.ping(&me.id, &agent.id)?;
        }
        of(write, &me.id, &asked)
    })?;
    match arguments.wait {
        Some(patience) => wait(context, &asked, patience),
        None => show(context, &asked, NOBODY),
    }
}

/// Who is meant.
fn whom(read: &Read<'_>, name: &str, me: &str) -> Result<Vec<Agent>> {
    if name == ALL {
        let mut everybody = read.living()?;
        everybody.retain(|agent| ![me, OPERATOR, SYSTEM].contains(&agent.id.as_str()));
        return Ok(everybody);
    }
    let agent = read.find_agent(name)?;
    if agent.id == me {
        return Err(Refusal::usage("that is you").hint("agent-sync ping all").into());
    }
    Ok(vec![agent])
}

/// The questions to these agents, in their order.
fn of(read: &Read<'_>, me: &str, agents: &[Agent]) -> Result<Vec<Ping>> {
    let pings = read.pings(me)?;
    let of = |agent: &Agent| pings.iter().find(|ping| ping.agent.id == agent.id).cloned();
    Ok(agents.iter().filter_map(of).collect())
}

fn show(context: &Context<'_>, pings: &[Ping], none: &str) -> Result<()> {
    if context.global.json {
        let pings: Vec<_> = pings.iter().map(render::ping::Json::new).collect();
        return context.print_json(&pings);
    }
    if pings.is_empty() {
        return context.print(none);
    }
    let now = context.env.now();
    let text = render::ping::table(pings, &now, context.env.output_width());
    context.print_data(&text, "agent-sync ping --json")
}

/// Waits until nobody is left of whom an answer can be expected, and says who gave none.
fn wait(context: &Context<'_>, asked: &[Ping], patience: Duration) -> Result<()> {
    let agents: Vec<Agent> = asked.iter().map(|ping| ping.agent.clone()).collect();
    let mut session = context.session()?;
    let listener = Listener::new(context, &session, patience);
    let pings = loop {
        session.has_changed()?;
        let looked_at = context.env.now();
        let pings = session.look(|read, me| of(read, &me.id, &agents))?;
        let is_over = !pings.iter().any(|ping| ping.outcome().is_open());
        if is_over || !listener.sleep(context, &mut session, &looked_at)? {
            break pings;
        }
    };
    show(context, &pings, NOBODY)?;
    if pings.iter().all(|ping| ping.outcome().is_alive()) {
        return Ok(());
    }
    let within = if pings.iter().any(|ping| ping.outcome().is_open()) {
        format!(" within {}", render::time::duration(patience))
    } else {
        String::new()
    };
    Err(Refusal::timed_out(format!(
        "no sign of life of {}{within}",
        render::ping::missing(&pings)
    ))
    .hint("`agent-sync agent show NAME` says what is known of one; `agent-sync ping` shows later answers")
    .into())
}

//! `agent-sync agent` and `agent-sync whoami`: who is here, and as whom one acts.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Context, text};
use crate::domain::agent::Agent;
use crate::domain::name;
use crate::error::Refusal;
use crate::render;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Take a name and a role
    Register(Register),
    /// Show who is here
    List(List),
    /// Show one agent: what it works on, what it holds
    Show {
        /// Its name or id, or a unique beginning of the id [default: you]
        agent: Option<String>,
    },
    /// Take another name
    Rename {
        /// 1 to 32 of a-z 0-9 . _ -
        name: String,
    },
    /// Say that you are still there
    Heartbeat,
}

#[derive(Debug, Args)]
pub(super) struct Register {
    /// What others call you: 1 to 32 of a-z 0-9 . _ -
    #[arg(long, allow_hyphen_values = true)]
    name: String,
    /// What you do here; messages can be addressed to a role
    #[arg(long, allow_hyphen_values = true)]
    role: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Those who have gone, too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Register(arguments) => register(context, &arguments),
        Command::List(arguments) => list(context, &arguments),
        Command::Show { agent } => show(context, agent.as_deref()),
        Command::Rename { name } => {
            let agent = take_name(context, &name, None)?;
            say_who(context, &agent, &render::agent::renamed(&agent))
        }
        Command::Heartbeat => heartbeat(context),
    }
}

fn register(context: &Context<'_>, arguments: &Register) -> Result<()> {
    let role = match arguments.role.as_deref().map(str::trim) {
        None => None,
        // 0.4.0 took an empty role for taking the role away.
        Some("") => Some(String::new()),
        Some(role) => Some(text::remark("role", role)?),
    };
    let agent = take_name(context, &arguments.name, role.as_deref())?;
    say_who(context, &agent, &render::agent::registered(&agent))
}

/// Registers under a name, and says so where the name is not the one that was asked for.
fn take_name(context: &Context<'_>, wanted: &str, role: Option<&str>) -> Result<Agent> {
    let agent = context.act_named(Some(wanted), role, |write, me| known(write.agent(&me.id)?))?;
    let usable = name::normalise(wanted).unwrap_or_default();
    if agent.name != usable {
        context.note(&format!("the name {usable} is taken; you are {}", agent.name));
    } else if usable != wanted.trim() {
        context.note(&format!(
            "names are 1 to {} of a-z 0-9 . _ -; you are {usable}",
            name::MAX_NAME
        ));
    }
    Ok(agent)
}

fn say_who(context: &Context<'_>, agent: &Agent, line: &str) -> Result<()> {
    if context.global.json {
        context.print_json(&render::agent::Json::new(agent))
    } else {
        context.say(line)
    }
}

/// The acting agent as its own act has just left it.
fn known(agent: Option<Agent>) -> Result<Agent> {
    agent.ok_or_else(|| Refusal::internal("the acting agent is not in the store").into())
}

fn heartbeat(context: &Context<'_>) -> Result<()> {
    let agent = context.act(|write, me| known(write.agent(&me.id)?))?;
    let line = format!(
        "Heartbeat: {} (`{}`) last_seen {}\n",
        crate::frame::clean(&agent.name, crate::frame::Field::Name),
        crate::frame::clean(&agent.id, crate::frame::Field::Title),
        render::time::rfc3339(agent.sighting.seen.wall)
    );
    say_who(context, &agent, &line)
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let (mut agents, me) = context.look(|read, me| Ok((read.agents()?, me.id.clone())))?;
    let everybody = agents.len();
    agents.retain(|agent| arguments.all || agent.presence.is_living());
    if context.global.json {
        return context.print_json(&agents.iter().map(render::agent::Json::new).collect::<Vec<_>>());
    }
    let gone = everybody - agents.len();
    if agents.is_empty() {
        return context.print(&match gone {
            0 => "No agents.\n".to_owned(),
            _ => format!("Nobody is here; {gone} gone (agent-sync agent list --all).\n"),
        });
    }
    let now = context.env.now();
    context.print_data(
        &render::agent::table(&agents, &me, &now, context.env.output_width()),
        "agent-sync agent list --json",
    )
}

#[derive(Debug, Serialize)]
struct PageJson<'a> {
    #[serde(flatten)]
    agent: render::agent::Json<'a>,
    tasks: Vec<&'a str>,
    locks: Vec<render::lock::Json<'a>>,
}

fn show(context: &Context<'_>, wanted: Option<&str>) -> Result<()> {
    let (agent, locks, tasks) = context.look(|read, me| {
        let agent = match wanted {
            Some(wanted) => read.find_agent(wanted)?,
            None => read.agent(&me.id)?.ok_or_else(|| {
                Refusal::missing("you are not registered yet").hint("agent-sync agent register --name NAME")
            })?,
        };
        let locks = read.locks_of(&agent.id)?;
        let mut tasks = read.open_tasks()?;
        tasks.retain(|task| task.owner.as_ref() == Some(&agent.id));
        Ok((agent, locks, tasks))
    })?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&PageJson {
            agent: render::agent::Json::new(&agent),
            tasks: tasks.iter().map(|task| task.id.as_str()).collect(),
            locks: locks
                .iter()
                .map(|lock| render::lock::Json::new(lock, &now))
                .collect(),
        });
    }
    context.print_data(
        &render::agent::page(&agent, &locks, &tasks, &now),
        "add --json to see all of it",
    )
}

/// `agent-sync whoami`: looks only, and registers nobody.
pub(super) fn whoami(context: &Context<'_>) -> Result<()> {
    let (identity, agent) = context.look(|read, me| Ok((me.clone(), read.agent(&me.id)?)))?;
    let via = identity.source.as_str();
    if context.global.json {
        context.print_json(&render::agent::WhoJson::new(
            &identity.id,
            identity.parent.as_deref(),
            via,
            agent.as_ref(),
        ))
    } else {
        context.print(&render::agent::who(&identity.id, via, agent.as_ref()))
    }
}

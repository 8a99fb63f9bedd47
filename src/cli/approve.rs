//! `agent-sync approve`: calls that wait for somebody's yes or no.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, text};
use crate::domain::policy::{DEFAULT_TTL, DEFAULT_USES, MAX_TTL, MAX_USES};
use crate::env::Variable;
use crate::error::Refusal;
use crate::identity;
use crate::render;
use crate::store::Answer;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The request's id, or a unique beginning of it
    #[arg(required = true)]
    id: Option<String>,
    /// How often the same call may pass [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "reject", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_USES)))]
    uses: Option<u32>,
    /// How long the answer holds: 30m, 2h, at most 7 days; a bare number means minutes [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes)]
    ttl: Option<Duration>,
    /// Refuse the call
    #[arg(long)]
    reject: bool,
    /// Why; whoever asked is told
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the requests that wait, the newest first
    List(List),
    /// Show one request with all of its call
    Show {
        /// Its id, or a unique beginning of it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Answered ones, too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    match (&arguments.command, &arguments.id) {
        (Some(Command::List(arguments)), _) => list(context, arguments),
        (Some(Command::Show { id }), _) => show(context, id),
        (None, Some(id)) => answer(context, id, arguments),
        (None, None) => Err(Refusal::usage("say which request")
            .hint("agent-sync approve list")
            .into()),
    }
}

fn answer(context: &Context<'_>, id: &str, arguments: &Arguments) -> Result<()> {
    let ttl = match arguments.ttl {
        None => DEFAULT_TTL,
        Some(ttl) => i64::try_from(ttl.as_millis())
            .ok()
            .filter(|ttl| (1..=MAX_TTL).contains(ttl))
            .ok_or_else(|| {
                Refusal::usage("an answer holds for more than nothing and at most 7 days").hint("--ttl 1h")
            })?,
    };
    let reason = match &arguments.reason {
        Some(typed) => Some(text::remark("reason", typed)?),
        None => None,
    };
    if arguments.reject && reason.is_none() {
        return Err(Refusal::usage("whoever asked has to know why it was rejected")
            .hint(format!(
                "agent-sync approve {} --reject --reason '…'",
                crate::frame::clean(id, crate::frame::Field::Name)
            ))
            .into());
    }
    let is_human = !context.env.is_agent_shell();
    let session = context.env.variable(Variable::ClaudeSession);
    let request = context.act(|write, me| {
        let bound = |session: &str| write.session_agent(session);
        let session = match session.as_deref() {
            Some(session) => Some(identity::of_session(session, &bound)?),
            None => None,
        };
        write.answer_request(
            id,
            &Answer {
                agent: me.kin(),
                session: session.as_deref(),
                is_human,
                is_approved: !arguments.reject,
                uses: arguments.uses.unwrap_or(DEFAULT_USES),
                ttl,
                reason: reason.as_deref(),
            },
        )
    })?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&render::request::Json::new(&request, &now));
    }
    context.say(&render::request::answered(&request, &now))
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let requests = context.look(|read, _| read.requests(arguments.limit, arguments.all))?;
    let now = context.env.now();
    if context.global.json {
        let requests = requests
            .iter()
            .map(|request| render::request::Json::new(request, &now));
        return context.print_json(&requests.collect::<Vec<_>>());
    }
    if requests.is_empty() {
        return context.print(if arguments.all {
            "No requests.\n"
        } else {
            "No requests wait.\n"
        });
    }
    context.print_data(
        &render::request::table(&requests, &now, context.env.output_width()),
        "agent-sync approve list --json",
    )
}

fn show(context: &Context<'_>, id: &str) -> Result<()> {
    let request = context.look(|read, _| read.request(id))?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&render::request::Json::new(&request, &now));
    }
    context.print_data(
        &render::request::page(&request, &now),
        "add --json to see all of it",
    )
}

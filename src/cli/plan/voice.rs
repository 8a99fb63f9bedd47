//! `agent-sync plan approve` and `plan reject`: agreement to one content of a plan, or none.

use anyhow::Result;
use clap::Args;

use super::super::{Context, text};
use crate::domain::plan::proposal::Proposal;
use crate::identity;
use crate::render;
use crate::store::Saying;

#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Only if this is its content now: its hash, or 8 characters of that or more
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Reject {
    /// The plan's id, or a unique beginning of it
    plan: String,
    /// Only if this is its content now: its hash, or 8 characters of that or more
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
    /// What would have to be different
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
}

pub(super) fn approve(context: &Context<'_>, arguments: &Approve) -> Result<()> {
    let proposal = speak(
        context,
        &arguments.plan,
        arguments.hash.as_deref(),
        true,
        arguments.reason.as_deref(),
    )?;
    say(context, &proposal, &render::plan::approved(&proposal))
}

pub(super) fn reject(context: &Context<'_>, arguments: &Reject) -> Result<()> {
    let proposal = speak(
        context,
        &arguments.plan,
        arguments.hash.as_deref(),
        false,
        Some(&arguments.reason),
    )?;
    say(context, &proposal, &render::plan::rejected(&proposal))
}

fn speak(
    context: &Context<'_>,
    plan: &str,
    hash: Option<&str>,
    approves: bool,
    reason: Option<&str>,
) -> Result<Proposal> {
    let reason = reason.map(|reason| text::remark("reason", reason)).transpose()?;
    context.act(|write, me| {
        let agent = context.decider(me);
        // A session that takes another name for one command is still that session.
        let shell = identity::of_shell(context.env, &|session| write.session_agent(session))?;
        write.speak_on_plan(&Saying {
            agent: &agent,
            shell: shell.as_deref(),
            plan,
            hash,
            approves,
            reason: reason.as_deref(),
        })
    })
}

fn say(context: &Context<'_>, proposal: &Proposal, text: &str) -> Result<()> {
    if context.global.json {
        return context.print_json(&render::plan::Json::new(proposal));
    }
    context.say(text)
}

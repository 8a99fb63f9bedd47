//! `agent-sync leader`: who decides, one at a time, and under which number it writes.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, lock, text, wait};
use crate::domain::agent::is_stopped_by;
use crate::domain::leader::{DEFAULT_ROLE, key};
use crate::domain::lock::{Lock, Mode, Obstacle, Released, Wanted};
use crate::domain::name;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::identity::Identity;
use crate::render;
use crate::store::{Campaign, Write};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Become the leader in a role, if nobody is; who leads already keeps the number and gains time
    Campaign(CampaignArguments),
    /// Show who leads, under which number, until when, and who waits
    Show(Show),
    /// Lead no longer
    Resign(Resign),
}

impl Command {
    /// Whether it holds something, which a closed store does not take.
    pub(super) const fn is_work(&self) -> bool {
        matches!(self, Self::Campaign(_))
    }
}

#[derive(Debug, Args)]
pub(super) struct CampaignArguments {
    /// In which role [default: main]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// For how long, if you do nothing meanwhile: 90m, 2h, at most 24h; a bare number means minutes [default: the setting lock.ttl, 60m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
    /// Stand in line until nobody else leads: 30s, 5m; a bare number means seconds [default: 30s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
    /// Why; others are shown it
    #[arg(long, allow_hyphen_values = true)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Only in this role; exit 4 when nobody leads in it
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Resign {
    /// In which role [default: main]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Campaign(arguments) => campaign(context, &arguments),
        Command::Show(arguments) => show(context, arguments.role.as_deref()),
        Command::Resign(arguments) => resign(context, arguments.role.as_deref()),
    }
}

/// The role that somebody typed, mended like a name.
fn role(typed: Option<&str>) -> Result<String> {
    let typed = typed.unwrap_or(DEFAULT_ROLE);
    name::normalise(typed).map_err(|_| {
        Refusal::usage(format!("'{}' cannot be a role", clean(typed, Field::Name)))
            .hint("a role is 1 to 32 of a-z 0-9 . _ - and not all, human, operator or system")
            .into()
    })
}

fn campaign(context: &Context<'_>, arguments: &CampaignArguments) -> Result<()> {
    let role = role(arguments.role.as_deref())?;
    let ttl = lock::lease(arguments.ttl)?;
    let reason = arguments
        .reason
        .as_deref()
        .map(|reason| text::remark("reason", reason))
        .transpose()?;
    let keys = [Wanted::plain(key(&role))];
    let attempt = |write: &Write<'_>, me: &Identity, ticket| {
        let won = write.campaign(Campaign {
            agent: me.kin(),
            role: &role,
            reason: reason.as_deref(),
            ttl: ttl.map_or_else(|| write.lock_ttl(), Ok)?,
            ticket,
        })?;
        if let Err(conflict) = &won
            && let Obstacle::Held(leader) = &conflict.by
            && !is_stopped_by(me.kin(), leader.kin())
        {
            // In a line of its own it would wait for the session that waits for it.
            return Err(led_by_another(&role, leader, context).into());
        }
        Ok(won)
    };
    match wait::wait_for(context, arguments.wait, Mode::Exclusive, &keys, attempt)? {
        Ok(leader) if context.global.json => {
            context.print_json(&render::leader::Json::new(&leader, &[], &context.env.now()))
        }
        Ok(leader) => context.say(&render::leader::leads(&leader)),
        Err(wait::Failure::Conflict(conflict)) => match (&conflict.by, arguments.wait) {
            (Obstacle::Held(leader), None) => Err(led_by_another(&role, leader, context).into()),
            _ => Err(wait::refused(context, &wait::Failure::Conflict(conflict), arguments.wait).into()),
        },
        Err(failure) => Err(wait::refused(context, &failure, arguments.wait).into()),
    }
}

fn led_by_another(role: &str, leader: &Lock, context: &Context<'_>) -> Refusal {
    Refusal::refused(render::leader::led(leader, &context.env.now())).hint(format!(
        "`agent-sync leader campaign --role {role} --wait 5m` stands in line until it resigns, dies or lapses"
    ))
}

fn show(context: &Context<'_>, typed: Option<&str>) -> Result<()> {
    let wanted = typed.map(|typed| role(Some(typed))).transpose()?;
    let (leaders, waiters) = context.look(|read, _| {
        let leaders = match &wanted {
            Some(role) => read.leader(role)?.into_iter().collect(),
            None => read.leaders()?,
        };
        Ok((leaders, read.waiters()?))
    })?;
    let now = context.env.now();
    if let (Some(role), []) = (&wanted, leaders.as_slice()) {
        return Err(Refusal::missing(format!("nobody leads in the role {role}"))
            .hint(format!("agent-sync leader campaign --role {role}"))
            .into());
    }
    if context.global.json {
        let leaders = leaders
            .iter()
            .map(|leader| render::leader::Json::new(leader, &waiters, &now));
        return context.print_json(&leaders.collect::<Vec<_>>());
    }
    if leaders.is_empty() {
        return context.print("Nobody leads.\n");
    }
    context.print_data(
        &render::leader::table(&leaders, &waiters, &now, context.env.output_width()),
        "agent-sync leader show --json",
    )
}

fn resign(context: &Context<'_>, typed: Option<&str>) -> Result<()> {
    let role = role(typed)?;
    let released = context.act(|write, me| write.release(&me.id, &key(&role), false))?;
    match released {
        Released::Own | Released::Forced(_) => {
            context.say(&format!("You lead in the role {role} no longer\n"))
        }
        Released::Nothing => Err(Refusal::missing(format!("nobody leads in the role {role}"))
            .hint("agent-sync leader show")
            .into()),
        Released::Foreign(leader) => Err(
            Refusal::refused(render::leader::led(&leader, &context.env.now()))
                .hint(format!(
                    "`agent-sync lock release --resource leader:{role} --force` ends it; that is recorded, and they are told"
                ))
                .into(),
        ),
    }
}

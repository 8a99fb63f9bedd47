//! `agent-sync swarm`: how the swarm stands, and its orderly end.
//!
//! To begin an end, to close the store and to open it again is the human's; to answer is everybody's.

mod sessions;
mod shutdown;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, text};
use crate::domain::drain::MAX_LASTS;
use crate::error::Refusal;
use crate::render;
use crate::store::NewDrain;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Show whether work is handed out, who holds what and who has answered
    Status,
    /// Hand out no new work, and ask everybody to give back what they hold; only the human can
    Drain(Drain),
    /// Answer a drain: give back everything that you hold
    Ready {
        /// What whoever goes on with your tasks has to know; it goes to their trail
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        note: Option<String>,
    },
    /// Drain, wait until all have answered, make a checkpoint and close the store; only the human can
    Shutdown(Ending),
    /// Open a closed store again, or take a drain back; only the human can
    Resume,
}

#[derive(Debug, Args)]
pub(super) struct Drain {
    /// Show instead who has not answered
    #[arg(long, conflicts_with_all = ["deadline", "reason"])]
    status: bool,
    #[command(flatten)]
    ending: Ending,
}

#[derive(Debug, Args)]
pub(super) struct Ending {
    /// When what is still held is taken back: 10m, 1h, at most 24h; a bare number means minutes [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes)]
    deadline: Option<Duration>,
    /// Why; everybody is told
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
}

impl Ending {
    fn reason(&self) -> Result<Option<String>> {
        let reason = self.reason.as_deref().filter(|reason| !reason.trim().is_empty());
        reason.map(|reason| text::remark("reason", reason)).transpose()
    }

    /// The time to answer, in milliseconds.
    fn lasts(&self) -> Result<Option<i64>> {
        let Some(deadline) = self.deadline else {
            return Ok(None);
        };
        let lasts = i64::try_from(deadline.as_millis()).ok();
        match lasts.filter(|lasts| *lasts <= MAX_LASTS) {
            Some(lasts) => Ok(Some(lasts)),
            None => Err(Refusal::usage("agents have 24 hours to answer at most")
                .hint("--deadline 10m")
                .into()),
        }
    }
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Status => status(context, false),
        Command::Drain(arguments) if arguments.status => status(context, true),
        Command::Drain(arguments) => drain(context, &arguments.ending),
        Command::Ready { note } => ready(context, note.as_deref()),
        Command::Shutdown(arguments) => {
            require_human(context, "closing the swarm")?;
            shutdown::run(context, arguments.lasts()?, arguments.reason()?.as_deref())
        }
        Command::Resume => resume(context),
    }
}

/// Refuses where an agent's shell asks for what is the human's.
fn require_human(context: &Context<'_>, what: &str) -> Result<()> {
    if !context.env.is_agent_shell() {
        return Ok(());
    }
    Err(
        Refusal::refused(format!("{what} is the human's; an agent's shell cannot do it"))
            .hint("`agent-sync swarm status` shows how it stands; the human reads what is sent to operator")
            .into(),
    )
}

fn status(context: &Context<'_>, missing_only: bool) -> Result<()> {
    let swarm = context.look(|read, _| read.swarm_status())?;
    let (now, checkpoint) = (
        context.env.now(),
        shutdown::checkpoint(context, swarm.drain.as_ref()),
    );
    let view = render::swarm::View {
        swarm: &swarm,
        checkpoint: checkpoint.as_deref(),
        now: &now,
    };
    if context.global.json {
        return context.print_json(&render::swarm::Json::new(&view));
    }
    let width = context.env.output_width();
    let page = if missing_only {
        render::swarm::missing(&view, width)
    } else {
        render::swarm::page(&view, width)
    };
    context.print_data(&page, "agent-sync swarm status --json")
}

fn drain(context: &Context<'_>, arguments: &Ending) -> Result<()> {
    require_human(context, "draining the swarm")?;
    let (lasts, reason) = (arguments.lasts()?, arguments.reason()?);
    let drained = context.act(|write, me| {
        write.drain(&NewDrain {
            by: &me.id,
            reason: reason.as_deref(),
            lasts,
            is_shutdown: false,
        })
    })?;
    if context.global.json {
        return status(context, false);
    }
    context.say(&render::swarm::drained(&drained, &context.env.now()))
}

fn ready(context: &Context<'_>, note: Option<&str>) -> Result<()> {
    let note = match note {
        Some(typed) => Some(text::body("note", &context.text_or_input(typed)?)?),
        None => None,
    };
    let given = context.act(|write, me| write.ready(&me.id, note.as_deref()))?;
    if context.global.json {
        return context.print_json(&render::swarm::Returns::new(&given.returned));
    }
    context.say(&render::swarm::ready(&given))
}

fn resume(context: &Context<'_>) -> Result<()> {
    require_human(context, "opening the swarm again")?;
    let before = context.act(|write, me| write.resume_swarm(&me.id))?;
    if context.global.json {
        return status(context, false);
    }
    context.say(render::swarm::resumed(before.as_ref()))
}

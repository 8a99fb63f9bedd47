//! `agent-sync vote`: a question to several, and what their ballots come to.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, text};
use crate::domain::vote::{self, DEFAULT_LASTS, MAX_LASTS, MAX_OPTION, MAX_OPTIONS, Quorum, Unfit, Vote};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::{NewVote, Uncast};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Ask a question: those who may vote are settled now, and told
    Open(Open),
    /// Cast your ballot, or change it
    Cast(CastArguments),
    /// Show one vote: who voted, who is missing, how many have to agree
    Show {
        /// Its id, or a unique beginning of it
        id: String,
    },
    /// Show the votes that are open, the newest first
    List(List),
    /// Close a vote before its time, with the ballots that there are; whoever opened it, or the human
    Close {
        /// Its id, or a unique beginning of it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Open {
    /// What is asked, on one line
    #[arg(allow_hyphen_values = true)]
    question: String,
    /// What can be answered, with commas; where `no` wins, the vote is rejected
    #[arg(
        long,
        value_name = "LIST",
        default_value = "yes,no",
        allow_hyphen_values = true
    )]
    options: String,
    /// How many members have to agree: majority, two-thirds, unanimous, or a number
    #[arg(long, value_name = "RULE", default_value = "majority", value_parser = quorum)]
    quorum: Quorum,
    /// Who may vote, with commas: all (who is here now, but the human and subagents), @role, names, operator (the human)
    #[arg(long, value_name = "WHOM", default_value = "all", value_delimiter = ',')]
    electorate: Vec<String>,
    /// How long ballots are taken: 30m, 2h, at most 30 days; a bare number means minutes [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes)]
    deadline: Option<Duration>,
    /// Show nobody who chose what before it is closed
    #[arg(long)]
    secret: bool,
    /// Record a decision when it passes
    #[arg(long)]
    record_decision: bool,
    /// Approve this plan when it passes, as long as it is not amended meanwhile; who wrote it has no ballot
    #[arg(long, value_name = "PLAN", conflicts_with = "options")]
    approves: Option<String>,
    /// What there is to know about it; `-` reads it from standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CastArguments {
    /// The vote's id, or a unique beginning of it
    id: String,
    /// What you choose
    #[arg(allow_hyphen_values = true)]
    option: String,
    /// Lock it in: something else later does not count, and is shown to all
    #[arg(long = "final")]
    is_final: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Closed ones, too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

fn quorum(typed: &str) -> Result<Quorum, String> {
    Quorum::parse(typed).ok_or_else(|| "not majority, two-thirds, unanimous or a number from 1 on".to_owned())
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Open(arguments) => open(context, &arguments),
        Command::Cast(arguments) => cast(context, &arguments),
        Command::Show { id } => show(context, &id),
        Command::List(arguments) => list(context, &arguments),
        Command::Close { id } => close(context, &id),
    }
}

fn open(context: &Context<'_>, arguments: &Open) -> Result<()> {
    let question = text::title("question", &arguments.question)?;
    let options = vote::options(&arguments.options).map_err(|why| unfit(&why))?;
    let description = match &arguments.description {
        Some(typed) => Some(text::body("description", &context.text_or_input(typed)?)?),
        None => None,
    };
    let lasts = match arguments.deadline {
        None => DEFAULT_LASTS,
        Some(deadline) => i64::try_from(deadline.as_millis())
            .ok()
            .filter(|lasts| (1..=MAX_LASTS).contains(lasts))
            .ok_or_else(|| {
                Refusal::usage("a vote is open for more than nothing and at most 30 days")
                    .hint("--deadline 2h")
            })?,
    };
    let vote = context.act(|write, me| {
        write.open_vote(&NewVote {
            opener: &me.id,
            question: &question,
            description: description.as_deref(),
            options: &options,
            quorum: arguments.quorum,
            electorate: &arguments.electorate,
            lasts,
            is_secret: arguments.secret,
            records_decision: arguments.record_decision,
            approves: arguments.approves.as_deref(),
        })
    })?;
    done(context, &vote, &render::vote::opened(&vote, &context.env.now()))
}

fn unfit(why: &Unfit) -> Refusal {
    let why = match why {
        Unfit::TooFew => "a vote needs two options at least".to_owned(),
        Unfit::TooMany => format!("a vote has {MAX_OPTIONS} options at most"),
        Unfit::Empty => "an option is empty".to_owned(),
        Unfit::TooLong => format!("an option is one line of at most {MAX_OPTION} characters"),
        Unfit::Twice => "an option is there twice".to_owned(),
    };
    Refusal::usage(why).hint("--options yes,no")
}

fn cast(context: &Context<'_>, arguments: &CastArguments) -> Result<()> {
    let (cast, me) = context.act(|write, me| {
        let cast = write.cast_ballot(&me.id, &arguments.id, &arguments.option, arguments.is_final)?;
        Ok((cast, me.id.clone()))
    })?;
    match cast {
        Ok(cast) if context.global.json => {
            context.print_json(&render::vote::Json::new(&cast.vote, &me, &context.env.now()))
        }
        Ok(cast) => context.say(&render::vote::cast(&cast.vote, cast.effect, &me)),
        Err(uncast) => Err(refused(&uncast, &arguments.option).into()),
    }
}

fn refused(uncast: &Uncast, typed: &str) -> Refusal {
    let (Uncast::Closed(vote)
    | Uncast::Stranger(vote)
    | Uncast::NoOption(vote)
    | Uncast::Equivocation(vote, _)) = uncast;
    let show = format!("agent-sync vote show {}", vote.id);
    match uncast {
        Uncast::Closed(vote) => {
            Refusal::refused(format!("{} is closed: {}", vote.id, render::vote::result(vote))).hint(show)
        }
        Uncast::Stranger(vote) => Refusal::refused(format!(
            "{} asks {} members, and you are none of them",
            vote.id,
            vote.members.len()
        ))
        .hint(show),
        Uncast::NoOption(vote) => Refusal::missing(format!(
            "'{}' is no option of {}",
            clean(typed, Field::Name),
            vote.id
        ))
        .hint(format!("its options: {}", render::vote::options(vote))),
        Uncast::Equivocation(vote, standing) => Refusal::refused(format!(
            "you have locked in {} in {}; that counts, and that you tried something else is on record",
            render::vote::option(vote, *standing),
            vote.id
        ))
        .hint(show),
    }
}

fn show(context: &Context<'_>, id: &str) -> Result<()> {
    let (vote, me) = context.look(|read, me| Ok((read.vote(id)?, me.id.clone())))?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(&render::vote::Json::new(&vote, &me, &now));
    }
    context.print_data(
        &render::vote::page(&vote, &me, &now, context.env.output_width()),
        "add --json to see all of it",
    )
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let (votes, me) =
        context.look(|read, me| Ok((read.votes(arguments.limit, arguments.all)?, me.id.clone())))?;
    let now = context.env.now();
    if context.global.json {
        let votes = votes.iter().map(|vote| render::vote::Json::new(vote, &me, &now));
        return context.print_json(&votes.collect::<Vec<_>>());
    }
    if votes.is_empty() {
        return context.print(if arguments.all {
            "No votes.\n"
        } else {
            "No open votes.\n"
        });
    }
    context.print_data(
        &render::vote::table(&votes, &me, &now, context.env.output_width()),
        "agent-sync vote list --json",
    )
}

fn close(context: &Context<'_>, id: &str) -> Result<()> {
    let vote = context.act(|write, me| write.close_vote(&me.id, id))?;
    done(context, &vote, &render::vote::closed(&vote))
}

fn done(context: &Context<'_>, vote: &Vote, text: &str) -> Result<()> {
    if context.global.json {
        let me = context.acting_id().unwrap_or_default();
        return context.print_json(&render::vote::Json::new(vote, &me, &context.env.now()));
    }
    context.say(text)
}

//! `agent-sync lock`: leases on files, directories and named resources.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, text, wait};
use crate::domain::leader;
use crate::domain::lock::{EVERYWHERE, Key, Lock, MAX_TTL, Mode, OUTSIDE, Released, Wanted};
use crate::error::Refusal;
use crate::identity::Identity;
use crate::render;
use crate::store::{Acquisition, Write};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Lock files, directories (with all below), patterns or a named resource: all of them or none
    Acquire(Acquire),
    /// Give a lock back
    #[command(visible_alias = "unlock")]
    Release(Release),
    /// Hold a lock longer
    Renew(Renew),
    /// Show what is locked
    List(List),
    /// Say whether an edit of a file would be refused: exit 0 when it is free or yours, 3 when it is not
    ///
    /// With --fence N, say instead whether the lease with this number still holds on the path: exit 0 when it does
    Check(Check),
}

impl Command {
    /// Whether it holds something, which a closed store does not take.
    pub(super) const fn is_work(&self) -> bool {
        matches!(self, Self::Acquire(_) | Self::Renew(_))
    }
}

#[derive(Debug, Args)]
pub(super) struct Target {
    /// Files, directories or patterns such as 'src/**/*.rs', relative to the working directory. A pattern that
    /// ends in an extension names files; put a slash behind it ('*.app/') for directories with all below
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The path in every worktree of the repository, not in this one alone
    #[arg(long)]
    all_worktrees: bool,
    /// A named resource instead of files: a database, a port, a deployment
    #[arg(long, value_name = "NAME")]
    resource: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Acquire {
    #[command(flatten)]
    target: Target,
    /// Share it with others that share it, too; nobody edits it while others do
    #[arg(long)]
    shared: bool,
    /// Why; others are shown it
    #[arg(long, allow_hyphen_values = true)]
    reason: Option<String>,
    /// For how long: 90m, 2h, at most 24h; a bare number means minutes [default: the setting lock.ttl, 60m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
    /// Stand in line until it is free: 30s, 5m; a bare number means seconds [default: 30s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
    /// Take it from whoever holds it; this is recorded, and they are told
    #[arg(long, conflicts_with = "wait")]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    target: Target,
    /// Everything that you hold
    #[arg(long, conflicts_with_all = ["paths", "resource", "all_worktrees"])]
    all: bool,
    /// Although somebody else holds it; this is recorded
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Renew {
    #[command(flatten)]
    target: Target,
    /// For how long from now: 90m, 2h, at most 24h; a bare number means minutes [default: the setting lock.ttl, 60m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Those that have lapsed, whose holder is gone, or that edits took by themselves, too
    #[arg(long)]
    all: bool,
    /// Only yours
    #[arg(long)]
    mine: bool,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Acquire(arguments) => acquire(context, &arguments),
        Command::Release(arguments) => release(context, &arguments),
        Command::Renew(arguments) => renew(context, &arguments),
        Command::List(arguments) => list(context, &arguments),
        Command::Check(arguments) => check(context, &arguments),
    }
}

impl Target {
    fn keys(&self, context: &Context<'_>, is_taking: bool) -> Result<Vec<Wanted>> {
        match (&self.resource, self.paths.as_slice()) {
            (Some(_), [_, ..]) => Err(Refusal::usage("give files or --resource NAME, not both").into()),
            (None, []) => Err(Refusal::usage("name a file, or a resource with --resource NAME").into()),
            (Some(name), []) if name.trim().is_empty() => {
                Err(Refusal::usage("the resource has no name").into())
            }
            (Some(name), []) if is_taking && name.trim().starts_with(leader::PREFIX) => {
                Err(Refusal::usage("a leadership is won, not locked")
                    .hint("agent-sync leader campaign --role ROLE")
                    .into())
            }
            (Some(name), []) => Ok(vec![Wanted::plain(Key::Resource(name.trim().to_owned()))]),
            (None, paths) => paths.iter().map(|path| self.key(context, path)).collect(),
        }
    }

    fn key(&self, context: &Context<'_>, path: &Path) -> Result<Wanted> {
        let mut wanted = context.wanted(path)?;
        if let (true, Key::Path(key)) = (self.all_worktrees, &mut wanted.key) {
            if key.tree == OUTSIDE {
                return Err(Refusal::usage(format!(
                    "{} is outside the repository, so no worktree has it",
                    crate::frame::clean(&key.path, crate::frame::Field::Path)
                ))
                .into());
            }
            EVERYWHERE.clone_into(&mut key.tree);
        }
        Ok(wanted)
    }
}

/// A length of time in milliseconds, within what a lease may last; without one the setting decides.
pub(super) fn lease(ttl: Option<Duration>) -> Result<Option<i64>> {
    let Some(ttl) = ttl else { return Ok(None) };
    match i64::try_from(ttl.as_millis()) {
        Ok(ttl) if (1..=MAX_TTL).contains(&ttl) => Ok(Some(ttl)),
        _ => Err(
            Refusal::usage("a lease lasts more than nothing and at most 24 hours")
                .hint("--ttl 90m")
                .into(),
        ),
    }
}

fn acquire(context: &Context<'_>, arguments: &Acquire) -> Result<()> {
    let keys = arguments.target.keys(context, true)?;
    let ttl = lease(arguments.ttl)?;
    warn_of_strays(context, &arguments.target);
    let reason = arguments
        .reason
        .as_deref()
        .filter(|reason| !reason.trim().is_empty())
        .map(|reason| text::remark("reason", reason))
        .transpose()?;
    let mode = if arguments.shared {
        Mode::Shared
    } else {
        Mode::Exclusive
    };
    let attempt = |write: &Write<'_>, me: &Identity, ticket| {
        let wanted = Acquisition {
            mode,
            reason: reason.as_deref(),
            ticket,
            ..Acquisition::new(me.kin(), &keys, ttl.map_or_else(|| write.lock_ttl(), Ok)?)
        };
        if arguments.force {
            return write.acquire_by_force(&wanted).map(Ok);
        }
        Ok(write.acquire(&wanted)?.map(|locks| (locks, Vec::new())))
    };
    match wait::wait_for(context, arguments.wait, mode, &keys, attempt)? {
        Ok((locks, stolen)) => granted(context, &locks, &stolen),
        Err(failure) => Err(wait::refused(context, &failure, arguments.wait).into()),
    }
}

fn granted(context: &Context<'_>, locks: &[Lock], stolen: &[Lock]) -> Result<()> {
    let now = context.env.now();
    if context.global.json {
        return context.print_json(
            &locks
                .iter()
                .map(|lock| render::lock::Json::new(lock, &now))
                .collect::<Vec<_>>(),
        );
    }
    let granted = locks.iter().map(render::lock::granted);
    context.say(
        &granted
            .chain(stolen.iter().map(render::lock::stolen))
            .collect::<String>(),
    )
}

/// Says so when a path exists nowhere, but would from the top of the checkout: then it was meant from there.
fn warn_of_strays(context: &Context<'_>, target: &Target) {
    for path in &target.paths {
        let located = context.locate(path);
        let is_pattern = context.wanted(path).is_ok_and(|wanted| wanted.is_pattern);
        if !located.exists
            && !is_pattern
            && path.is_relative()
            && context.project().worktree.join(path).exists()
        {
            let path = path.display().to_string();
            context.note(&format!(
                "there is no {} here, but there is one at the top of the checkout; paths are relative to the working directory",
                crate::frame::clean(&path, crate::frame::Field::Path)
            ));
        }
    }
}

fn release(context: &Context<'_>, arguments: &Release) -> Result<()> {
    if arguments.all {
        let count = context.act(|write, me| write.release_all(&me.id, "all"))?;
        return context.say(&format!(
            "Released {count} {}\n",
            if count == 1 { "lock" } else { "locks" }
        ));
    }
    let keys = arguments.target.keys(context, false)?;
    let outcomes = context.act(|write, me| {
        keys.iter()
            .map(
                |Wanted { key, .. }| match write.release(&me.id, key, arguments.force)? {
                    Released::Foreign(lock) => {
                        let message = render::lock::held(key, &lock, &context.env.now());
                        Err(Refusal::refused(message)
                            .hint(render::lock::next_command(&lock))
                            .into())
                    }
                    released => Ok(render::lock::released(key, &released)),
                },
            )
            .collect::<Result<String>>()
    })?;
    context.say(&outcomes)
}

fn renew(context: &Context<'_>, arguments: &Renew) -> Result<()> {
    let keys = arguments.target.keys(context, false)?;
    let ttl = lease(arguments.ttl)?;
    let locks = context.act(|write, me| {
        let ttl = ttl.map_or_else(|| write.lock_ttl(), Ok)?;
        keys.iter()
            .map(|Wanted { key, .. }| {
                write.renew(&me.id, key, ttl)?.ok_or_else(|| {
                    Refusal::missing(format!("you hold no lock on {}", render::lock::key(key)))
                        .hint("agent-sync lock list --mine")
                        .into()
                })
            })
            .collect::<Result<Vec<_>>>()
    })?;
    granted(context, &locks, &[])
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let (locks, waiters) = context.look(|read, me| {
        let mut locks = read.locks(arguments.all)?;
        locks.retain(|lock| !arguments.mine || lock.holder == me.id);
        Ok((locks, read.waiters()?))
    })?;
    let now = context.env.now();
    if context.global.json {
        let locks = locks.iter();
        return context.print_json(
            &locks
                .map(|lock| render::lock::Json::new(lock, &now).awaited_by(lock, &waiters))
                .collect::<Vec<_>>(),
        );
    }
    if locks.is_empty() {
        return context.print("No active locks.\n");
    }
    context.print_data(
        &render::lock::list(&locks, &waiters, &now, context.env.output_width()),
        "agent-sync lock list --json",
    )
}

fn check(context: &Context<'_>, arguments: &Check) -> Result<()> {
    let keys = arguments.target.keys(context, false)?;
    if let Some(fence) = context.global.fence {
        return check_fence(context, fence, &keys);
    }
    let held = context.look(|read, me| {
        for wanted in &keys {
            let held = if wanted.is_pattern {
                read.lock_within(me.kin(), wanted.extent())?
            } else {
                read.lock_against(me.kin(), &wanted.key, wanted.inode.as_deref())?
            };
            if let Some(lock) = held {
                return Ok(Some((wanted.key.clone(), lock)));
            }
        }
        Ok(None)
    })?;
    match held {
        None => context.say("free\n"),
        Some((key, lock)) => Err(
            Refusal::refused(render::lock::held(&key, &lock, &context.env.now()))
                .hint(render::lock::next_command(&lock))
                .into(),
        ),
    }
}

/// Whether a lease that a script was given still holds, so that it can stop before it writes.
fn check_fence(context: &Context<'_>, fence: i64, keys: &[Wanted]) -> Result<()> {
    let [wanted] = keys else {
        return Err(Refusal::usage("a fence belongs to one path").into());
    };
    let now = context.env.now();
    let (lock, lost) =
        context.look(|read, _| Ok((read.lock_with_fence(fence)?, read.lost_lock_with_fence(fence)?)))?;
    let why = match (&lock, &lost) {
        (Some(lock), _) if !lock.covers(&wanted.key) => format!(
            "the lease with fence {fence} is on {}, not on {}",
            render::lock::key(&lock.key),
            render::lock::key(&wanted.key)
        ),
        (Some(lock), _) if lock.is_live(&now) => {
            return context.say(&format!("live, lapses {}\n", render::lock::lapses(lock, &now)));
        }
        (Some(lock), _) => render::lock::no_longer_holds(lock, &now),
        (None, Some(lost)) => render::lock::lost(lost, &now),
        (None, None) => format!("there is no lease with fence {fence} any more"),
    };
    Err(Refusal::refused(why)
        .hint("agent-sync lock acquire takes a new one")
        .into())
}

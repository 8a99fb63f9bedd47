//! `agent-sync lock`: leases on files, directories and named resources.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, duration, text};
use crate::domain::lock::{Conflict, Key, Lock, MAX_TTL, Released};
use crate::error::Refusal;
use crate::render;
use crate::store::Acquisition;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lock files, directories (with all below) or a named resource: all of them or none
    Acquire(Acquire),
    /// Give a lock back
    #[command(visible_alias = "unlock")]
    Release(Release),
    /// Hold a lock longer
    Renew(Renew),
    /// Show what is locked
    List(List),
    /// Say whether an edit of a file would be refused: exit 0 when it is free or yours, 3 when it is not
    Check(Target),
}

#[derive(Debug, Args)]
pub(super) struct Target {
    /// Files or directories, relative to the working directory
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A named resource instead of files: a database, a port, a deployment
    #[arg(long, value_name = "NAME")]
    resource: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Acquire {
    #[command(flatten)]
    target: Target,
    /// Why; others are shown it
    #[arg(long, allow_hyphen_values = true)]
    reason: Option<String>,
    /// For how long: 90m, 2h, at most 24h; a bare number means minutes [default: the setting lock.ttl, 60m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
    /// Wait until it is free: 30s, 5m; a bare number means seconds [default: 30s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    target: Target,
    /// Everything that you hold
    #[arg(long, conflicts_with_all = ["paths", "resource"])]
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
    /// Those that have lapsed or whose holder is gone, too
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
        Command::Check(target) => check(context, &target),
    }
}

/// A lock request: what, whether it is a directory, and its inode where it has several names.
pub(super) type Wanted = (Key, bool, Option<String>);

impl Target {
    fn keys(&self, context: &Context<'_>) -> Result<Vec<Wanted>> {
        match (&self.resource, self.paths.as_slice()) {
            (Some(_), [_, ..]) => Err(Refusal::usage("give files or --resource NAME, not both").into()),
            (None, []) => Err(Refusal::usage("name a file, or a resource with --resource NAME").into()),
            (Some(name), []) if name.trim().is_empty() => {
                Err(Refusal::usage("the resource has no name").into())
            }
            (Some(name), []) => Ok(vec![(Key::Resource(name.trim().to_owned()), false, None)]),
            (None, paths) => Ok(paths.iter().map(|path| context.path_key(path)).collect()),
        }
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
    let keys = arguments.target.keys(context)?;
    let ttl = lease(arguments.ttl)?;
    warn_of_strays(context, &arguments.target);
    let reason = arguments
        .reason
        .as_deref()
        .filter(|reason| !reason.trim().is_empty())
        .map(|reason| text::remark("reason", reason))
        .transpose()?;
    let attempt = || {
        context.act(|write, me| {
            write.acquire(&Acquisition {
                agent: me.kin(),
                keys: &keys,
                reason: reason.as_deref(),
                task: None,
                ttl: ttl.map_or_else(|| write.lock_ttl(), Ok)?,
            })
        })
    };
    match wait_for(context, arguments.wait, &keys, attempt)? {
        Ok(locks) => granted(context, &locks),
        Err(conflict) => Err(refused(context, &conflict, arguments.wait).into()),
    }
}

/// Tries until it succeeds or the time is over. Between attempts only a snapshot is read, so that waiting
/// holds nobody up; being tried is also being seen, so the waiter stays alive.
pub(super) fn wait_for<T>(
    context: &Context<'_>,
    patience: Option<Duration>,
    keys: &[Wanted],
    mut attempt: impl FnMut() -> Result<Result<T, Box<Conflict>>>,
) -> Result<Result<T, Box<Conflict>>> {
    const PAUSE: Duration = Duration::from_millis(50);
    const SEEN_EVERY: i64 = 30_000;
    let began = context.env.now();
    let patience = patience.map_or(0, |patience| {
        i64::try_from(patience.as_millis()).unwrap_or(i64::MAX)
    });
    loop {
        let tried = context.env.now();
        let outcome = attempt()?;
        if outcome.is_ok() || context.env.now().since(&began) >= patience {
            return Ok(outcome);
        }
        loop {
            context.env.sleep(PAUSE);
            let now = context.env.now();
            let is_free = context.look(|read, me| {
                let held = keys
                    .iter()
                    .map(|(key, _, inode)| read.lock_against(me.kin(), key, inode.as_deref()));
                Ok(held.collect::<Result<Vec<_>>>()?.iter().all(Option::is_none))
            })?;
            if is_free || now.since(&began) >= patience || now.since(&tried) >= SEEN_EVERY {
                break;
            }
        }
    }
}

fn granted(context: &Context<'_>, locks: &[Lock]) -> Result<()> {
    let now = context.env.now();
    if context.global.json {
        return context.print_json(
            &locks
                .iter()
                .map(|lock| render::lock::Json::new(lock, &now))
                .collect::<Vec<_>>(),
        );
    }
    context.say(&locks.iter().map(render::lock::granted).collect::<String>())
}

pub(super) fn refused(context: &Context<'_>, conflict: &Conflict, waited: Option<Duration>) -> Refusal {
    let message = render::lock::held(&conflict.wanted, &conflict.held, &context.env.now());
    let refusal = match waited {
        Some(waited) => Refusal::timed_out(format!("waited {}: {message}", render::time::duration(waited))),
        None => Refusal::refused(message),
    };
    refusal.hint(render::lock::next_command(&conflict.held))
}

/// Says so when a path exists nowhere, but would from the top of the checkout: then it was meant from there.
fn warn_of_strays(context: &Context<'_>, target: &Target) {
    for path in &target.paths {
        let located = context.locate(path);
        if !located.exists && path.is_relative() && context.project().worktree.join(path).exists() {
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
    let keys = arguments.target.keys(context)?;
    let outcomes = context.act(|write, me| {
        keys.iter()
            .map(|(key, _, _)| match write.release(&me.id, key, arguments.force)? {
                Released::Foreign(lock) => {
                    let message = render::lock::held(key, &lock, &context.env.now());
                    Err(Refusal::refused(message)
                        .hint(render::lock::next_command(&lock))
                        .into())
                }
                released => Ok(render::lock::released(key, &released)),
            })
            .collect::<Result<String>>()
    })?;
    context.say(&outcomes)
}

fn renew(context: &Context<'_>, arguments: &Renew) -> Result<()> {
    let keys = arguments.target.keys(context)?;
    let ttl = lease(arguments.ttl)?;
    let locks = context.act(|write, me| {
        let ttl = ttl.map_or_else(|| write.lock_ttl(), Ok)?;
        keys.iter()
            .map(|(key, _, _)| {
                write.renew(&me.id, key, ttl)?.ok_or_else(|| {
                    Refusal::missing(format!("you hold no lock on {}", render::lock::key(key)))
                        .hint("agent-sync lock list --mine")
                        .into()
                })
            })
            .collect::<Result<Vec<_>>>()
    })?;
    granted(context, &locks)
}

fn list(context: &Context<'_>, arguments: &List) -> Result<()> {
    let locks = context.look(|read, me| {
        let mut locks = read.locks(arguments.all)?;
        locks.retain(|lock| !arguments.mine || lock.holder == me.id);
        Ok(locks)
    })?;
    let now = context.env.now();
    if context.global.json {
        return context.print_json(
            &locks
                .iter()
                .map(|lock| render::lock::Json::new(lock, &now))
                .collect::<Vec<_>>(),
        );
    }
    if locks.is_empty() {
        return context.print("No active locks.\n");
    }
    context.print_data(
        &render::lock::table(&locks, &now, context.env.output_width()),
        "agent-sync lock list --json",
    )
}

fn check(context: &Context<'_>, target: &Target) -> Result<()> {
    let keys = target.keys(context)?;
    let held = context.look(|read, me| {
        for (key, _, inode) in &keys {
            if let Some(lock) = read.lock_against(me.kin(), key, inode.as_deref())? {
                return Ok(Some((key.clone(), lock)));
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

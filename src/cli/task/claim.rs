//! `agent-sync task claim` and `task next`.
//!
//! Whoever waits for a task sleeps and looks whether the store has changed at all, which costs next to nothing;
//! only then it looks whether there is something to do, and only then it asks for it. There is no line: one
//! task is as good as another to somebody with nothing to do.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::super::session::Session;
use super::super::{Context, duration, text};
use super::create::labels;
use crate::domain::lock::{Conflict, Lock};
use crate::domain::time::Moment;
use crate::error::Refusal;
use crate::render;
use crate::store::{Board, Claim as Taking, Claimed, HandOut, PassedOver, Request};

/// How long a waiter sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(25);
/// How often a waiter looks for work that the dead left behind, in milliseconds.
const LOOKS_EVERY: i64 = 1_000;
/// How often a waiter shows that it is there, in milliseconds.
const SEEN_EVERY: i64 = 30_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct Claim {
    /// Its id, a unique beginning of it, or its title
    task: String,
    /// Lock its files, too: all of it or nothing
    #[arg(long)]
    lock: bool,
    /// Although tasks that come first are open
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Next {
    /// Lock its files, too
    #[arg(long)]
    lock: bool,
    /// Take tasks of this role instead of your own; tasks without a role are everybody's
    #[arg(long)]
    role: Option<String>,
    /// Only tasks with this label; may be given again
    #[arg(long = "label", value_name = "WORD")]
    labels: Vec<String>,
    /// One more, although you have one in progress (up to the setting `tasks.wip_limit`)
    #[arg(long)]
    another: bool,
    /// Wait until there is one: 30s, 5m; a bare number means seconds [default: 90s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "90", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Claim) -> Result<()> {
    let claimed = context.act(|write, me| {
        let claim = Taking {
            agent: me.kin(),
            tree: &context.project().tree,
            lock: arguments.lock,
            force: arguments.force,
        };
        // A refusal inside the transaction: neither the task nor a lock is taken.
        write
            .claim(&arguments.task, claim)?
            .map_err(|conflict| not_locked(context, &conflict).into())
    })?;
    let text = render::task::claimed(&claimed.task, &claimed.locks);
    say_claimed(context, &claimed, &text, &[])
}

fn not_locked(context: &Context<'_>, conflict: &Conflict) -> Refusal {
    let obstacle = render::lock::conflict(conflict, &context.env.now());
    Refusal::refused(format!("not claimed: {obstacle}")).hint(render::lock::way_out(conflict))
}

pub(super) fn next(context: &Context<'_>, arguments: &Next) -> Result<()> {
    let labels = labels(&arguments.labels)?;
    let role = arguments
        .role
        .as_deref()
        .map(|role| text::remark("role", role))
        .transpose()?;
    let waiter = Waiter {
        context,
        arguments,
        labels: &labels,
        role: role.as_deref(),
        began: context.env.now(),
    };
    let mut session = context.session()?;
    loop {
        let tried_at = context.env.now();
        // Asked before the attempt, so that no change falls between the two.
        session.has_changed()?;
        let (out, board) = session.act(|write, me| {
            let out = write.next_task(&waiter.request(me.kin()))?;
            let board = match &out.claimed {
                Some(_) => Board::default(),
                None => write.board(&waiter.request(me.kin()))?,
            };
            Ok((out, board))
        })?;
        if out.claimed.is_some() {
            return handed_out(context, &out);
        }
        let left = waiter.left(&context.env.now());
        match arguments.wait {
            None => return nothing(context, &out, &board),
            Some(patience) if left.is_zero() => return Err(timed_out(patience, &out, &board).into()),
            Some(_) => waiter.wait(&mut session, &tried_at)?,
        }
    }
}

struct Waiter<'a> {
    context: &'a Context<'a>,
    arguments: &'a Next,
    labels: &'a [String],
    role: Option<&'a str>,
    began: Moment,
}

impl Waiter<'_> {
    fn request<'b>(&'b self, agent: crate::domain::agent::Kin<'b>) -> Request<'b> {
        Request {
            agent,
            tree: &self.context.project().tree,
            lock: self.arguments.lock,
            role: self.role,
            labels: self.labels,
            another: self.arguments.another,
        }
    }

    /// How much of the patience is left.
    fn left(&self, now: &Moment) -> Duration {
        let waited = Duration::from_millis(u64::try_from(now.since(&self.began)).unwrap_or(0));
        self.arguments.wait.unwrap_or_default().saturating_sub(waited)
    }

    /// Sleeps until another attempt is worth it.
    fn wait(&self, session: &mut Session<'_>, tried_at: &Moment) -> Result<()> {
        let env = self.context.env;
        let mut looked_at = *tried_at;
        loop {
            let now = env.now();
            let left = self.left(&now);
            if left.is_zero() || now.since(tried_at) >= SEEN_EVERY {
                return Ok(());
            }
            env.sleep(PAUSE.min(left));
            let now = env.now();
            if !session.has_changed()? && now.since(&looked_at) < LOOKS_EVERY {
                continue;
            }
            looked_at = now;
            if session.look(|read, me| read.is_something_to_do(&self.request(me.kin())))? {
                return Ok(());
            }
        }
    }
}

fn handed_out(context: &Context<'_>, out: &HandOut) -> Result<()> {
    let Some(claimed) = &out.claimed else {
        return Ok(());
    };
    let mut text = if out.is_own {
        render::task::still_yours(&claimed.task, &claimed.locks)
    } else {
        render::task::claimed(&claimed.task, &claimed.locks)
    };
    if let Some(conflict) = &claimed.unlocked {
        let obstacle = render::lock::conflict(conflict, &context.env.now());
        text += &render::task::not_locked(&obstacle);
    }
    text += &passed_over(context, out);
    say_claimed(context, claimed, &text, &out.passed_over)
}

fn passed_over(context: &Context<'_>, out: &HandOut) -> String {
    let now = context.env.now();
    let named: Vec<String> = out
        .passed_over
        .iter()
        .map(|passed| {
            render::task::passed_over(&passed.task, &render::lock::conflict(&passed.conflict, &now))
        })
        .collect();
    let more = match out.also_passed_over {
        0 => String::new(),
        count => format!("  passed over {count} more whose files others hold\n"),
    };
    named.concat() + &more
}

fn nothing(context: &Context<'_>, out: &HandOut, board: &Board) -> Result<()> {
    if context.global.json {
        let passed_over = passed_over(context, out);
        if !passed_over.is_empty() && !context.global.quiet {
            context.note(passed_over.trim());
        }
        return context.print_json(&None::<()>);
    }
    context.print(&format!(
        "No available tasks to claim.\n{}{}",
        passed_over(context, out),
        render::task::board(board.lines(), "  ")
    ))
}

fn timed_out(patience: Duration, out: &HandOut, board: &Board) -> Refusal {
    let mut why = board.lines();
    let held = out.passed_over.len() + out.also_passed_over;
    if held > 0 {
        why.push((held, "ready but with files that others hold"));
    }
    let why = render::task::board(why, "");
    let waited = render::time::duration(patience);
    let why = why.trim();
    let why = if why.is_empty() {
        "there are no open tasks"
    } else {
        why
    };
    Refusal::timed_out(format!("waited {waited} and nothing is ready for you: {why}"))
        .hint("agent-sync task list")
}

#[derive(Debug, Serialize)]
struct ClaimedJson<'a> {
    #[serde(flatten)]
    task: render::task::Json<'a>,
    locks: Vec<render::lock::Json<'a>>,
    overlaps: Vec<OverlapJson<'a>>,
    passed_over: Vec<&'a str>,
}

/// A task in progress that touches the same files.
#[derive(Debug, Serialize)]
struct OverlapJson<'a> {
    task_id: &'a str,
    owner_agent_id: Option<&'a str>,
    worktree: Option<&'a str>,
    files: &'a [String],
}

/// Says what somebody took, and what they should know about it.
pub(super) fn say_claimed(
    context: &Context<'_>,
    claimed: &Claimed,
    text: &str,
    passed_over: &[PassedOver],
) -> Result<()> {
    if context.global.json {
        let now = context.env.now();
        return context.print_json(&ClaimedJson {
            task: render::task::Json::new(&claimed.task),
            locks: claimed
                .locks
                .iter()
                .map(|lock: &Lock| render::lock::Json::new(lock, &now))
                .collect(),
            overlaps: claimed
                .overlaps
                .iter()
                .map(|overlap| OverlapJson {
                    task_id: &overlap.task.id,
                    owner_agent_id: overlap.task.owner.as_deref(),
                    worktree: overlap.task.tree.as_deref(),
                    files: &overlap.files,
                })
                .collect(),
            passed_over: passed_over.iter().map(|passed| passed.task.id.as_str()).collect(),
        });
    }
    let overlaps: String = claimed
        .overlaps
        .iter()
        .map(|overlap| render::task::overlap(&overlap.task, &overlap.files))
        .collect();
    let brief = render::task::assignment(&claimed.task, &claimed.said);
    let limit = render::task::over_limit(claimed.in_progress, claimed.wip_limit);
    context.say(&format!("{text}{brief}{overlaps}{limit}"))
}

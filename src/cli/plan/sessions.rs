//! `agent-sync plan launch --sessions`: sessions are started for a plan's tasks and looked after in the foreground.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use super::super::{Context, duration};
#[cfg(unix)]
use super::crew_view::Page;
use crate::crew::{self, Checkout, End, Order, Outcome};
use crate::domain::crew::{Limits, MAX_SESSIONS, Template, roster};
use crate::domain::plan::proposal::Proposal;
use crate::error::{Exit, Refusal, Told};
use crate::render;
use crate::setup::plugin::hooks_json;
use crate::setup::reach::Reach;

/// What a headless session may do without asking, where nothing else is said: edit, coordinate and commit.
const TOOLS: &str = "Edit,Write,Bash(agent-sync *),Bash(git add *),Bash(git commit *),Bash(git merge *)";

/// How many sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Count {
    /// As many as the plan says.
    Planned,
    /// So many.
    Of(usize),
}

fn count(text: &str) -> Result<Count, String> {
    if text == "planned" {
        return Ok(Count::Planned);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err("a number from 1 on, or nothing for as many as the plan says".to_owned()),
        Ok(number) => Ok(Count::Of(number)),
    }
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(in crate::cli) struct CrewArguments {
    /// Then start so many sessions for its tasks, and look after them until all have ended; without a number as many as the plan says, or one for each role
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "planned", value_parser = count)]
    sessions: Option<Count>,
    /// What starts a session, as words without a shell; {prompt} {agent} {name} {role} {plan} {session} {settings} {worktree} are filled in [default: Claude Code, headless]
    #[arg(long, value_name = "WORDS", requires = "sessions", allow_hyphen_values = true)]
    command: Option<String>,
    /// Give each session a git worktree and a branch of its own; it goes at the end when it is clean and merged
    #[arg(long, requires = "sessions")]
    worktrees: bool,
    /// Remove clean worktrees at the end although they are not merged; their branches stay
    #[arg(long, requires = "worktrees")]
    remove_worktrees: bool,
    /// Give each session a window of tmux in place of a log: `tmux -L agent-sync-PLAN attach` shows them
    #[arg(long, requires = "sessions")]
    tmux: bool,
    /// The permission mode of Claude Code's sessions [default: acceptEdits]
    #[arg(long, value_name = "MODE", requires = "sessions", conflicts_with = "command")]
    permission_mode: Option<String>,
    /// The tools that they may use without asking, separated by commas [default: Edit, Write, and Bash for agent-sync and git add, commit, merge]
    #[arg(long, value_name = "TOOLS", requires = "sessions", conflicts_with = "command")]
    allow: Option<String>,
    /// Most turns of a session from start to end [default: the plan's budget]
    #[arg(long, value_name = "N", requires = "sessions", conflicts_with = "command")]
    turns: Option<u32>,
    /// How long all of it may take: 30m, 2h; a bare number means minutes [default: the plan's budget]
    #[arg(long, value_name = "TIME", requires = "sessions", value_parser = duration::minutes)]
    time: Option<Duration>,
    /// How many starts of a session in a row may come to nothing [default: the plan's budget, or 3]
    #[arg(long, value_name = "N", requires = "sessions")]
    restarts: Option<u32>,
    /// How long to wait after the first such start; it doubles with each [default: 1s]
    #[arg(long, value_name = "TIME", requires = "sessions", value_parser = duration::seconds)]
    backoff: Option<Duration>,
    /// How long sessions may finish what they have once no more is started [default: 2m]
    #[arg(long, value_name = "TIME", requires = "sessions", value_parser = duration::seconds)]
    drain: Option<Duration>,
    /// How long a session may take to end once it is told to, before it is killed [default: 10s]
    #[arg(long, value_name = "TIME", requires = "sessions", value_parser = duration::seconds)]
    grace: Option<Duration>,
    /// Although a process elsewhere may look after them, such as in a container that is gone
    #[arg(long, requires = "sessions")]
    take_over: bool,
}

impl CrewArguments {
    /// How many are wanted, if any; refused where they are not to be started at all.
    ///
    /// # Errors
    /// [`Refusal`] in an agent's shell, and for what cannot be started.
    pub(super) fn wanted(&self, context: &Context<'_>) -> Result<Option<Count>> {
        let Some(count) = self.sessions else {
            return Ok(None);
        };
        if context.env.is_agent_shell() {
            return Err(
                Refusal::refused("starting sessions is the human's; an agent's shell cannot do it")
                    .hint(
                        "leave --sessions out: the tasks come onto the board, and whoever is here takes them",
                    )
                    .into(),
            );
        }
        if let Count::Of(number) = count
            && number > MAX_SESSIONS
        {
            return Err(too_many(number).into());
        }
        crew::require_program(context.env, &self.template(None)?, context.cwd())?;
        if self.tmux && context.env.find_program("tmux").is_none() {
            return Err(Refusal::missing("there is no program tmux")
                .hint("install it, or leave --tmux out: what sessions print is in their logs then")
                .into());
        }
        Ok(Some(count))
    }

    fn template(&self, planned_turns: Option<u32>) -> Result<Template> {
        match &self.command {
            Some(command) => Template::split(command).map_err(|why| {
                Refusal::usage(why.to_string())
                    .hint("quote what is special, or name a script of your own")
                    .into()
            }),
            None => Ok(crew::client(
                self.permission_mode.as_deref().unwrap_or("acceptEdits"),
                self.allow.as_deref().unwrap_or(TOOLS),
                self.turns.or(planned_turns),
            )),
        }
    }

    fn order(&self, context: &Context<'_>, agent: &str, plan: &Proposal, count: Count) -> Result<Order> {
        let terms = &plan.newest.plan.terms;
        let planned: Vec<_> = terms
            .sessions
            .iter()
            .map(|seats| {
                let count = usize::try_from(seats.count).unwrap_or(usize::MAX);
                (seats.role.clone(), count)
            })
            .collect();
        let asked: Vec<_> = plan.tasks.iter().map(|(_, task)| task.role.clone()).collect();
        let wanted = match count {
            Count::Planned => None,
            Count::Of(number) => Some(number),
        };
        let seats = roster(&planned, &asked, wanted).map_err(|many| too_many(many.0))?;
        let budget = &terms.budget;
        let milliseconds = |time: i64| Duration::from_millis(u64::try_from(time).unwrap_or(0));
        let default = Limits::default();
        Ok(Order {
            plan: plan.id.clone(),
            agent: agent.to_owned(),
            tasks: plan.tasks.iter().map(|(_, task)| task.id.clone()).collect(),
            seats,
            template: self.template(budget.turns)?,
            settings: settings(context, &plan.id)?,
            windows: self.tmux,
            checkout: match (self.worktrees, self.remove_worktrees) {
                (false, _) => Checkout::Shared,
                (true, false) => Checkout::Own,
                (true, true) => Checkout::OwnForNow,
            },
            limits: Limits {
                restarts: self.restarts.or(budget.restarts).unwrap_or(default.restarts),
                pause: self.backoff.map_or(default.pause, |pause| {
                    i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)
                }),
            },
            time: self.time.or(budget.time.map(milliseconds)),
            grace: self.grace.unwrap_or(Duration::from_secs(10)),
            drain: self.drain.unwrap_or(Duration::from_secs(120)),
            by_force: self.take_over,
        })
    }

    /// Starts the sessions of a plan that is launched, and looks after them.
    ///
    /// # Errors
    /// [`Refusal`] when somebody does so already, or when not all tasks came to be done.
    pub(super) fn run(
        &self,
        context: &Context<'_>,
        agent: &str,
        plan: &Proposal,
        count: Count,
    ) -> Result<()> {
        let order = self.order(context, agent, plan, count)?;
        if order.windows {
            context.note(&format!(
                "`tmux -L {} attach` in another terminal shows the sessions",
                crew::windows(&order.plan)
            ));
        }
        tell(context, &supervise(context, &order)?)
    }
}

#[cfg(unix)]
fn supervise(context: &Context<'_>, order: &Order) -> Result<Outcome> {
    let mut page = Page::open(context)?;
    // The terminal is given back before anything is said.
    let outcome = crew::supervise(context.env, context.place(), order, &mut page);
    drop(page);
    outcome
}

#[cfg(not(unix))]
fn supervise(_: &Context<'_>, _: &Order) -> Result<Outcome> {
    Err(Refusal::internal("--sessions is not there on this system yet")
        .hint("start sessions yourself: they take the tasks with `agent-sync task next`")
        .into())
}

/// Ends this process as the signal would have.
#[cfg(unix)]
fn end_by(signal: i32) -> Result<()> {
    Ok(crate::env::screen::end_by(signal)?)
}

#[cfg(not(unix))]
fn end_by(_: i32) -> Result<()> {
    Ok(())
}

fn too_many(count: usize) -> Refusal {
    Refusal::usage(format!("{count} sessions are more than {MAX_SESSIONS}")).hint(
        "a session that has nothing to do is not started anyway: say how many may work at the same time",
    )
}

/// Where sessions find the hooks whatever checkout they start in; nothing of that where a plugin brings them along.
fn settings(context: &Context<'_>, plan: &str) -> Result<PathBuf> {
    let directory = crew::log::directory(context.project(), plan);
    fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
    let file = directory.join("settings.json");
    let has_plugin = Reach::of(context.env, context.project()).plugin().is_some();
    let text = if has_plugin {
        "{}\n".to_owned()
    } else {
        hooks_json()
    };
    fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}

/// Says what came of it.
fn tell(context: &Context<'_>, outcome: &Outcome) -> Result<()> {
    if context.global.json {
        context.print(&(render::json::to_line(&render::crew::Json::new(&outcome.picture)) + "\n"))?;
    }
    for (path, why) in &outcome.kept {
        context.note(render::crew::kept(&path.to_string_lossy(), why).trim_end());
    }
    for log in render::crew::failures(&outcome.picture.sessions) {
        context.note(&format!(
            "a session came to nothing too often; it printed to {log}"
        ));
    }
    let progress = render::crew::progress(&outcome.tasks);
    let plan = &outcome.picture.plan;
    match outcome.end {
        End::Finished => {
            if !context.global.json {
                context.say(&format!("All sessions of {plan} have ended: {progress}\n"))?;
            }
            if outcome.tasks.failed > 0 {
                return Err(Told(Exit::Refused).into());
            }
            Ok(())
        }
        End::Drained(signal) => {
            context.note(&format!(
                "all sessions of {plan} have ended: {progress}; the same command goes on with it"
            ));
            end_by(signal)
        }
        End::Held => Err(Refusal::refused(format!(
            "no work is handed out, so no session of {plan} is left: {progress}"
        ))
        .hint("`agent-sync swarm status` says why; after `agent-sync swarm resume` the same command goes on")
        .into()),
        End::TimeUp => Err(
            Refusal::timed_out(format!("the time for {plan} is over: {progress}"))
                .hint(format!("agent-sync plan launch {plan} --sessions --time 1h"))
                .into(),
        ),
        End::Stuck => Err(Refusal::refused(format!(
            "no session can take any of what is left of {plan}: {progress}"
        ))
        .hint("agent-sync task graph")
        .into()),
    }
}

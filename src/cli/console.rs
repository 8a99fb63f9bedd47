//! `agent-sync console`: the live console, where it is built in.

use anyhow::Result;
use clap::Args;

use super::Global;
use crate::domain::agent::OPERATOR;
use crate::env::Env;
use crate::error::Refusal;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What stands before the prompt; to others you are `operator`
    #[arg(long, value_name = "NAME", default_value = OPERATOR)]
    name: String,
    /// As in 0.4.0: how often to look for news. There is no need: what happens is shown at once
    #[arg(long, value_name = "SECONDS", hide = true)]
    interval: Option<f64>,
}

pub(super) fn run(env: &Env, global: &Global, arguments: &Arguments) -> Result<()> {
    if global
        .identity
        .as_deref()
        .is_some_and(|identity| identity != OPERATOR)
    {
        return Err(Refusal::usage("the console acts as operator alone")
            .hint("leave --as out; at its prompt a command may have one")
            .into());
    }
    if env.is_agent_shell() {
        return Err(Refusal::refused(
            "the console is the human's; an agent's shell cannot act as 'operator'",
        )
        .hint("agent-sync status")
        .into());
    }
    start(env, global, arguments)
}

#[cfg(feature = "console")]
fn start(env: &Env, global: &Global, arguments: &Arguments) -> Result<()> {
    use super::Context;
    use crate::console::{self, Ended, Setup};
    use crate::render::words::counted;
    use crate::store::Purpose;

    if !env.is_interactive() || !env.is_output_terminal() {
        return Err(Refusal::internal("the console needs a terminal")
            .hint("agent-sync status")
            .into());
    }
    let as_the_human = Global {
        json: false,
        identity: Some(OPERATOR.to_owned()),
        root: global.root.clone(),
        color: global.color,
        quiet: global.quiet,
        fence: None,
    };
    let context = Context::new(env, &as_the_human)?;
    // Whatever is wrong with the store is said here, where it can be read.
    if let Err(error) = context.act(|_, _| Ok(())) {
        // What cannot be changed can be looked at.
        let found = context.place().open(env, Purpose::Hook);
        if !found.is_ok_and(|store| store.is_read_only()) {
            return Err(error);
        }
    }
    let setup = Setup {
        env,
        place: context.place(),
        cwd: context.cwd(),
        root: global.root.clone(),
        name: &arguments.name,
    };
    match console::run(&setup)? {
        Ended::Left(0) => Ok(()),
        Ended::Left(locks) => context.say(&format!(
            "You still hold {}; they stay yours until they lapse.\nagent-sync --as operator lock release --all\n",
            counted(locks as u64, "lock")
        )),
        Ended::Signal(signal) => Ok(console::end_by(signal)?),
    }
}

#[cfg(not(feature = "console"))]
fn start(_: &Env, _: &Global, _: &Arguments) -> Result<()> {
    Err(Refusal::internal("this agent-sync was built without the console")
        .hint("agent-sync status; `cargo install agent-sync` builds it with the console")
        .into())
}

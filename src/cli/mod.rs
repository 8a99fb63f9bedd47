//! The commands: one file per noun, and here the list of them and what all share.
//!
//! A command reads its arguments, asks the store in one snapshot or changes it in one transaction, and hands
//! what came of it to `render`. What goes wrong comes back as an error and is worded in one place, below.

mod context;
mod doctor;
mod duration;
mod init;
mod legacy;
mod lock;
mod uninstall;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::env::Env;
use crate::error::{Exit, Refusal, Told};
use crate::frame::neutralise;
use crate::hook;
use crate::render::colour;

pub use context::Context;

/// Coordinates parallel coding agents in one git repository.
#[derive(Debug, Parser)]
#[command(name = "agent-sync", version, infer_long_args = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Act as this agent
    #[arg(long = "as", global = true, value_name = "ID")]
    pub identity: Option<String>,
    /// Use the project in this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<std::path::PathBuf>,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Print nothing but errors and what was asked for
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// When to colour what is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Take, give back and list locks
    #[command(subcommand)]
    Lock(lock::Command),
    /// Answer one of Claude Code's hooks (JSON on standard input)
    Hook {
        /// Which one
        event: String,
    },
    /// Set a project up: the store, the hooks, the skill
    Init(init::Init),
    /// Take out what `init` put in
    Uninstall(uninstall::Uninstall),
    /// Check whether sessions here are protected: exit 0 when nothing is wrong, 1 otherwise
    Doctor,
}

/// Runs the program and says how it went.
#[must_use]
pub fn run() -> ExitCode {
    let env = Env::real();
    let arguments = env.arguments();
    // Hooks come first and go round the parser: its usage error would be exit status 2, which means a block.
    if arguments.first().is_some_and(|word| word == "hook") && !arguments.iter().any(|word| word == "--help")
    {
        return hook::run(
            &env,
            arguments
                .get(1)
                .and_then(|word| word.to_str())
                .unwrap_or_default(),
        );
    }
    match parse(arguments) {
        Ok(cli) => report(&env, execute(&env, cli)),
        Err(error) => {
            let status = if error.use_stderr() { Exit::Usage as u8 } else { 0 };
            let _nobody_listens = error.print();
            ExitCode::from(status)
        }
    }
}

fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let program = OsString::from("agent-sync");
    Cli::try_parse_from(std::iter::once(program).chain(legacy::translate(arguments)))
}

fn execute(env: &Env, cli: Cli) -> Result<()> {
    match cli.global.color {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
    let context = Context::new(env, &cli.global)?;
    match cli.command {
        None => context.print(&Cli::command().render_help().to_string()),
        Some(Command::Lock(command)) => lock::run(&context, command),
        Some(Command::Hook { event }) => {
            Err(Refusal::usage(format!("say `agent-sync hook {event}` first")).into())
        }
        Some(Command::Init(arguments)) => init::run(&context, &arguments),
        Some(Command::Uninstall(arguments)) => uninstall::run(&context, &arguments),
        Some(Command::Doctor) => doctor::run(&context),
    }
}

/// Turns an outcome into lines on standard error and an exit status.
fn report(env: &Env, outcome: Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_closed_output(&error) {
        return ExitCode::SUCCESS;
    }
    if let Some(Told(exit)) = error.downcast_ref() {
        return ExitCode::from(*exit as u8);
    }
    let (exit, message, hint) = match error.downcast_ref::<Refusal>() {
        Some(refusal) => (refusal.exit, refusal.message.clone(), refusal.hint.clone()),
        None => (
            Exit::Internal,
            neutralise(&format!("{error:#}")),
            Some("agent-sync doctor".to_owned()),
        ),
    };
    env.write_error(&format!("{} {message}\n", colour::error(&"error:")));
    if let Some(hint) = hint {
        env.write_error(&format!("{} {hint}\n", colour::dim(&"hint:")));
    }
    ExitCode::from(exit as u8)
}

/// Whether the reader of our output has gone, which is its right.
fn is_closed_output(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

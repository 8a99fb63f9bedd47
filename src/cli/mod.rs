//! The commands: one file per noun, and here the list of them and what all share.
//!
//! A command reads its arguments, asks the store in one snapshot or changes it in one transaction, and hands
//! what came of it to `render`. What goes wrong comes back as an error and is worded in one place, below.

mod activity;
mod agent;
mod append;
mod approve;
mod backup;
mod completions;
mod config;
mod console;
mod context;
mod decision;
mod demo;
mod doctor;
mod duration;
mod exchange;
mod gate;
mod gc;
mod init;
mod leader;
mod legacy;
mod listen;
mod lock;
mod man;
mod message;
mod metrics;
mod output_file;
mod ping;
mod plan;
mod policy;
#[cfg(test)]
mod reference;
mod report;
mod search;
mod session;
mod spoken;
mod status;
mod swarm;
mod task;
#[cfg(test)]
mod tests;
mod text;
mod topology;
mod uninstall;
mod vote;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::env::Env;
use crate::error::{Exit, Refusal, Told};
use crate::frame::{HARD_BUDGET, clean_lines, conceal, neutralise};
use crate::hook;
use crate::render::colour;

pub use context::Context;
use spoken::Spoken;

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
    /// Change something only while your lease with this number, of a leadership or a lock, still holds
    #[arg(long, global = true, value_name = "N")]
    pub fence: Option<i64>,
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
    /// Show the whole picture
    Status(status::Arguments),
    /// Say who you are and see who else is here
    #[command(subcommand)]
    Agent(agent::Command),
    /// Show as whom you act
    Whoami,
    /// Ask agents for a sign of life, or see what came of it
    Ping(ping::Arguments),
    /// Put tasks on the board, take them, finish them
    #[command(subcommand)]
    Task(task::Command),
    /// Propose work as a whole, agree to it, and put it on the board
    #[command(subcommand)]
    Plan(plan::Command),
    /// Send messages and read your mail
    #[command(subcommand)]
    Message(message::Command),
    /// Take, give back and list locks
    #[command(subcommand)]
    Lock(lock::Command),
    /// Ask several and count their ballots
    #[command(subcommand)]
    Vote(vote::Command),
    /// Lead the others in a role, one at a time
    #[command(subcommand)]
    Leader(leader::Command),
    /// Settle who writes to whom: everybody, through a hub, or along a hierarchy
    #[command(subcommand)]
    Topology(topology::Command),
    /// Show and try the rules for agents' calls; the human applies them
    #[command(subcommand)]
    Policy(policy::Command),
    /// Let a call pass that waits for an approval, or refuse it
    Approve(approve::Arguments),
    /// See how the swarm stands, and bring it to an orderly end
    #[command(subcommand)]
    Swarm(swarm::Command),
    /// Record what was settled
    #[command(subcommand)]
    Decision(decision::Command),
    /// Find messages, decisions and tasks by their words
    Search(search::Search),
    /// See what happened, and add notes to it
    #[command(subcommand)]
    Activity(activity::Command),
    /// Write what happened as a page for a browser: timeline, locks, messages, tasks, numbers
    Report(report::Arguments),
    /// Show what coordination cost and what it was good for, in numbers
    Metrics(metrics::Arguments),
    /// Add text to the end of a file under its lock
    Append(append::Arguments),
    /// Show and change what this repository has decided for itself
    #[command(subcommand)]
    Config(config::Command),
    /// Clear what the dead and the lapsed have left behind, and what is older than `config` keeps it
    Gc(gc::Arguments),
    /// Print the completions for a shell
    Completions(completions::Completions),
    /// Print a page of the manual, or write all of them
    Man(man::Man),
    /// Watch everything live, and act as the human
    Console(console::Arguments),
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
    Doctor(doctor::Arguments),
    /// Make a copy of the store
    Backup(backup::Backup),
    /// Put a copy into the place of the store
    Restore(backup::Restore),
    /// Write what the repository owns as JSON Lines: tasks, messages, decisions, the record
    Export(exchange::Export),
    /// Merge what `export` wrote into the store
    Import(exchange::Import),
    /// Show two agents at work in a scratch repository
    Demo(demo::Demo),
}

impl Command {
    /// Whether it changes the store as a whole, or nothing in it, so that no lease in it could protect it.
    const fn is_beyond_fences(&self) -> bool {
        matches!(
            self,
            Self::Init(_)
                | Self::Uninstall(_)
                | Self::Doctor(_)
                | Self::Restore(_)
                | Self::Demo(_)
                | Self::Console(_)
        )
    }

    /// Whether it changes or hands out the store as a whole, otherwise than by an act in it: the policy is asked
    /// about it before.
    const fn is_beyond_acts(&self) -> bool {
        matches!(
            self,
            Self::Init(_)
                | Self::Uninstall(_)
                | Self::Backup(_)
                | Self::Restore(_)
                | Self::Export(_)
                | Self::Gc(_)
        )
    }

    /// Whether what it changes is new work, which a closed store does not take.
    const fn is_work(&self) -> bool {
        match self {
            Self::Task(_)
            | Self::Plan(_)
            | Self::Vote(_)
            | Self::Decision(_)
            | Self::Activity(_)
            | Self::Append(_)
            | Self::Import(_) => true,
            Self::Message(command) => command.is_work(),
            Self::Lock(command) => command.is_work(),
            Self::Leader(command) => command.is_work(),
            _ => false,
        }
    }
}

/// Runs the program and says how it went.
#[must_use]
pub fn run() -> ExitCode {
    let env = Env::real();
    #[cfg(debug_assertions)]
    record_statements(&env);
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
    match parse(arguments.clone()) {
        Ok((cli, spoken)) => report(&env, execute(&env, cli, spoken)),
        Err(error) => {
            let status = if error.use_stderr() { Exit::Usage as u8 } else { 0 };
            say_unparsed(&env, &error, &arguments);
            ExitCode::from(status)
        }
    }
}

/// Has what the store runs written down where a test asks for it.
#[cfg(debug_assertions)]
fn record_statements(env: &Env) {
    let wanted = env.variable(crate::env::Variable::TestStatements);
    if let Some(Err(error)) = wanted.map(|file| crate::store::record_statements(file.as_ref())) {
        env.write_error(&format!("the statements cannot be recorded: {error}\n"));
    }
}

/// Prints a usage error or a help text. A usage error repeats words of the command line, and an agent may have
/// got those from somebody else: where they hold what is not harmless, the error about harmless ones is printed.
fn say_unparsed(env: &Env, error: &clap::Error, arguments: &[OsString]) {
    let harmless = |word: &OsString| OsString::from(neutralise(&word.to_string_lossy()));
    let harmless: Vec<OsString> = arguments.iter().map(harmless).collect();
    if harmless == arguments {
        let _nobody_listens = error.print();
        return;
    }
    match parse(harmless) {
        Err(again) if again.kind() == error.kind() => {
            let _nobody_listens = again.print();
        }
        _ => {
            let text = error.render().to_string();
            for line in clean_lines(&text, HARD_BUDGET) {
                env.write_error(&format!("{line}\n"));
            }
        }
    }
}

/// What the words ask for, and the same as the rules of a policy see it.
fn parse(arguments: Vec<OsString>) -> Result<(Cli, Option<Spoken>), clap::Error> {
    let words = legacy::translate(arguments);
    let shown: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let asked = legacy::command_at(&words).and_then(|at| program_of(&shown[at]));
    let understood = asked.and_then(|program| understand(program, &words, &shown).ok());
    // What is wrong is said, and help given, with every command in view.
    understood.map_or_else(|| understand(Cli::command(), &words, &shown), Ok)
}

/// The program with one command alone. To tell each of thirty commands what all of them take is most of the parser's
/// work, and only one of them is asked for.
fn program_of(command: &str) -> Option<clap::Command> {
    let all = Command::augment_subcommands(clap::Command::default());
    let asked = all.find_subcommand(command)?.clone();
    let program = clap::Command::new("agent-sync").infer_long_args(true);
    Some(Global::augment_args(program).subcommand(asked))
}

fn understand(
    mut program: clap::Command,
    words: &[OsString],
    shown: &[String],
) -> Result<(Cli, Option<Spoken>), clap::Error> {
    let name = OsString::from("agent-sync");
    let line = std::iter::once(&name).chain(words);
    let mut matches = program.try_get_matches_from_mut(line)?;
    let spoken = Spoken::of(&program, &matches, shown);
    let cli = Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut program))?;
    Ok((cli, spoken))
}

fn execute(env: &Env, cli: Cli, spoken: Option<Spoken>) -> Result<()> {
    match cli.global.color {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
    let is_work = cli.command.as_ref().is_some_and(Command::is_work);
    let context = Context::new(env, &cli.global)?.speaking(spoken).at_work(is_work);
    if cli.global.fence.is_some() && cli.command.as_ref().is_some_and(Command::is_beyond_fences) {
        return Err(
            Refusal::usage("--fence protects what is written into the store, not this command")
                .hint("leave --fence out")
                .into(),
        );
    }
    if cli.command.as_ref().is_some_and(Command::is_beyond_acts) {
        context.admit()?;
    }
    match cli.command {
        None => context.print(&Cli::command().render_help().to_string()),
        Some(Command::Status(arguments)) => status::run(&context, &arguments),
        Some(Command::Agent(command)) => agent::run(&context, command),
        Some(Command::Whoami) => agent::whoami(&context),
        Some(Command::Ping(arguments)) => ping::run(&context, &arguments),
        Some(Command::Task(command)) => task::run(&context, command),
        Some(Command::Plan(command)) => plan::run(&context, command),
        Some(Command::Message(command)) => message::run(&context, command),
        Some(Command::Lock(command)) => lock::run(&context, command),
        Some(Command::Vote(command)) => vote::run(&context, command),
        Some(Command::Leader(command)) => leader::run(&context, command),
        Some(Command::Topology(command)) => topology::run(&context, command),
        Some(Command::Policy(command)) => policy::run(&context, command),
        Some(Command::Approve(arguments)) => approve::run(&context, &arguments),
        Some(Command::Swarm(command)) => swarm::run(&context, command),
        Some(Command::Decision(command)) => decision::run(&context, command),
        Some(Command::Search(arguments)) => search::run(&context, &arguments),
        Some(Command::Activity(command)) => activity::run(&context, command),
        Some(Command::Report(arguments)) => report::run(&context, &arguments),
        Some(Command::Metrics(arguments)) => metrics::run(&context, &arguments),
        Some(Command::Append(arguments)) => append::run(&context, &arguments),
        Some(Command::Config(command)) => config::run(&context, command),
        Some(Command::Gc(arguments)) => gc::run(&context, &arguments),
        Some(Command::Completions(arguments)) => completions::run(&context, &arguments),
        Some(Command::Man(arguments)) => man::run(&context, &arguments),
        Some(Command::Console(arguments)) => console::run(env, &cli.global, &arguments),
        Some(Command::Hook { event }) => {
            Err(Refusal::usage(format!("say `agent-sync hook {event}` first")).into())
        }
        Some(Command::Init(arguments)) => init::run(&context, &arguments),
        Some(Command::Uninstall(arguments)) => uninstall::run(&context, &arguments),
        Some(Command::Doctor(arguments)) => doctor::run(&context, &arguments),
        Some(Command::Backup(arguments)) => backup::back_up(&context, &arguments),
        Some(Command::Restore(arguments)) => backup::restore(&context, &arguments),
        Some(Command::Export(arguments)) => exchange::export(&context, &arguments),
        Some(Command::Import(arguments)) => exchange::import(&context, &arguments),
        Some(Command::Demo(arguments)) => demo::run(&context, &arguments),
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
    // A path of the project is in many of them, and a directory may be called anything.
    env.write_error(&format!("{} {}\n", colour::error(&"error:"), conceal(&message)));
    if let Some(hint) = hint {
        env.write_error(&format!("{} {}\n", colour::dim(&"hint:"), conceal(&hint)));
    }
    ExitCode::from(exit as u8)
}

/// Whether the reader of our output has gone, which is its right.
fn is_closed_output(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

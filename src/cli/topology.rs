//! `agent-sync topology`: who writes to whom. The human sets it; everybody may look.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};

use super::Context;
use crate::domain::topology::{self, Definition, Form, Shape, Unsound};
use crate::error::{Exit, Refusal, Told};
use crate::render;
use crate::render::topology::{check, diagram};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Set it, for everybody and at once; the human alone does
    Set(Set),
    /// Show it: who is where, and whom everybody writes to
    Show(Show),
    /// Say what is wrong with it, or with the one in a file, and what helps; exit 3 when something is
    Check(CheckArguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Everybody writes to everybody
    Mesh,
    /// Everybody writes to the hub, and the hub to everybody
    Star,
    /// Everybody writes to their parent, their children and their team
    Hierarchical,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// Which kind
    #[arg(value_enum, required_unless_present = "file")]
    shape: Option<Kind>,
    /// Read it from a file, TOML or JSON; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["shape", "hub", "chief", "deputies", "teams", "parents"])]
    file: Option<PathBuf>,
    /// The hub of a star: a name, an id or @role
    #[arg(long, value_name = "WHO")]
    hub: Option<String>,
    /// The chief of a hierarchy; without it, the only one without a parent
    #[arg(long, value_name = "WHO")]
    chief: Option<String>,
    /// Who stands in while the hub or chief is gone, with commas, the first first; may be given again
    #[arg(long = "deputy", value_name = "WHO", value_delimiter = ',')]
    deputies: Vec<String>,
    /// A team, whoever leads it first: NAME=ann,bob,@api; the others hang below the first unless they have a parent
    #[arg(long = "team", value_name = "NAME=WHO,…")]
    teams: Vec<String>,
    /// Whose parent is whom: bob=ann; whoever has none is below the chief
    #[arg(long = "parent", value_name = "CHILD=PARENT")]
    parents: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Who is where
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// One that is not set yet, TOML or JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Set(arguments) => set(context, &arguments),
        Command::Show(arguments) => show(context, &arguments),
        Command::Check(arguments) => run_check(context, arguments.file.as_deref()),
    }
}

fn set(context: &Context<'_>, arguments: &Set) -> Result<()> {
    if context.env.is_agent_shell() {
        return Err(
            Refusal::refused("the topology is the human's to set; an agent's shell cannot")
                .hint("`agent-sync topology show` shows it; ask for another one: agent-sync message send --to operator '…'")
                .into(),
        );
    }
    let form = match &arguments.file {
        Some(file) => read(context, file)?,
        None => form(arguments)?,
    };
    let definition = Definition::new(form).map_err(|wrong| refused(&wrong))?;
    let (topology, is_new) = context.act(|write, me| {
        Ok(match write.set_topology(&definition, &me.id)? {
            Some(topology) => (topology, true),
            None => (write.topology()?, false),
        })
    })?;
    let network = topology.network();
    if context.global.json {
        return context.print_json(&render::topology::Json::new(&topology, &network));
    }
    context.say(&render::topology::set(&network, is_new))?;
    let faults = topology::check(&network);
    let found = check::faults(&definition, &faults);
    let remarks = check::list(&found) + &check::empty(&faults.empty);
    for line in remarks.lines() {
        context.note(line.trim_start());
    }
    Ok(())
}

fn refused(wrong: &[Unsound]) -> Refusal {
    let (message, hint) = check::refusal(&check::unsound(wrong));
    Refusal::refused(message).hint(hint)
}

/// The topology in a file.
fn read(context: &Context<'_>, file: &Path) -> Result<Form> {
    let shown = crate::frame::neutralise(&file.to_string_lossy());
    let text = if file.as_os_str() == "-" {
        context.text_or_input("-")?
    } else {
        let bytes = std::fs::read(context.cwd().join(file)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                anyhow::Error::new(Refusal::missing(format!("there is no file {shown}")))
            }
            _ => anyhow::Error::new(error).context(format!("reading {shown}")),
        })?;
        String::from_utf8(bytes).map_err(|_| Refusal::usage(format!("{shown} is not UTF-8 text")))?
    };
    let parsed = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).context("JSON")
    } else {
        toml::from_str(&text).context("TOML")
    };
    parsed.map_err(|error| {
        let why = crate::frame::neutralise(&format!("{error:#}"));
        Refusal::usage(format!("{shown} is no topology: {why}"))
            .hint("shape = \"star\" and hub = \"NAME\" are the least of one")
            .into()
    })
}

/// The topology that the options say.
fn form(arguments: &Set) -> Result<Form> {
    let shape = match arguments.shape {
        Some(Kind::Star) => Shape::Star,
        Some(Kind::Hierarchical) => Shape::Hierarchical,
        Some(Kind::Mesh) | None => Shape::Mesh,
    };
    let mut teams: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for typed in &arguments.teams {
        let (name, members) = pair(typed, "--team api=ann,bob,@api")?;
        let members = members.split(',').map(|who| who.trim().to_owned());
        let members = members.filter(|who| !who.is_empty());
        teams.entry(name.to_owned()).or_default().extend(members);
    }
    let mut parents: BTreeMap<String, String> = BTreeMap::new();
    for typed in &arguments.parents {
        let (child, parent) = pair(typed, "--parent bob=ann")?;
        let former = parents.insert(child.to_owned(), parent.to_owned());
        if let Some(former) = former.filter(|former| former != parent)
            && let (Some(child), Some(former), Some(parent)) = (
                topology::Who::parse(child),
                topology::Who::parse(&former),
                topology::Who::parse(parent),
            )
        {
            return Err(refused(&[Unsound::TwoParents(child, former, parent)]).into());
        }
    }
    Ok(Form {
        shape,
        hub: arguments.hub.clone(),
        chief: arguments.chief.clone(),
        deputies: arguments.deputies.clone(),
        teams,
        parents,
    })
}

/// The two sides of an equals sign.
fn pair<'a>(typed: &'a str, example: &str) -> Result<(&'a str, &'a str)> {
    let sides = typed
        .split_once('=')
        .map(|(one, other)| (one.trim(), other.trim()));
    sides.filter(|(one, _)| !one.is_empty()).ok_or_else(|| {
        let typed = crate::frame::clean(typed, crate::frame::Field::Name);
        Refusal::usage(format!("'{typed}' has no equals sign in it"))
            .hint(example)
            .into()
    })
}

fn show(context: &Context<'_>, arguments: &Show) -> Result<()> {
    let topology = context.look(|read, _| read.settled_on_paper(read.topology()?))?;
    let network = topology.network();
    let now = context.env.now();
    match arguments.format {
        _ if context.global.json => context.print_json(&render::topology::Json::new(&topology, &network)),
        Format::Json => context.print_json(&render::topology::Json::new(&topology, &network)),
        Format::Dot => context.print(&diagram::dot(&network)),
        Format::Mermaid => context.print(&diagram::mermaid(&network)),
        Format::Text => context.print_data(
            &render::topology::page(&topology, &network, &now, context.env.output_width()),
            "agent-sync topology show --json",
        ),
    }
}

fn run_check(context: &Context<'_>, file: Option<&Path>) -> Result<()> {
    let wanted = file
        .map(|file| read(context, file))
        .transpose()?
        .map(Definition::new);
    let definition = match wanted {
        Some(Err(wrong)) => return say(context, &check::unsound(&wrong), &[], ""),
        Some(Ok(definition)) => Some(definition),
        None => None,
    };
    // Whoever looks sees who would be the head if somebody acted now.
    let topology = context.look(|read, _| {
        let set = read.topology()?;
        match definition {
            Some(definition) => read.rehearsed_topology(definition),
            None => read.settled_on_paper(set),
        }
    })?;
    let network = topology.network();
    let faults = topology::check(&network);
    let found = check::faults(&topology.definition, &faults);
    say(
        context,
        &found,
        &faults.empty,
        &render::topology::summary(&network),
    )
}

/// Prints what is wrong, or that nothing is, and ends with status 3 or 0.
fn say(context: &Context<'_>, found: &[check::Fault], empty: &[topology::Who], summary: &str) -> Result<()> {
    if context.global.json {
        context.print_json(&check::Json::new(found, empty))?;
    } else if found.is_empty() {
        context.print_data(
            &format!("sound: {summary}\n{}", check::empty(empty)),
            "agent-sync topology check --json",
        )?;
    } else {
        context.print_data(
            &(check::list(found) + &check::empty(empty)),
            "agent-sync topology check --json",
        )?;
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Told(Exit::Refused).into())
    }
}

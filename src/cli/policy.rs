//! `agent-sync policy`: the rules for agents' calls. The human applies and removes them, and nobody else does.

mod trial;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, CommandFactory as _, Subcommand};
use serde::Serialize;

use super::duration::{Since, since};
use super::spoken::catalogue;
use super::{Cli, Context};
use crate::domain::glob::escape;
use crate::domain::policy::{Difference, InForce, Policy, Rule};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::hook::HOOKS;
use crate::policy::{self, FILE, MAX_FILE};
use crate::render;
use crate::render::words::counted;
use crate::store::NewPolicy;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Put the rules of a file in force in the place of those that are; the human's alone
    Apply(Apply),
    /// Show the rules in force
    Show,
    /// Say what the rules make of a call, and why; nothing is counted. Exit 0 when it passes, 3 when it does not
    Test(trial::Arguments),
    /// Show what rules did, and what was done about them, the newest first
    Log(Log),
    /// Take the rules out of force; the human's alone
    Remove(Remove),
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// The file [default: agent-sync.policy.toml at the top of the checkout]
    file: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Check the file and show the difference, and change nothing; an agent may do that too
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Log {
    /// How far back: 2h, 3d, or all; a bare number means minutes [default: all]
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only what this rule did
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Apply(arguments) => apply(context, &arguments),
        Command::Show => show(context),
        Command::Test(arguments) => trial::run(context, &arguments),
        Command::Log(arguments) => log(context, &arguments),
        Command::Remove(arguments) => remove(context, &arguments),
    }
}

/// A file with rules, as it was read.
struct Read {
    policy: Policy,
    source: String,
    hash: String,
}

/// What came of an application, as JSON.
#[derive(Debug, Serialize)]
struct Applied<'a> {
    /// Whether anything was changed.
    #[serde(rename = "applied")]
    is_done: bool,
    /// Of the file; null where no rules are in force now.
    sha256: Option<&'a str>,
    rules: usize,
    added: &'a [&'a str],
    removed: &'a [&'a str],
    changed: &'a [&'a str],
    reordered: bool,
}

fn apply(context: &Context<'_>, arguments: &Apply) -> Result<()> {
    if !arguments.dry_run {
        require_human(context, "put rules in force")?;
    }
    let Read { policy, source, hash } = read(context, arguments.file.as_deref())?;
    let in_force = context.look(|read, _| read.policy_in_force())?;
    let before = in_force
        .as_ref()
        .map_or_else(Policy::empty, |it| it.policy.clone());
    let difference = before.difference(&policy);
    for note in unwired(&policy) {
        context.note(&note);
    }
    let is_same = in_force.as_ref().is_some_and(|it| it.hash == hash);
    let is_nothing = policy.rules.is_empty() && in_force.is_none();
    if !context.global.json && !is_same {
        context.say(&render::policy::difference(&before, &policy, &difference))?;
    }
    let mut is_applied = false;
    if !arguments.dry_run && !is_same && !is_nothing {
        confirm(context, arguments.yes, "Put these rules in force?")?;
        let instead_of = in_force.as_ref().map(|it| it.hash.as_str());
        let new = NewPolicy {
            policy: &policy,
            hash: &hash,
            source: &source,
        };
        is_applied = context.act(|write, me| {
            if policy.rules.is_empty() {
                write.remove_policy(&me.id, instead_of)
            } else {
                write.apply_policy(&me.id, &new, instead_of)
            }
        })?;
    }
    if context.global.json {
        return context.print_json(&json(is_applied, &policy, &hash, &difference));
    }
    let rules = counted(policy.rules.len() as u64, "rule");
    let short = hash.get(..12).unwrap_or_default();
    context.say(&if is_nothing {
        "No rules are in force, and the file has none\n".to_owned()
    } else if is_same {
        format!("In force already: {rules}, {short}\n")
    } else if arguments.dry_run {
        format!("The file is right: {rules}, {short}; nothing was changed\n")
    } else if policy.rules.is_empty() {
        "No rules are in force any more\n".to_owned()
    } else {
        format!("In force: {rules}, {short}\n")
    })
}

fn json<'a>(is_done: bool, policy: &Policy, hash: &'a str, difference: &'a Difference<'_>) -> Applied<'a> {
    Applied {
        is_done,
        sha256: (!policy.rules.is_empty()).then_some(hash),
        rules: policy.rules.len(),
        added: &difference.added,
        removed: &difference.removed,
        changed: &difference.changed,
        reordered: difference.is_reordered,
    }
}

/// Refuses what is the human's alone where an agent's shell runs it.
fn require_human(context: &Context<'_>, what: &str) -> Result<()> {
    if context.env.is_agent_shell() {
        return Err(Refusal::refused(format!(
            "only the human may {what}; an agent's shell cannot act as the human"
        ))
        .hint("`agent-sync policy apply FILE --dry-run` checks a file that you propose; ask the human to apply it")
        .into());
    }
    Ok(())
}

/// Goes on where the human says yes.
fn confirm(context: &Context<'_>, is_sure: bool, question: &str) -> Result<()> {
    if is_sure {
        return Ok(());
    }
    if context.env.is_interactive() {
        context.env.write_error(&format!("{question} [y/N] "));
        let answer = context.env.read_line()?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
    }
    Err(Refusal::refused("nothing was changed")
        .hint("say --yes to do it")
        .into())
}

/// Reads and checks a file; what is wrong in it is said line by line.
fn read(context: &Context<'_>, typed: Option<&Path>) -> Result<Read> {
    let file = typed.map_or_else(
        || context.project().worktree.join(FILE),
        |typed| context.cwd().join(typed),
    );
    let shown = clean(&typed.unwrap_or(Path::new(FILE)).to_string_lossy(), Field::Path);
    let mut bytes = Vec::new();
    std::fs::File::open(&file)
        .and_then(|opened| opened.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Refusal::missing(format!("no file '{shown}'")).hint("docs/policy.md has one to begin with")
            }
            _ => Refusal::internal(format!("'{shown}' cannot be read: {error}")),
        })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Refusal::usage(format!("'{shown}' is larger than {MAX_FILE} bytes")).into());
    }
    let hash = policy::digest(&bytes);
    let source =
        String::from_utf8(bytes).map_err(|_| Refusal::usage(format!("'{shown}' is not UTF-8 text")))?;
    match policy::read(&source, &catalogue(Cli::command())) {
        Ok(mut policy) => {
            for rule in &mut policy.rules {
                locate(context, rule);
            }
            Ok(Read { policy, source, hash })
        }
        Err(faults) => {
            for fault in &faults {
                let what = clean(&fault.what, Field::Message);
                context
                    .env
                    .write_error(&format!("{shown}:{}: {what}\n", fault.line));
            }
            let faults = counted(faults.len() as u64, "fault");
            Err(
                Refusal::usage(format!("'{shown}' has {faults}; nothing was changed"))
                    .hint("mend them, and see with --dry-run")
                    .into(),
            )
        }
    }
}

/// Writes the paths of a rule as locks know them: links resolved, folded where the file system folds.
fn locate(context: &Context<'_>, rule: &mut Rule) {
    let top = &context.project().worktree;
    for path in &mut rule.matches.paths {
        let typed = Path::new(path.as_str());
        *path = match context.project().locate_pattern(top, typed) {
            Ok(Some(key)) => key.path,
            Ok(None) => escape(&context.project().locate(top, typed).key.path),
            // The file was checked; what cannot be placed stays as it is written.
            Err(_) => continue,
        };
    }
}

/// A remark for each rule about tools that the client does not ask agent-sync about.
fn unwired(policy: &Policy) -> Vec<String> {
    let matcher = HOOKS
        .iter()
        .find(|hook| hook.name == "pre-tool-use")
        .and_then(|hook| hook.matcher)
        .and_then(|matcher| regex_lite::Regex::new(matcher).ok());
    let Some(matcher) = matcher else {
        return Vec::new();
    };
    let is_plain = |tool: &&String| !tool.contains(['*', '?', '[']);
    let rules = policy.rules.iter();
    let tools = rules.flat_map(|rule| rule.matches.tools.iter().map(move |tool| (rule, tool)));
    let unwired = tools.filter(|(_, tool)| is_plain(tool) && !matcher.is_match(tool));
    unwired
        .map(|(rule, tool)| {
            format!(
                "rule {}: the hooks that `init` wires are not asked before {}; docs/policy.md says how to wire it",
                clean(&rule.name, Field::Title),
                clean(tool, Field::Title)
            )
        })
        .collect()
}

fn show(context: &Context<'_>) -> Result<()> {
    let in_force = context.look(|read, _| read.policy_in_force())?;
    if context.global.json {
        return context.print_json(&in_force.as_ref().map(render::policy::Json::new));
    }
    match in_force {
        None => context.print("No rules are in force.\n"),
        Some(in_force) => print(context, &in_force),
    }
}

fn print(context: &Context<'_>, in_force: &InForce) -> Result<()> {
    let page = render::policy::page(in_force, &context.env.now(), context.env.output_width());
    context.print_data(&page, "agent-sync policy show --json")
}

fn log(context: &Context<'_>, arguments: &Log) -> Result<()> {
    let now = context.env.now();
    let from = arguments.since.and_then(|since| since.from(now.wall));
    let entries =
        context.look(|read, _| read.policy_log(arguments.limit, from, arguments.rule.as_deref()))?;
    if context.global.json {
        let entries = entries.iter().map(render::activity::Json::new);
        return context.print_json(&entries.collect::<Vec<_>>());
    }
    if entries.is_empty() {
        return context.print("Nothing is on record of any rule.\n");
    }
    let table = render::activity::table(&entries, &now, context.env.output_width());
    context.print_data(&table, "agent-sync policy log --json")
}

fn remove(context: &Context<'_>, arguments: &Remove) -> Result<()> {
    require_human(context, "take rules out of force")?;
    let in_force = context.look(|read, _| read.policy_in_force())?;
    let Some(in_force) = in_force else {
        return Err(Refusal::missing("no rules are in force")
            .hint("agent-sync policy apply FILE")
            .into());
    };
    let none = Policy::empty();
    let difference = in_force.policy.difference(&none);
    if !context.global.json {
        context.say(&render::policy::difference(&in_force.policy, &none, &difference))?;
    }
    confirm(context, arguments.yes, "Take these rules out of force?")?;
    let is_removed = context.act(|write, me| write.remove_policy(&me.id, Some(&in_force.hash)))?;
    if context.global.json {
        return context.print_json(&json(is_removed, &none, "", &difference));
    }
    context.say("No rules are in force any more\n")
}

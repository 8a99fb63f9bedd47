//! `agent-sync policy test`: what the rules make of a call, without any trace of having asked.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use serde::Serialize;
use serde_json::{Map, Value};

use super::read;
use crate::cli::spoken::Spoken;
use crate::cli::{Cli, Context, legacy, parse};
use crate::domain::agent::Kin;
use crate::domain::policy::{Caller, Effect, Judgement, Kind, Passage, Policy, Rule, Standing};
use crate::error::{Exit, Refusal, Told};
use crate::frame::{Field, clean, neutralise};
use crate::hook;
use crate::policy::{Asked, Subject};
use crate::render;
use crate::store;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// As if this agent made the call: a name or an id [default: you]
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// As if the agent had this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// The rules of this file, not those in force
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A tool and its input (`Bash command='git push'`, or one JSON object), or a command of agent-sync's with its arguments
    #[arg(
        value_name = "CALL",
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    call: Vec<String>,
}

/// A call that is only thought of.
enum Thought {
    Tool { name: String, input: Map<String, Value> },
    Command(Spoken),
}

impl Thought {
    fn subject(&self) -> Subject<'_> {
        match self {
            Self::Tool { name, input } => Subject {
                kind: Kind::Tool(name),
                input,
                words: &[],
            },
            Self::Command(spoken) => spoken.subject(),
        }
    }

    fn files(&self, context: &Context<'_>) -> Vec<String> {
        match self {
            Self::Tool { name, input } => hook::files_of_call(context.project(), context.cwd(), name, input),
            Self::Command(spoken) => {
                let paths = spoken.paths.iter();
                paths.map(|path| context.locate(path).key.path).collect()
            }
        }
    }
}

/// What the rules make of a call, as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    passes: bool,
    rule: Option<&'a str>,
    effect: &'static str,
    reason: Option<&'a str>,
    /// What would be said to the agent.
    said: Option<String>,
    next: Option<String>,
    would_be: Option<&'a str>,
    rules: Vec<render::policy::Asked<'a>>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let thought = thought(&arguments.call)?;
    let from_file = match &arguments.file {
        Some(file) => Some(read(context, Some(file))?.policy),
        None => None,
    };
    let (session, _) = context.onlooker()?;
    session.look(|read, me| {
        let in_force = read.policy()?;
        let policy = from_file.or(in_force).unwrap_or_else(Policy::empty);
        let caller = caller(read, me.kin(), arguments)?;
        let find_files = || thought.files(context);
        let asked = Asked::new(thought.subject(), caller, &find_files);
        let judgement = asked.judged(&policy)?;
        let agent = asked.by().names.last().cloned().unwrap_or_default();
        let passage = match judgement.decided {
            Some(rule) => passage(read, rule, asked.by(), &agent, &thought)?,
            None => Passage::Passes,
        };
        show(context, &policy, &asked, &judgement, &passage)
    })
}

fn thought(words: &[String]) -> Result<Thought> {
    let (first, rest) = words
        .split_first()
        .ok_or_else(|| Refusal::usage("name a tool or a command"))?;
    let mut program = Cli::command();
    program.build();
    let is_command = program.find_subcommand(first).is_some()
        || legacy::SPELLINGS.iter().any(|(former, _)| former == first);
    if is_command {
        let line: Vec<OsString> = words.iter().map(OsString::from).collect();
        let (_, spoken) = parse(line).map_err(|error| {
            let text = neutralise(error.to_string().lines().next().unwrap_or_default());
            Refusal::usage(text.trim_start_matches("error: ").to_owned())
                .hint("give the command as it would be typed, with its arguments")
        })?;
        return spoken.map(Thought::Command).ok_or_else(|| {
            Refusal::usage(format!(
                "no rule can be about `{}`",
                clean(&words.join(" "), Field::Title)
            ))
            .into()
        });
    }
    let mut input = Map::new();
    for word in rest {
        match (serde_json::from_str(word), word.split_once('=')) {
            (Ok(Value::Object(fields)), _) => input.extend(fields),
            (_, Some((name, value))) => {
                input.insert(name.to_owned(), Value::from(value));
            }
            _ => {
                return Err(Refusal::usage(format!(
                    "'{}' is neither a field nor a JSON object",
                    clean(word, Field::Title)
                ))
                .hint("agent-sync policy test Bash command='git push'")
                .into());
            }
        }
    }
    Ok(Thought::Tool {
        name: first.clone(),
        input,
    })
}

/// Whose call it would be.
fn caller(read: &store::Read<'_>, me: Kin<'_>, arguments: &Arguments) -> Result<Caller> {
    let mut caller = match &arguments.agent {
        None => read.caller(me)?,
        Some(typed) => match read.find_agent(typed) {
            Ok(agent) => read.caller(Kin {
                id: &agent.id,
                parent: agent.parent.as_deref(),
            })?,
            // Somebody who is not here yet.
            Err(_) => Caller {
                names: vec![typed.clone()],
                role: None,
                session: typed.clone(),
            },
        },
    };
    if let Some(role) = &arguments.role {
        caller.role = Some(role.trim().to_lowercase());
    }
    Ok(caller)
}

/// What would become of a call that a rule decides.
fn passage(
    read: &store::Read<'_>,
    rule: &Rule,
    caller: &Caller,
    agent: &str,
    thought: &Thought,
) -> Result<Passage> {
    Ok(match &rule.effect {
        Effect::Allow => Passage::Passes,
        Effect::Deny => Passage::Denied,
        Effect::Ask => Passage::Asked,
        Effect::Limit { limit, per } => match read.limit_free_in(*limit, &rule.bucket(*per, caller))? {
            0 => Passage::Passes,
            free_in => Passage::Limited(free_in),
        },
        Effect::Approve { .. } => {
            let known = read.request_of(agent, &rule.name, &thought.subject().fingerprint())?;
            match known.map(|known| (read.standing(&known), known)) {
                Some((Standing::Usable { .. }, _)) => Passage::Passes,
                Some((Standing::Waiting | Standing::Rejected { .. }, known)) => {
                    Passage::Waits(Box::new(known))
                }
                _ => Passage::Unasked,
            }
        }
    })
}

fn show(
    context: &Context<'_>,
    policy: &Policy,
    asked: &Asked<'_>,
    judgement: &Judgement<'_>,
    passage: &Passage,
) -> Result<()> {
    let rules: Vec<render::policy::Asked<'_>> = policy
        .rules
        .iter()
        .map(|rule| render::policy::Asked::new(policy, rule, rule.miss(asked), judgement))
        .collect();
    let passes = *passage == Passage::Passes;
    let decided = judgement.decided;
    let said = decided
        .filter(|_| !passes)
        .map(|rule| render::policy::refusal(rule, passage, &context.env.now()));
    if context.global.json {
        context.print_json(&Json {
            passes,
            rule: decided.map(|rule| rule.name.as_str()),
            effect: decided.map_or("allow", |rule| rule.effect.as_str()),
            reason: decided.and_then(|rule| rule.reason.as_deref()),
            next: said.as_ref().map(|said| said.next.clone()),
            said: said.map(|said| said.message),
            would_be: judgement.observed.map(|rule| rule.effect.as_str()),
            rules,
        })?;
    } else {
        let mut text = render::policy::asked(&rules, context.env.output_width());
        text.push_str(&render::policy::verdict(judgement, said.as_ref()));
        context.print(&text)?;
    }
    if passes {
        Ok(())
    } else {
        Err(Told(Exit::Refused).into())
    }
}

//! `agent-sync config`: what this repository has decided for itself.

use anyhow::Result;
use clap::Subcommand;

use super::{Context, duration};
use crate::domain::setting::{SETTINGS, Setting, Value};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::render;
use crate::store::Entry;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Show the value of a setting
    Get {
        /// Its name
        key: String,
    },
    /// Change a setting for everybody in this repository
    Set {
        /// Its name
        key: String,
        /// Its value: a word, a number, or a length of time such as 90m or 2h (a bare number means minutes)
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Show every setting
    List,
    /// Go back to the default of a setting
    Unset {
        /// Its name
        key: String,
    },
}

pub(super) fn run(context: &Context<'_>, command: Command) -> Result<()> {
    match command {
        Command::Get { key } => get(context, find(&key)?),
        Command::Set { key, value } => set(context, find(&key)?, &value),
        Command::List => list(context),
        Command::Unset { key } => unset(context, find(&key)?),
    }
}

fn find(key: &str) -> Result<&'static Setting> {
    Setting::find(key).ok_or_else(|| {
        Refusal::missing(format!("no setting '{}'", clean(key, Field::Name)))
            .hint("`agent-sync config list` shows them")
            .into()
    })
}

fn get(context: &Context<'_>, setting: &'static Setting) -> Result<()> {
    let stored = context.look(|read, _| read.setting(setting.key))?;
    if context.global.json {
        return context.print_json(&render::config::Json::new(setting, stored.as_deref()));
    }
    context.print(&format!(
        "{}\n",
        render::config::in_words(setting.value(stored.as_deref()))
    ))
}

fn set(context: &Context<'_>, setting: &'static Setting, typed: &str) -> Result<()> {
    let span = duration::minutes(typed)
        .ok()
        .and_then(|value| setting.span(i64::try_from(value.as_millis()).ok()?));
    let count = typed.trim().parse().ok().and_then(|number| setting.count(number));
    let value = span.or(count).or_else(|| setting.word(typed)).ok_or_else(|| {
        let (what, example) = render::config::expected(setting);
        Refusal::usage(what).hint(format!("agent-sync config set {} {example}", setting.key))
    })?;
    change(context, setting, Some(value))
}

fn unset(context: &Context<'_>, setting: &'static Setting) -> Result<()> {
    change(context, setting, None)
}

fn change(context: &Context<'_>, setting: &'static Setting, value: Option<Value>) -> Result<()> {
    if setting.is_for_the_human() && context.env.is_agent_shell() {
        return Err(Refusal::refused(format!(
            "{} binds agents, so only the human changes it, and this is an agent's shell",
            setting.key
        ))
        .hint("ask them: agent-sync message send --to operator TEXT")
        .into());
    }
    let shown = render::config::in_words(value.unwrap_or_else(|| setting.default()));
    let note = if value.is_none() { " (the default)" } else { "" };
    context.act(|write, me| {
        write.set(setting.key, value.map(Value::stored).as_deref())?;
        write.record(Entry {
            agent: Some(&me.id),
            event: "config.changed",
            body: &format!("{} = {shown}{note}", setting.key),
            ..Entry::default()
        })
    })?;
    if context.global.json {
        let stored = value.map(Value::stored);
        return context.print_json(&render::config::Json::new(setting, stored.as_deref()));
    }
    context.say(&format!("{} = {shown}{note}\n", setting.key))
}

fn list(context: &Context<'_>) -> Result<()> {
    let stored = context.look(|read, _| {
        let stored = SETTINGS.iter().map(|setting| read.setting(setting.key));
        stored.collect::<Result<Vec<_>>>()
    })?;
    let rows = SETTINGS.iter().zip(&stored);
    let rows: Vec<render::config::Json> = rows
        .map(|(setting, stored)| render::config::Json::new(setting, stored.as_deref()))
        .collect();
    if context.global.json {
        return context.print_json(&rows);
    }
    context.print(&render::config::table(&rows, context.env.output_width()))
}

//! What has really happened here: which hooks arrived, what went wrong in them, who is around.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use anyhow::Result;
use serde::Serialize;

use crate::domain::agent::OPERATOR;
use crate::domain::presence::{Life, ProcessTable as _};
use crate::domain::time::MINUTE;
use crate::env::Env;
use crate::frame::{Field, clean};
use crate::hook::HOOKS;
use crate::place::Place;
use crate::render::check::Check;
use crate::render::time::{relative, rfc3339};
use crate::store::Store;

/// How far back trouble is of interest, in milliseconds.
const DAY: i64 = 24 * 60 * MINUTE;
/// How much of the log is read, from its end, in bytes.
const TAIL: u64 = 64 * 1024;

/// When a hook event last arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The client's name of it.
    pub event: &'static str,
    /// When, in UTC; never if none.
    pub seen_at: Option<String>,
}

/// When each of our hook events last arrived.
pub(super) fn events(env: &Env, store: &Store) -> Result<(Check, Vec<Event>)> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let seen = store.read(&env.world(), |read| read.hooks_seen())?;
    let now = env.now().wall;
    let at = |event: &str| seen.iter().find(|(known, _)| known == event).map(|(_, at)| *at);
    let events = HOOKS.iter().map(|hook| Event {
        event: hook.event,
        seen_at: at(hook.event).map(rfc3339),
    });
    let (mut seen_words, mut never) = (Vec::new(), Vec::new());
    for hook in &HOOKS {
        match at(hook.event) {
            Some(at) => seen_words.push(format!("{} {}", hook.event, relative(now, at))),
            None => never.push(hook.event),
        }
    }
    let check = if seen_words.is_empty() {
        Check::hint("events", "no hook was ever seen here").fix("start a session")
    } else if never.is_empty() {
        Check::ok("events", seen_words.join(", "))
    } else {
        Check::ok(
            "events",
            format!("{}; never: {}", seen_words.join(", "), never.join(", ")),
        )
    };
    Ok((check, events.collect()))
}

/// The last trouble that hooks had within a day.
pub(super) fn trouble(env: &Env, place: &Place) -> Option<Check> {
    let text = tail_of_log(place)?;
    let since = rfc3339(env.now().wall.saturating_sub(DAY));
    let recent: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(at, _)| *at >= since.as_str() && at.len() == since.len())
        .collect();
    let Some((at, last)) = recent.last() else {
        return Some(Check::ok("trouble", "hooks had none within 24 hours"));
    };
    let count = match recent.len() {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    Some(Check::hint(
        "trouble",
        format!(
            "hooks had some {count} within 24 hours, last at {}: {}",
            clean(at, Field::Name),
            clean(last, Field::Message)
        ),
    ))
}

/// The end of the log; nothing when there is none or it is no file of its own.
fn tail_of_log(place: &Place) -> Option<String> {
    let path = place.project().state_directory().join("hook.log");
    let entry = path.symlink_metadata().ok()?;
    if !entry.is_file() {
        return None;
    }
    let mut log = File::open(path).ok()?;
    log.seek(SeekFrom::Start(entry.len().saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    log.take(TAIL).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Who is here, and who of them could be gone without our knowing.
pub(super) fn agents(env: &Env, store: &Store) -> Result<Check> {
    let name = "agents";
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let mut living = store.read(&env.world(), |read| read.living())?;
    living.retain(|agent| agent.id != OPERATOR);
    let unproved: Vec<String> = living
        .iter()
        .filter(|agent| {
            let proof = agent.sighting.proof.as_ref();
            proof.is_none_or(|proof| env.processes().life(proof) != Life::Running)
        })
        .map(|agent| clean(&agent.name, Field::Name).to_string())
        .collect();
    if unproved.is_empty() {
        return Ok(Check::ok(
            name,
            match living.len() {
                0 => "nobody is here".to_owned(),
                1 => "1 is here, and its process runs".to_owned(),
                count => format!("{count} are here, and their processes run"),
            },
        ));
    }
    let minutes = env.thresholds().offline / MINUTE;
    let (shown, left) = unproved.split_at(unproved.len().min(5));
    let more = match left.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    Ok(Check::hint(
        name,
        format!(
            "{} of {} here give no proof of life and count as gone after {minutes} quiet minutes: {}{more}",
            unproved.len(),
            living.len(),
            shown.join(", ")
        ),
    ))
}

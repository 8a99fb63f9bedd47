//! A swarm and its end as people and programs read them.

mod json;
pub mod summary;

use std::fmt::Write as _;
use std::path::Path;

use super::care;
use super::colour::{DIM, OK, WARN};
use super::table::{Cell, Table};
use super::time::when;
use super::words::counted;
use crate::domain::drain::{Answer, Drain, Drained, GivenBack, Member, Returned, Stage, Swarm, clock};
use crate::domain::presence::Life;
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

pub use json::{Json, Returns};

/// A swarm, seen from one moment.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// How it stands.
    pub swarm: &'a Swarm,
    /// Where its checkpoint is, or is to be.
    pub checkpoint: Option<&'a Path>,
    /// The moment.
    pub now: &'a Moment,
}

/// Whether a process runs, as far as that is known.
const fn is_alive(life: Life) -> Option<bool> {
    match life {
        Life::Running => Some(true),
        Life::Gone => Some(false),
        Life::Unknown => None,
    }
}

/// The sessions that were started for plans.
fn sessions(view: &View<'_>, width: Option<usize>) -> String {
    if view.swarm.sessions.is_empty() {
        return String::new();
    }
    let mut table = Table::with_headings(["SESSION", "PLAN", "IS", "PROCESS", "STARTS", "LOG", "WORKTREE"]);
    for (session, life) in &view.swarm.sessions {
        let pid = session
            .proof
            .map(|proof| proof.pid.to_string())
            .unwrap_or_default();
        let (process, style) = match life.and_then(is_alive) {
            Some(true) => (format!("{pid} runs"), OK),
            Some(false) if session.state.is_up() => (format!("{pid} is gone"), WARN),
            Some(false) => ("ended".to_owned(), DIM),
            None => (pid, DIM),
        };
        table.row([
            Cell::from(clean(&session.name, Field::Name)),
            Cell::from(clean(&session.plan, Field::Name)),
            Cell::from(session.state.as_str()),
            Cell::styled(clean(&process, Field::Name), style),
            Cell::from(clean(&session.starts.to_string(), Field::Name)),
            Cell::from(clean(
                session.window.as_deref().unwrap_or(&session.log),
                Field::Path,
            )),
            Cell::from(clean(&session.worktree, Field::Path)),
        ]);
    }
    format!("\n{}", table.render(width))
}

fn because(drain: &Drain) -> String {
    let reason = drain.reason.as_deref();
    reason.map_or_else(String::new, |reason| {
        format!(": {}", clean(reason, Field::Reason))
    })
}

/// How many of those who were asked have answered: `1 of 3 have answered`.
fn answered(drain: &Drain) -> String {
    let is_ready = |member: &&Member| matches!(member.answer, Some((Answer::Ready, _)));
    let ready = drain.members.iter().filter(is_ready).count();
    format!("{ready} of {} have answered", drain.members.len())
}

/// One sentence without a full stop: how far the end has come, since when, until when, and why.
#[must_use]
pub fn stands(drain: &Drain, now: &Moment) -> String {
    let by = clean(&drain.by_name, Field::Name);
    let because = because(drain);
    match drain.stage {
        Stage::Draining if drain.is_over(now) && drain.is_shutdown => {
            format!("drained, to be closed now, by {by}{because}")
        }
        Stage::Draining if drain.is_over(now) => format!(
            "drained: its deadline was {}, and no new tasks are handed out (by {by}){because}",
            clock(drain.ends_at(now))
        ),
        Stage::Draining => {
            let to = if drain.is_shutdown {
                ", to be closed then"
            } else {
                ""
            };
            format!(
                "draining until {} ({}){to}, by {by}{because}",
                clock(drain.ends_at(now)),
                when(now, drain.ends_at(now))
            )
        }
        Stage::Ending | Stage::Checkpointing | Stage::Closed => {
            let shut_at = drain.shut_at.unwrap_or(drain.begun_at);
            let doing = match drain.stage {
                Stage::Ending => "; its sessions are being ended",
                Stage::Checkpointing => "; its checkpoint is being made",
                Stage::Draining | Stage::Closed => "",
            };
            format!(
                "closed since {} ({}), by {by}{because}{doing}",
                clock(shut_at),
                when(now, shut_at)
            )
        }
    }
}

/// What of this is a task, and what a lock, in short.
fn in_short(returned: &[Returned]) -> Clean {
    let words: Vec<&str> = returned
        .iter()
        .map(|one| match one {
            Returned::Task(id, _) => id.as_str(),
            Returned::Lock(what) => what.as_str(),
        })
        .collect();
    clean(&words.join(", "), Field::Path)
}

/// The whole picture of a swarm.
#[must_use]
pub fn page(view: &View<'_>, width: Option<usize>) -> String {
    let Some(drain) = &view.swarm.drain else {
        let mut text = "swarm: open, tasks are handed out\n".to_owned();
        if view.swarm.holders.is_empty() {
            text += "Nobody is here.\n";
        } else {
            text += "\n";
            text += &table(view, |_| true, width);
        }
        return text + &sessions(view, width);
    };
    let mut text = format!("swarm: {}\n", stands(drain, view.now));
    let next = match (drain.stage, drain.is_shutdown) {
        (Stage::Draining, false) => {
            let _infallible = writeln!(text, "  {}", answered(drain));
            "`agent-sync swarm resume` hands out tasks again; `agent-sync swarm shutdown` closes the store"
        }
        (Stage::Draining, true) => {
            let _infallible = writeln!(text, "  {}", answered(drain));
            "`agent-sync swarm shutdown` waits and closes the store; `agent-sync swarm resume` takes it back"
        }
        (Stage::Ending | Stage::Checkpointing, _) => {
            "`agent-sync swarm shutdown` goes on where it was; `agent-sync swarm resume` takes it back"
        }
        (Stage::Closed, _) => "`agent-sync swarm resume` opens it again",
    };
    if let (Some(place), Some(sha256)) = (view.checkpoint, &drain.sha256) {
        let _infallible = writeln!(text, "  checkpoint: {}", care::path(place));
        let _infallible = writeln!(text, "  sha256: {}", clean(sha256, Field::Title));
    }
    let _infallible = writeln!(text, "  {next}");
    if !view.swarm.holders.is_empty() {
        text += "\n";
        text += &table(view, |_| true, width);
    }
    text + &sessions(view, width)
}

/// Those who have not answered.
#[must_use]
pub fn missing(view: &View<'_>, width: Option<usize>) -> String {
    let Some(drain) = &view.swarm.drain else {
        return "The swarm is open; nobody has to answer.\n".to_owned();
    };
    let count = drain.missing().count();
    let mut text = format!("swarm: {}\n", stands(drain, view.now));
    if count == 0 {
        text += "Nobody has still to answer.\n";
        return text;
    }
    let _infallible = writeln!(text, "  {}\n", answered(drain));
    let is_missing = |id: &str| drain.member(id).is_some_and(|member| member.answer.is_none());
    text + &table(view, is_missing, width)
}

fn table(view: &View<'_>, is_shown: impl Fn(&str) -> bool, width: Option<usize>) -> String {
    let Some(drain) = &view.swarm.drain else {
        let mut table = Table::with_headings(["AGENT", "IS", "HOLDS"]);
        for holder in &view.swarm.holders {
            table.row([
                Cell::from(clean(&holder.agent.name, Field::Name)),
                Cell::from(holder.agent.presence.as_str()),
                Cell::from(in_short(&holder.held)),
            ]);
        }
        return table.render(width);
    };
    let mut table = Table::with_headings(["AGENT", "IS", "ANSWER", "HOLDS", "GAVE BACK", "NOTE"]);
    for holder in view
        .swarm
        .holders
        .iter()
        .filter(|holder| is_shown(&holder.agent.id))
    {
        let member = drain.member(&holder.agent.id);
        let answer = match member.map(|member| member.answer) {
            None => Cell::from("not asked"),
            Some(None) => Cell::styled(Clean::literal("missing"), WARN),
            Some(Some((Answer::Ready, _))) => Cell::styled(Clean::literal("ready"), OK),
            Some(Some((Answer::Deadline, _))) => Cell::styled(Clean::literal("none in time"), WARN),
            Some(Some((Answer::Gone, _))) => Cell::from("gone"),
            Some(Some((Answer::Late, _))) => Cell::from("came later"),
        };
        let returned = member
            .map(|member| in_short(&member.returned))
            .unwrap_or_default();
        let note = member
            .and_then(|member| member.note.as_deref())
            .unwrap_or_default();
        table.row([
            Cell::from(clean(&holder.agent.name, Field::Name)),
            Cell::from(holder.agent.presence.as_str()),
            answer,
            Cell::from(in_short(&holder.held)),
            Cell::from(returned),
            Cell::from(clean(note, Field::Reason)),
        ]);
    }
    table.render(width)
}

/// What is said of a drain that began or was asked for again.
#[must_use]
pub fn drained(drained: &Drained, now: &Moment) -> String {
    let drain = &drained.drain;
    let mut text = match (drained.is_new, drained.is_changed) {
        (true, _) => format!(
            "No new tasks are handed out; {} told\n",
            counted(u64::try_from(drain.members.len()).unwrap_or(u64::MAX), "agent")
        ),
        (false, true) => "Changed the drain that goes on\n".to_owned(),
        (false, false) => String::new(),
    };
    let _infallible = writeln!(text, "swarm: {}", stands(drain, now));
    if drain.stage == Stage::Draining && !drain.members.is_empty() {
        let _infallible = writeln!(text, "  {}", answered(drain));
    }
    text
}

/// For whom a shutdown waits.
#[must_use]
pub fn waits(drain: &Drain, now: &Moment) -> String {
    let names: Vec<String> = drain
        .missing()
        .map(|member| clean(&member.name, Field::Name).to_string())
        .collect();
    format!(
        "Waiting until {} for {}\n",
        clock(drain.ends_at(now)),
        names.join(", ")
    )
}

/// That sessions are ended.
#[must_use]
pub fn ends(count: usize) -> String {
    let count = counted(u64::try_from(count).unwrap_or(u64::MAX), "session");
    format!("Ending {count} that plans were launched with\n")
}

/// What is said to whoever is ready.
#[must_use]
pub fn ready(given: &GivenBack) -> String {
    let mut text = if given.returned.is_empty() {
        "You hold nothing\n".to_owned()
    } else {
        String::new()
    };
    for one in &given.returned {
        let _infallible = match one {
            Returned::Task(id, title) => writeln!(
                text,
                "Gave back task `{}`: {}",
                clean(id, Field::Name),
                clean(title, Field::Title)
            ),
            Returned::Lock(what) => writeln!(text, "Gave back the lock on {}", clean(what, Field::Path)),
        };
    }
    let missing = given.drain.missing().count();
    let rest = if missing == 0 {
        "everybody has answered".to_owned()
    } else {
        format!("{missing} still to answer")
    };
    let _infallible = writeln!(text, "You are ready; {rest}");
    text
}

/// What is said of a store that was closed.
#[must_use]
pub fn closed(drain: &Drain, checkpoint: Option<&Path>) -> String {
    let mut text = "The swarm is closed\n".to_owned();
    if let (Some(place), Some(sha256)) = (checkpoint, &drain.sha256) {
        let _infallible = writeln!(text, "  checkpoint: {}", care::path(place));
        let _infallible = writeln!(text, "  sha256: {}", clean(sha256, Field::Title));
    }
    text + "  `agent-sync swarm resume` opens it again\n"
}

/// What is said of a swarm that was opened again, or was open.
#[must_use]
pub const fn resumed(before: Option<&Drain>) -> &'static str {
    match before {
        None => "The swarm is open already\n",
        Some(_) => "The swarm is open again: tasks are handed out\n",
    }
}

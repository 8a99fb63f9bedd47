//! Plans as people and programs read them: what they say, who agrees, how far they are.

pub mod diff;
mod json;

use std::fmt::Write as _;

use super::table::{Cell, Table};
use super::task::graph::mark;
use super::task::title;
use super::time::relative;
use super::words::counted;
use crate::domain::plan::proposal::{
    Launched, Proposal, Requirement, Revision, Speaker, Standing, State, Voice,
};
use crate::domain::plan::{Item, On, Plan};
use crate::domain::task::{Kind, Status, Task};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

pub use json::{Json, LaunchedJson};

/// How many tasks are named of those that a launch created or changed.
const MOST: usize = 50;

fn id(proposal: &Proposal) -> Clean {
    clean(&proposal.id, Field::Name)
}

/// How many of something, in words.
fn some(count: usize, word: &str) -> String {
    counted(u64::try_from(count).unwrap_or(u64::MAX), word)
}

/// The command that agrees to a plan as it is now.
fn approve(proposal: &Proposal) -> String {
    format!(
        "agent-sync plan approve {} --hash {}",
        id(proposal),
        clean(proposal.short_hash(), Field::Name)
    )
}

/// What is to be done before a plan may be launched, or the launch itself.
fn next(proposal: &Proposal) -> String {
    let words = match (proposal.standing(), proposal.requirement) {
        (Standing::Approved, _) => format!("approved: agent-sync plan launch {}", id(proposal)),
        (Standing::Rejected, _) => format!(
            "rejected: amend it with agent-sync plan propose FILE --amend {}",
            id(proposal)
        ),
        (Standing::Waits { .. }, Requirement::Human) => {
            format!("waits for the human's approval: {}", approve(proposal))
        }
        (Standing::Waits { have, need }, Requirement::Agents(_)) => {
            format!("waits for approval, {have} of {need}: {}", approve(proposal))
        }
    };
    format!("  {words}\n")
}

fn revised(what: &str, proposal: &Proposal) -> String {
    format!(
        "{what} `{}`: {} ({}, revision {}, content {})\n",
        id(proposal),
        clean(&proposal.title, Field::Title),
        some(proposal.newest.plan.items.len(), "task"),
        proposal.newest.number,
        clean(proposal.short_hash(), Field::Name)
    )
}

/// What is said of a plan that was proposed.
#[must_use]
pub fn proposed(proposal: &Proposal) -> String {
    revised("Proposed plan", proposal) + &next(proposal)
}

/// What is said of a plan that was amended, and to which so many had agreed before.
#[must_use]
pub fn amended(proposal: &Proposal, voided: usize) -> String {
    let mut text = revised("Amended plan", proposal);
    if voided > 0 {
        let _infallible = writeln!(
            text,
            "  {} of the revision before: void",
            some(voided, "approval")
        );
    }
    text + &next(proposal)
}

/// What is said of a plan that was to be amended, and is as it was.
#[must_use]
pub fn unchanged(proposal: &Proposal) -> String {
    format!(
        "Plan `{}` says just that already (revision {}); nothing was changed\n",
        id(proposal),
        proposal.newest.number
    )
}

/// What is said of a plan that somebody agreed to.
#[must_use]
pub fn approved(proposal: &Proposal) -> String {
    revised("You approved plan", proposal) + &next(proposal)
}

/// What is said of a plan that somebody did not agree to.
#[must_use]
pub fn rejected(proposal: &Proposal) -> String {
    let mut text = revised("You rejected plan", proposal);
    if proposal.standing() != Standing::Rejected {
        text.push_str("  the human's approval stands\n");
    }
    text
}

/// What is said of a plan that was launched.
#[must_use]
pub fn launched(launched: &Launched) -> String {
    let proposal = &launched.proposal;
    if !launched.is_new {
        return format!(
            "Plan `{}` was launched already (revision {}): {}\n",
            id(proposal),
            proposal.newest.number,
            progress(proposal)
        );
    }
    let mut text = format!(
        "Launched plan `{}` (revision {}): {} on the board\n",
        id(proposal),
        proposal.newest.number,
        some(proposal.tasks.len(), "task")
    );
    for (what, tasks) in [
        ("Created", &launched.created),
        ("Changed", &launched.changed),
        ("Cancelled", &launched.cancelled),
        ("Ended before, and left as they are:", &launched.kept),
    ] {
        if tasks.is_empty() {
            continue;
        }
        let _infallible = writeln!(text, "{what} {}", some(tasks.len(), "task"));
        for task in tasks.iter().take(MOST) {
            let _infallible = writeln!(text, "  {} {}", mark(task.status), title(task));
        }
        if tasks.len() > MOST {
            let _infallible = writeln!(text, "  … and {} more: agent-sync task list", tasks.len() - MOST);
        }
    }
    text
}

/// How many tasks are in which state.
fn progress(proposal: &Proposal) -> String {
    let parts = proposal.tally().into_iter().map(|(status, count)| {
        let word = match status {
            Status::InProgress => "in progress",
            other => other.as_str(),
        };
        format!("{count} {word}")
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "no tasks".to_owned()
    } else {
        parts.join(", ")
    }
}

/// A line for each plan.
#[must_use]
pub fn table(plans: &[Proposal], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["ID", "STATE", "PROPOSED", "BY", "REVISION", "TASKS", "TITLE"]);
    for plan in plans {
        let tasks = if plan.is_launched() {
            let ended = plan.tasks.iter().filter(|(_, task)| !task.status.is_open());
            format!("{} of {} ended", ended.count(), plan.tasks.len())
        } else {
            plan.newest.plan.items.len().to_string()
        };
        table.row([
            Cell::from(id(plan)),
            Cell::from(Clean::literal(plan.state().as_str())),
            Cell::from(super::time::when(now, plan.proposed_at)),
            Cell::from(clean(&plan.proposer_name, Field::Name)),
            Cell::from(clean(&plan.newest.number.to_string(), Field::Name)),
            Cell::from(clean(&tasks, Field::Name)),
            Cell::from(clean(&plan.title, Field::Title)),
        ]);
    }
    table.render(width)
}

/// A whole plan: what a revision of it says, who agrees to the newest one, how far it is, what is worth knowing.
#[must_use]
pub fn page(proposal: &Proposal, revision: &Revision, now: &Moment, width: Option<usize>) -> String {
    let mut text = format!(
        "plan:     {}\ntitle:    {}\nproposed: by {}, {}\nrevision: {} of {}, by {}, {}\ncontent:  {}\n",
        id(proposal),
        clean(&proposal.title, Field::Title),
        who(&proposal.proposer_name, &proposal.proposer),
        relative(now.wall, proposal.proposed_at),
        revision.number,
        proposal.newest.number,
        who(&revision.author_name, &revision.author),
        relative(now.wall, revision.created_at),
        clean(&revision.hash, Field::Path),
    );
    let mut line = |key: &str, value: &str| {
        let _infallible = writeln!(text, "{:<9} {value}", format!("{key}:"));
    };
    let is_newest = revision.number == proposal.newest.number;
    if is_newest {
        line("state", &standing(proposal));
    } else {
        line("state", "there is a newer one");
    }
    let terms = &revision.plan.terms;
    for (key, value) in [
        ("sessions", terms.sessions_in_words()),
        ("budget", terms.budget.in_words()),
    ] {
        if !value.is_empty() {
            line(key, clean(&value, Field::Path).as_str());
        }
    }
    if let Some(launch) = &proposal.launch {
        let by = who(&launch.agent_name, &launch.agent);
        let when = relative(now.wall, launch.launched_at);
        line(
            "launched",
            &format!("revision {}, by {by}, {when}", launch.revision),
        );
        line("progress", &progress(proposal));
    }
    if is_newest && !proposal.voices.is_empty() {
        text.push('\n');
        for voice in &proposal.voices {
            text.push_str(&said(voice, now));
        }
    }
    text.push('\n');
    text.push_str(&tasks(proposal, &revision.plan, width));
    let remarks = revision.plan.remarks();
    if !remarks.is_empty() {
        text.push_str("\nworth knowing:\n");
        for remark in remarks {
            let _infallible = writeln!(text, "  {}", clean(&remark.why, Field::Message));
        }
    }
    text
}

fn who(name: &str, id: &str) -> String {
    let (name, id) = (clean(name, Field::Name), clean(id, Field::Title));
    if name == id {
        name.to_string()
    } else {
        format!("{name} ({id})")
    }
}

fn standing(proposal: &Proposal) -> String {
    match proposal.state() {
        state @ (State::Launched | State::Done) => state.as_str().to_owned(),
        state => {
            let next = next(proposal);
            let next = next.trim();
            if next.starts_with(state.as_str()) {
                next.to_owned()
            } else {
                format!("{}, {next}", state.as_str())
            }
        }
    }
}

fn said(voice: &Voice, now: &Moment) -> String {
    let by = match &voice.speaker {
        Speaker::Agent { id, name, .. } => who(name, id),
        Speaker::Vote(vote) => clean(vote, Field::Name).to_string(),
    };
    let word = if voice.approves { "approved" } else { "rejected" };
    let why = voice.reason.as_deref().map_or_else(String::new, |reason| {
        format!(": {}", clean(reason, Field::Reason))
    });
    format!("{word} by {by}, {}{why}\n", relative(now.wall, voice.said_at))
}

/// A line for each task of a plan; where it is on the board, with its id there and how it stands.
fn tasks(proposal: &Proposal, plan: &Plan, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["", "REFERENCE", "TASK", "ROLE", "WAITS FOR", "FILES", "TITLE"]);
    for item in &plan.items {
        let task = proposal
            .tasks
            .iter()
            .find(|(key, _)| key == item.key())
            .map(|(_, task)| task);
        table.row([
            Cell::from(Clean::literal(mark(task.map_or(item.status, |task| task.status)))),
            Cell::from(clean(item.key(), Field::Name)),
            Cell::from(clean(task.map_or("", |task: &Task| &task.id), Field::Name)),
            Cell::from(clean(item.role.as_deref().unwrap_or_default(), Field::Name)),
            Cell::from(clean(&waits(plan, item), Field::Path)),
            Cell::from(clean(&item.files.join(", "), Field::Path)),
            Cell::from(clean(&item.title, Field::Title)),
        ]);
    }
    table.render(width)
}

/// What a task waits for, by reference; not clean yet.
fn waits(plan: &Plan, item: &Item) -> String {
    let parts = item.asks.iter().map(|ask| {
        let on = match &ask.on {
            On::Item(on) => plan.items[*on].key(),
            On::Named(name) | On::Board(name) => name,
        };
        match &ask.kind {
            Kind::After => on.to_owned(),
            Kind::OnFailure => format!("{on} (on failure)"),
            Kind::Always => format!("{on} (always)"),
            Kind::When(condition) => format!("{on} (when {condition})"),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

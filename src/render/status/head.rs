//! The first lines: how it goes in a word and why, how much of everything there is, and as whom one looks.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::View;
use crate::domain::picture::{Health, Kind};
use crate::domain::presence::Presence;
use crate::domain::task::Task;
use crate::frame::{Field, clean};
use crate::render::agent;
use crate::render::colour::{dim, error, heading, ok, warn};
use crate::render::swarm;
use crate::render::table::cut;
use crate::render::time::relative;
use crate::render::words::counted;

/// What the second line of something that is broken begins with.
const INDENT: &str = "  ";

pub(super) fn head(view: &View<'_>, width: Option<usize>) -> String {
    let health = view.assessment.health;
    let paint = match health {
        Health::Unprotected | Health::NeedsYou => error,
        Health::Stuck => warn,
        Health::Busy => ok,
        Health::Quiet => heading,
    };
    let first = (
        format!("agent-sync: {}", health.as_str()),
        format!("{} {}", heading("agent-sync:"), paint(health.as_str())),
    );
    let reasons = reasons(view);
    let mut text = flow(first, &reasons, (" — ", ", "), width);
    let mut sums = sums(view).into_iter();
    let first = sums.next().unwrap_or_default();
    text.push_str(&flow(
        (first.clone(), first),
        &sums.collect::<Vec<_>>(),
        (" · ", " · "),
        width,
    ));
    if let Some(drain) = &view.picture.drain {
        let stands = swarm::stands(drain, &view.picture.now);
        text.push_str(&line(
            &format!("swarm: {stands} (agent-sync swarm status)"),
            width,
            warn,
        ));
    }
    text.push_str(&line(&you(view), width, dim));
    text
}

/// Why it goes as it goes, in phrases.
fn reasons(view: &View<'_>) -> Vec<String> {
    let Some(because) = Some(&view.assessment.because).filter(|because| !because.is_empty()) else {
        let picture = view.picture;
        let active = picture.count(Presence::Active);
        return vec![match picture.agents.len() {
            0 => "nobody is here".to_owned(),
            _ if active == 0 => "nobody is at work, and nothing waits for you".to_owned(),
            all => format!(
                "{active} of {} at work, and nothing keeps them",
                words(all, "agent")
            ),
        }];
    };
    because
        .iter()
        .map(|(kind, count)| reason(*kind, *count))
        .collect()
}

fn reason(kind: Kind, count: usize) -> String {
    match kind {
        Kind::Unguarded => "no hook has ever reported".to_owned(),
        Kind::Question => format!("{} for you", words(count, "question")),
        Kind::Message => format!("{} for you", words(count, "message")),
        Kind::Offer => format!("{} offered to you", words(count, "task")),
        Kind::Failed => format!("{} that failed", words(count, "task")),
        Kind::Collision => words(count, "collision"),
        Kind::Silent => format!("{} with locks or tasks", words(count, "silent agent")),
        Kind::Orphaned => format!("{} whose agent is gone", words(count, "task")),
        Kind::Wait => format!("{} for a lock", words(count, "long wait")),
        Kind::Blocked => words(count, "blocked task"),
        Kind::Unacknowledged => format!("{} to acknowledge", words(count, "message")),
        Kind::Merge => format!("{} to be merged", words(count, "path")),
    }
}

/// How much of everything there is.
fn sums(view: &View<'_>) -> Vec<String> {
    let picture = view.picture;
    let states: Vec<String> = [Presence::Active, Presence::Idle, Presence::Stale]
        .into_iter()
        .filter(|presence| *presence == Presence::Active || picture.count(*presence) > 0)
        .map(|presence| format!("{} {}", picture.count(presence), presence.as_str()))
        .collect();
    let waiting = match picture.waiters.len() {
        0 => String::new(),
        count => format!(" ({count} waiting)"),
    };
    let ready = picture.tasks.iter().filter(|task| Task::is_ready(task)).count();
    let mut sums = vec![
        format!("{} ({})", words(picture.agents.len(), "agent"), states.join(", ")),
        format!("{} ({ready} ready)", words(picture.tasks.len(), "open task")),
        format!("{}{waiting}", words(picture.locks.len(), "lock")),
        format!("{} not yet seen", words(picture.undelivered_count, "message")),
    ];
    if let Some(at) = picture.hook_seen {
        sums.push(format!("hooks reported {}", relative(picture.now.wall, at)));
    }
    sums
}

/// As whom one looks, and what waits for that agent.
fn you(view: &View<'_>) -> String {
    let picture = view.picture;
    let Some(me) = &picture.agent else {
        let id = clean(&picture.me, Field::Title);
        return format!("you: {id} (not registered yet — run `agent-sync register --name ...`)");
    };
    let mut text = format!(
        "you: {} [{}] {}",
        agent::title(me),
        me.presence.as_str(),
        clean(&me.id, Field::Title)
    );
    if let Some(task) = &me.current_task {
        let _infallible = write!(text, ", at {}", clean(task, Field::Name));
    }
    if picture.unread > 0 {
        let unread = words(picture.unread, "unread message");
        let _infallible = write!(text, ", {unread} (agent-sync inbox)");
    }
    text
}

/// `1 lock`, `2 locks`.
pub(super) fn words(count: usize, noun: &str) -> String {
    counted(u64::try_from(count).unwrap_or(u64::MAX), noun)
}

/// One line of plain text, cut to the width and then painted.
pub(super) fn line(text: &str, width: Option<usize>, paint: fn(&str) -> String) -> String {
    let text = width.map_or_else(|| text.to_owned(), |width| cut(text, width));
    paint(&text) + "\n"
}

/// A beginning, as it is measured and as it is shown, and parts behind it: `before` stands in front of the first
/// of them, `between` between two. What does not fit goes on below, set in.
pub(super) fn flow(
    (plain, shown): (String, String),
    parts: &[String],
    (before, between): (&'static str, &'static str),
    width: Option<usize>,
) -> String {
    let width = width.unwrap_or(usize::MAX);
    // What ends a line that another one follows has to fit there, too.
    let end = |at: usize| {
        let gap = if at == 0 { before } else { between };
        if at < parts.len() {
            gap.trim_end().width()
        } else {
            0
        }
    };
    let mut used = plain.width();
    let mut text = if used + end(0) <= width {
        shown
    } else {
        let plain = cut(&plain, width.saturating_sub(end(0)));
        used = plain.width();
        plain
    };
    for (at, part) in parts.iter().enumerate() {
        let gap = if at == 0 { before } else { between };
        let needs = used + gap.width() + part.width();
        if needs + end(at + 1) <= width {
            text.push_str(gap);
            text.push_str(part);
            used = needs;
        } else {
            let part = cut(part, width.saturating_sub(INDENT.len() + end(at + 1)));
            used = INDENT.len() + part.width();
            text.push_str(gap.trim_end());
            text.push('\n');
            text.push_str(INDENT);
            text.push_str(&part);
        }
    }
    text.push('\n');
    text
}

//! The state of the repository in a few lines for a model: at the start of a session and in `status --compact`.
//!
//! Context costs the person money, so each kind of item is cut to what helps to decide, the rest becomes a
//! count and the command that shows it.

use std::fmt::Write as _;

use super::lock::key;
use super::time::relative;
use crate::domain::activity::Activity;
use crate::domain::lock::Lock;
use crate::domain::overview::{MOST_LOCKS, MOST_MISSED, MOST_OTHERS, MOST_TASKS, Overview};
use crate::domain::task::{Status, Task};
use crate::domain::time::Moment;
use crate::frame::{Field, clean};

const MOST_DECISIONS: usize = 5;

/// The overview as lines, the most important first.
#[must_use]
pub fn lines(overview: &Overview, now: &Moment) -> Vec<String> {
    let mut lines = vec![header(overview)];
    lines.extend(mine(overview));
    lines.extend(others(overview, now));
    lines.extend(locks(overview, now));
    lines.extend(available(overview));
    for decision in overview.decisions.iter().take(MOST_DECISIONS) {
        lines.push(format!(
            "decided {} by {}: {}",
            relative(now.wall, decision.created_at),
            clean(&decision.agent_name, Field::Name),
            clean(&decision.body, Field::Message)
        ));
    }
    lines.extend(more(
        overview.decisions.len(),
        MOST_DECISIONS,
        "decisions",
        "agent-sync decision list",
    ));
    lines
}

/// What a newcomer is told of what was said to everybody before it came.
#[must_use]
pub fn missed(count: usize) -> Option<String> {
    let messages = match count {
        0 => return None,
        1 => "1 message".to_owned(),
        MOST_MISSED.. => format!("{MOST_MISSED} messages or more"),
        count => format!("{count} messages"),
    };
    Some(format!(
        "{messages} to everybody in the last 24 h, before you came: agent-sync message list"
    ))
}

/// Whether there is anything that an agent alone in an empty repository would not know.
#[must_use]
pub fn is_empty(overview: &Overview) -> bool {
    overview.others.is_empty()
        && overview.lock_count == 0
        && overview.open_count == 0
        && overview.decisions.is_empty()
}

fn header(overview: &Overview) -> String {
    let you = match &overview.me {
        Some(me) => format!(
            "you are {} ({})",
            clean(&me.name, Field::Name),
            clean(&me.id, Field::Title)
        ),
        None => "you are not registered yet".to_owned(),
    };
    format!(
        "{you} | other agents here: {} | open tasks: {} | locks: {} | unread messages: {}",
        overview.others.len(),
        overview.open_count,
        overview.lock_count,
        overview.unread
    )
}

fn mine(overview: &Overview) -> Vec<String> {
    let Some(me) = &overview.me else { return Vec::new() };
    let is_own =
        |task: &&Task| task.owner.as_deref() == Some(me.id.as_str()) && task.status == Status::InProgress;
    overview
        .tasks
        .iter()
        .filter(is_own)
        .take(MOST_TASKS)
        .map(own)
        .collect()
}

/// A task of the reader, and when it is done.
#[must_use]
pub fn own(task: &Task) -> String {
    let mut text = format!("your task: {}", describe(task));
    if let Some(acceptance) = &task.acceptance {
        let _infallible = write!(text, " | done when: {}", clean(acceptance, Field::Message));
    }
    if let Some(command) = &task.acceptance_command {
        let _infallible = write!(text, " | checked by: {}", clean(command, Field::Reason));
    }
    text
}

/// A task of the reader that somebody else changed last, and what they did.
#[must_use]
pub fn changed(task: &Task, last: &Activity, now: &Moment) -> String {
    let who = last.agent_name.as_ref().or(last.agent.as_ref());
    let event = last.event.strip_prefix("task.").unwrap_or(&last.event);
    let about = last.body.strip_prefix(task.id.as_str()).unwrap_or(&last.body);
    let about = about.trim_start_matches([':', ' ']);
    let colon = if about.is_empty() { "" } else { ": " };
    format!(
        "{} ({}) | {} by {} {}{colon}{}",
        own(task),
        task.status.as_str(),
        clean(event, Field::Name),
        clean(who.map_or("agent-sync", String::as_str), Field::Name),
        relative(now.wall, last.created_at),
        clean(about, Field::Message)
    )
}

/// The locks that the reader holds.
#[must_use]
pub fn locked_by_you(locks: &[Lock]) -> String {
    let keys: Vec<String> = locks.iter().take(MOST_LOCKS).map(|lock| key(&lock.key)).collect();
    let left = match locks.len().saturating_sub(keys.len()) {
        0 => String::new(),
        left => format!(" and {left} more"),
    };
    format!("locked by you: {}{left}", keys.join(", "))
}

fn others(overview: &Overview, now: &Moment) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for agent in overview.others.iter().take(MOST_OTHERS) {
        let role = agent.role.as_deref().filter(|role| !role.trim().is_empty());
        let role = role
            .map(|role| format!(", {}", clean(role, Field::Title)))
            .unwrap_or_default();
        let task = overview
            .tasks
            .iter()
            .find(|task| Some(&task.id) == agent.current_task.as_ref());
        let task = task
            .map(|task| format!(", works on {}", clean(&task.title, Field::Title)))
            .unwrap_or_default();
        lines.push(format!(
            "here: {} ({}{role}{task}), seen {}",
            clean(&agent.name, Field::Name),
            agent.presence.as_str(),
            relative(now.wall, agent.sighting.seen.wall),
        ));
    }
    lines.extend(more(
        overview.others.len(),
        MOST_OTHERS,
        "agents",
        "agent-sync agent list",
    ));
    lines
}

fn locks(overview: &Overview, now: &Moment) -> Vec<String> {
    let mut lines = Vec::new();
    for lock in overview.locks.iter().take(MOST_LOCKS) {
        let reason = lock.reason.as_deref().filter(|reason| !reason.trim().is_empty());
        let reason = reason
            .map(|reason| format!(": {}", clean(reason, Field::Reason)))
            .unwrap_or_default();
        lines.push(format!(
            "locked: {} by {}, lapses {}{reason}",
            key(&lock.key),
            clean(&lock.holder_name, Field::Name),
            relative(now.wall, lock.expires_at(now)),
        ));
    }
    let own = &overview.own_locks;
    let foreign = overview.lock_count.saturating_sub(own.len());
    lines.extend(more(foreign, MOST_LOCKS, "locks", "agent-sync lock list"));
    if !own.is_empty() {
        let keys: Vec<String> = own.iter().take(MOST_LOCKS).map(|lock| key(&lock.key)).collect();
        lines.push(format!("locked by you: {}", keys.join(", ")));
    }
    lines
}

fn available(overview: &Overview) -> Vec<String> {
    let ready: Vec<&Task> = overview.tasks.iter().filter(|task| task.is_ready()).collect();
    let mut lines: Vec<String> = ready
        .iter()
        .take(MOST_TASKS)
        .map(|task| format!("free task: {}", describe(task)))
        .collect();
    lines.extend(more(
        overview.free_count,
        MOST_TASKS,
        "free tasks",
        "agent-sync task list --ready",
    ));
    lines
}

fn describe(task: &Task) -> String {
    let files: Vec<String> = task
        .files
        .iter()
        .take(5)
        .map(|file| clean(file, Field::Path).to_string())
        .collect();
    let files = if files.is_empty() {
        String::new()
    } else {
        format!(" [{}]", files.join(", "))
    };
    format!(
        "{} {}{files}",
        clean(&task.id, Field::Name),
        clean(&task.title, Field::Title)
    )
}

fn more(count: usize, shown: usize, what: &str, command: &str) -> Option<String> {
    (count > shown).then(|| format!("{} more {what}: {command}", count - shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newcomer_missed_is_counted_as_far_as_it_matters() {
        assert_eq!(missed(0), None);
        let said = |count| missed(count).unwrap();
        assert!(said(1).starts_with("1 message to everybody"));
        assert!(said(49).starts_with("49 messages to everybody"));
        assert!(said(MOST_MISSED).starts_with("50 messages or more to everybody"));
    }
}

//! The whole picture, for a person at a terminal and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::colour::{dim, heading, warn};
use super::table::{Cell, Table};
use super::time::{relative, when};
use super::{activity, agent, lock, message, task};
use crate::domain::activity::Activity;
use crate::domain::agent::Agent;
use crate::domain::lock::Lock;
use crate::domain::message::Message;
use crate::domain::presence::Presence;
use crate::domain::task::Task;
use crate::domain::time::Moment;
use crate::frame::{Field, clean};

/// Most lines of a section; the rest becomes a count and the command that shows it.
const MOST: usize = 10;

/// Everything that `status` shows, seen from one moment.
#[derive(Debug)]
pub struct Picture {
    /// Who looks.
    pub me: String,
    /// That agent, once it has registered.
    pub agent: Option<Agent>,
    /// Every agent but the human, the last seen first.
    pub agents: Vec<Agent>,
    /// The live locks.
    pub locks: Vec<Lock>,
    /// Every task in the order of the board.
    pub tasks: Vec<Task>,
    /// How many messages wait for whoever looks.
    pub unread: usize,
    /// Messages that somebody has not been shown, the newest first, as far as they were looked at.
    pub undelivered: Vec<Message>,
    /// How many of them there are.
    pub undelivered_count: usize,
    /// What happened last, the newest first.
    pub activity: Vec<Activity>,
    /// When a hook last reached us.
    pub hook_seen: Option<i64>,
    /// The moment.
    pub now: Moment,
}

impl Picture {
    /// The agents that are in the middle of a turn.
    #[must_use]
    pub fn active(&self) -> usize {
        let active = |agent: &&Agent| agent.presence == Presence::Active;
        self.agents.iter().filter(active).count()
    }

    /// The tasks that still have something to do.
    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.status.is_open())
    }
}

#[derive(Debug, Serialize)]
struct You<'a> {
    id: &'a str,
    name: Option<&'a str>,
    status: Option<&'static str>,
    registered: bool,
    current_task_id: Option<&'a str>,
}

/// The picture as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    you: You<'a>,
    active_agent_count: usize,
    agents: Vec<agent::Json<'a>>,
    locks: Vec<lock::Json<'a>>,
    open_task_count: usize,
    tasks: Vec<task::Json<'a>>,
    unread: usize,
    undelivered: Vec<message::Json<'a>>,
    activity: Vec<activity::Json<'a>>,
    hook_seen_at: Option<String>,
}

impl<'a> Json<'a> {
    /// The JSON form of the picture.
    #[must_use]
    pub fn new(seen: &'a Picture) -> Self {
        let you = seen.agent.as_ref();
        Self {
            you: You {
                id: &seen.me,
                name: you.map(|agent| agent.name.as_str()),
                status: you.map(|agent| agent.presence.as_str()),
                registered: you.is_some(),
                current_task_id: you.and_then(|agent| agent.current_task.as_deref()),
            },
            active_agent_count: seen.active(),
            agents: seen.agents.iter().map(agent::Json::new).collect(),
            locks: seen
                .locks
                .iter()
                .map(|held| lock::Json::new(held, &seen.now))
                .collect(),
            open_task_count: seen.open_tasks().count(),
            tasks: seen.tasks.iter().map(task::Json::new).collect(),
            unread: seen.unread,
            undelivered: seen
                .undelivered
                .iter()
                .map(|message| message::Json::new(message, &seen.now))
                .collect(),
            activity: seen.activity.iter().map(activity::Json::new).collect(),
            hook_seen_at: seen.hook_seen.map(super::time::rfc3339),
        }
    }
}

/// The picture for a person: the sum of it, whether hooks report, then one section for each kind of thing.
#[must_use]
pub fn text(seen: &Picture, width: Option<usize>) -> String {
    let Picture {
        agents, locks, now, ..
    } = seen;
    let mut text = format!(
        "{}: {}\n{}\n{}\n",
        heading("agent-sync"),
        sum(seen),
        health(seen),
        you(seen)
    );
    let living: Vec<Agent> = agents
        .iter()
        .filter(|agent| agent.presence.is_living())
        .take(MOST)
        .cloned()
        .collect();
    if !agents.is_empty() {
        text.push('\n');
        if !living.is_empty() {
            text.push_str(&agent::table(&living, &seen.me, now, width));
        }
        text.push_str(&more(agents.len() - living.len(), "agent", "agent list --all"));
    }
    if !locks.is_empty() {
        text.push('\n');
        text.push_str(&lock::table(&locks[..locks.len().min(MOST)], now, width));
        text.push_str(&more(locks.len().saturating_sub(MOST), "lock", "lock list"));
    }
    let open: Vec<Task> = seen.open_tasks().take(MOST).cloned().collect();
    if !seen.tasks.is_empty() {
        text.push('\n');
        if !open.is_empty() {
            text.push_str(&task::table(&open, width));
        }
        let still_open = seen.open_tasks().count();
        text.push_str(&more(still_open - open.len(), "open task", "task list"));
        text.push_str(&rest(seen.tasks.len() - still_open, "finished task", "task list"));
    }
    if !seen.undelivered.is_empty() {
        text.push('\n');
        text.push_str(&undelivered(seen, width));
    }
    if !seen.activity.is_empty() {
        text.push('\n');
        text.push_str(&activity::table(&seen.activity, now, width));
    }
    text
}

/// `3 agents here (2 active), 4 open tasks (1 ready), 2 locks, 1 message not yet seen`.
fn sum(seen: &Picture) -> String {
    let living = seen.agents.iter().filter(|agent| agent.presence.is_living());
    let ready = seen.tasks.iter().filter(|task| task.is_ready()).count();
    format!(
        "{} here ({} active), {} ({ready} ready), {}, {} not yet seen",
        count(living.count(), "agent"),
        seen.active(),
        count(seen.open_tasks().count(), "open task"),
        count(seen.locks.len(), "lock"),
        count(seen.undelivered_count, "message"),
    )
}

fn health(seen: &Picture) -> String {
    match seen.hook_seen {
        Some(at) => dim(&format!("hooks last reported {}", relative(seen.now.wall, at))),
        None => warn("no hook has reported yet: edits are not guarded (agent-sync doctor)"),
    }
}

fn you(seen: &Picture) -> String {
    let Some(agent) = &seen.agent else {
        return format!(
            "you: {} (not registered yet — run `agent-sync register --name ...`)",
            clean(&seen.me, Field::Title)
        );
    };
    let mut text = format!(
        "you: {} [{}] {}",
        agent::title(agent),
        agent.presence.as_str(),
        clean(&agent.id, Field::Title)
    );
    if let Some(task) = &agent.current_task {
        let _infallible = write!(text, ", at {}", clean(task, Field::Name));
    }
    if seen.unread > 0 {
        let _infallible = write!(
            text,
            ", {} (agent-sync inbox)",
            count(seen.unread, "unread message")
        );
    }
    text
}

fn undelivered(seen: &Picture, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["NOT YET SEEN", "SENT", "FROM", "TO", "MESSAGE"]);
    for message in seen.undelivered.iter().take(MOST / 2) {
        table.row([
            Cell::from(clean(&message.id, Field::Name)),
            Cell::from(when(&seen.now, message.created.wall)),
            Cell::from(clean(&message.sender_name, Field::Name)),
            Cell::from(clean(&message.address, Field::Name)),
            Cell::from(clean(&message.body, Field::Title)),
        ]);
    }
    let left = seen.undelivered_count.saturating_sub(MOST / 2);
    table.render(width) + &more(left, "message", "status --json")
}

/// `1 lock`, `2 locks`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The line that stands for what was left out; nothing where nothing was.
fn more(left: usize, noun: &str, command: &str) -> String {
    rest(left, &format!("more {noun}"), command)
}

/// The line that counts what is not shown, and says what shows it.
fn rest(left: usize, noun: &str, command: &str) -> String {
    if left == 0 {
        return String::new();
    }
    let line = dim(&format!("… {}: agent-sync {command}", count(left, noun)));
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn nothing() -> Picture {
        Picture {
            me: "agent-1".to_owned(),
            agent: None,
            agents: Vec::new(),
            locks: Vec::new(),
            tasks: Vec::new(),
            unread: 0,
            undelivered: Vec::new(),
            undelivered_count: 0,
            activity: Vec::new(),
            hook_seen: None,
            now: Moment::at_wall(1_000_000),
        }
    }

    #[test]
    fn an_empty_picture_says_so_in_three_lines() {
        assert_eq!(
            strip_str(&text(&nothing(), None)).to_string(),
            "agent-sync: 0 agents here (0 active), 0 open tasks (0 ready), 0 locks, 0 messages not yet seen\n\
             no hook has reported yet: edits are not guarded (agent-sync doctor)\n\
             you: agent-1 (not registered yet — run `agent-sync register --name ...`)\n"
        );
    }

    #[test]
    fn the_keys_of_the_predecessor_come_first() {
        let seen = nothing();
        let json = serde_json::to_value(Json::new(&seen)).unwrap();
        let keys: Vec<&String> = json.as_object().unwrap().keys().take(7).collect();
        assert_eq!(
            keys,
            [
                "you",
                "active_agent_count",
                "agents",
                "locks",
                "open_task_count",
                "tasks",
                "unread"
            ]
        );
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(more(0, "lock", "lock list"), "");
        assert_eq!(
            strip_str(&more(2, "lock", "lock list")).to_string(),
            "… 2 more locks: agent-sync lock list\n"
        );
    }
}

//! Agents as people and programs read them.

use std::fmt::Write as _;

use serde::Serialize;

use super::colour::{DIM, OK, WARN};
use super::lock::key;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339, when};
use crate::domain::agent::Agent;
use crate::domain::lock::Lock;
use crate::domain::presence::Presence;
use crate::domain::task::Task;
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// An agent as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    name: &'a str,
    role: Option<&'a str>,
    status: &'static str,
    parent_id: Option<&'a str>,
    current_task_id: Option<&'a str>,
    cwd: Option<&'a str>,
    created_at: String,
    last_seen: Option<String>,
}

impl<'a> Json<'a> {
    /// The JSON form of `agent`.
    #[must_use]
    pub fn new(agent: &'a Agent) -> Self {
        Self {
            id: &agent.id,
            name: &agent.name,
            role: role(agent),
            status: agent.presence.as_str(),
            parent_id: agent.parent.as_deref(),
            current_task_id: agent.current_task.as_deref(),
            cwd: agent.cwd.as_deref(),
            created_at: rfc3339(agent.created_at),
            last_seen: seen(agent).map(rfc3339),
        }
    }
}

/// Who is acting as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct WhoJson<'a> {
    id: &'a str,
    resolved_via: &'static str,
    registered: bool,
    name: Option<&'a str>,
    role: Option<&'a str>,
    status: Option<&'static str>,
    parent_id: Option<&'a str>,
    current_task_id: Option<&'a str>,
    last_seen: Option<String>,
}

impl<'a> WhoJson<'a> {
    /// The JSON form of an id, where it came from, and the agent it is, once that is known.
    #[must_use]
    pub fn new(
        id: &'a str,
        parent: Option<&'a str>,
        resolved_via: &'static str,
        agent: Option<&'a Agent>,
    ) -> Self {
        Self {
            id,
            resolved_via,
            registered: agent.is_some(),
            name: agent.map(|agent| agent.name.as_str()),
            role: agent.and_then(role),
            status: agent.map(|agent| agent.presence.as_str()),
            parent_id: parent,
            current_task_id: agent.and_then(|agent| agent.current_task.as_deref()),
            last_seen: agent.and_then(seen).map(rfc3339),
        }
    }
}

/// The role, where there is one to speak of.
#[must_use]
pub fn role(agent: &Agent) -> Option<&str> {
    agent.role.as_deref().filter(|role| !role.trim().is_empty())
}

/// When it was last seen; `None` for one that is only mentioned.
fn seen(agent: &Agent) -> Option<i64> {
    Some(agent.sighting.seen.wall).filter(|seen| *seen != 0)
}

/// `name`, or `name (role)`.
#[must_use]
pub fn title(agent: &Agent) -> String {
    let name = clean(&agent.name, Field::Name);
    match role(agent) {
        Some(role) => format!("{name} ({})", clean(role, Field::Title)),
        None => name.to_string(),
    }
}

/// What is said of an agent that registered.
#[must_use]
pub fn registered(agent: &Agent) -> String {
    format!(
        "Registered agent {} as `{}`\n",
        title(agent),
        clean(&agent.id, Field::Title)
    )
}

/// What is said of an agent that took another name.
#[must_use]
pub fn renamed(agent: &Agent) -> String {
    format!(
        "`{}` is now called {}\n",
        clean(&agent.id, Field::Title),
        title(agent)
    )
}

/// What `whoami` says, word for word as 0.4.0 did.
#[must_use]
pub fn who(id: &str, resolved_via: &str, agent: Option<&Agent>) -> String {
    let id = clean(id, Field::Title);
    let mut text = format!("id:           {id}\nresolved via: {resolved_via}\n");
    let rest = match agent {
        Some(agent) => format!(
            "name:         {}\nstatus:       {}\n",
            title(agent),
            agent.presence.as_str()
        ),
        None => "not registered yet — run `agent-sync register --name ...`\n".to_owned(),
    };
    text.push_str(&rest);
    text
}

/// How present an agent is, in its colour.
#[must_use]
pub fn presence(presence: Presence) -> Cell {
    let style = match presence {
        Presence::Active => OK,
        Presence::Idle => return presence.as_str().into(),
        Presence::Stale => WARN,
        Presence::Offline => DIM,
    };
    Cell::styled(Clean::literal(presence.as_str()), style)
}

/// A line for each agent.
#[must_use]
pub fn table(agents: &[Agent], me: &str, now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["AGENT", "STATE", "SEEN", "ID", "TASK", "ROLE"]);
    for agent in agents {
        let you = if agent.id == me { " (you)" } else { "" };
        table.row([
            Cell::from(clean(&format!("{}{you}", agent.name), Field::Title)),
            presence(agent.presence),
            Cell::from(seen(agent).map_or_else(|| Clean::literal("never"), |seen| when(now, seen))),
            Cell::from(clean(&agent.id, Field::Title)),
            Cell::from(clean(agent.current_task.as_deref().unwrap_or("-"), Field::Name)),
            Cell::from(clean(role(agent).unwrap_or("-"), Field::Title)),
        ]);
    }
    table.render(width)
}

/// All about one agent, a fact a line.
#[must_use]
pub fn page(agent: &Agent, locks: &[Lock], tasks: &[Task], now: &Moment) -> String {
    let mut text = format!("name:     {}\n", clean(&agent.name, Field::Name));
    let mut fact = |label: &str, value: &dyn std::fmt::Display| {
        let _infallible = writeln!(text, "{label:<9} {value}");
    };
    fact("id:", &clean(&agent.id, Field::Title));
    if let Some(role) = role(agent) {
        fact("role:", &clean(role, Field::Title));
    }
    fact("state:", &agent.presence.as_str());
    if let Some(parent) = &agent.parent {
        fact("part of:", &clean(parent, Field::Title));
    }
    fact(
        "seen:",
        &seen(agent).map_or_else(|| "never".to_owned(), |seen| relative(now.wall, seen)),
    );
    fact("joined:", &relative(now.wall, agent.created_at));
    if let Some(cwd) = &agent.cwd {
        fact("works in:", &clean(cwd, Field::Path));
    }
    for task in tasks {
        let line = format!(
            "{} [{}] {}",
            clean(&task.id, Field::Name),
            task.status.as_str(),
            clean(&task.title, Field::Title)
        );
        fact("task:", &line);
    }
    for lock in locks {
        let line = format!(
            "{}, lapses {}",
            key(&lock.key),
            relative(now.wall, lock.expires_at(now))
        );
        fact("holds:", &line);
    }
    text
}

//! What was found, as people and programs read it.

use std::fmt::Write as _;

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::{rfc3339, when};
use crate::domain::search::{Found, Hit, Kind};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// A find as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    kind: &'static str,
    id: &'a str,
    title: Option<&'a str>,
    excerpt: &'a str,
    agent_id: Option<&'a str>,
    agent_name: Option<&'a str>,
    created_at: String,
}

impl<'a> Json<'a> {
    /// The JSON form of `hit`.
    #[must_use]
    pub fn new(hit: &'a Hit) -> Self {
        Self {
            kind: hit.kind.as_str(),
            id: &hit.id,
            title: hit.title.as_deref(),
            excerpt: &hit.excerpt,
            agent_id: hit.agent.as_deref(),
            agent_name: hit.agent_name.as_deref(),
            created_at: rfc3339(hit.created_at),
        }
    }
}

/// A line for each find, and `more`, the command that shows all of them, where there are more.
#[must_use]
pub fn table(found: &Found, more: &str, now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["KIND", "ID", "WHEN", "BY", "TEXT"]);
    for hit in &found.hits {
        let text = match &hit.title {
            Some(title) if hit.excerpt.is_empty() => title.clone(),
            Some(title) => format!("{title}: {}", hit.excerpt),
            None => hit.excerpt.clone(),
        };
        let by = hit.agent_name.as_ref().or(hit.agent.as_ref());
        table.row([
            Cell::from(Clean::literal(hit.kind.as_str())),
            Cell::from(clean(&hit.id, Field::Name)),
            Cell::from(when(now, hit.created_at)),
            Cell::from(clean(by.map_or("-", String::as_str), Field::Name)),
            Cell::from(clean(&text, Field::Message)),
        ]);
    }
    let mut text = table.render(width);
    let left = found.total.saturating_sub(found.hits.len());
    if left > 0 {
        let _infallible = writeln!(text, "{left} more: {more}");
    }
    let mut commands: Vec<&str> = Vec::new();
    for hit in &found.hits {
        let command = match hit.kind {
            Kind::Message => "`agent-sync message thread ID`",
            Kind::Decision => "`agent-sync decision show ID`",
            Kind::Task => "`agent-sync task show ID`",
        };
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    if !commands.is_empty() {
        let _infallible = writeln!(text, "In full: {}", commands.join(", "));
    }
    text
}

/// What is said when nothing was found.
#[must_use]
pub fn nothing(kind: Option<Kind>) -> String {
    let (what, hint) = match kind {
        None => (
            "Nothing holds all these words.",
            "Fewer words find more; messages are found by those who sent or got them.",
        ),
        Some(Kind::Message) => (
            "No message that you sent or got holds all these words.",
            "Fewer words find more; `agent-sync search WORDS` looks in decisions and tasks, too.",
        ),
        Some(Kind::Decision) => (
            "No decision holds all these words.",
            "Fewer words find more; `agent-sync search WORDS` looks in messages and tasks, too.",
        ),
        Some(Kind::Task) => (
            "No task holds all these words.",
            "Fewer words find more; `agent-sync search WORDS` looks in messages and decisions, too.",
        ),
    };
    format!("{what}\n{hint}\n")
}

//! Decisions as people and programs read them.

use std::fmt::Write as _;

use serde::Serialize;

use super::message::body;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339, when};
use crate::domain::decision::Decision;
use crate::domain::time::Moment;
use crate::frame::{Field, clean};

/// A decision as JSON: the columns of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    agent_id: &'a str,
    body: &'a str,
    created_at: String,
    agent_name: &'a str,
    superseded_by: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of `decision`.
    #[must_use]
    pub fn new(decision: &'a Decision) -> Self {
        Self {
            id: &decision.id,
            agent_id: &decision.agent,
            body: &decision.body,
            created_at: rfc3339(decision.created_at),
            agent_name: &decision.agent_name,
            superseded_by: decision.superseded_by.as_deref(),
        }
    }
}

/// What is said of a decision that was recorded.
#[must_use]
pub fn recorded(id: &str, supersedes: Option<&str>) -> String {
    let mut text = format!("Recorded decision `{}`\n", clean(id, Field::Name));
    if let Some(old) = supersedes {
        let _infallible = writeln!(text, "  in place of `{}`", clean(old, Field::Name));
    }
    text
}

/// A line for each decision.
#[must_use]
pub fn table(decisions: &[Decision], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["ID", "DECIDED", "BY", "DECISION"]);
    for decision in decisions {
        let text = match &decision.superseded_by {
            Some(newer) => format!("[superseded by {newer}] {}", decision.body),
            None => decision.body.clone(),
        };
        table.row([
            Cell::from(clean(&decision.id, Field::Name)),
            Cell::from(when(now, decision.created_at)),
            Cell::from(clean(&decision.agent_name, Field::Name)),
            Cell::from(clean(&text, Field::Message)),
        ]);
    }
    table.render(width)
}

/// A whole decision with its head.
#[must_use]
pub fn page(decision: &Decision, now: &Moment) -> String {
    let mut text = format!(
        "decision: {}\nby:       {} ({})\nat:       {} ({})\n",
        clean(&decision.id, Field::Name),
        clean(&decision.agent_name, Field::Name),
        clean(&decision.agent, Field::Title),
        rfc3339(decision.created_at),
        relative(now.wall, decision.created_at),
    );
    if let Some(newer) = &decision.superseded_by {
        let _infallible = writeln!(text, "superseded by {}", clean(newer, Field::Name));
    }
    text.push('\n');
    text.push_str(&body(&decision.body));
    text
}

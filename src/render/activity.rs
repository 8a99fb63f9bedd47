//! The record of what happened, as people and programs read it.

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::{rfc3339, when};
use crate::domain::activity::Activity;
use crate::domain::time::Moment;
use crate::frame::{Field, clean};

/// An entry as JSON: the columns of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    agent_id: Option<&'a str>,
    event_type: &'a str,
    body: &'a str,
    tool_name: Option<&'a str>,
    file_path: Option<&'a str>,
    created_at: String,
    agent_name: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of `activity`.
    #[must_use]
    pub fn new(activity: &'a Activity) -> Self {
        Self {
            id: &activity.id,
            agent_id: activity.agent.as_deref(),
            event_type: &activity.event,
            body: &activity.body,
            tool_name: activity.tool.as_deref(),
            file_path: activity.path.as_deref(),
            created_at: rfc3339(activity.created_at),
            agent_name: activity.agent_name.as_deref(),
        }
    }
}

/// What an entry is about: its text, and the path unless that says it. As it was recorded: not harmless yet.
#[must_use]
pub fn about(entry: &Activity) -> String {
    match &entry.path {
        Some(path) if !entry.body.contains(path.as_str()) => format!("{path} {}", entry.body),
        _ => entry.body.clone(),
    }
}

/// A line for each entry; what nobody did, the tool itself did.
#[must_use]
pub fn table(entries: &[Activity], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["WHEN", "WHO", "WHAT", "ABOUT"]);
    for entry in entries {
        let who = entry.agent_name.as_ref().or(entry.agent.as_ref());
        table.row([
            Cell::from(when(now, entry.created_at)),
            Cell::from(clean(who.map_or("system", String::as_str), Field::Name)),
            Cell::from(clean(&entry.event, Field::Name)),
            Cell::from(clean(&about(entry), Field::Path)),
        ]);
    }
    table.render(width)
}

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
        table.row([
            Cell::from(when(now, entry.created_at)),
            Cell::from(clean(actor(entry), Field::Name)),
            Cell::from(clean(&entry.event, Field::Name)),
            Cell::from(clean(&about(entry), Field::Path)),
        ]);
    }
    table.render(width)
}

/// Who did it: a name or an id; what nobody did, the tool itself did.
#[must_use]
pub fn actor(entry: &Activity) -> &str {
    let who = entry.agent_name.as_ref().or(entry.agent.as_ref());
    who.map_or("system", String::as_str)
}

/// What was done, as one would say it, not yet clean: `edited src/lib.rs`, `claimed task-…`.
#[must_use]
pub fn phrase(entry: &Activity) -> String {
    let about = entry.path.as_deref().unwrap_or(&entry.body);
    let (noun, verb) = entry.event.split_once('.').unwrap_or(("", &entry.event));
    let said = match (noun, verb) {
        ("", "edit") => return format!("edited {about}"),
        // A note: whoever wrote it chose the word.
        ("", kind) => return format!("{kind}: {}", entry.body),
        ("agent", "joined") => return "joined".to_owned(),
        ("agent", "returned") => return "came back".to_owned(),
        ("agent", "left") => return "left".to_owned(),
        ("agent", "gone") => return "is gone".to_owned(),
        ("agent", "changed") => "is now called",
        ("lock", "acquired") => "locked",
        ("lock", "renewed") => "renewed its lock on",
        ("lock", "released") => "unlocked",
        ("lock", "awaited") => "waits for",
        ("lock", "given_up") => "gave up waiting for",
        ("lock", "stolen") => "took by force",
        ("lock", "expired") => "no longer holds",
        ("message", "acked") => "acknowledged",
        ("decision", "recorded") => "decided",
        ("task", "depends") => "made dependent",
        (_, verb) => return format!("{} {about}", verb.replace('_', " ")),
    };
    format!("{said} {about}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_reads_like_a_sentence() {
        let phrase = |event: &str, body: &str, path: Option<&str>| {
            phrase(&Activity {
                id: "act-1".to_owned(),
                agent: Some("a".to_owned()),
                agent_name: None,
                event: event.to_owned(),
                body: body.to_owned(),
                tool: None,
                path: path.map(str::to_owned),
                created_at: 0,
            })
        };
        assert_eq!(
            phrase("edit", "Edit src/a.rs", Some("src/a.rs")),
            "edited src/a.rs"
        );
        assert_eq!(
            phrase("lock.acquired", "spelling", Some("README")),
            "locked README"
        );
        assert_eq!(phrase("lock.acquired", "db", None), "locked db");
        assert_eq!(phrase("task.claimed", "task-1", None), "claimed task-1");
        assert_eq!(phrase("message.sent", "msg-1 to b", None), "sent msg-1 to b");
        assert_eq!(phrase("agent.joined", "alice", None), "joined");
        assert_eq!(phrase("note", "half way", None), "note: half way");
    }
}

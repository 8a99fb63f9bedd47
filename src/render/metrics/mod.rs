//! The numbers of the record: as a table for people, as JSON, and as `OpenMetrics` for whoever collects them.
//!
//! What the record does not hold is *unknown*, `null`, or absent, in this order; it is never zero.

mod openmetrics;

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::colour::{HEADING, paint};
use super::table::{Cell, Table};
use super::time::{duration, rfc3339};
use super::words::counted;
use crate::domain::metrics::{History, Metrics, Spread};
use crate::frame::{Clean, Field, clean};

pub use openmetrics::openmetrics;

/// The numbers as JSON. Lengths of time end in `_ms`, shares lie between 0 and 1, what is unknown is `null`.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    asked_from: String,
    from: String,
    to: String,
    record_begins: Option<String>,
    kept_for_ms: Option<i64>,
    complete: bool,
    numbers: &'a Metrics,
    mail_waiting: Vec<Value>,
}

impl<'a> Json<'a> {
    /// The JSON form of what a history comes to.
    #[must_use]
    pub fn new(history: &History, numbers: &'a Metrics) -> Self {
        let waiting = history
            .queued
            .iter()
            .map(|(id, count)| json!({"agent_id": id, "name": history.name_of(id), "messages": count}));
        Self {
            asked_from: rfc3339(history.asked_from),
            from: rfc3339(history.window.from),
            to: rfc3339(history.window.to),
            record_begins: history.oldest.map(rfc3339),
            kept_for_ms: history.kept_for,
            complete: !history.is_incomplete(),
            numbers,
            mail_waiting: waiting.collect(),
        }
    }
}

fn length(milliseconds: i64) -> String {
    duration(Duration::from_millis(
        u64::try_from(milliseconds).unwrap_or_default(),
    ))
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "unknown".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || "unknown".to_owned(),
        |spread| {
            format!(
                "p50 {}, p90 {}, p99 {} of {}",
                length(spread.p50_ms),
                length(spread.p90_ms),
                length(spread.p99_ms),
                spread.count
            )
        },
    )
}

/// A part of the table: what each number is, and the number.
struct Part {
    text: String,
    table: Table,
}

impl Part {
    fn new(heading: &'static str) -> Self {
        Self {
            text: format!("\n{}\n", paint(HEADING, heading)),
            table: Table::new(),
        }
    }

    fn line(&mut self, what: &'static str, value: &str) {
        self.named(Clean::literal(what), value);
    }

    fn named(&mut self, what: Clean, value: &str) {
        // The numbers are our own; a line of them is no longer than a title.
        self.table.row([
            Cell::from(Clean::literal(" ")),
            Cell::from(what),
            Cell::from(clean(value, Field::Title)),
        ]);
    }

    fn render(self, width: Option<usize>) -> String {
        self.text + &self.table.render(width)
    }
}

/// The numbers for people.
#[must_use]
pub fn table(history: &History, numbers: &Metrics, width: Option<usize>) -> String {
    let mut text = format!(
        "From {} to {}\n",
        rfc3339(history.window.from),
        rfc3339(history.window.to)
    );
    if let Some(oldest) = history.oldest.filter(|_| history.is_incomplete()) {
        let oldest = rfc3339(oldest.max(history.window.from));
        text = format!(
            "{text}The record begins at {oldest}
"
        );
    }
    let parts = [
        Some(times(numbers)),
        Some(mail(numbers)),
        Some(prevented(numbers)),
        refusals(numbers),
        Some(queues(history, numbers)),
    ];
    for part in parts.into_iter().flatten() {
        text.push_str(&part.render(width));
    }
    text.push_str("\nUnknown, because nothing of it is recorded:\n");
    for what in numbers.unknown {
        text.push_str("  ");
        text.push_str(what);
        text.push('\n');
    }
    text
}

fn times(numbers: &Metrics) -> Part {
    let (turns, waiting) = (&numbers.turns, &numbers.waiting);
    let mut part = Part::new("Time");
    part.line(
        "in turns",
        &format!(
            "{} in {} ({} did something)",
            length(turns.time_ms),
            counted(turns.count as u64, "turn"),
            counted(numbers.agents as u64, "agent")
        ),
    );
    part.line("of that waiting for locks", &share(waiting.share));
    part.line("of that in agent-sync", &share(numbers.share_in_agent_sync));
    part.line(
        "waits for locks",
        &format!(
            "{}: {} granted, {} given up, {} going on",
            waiting.count, waiting.granted, waiting.given_up, waiting.going_on
        ),
    );
    part.line("wait until granted", &spread(waiting.granted_after));
    part
}

fn mail(numbers: &Metrics) -> Part {
    let mail = &numbers.messages;
    let mut part = Part::new("Messages");
    part.line(
        "sent",
        &format!(
            "{} to {}: {} seen, {} open, {} lost",
            mail.sent,
            counted(mail.recipients as u64, "recipient"),
            mail.seen,
            mail.open,
            mail.lost
        ),
    );
    part.line("sent to shown", &spread(mail.shown_after));
    part.line("shown to seen", &spread(mail.proved_after));
    part.line("sent to seen", &spread(mail.seen_after));
    part
}

fn prevented(numbers: &Metrics) -> Part {
    let prevented = &numbers.prevented;
    let mut part = Part::new("Conflicts prevented");
    part.line("all together", &prevented.known().to_string());
    part.line("locks refused at once", &prevented.refused.to_string());
    part.line("waits in a line", &prevented.queued.to_string());
    part.line("notices of others' work", &prevented.told.to_string());
    part.line("refusals by hooks", &prevented.refused_by_hooks.to_string());
    part.line(
        "tasks reclaimed of agents that were gone",
        &numbers.reclaimed.tasks.to_string(),
    );
    part.line(
        "locks reclaimed of agents that were gone",
        &numbers.reclaimed.locks.to_string(),
    );
    part
}

/// How often which rule refused something; nothing where none did.
fn refusals(numbers: &Metrics) -> Option<Part> {
    let mut part = None;
    for (rule, count) in numbers.refusals.iter().filter(|(_, count)| **count > 0) {
        part.get_or_insert_with(|| Part::new("Refusals by rule"))
            .line(rule_in_words(rule), &count.to_string());
    }
    part
}

fn queues(history: &History, numbers: &Metrics) -> Part {
    let queues = &numbers.queues;
    let mut part = Part::new("Queues now");
    part.line("ready tasks", &queues.ready_tasks.to_string());
    part.line(
        "agents in line for locks",
        &format!("{} (at most {} for one)", queues.line_now, queues.line_deepest),
    );
    part.line(
        "messages for the fullest inbox",
        &format!("{} (at most {})", queues.mail_now, queues.mail_deepest),
    );
    for (id, count) in &history.queued {
        part.named(
            clean(&format!("messages for {}", history.name_of(id)), Field::Name),
            &count.to_string(),
        );
    }
    part
}

/// What a rule refuses, by the rule's name.
#[must_use]
pub fn rule_in_words(rule: &str) -> &'static str {
    match rule {
        "lock_held" => "a lock that somebody else holds or waits for",
        "lock_circle" => "a wait that would never have ended",
        "lock_wait_timed_out" => "a wait for a lock that was given up",
        "message_off_topology" => "a message to somebody whom the topology does not let the sender reach",
        "message_recipient_gone" => "a message to somebody who is gone",
        "edit_locked" => "an edit of a file that somebody else has locked",
        "edit_leased" => "an edit of a file that somebody else is editing",
        "edit_unguarded" => "an edit under a lock that was lost, held up once",
        "command_locked" => "a command that writes a file that somebody else has locked",
        "command_discards" => "a command that throws away uncommitted work of others",
        "commit_foreign" => "a commit that holds files of others",
        "policy_denied" => "a call that a rule of the policy refuses",
        "policy_asked" => "a call that a rule of the policy leaves to the human",
        "policy_limited" => "a call beyond the limit of a rule of the policy",
        "policy_unapproved" => "a call that a rule of the policy lets pass once it is approved",
        "message_queue_full" => "a message to somebody for whom too much waits",
        _ => "a message of a sender who sends too many",
    }
}

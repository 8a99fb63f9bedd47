//! Messages as people and programs read them.

use std::fmt::Write as _;

use serde::Serialize;

use super::colour::WARN;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339, when};
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::message::{Delivery, EVERYONE, Message, Receipt};
use crate::domain::presence::Presence;
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean, clean_lines};

/// Most bytes of a body that are shown: more than any that can be sent, even with every character escaped.
const MAX_SHOWN: usize = 256 * 1024;
/// Longest line of a body, in bytes: a frame takes lines whole or not at all.
const MAX_LINE: usize = 400;

/// A message as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    sender_agent_id: &'a str,
    recipient: &'a str,
    body: &'a str,
    created_at: String,
    read_at: Option<String>,
    reply_to: Option<&'a str>,
    acked_at: Option<String>,
    sender_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<&'static str>,
}

impl<'a> Json<'a> {
    /// The JSON form of `message` as `reader` sees it; to its sender it has come nowhere in particular.
    #[must_use]
    pub fn new(message: &'a Message, reader: &str) -> Self {
        let is_recipient = message.sender != reader;
        Self {
            id: &message.id,
            sender_agent_id: &message.sender,
            recipient: &message.address,
            body: &message.body,
            created_at: rfc3339(message.created_at),
            read_at: message.read_at.map(rfc3339),
            reply_to: message.reply_to.as_deref(),
            acked_at: message.acked_at.map(rfc3339),
            sender_name: &message.sender_name,
            delivery: is_recipient.then_some(message.delivery.as_str()),
        }
    }
}

/// What became of a message at one recipient, as JSON.
#[derive(Debug, Serialize)]
struct ReceiptJson<'a> {
    agent_id: &'a str,
    agent_name: &'a str,
    delivery: &'static str,
    read_at: Option<String>,
    acked_at: Option<String>,
}

/// A message as its sender sees it, as JSON.
#[derive(Debug, Serialize)]
pub struct SentJson<'a> {
    #[serde(flatten)]
    message: Json<'a>,
    recipients: Vec<ReceiptJson<'a>>,
}

impl<'a> SentJson<'a> {
    /// The JSON form of a message and what became of it.
    #[must_use]
    pub fn new(message: &'a Message, receipts: &'a [Receipt]) -> Self {
        let recipients = receipts
            .iter()
            .map(|receipt| ReceiptJson {
                agent_id: &receipt.agent,
                agent_name: &receipt.agent_name,
                delivery: receipt.delivery.as_str(),
                read_at: receipt.read_at.map(rfc3339),
                acked_at: receipt.acked_at.map(rfc3339),
            })
            .collect();
        Self {
            message: Json::new(message, &message.sender),
            recipients,
        }
    }
}

/// When a recipient will see a message that was just sent.
const fn outlook(agent: &Agent) -> &'static str {
    match agent.presence {
        Presence::Active => "active: sees it with its next tool call",
        Presence::Idle => "idle: sees it at its next prompt",
        Presence::Stale => "quiet for long: may not see it soon",
        Presence::Offline => "gone: kept for its return",
    }
}

/// What is said of a message that was sent: to whom it went, and when each will see it.
#[must_use]
pub fn sent(id: &str, address: &str, recipients: &[Agent]) -> String {
    if recipients.is_empty() {
        let address = clean(address, Field::Name);
        return format!("Sent `{id}` to {address}: nobody else is here now, so nobody will see it\n");
    }
    let names: Vec<String> = recipients
        .iter()
        .map(|agent| {
            let outlook = if agent.id == OPERATOR {
                "the human: reads it with `agent-sync inbox`"
            } else {
                outlook(agent)
            };
            format!("{} ({outlook})", clean(&agent.name, Field::Name))
        })
        .collect();
    format!("Sent `{id}` to {}\n", names.join(", "))
}

/// A line for each message, marked with `*` while it is unread.
#[must_use]
pub fn table(messages: &[Message], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["", "ID", "SENT", "FROM", "TO", "MESSAGE"]);
    for message in messages {
        let mark = match (message.read_at, message.acked_at) {
            (None, _) => Cell::styled(Clean::literal("*"), WARN),
            (Some(_), None) => Clean::literal(" ").into(),
            (Some(_), Some(_)) => Clean::literal("+").into(),
        };
        table.row([
            mark,
            Cell::from(clean(&message.id, Field::Name)),
            Cell::from(when(now, message.created_at)),
            Cell::from(clean(&message.sender_name, Field::Name)),
            Cell::from(clean(&message.address, Field::Name)),
            Cell::from(clean(&message.body, Field::Message)),
        ]);
    }
    table.render(width)
}

/// A line for each message that was sent, with what became of it.
#[must_use]
pub fn sent_table(sent: &[(Message, Vec<Receipt>)], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["ID", "SENT", "TO", "STATE", "MESSAGE"]);
    for (message, receipts) in sent {
        table.row([
            Cell::from(clean(&message.id, Field::Name)),
            Cell::from(when(now, message.created_at)),
            Cell::from(clean(&message.address, Field::Name)),
            Cell::from(clean(&summary(receipts), Field::Reason)),
            Cell::from(clean(&message.body, Field::Message)),
        ]);
    }
    table.render(width)
}

/// How far a message has come at one recipient, in a word.
const fn state(receipt: &Receipt) -> &'static str {
    match (receipt.acked_at, receipt.read_at, receipt.delivery) {
        (Some(_), _, _) => "acknowledged",
        (None, Some(_), _) => "read",
        (None, None, Delivery::Offered) => "shown",
        (None, None, Delivery::Queued) => "waiting",
    }
}

/// How far a message has come, the furthest first: `acknowledged: bob; waiting: carol, dave`.
fn summary(receipts: &[Receipt]) -> String {
    if receipts.is_empty() {
        return "nobody was here".to_owned();
    }
    ["acknowledged", "read", "shown", "waiting"]
        .into_iter()
        .filter_map(|word| {
            let names: Vec<&str> = receipts
                .iter()
                .filter(|receipt| state(receipt) == word)
                .map(|receipt| receipt.agent_name.as_str())
                .collect();
            (!names.is_empty()).then(|| format!("{word}: {}", names.join(", ")))
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// A whole message with its head. Its lines are set apart, so that none can pass for a line of ours.
#[must_use]
pub fn page(message: &Message, now: &Moment) -> String {
    let mut text = format!(
        "From: {} ({})\nTo:   {}\nAt:   {} ({})\n",
        clean(&message.sender_name, Field::Name),
        clean(&message.sender, Field::Title),
        clean(&message.address, Field::Name),
        rfc3339(message.created_at),
        relative(now.wall, message.created_at),
    );
    if let Some(answered) = &message.reply_to {
        let _infallible = writeln!(text, "Re:   {}", clean(answered, Field::Name));
    }
    text.push('\n');
    text.push_str(&body(&message.body));
    text
}

/// A conversation, oldest first.
#[must_use]
pub fn thread(messages: &[Message], now: &Moment) -> String {
    let mut text = String::new();
    for (index, message) in messages.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let to = if message.address.eq_ignore_ascii_case(EVERYONE) {
            "everybody".to_owned()
        } else {
            clean(&message.address, Field::Name).to_string()
        };
        let _infallible = writeln!(
            text,
            "{gap}{} {} to {to}, {}",
            clean(&message.id, Field::Name),
            clean(&message.sender_name, Field::Name),
            relative(now.wall, message.created_at),
        );
        text.push_str(&body(&message.body));
    }
    text
}

/// Text of several lines, each set apart by a bar.
#[must_use]
pub fn body(text: &str) -> String {
    let mut shown = String::new();
    for line in clean_lines(text, MAX_SHOWN) {
        let mut rest = line.as_str();
        loop {
            let (piece, after) = split(rest, MAX_LINE);
            let _infallible = writeln!(shown, "| {piece}");
            if after.is_empty() {
                break;
            }
            rest = after;
        }
    }
    shown
}

/// The beginning of a line, at most `limit` bytes and cut at a blank where there is one, and the rest.
fn split(line: &str, limit: usize) -> (&str, &str) {
    if line.len() <= limit {
        return (line, "");
    }
    let mut end = limit;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    if let Some(blank) = line[..end].rfind(' ').filter(|blank| *blank > limit / 2) {
        return (&line[..blank], &line[blank + 1..]);
    }
    // Half an entity would be read as the text it is made of.
    match line[..end]
        .rfind('&')
        .filter(|entity| end - entity < "&quot;".len())
    {
        Some(entity) if entity > 0 => line.split_at(entity),
        _ => line.split_at(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(name: &str, delivery: Delivery, read_at: Option<i64>, acked_at: Option<i64>) -> Receipt {
        Receipt {
            agent: format!("agent-{name}"),
            agent_name: name.to_owned(),
            delivery,
            read_at,
            acked_at,
        }
    }

    #[test]
    fn the_sender_is_told_how_far_a_message_has_come() {
        let receipts = [
            receipt("bob", Delivery::Queued, None, None),
            receipt("carol", Delivery::Offered, Some(1), Some(2)),
            receipt("dave", Delivery::Queued, None, None),
        ];
        assert_eq!(summary(&receipts), "acknowledged: carol; waiting: bob, dave");
        assert_eq!(summary(&[]), "nobody was here");
    }

    #[test]
    fn every_line_of_a_body_is_set_apart_and_bounded() {
        assert_eq!(body("a\nFrom: x"), "| a\n| From: x\n");
        assert_eq!(body(""), "");
        let long = body(&"word ".repeat(500));
        assert!(long.lines().count() > 5);
        assert!(
            long.lines()
                .all(|line| line.starts_with("| ") && line.len() <= MAX_LINE + 2)
        );
        let solid = body(&"é".repeat(1_000));
        assert_eq!(solid.chars().filter(|letter| *letter == 'é').count(), 1_000);
    }

    #[test]
    fn a_broadcast_that_reaches_nobody_says_so() {
        assert!(sent("msg-1", "all", &[]).contains("nobody else is here now"));
    }
}

//! Messages as people and programs read them.

use std::fmt::Write as _;

use serde::Serialize;

use super::colour::WARN;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339, when};
use super::words::counted;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::message::{EVERYONE, Message, Priority, Receipt, State, Unsent};
use crate::domain::presence::{Presence, Turn};
use crate::domain::time::Moment;
use crate::domain::topology::Detour;
use crate::frame::{Clean, Field, clean, clean_lines, shell_word};

/// Most bytes of a body that are shown: more than any that can be sent, even with every character escaped.
const MAX_SHOWN: usize = 256 * 1024;
/// Longest line of a body, in bytes: a frame takes lines whole or not at all.
const MAX_LINE: usize = 400;

/// In which order states are told.
const FURTHEST_FIRST: [State; 7] = [
    State::Acknowledged,
    State::Read,
    State::Delivered,
    State::Offered,
    State::Queued,
    State::Expired,
    State::Undeliverable,
];

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
    priority: &'static str,
    wants_ack: bool,
    expires_at: Option<String>,
}

impl<'a> Json<'a> {
    /// The JSON form of `message` as somebody sees it; to its sender it has come nowhere in particular.
    #[must_use]
    pub fn new(message: &'a Message, now: &Moment) -> Self {
        Self {
            id: &message.id,
            sender_agent_id: &message.sender,
            recipient: &message.address,
            body: &message.body,
            created_at: rfc3339(message.created.wall),
            read_at: message.read_at().map(rfc3339),
            reply_to: message.reply_to.as_deref(),
            acked_at: message.acked_at().map(rfc3339),
            sender_name: &message.sender_name,
            delivery: message.state(now).map(State::as_str),
            priority: message.priority.as_str(),
            wants_ack: message.wants_ack,
            expires_at: message.expires_at().map(rfc3339),
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
    state_at: String,
    offers: u32,
    reminders: u32,
    offered_at: Option<String>,
    delivered_at: Option<String>,
    kept_for: Option<&'a str>,
}

impl<'a> ReceiptJson<'a> {
    fn new(message: &Message, receipt: &'a Receipt, now: &Moment) -> Self {
        let progress = &receipt.progress;
        Self {
            agent_id: &receipt.agent,
            agent_name: &receipt.agent_name,
            delivery: receipt.state(message, now).as_str(),
            read_at: progress.read_at.map(rfc3339),
            acked_at: progress.acked_at.map(rfc3339),
            state_at: rfc3339(progress.since),
            offers: progress.offers,
            reminders: progress.reminders,
            offered_at: progress.offer.as_ref().map(|offer| rfc3339(offer.at.wall)),
            delivered_at: progress.delivered_at.map(rfc3339),
            kept_for: progress.kept_for.as_deref(),
        }
    }
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
    pub fn new(message: &'a Message, receipts: &'a [Receipt], now: &Moment) -> Self {
        let recipients = receipts.iter();
        Self {
            message: Json::new(message, now),
            recipients: recipients
                .map(|receipt| ReceiptJson::new(message, receipt, now))
                .collect(),
        }
    }
}

/// When a recipient will see a message that was just sent.
const fn outlook(agent: &Agent) -> &'static str {
    match agent.presence {
        Presence::Active => "mid-turn: will see it at its next tool call",
        Presence::Idle => "idle: will see it with its next prompt",
        Presence::Stale => "quiet for long: may not see it soon",
        Presence::Offline => "gone: kept for whoever takes that name next",
    }
}

/// Why a message was not sent, and what helps.
#[must_use]
pub fn unsent(why: &Unsent, now: &Moment) -> (String, String) {
    let (message, hint) = match why {
        Unsent::OffRoute(way) => return off_route(way),
        Unsent::Gone(agents) => {
            let gone: Vec<String> = agents.iter().map(|agent| absence(agent, now)).collect();
            (
                format!("{}: not sent", gone.join(", ")),
                "--queue keeps it for whoever takes that name next",
            )
        }
        Unsent::Full(agent, waiting) => (
            format!(
                "{waiting} messages wait for {} already: not sent",
                clean(&agent.name, Field::Name)
            ),
            "--wait=5m sends it as soon as there is room",
        ),
        Unsent::TooMany(limit) => (
            format!("you have sent {limit} messages within a minute: not sent"),
            "one message can say several things; --wait=1m sends this one as soon as that is over",
        ),
    };
    (message, hint.to_owned())
}

/// That the topology does not let somebody write to somebody, and to whom to write instead.
fn off_route(way: &Detour) -> (String, String) {
    let name = |name: &str| clean(name, Field::Name);
    let whom = way
        .to
        .as_deref()
        .map_or_else(|| "any of them".to_owned(), |to| name(to).to_string());
    let message = format!(
        "{} does not write to {whom} (topology {}): not sent",
        name(&way.from),
        way.shape.as_str()
    );
    let Some(next) = way.by.first().and_then(|next| shell_word(next)) else {
        return (message, "agent-sync topology show".to_owned());
    };
    let about = match way.to.as_deref().and_then(shell_word) {
        Some(to) => format!("'for {to}: …'"),
        None => "'for …'".to_owned(),
    };
    (message, format!("agent-sync message send --to {next} {about}"))
}

/// That an agent is gone, and since when.
fn absence(agent: &Agent, now: &Moment) -> String {
    let name = clean(&agent.name, Field::Name);
    let seen = &agent.sighting.seen;
    match agent.sighting.turn {
        Turn::Ended => format!("{name} ended {}", relative(now.wall, seen.wall)),
        _ => format!("{name} is gone, last seen {}", relative(now.wall, seen.wall)),
    }
}

/// What is said of a message that was sent: to whom it went, when each will see it, and who has no room.
#[must_use]
pub fn sent(id: &str, address: &str, recipients: &[Agent], left_out: &[Agent], beyond: usize) -> String {
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
    let mut text = format!("Sent `{id}` to {}\n", names.join(", "));
    for agent in left_out {
        let name = clean(&agent.name, Field::Name);
        let _infallible = writeln!(text, "Not to {name}: too many messages wait for it already");
    }
    if beyond > 0 {
        let others = counted(u64::try_from(beyond).unwrap_or(u64::MAX), "other");
        let _infallible = writeln!(
            text,
            "Not to {others}: `agent-sync topology show` says whom you write to"
        );
    }
    text
}

/// A line for each message, marked with `*` while it is unread.
#[must_use]
pub fn table(messages: &[Message], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["", "ID", "SENT", "FROM", "TO", "MESSAGE"]);
    for message in messages {
        let mark = match (message.read_at(), message.acked_at()) {
            (None, _) => Cell::styled(Clean::literal("*"), WARN),
            (Some(_), None) => Clean::literal(" ").into(),
            (Some(_), Some(_)) => Clean::literal("+").into(),
        };
        table.row([
            mark,
            Cell::from(clean(&message.id, Field::Name)),
            Cell::from(when(now, message.created.wall)),
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
            Cell::from(when(now, message.created.wall)),
            Cell::from(clean(&message.address, Field::Name)),
            Cell::from(clean(&summary(message, receipts, now), Field::Reason)),
            Cell::from(clean(&message.body, Field::Message)),
        ]);
    }
    table.render(width)
}

/// Everything about a message: where it is at each recipient, and when it came there.
#[must_use]
pub fn fate(message: &Message, receipts: &[Receipt], now: &Moment) -> String {
    let mut text = page(message, now);
    text.push('\n');
    if receipts.is_empty() {
        text.push_str("Nobody was here when it was sent.\n");
    }
    for receipt in receipts {
        let progress = &receipt.progress;
        let state = receipt.state(message, now);
        let since = match message.expires_at() {
            Some(at) if state == State::Expired && progress.state != State::Expired => at,
            _ => progress.since,
        };
        let mut facts = vec![format!("{} {}", state.as_str(), relative(now.wall, since))];
        if let Some(offer) = &progress.offer {
            let times = match progress.offers {
                0 | 1 => String::new(),
                offers => format!(" ({offers} times)"),
            };
            facts.push(format!("offered {}{times}", rfc3339(offer.at.wall)));
        }
        let moments = [
            ("delivered", progress.delivered_at),
            ("read", progress.read_at),
            ("acknowledged", progress.acked_at),
        ];
        for (word, at) in moments {
            facts.extend(at.map(|at| format!("{word} {}", rfc3339(at))));
        }
        if progress.reminders > 0 {
            facts.push(format!("reminded {} times", progress.reminders));
        }
        if let Some(name) = &progress.kept_for {
            facts.push(format!("kept for the next {}", clean(name, Field::Name)));
        }
        let _infallible = writeln!(
            text,
            "{} ({}): {}",
            clean(&receipt.agent_name, Field::Name),
            clean(&receipt.agent, Field::Title),
            facts.join(", ")
        );
    }
    text
}

/// How far a message has come, the furthest first: `acknowledged: bob; queued: carol, dave`.
fn summary(message: &Message, receipts: &[Receipt], now: &Moment) -> String {
    if receipts.is_empty() {
        return "nobody was here".to_owned();
    }
    FURTHEST_FIRST
        .into_iter()
        .filter_map(|state| {
            let names: Vec<&str> = receipts
                .iter()
                .filter(|receipt| receipt.state(message, now) == state)
                .map(|receipt| receipt.agent_name.as_str())
                .collect();
            (!names.is_empty()).then(|| format!("{}: {}", state.as_str(), names.join(", ")))
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
        rfc3339(message.created.wall),
        relative(now.wall, message.created.wall),
    );
    if let Some(answered) = &message.reply_to {
        let _infallible = writeln!(text, "Re:   {}", clean(answered, Field::Name));
    }
    if message.priority != Priority::Normal {
        let _infallible = writeln!(text, "Priority: {}", message.priority.as_str());
    }
    if message.wants_ack && message.acked_at().is_none() {
        text.push_str("An acknowledgement is wanted.\n");
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
            relative(now.wall, message.created.wall),
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
    use crate::domain::message::Progress;
    use crate::domain::time::HOUR;

    fn receipt(name: &str, state: State) -> Receipt {
        Receipt {
            agent: format!("agent-{name}"),
            agent_name: name.to_owned(),
            progress: Progress {
                state,
                ..Progress::queued(0)
            },
        }
    }

    #[test]
    fn the_sender_is_told_how_far_a_message_has_come() {
        let now = Moment::at_wall(HOUR);
        let mut message = Message {
            id: "msg-1".to_owned(),
            sender: "a".to_owned(),
            sender_name: "a".to_owned(),
            address: "all".to_owned(),
            body: "text".to_owned(),
            reply_to: None,
            created: Moment::at_wall(0),
            priority: Priority::Normal,
            ttl: None,
            wants_ack: false,
            is_directed: true,
            progress: None,
        };
        let receipts = [
            receipt("bob", State::Queued),
            receipt("carol", State::Acknowledged),
            receipt("dave", State::Queued),
        ];
        assert_eq!(
            summary(&message, &receipts, &now),
            "acknowledged: carol; queued: bob, dave"
        );
        message.ttl = Some(HOUR);
        assert_eq!(
            summary(&message, &receipts, &now),
            "acknowledged: carol; expired: bob, dave"
        );
        assert_eq!(summary(&message, &[], &now), "nobody was here");
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
        assert!(sent("msg-1", "all", &[], &[], 0).contains("nobody else is here now"));
    }
}

//! Messages as they are pushed into a session: framed as data, inside a budget, nothing silently dropped.

use super::time::relative;
use crate::domain::message::{EVERYONE, Message};
use crate::domain::time::Moment;
use crate::frame::{Field, Frame, clean};

/// Puts messages into the frame, as many as fit, and says which are in it and how many are not.
///
/// Messages that do not fit stay queued: a later push brings them, and the last line says how to see them now.
#[must_use]
pub fn messages(frame: &mut Frame, messages: &[Message], now: &Moment) -> Vec<String> {
    let mut shown = Vec::new();
    for message in messages {
        if !frame.push(&line(message, now)) {
            break;
        }
        shown.push(message.id.clone());
    }
    shown
}

/// What the last line says of the messages that are not shown.
#[must_use]
pub fn overflow(left: usize) -> Option<String> {
    (left > 0).then(|| format!("{left} more: agent-sync inbox"))
}

fn line(message: &Message, now: &Moment) -> String {
    let body = clean(&message.body, Field::Message);
    let rest = if body.as_str().ends_with('…') {
        format!(
            " (all of it: agent-sync message read {})",
            clean(&message.id, Field::Name)
        )
    } else {
        String::new()
    };
    let address = message.address.trim();
    let to = if address.eq_ignore_ascii_case(EVERYONE) {
        "everybody"
    } else {
        "you"
    };
    let answers = message
        .reply_to
        .as_deref()
        .map(|id| format!(", answers {}", clean(id, Field::Name)))
        .unwrap_or_default();
    format!(
        "{} from {} ({}) to {to}{answers}, {}: {body}{rest}",
        clean(&message.id, Field::Name),
        clean(&message.sender_name, Field::Name),
        clean(&message.sender, Field::Title),
        relative(now.wall, message.created_at),
    )
}

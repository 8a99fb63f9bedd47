//! Messages as they are pushed into a session: framed as data, inside a budget, nothing silently dropped.

use super::time::relative;
use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::message::{EVERYONE, Letter, Priority};
use crate::domain::time::Moment;
use crate::frame::{Field, Frame, clean};

/// How many senders are named of messages that are only counted.
const MOST_SENDERS: usize = 4;

/// Puts messages into the frame, as many as fit, and says how many of the letters are in it.
///
/// What does not fit stays as it is: a later push brings it, and the last line says how to see it now.
#[must_use]
pub fn letters(frame: &mut Frame, letters: &[Letter], now: &Moment) -> usize {
    let mut shown = 0;
    for letter in letters {
        // The first one has to fit, or nothing behind it would ever come.
        let fits = frame.push(&line(letter, Field::Message, now))
            || (shown == 0 && frame.push(&line(letter, Field::Reason, now)));
        if !fits {
            break;
        }
        shown += 1;
    }
    shown
}

/// What the last line says of the messages that are not shown: `7 more (4 from bob, 3 from carol): …`.
#[must_use]
pub fn overflow(left: &[Letter]) -> Option<String> {
    let total: usize = left.iter().map(|letter| letter.ids.len()).sum();
    if total == 0 {
        return None;
    }
    let mut senders: Vec<(&str, usize)> = Vec::new();
    for letter in left {
        let name = letter.first.message.sender_name.as_str();
        match senders.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += letter.ids.len(),
            None => senders.push((name, letter.ids.len())),
        }
    }
    senders.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut counts: Vec<String> = senders
        .iter()
        .take(MOST_SENDERS)
        .map(|(name, count)| format!("{count} from {}", clean(name, Field::Name)))
        .collect();
    let rest: usize = senders.iter().skip(MOST_SENDERS).map(|(_, count)| count).sum();
    if rest > 0 {
        counts.push(format!("{rest} from others"));
    }
    Some(format!("{total} more ({}): agent-sync inbox", counts.join(", ")))
}

fn line(letter: &Letter, length: Field, now: &Moment) -> String {
    let message = &letter.first.message;
    let id = clean(&message.id, Field::Name);
    let body = clean(&message.body, length);
    let rest = if body.as_str().ends_with('…') {
        format!(" (all of it: agent-sync message read {id})")
    } else {
        String::new()
    };
    let to = if message.address.trim().eq_ignore_ascii_case(EVERYONE) {
        "everybody"
    } else {
        "you"
    };
    let sender = match message.sender.as_str() {
        SYSTEM => "agent-sync".to_owned(),
        OPERATOR => "the human (operator)".to_owned(),
        sender => format!(
            "{} ({})",
            clean(&message.sender_name, Field::Name),
            clean(sender, Field::Title)
        ),
    };
    format!(
        "{}{id} from {sender} to {to}, {}{}: {body}{rest}",
        rank(message.priority),
        relative(now.wall, message.created.wall),
        remarks(letter),
    )
}

const fn rank(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "CRITICAL ",
        Priority::Normal => "",
        Priority::Low => "low: ",
    }
}

/// What else there is to know of a letter, each after a comma, the first too.
fn remarks(letter: &Letter) -> String {
    let message = &letter.first.message;
    let progress = message.progress.as_ref();
    let mut remarks = vec![String::new()];
    if let Some(answered) = &message.reply_to {
        let word = if message.sender == SYSTEM {
            "about"
        } else {
            "answers"
        };
        remarks.push(format!("{word} {}", clean(answered, Field::Name)));
    }
    if letter.ids.len() > 1 {
        remarks.push(format!("×{}", letter.ids.len()));
    }
    if letter.first.is_reminder {
        let reminders = progress.map_or(0, |progress| progress.reminders) + 1;
        remarks.push(format!("reminder {reminders}"));
    } else if progress.is_some_and(|progress| progress.offers > 0) {
        remarks.push("repeated: it may have been shown before".to_owned());
    }
    if message.wants_ack {
        remarks.push(format!(
            "an acknowledgement is wanted (agent-sync message ack {})",
            clean(&message.id, Field::Name)
        ));
    }
    remarks.join(", ")
}

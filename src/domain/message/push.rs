//! What is put before a session of all that waits for it: the most important first, the same thing once.

use std::cmp::Reverse;

use super::Message;
use crate::domain::agent::OPERATOR;

/// Everything that a push may bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The message.
    pub message: Message,
    /// Why it is brought.
    pub is_reminder: bool,
}

/// Messages of one sender with one and the same text, to be shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The oldest of them.
    pub first: Pending,
    /// The ids of all of them, the oldest first.
    pub ids: Vec<String>,
}

/// Puts what waits into the order in which it is shown: critical before normal before low, the human's before
/// agents', what is new before reminders, and the older first.
pub fn arrange(pending: &mut [Pending]) {
    pending.sort_by(|left, right| rank(left).cmp(&rank(right)));
}

fn rank(pending: &Pending) -> (Reverse<super::Priority>, bool, bool, i64, &str) {
    let message = &pending.message;
    (
        Reverse(message.priority),
        message.sender != OPERATOR,
        pending.is_reminder,
        message.created.wall,
        &message.id,
    )
}

/// Folds repeats of one text by one sender into one letter, at the place of the first of them. Only what would
/// be shown alike is folded: same importance, same question answered, none of them shown before.
#[must_use]
pub fn fold(pending: Vec<Pending>) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for item in pending {
        let same = letters.iter_mut().find(|letter| is_alike(&letter.first, &item));
        match same {
            Some(letter) => letter.ids.push(item.message.id),
            None => letters.push(Letter {
                ids: vec![item.message.id.clone()],
                first: item,
            }),
        }
    }
    letters
}

fn is_alike(left: &Pending, right: &Pending) -> bool {
    let is_plain = |pending: &Pending| {
        let progress = pending.message.progress.as_ref();
        !pending.is_reminder
            && !pending.message.wants_ack
            && progress.is_none_or(|progress| progress.offers == 0)
    };
    let (first, second) = (&left.message, &right.message);
    is_plain(left)
        && is_plain(right)
        && first.sender == second.sender
        && first.priority == second.priority
        && first.reply_to == second.reply_to
        && first.is_directed == second.is_directed
        && first.body == second.body
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::message::{Priority, Progress};
    use crate::domain::time::Moment;

    pub(in crate::domain::message) fn message(
        id: &str,
        sender: &str,
        priority: Priority,
        at: i64,
    ) -> Message {
        Message {
            id: id.to_owned(),
            sender: sender.to_owned(),
            sender_name: sender.to_owned(),
            address: "x".to_owned(),
            body: "text".to_owned(),
            reply_to: None,
            created: Moment::at_wall(at),
            priority,
            ttl: None,
            wants_ack: false,
            is_directed: true,
            progress: Some(Progress::queued(at)),
        }
    }

    fn pending(id: &str, sender: &str, priority: Priority, at: i64) -> Pending {
        Pending {
            message: message(id, sender, priority, at),
            is_reminder: false,
        }
    }

    fn ids(pending: &[Pending]) -> Vec<&str> {
        pending
            .iter()
            .map(|pending| pending.message.id.as_str())
            .collect()
    }

    #[test]
    fn critical_comes_first_then_the_human_then_the_oldest() {
        let mut waiting = vec![
            pending("low", "a", Priority::Low, 0),
            pending("new", "a", Priority::Normal, 9),
            pending("old", "a", Priority::Normal, 1),
            pending("human", OPERATOR, Priority::Normal, 20),
            pending("fire", "a", Priority::Critical, 30),
        ];
        let mut reminder = pending("again", "a", Priority::Normal, 0);
        reminder.is_reminder = true;
        waiting.push(reminder);
        arrange(&mut waiting);
        assert_eq!(ids(&waiting), ["fire", "human", "old", "new", "again", "low"]);
    }

    #[test]
    fn the_same_text_of_the_same_sender_is_one_letter() {
        let mut other = pending("m3", "a", Priority::Normal, 3);
        other.message.body = "else".to_owned();
        let mut repeated = pending("m5", "a", Priority::Normal, 5);
        if let Some(progress) = &mut repeated.message.progress {
            progress.offers = 1;
        }
        let letters = fold(vec![
            pending("m1", "a", Priority::Normal, 1),
            pending("m2", "b", Priority::Normal, 2),
            other,
            pending("m4", "a", Priority::Normal, 4),
            repeated,
        ]);
        let ids: Vec<_> = letters.iter().map(|letter| letter.ids.join("+")).collect();
        assert_eq!(ids, ["m1+m4", "m2", "m3", "m5"]);
    }

    proptest! {
        #[test]
        fn folding_loses_nothing_and_doubles_nothing(texts in proptest::collection::vec((0..3_u8, 0..3_u8), 0..30)) {
            let waiting: Vec<Pending> = texts.iter().enumerate().map(|(number, (sender, body))| {
                let mut pending = pending(&format!("m{number}"), &sender.to_string(), Priority::Normal, 0);
                pending.message.body = body.to_string();
                pending
            }).collect();
            let mut before: Vec<String> = waiting.iter().map(|pending| pending.message.id.clone()).collect();
            let mut after: Vec<String> = fold(waiting).into_iter().flat_map(|letter| letter.ids).collect();
            before.sort();
            after.sort();
            prop_assert_eq!(before, after);
        }
    }
}

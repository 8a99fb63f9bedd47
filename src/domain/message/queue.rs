//! How much may wait for one recipient, how much one sender may send, and for how long.

use super::{Message, Priority, Progress, State};
use crate::domain::agent::Agent;
use crate::domain::time::{HOUR, MINUTE, Moment};
use crate::domain::topology::Detour;

/// Largest body in bytes.
pub const MAX_BODY: usize = 16 * 1024;
/// How many messages may wait for one recipient, while nobody has set it.
pub const QUEUE: i64 = 200;
/// How many messages one sender may send in [`RATE_WINDOW`], while nobody has set it.
pub const RATE: i64 = 30;
/// The time over which a sender's messages are counted, in milliseconds.
pub const RATE_WINDOW: i64 = MINUTE;
/// How long an acknowledgement may take, in milliseconds, while nobody has set it.
pub const ACK_AFTER: i64 = 10 * MINUTE;
/// How often a recipient is reminded of an acknowledgement.
pub const MOST_REMINDERS: u32 = 3;
/// The longest life that a sender may give a message, in milliseconds.
pub const MAX_TTL: i64 = 30 * 24 * HOUR;

/// How long a message is worth being delivered when its sender does not say, in milliseconds. The human comes
/// and goes: what is for nobody else is kept until it is read.
#[must_use]
pub const fn default_ttl(priority: Priority, is_for_human_alone: bool) -> Option<i64> {
    if is_for_human_alone {
        return None;
    }
    Some(match priority {
        Priority::Critical => 7 * 24 * HOUR,
        Priority::Normal | Priority::Low => 24 * HOUR,
    })
}

/// Whether there is room for one more message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fullness {
    /// There is.
    Room,
    /// There is once this message, by id, has given way.
    After(String),
    /// There is not; so many wait.
    Full(usize),
}

/// Why a message was not sent to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// These are gone.
    Gone(Vec<Agent>),
    /// So many messages wait for this recipient already.
    Full(Box<Agent>, usize),
    /// The sender has sent so many in the last minute.
    TooMany(usize),
    /// The topology does not let the sender write to them.
    OffRoute(Box<Detour>),
}

impl Unsent {
    /// Whether waiting may help.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Full(..) | Self::TooMany(_))
    }
}

/// Whether one more message of `priority` may wait where `waiting` do already, of which the past do not count.
///
/// Where there is no room, the oldest low one gives way to a more important one.
#[must_use]
pub fn make_room(waiting: &[Message], limit: usize, priority: Priority, now: &Moment) -> Fullness {
    let live: Vec<&Message> = waiting.iter().filter(|message| !message.is_past(now)).collect();
    if live.len() < limit {
        return Fullness::Room;
    }
    let low = live.iter().filter(|message| message.priority == Priority::Low);
    let oldest = low.min_by_key(|message| (message.created.wall, &message.id));
    match oldest {
        Some(message) if priority > Priority::Low => Fullness::After(message.id.clone()),
        _ => Fullness::Full(live.len()),
    }
}

/// Whether a sender whose last messages were sent at `sent` may send another one now.
#[must_use]
pub fn is_rate_free(sent: &[Moment], limit: usize, now: &Moment) -> bool {
    let recent = sent.iter().filter(|sent| now.since(sent) < RATE_WINDOW);
    recent.count() < limit
}

/// What is to be done about an acknowledgement that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    /// Nothing yet.
    NotYet,
    /// The recipient is to be shown the message again.
    Due,
    /// The recipient was reminded often enough: the sender is to be told.
    Hopeless,
}

/// What is to be done about the acknowledgement that a message in this state waits for, when one may take
/// `patience` milliseconds.
#[must_use]
pub fn reminder(progress: &Progress, patience: i64, now: &Moment) -> Reminder {
    if !matches!(progress.state, State::Delivered | State::Read) {
        return Reminder::NotYet;
    }
    let read = progress.read_at.map(Moment::at_wall);
    let shown = progress.offer.as_ref().map(|offer| offer.at).or(read);
    let shown = shown.unwrap_or_else(|| Moment::at_wall(progress.since));
    if now.since(&shown) < patience {
        Reminder::NotYet
    } else if progress.reminders < MOST_REMINDERS {
        Reminder::Due
    } else {
        Reminder::Hopeless
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::push::tests::message;

    fn now() -> Moment {
        Moment::at_wall(HOUR)
    }

    #[test]
    fn a_full_queue_takes_nothing_but_what_is_worth_more_than_a_low_one() {
        let mut waiting = vec![message("m1", "a", Priority::Normal, 1)];
        assert_eq!(make_room(&waiting, 2, Priority::Low, &now()), Fullness::Room);
        waiting.push(message("m3", "a", Priority::Low, 3));
        waiting.push(message("m2", "a", Priority::Low, 2));
        assert_eq!(make_room(&waiting, 3, Priority::Low, &now()), Fullness::Full(3));
        for priority in [Priority::Normal, Priority::Critical] {
            let after = Fullness::After("m2".to_owned());
            assert_eq!(make_room(&waiting, 3, priority, &now()), after);
        }
        waiting.retain(|message| message.priority == Priority::Normal);
        assert_eq!(
            make_room(&waiting, 1, Priority::Critical, &now()),
            Fullness::Full(1)
        );
    }

    #[test]
    fn what_is_past_takes_no_room() {
        let mut old = message("m1", "a", Priority::Normal, 1);
        old.ttl = Some(MINUTE);
        assert_eq!(make_room(&[old], 1, Priority::Low, &now()), Fullness::Room);
    }

    #[test]
    fn a_sender_may_go_on_when_its_last_messages_are_a_minute_old() {
        let sent = [Moment::at_wall(0), Moment::at_wall(10)];
        assert!(!is_rate_free(&sent, 2, &Moment::at_wall(RATE_WINDOW - 1)));
        assert!(is_rate_free(&sent, 2, &Moment::at_wall(RATE_WINDOW)));
        assert!(is_rate_free(&sent, 3, &Moment::at_wall(20)));
    }

    #[test]
    fn a_critical_message_lives_longer_and_the_humans_own_is_kept() {
        assert_eq!(default_ttl(Priority::Normal, false), Some(24 * HOUR));
        assert_eq!(default_ttl(Priority::Critical, false), Some(168 * HOUR));
        assert_eq!(default_ttl(Priority::Low, true), None);
    }

    #[test]
    fn a_recipient_is_reminded_three_times_and_then_the_sender_is_told() {
        let mut progress = Progress::queued(0);
        let late = Moment::at_wall(ACK_AFTER);
        assert_eq!(reminder(&progress, ACK_AFTER, &late), Reminder::NotYet);
        progress.state = State::Delivered;
        assert_eq!(
            reminder(&progress, ACK_AFTER, &Moment::at_wall(ACK_AFTER - 1)),
            Reminder::NotYet
        );
        for reminders in 0..MOST_REMINDERS {
            progress.reminders = reminders;
            assert_eq!(reminder(&progress, ACK_AFTER, &late), Reminder::Due);
        }
        progress.reminders = MOST_REMINDERS;
        assert_eq!(reminder(&progress, ACK_AFTER, &late), Reminder::Hopeless);
        progress.state = State::Acknowledged;
        assert_eq!(reminder(&progress, ACK_AFTER, &late), Reminder::NotYet);
    }
}

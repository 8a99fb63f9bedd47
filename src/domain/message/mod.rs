//! Messages: what they are, whom they are for, and how far each has come.
//!
//! Sent is not delivered, and delivered is not seen. So each recipient of a message has a state of its own
//! ([`State`]), which says no more than what is known, and the sender can look at it.

mod address;
mod push;
mod queue;
mod state;

pub use address::{Resolved, is_human, resolve};
pub use push::{Letter, Pending, arrange, fold};
pub use queue::{
    ACK_AFTER, Fullness, MAX_BODY, MAX_TTL, MOST_REMINDERS, QUEUE, RATE, RATE_WINDOW, Reminder, Unsent,
    default_ttl, is_rate_free, make_room, reminder,
};
pub use state::{Event, Hook, LOST_AFTER, Offer, Standing, State, standing};

use super::time::Moment;

/// The address of everybody present.
pub const EVERYONE: &str = "all";

/// How much a message matters, the least first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Gives way where there is no room.
    Low,
    /// What most messages are.
    #[default]
    Normal,
    /// Goes before everything else.
    Critical,
}

impl Priority {
    /// Every one, the least first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::Critical];

    /// The word in the store, on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::Critical => "critical",
        }
    }

    /// Reads [`Self::as_str`] back; anything unknown is normal.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|priority| priority.as_str() == word);
        known.unwrap_or_default()
    }
}

/// How far a message has come at one recipient. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it is.
    pub state: State,
    /// Since when.
    pub since: i64,
    /// How often it was put into an output, or was about to be.
    pub offers: u32,
    /// How often the recipient was reminded that an acknowledgement is wanted.
    pub reminders: u32,
    /// Into which session's output it was put last, and when.
    pub offer: Option<Offer>,
    /// When it was proved to have arrived.
    pub delivered_at: Option<i64>,
    /// When the recipient read it.
    pub read_at: Option<i64>,
    /// When the recipient acknowledged it.
    pub acked_at: Option<i64>,
    /// The name under which it is kept for whoever takes that name next.
    pub kept_for: Option<String>,
}

impl Progress {
    /// Of a message that waits since `now`.
    #[must_use]
    pub const fn queued(now: i64) -> Self {
        Self {
            state: State::Queued,
            since: now,
            offers: 0,
            reminders: 0,
            offer: None,
            delivered_at: None,
            read_at: None,
            acked_at: None,
            kept_for: None,
        }
    }
}

/// A message as one of its recipients sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Unique and permanent.
    pub id: String,
    /// Id of the sender.
    pub sender: String,
    /// Name of the sender now.
    pub sender_name: String,
    /// The address as it was typed.
    pub address: String,
    /// The text.
    pub body: String,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// When it was sent.
    pub created: Moment,
    /// How much it matters.
    pub priority: Priority,
    /// How long it is worth being delivered, in milliseconds; for ever when `None`.
    pub ttl: Option<i64>,
    /// Whether its sender asks for an acknowledgement.
    pub wants_ack: bool,
    /// Whether it is addressed to this recipient in particular.
    pub is_directed: bool,
    /// How far it has come here; `None` for whoever is no recipient.
    pub progress: Option<Progress>,
}

impl Message {
    /// Whether its time is over.
    #[must_use]
    pub fn is_past(&self, now: &Moment) -> bool {
        self.ttl.is_some_and(|ttl| now.since(&self.created) >= ttl)
    }

    /// Whether its sender waits for an answer: it asks for an acknowledgement, or a sentence of it is a question.
    #[must_use]
    pub fn is_question(&self) -> bool {
        let is_mark = |letter: char| matches!(letter, '?' | '\u{ff1f}' | '\u{61f}' | '\u{37e}');
        let ends = self.body.match_indices(is_mark);
        let mut rests = ends.map(|(at, mark)| &self.body[at + mark.len()..]);
        // Elsewhere it may be part of an address or of a pattern.
        self.wants_ack || rests.any(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    }

    /// When its time is over, in milliseconds since the epoch.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        self.ttl.map(|ttl| self.created.wall.saturating_add(ttl))
    }

    /// Where it is: what the store says, unless its time has run out since.
    #[must_use]
    pub fn state(&self, now: &Moment) -> Option<State> {
        let progress = self.progress.as_ref()?;
        Some(current(progress, self.is_past(now)))
    }

    /// When this recipient read it.
    #[must_use]
    pub fn read_at(&self) -> Option<i64> {
        self.progress.as_ref()?.read_at
    }

    /// When this recipient acknowledged it.
    #[must_use]
    pub fn acked_at(&self) -> Option<i64> {
        self.progress.as_ref()?.acked_at
    }
}

/// A message as its sender sees it: to whom, and how far it has come there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The recipient's id.
    pub agent: String,
    /// The recipient's name now.
    pub agent_name: String,
    /// How far it has come.
    pub progress: Progress,
}

impl Receipt {
    /// Where the message is at this recipient.
    #[must_use]
    pub fn state(&self, message: &Message, now: &Moment) -> State {
        current(&self.progress, message.is_past(now))
    }
}

/// The state that `progress` is in when the time of its message is or is not over.
fn current(progress: &Progress, is_past: bool) -> State {
    let over = is_past.then(|| progress.state.after(Event::TimeOver)).flatten();
    over.unwrap_or(progress.state)
}

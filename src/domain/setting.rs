//! Settings: what a repository may decide for itself, in one table.
//!
//! Only what has an effect is here. A stored value that no longer fits, because another version wrote it,
//! counts as not set.

use super::awareness::{Guard, RECENT};
use super::lock::{DEFAULT_TTL, MAX_TTL};
use super::message::{ACK_AFTER, QUEUE, RATE};
use super::retention::{KEEP, KEEP_MOST};
use super::time::{HOUR, MINUTE};

/// The word for a limit that there is none.
const NEVER: &str = "never";

/// A setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// What it decides.
    pub about: &'static str,
    /// Which values it may have.
    pub kind: Kind,
}

/// Which values a setting may have.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A length of time, in milliseconds.
    Span {
        /// While nobody has set it.
        default: i64,
        /// The least it may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
    /// A length of time, in milliseconds, after which something is given up, or `never`.
    Limit {
        /// While nobody has set it.
        default: i64,
        /// The least it may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
    /// A number.
    Count {
        /// While nobody has set it.
        default: i64,
        /// The least it may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
    /// A number, or this word, which holds while nobody has set it.
    CountOr {
        /// The word.
        word: &'static str,
        /// The least that the number may be.
        least: i64,
        /// The most it may be.
        most: i64,
    },
    /// One of these words; the first while nobody has set it.
    Word(&'static [&'static str]),
}

/// The value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A length of time, in milliseconds.
    Span(i64),
    /// A number.
    Count(i64),
    /// A word.
    Word(&'static str),
}

/// How long a lock lasts when nobody says otherwise.
pub static LOCK_TTL: Setting = Setting {
    key: "lock.ttl",
    about: "how long a lock lasts when nobody says otherwise",
    kind: Kind::Span {
        default: DEFAULT_TTL,
        least: 1_000,
        most: MAX_TTL,
    },
};

/// What becomes of an edit of a file that somebody else is editing.
pub static GUARD_EDITS: Setting = Setting {
    key: "guard.edits",
    about: "what becomes of an edit of a file that another agent is editing",
    kind: Kind::Word(&Guard::WORDS),
};

/// How many attempts at a task may end with their agent gone before it counts as failed.
pub static TASKS_MAX_ATTEMPTS: Setting = Setting {
    key: "tasks.max_attempts",
    about: "how often a task may be abandoned by agents that vanish before it counts as failed",
    kind: Kind::Count {
        default: 3,
        least: 1,
        most: 1_000,
    },
};

/// How many copies of the store are kept.
pub static BACKUP_KEEP: Setting = Setting {
    key: "backup.keep",
    about: "how many copies of the store of each kind are kept",
    kind: Kind::Count {
        default: 10,
        least: 1,
        most: 1_000,
    },
};

/// How many tasks one agent may be handed at a time.
pub static TASKS_WIP_LIMIT: Setting = Setting {
    key: "tasks.wip_limit",
    about: "how many tasks in progress one agent may be handed by `task next`",
    kind: Kind::Count {
        default: 1,
        least: 1,
        most: 100,
    },
};

/// How much of the disk copies of the store may take.
pub static BACKUP_BYTES: Setting = Setting {
    key: "backup.bytes",
    about: "how many bytes all copies of the store may take together",
    kind: Kind::Count {
        default: 64 * 1024 * 1024,
        least: 1024 * 1024,
        most: 1024 * 1024 * 1024 * 1024,
    },
};

/// Whether idle sessions are woken.
pub static WAKE: Setting = Setting {
    key: "wake",
    about: "whether a message that is addressed to an idle session wakes it, at most once a minute",
    kind: Kind::Word(&["on", "off"]),
};

/// How long an acknowledgement may take before its recipient is reminded.
pub static MESSAGES_ACK_AFTER: Setting = Setting {
    key: "messages.ack_after",
    about: "how long an acknowledgement may take before the recipient is reminded",
    kind: Kind::Span {
        default: ACK_AFTER,
        least: MINUTE,
        most: 24 * HOUR,
    },
};

/// How many messages may wait for one recipient.
pub static MESSAGES_QUEUE: Setting = Setting {
    key: "messages.queue",
    about: "how many messages may wait for one recipient",
    kind: Kind::Count {
        default: QUEUE,
        least: 1,
        most: 2_000,
    },
};

/// How many messages one agent may send in a minute.
pub static MESSAGES_RATE: Setting = Setting {
    key: "messages.rate",
    about: "how many messages one agent may send in a minute",
    kind: Kind::Count {
        default: RATE,
        least: 1,
        most: 1_000,
    },
};

/// Whose approval a plan needs.
pub static PLAN_APPROVALS: Setting = Setting {
    key: "plan.approvals",
    about: "whose approval a plan needs: `human`, or so many agents; only the human sets it",
    kind: Kind::CountOr {
        word: "human",
        least: 1,
        most: 100,
    },
};

/// How long the record of what happened is kept.
pub static RETENTION_ACTIVITY: Setting = Setting {
    key: "retention.activity",
    about: "how long the record of what happened is kept, and the traces of agents that are gone",
    kind: Kind::Limit {
        default: KEEP,
        least: RECENT,
        most: KEEP_MOST,
    },
};

/// How long messages are kept with which nothing is left to be done.
pub static RETENTION_MESSAGES: Setting = Setting {
    key: "retention.messages",
    about: "how long messages are kept after they were seen, or can no longer be",
    kind: Kind::Limit {
        default: KEEP,
        least: RECENT,
        most: KEEP_MOST,
    },
};

/// Every setting there is.
pub static SETTINGS: [&Setting; 13] = [
    &BACKUP_BYTES,
    &BACKUP_KEEP,
    &GUARD_EDITS,
    &LOCK_TTL,
    &MESSAGES_ACK_AFTER,
    &MESSAGES_QUEUE,
    &MESSAGES_RATE,
    &PLAN_APPROVALS,
    &RETENTION_ACTIVITY,
    &RETENTION_MESSAGES,
    &TASKS_MAX_ATTEMPTS,
    &TASKS_WIP_LIMIT,
    &WAKE,
];

impl Setting {
    /// The setting of this name.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.into_iter().find(|setting| setting.key == key)
    }

    /// Its value while nobody has set it.
    #[must_use]
    pub fn default(&self) -> Value {
        match self.kind {
            Kind::Span { default, .. } | Kind::Limit { default, .. } => Value::Span(default),
            Kind::Count { default, .. } => Value::Count(default),
            Kind::CountOr { word, .. } => Value::Word(word),
            Kind::Word(words) => Value::Word(words.first().copied().unwrap_or_default()),
        }
    }

    /// Whether only the human may change it, because agents are bound by it.
    #[must_use]
    pub fn is_for_the_human(&self) -> bool {
        self.key == PLAN_APPROVALS.key
    }

    /// The length of time in milliseconds as a value, if it may be one.
    #[must_use]
    pub fn span(&self, milliseconds: i64) -> Option<Value> {
        match self.kind {
            Kind::Limit { .. } if milliseconds == 0 => Some(Value::Word(NEVER)),
            Kind::Span { least, most, .. } | Kind::Limit { least, most, .. } => (least..=most)
                .contains(&milliseconds)
                .then_some(Value::Span(milliseconds)),
            Kind::Count { .. } | Kind::CountOr { .. } | Kind::Word(_) => None,
        }
    }

    /// The number as a value, if it may be one.
    #[must_use]
    pub fn count(&self, number: i64) -> Option<Value> {
        match self.kind {
            Kind::Count { least, most, .. } | Kind::CountOr { least, most, .. } => {
                (least..=most).contains(&number).then_some(Value::Count(number))
            }
            Kind::Span { .. } | Kind::Limit { .. } | Kind::Word(_) => None,
        }
    }

    /// The word as a value, if it may be one.
    #[must_use]
    pub fn word(&self, typed: &str) -> Option<Value> {
        match self.kind {
            Kind::Limit { .. } => typed
                .trim()
                .eq_ignore_ascii_case(NEVER)
                .then_some(Value::Word(NEVER)),
            Kind::Span { .. } | Kind::Count { .. } => None,
            Kind::CountOr { word, .. } => typed
                .trim()
                .eq_ignore_ascii_case(word)
                .then_some(Value::Word(word)),
            Kind::Word(words) => {
                let known = words.iter().find(|word| word.eq_ignore_ascii_case(typed.trim()));
                known.map(|word| Value::Word(word))
            }
        }
    }

    /// The value that holds, given what is stored.
    #[must_use]
    pub fn value(&self, stored: Option<&str>) -> Value {
        let value = stored.and_then(|stored| match self.kind {
            Kind::Span { .. } => self.span(stored.trim().parse().ok()?),
            Kind::Limit { .. } => match stored.trim().parse() {
                Ok(milliseconds) => self.span(milliseconds),
                Err(_) => self.word(stored),
            },
            Kind::Count { .. } => self.count(stored.trim().parse().ok()?),
            Kind::CountOr { .. } => match stored.trim().parse() {
                Ok(count) => self.count(count),
                Err(_) => self.word(stored),
            },
            Kind::Word(_) => self.word(stored),
        });
        value.unwrap_or_else(|| self.default())
    }
}

impl Value {
    /// How it is stored.
    #[must_use]
    pub fn stored(self) -> String {
        match self {
            Self::Span(number) | Self::Count(number) => number.to_string(),
            Self::Word(word) => word.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    #[test]
    fn a_stored_value_holds_while_it_fits() {
        assert_eq!(LOCK_TTL.value(Some("7200000")), Value::Span(2 * HOUR));
        for stored in [
            None,
            Some(""),
            Some("soon"),
            Some("0"),
            Some("-1"),
            Some("999999999999"),
        ] {
            assert_eq!(LOCK_TTL.value(stored), Value::Span(DEFAULT_TTL), "{stored:?}");
        }
        assert_eq!(TASKS_WIP_LIMIT.value(Some("4")), Value::Count(4));
        for stored in [None, Some("0"), Some("101"), Some("2.5"), Some("-1"), Some("60s")] {
            assert_eq!(TASKS_WIP_LIMIT.value(stored), Value::Count(1), "{stored:?}");
        }
        for (stored, value) in [
            ("0", Value::Word("never")),
            ("never", Value::Word("never")),
            ("86400000", Value::Span(24 * HOUR)),
            ("3600000", Value::Span(KEEP)),
            ("soon", Value::Span(KEEP)),
        ] {
            assert_eq!(RETENTION_MESSAGES.value(Some(stored)), value, "{stored:?}");
        }
        for (stored, value) in [
            (None, Value::Word("human")),
            (Some("2"), Value::Count(2)),
            (Some("0"), Value::Word("human")),
            (Some("everybody"), Value::Word("human")),
        ] {
            assert_eq!(PLAN_APPROVALS.value(stored), value, "{stored:?}");
        }
        assert_eq!(GUARD_EDITS.value(Some("block")), Value::Word("block"));
        for stored in [None, Some("never"), Some("60000")] {
            assert_eq!(GUARD_EDITS.value(stored), Value::Word("warn"), "{stored:?}");
        }
    }

    #[test]
    fn every_setting_is_found_and_keeps_its_default() {
        for setting in SETTINGS {
            assert_eq!(Setting::find(setting.key), Some(setting));
            assert_eq!(
                setting.value(Some(&setting.default().stored())),
                setting.default()
            );
        }
        assert_eq!(Setting::find("lock"), None);
    }
}

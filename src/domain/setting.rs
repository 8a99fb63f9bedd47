//! Settings: what a repository may decide for itself, in one table.
//!
//! Only what has an effect is here. A stored value that no longer fits, because another version wrote it,
//! counts as not set.

use super::awareness::Guard;
use super::lock::{DEFAULT_TTL, MAX_TTL};

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
    /// One of these words; the first while nobody has set it.
    Word(&'static [&'static str]),
}

/// The value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A length of time, in milliseconds.
    Span(i64),
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

/// Whether idle sessions are woken.
pub static WAKE: Setting = Setting {
    key: "wake",
    about: "whether a message that is addressed to an idle session wakes it, at most once a minute",
    kind: Kind::Word(&["on", "off"]),
};

/// Every setting there is.
pub static SETTINGS: [&Setting; 3] = [&GUARD_EDITS, &LOCK_TTL, &WAKE];

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
            Kind::Span { default, .. } => Value::Span(default),
            Kind::Word(words) => Value::Word(words.first().copied().unwrap_or_default()),
        }
    }

    /// The length of time in milliseconds as a value, if it may be one.
    #[must_use]
    pub fn span(&self, milliseconds: i64) -> Option<Value> {
        match self.kind {
            Kind::Span { least, most, .. } => (least..=most)
                .contains(&milliseconds)
                .then_some(Value::Span(milliseconds)),
            Kind::Word(_) => None,
        }
    }

    /// The word as a value, if it may be one.
    #[must_use]
    pub fn word(&self, typed: &str) -> Option<Value> {
        match self.kind {
            Kind::Span { .. } => None,
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
            Self::Span(milliseconds) => milliseconds.to_string(),
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

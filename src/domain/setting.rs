//! Settings: what a repository may decide for itself, in one table.
//!
//! Only what has an effect is here. A stored value that no longer fits, because another version wrote it,
//! counts as not set.

use super::lock::{DEFAULT_TTL, MAX_TTL};

/// A setting whose value is a length of time.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// What it decides.
    pub about: &'static str,
    /// Its value while nobody has set it, in milliseconds.
    pub default: i64,
    /// The least it may be, in milliseconds.
    pub least: i64,
    /// The most it may be, in milliseconds.
    pub most: i64,
}

/// How long a lock lasts when nobody says otherwise.
pub static LOCK_TTL: Setting = Setting {
    key: "lock.ttl",
    about: "how long a lock lasts when nobody says otherwise",
    default: DEFAULT_TTL,
    least: 1_000,
    most: MAX_TTL,
};

/// Every setting there is.
pub static SETTINGS: [&Setting; 1] = [&LOCK_TTL];

impl Setting {
    /// The setting of this name.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.into_iter().find(|setting| setting.key == key)
    }

    /// Whether it may have this value, in milliseconds.
    #[must_use]
    pub fn accepts(&self, value: i64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// The value that holds, in milliseconds, given what is stored.
    #[must_use]
    pub fn value(&self, stored: Option<&str>) -> i64 {
        stored
            .and_then(|stored| stored.trim().parse().ok())
            .filter(|value| self.accepts(*value))
            .unwrap_or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    #[test]
    fn a_stored_value_holds_while_it_fits() {
        assert_eq!(LOCK_TTL.value(Some("7200000")), 2 * HOUR);
        for stored in [
            None,
            Some(""),
            Some("soon"),
            Some("0"),
            Some("-1"),
            Some("999999999999"),
        ] {
            assert_eq!(LOCK_TTL.value(stored), DEFAULT_TTL, "{stored:?}");
        }
    }

    #[test]
    fn every_setting_is_found_and_accepts_its_default() {
        for setting in SETTINGS {
            assert_eq!(Setting::find(setting.key), Some(setting));
            assert!(setting.accepts(setting.default));
        }
        assert_eq!(Setting::find("lock"), None);
    }
}

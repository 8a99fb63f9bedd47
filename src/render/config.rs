//! Settings as people and programs read them.

use std::time::Duration;

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::duration;
use crate::domain::setting::{Kind, Setting, Value};
use crate::frame::{Clean, Field, clean};

/// A setting as JSON.
#[derive(Debug, Serialize)]
pub struct Json {
    key: &'static str,
    value: String,
    default: String,
    is_set: bool,
    about: &'static str,
}

impl Json {
    /// The JSON form of `setting`, given what is stored for it.
    #[must_use]
    pub fn new(setting: &'static Setting, stored: Option<&str>) -> Self {
        Self {
            key: setting.key,
            value: in_words(setting.value(stored)),
            default: in_words(setting.default()),
            is_set: stored.is_some(),
            about: setting.about,
        }
    }
}

/// A value as it is shown and as it may be typed again.
#[must_use]
pub fn in_words(value: Value) -> String {
    match value {
        Value::Span(span) => duration(Duration::from_millis(u64::try_from(span).unwrap_or_default())),
        Value::Count(count) => count.to_string(),
        Value::Word(word) => word.to_owned(),
    }
}

/// What a setting may be, and an example.
#[must_use]
pub fn expected(setting: &Setting) -> (String, &'static str) {
    match setting.kind {
        Kind::Span { least, most, .. } => (
            format!(
                "{} is a length of time from {} to {}",
                setting.key,
                in_words(Value::Span(least)),
                in_words(Value::Span(most))
            ),
            "90m",
        ),
        Kind::Limit { least, most, .. } => (
            format!(
                "{} is a length of time from {} to {}, or `never`",
                setting.key,
                in_words(Value::Span(least)),
                in_words(Value::Span(most))
            ),
            "90days",
        ),
        Kind::Count { least, most, .. } => (
            format!("{} is a number from {least} to {most}", setting.key),
            match setting.key {
                "backup.bytes" => "268435456",
                _ => "100",
            },
        ),
        Kind::CountOr { word, least, most } => (
            format!("{} is `{word}`, or a number from {least} to {most}", setting.key),
            "2",
        ),
        Kind::Word(words) => (
            format!("{} is one of {}", setting.key, words.join(", ")),
            words.get(1).copied().unwrap_or_default(),
        ),
    }
}

/// A line for each setting.
#[must_use]
pub fn table(settings: &[Json], width: Option<usize>) -> String {
    let mut table = Table::with_headings(["SETTING", "VALUE", "DEFAULT", "WHAT IT DECIDES"]);
    for setting in settings {
        table.row([
            Cell::from(Clean::literal(setting.key)),
            Cell::from(clean(&setting.value, Field::Name)),
            Cell::from(clean(&setting.default, Field::Name)),
            Cell::from(Clean::literal(setting.about)),
        ]);
    }
    table.render(width)
}

//! Values as the file has them: a word, a text, a list, a number; anything else is a fault.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, Reader};

/// A value and where it stands.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    pub(super) fn fault(&mut self, at: usize, what: impl Into<String>) {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let what = what.into();
        self.faults.push(Fault { line, what });
    }

    pub(super) fn require_known(&mut self, table: &DeTable<'_>, known: &[&str], where_: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                self.fault(
                    key.span().start,
                    format!("{where_} has no key '{name}'; there are {}", known.join(", ")),
                );
            }
        }
    }

    pub(super) fn word<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = value.get_ref().as_str().and_then(parse);
        if found.is_none() {
            self.fault(
                value.span().start,
                format!("'{key}' is one of {}", words.join(", ")),
            );
        }
        found
    }

    pub(super) fn text(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.fault(value.span().start, format!("'{key}' is a text: {key} = \"…\""));
        }
        text.map(str::to_owned)
    }

    /// A text or a list of texts, each with where it stands.
    pub(super) fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<(usize, String)> {
        let found = match value.get_ref() {
            DeValue::String(text) => Some(vec![(value.span().start, text.to_string())]),
            DeValue::Array(members) => {
                let texts = members.iter().map(|member| {
                    let text = member.get_ref().as_str()?;
                    Some((member.span().start, text.to_owned()))
                });
                texts.collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        let found = found.filter(|texts| {
            let is_said = |(_, text): &(usize, String)| !text.trim().is_empty();
            !texts.is_empty() && texts.iter().all(is_said)
        });
        found.unwrap_or_else(|| {
            self.fault(
                value.span().start,
                format!("'{key}' is a text or a list of texts: {key} = \"…\" or {key} = [\"…\", \"…\"]"),
            );
            Vec::new()
        })
    }

    pub(super) fn number(&mut self, value: &Value<'_>, key: &str) -> Option<u64> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            self.fault(
                value.span().start,
                format!("'{key}' is a whole number, not negative"),
            );
        }
        number
    }
}

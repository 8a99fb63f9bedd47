//! Results of tasks: typed values, and how two of them compare.
//!
//! A result is typed by how it is written, so that `--result lgtm=true` and `--when 'review.lgtm == true'`
//! mean the same without anybody declaring anything. Values of different types never compare: `"10" > 9` would
//! be an accident whichever way it went.

use std::cmp::Ordering;
use std::fmt;

/// A result, or what one is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A finite decimal number, as it was written.
    Number(String),
    /// Any text.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl Value {
    /// The value that a bare word is: a number, `true` or `false`, or else a text.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ if is_number(word) => Self::Number(word.to_owned()),
            _ => Self::Text(word.to_owned()),
        }
    }

    /// The value that was typed behind `KEY=`: like [`Self::from_word`], but `"…"` is a text whatever is in it.
    #[must_use]
    pub fn from_typed(typed: &str) -> Self {
        match typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => Self::Text(inner.to_owned()),
            None => Self::from_word(typed),
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::text`] say; a kind that is not known makes a text.
    #[must_use]
    pub fn stored(kind: &str, text: String) -> Self {
        match kind {
            "number" => Self::Number(text),
            "bool" => Self::Bool(text == "true"),
            _ => Self::Text(text),
        }
    }

    /// The word for its type: `number`, `text` or `bool`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Bool(_) => "bool",
        }
    }

    /// The bare value, as it is stored.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Number(text) | Self::Text(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }

    /// How it compares with a value of the same type; `None` when the types differ.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => compare_numbers(one, other),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}

/// As it is written in a condition: texts in quotes.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            _ => out.write_str(self.text()),
        }
    }
}

/// Whole numbers compare exactly, others as the nearest double.
fn compare_numbers(one: &str, other: &str) -> Option<Ordering> {
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one.cmp(&other));
    }
    one.parse::<f64>().ok()?.partial_cmp(&other.parse::<f64>().ok()?)
}

/// A decimal number that a computer can hold; `inf` and `nan` are words.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && word.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_typed_by_how_it_is_written() {
        for number in ["0", "-1", "+2.5", ".5", "1e3", "007"] {
            assert_eq!(Value::from_word(number).kind(), "number", "{number}");
        }
        for text in [
            "", "inf", "nan", "-inf", "1e999", "1.2.3", "True", "0x10", "1_000",
        ] {
            assert_eq!(Value::from_word(text).kind(), "text", "{text}");
        }
        assert_eq!(Value::from_word("true"), Value::Bool(true));
        assert_eq!(Value::from_typed("\"1.0\""), Value::Text("1.0".to_owned()));
        assert_eq!(Value::from_typed("\""), Value::Text("\"".to_owned()));
    }

    #[test]
    fn numbers_compare_by_value_and_large_whole_ones_exactly() {
        let compare = |one, other| Value::from_word(one).compare(&Value::from_word(other));
        assert_eq!(compare("1.0", "1"), Some(Ordering::Equal));
        assert_eq!(compare("10", "9"), Some(Ordering::Greater));
        assert_eq!(
            compare("9007199254740993", "9007199254740992"),
            Some(Ordering::Greater)
        );
        assert_eq!(compare("b", "a"), Some(Ordering::Greater));
        assert_eq!(compare("10", "ten"), None);
        assert_eq!(compare("true", "1"), None);
    }

    #[test]
    fn every_value_reads_back() {
        for value in [
            Value::from_word("1.50"),
            Value::from_word("false"),
            Value::Text("a \"b\"".to_owned()),
        ] {
            assert_eq!(Value::stored(value.kind(), value.text().to_owned()), value);
        }
    }
}

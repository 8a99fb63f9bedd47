//! Reading a settings file, strictly.
//!
//! The grammar is JSON's own (RFC 8259), because that is what the client reads. What is merely similar is
//! refused with its place: a guess about its meaning would be written into somebody's file. A key that is
//! there twice is refused too. Readers disagree on which of the two counts, so one of them is a mistake
//! that only the owner of the file can see.

use std::collections::HashSet;
use std::fmt;

use super::json::{Container, Document, Item, Key, Value};
use crate::frame::{Field, clean};

/// Deeper than any settings file, and far from the end of the stack.
const MAX_DEPTH: usize = 128;

/// Why a file cannot be changed safely, and where. Nothing has been touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmergeable {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there, as a sentence without a full stop; text from the file in it is neutralised.
    pub problem: String,
}

impl Unmergeable {
    /// A problem at byte `at` of `text`.
    pub(super) fn new(text: &str, at: usize, problem: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: problem.into(),
        }
    }
}

impl fmt::Display for Unmergeable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            problem,
        } = self;
        write!(formatter, "line {line}, column {column}: {problem}")
    }
}

impl std::error::Error for Unmergeable {}

impl Document {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Result<Self, Unmergeable> {
        if text.starts_with('\u{feff}') {
            return Err(Unmergeable::new(
                text,
                0,
                "the file begins with a byte order mark",
            ));
        }
        let mut reader = Reader { text, at: 0 };
        let before = reader.blanks();
        let root_at = reader.at;
        let root = reader.value(0)?;
        let after = reader.blanks();
        if reader.at < text.len() {
            return Err(reader.unexpected("the end of the file"));
        }
        Ok(Self {
            before,
            root,
            after,
            root_at,
        })
    }
}

/// Reads from left to right.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over a bracket, comma or colon if it is next.
    fn accept(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn blanks(&mut self) -> String {
        let rest = self.rest();
        let blanks = &rest[..rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()];
        let blanks = blanks.to_owned();
        self.at += blanks.len();
        blanks
    }

    fn error(&self, at: usize, problem: impl Into<String>) -> Unmergeable {
        Unmergeable::new(self.text, at, problem)
    }

    fn unexpected(&self, wanted: &str) -> Unmergeable {
        let problem = match self.rest().chars().next() {
            None => format!("the file ends where {wanted} should be"),
            Some('/') => "comments are not JSON".to_owned(),
            Some(other) => {
                let found = clean(&other.to_string(), Field::Name);
                format!("found `{found}` where {wanted} should be")
            }
        };
        self.error(self.at, problem)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Unmergeable> {
        if depth > MAX_DEPTH {
            return Err(self.error(self.at, "values are nested too deeply"));
        }
        match self.next() {
            Some(b'{') => self.container(depth, b'}').map(Value::Object),
            Some(b'[') => self.container(depth, b']').map(Value::Array),
            Some(b'"') => self.string().map(Value::Scalar),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Scalar),
            _ => {
                for word in ["true", "false", "null"] {
                    let rest = self.rest().strip_prefix(word);
                    if rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric())) {
                        self.at += word.len();
                        return Ok(Value::Scalar(word.to_owned()));
                    }
                }
                Err(self.unexpected("a value"))
            }
        }
    }

    fn container(&mut self, depth: usize, close: u8) -> Result<Container, Unmergeable> {
        let is_object = close == b'}';
        let mut names = HashSet::new();
        let mut container = Container::default();
        self.at += 1;
        let mut lead = self.blanks();
        if self.accept(close) {
            container.close = lead;
            return Ok(container);
        }
        loop {
            if self.next() == Some(close) {
                return Err(self.error(self.at, "a comma before a closing bracket is not JSON"));
            }
            let key = if is_object {
                Some(self.key(&mut names)?)
            } else {
                None
            };
            let at = self.at;
            let value = self.value(depth + 1)?;
            let tail = self.blanks();
            let item = Item {
                lead,
                key,
                value,
                tail,
                at,
            };
            container.items.push(item);
            if self.accept(close) {
                if let Some(last) = container.items.last_mut() {
                    container.close = std::mem::take(&mut last.tail);
                }
                return Ok(container);
            }
            if !self.accept(b',') {
                return Err(self.unexpected(if is_object { "`,` or `}`" } else { "`,` or `]`" }));
            }
            lead = self.blanks();
        }
    }

    fn key(&mut self, names: &mut HashSet<String>) -> Result<Key, Unmergeable> {
        let start = self.at;
        if self.next() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let raw = self.string()?;
        let name = serde_json::from_str(&raw).unwrap_or(raw);
        if !names.insert(name.clone()) {
            let shown = clean(&name, Field::Name);
            return Err(self.error(start, format!("the key \"{shown}\" is there twice")));
        }
        self.blanks();
        if !self.accept(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.blanks();
        let raw = self.text[start..self.at].to_owned();
        Ok(Key { name, raw })
    }

    /// A string as it is written, quotes included. Half of a surrogate pair is let through: it is kept.
    fn string(&mut self) -> Result<String, Unmergeable> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.next() {
                None => return Err(self.error(start, "the string has no end")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.text[start..self.at].to_owned());
                }
                Some(b'\\') => {
                    let escape = self.rest().as_bytes();
                    let length = match escape.get(1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u')
                            if escape
                                .get(2..6)
                                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) =>
                        {
                            6
                        }
                        _ => return Err(self.error(self.at, "there is no such escape")),
                    };
                    self.at += length;
                }
                Some(0..0x20) => {
                    return Err(self.error(self.at, "a string cannot hold a line break or control character"));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// A number as it is written, however large.
    fn number(&mut self) -> Result<String, Unmergeable> {
        let start = self.at;
        self.accept(b'-');
        if !self.accept(b'0') {
            self.digits()?;
        }
        if self.accept(b'.') {
            self.digits()?;
        }
        if self.accept(b'e') || self.accept(b'E') {
            let _signed = self.accept(b'+') || self.accept(b'-');
            self.digits()?;
        }
        Ok(self.text[start..self.at].to_owned())
    }

    fn digits(&mut self) -> Result<(), Unmergeable> {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start_matches(|next: char| next.is_ascii_digit()).len();
        if length == 0 {
            return Err(self.unexpected("a digit"));
        }
        self.at += length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_document_comes_back_byte_for_byte() {
        for text in [
            "{}",
            " \r\n{ }\n\n",
            "[1.0, 1e400,-0 ,\t123456789012345678901234567890, 0.1E+2]",
            "{\"a\" : \"\\u00e9\\ud800\\/\" , \"\u{e9}\\n\":[ ] ,\n\t\"c\":{\"d\":null\n}}",
            "\"x\"",
            "true",
            "null\n",
        ] {
            assert_eq!(Document::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let cases = [
            ("", "line 1, column 1: the file ends where a value should be"),
            (
                "{\n  // mine\n  \"a\": 1\n}",
                "line 2, column 3: comments are not JSON",
            ),
            ("{\"a\": 1 /* x */}", "line 1, column 9: comments are not JSON"),
            (
                "{\n \"é\": 1,\n}",
                "line 3, column 1: a comma before a closing bracket is not JSON",
            ),
            (
                "[1,]",
                "line 1, column 4: a comma before a closing bracket is not JSON",
            ),
            (
                "{\"é\":1,\"\\u00e9\":2}",
                "line 1, column 8: the key \"é\" is there twice",
            ),
            (
                "[{\"a\":{\"b\":1,\"b\":1}}]",
                "line 1, column 14: the key \"b\" is there twice",
            ),
            (
                "\u{feff}{}",
                "line 1, column 1: the file begins with a byte order mark",
            ),
            (
                "{'a': 1}",
                "line 1, column 2: found `'` where a key in double quotes should be",
            ),
            (
                "{a: 1}",
                "line 1, column 2: found `a` where a key in double quotes should be",
            ),
            ("{\"a\" 1}", "line 1, column 6: found `1` where `:` should be"),
            (
                "{\"a\":1 \"b\":2}",
                "line 1, column 8: found `\"` where `,` or `}` should be",
            ),
            ("[1 2]", "line 1, column 4: found `2` where `,` or `]` should be"),
            (
                "{} {}",
                "line 1, column 4: found `{` where the end of the file should be",
            ),
            (
                "{\"a\":",
                "line 1, column 6: the file ends where a value should be",
            ),
            ("\"a", "line 1, column 1: the string has no end"),
            ("\"\\x\"", "line 1, column 2: there is no such escape"),
            ("\"\\u12g4\"", "line 1, column 2: there is no such escape"),
            (
                "\"a\nb\"",
                "line 1, column 3: a string cannot hold a line break or control character",
            ),
            (
                "01",
                "line 1, column 2: found `1` where the end of the file should be",
            ),
            ("[1.]", "line 1, column 4: found `]` where a digit should be"),
            ("[+1]", "line 1, column 2: found `+` where a value should be"),
            ("[NaN]", "line 1, column 2: found `N` where a value should be"),
            ("[nullx]", "line 1, column 2: found `n` where a value should be"),
            ("\u{a0}{}", "line 1, column 1: found `"),
        ];
        for (text, expected) in cases {
            assert!(
                problem(text).starts_with(expected),
                "{text:?} gave {}",
                problem(text)
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Document::parse(&("[".repeat(128) + &"]".repeat(128))).is_ok());
        assert!(problem(&"[".repeat(100_000)).ends_with("values are nested too deeply"));
    }

    proptest! {
        #[test]
        fn whatever_is_read_comes_back_and_is_json(text in r#"[\[\]{}:, \n"a1.e\\u-]{0,40}"#) {
            match (Document::parse(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                (Ok(document), _) => prop_assert_eq!(document.to_string(), text),
                (Err(error), Ok(_)) => prop_assert!(error.problem.contains("twice"), "{}", error),
                (Err(_), Err(_)) => {}
            }
        }
    }
}

//! Words: quotes, escapes, expansions and here-documents.
//!
//! The one place that knows where a word ends. Everything is found in a single pass over the bytes; the
//! nesting of substitutions is bounded, because the text comes from a model and the stack is finite.

use std::collections::HashSet;

use super::tree::{Part, Word};

/// Deeper nesting than this is nobody's command line.
const DEEPEST: usize = 40;

pub(super) struct Parser<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) end: usize,
    depth: usize,
    pub(super) pending: Vec<Pending>,
    pub(super) bodies: Vec<Vec<Part>>,
    /// How many commands so far change the directory of the shell that runs them.
    pub(super) moves: usize,
    /// The functions so far that do so.
    pub(super) moving_functions: HashSet<String>,
    pub(super) is_valid: bool,
}

/// A here-document whose body comes after the line.
pub(super) struct Pending {
    pub(super) delimiter: String,
    pub(super) is_quoted: bool,
    pub(super) strips_tabs: bool,
    pub(super) body: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            end: source.len(),
            depth: 0,
            pending: Vec::new(),
            bodies: Vec::new(),
            moves: 0,
            moving_functions: HashSet::new(),
            is_valid: true,
        }
    }

    /// The byte `ahead` of here, or zero at the end (and for a zero, which no shell takes).
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end {
            self.source.as_bytes()[at]
        } else {
            0
        }
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.source.as_bytes()[self.at..self.end].starts_with(text.as_bytes())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.source.get(from..to).unwrap_or_default()
    }

    pub(super) fn give_up(&mut self) {
        self.is_valid = false;
        self.at = self.end;
    }

    /// Reads something one level deeper, unless that is too deep.
    pub(super) fn deeper<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.give_up();
            return T::default();
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Passes blanks, continued lines and a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'#' => {
                    while !self.is_at_end() && self.peek(0) != b'\n' {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Passes one line end, and the bodies of the here-documents that it starts.
    pub(super) fn line_end(&mut self) {
        self.at += 1;
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut body_end = self.end;
            while !self.is_at_end() {
                let line_start = self.at;
                let rest = &self.source.as_bytes()[self.at..self.end];
                let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                self.at = (line_start + length + 1).min(self.end);
                let line = self.slice(line_start, line_start + length);
                let line = if pending.strips_tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == pending.delimiter {
                    body_end = line_start;
                    break;
                }
            }
            if !pending.is_quoted {
                let after = (self.at, std::mem::replace(&mut self.end, body_end));
                self.at = start;
                self.bodies[pending.body] = self.deeper(|parser| parser.expandable(None));
                (self.at, self.end) = after;
            }
        }
    }

    /// A word, or `None` where there is none.
    pub(super) fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut parts = Vec::new();
        loop {
            match self.peek(0) {
                0 if self.is_at_end() => break,
                b'<' | b'>' if self.peek(1) == b'(' && parts.is_empty() => {
                    self.at += 2;
                    parts.push(Part::Process(self.substitution()));
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>' => break,
                b'(' => {
                    if !self.group_in_word(&mut parts) {
                        break;
                    }
                }
                b'\\' => self.escape(&mut parts),
                b'\'' => {
                    let text = self.single_quoted();
                    parts.push(Part::Quoted(text));
                }
                b'"' => {
                    self.at += 1;
                    let quoted = self.deeper(|parser| parser.expandable(Some(b'"')));
                    if quoted.is_empty() {
                        parts.push(Part::Quoted(String::new()));
                    }
                    parts.extend(quoted);
                }
                b'$' => self.dollar(&mut parts, false),
                b'`' => parts.push(self.backticks()),
                _ => {
                    let from = self.at;
                    while !self.is_at_end() && !is_special(self.peek(0)) {
                        self.at += 1;
                    }
                    push_plain(&mut parts, self.slice(from, self.at));
                }
            }
        }
        (self.at > start).then_some(Word {
            start,
            end: self.at,
            parts,
        })
    }

    /// `name=(…)` and `@(a|b)`. Whether there was one.
    fn group_in_word(&mut self, parts: &mut Vec<Part>) -> bool {
        let Some(Part::Plain(text)) = parts.last() else {
            return false;
        };
        if text.ends_with('=') {
            self.at += 1;
            let words = self.deeper(Self::array);
            parts.push(Part::Dynamic);
            parts.extend(
                words
                    .into_iter()
                    .flat_map(|word| word.parts)
                    .filter(|part| matches!(part, Part::Run(_) | Part::Process(_))),
            );
            return true;
        }
        if !text.ends_with(['?', '*', '+', '@', '!']) {
            return false;
        }
        // An extended pattern means a set of files that only the shell can tell.
        if let Some(close) = self.matching(self.at + 1) {
            self.at = close + 1;
            parts.push(Part::Dynamic);
        } else {
            self.give_up();
        }
        true
    }

    fn array(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            if self.peek(0) == b'\n' {
                self.line_end();
            } else if let Some(word) = self.word() {
                words.push(word);
            } else {
                break;
            }
        }
        self.expect(b')');
        words
    }

    pub(super) fn expect(&mut self, byte: u8) {
        if self.peek(0) == byte {
            self.at += 1;
        } else {
            self.give_up();
        }
    }

    pub(super) fn escape(&mut self, parts: &mut Vec<Part>) {
        let rest = self.slice(self.at + 1, self.end);
        let escaped = rest.chars().next();
        self.at += 1 + escaped.map_or(0, char::len_utf8);
        if let Some(escaped) = escaped.filter(|escaped| *escaped != '\n') {
            parts.push(Part::Quoted(escaped.to_string()));
        }
    }

    pub(super) fn single_quoted(&mut self) -> String {
        let from = self.at + 1;
        self.at = from;
        while !self.is_at_end() && self.peek(0) != b'\'' {
            self.at += 1;
        }
        let text = self.slice(from, self.at).to_owned();
        self.expect(b'\'');
        text
    }

    /// What stands between double quotes, or in a here-document when `close` is `None`.
    pub(super) fn expandable(&mut self, close: Option<u8>) -> Vec<Part> {
        let mut parts = Vec::new();
        while !self.is_at_end() {
            match self.peek(0) {
                byte if Some(byte) == close => {
                    self.at += 1;
                    return parts;
                }
                b'\\' if matches!(self.peek(1), b'$' | b'`' | b'"' | b'\\' | b'\n') => {
                    self.escape(&mut parts);
                }
                b'$' => self.dollar(&mut parts, true),
                b'`' => parts.push(self.backticks()),
                _ => {
                    let from = self.at;
                    self.at += 1;
                    while !self.is_at_end() && !matches!(self.peek(0), b'\\' | b'$' | b'`' | b'"') {
                        self.at += 1;
                    }
                    parts.push(Part::Quoted(self.slice(from, self.at).to_owned()));
                }
            }
        }
        if close.is_some() {
            self.is_valid = false;
        }
        parts
    }
}

fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\r'
            | b'\n'
            | b';'
            | b'&'
            | b'|'
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'\\'
            | b'\''
            | b'"'
            | b'$'
            | b'`'
    )
}

fn push_plain(parts: &mut Vec<Part>, text: &str) {
    if let Some(Part::Plain(before)) = parts.last_mut() {
        before.push_str(text);
    } else {
        parts.push(Part::Plain(text.to_owned()));
    }
}

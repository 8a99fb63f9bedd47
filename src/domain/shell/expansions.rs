//! What starts with `$` or a backtick: substitutions, parameters, arithmetic.
//!
//! Their values are unknown here; but the commands in a substitution run, and where one ends decides where the
//! word around it ends.

use super::lexer::Parser;
use super::tree::{List, Part};

impl Parser<'_> {
    pub(super) fn dollar(&mut self, parts: &mut Vec<Part>, is_quoted: bool) {
        match self.peek(1) {
            b'(' => {
                if self.peek(2) == b'('
                    && let Some(close) = self.arithmetic_end(self.at + 3)
                {
                    self.at = close;
                    parts.push(Part::Dynamic);
                } else {
                    self.at += 2;
                    parts.push(Part::Run(self.substitution()));
                }
            }
            b'{' => {
                self.at += 2;
                let is_working = self.starts_with("PWD}");
                let inner = self.deeper(|parser| parser.parameter(is_quoted));
                parts.push(if is_working { Part::Working } else { Part::Dynamic });
                parts.extend(inner);
            }
            b'\'' if !is_quoted => {
                self.at += 1;
                self.ansi_quoted(parts);
            }
            b'"' if !is_quoted => self.at += 1,
            first if first.is_ascii_alphabetic() || first == b'_' => {
                let from = self.at + 1;
                self.at = from;
                while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
                    self.at += 1;
                }
                let is_working = self.slice(from, self.at) == "PWD";
                parts.push(if is_working { Part::Working } else { Part::Dynamic });
            }
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => {
                self.at += 2;
                parts.push(Part::Dynamic);
            }
            _ => {
                self.at += 1;
                parts.push(Part::Quoted("$".to_owned()));
            }
        }
    }

    /// The rest of `${…}`: the substitutions in it.
    fn parameter(&mut self, is_quoted: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            match self.peek(0) {
                0 if self.is_at_end() => {
                    self.is_valid = false;
                    break;
                }
                b'}' => {
                    self.at += 1;
                    break;
                }
                b'\\' => self.escape(&mut parts),
                b'\'' if !is_quoted => {
                    let _ = self.single_quoted();
                }
                b'"' => {
                    self.at += 1;
                    parts.extend(self.deeper(|parser| parser.expandable(Some(b'"'))));
                }
                b'$' => self.dollar(&mut parts, true),
                b'`' => parts.push(self.backticks()),
                _ => self.at += 1,
            }
        }
        parts.retain(|part| matches!(part, Part::Run(_) | Part::Process(_)));
        parts
    }

    /// `$'…'`, whose escapes other than the plainest are left to the shell.
    fn ansi_quoted(&mut self, parts: &mut Vec<Part>) {
        self.at += 1;
        let mut text = String::new();
        let mut is_known = true;
        let mut from = self.at;
        while !self.is_at_end() && self.peek(0) != b'\'' {
            if self.peek(0) == b'\\' {
                text.push_str(self.slice(from, self.at));
                match self.peek(1) {
                    b'n' => text.push('\n'),
                    b't' => text.push('\t'),
                    b'\\' => text.push('\\'),
                    b'\'' => text.push('\''),
                    b'"' => text.push('"'),
                    _ => is_known = false,
                }
                let width = self.slice(self.at + 1, self.end).chars().next();
                self.at += 1 + width.map_or(0, char::len_utf8);
                from = self.at;
            } else {
                self.at += 1;
            }
        }
        text.push_str(self.slice(from, self.at));
        self.expect(b'\'');
        parts.push(if is_known {
            Part::Quoted(text)
        } else {
            Part::Dynamic
        });
    }

    /// The commands up to the `)` that closes a substitution.
    pub(super) fn substitution(&mut self) -> List {
        let pending = std::mem::take(&mut self.pending);
        let moves = self.moves;
        let list = self.deeper(Self::list);
        self.expect(b')');
        if !self.pending.is_empty() {
            self.is_valid = false;
        }
        self.pending = pending;
        self.moves = moves;
        list
    }

    pub(super) fn backticks(&mut self) -> Part {
        let from = self.at + 1;
        let mut close = from;
        let bytes = self.source.as_bytes();
        let mut has_escapes = false;
        while close < self.end && bytes[close] != b'`' {
            has_escapes |= bytes[close] == b'\\';
            close += if bytes[close] == b'\\' { 2 } else { 1 };
        }
        if close >= self.end {
            self.give_up();
            return Part::Dynamic;
        }
        let mut part = Part::Dynamic;
        if !has_escapes {
            let end = std::mem::replace(&mut self.end, close);
            self.at = from;
            let pending = std::mem::take(&mut self.pending);
            let moves = self.moves;
            part = Part::Run(self.deeper(Self::list));
            self.is_valid &= self.is_at_end();
            self.pending = pending;
            self.moves = moves;
            self.end = end;
        }
        self.at = close + 1;
        part
    }

    /// Behind the `))` of an arithmetic expression that starts at `from`, if it is one.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let close = self.matching(from)?;
        (self.source.as_bytes().get(close + 1) == Some(&b')') && close + 1 < self.end).then_some(close + 2)
    }

    /// The `)` that closes what is open at `from`.
    pub(super) fn matching(&self, from: usize) -> Option<usize> {
        let mut open = 0_usize;
        for (offset, byte) in self.source.as_bytes()[from.min(self.end)..self.end]
            .iter()
            .enumerate()
        {
            match byte {
                b'(' => open += 1,
                b')' if open == 0 => return Some(from + offset),
                b')' => open -= 1,
                _ => {}
            }
        }
        None
    }
}

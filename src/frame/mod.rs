//! Untrusted text: what one agent or the repository wrote, made safe for another reader.
//!
//! Names, reasons, paths and messages end up in the context of a language model or on a terminal. Both
//! act on what they read: a forged closing tag lets a value pose as the client itself, an escape sequence
//! writes to the clipboard, tag characters smuggle words no human sees, and a name of 100 kB costs its
//! reader money at every prompt. So there is one way from the store to a reader, and it leads through
//! here: [`neutralise`] takes away every power a value might have, [`clean`] also bounds it, and a
//! [`Frame`] marks the whole as data and bounds the sum. Renderers ask for [`Clean`], which only this
//! room can make, so that forgetting is a type error.
//!
//! Nothing is dropped silently: what cannot be shown is replaced by its code point, because whoever looks
//! at a strange name should see that it is strange.

mod classes;
mod neutralise;
mod shell;
mod state;

pub use neutralise::{conceal, neutralise};
pub use shell::shell_word;
pub use state::{Frame, HARD_BUDGET, PUSH_BUDGET, SENTENCE, SESSION_START_BUDGET};

use std::fmt;

use neutralise::{Tokens, seal};

/// Marks the place where a value was cut.
const ELLIPSIS: char = '…';

/// Deepest indentation, in columns, that [`clean_lines`] keeps: enough for quoted code, too little to
/// push text out of sight.
const MAX_INDENT: usize = 24;

/// Columns a tab counts for at the start of a line.
const TAB: usize = 4;

/// Bytes kept free for the line in which [`clean_lines`] says what it left out.
const NOTE_RESERVE: usize = "… cut: 18446744073709551615 more bytes\n".len();

/// What a value is; each kind has a length of its own that is still useful to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name of an agent, a resource, a kind or a state.
    Name,
    /// The title of a task or a decision.
    Title,
    /// Why something was done or is held.
    Reason,
    /// A file, a directory or a pattern.
    Path,
    /// The body of a message.
    Message,
}

impl Field {
    /// The most characters (Unicode scalar values) that are shown of such a value.
    #[must_use]
    pub const fn budget(self) -> usize {
        match self {
            Self::Name => 32,
            Self::Title => 80,
            Self::Reason => 120,
            Self::Path => 200,
            Self::Message => 500,
        }
    }
}

/// One line of text that is safe to print and safe to put before a model.
///
/// It holds no control, format or otherwise invisible character, no `<` or `>` and nothing that
/// compatibility normalisation turns into one. Only this module makes it: from untrusted text through
/// [`clean`], [`clean_lines`] and [`shell_word`], from the program's own words through [`Clean::literal`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clean(String);

/// How lines of the program's own begin.
const OWN_LINES: [&str; 4] = ["error:", "hint:", "note:", "warning:"];

impl Clean {
    /// In quotes where it would pose as a line of the program's own if it stood at the beginning of one.
    #[must_use]
    pub fn at_line_start(self) -> Self {
        if OWN_LINES.iter().any(|mark| self.0.starts_with(mark)) {
            Self(format!("\"{}\"", self.0))
        } else {
            self
        }
    }

    /// The program's own words, such as a heading or a state. The lifetime keeps stored text out.
    #[must_use]
    pub fn literal(text: &'static str) -> Self {
        Self(seal(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Neutralises `value` and cuts it to the budget of `field`.
///
/// The result has at most [`Field::budget`] characters, `…` included, and is never cut inside an escape
/// such as `&lt;`. The work is bounded by the budget, not by what was left out.
#[must_use]
pub fn clean(value: &str, field: Field) -> Clean {
    Clean(fit(value, field.budget(), |text| text.chars().count()).text)
}

/// Neutralises a text of several lines, keeping its lines and their indentation, for showing a whole
/// message to somebody who asked for it.
///
/// A line ends at CR LF or any one Unicode line break. The lines, each counted with a line feed, come to
/// at most `max_bytes` bytes; when that is less than the text, the last of them says how many bytes of
/// `value` are not shown (unless `max_bytes` leaves no room even for that).
///
/// A line may still imitate the program's own output, so whoever prints a body sets it apart, for example
/// by a prefix.
#[must_use]
pub fn clean_lines(value: &str, max_bytes: usize) -> Vec<Clean> {
    let (lines, left_out) = fill(value, max_bytes);
    if left_out == 0 {
        return lines;
    }
    let Some(room) = max_bytes.checked_sub(NOTE_RESERVE) else {
        return lines;
    };
    let (mut lines, left_out) = fill(value, room);
    lines.push(Clean(format!("{ELLIPSIS} cut: {left_out} more bytes")));
    lines
}

/// As many neutralised lines as `max_bytes` holds, and how many bytes of `value` did not fit.
fn fill(value: &str, max_bytes: usize) -> (Vec<Clean>, usize) {
    let mut lines = Vec::new();
    let mut room = max_bytes;
    let mut rest = value;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let content = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - content.len()];
        let columns: usize = indent
            .chars()
            .map(|blank| if blank == '\t' { TAB } else { 1 })
            .sum();
        let columns = if content.trim().is_empty() {
            0
        } else {
            columns.min(MAX_INDENT)
        };
        let Some(room_for_content) = room.checked_sub(columns + 1) else {
            return (lines, rest.len());
        };
        let Fitted { text, left_out } = fit(content, room_for_content, str::len);
        if left_out > 0 {
            if !text.is_empty() {
                lines.push(Clean(" ".repeat(columns) + &text));
            }
            return (lines, rest.len() - line.len() + left_out);
        }
        room = room_for_content - text.len();
        lines.push(Clean(" ".repeat(columns) + &text));
        rest = after;
    }
    (lines, 0)
}

/// The first line of `text` without its end, and what follows that end.
fn split_line(text: &str) -> (&str, &str) {
    let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let Some(end) = text.find(breaks) else {
        return (text, "");
    };
    let (line, rest) = text.split_at(end);
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(breaks));
    (line, rest.unwrap_or_default())
}

/// A neutralised value that was cut to some limit.
struct Fitted {
    text: String,
    /// Bytes of the source that are not shown.
    left_out: usize,
}

/// Neutralises `value` up to `limit` by `measure`. Cuts between tokens only, and then ends in `…`.
fn fit(value: &str, limit: usize, measure: impl Fn(&str) -> usize) -> Fitted {
    let ellipsis = ELLIPSIS.to_string();
    let limit_before_ellipsis = limit.saturating_sub(measure(&ellipsis));
    let mut text = String::new();
    let mut used = 0;
    let mut cut_at = 0;
    let mut left_out = value.len();
    let mut tokens = Tokens::new(value);
    while let Some(token) = tokens.next() {
        let start = text.len();
        token.write_to(&mut text);
        used += measure(&text[start..]);
        if used > limit {
            text.truncate(cut_at);
            text.truncate(text.trim_end().len());
            if limit >= measure(&ellipsis) {
                text.push(ELLIPSIS);
            }
            return Fitted { text, left_out };
        }
        if used <= limit_before_ellipsis {
            cut_at = text.len();
            left_out = tokens.rest().len();
        }
    }
    Fitted { text, left_out: 0 }
}

#[cfg(test)]
mod tests;

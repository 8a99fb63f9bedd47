//! Turning a hostile value into one harmless line.
//!
//! A value becomes a stream of tokens that must not be cut apart. That makes bounding it cheap (whoever
//! has enough stops pulling) and keeps half an escape from ever being printed.

use super::classes::{Class, MAX_MARKS};

/// A piece of neutralised text that is shown whole or not at all.
pub(super) enum Token {
    /// A character that may stand as it is.
    Plain(char),
    /// The entity of a markup character.
    Entity(&'static str),
    /// A run of characters that are not shown: its first one, and how many more there were.
    Concealed { first: char, more: usize },
}

impl Token {
    /// Appends the token's printable form.
    pub(super) fn write_to(&self, text: &mut String) {
        match *self {
            Self::Plain(character) => text.push(character),
            Self::Entity(entity) => text.push_str(entity),
            Self::Concealed { first, more } => {
                text.extend(first.escape_unicode());
                if more > 0 {
                    text.push_str("(+");
                    text.push_str(&more.to_string());
                    text.push(')');
                }
            }
        }
    }
}

/// The tokens of one value, from left to right.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    started: bool,
    /// Combining marks on the current base character; [`MAX_MARKS`] where there is no base.
    marks: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(value: &'a str) -> Self {
        Self {
            rest: value,
            started: false,
            marks: MAX_MARKS,
        }
    }

    /// What no token stands for yet.
    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Takes a run of concealed characters and of marks that have lost their base to it.
    fn take_concealed(&mut self, first: char) -> Token {
        let shown = |character| !matches!(Class::of(character), Class::Concealed | Class::Mark);
        let end = self.rest.find(shown).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.marks = MAX_MARKS;
        Token::Concealed {
            first,
            more: run.chars().count().saturating_sub(1),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let trimmed = self.rest.trim_start();
        let is_gap = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        let first = trimmed.chars().next()?;
        if is_gap && self.started {
            self.marks = MAX_MARKS;
            return Some(Token::Plain(' '));
        }
        self.started = true;
        let token = match Class::of(first) {
            Class::Concealed => return Some(self.take_concealed(first)),
            Class::Mark if self.marks >= MAX_MARKS => return Some(self.take_concealed(first)),
            Class::Mark => {
                self.marks += 1;
                Token::Plain(first)
            }
            Class::Markup(entity) => {
                self.marks = MAX_MARKS;
                Token::Entity(entity)
            }
            Class::Space | Class::Plain => {
                self.marks = 0;
                Token::Plain(first)
            }
        };
        self.rest = &self.rest[first.len_utf8()..];
        Some(token)
    }
}

/// The whole value as one harmless line, not cut.
///
/// - Every run of white space (Unicode `White_Space`, line breaks included) becomes one space; ends are
///   trimmed.
/// - Characters that are invisible, steer the text around them or mean nothing in common become their
///   code point, as `\u{1b}`; a run of them becomes its first and a count, as `\u{200b}(+36)`.
/// - `&`, `<` and `>` become `&amp;`, `&lt;` and `&gt;`; characters that normalisation would turn into
///   one of them become their code point.
/// - More than four combining marks on one character, or marks without a character to stand on, are
///   treated like invisible characters.
///
/// The result can be longer than the value; [`clean`](super::clean) bounds it.
#[must_use]
pub fn neutralise(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for token in Tokens::new(value) {
        token.write_to(&mut text);
    }
    text
}

/// Makes a composed line of our own one line that does not act on a terminal, whatever its parts were, and leaves
/// our `<` and `>` as they are.
#[must_use]
pub fn conceal(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        match Class::of(character) {
            Class::Space => text.push(' '),
            Class::Concealed => text.extend(character.escape_unicode()),
            Class::Markup(_) | Class::Mark | Class::Plain => text.push(character),
        }
    }
    text
}

/// Makes a composed line safe without touching what is clean in it already: entities stay as they are and
/// so does spacing, which matters inside a quoted shell word.
pub(super) fn seal(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        match Class::of(character) {
            Class::Space => text.push(' '),
            Class::Concealed => text.extend(character.escape_unicode()),
            Class::Markup(entity) if character != '&' => text.push_str(entity),
            Class::Markup(_) | Class::Mark | Class::Plain => text.push(character),
        }
    }
    text
}

//! The line at which commands are typed: editing, and what was typed before.

use unicode_width::UnicodeWidthChar as _;

use super::input::Key;

/// How many lines are remembered.
const MOST_REMEMBERED: usize = 200;
/// Longest line, in characters: more than any message may have would be a slip.
const MOST_TYPED: usize = 20_000;

/// A line that is being edited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    letters: Vec<char>,
    cursor: usize,
}

impl Line {
    /// A line with this text; the cursor stands behind it.
    pub(super) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        Self {
            cursor: letters.len(),
            letters,
        }
    }

    /// Its text.
    pub(super) fn text(&self) -> String {
        self.letters.iter().collect()
    }

    /// Puts text in at the cursor. Controls, line ends among them, become blanks: it is one line.
    pub(super) fn insert(&mut self, text: &str) {
        let room = MOST_TYPED.saturating_sub(self.letters.len());
        let plain = text
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter });
        let new: Vec<char> = plain.take(room).collect();
        let count = new.len();
        self.letters.splice(self.cursor..self.cursor, new);
        self.cursor += count;
    }

    /// Does what an editing key means, and says whether it is one.
    pub(super) fn edit(&mut self, key: &Key) -> bool {
        let end = self.letters.len();
        match key {
            Key::Char(letter) => self.insert(letter.encode_utf8(&mut [0; 4])),
            Key::Paste(text) => self.insert(text),
            Key::Left | Key::Control('b') => self.cursor = self.cursor.saturating_sub(1),
            Key::Right | Key::Control('f') => self.cursor = (self.cursor + 1).min(end),
            Key::Home | Key::Control('a') => self.cursor = 0,
            Key::End | Key::Control('e') => self.cursor = end,
            Key::WordLeft => self.cursor = self.word_before(),
            Key::WordRight => self.cursor = self.word_after(),
            Key::Backspace | Key::Control('h') => self.remove(self.cursor.saturating_sub(1), self.cursor),
            Key::Delete | Key::Control('d') => self.remove(self.cursor, (self.cursor + 1).min(end)),
            Key::Control('w') => self.remove(self.word_before(), self.cursor),
            Key::Control('u') => self.remove(0, self.cursor),
            Key::Control('k') => self.remove(self.cursor, end),
            _ => return false,
        }
        true
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.letters.drain(from..to);
        self.cursor = from;
    }

    fn word_before(&self) -> usize {
        let mut at = self.cursor;
        while at > 0 && self.letters[at - 1] == ' ' {
            at -= 1;
        }
        while at > 0 && self.letters[at - 1] != ' ' {
            at -= 1;
        }
        at
    }

    fn word_after(&self) -> usize {
        let mut at = self.cursor;
        while at < self.letters.len() && self.letters[at] != ' ' {
            at += 1;
        }
        while at < self.letters.len() && self.letters[at] == ' ' {
            at += 1;
        }
        at
    }

    /// What of it fits into `width` columns, such that the cursor is seen, and the column the cursor is in.
    pub(super) fn window(&self, width: usize) -> (String, usize) {
        let columns = |letter: &char| shown(*letter).width().unwrap_or(0);
        let mut start = self.cursor;
        let mut before = 0;
        // One column is kept for the cursor itself.
        while start > 0 && before + columns(&self.letters[start - 1]) < width {
            start -= 1;
            before += columns(&self.letters[start]);
        }
        let mut used = 0;
        let seen = self.letters[start..].iter().take_while(|letter| {
            used += columns(letter);
            used <= width
        });
        (seen.map(|letter| shown(*letter)).collect(), before)
    }
}

/// A character as it is shown at the prompt: what would be invisible there, or move things about, is marked.
fn shown(letter: char) -> char {
    let is_strange = crate::frame::conceal(letter.encode_utf8(&mut [0; 4])) != letter.to_string();
    if is_strange && letter != ' ' {
        '\u{fffd}'
    } else {
        letter
    }
}

/// The lines that were entered, and which of them is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    lines: Vec<String>,
    /// How far back: 0 is the line that is being typed.
    back: usize,
    /// What was being typed when somebody began to look back.
    draft: String,
}

impl History {
    /// Remembers a line, unless it is the one before.
    pub(super) fn push(&mut self, line: &str) {
        self.back = 0;
        if line.trim().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        self.lines.push(line.to_owned());
        let excess = self.lines.len().saturating_sub(MOST_REMEMBERED);
        self.lines.drain(..excess);
    }

    /// Begins anew at the line that is being typed.
    pub(super) fn reset(&mut self) {
        self.back = 0;
    }

    /// The line before the one shown, or after it; `typed` is the one shown now.
    pub(super) fn step(&mut self, is_back: bool, typed: &str) -> Option<String> {
        let back = if is_back {
            self.back + 1
        } else {
            self.back.checked_sub(1)?
        };
        if back > self.lines.len() {
            return None;
        }
        if self.back == 0 {
            typed.clone_into(&mut self.draft);
        }
        self.back = back;
        Some(match back {
            0 => self.draft.clone(),
            back => self.lines[self.lines.len() - back].clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn edited(text: &str, keys: &[Key]) -> (String, usize) {
        let mut line = Line::new(text);
        for key in keys {
            assert!(line.edit(key), "{key:?}");
        }
        (line.text(), line.cursor)
    }

    #[test]
    fn the_keys_of_other_prompts_edit_here_too() {
        assert_eq!(edited("ab", &[Key::Char('c')]), ("abc".to_owned(), 3));
        assert_eq!(edited("ab", &[Key::Home, Key::Char('é')]), ("éab".to_owned(), 1));
        assert_eq!(edited("abc", &[Key::Left, Key::Backspace]), ("ac".to_owned(), 1));
        assert_eq!(
            edited("abc", &[Key::Left, Key::Delete, Key::Delete]),
            ("ab".to_owned(), 2)
        );
        assert_eq!(
            edited("send bob hi", &[Key::Control('w')]),
            ("send bob ".to_owned(), 9)
        );
        assert_eq!(
            edited("one two", &[Key::WordLeft, Key::Control('k')]),
            ("one ".to_owned(), 4)
        );
        assert_eq!(
            edited("one two", &[Key::WordLeft, Key::Control('u')]),
            ("two".to_owned(), 0)
        );
        assert_eq!(
            edited("one two", &[Key::Control('a'), Key::WordRight, Key::Char('x')]),
            ("one xtwo".to_owned(), 5)
        );
        assert_eq!(
            edited("", &[Key::Backspace, Key::Left, Key::Delete]),
            (String::new(), 0)
        );
        assert_eq!(
            edited("", &[Key::Paste("a\nb\u{1b}c".to_owned())]),
            ("a b c".to_owned(), 5)
        );
    }

    #[test]
    fn what_was_typed_before_comes_back_and_the_draft_is_not_lost() {
        let mut history = History::default();
        for line in ["one", "two", "two", "  "] {
            history.push(line);
        }
        assert_eq!(history.step(true, "draft"), Some("two".to_owned()));
        assert_eq!(history.step(true, "two"), Some("one".to_owned()));
        assert_eq!(history.step(true, "one"), None);
        assert_eq!(history.step(false, "one"), Some("two".to_owned()));
        assert_eq!(history.step(false, "two"), Some("draft".to_owned()));
        assert_eq!(history.step(false, "draft"), None);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_seen_and_nothing_is_wider_than_the_prompt(
            text in any::<String>(), steps in 0_usize..40, width in 1_usize..40,
        ) {
            let mut line = Line::new("");
            line.insert(&text);
            for _ in 0..steps {
                line.edit(&Key::Left);
            }
            let (seen, column) = line.window(width);
            prop_assert!(seen.width() <= width, "{seen:?}");
            prop_assert!(column < width);
        }
    }
}

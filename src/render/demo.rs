//! How the demonstration looks: numbered scenes, a sentence or two, who does what, and behind a bar what came back.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::colour;

/// The most characters of one answer that are shown.
const SHOWN: usize = 4_000;

/// Where a scene begins.
#[must_use]
pub fn scene(number: usize, count: usize, title: &str) -> String {
    let number = colour::dim(&format!("{number}/{count}"));
    format!("\n{number} {}\n", colour::heading(title))
}

/// A remark of the narrator's.
#[must_use]
pub fn remark(text: &str, width: Option<usize>) -> String {
    let mut lines = String::new();
    for line in wrap(text, width.unwrap_or(100).clamp(20, 100)) {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{}", colour::dim(&line));
    }
    lines
}

/// Who does what.
#[must_use]
pub fn deed(who: &str, what: &str) -> String {
    format!("{} {what}\n", colour::ok(&format!("{who}:")))
}

/// The lines of an answer, each behind a bar, broken where the terminal ends. The answer comes from this program,
/// which has neutralised it already, and its frame must be seen as it is.
#[must_use]
pub fn answer(text: &str, width: Option<usize>) -> String {
    let kept: String = text.chars().take(SHOWN).collect();
    let mut lines = String::new();
    for line in kept.lines().filter(|line| !line.is_empty()) {
        for line in wrap(
            line,
            width.map_or(usize::MAX, |width| width.saturating_sub(4).max(20)),
        ) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "  {} {line}", colour::dim("|"));
        }
    }
    lines
}

/// A line broken between words, or within those that are longer than a line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let needed = word.width() + usize::from(used > 0);
        if used > 0 && used + needed > width {
            lines.push(String::new());
            used = 0;
        }
        let separator = if used > 0 { " " } else { "" };
        for character in separator.chars().chain(word.chars()) {
            let columns = character.width().unwrap_or(0);
            if used + columns > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(character);
            }
            used += columns;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_answers_are_broken_between_words_and_long_words_where_they_must() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("日本語 x", 4), ["日本", "語 x"]);
        let plain = anstream::adapter::strip_str(&answer("a\n\nb", None)).to_string();
        assert_eq!(plain, "  | a\n  | b\n");
    }
}

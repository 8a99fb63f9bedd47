//! Long lines broken where a terminal ends, so that what stands before them stays aligned.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text that begins in column `indent` and goes on there in each further line; as it is without a `width`.
#[must_use]
pub fn hanging(text: &str, indent: usize, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    wrap(text, width.saturating_sub(indent).max(20)).join(&format!("\n{:indent$}", ""))
}

/// A line broken between words, or within those that are longer than a line.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
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
    fn lines_are_broken_between_words_and_long_words_where_they_must() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("日本語 x", 4), ["日本", "語 x"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn further_lines_begin_below_the_first() {
        assert_eq!(
            hanging("one two three four five", 4, Some(24)),
            "one two three four\n    five"
        );
        assert_eq!(hanging("one two", 4, None), "one two");
    }
}

//! What somebody types at the prompt, as words, and words as somebody would type them.
//!
//! Quotes and backslashes work as in a shell; nothing else does. No shell ever sees the line, so there is nothing
//! to expand and nothing to run by accident.

/// The words of a line.
///
/// # Errors
/// The quote that is not closed.
pub(super) fn split(line: &str) -> Result<Vec<String>, char> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        None => return Err(letter),
                        Some(end) if end == letter => break,
                        Some('\\') if letter == '"' => match letters.next() {
                            Some(escaped @ ('"' | '\\')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => return Err(letter),
                        },
                        Some(inner) => word.push(inner),
                    }
                }
            }
            '\\' => {
                let word = word.get_or_insert_default();
                word.push(letters.next().unwrap_or('\\'));
            }
            blank if blank.is_whitespace() => words.extend(word.take()),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word as it can be typed: as it is where that means itself, in quotes elsewhere.
pub(super) fn quote(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:@%+=,~[]{}*?#".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The first word of a line and what follows it, blanks around both left out.
pub(super) fn first(line: &str) -> (&str, &str) {
    let line = line.trim();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (first, rest.trim())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_and_backslashes_keep_words_together() {
        let words = |line| split(line).unwrap();
        assert_eq!(
            words("  a  'b c'\t\"d 'e' \\\" \\n\" f\\ g '' "),
            ["a", "b c", "d 'e' \" \\n", "f g", ""]
        );
        assert_eq!(words("'it'\\''s'"), ["it's"]);
        assert_eq!(words("$(x) `y` $HOME ;"), ["$(x)", "`y`", "$HOME", ";"]);
        assert_eq!(split("don't"), Err('\''));
        assert_eq!(split("\"x\\"), Err('"'));
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_read_back_as_itself(typed in proptest::collection::vec(any::<String>(), 0..5)) {
            let line: Vec<String> = typed.iter().map(|word| quote(word)).collect();
            prop_assert_eq!(split(&line.join(" ")), Ok(typed));
        }
    }
}

//! Values inside a suggested command.
//!
//! A refusal ends in a command that a model will often run as it stands. A value in it must therefore
//! reach the program as exactly one argument and as exactly itself; where that cannot be promised there
//! is no suggestion. Escaping as in prose would be wrong here: the command would name something else.

use super::Clean;
use super::classes::{Class, MAX_MARKS};

/// The longest word that is suggested, in bytes before quoting: a cut one would name something else.
const MAX_WORD: usize = 500;

/// `value` as one word of a POSIX shell command, or `None` when it should not be suggested.
///
/// Words of `[A-Za-z0-9._/@:+-]` stand as they are, others are put in single quotes. There is no word for
/// a value that starts with `-` (quoting does not keep it from being read as an option), that holds a
/// control, format or other character [`neutralise`](super::neutralise) would replace, an angle bracket
/// (it could close a frame) or white space other than the space, or that is longer than 500 bytes.
///
/// Unlike other [`Clean`] text the word may hold a bare `&`.
#[must_use]
pub fn shell_word(value: &str) -> Option<Clean> {
    if value.len() > MAX_WORD || value.starts_with('-') || !is_faithful(value) {
        return None;
    }
    if !value.is_empty() && value.chars().all(is_inert) {
        return Some(Clean(value.to_owned()));
    }
    Some(Clean(format!("'{}'", value.replace('\'', r"'\''"))))
}

/// Whether every character can be shown as it is.
fn is_faithful(value: &str) -> bool {
    let mut marks = MAX_MARKS;
    value.chars().all(|character| match Class::of(character) {
        Class::Concealed => false,
        Class::Markup(_) => character == '&',
        Class::Space => {
            marks = MAX_MARKS;
            character == ' '
        }
        Class::Mark => {
            marks += 1;
            marks <= MAX_MARKS
        }
        Class::Plain => {
            marks = 0;
            true
        }
    })
}

/// Whether a shell gives the character no meaning wherever it stands.
fn is_inert(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._/@:+-".contains(character)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;
    use crate::frame::tests::hostile;

    fn word(value: &str) -> Option<String> {
        shell_word(value).map(|word| word.to_string())
    }

    #[test]
    fn plain_words_stand_as_they_are() {
        for value in [
            "src/lib.rs",
            "agent-0a1b2c3d4e5f",
            "a@b:c+d",
            "task-ABCD2345",
            ".",
        ] {
            assert_eq!(word(value).as_deref(), Some(value));
        }
    }

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        assert_eq!(
            word("$(touch /tmp/x); y").as_deref(),
            Some("'$(touch /tmp/x); y'")
        );
        assert_eq!(word("it's").as_deref(), Some(r"'it'\''s'"));
        assert_eq!(word("~root").as_deref(), Some("'~root'"));
        assert_eq!(word("a  b & c").as_deref(), Some("'a  b & c'"));
        assert_eq!(word("größe.md").as_deref(), Some("'größe.md'"));
        assert_eq!(word("").as_deref(), Some("''"));
    }

    #[test]
    fn what_cannot_be_shown_or_acts_as_an_option_is_not_suggested() {
        let long = "a".repeat(MAX_WORD + 1);
        for value in [
            "--force",
            "-",
            "a\nb",
            "a\u{a0}b",
            "a\x1b[m",
            "a\u{200b}",
            "</x>",
            "＜x",
            "\u{301}",
            &long,
        ] {
            assert_eq!(word(value), None, "{value:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_one_word_back_unchanged(value in hostile()) {
            if let Some(word) = shell_word(&value) {
                let output = Command::new("sh").arg("-c").arg(format!("printf '%s|' {word}")).output().unwrap();
                prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{value}|"));
                prop_assert!(!word.as_ref().contains(['<', '>', '\n']));
            }
        }
    }
}

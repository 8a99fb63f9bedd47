//! The command that starts a session: words, split as a shell splits them, and blanks that are filled in.
//!
//! There is no shell. A plan's role or name is put into one word and stays in it, whatever it holds; and what only
//! a shell could do (pipes, redirections, `$HOME`) is refused instead of being handed on as it stands, because
//! whoever typed it meant something else.

use std::fmt;

/// Most words of a command.
pub const MAX_WORDS: usize = 256;

/// What stands for something that is known only at the start: `{role}`, `{agent}`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// The agent's id.
    Agent,
    /// The seat's name.
    Name,
    /// The plan's id.
    Plan,
    /// What the session is told to do.
    Prompt,
    /// The role; empty where it has none.
    Role,
    /// The session's id, a UUID.
    Session,
    /// A settings file of the client that wires the hooks.
    Settings,
    /// The directory it works in.
    Worktree,
}

impl Blank {
    /// Every blank.
    pub const ALL: [Self; 8] = [
        Self::Agent,
        Self::Name,
        Self::Plan,
        Self::Prompt,
        Self::Role,
        Self::Session,
        Self::Settings,
        Self::Worktree,
    ];

    /// How it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "{agent}",
            Self::Name => "{name}",
            Self::Plan => "{plan}",
            Self::Prompt => "{prompt}",
            Self::Role => "{role}",
            Self::Session => "{session}",
            Self::Settings => "{settings}",
            Self::Worktree => "{worktree}",
        }
    }
}

/// Why a text is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsplittable {
    /// There is nothing in it.
    Empty,
    /// A quote is opened and not closed.
    Unclosed,
    /// It ends with a backslash.
    Dangling,
    /// It has a character outside quotes that only a shell understands.
    ForShells(char),
    /// It holds a zero, which no argument can.
    Zero,
    /// It has more than [`MAX_WORDS`] words.
    TooLong,
}

impl fmt::Display for Unsplittable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the command is empty"),
            Self::Unclosed => formatter.write_str("the command opens a quote and does not close it"),
            Self::Dangling => formatter.write_str("the command ends with a backslash"),
            Self::ForShells(character) => {
                write!(
                    formatter,
                    "no shell runs the command, and '{character}' means something to shells only"
                )
            }
            Self::Zero => formatter.write_str("the command holds a zero byte"),
            Self::TooLong => write!(formatter, "the command has more than {MAX_WORDS} words"),
        }
    }
}

/// The words of a command, with blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    words: Vec<String>,
}

impl Template {
    /// Splits a text as a POSIX shell splits it into words: at white space; nothing is special between single quotes;
    /// between double quotes a backslash escapes `"`, `\`, `$` and a backquote.
    ///
    /// # Errors
    /// [`Unsplittable`] when it is no list of words, or only a shell could understand it.
    pub fn split(text: &str) -> Result<Self, Unsplittable> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\0' => return Err(Unsplittable::Zero),
                '\'' => {
                    let word = word.get_or_insert_default();
                    loop {
                        match characters.next().ok_or(Unsplittable::Unclosed)? {
                            '\'' => break,
                            '\0' => return Err(Unsplittable::Zero),
                            other => word.push(other),
                        }
                    }
                }
                '"' => double_quoted(&mut characters, word.get_or_insert_default())?,
                '\\' => match characters.next().ok_or(Unsplittable::Dangling)? {
                    '\n' => {}
                    '\0' => return Err(Unsplittable::Zero),
                    other => word.get_or_insert_default().push(other),
                },
                space if space.is_ascii_whitespace() => words.extend(word.take()),
                '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' => {
                    return Err(Unsplittable::ForShells(character));
                }
                other => word.get_or_insert_default().push(other),
            }
        }
        words.extend(word);
        match words.len() {
            0 => Err(Unsplittable::Empty),
            1..=MAX_WORDS => Ok(Self { words }),
            _ => Err(Unsplittable::TooLong),
        }
    }

    /// These words as they are; a blank in them is one here, too.
    #[must_use]
    pub fn of_words(words: Vec<String>) -> Self {
        Self { words }
    }

    /// The program, as it was typed.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The words with every blank filled in. What is filled in is looked at no more: a role that is called
    /// `{prompt}` stays one.
    #[must_use]
    pub fn fill<'a>(&self, value: impl Fn(Blank) -> &'a str) -> Vec<String> {
        self.words.iter().map(|word| filled(word, &value)).collect()
    }
}

/// Reads on to the closing double quote.
fn double_quoted(characters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Unsplittable> {
    loop {
        match characters.next().ok_or(Unsplittable::Unclosed)? {
            '"' => return Ok(()),
            '\0' => return Err(Unsplittable::Zero),
            special @ ('$' | '`') => return Err(Unsplittable::ForShells(special)),
            '\\' => match characters.next().ok_or(Unsplittable::Unclosed)? {
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                '\n' => {}
                '\0' => return Err(Unsplittable::Zero),
                other => word.extend(['\\', other]),
            },
            other => word.push(other),
        }
    }
}

fn filled<'a>(word: &str, value: &impl Fn(Blank) -> &'a str) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(blank) = Blank::ALL
            .into_iter()
            .find(|blank| rest.starts_with(blank.as_str()))
        {
            filled.push_str(value(blank));
            rest = &rest[blank.as_str().len()..];
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        Template::split(text).unwrap().words
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        assert_eq!(split("claude  -p x"), ["claude", "-p", "x"]);
        assert_eq!(split("a 'b c' \"d e\" f\\ g"), ["a", "b c", "d e", "f g"]);
        assert_eq!(split("a'b'\"c\"d ''"), ["abcd", ""]);
        assert_eq!(split(r#""a\"b\\c\$d\e""#), [r#"a"b\c$d\e"#]);
        assert_eq!(split("'$HOME|;`' \"|;\""), ["$HOME|;`", "|;"]);
        assert_eq!(split("a \\\n b"), ["a", "b"]);
    }

    #[test]
    fn what_only_a_shell_could_do_is_refused() {
        for (text, character) in [
            ("a | b", '|'),
            ("a; b", ';'),
            ("a & b", '&'),
            ("a > b", '>'),
            ("a $HOME", '$'),
            ("a \"$(b)\"", '$'),
            ("a `b`", '`'),
            ("(a)", '('),
        ] {
            assert_eq!(
                Template::split(text),
                Err(Unsplittable::ForShells(character)),
                "{text}"
            );
        }
        assert_eq!(Template::split("  "), Err(Unsplittable::Empty));
        assert_eq!(Template::split("a 'b"), Err(Unsplittable::Unclosed));
        assert_eq!(Template::split("a \"b"), Err(Unsplittable::Unclosed));
        assert_eq!(Template::split("a \\"), Err(Unsplittable::Dangling));
        assert_eq!(Template::split("a\0"), Err(Unsplittable::Zero));
        assert_eq!(Template::split(&"a ".repeat(257)), Err(Unsplittable::TooLong));
    }

    #[test]
    fn a_blank_is_filled_with_whatever_it_is_and_stays_one_word() {
        let template = Template::split("run --as={agent} {role} {x} {role}{name} '{'").unwrap();
        let filled = template.fill(|blank| match blank {
            Blank::Role => "$(rm -rf ~) '{agent}'",
            other => other.as_str(),
        });
        assert_eq!(
            filled,
            [
                "run",
                "--as={agent}",
                "$(rm -rf ~) '{agent}'",
                "{x}",
                "$(rm -rf ~) '{agent}'{name}",
                "{"
            ]
        );
    }

    proptest! {
        /// Whatever words there are: quoted as people quote for a shell, they come back.
        #[test]
        fn quoted_words_come_back(words in prop::collection::vec("[^\u{0}]{0,12}", 1..8)) {
            let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
            prop_assert_eq!(split(&quoted.join(" ")), words);
        }

        /// No text makes it fail in another way than by saying why, and none makes a word out of two.
        #[test]
        fn any_text_is_split_or_refused(text in "\\PC{0,60}", value in "\\PC{0,20}") {
            if let Ok(template) = Template::split(&text) {
                prop_assert_eq!(template.fill(|_| &value).len(), template.words.len());
            }
        }
    }
}

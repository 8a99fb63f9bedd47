//! Searching: what was typed as an expression of the index of words, and the place where a word was found.
//!
//! People and agents type words, not a query language: each word means itself, all of them have to be there,
//! and the last one may be unfinished.

/// How many characters of a text are shown around the first word that was found.
const EXCERPT: usize = 160;
/// How many of them stand before that word.
const BEFORE: usize = 40;

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What agents told each other.
    Message,
    /// What was settled.
    Decision,
    /// What is to be done or was.
    Task,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Message, Self::Decision, Self::Task];

    /// The word in the store, on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Decision => "decision",
            Self::Task => "task",
        }
    }

    /// Reads [`Self::as_str`] back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The title of a task.
    pub title: Option<String>,
    /// The part of its text in which a word was found.
    pub excerpt: String,
    /// The id of whoever sent, settled or created it, where that is known.
    pub agent: Option<String>,
    /// That agent's name now.
    pub agent_name: Option<String>,
    /// When that was, in milliseconds since the epoch.
    pub created_at: i64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The best, in their order.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
}

/// The single words of what was typed. What has neither a letter nor a digit is in no index.
#[must_use]
pub fn words(typed: &[String]) -> Vec<&str> {
    let words = typed.iter().flat_map(|argument| argument.split_whitespace());
    words
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect()
}

/// The words as an expression for the index: each in quotes, where nothing has a meaning but the quote itself,
/// and the last one as the beginning of a word. `None` when there are none.
#[must_use]
pub fn expression(words: &[&str]) -> Option<String> {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", word.replace('\0', " ").replace('"', "\"\"")))
        .collect();
    (!quoted.is_empty()).then(|| format!("{} *", quoted.join(" ")))
}

/// The part of a text around the first place where one of the words is, or its beginning; `…` stands where
/// something was left out.
#[must_use]
pub fn excerpt(text: &str, words: &[&str]) -> String {
    let text: Vec<char> = text.trim().chars().collect();
    let lower: Vec<char> = text.iter().map(|character| lower(*character)).collect();
    let found = words.iter().filter_map(|word| {
        let word: Vec<char> = word.chars().map(self::lower).collect();
        lower.windows(word.len()).position(|part| part == word)
    });
    let place = found.min().unwrap_or_default();
    let mut from = place.saturating_sub(BEFORE);
    if from > 0 {
        // Not in the middle of a word, unless the word is very long.
        let blank = text[from..place]
            .iter()
            .position(|character| character.is_whitespace());
        from += blank.map_or(0, |blank| blank + 1);
    }
    let to = text.len().min(from + EXCERPT);
    let part: String = text[from..to].iter().collect();
    let (before, after) = (
        if from > 0 { "… " } else { "" },
        if to < text.len() { " …" } else { "" },
    );
    format!("{before}{}{after}", part.trim())
}

/// One character for one character, so that places stay places.
fn lower(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn every_word_means_itself_and_the_last_one_may_go_on() {
        let arguments = typed(&["retry  policy", "OR", "src/a.rs", "say\"s"]);
        assert_eq!(
            expression(&words(&arguments)).as_deref(),
            Some(r#""retry" "policy" "OR" "src/a.rs" "say""s" *"#)
        );
    }

    #[test]
    fn what_is_no_word_is_not_looked_for() {
        let arguments = typed(&["-", "*", "\"", "(", "", "  ", "^a"]);
        assert_eq!(words(&arguments), ["^a"]);
        assert_eq!(expression(&[]), None);
    }

    #[test]
    fn an_excerpt_shows_the_first_word_that_was_found() {
        assert_eq!(
            excerpt("  The Parser is slow ", &["parser"]),
            "The Parser is slow"
        );
        let long = format!("{}needle {}", "hay ".repeat(100), "straw ".repeat(100));
        let shown = excerpt(&long, &["NEEDLE", "straw"]);
        assert!(shown.starts_with("… hay ") && shown.ends_with(" …"), "{shown}");
        assert!(shown.contains("needle straw"), "{shown}");
        assert!(shown.chars().count() <= EXCERPT + 4, "{shown}");
        assert_eq!(
            excerpt("short", &["elsewhere", "far longer than the text"]),
            "short"
        );
        assert_eq!(excerpt("", &["x"]), "");
        assert_eq!(excerpt("ÄPFEL und İ", &["äpfel"]), "ÄPFEL und İ");
    }
}

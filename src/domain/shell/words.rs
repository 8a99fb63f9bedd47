//! From words to the arguments a command gets, as far as the text alone tells.
//!
//! Whatever only a running shell knows makes an argument unknown rather than guessed, because a guess that is
//! wrong becomes a refusal that is wrong.

use super::tree::{Body, Part, Word};

/// An argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// The text; what is not known is a [`HOLE`].
    pub(super) text: String,
    /// Whether the text is a pattern; then `\` precedes what is meant literally.
    pub(super) is_glob: bool,
    pub(super) is_known: bool,
}

/// Stands for what is not known in the text of an argument.
pub(super) const HOLE: char = '\0';

/// More arguments than this from one word are not followed up.
const MOST_ALTERNATIVES: usize = 64;

/// Brace lists in longer words are not expanded, as each alternative copies the whole word.
const LONGEST_WITH_BRACES: usize = 1024;

impl Field {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_glob: false,
            is_known: true,
        }
    }

    pub(super) fn unknown() -> Self {
        Self {
            text: HOLE.to_string(),
            is_glob: false,
            is_known: false,
        }
    }

    /// The rest of the argument behind its first `skipped` bytes.
    pub(super) fn rest(&self, skipped: usize) -> Self {
        let text = self.text.get(skipped..).unwrap_or_default().to_owned();
        Self {
            is_known: self.is_known || !text.contains(HOLE),
            is_glob: self.is_glob,
            text,
        }
    }
}

#[derive(Clone, Copy)]
enum Letter {
    Plain(char),
    Quoted(char),
    Unknown,
}

/// The arguments that `word` becomes. Brace lists take theirs from `allowance`.
pub(super) fn expand(word: &Word, fields: &mut Vec<Field>, allowance: &mut usize) {
    let letters = letters(word);
    let has_braces = letters.iter().any(|letter| matches!(letter, Letter::Plain('{')));
    if !has_braces {
        return fields.push(field(&letters));
    }
    let mut alternatives = Vec::new();
    let most = MOST_ALTERNATIVES.min(*allowance);
    if letters.len() <= LONGEST_WITH_BRACES && expand_braces(letters, &mut alternatives, most) {
        *allowance -= alternatives.len();
        fields.extend(alternatives.iter().map(|letters| field(letters)));
    } else {
        *allowance = allowance.saturating_sub(most / 2);
        fields.push(Field::unknown());
    }
}

/// `word` where the shell makes no brace expansion.
pub(super) fn single(word: &Word) -> Field {
    field(&letters(word))
}

fn letters(word: &Word) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (index, part) in word.parts.iter().enumerate() {
        match part {
            Part::Plain(text) if index == 0 && text.starts_with('~') => {
                letters.push(Letter::Unknown);
                let rest = text.find('/').map_or("", |slash| &text[slash..]);
                letters.extend(rest.chars().map(Letter::Plain));
            }
            Part::Plain(text) => letters.extend(text.chars().map(Letter::Plain)),
            Part::Quoted(text) => letters.extend(text.chars().map(Letter::Quoted)),
            Part::Working if index == 0 && continues_path(&word.parts[1..]) => {
                letters.push(Letter::Quoted('.'));
            }
            Part::Run(list) if index == 0 && is_pwd(list) && continues_path(&word.parts[1..]) => {
                letters.push(Letter::Quoted('.'));
            }
            Part::Process(_) => letters.extend("/dev/fd/63".chars().map(Letter::Quoted)),
            Part::Working | Part::Dynamic | Part::Run(_) => letters.push(Letter::Unknown),
        }
    }
    letters
}

/// Whether the working directory is all there is before `rest`, or what `rest` is below of.
fn continues_path(rest: &[Part]) -> bool {
    rest.iter()
        .find_map(|part| match part {
            Part::Plain(text) | Part::Quoted(text) => (!text.is_empty()).then(|| text.starts_with('/')),
            _ => Some(false),
        })
        .unwrap_or(true)
}

fn is_pwd(list: &[super::tree::Chain]) -> bool {
    let [chain] = list else { return false };
    let [command] = chain.first.commands.as_slice() else {
        return false;
    };
    match &command.body {
        Body::Simple(simple) => {
            chain.rest.is_empty()
                && matches!(simple.words.as_slice(), [word] if word.plain() == Some("pwd"))
                && command.redirects.is_empty()
        }
        _ => false,
    }
}

fn field(letters: &[Letter]) -> Field {
    let is_glob = has_pattern(letters);
    let mut text = String::with_capacity(letters.len());
    let mut is_known = true;
    for letter in letters {
        match *letter {
            Letter::Plain(letter) => text.push(letter),
            Letter::Quoted(letter) => {
                if is_glob && matches!(letter, '*' | '?' | '[' | ']' | '\\') {
                    text.push('\\');
                }
                text.push(letter);
            }
            Letter::Unknown => {
                text.push(HOLE);
                is_known = false;
            }
        }
    }
    Field {
        text,
        is_glob,
        is_known,
    }
}

fn has_pattern(letters: &[Letter]) -> bool {
    let mut is_bracket_open = false;
    letters.iter().any(|letter| match letter {
        Letter::Plain('*' | '?') => true,
        Letter::Plain('[') => {
            is_bracket_open = true;
            false
        }
        Letter::Plain(']') => is_bracket_open,
        _ => false,
    })
}

/// Expands the brace lists of `letters` in order. `false` when there are more than `most`.
fn expand_braces(letters: Vec<Letter>, done: &mut Vec<Vec<Letter>>, most: usize) -> bool {
    let mut open_works = vec![(letters, 0)];
    let mut steps = 0;
    while let Some((letters, from)) = open_works.pop() {
        steps += 1;
        if steps > 2 * most || done.len() >= most {
            return false;
        }
        let Some(list) = brace_list(&letters, from) else {
            done.push(letters);
            continue;
        };
        if list.alternatives.len() > most {
            return false;
        }
        for alternative in list.alternatives.iter().rev() {
            let mut next = letters[..list.open].to_vec();
            next.extend_from_slice(alternative);
            next.extend_from_slice(&letters[list.close + 1..]);
            open_works.push((next, list.open));
        }
    }
    true
}

struct BraceList {
    open: usize,
    close: usize,
    alternatives: Vec<Vec<Letter>>,
}

/// The first brace list of `letters` at or behind `from`.
fn brace_list(letters: &[Letter], from: usize) -> Option<BraceList> {
    let mut open = from;
    let mut tried = 0;
    while open < letters.len() && tried < MOST_ALTERNATIVES {
        if matches!(letters[open], Letter::Plain('{')) {
            tried += 1;
            if let Some(list) = brace_list_at(letters, open) {
                return Some(list);
            }
        }
        open += 1;
    }
    None
}

fn brace_list_at(letters: &[Letter], open: usize) -> Option<BraceList> {
    let mut depth = 0_usize;
    let mut start = open + 1;
    let mut alternatives = Vec::new();
    for (index, letter) in letters.iter().enumerate().skip(open + 1) {
        match letter {
            Letter::Plain('{') => depth += 1,
            Letter::Plain('}') if depth > 0 => depth -= 1,
            Letter::Plain(',') if depth == 0 => {
                alternatives.push(letters[start..index].to_vec());
                start = index + 1;
            }
            Letter::Plain('}') => {
                alternatives.push(letters[start..index].to_vec());
                if alternatives.len() == 1 {
                    alternatives = sequence(&letters[open + 1..index])?;
                }
                return Some(BraceList {
                    open,
                    close: index,
                    alternatives,
                });
            }
            _ => {}
        }
    }
    None
}

/// The values of `1..3` or `a..c`.
fn sequence(letters: &[Letter]) -> Option<Vec<Vec<Letter>>> {
    let text: String = letters
        .iter()
        .map(|letter| match letter {
            Letter::Plain(letter) => *letter,
            _ => HOLE,
        })
        .collect();
    let (first, last) = text.split_once("..")?;
    let quoted = |value: String| value.chars().map(Letter::Quoted).collect();
    if let (Ok(first), Ok(last)) = (first.parse::<i32>(), last.parse::<i32>()) {
        let is_padded = text
            .split("..")
            .any(|value| value.len() > 1 && value.trim_start_matches('-').starts_with('0'));
        if is_padded || first.abs_diff(last) as usize >= MOST_ALTERNATIVES {
            return Some(vec![vec![Letter::Unknown]]);
        }
        let (low, high) = (first.min(last), first.max(last));
        return Some((low..=high).map(|value| quoted(value.to_string())).collect());
    }
    let mut ends = first.chars().chain(last.chars());
    match (ends.next(), ends.next(), ends.next()) {
        (Some(first), Some(last), None) if first.is_ascii_alphabetic() && last.is_ascii_alphabetic() => Some(
            (first.min(last)..=first.max(last))
                .map(|value| quoted(value.to_string()))
                .collect(),
        ),
        // A step, or text that happens to hold two dots.
        _ => text.contains(HOLE).then(|| vec![vec![Letter::Unknown]]),
    }
}

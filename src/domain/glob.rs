//! Patterns of paths: what they match, and whether two of them can ever mean the same path.
//!
//! A matcher alone would not do: two agents may lock `src/**/*.rs` and `**/a*`, and nobody knows today which
//! file they will meet in. Whether two patterns share a path, existing or not, is decided exactly here, so
//! that an overlap is never missed.
//!
//! The syntax: `?` is one character, `*` any number of them within a name, `**` as a whole name any number of
//! directories, `[a-z]` and `[!a-z]` one of a set, `{a,b}` alternatives (which may nest and hold slashes), and
//! a backslash takes the next character as it stands. What is not closed stands for itself.
//!
//! Like a lock on a directory, a pattern covers all that lies below what it matches, unless it ends in an
//! extension: `*.rs` names files and nothing below them, or nobody could lock `**/*.rs` beside `**/*.py` for
//! fear of a `b.rs` in a directory `a.py`. With a slash behind it, `*.app/`, it names directories again.

use std::fmt;

use super::brace;

/// Most characters of a pattern.
pub const MAX_LENGTH: usize = 1_000;

/// Why a text is no pattern that could be locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// It is longer than [`MAX_LENGTH`].
    TooLong,
    /// Its braces stand for too many patterns.
    TooManyAlternatives,
    /// It goes up with `..`, which nothing could be compared with.
    GoesUp,
    /// A range such as `[z-a]` holds nothing.
    EmptyRange,
    /// Nothing is left of it.
    Empty,
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "the pattern is longer than 1000 characters",
            Self::TooManyAlternatives => "the braces of the pattern stand for too many alternatives",
            Self::GoesUp => "a pattern cannot go up with `..`",
            Self::EmptyRange => "a range in the pattern holds nothing",
            Self::Empty => "the pattern is empty",
        })
    }
}

/// A pattern, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    alternatives: Vec<Alternative>,
}

/// One of the patterns that braces stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alternative {
    parts: Vec<Part>,
    /// Whether it covers what lies below its matches too.
    is_open: bool,
}

/// One name of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`: any number of names, none too.
    AnyDepth,
    Name(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// `*`.
    AnyText,
    /// One character out of these inclusive ranges, which are sorted and apart.
    One(Vec<(u32, u32)>),
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`Invalid`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > MAX_LENGTH {
            return Err(Invalid::TooLong);
        }
        let alternatives = brace::expand(text).ok_or(Invalid::TooManyAlternatives)?;
        let alternatives: Vec<Alternative> = alternatives
            .iter()
            .map(|text| alternative(text))
            .collect::<Result<_, _>>()?;
        Ok(Self { alternatives })
    }

    /// The pattern that matches this path and nothing else; `.` is the checkout itself.
    #[must_use]
    pub fn literal(path: &str) -> Self {
        let name = |name: &str| Part::Name(name.chars().map(|one| Token::One(vec![just(one)])).collect());
        Self {
            alternatives: vec![Alternative {
                parts: names(path).map(name).collect(),
                is_open: true,
            }],
        }
    }

    /// This pattern, and the path that its `text` is letter by letter: `app/[id]/page.tsx` may be the name of a
    /// file that is about to be made.
    #[must_use]
    pub fn or_spelled(mut self, text: &str) -> Self {
        let is_open = self.alternatives.iter().any(|one| one.is_open);
        let spelled = Self::literal(text).alternatives.into_iter();
        self.alternatives
            .extend(spelled.map(|one| Alternative { is_open, ..one }));
        self
    }

    /// Whether it matches one path only, so that it is no pattern at all.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        let is_one =
            |token: &Token| matches!(token, Token::One(set) if matches!(set[..], [(from, to)] if from == to));
        let [only] = self.alternatives.as_slice() else {
            return false;
        };
        only.parts
            .iter()
            .all(|part| matches!(part, Part::Name(tokens) if tokens.iter().all(is_one)))
    }

    /// Whether it leaves out what lies below some of its matches, because they are taken for files.
    #[must_use]
    pub fn names_files(&self) -> bool {
        self.alternatives.iter().any(|one| !one.is_open)
    }

    /// Whether it matches `path` or, unless it names files, a directory above it.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        let path: Vec<&str> = names(path).collect();
        self.alternatives.iter().any(|Alternative { parts, is_open }| {
            let same = |part: usize, name: usize| match &parts[part] {
                Part::AnyDepth => true,
                Part::Name(tokens) => matches_name(tokens, path[name]),
            };
            meet(
                parts.len(),
                path.len(),
                |part| parts[part].is_any(),
                |_| false,
                same,
                *is_open,
                false,
            )
        })
    }

    /// Whether there could be a path that both cover.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.alternatives.iter().any(|our| {
            other.alternatives.iter().any(|their| {
                let (ours, theirs) = (&our.parts, &their.parts);
                let same = |our: usize, their: usize| match (&ours[our], &theirs[their]) {
                    (Part::Name(our), Part::Name(their)) => share_a_name(our, their),
                    _ => true,
                };
                meet(
                    ours.len(),
                    theirs.len(),
                    |our| ours[our].is_any(),
                    |their| theirs[their].is_any(),
                    same,
                    our.is_open,
                    their.is_open,
                )
            })
        })
    }
}

impl Part {
    const fn is_any(&self) -> bool {
        matches!(self, Self::AnyDepth)
    }
}

/// Whether a pattern ends in an extension behind something that is not spelled out.
fn ends_in_an_extension(parts: &[Part]) -> bool {
    let Some(Part::Name(tokens)) = parts.last() else {
        return false;
    };
    let plain = |token: &Token| match token {
        Token::One(set) => match set[..] {
            [(from, until)] if from == until => char::from_u32(from),
            _ => None,
        },
        Token::AnyText => None,
    };
    let Some(dot) = tokens.iter().rposition(|token| plain(token) == Some('.')) else {
        return false;
    };
    let (stem, extension) = (&tokens[..dot], &tokens[dot + 1..]);
    stem.iter().any(|token| plain(token).is_none())
        && !extension.is_empty()
        && extension
            .iter()
            .all(|token| plain(token).is_some_and(char::is_alphanumeric))
}

/// Whether two sequences can be the same, where some elements stand for any number of the other's elements.
///
/// `left_open` and `right_open` say that a sequence may go on with anything behind its end. The table holds,
/// from the ends backwards, whether what is left of both can be the same.
fn meet(
    left: usize,
    right: usize,
    is_any_left: impl Fn(usize) -> bool,
    is_any_right: impl Fn(usize) -> bool,
    same: impl Fn(usize, usize) -> bool,
    left_open: bool,
    right_open: bool,
) -> bool {
    let width = right + 1;
    let mut table = vec![false; (left + 1) * width];
    for at in (0..=left).rev() {
        for to in (0..=right).rev() {
            let rest = |at: usize, to: usize| table[at * width + to];
            table[at * width + to] = match (at == left, to == right) {
                (true, true) => true,
                (true, false) => left_open || (is_any_right(to) && rest(at, to + 1)),
                (false, true) => right_open || (is_any_left(at) && rest(at + 1, to)),
                (false, false) if is_any_left(at) || is_any_right(to) => {
                    (is_any_left(at) && (rest(at + 1, to) || rest(at, to + 1)))
                        || (is_any_right(to) && (rest(at, to + 1) || rest(at + 1, to)))
                }
                (false, false) => same(at, to) && rest(at + 1, to + 1),
            };
        }
    }
    table[0]
}

fn share_a_name(left: &[Token], right: &[Token]) -> bool {
    let is_any = |tokens: &[Token], at: usize| tokens[at] == Token::AnyText;
    let same = |at: usize, to: usize| match (&left[at], &right[to]) {
        (Token::One(left), Token::One(right)) => left
            .iter()
            .any(|one| right.iter().any(|other| one.0 <= other.1 && other.0 <= one.1)),
        _ => true,
    };
    meet(
        left.len(),
        right.len(),
        |at| is_any(left, at),
        |to| is_any(right, to),
        same,
        false,
        false,
    )
}

fn matches_name(tokens: &[Token], name: &str) -> bool {
    let name: Vec<u32> = name.chars().map(u32::from).collect();
    let same = |at: usize, to: usize| match &tokens[at] {
        Token::AnyText => true,
        Token::One(set) => set
            .iter()
            .any(|(from, until)| (*from..=*until).contains(&name[to])),
    };
    meet(
        tokens.len(),
        name.len(),
        |at| tokens[at] == Token::AnyText,
        |_| false,
        same,
        false,
        false,
    )
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty() && *name != ".")
}

const fn just(character: char) -> (u32, u32) {
    (character as u32, character as u32)
}

fn alternative(text: &str) -> Result<Alternative, Invalid> {
    let mut parts: Vec<Part> = Vec::new();
    for name in names(text) {
        let part = match name {
            ".." => return Err(Invalid::GoesUp),
            "**" => Part::AnyDepth,
            name => Part::Name(tokens(name)?),
        };
        if !(part.is_any() && parts.last().is_some_and(Part::is_any)) {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return Err(Invalid::Empty);
    }
    Ok(Alternative {
        is_open: text.ends_with('/') || !ends_in_an_extension(&parts),
        parts,
    })
}

fn tokens(name: &str) -> Result<Vec<Token>, Invalid> {
    let characters: Vec<char> = name.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        at += 1;
        match character {
            '*' if tokens.last() == Some(&Token::AnyText) => {}
            '*' => tokens.push(Token::AnyText),
            '?' => tokens.push(Token::One(without_slash(vec![(0, u32::from(char::MAX))]))),
            '\\' if at < characters.len() => {
                tokens.push(Token::One(vec![just(characters[at])]));
                at += 1;
            }
            '[' => match set(&characters[at..])? {
                Some((set, length)) => {
                    tokens.push(Token::One(set));
                    at += length;
                }
                None => tokens.push(Token::One(vec![just('[')])),
            },
            character => tokens.push(Token::One(vec![just(character)])),
        }
    }
    Ok(tokens)
}

type Set = Vec<(u32, u32)>;

/// Reads a set behind its opening bracket: what is in it and how many characters it took, the closing bracket
/// too; `None` when it is not closed.
fn set(text: &[char]) -> Result<Option<(Set, usize)>, Invalid> {
    let mut at = 0;
    let is_negated = matches!(text.first(), Some('!' | '^'));
    if is_negated {
        at += 1;
    }
    let first = at;
    let mut ranges: Set = Vec::new();
    loop {
        let Some(&from) = text.get(at) else {
            return Ok(None);
        };
        if from == ']' && at > first {
            break;
        }
        let Some((from, next)) = one(text, at) else {
            return Ok(None);
        };
        at = next;
        let until = match (text.get(at), text.get(at + 1)) {
            (Some('-'), Some(end)) if *end != ']' => {
                let Some((until, next)) = one(text, at + 1) else {
                    return Ok(None);
                };
                at = next;
                until
            }
            _ => from,
        };
        ranges.push((u32::from(from), u32::from(until)));
    }
    if ranges.iter().any(|(from, until)| from > until) {
        return Err(Invalid::EmptyRange);
    }
    let ranges = if is_negated { complement(ranges) } else { ranges };
    let ranges = without_slash(ranges);
    if ranges.is_empty() {
        return Err(Invalid::EmptyRange);
    }
    Ok(Some((ranges, at + 1)))
}

/// One character of a set, which a backslash may precede, and where the next one begins.
fn one(text: &[char], at: usize) -> Option<(char, usize)> {
    match text.get(at)? {
        '\\' => text.get(at + 1).map(|next| (*next, at + 2)),
        character => Some((*character, at + 1)),
    }
}

fn complement(mut ranges: Set) -> Set {
    ranges.sort_unstable();
    let mut rest = Vec::new();
    let mut next = 0;
    for (from, until) in ranges {
        if from > next {
            rest.push((next, from - 1));
        }
        next = next.max(until + 1);
    }
    if next <= u32::from(char::MAX) {
        rest.push((next, u32::from(char::MAX)));
    }
    rest
}

/// No name holds a slash, so a set that spans it must not meet another one there alone.
fn without_slash(ranges: Set) -> Set {
    const SLASH: u32 = '/' as u32;
    let mut rest = Vec::new();
    for (from, until) in ranges {
        if from <= SLASH && SLASH <= until {
            rest.extend(
                [(from, SLASH - 1), (SLASH + 1, until)]
                    .into_iter()
                    .filter(|(from, until)| from <= until),
            );
        } else {
            rest.push((from, until));
        }
    }
    rest
}

/// `path` as a pattern that matches it alone.
#[must_use]
pub fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for character in path.chars() {
        if is_special(character) || character == '\\' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Whether a character may make a text a pattern.
#[must_use]
pub const fn is_special(character: char) -> bool {
    matches!(character, '*' | '?' | '[' | '{')
}

#[cfg(test)]
#[path = "glob/tests.rs"]
mod tests;

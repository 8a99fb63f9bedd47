//! Conditions on results: one typed comparison, such as `review.quality_score > 0.8`.
//!
//! It is no language on purpose. Whoever needs `and` gives the task two conditions, whoever needs more computes
//! a result that says what they mean.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use super::value::Value;

/// Longest name of a result, in bytes.
pub const MAX_KEY: usize = 64;

/// The results of one task.
pub type Results = BTreeMap<String, Value>;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// How it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A comparison of one result with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The name of the result.
    pub key: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub value: Value,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// At which character, counted from 1.
    pub at: usize,
    /// What was expected there.
    pub why: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at character {}: {}", self.at, self.why)
    }
}

/// Whether `key` can name a result: a letter or `_`, then letters, digits, `_` and `-`; at most [`MAX_KEY`].
#[must_use]
pub fn is_valid_key(key: &str) -> bool {
    key.len() <= MAX_KEY
        && key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Condition {
    /// Reads what [`fmt::Display`] wrote: `KEY OPERATOR VALUE`.
    ///
    /// # Errors
    /// [`Invalid`] says where it is none.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (left, operator, value) = comparison(text)?;
        let key = left.text.trim().to_owned();
        if !is_valid_key(&key) {
            return Err(invalid(left.start, "expected the name of a result"));
        }
        Ok(Self { key, operator, value })
    }

    /// Reads `TASK.KEY OPERATOR VALUE`, and says which task.
    ///
    /// # Errors
    /// [`Invalid`] says where it is none.
    pub fn parse_when(text: &str) -> Result<(String, Self), Invalid> {
        let (left, operator, value) = comparison(text)?;
        let Some((task, key)) = left.text.rsplit_once('.') else {
            return Err(invalid(left.start, "expected TASK.RESULT, such as review.score"));
        };
        let key_at = left.start + task.chars().count() + 1;
        let task = unquoted(task.trim());
        let key = key.trim();
        if task.is_empty() {
            return Err(invalid(left.start, "expected a task before the dot"));
        }
        if !is_valid_key(key) {
            return Err(invalid(
                key_at,
                "expected the name of a result: letters, digits, _ and -, not starting with a digit",
            ));
        }
        let condition = Self {
            key: key.to_owned(),
            operator,
            value,
        };
        Ok((task.to_owned(), condition))
    }

    /// Whether these results of `task` satisfy it.
    ///
    /// # Errors
    /// Why they do not, in words.
    pub fn check(&self, task: &str, results: &Results) -> Result<(), String> {
        let Self { key, operator, value } = self;
        let operator_text = operator.as_str();
        let Some(found) = results.get(key) else {
            return Err(format!("{task} has no result '{key}'"));
        };
        match found.compare(value) {
            Some(order) if operator.accepts(order) => Ok(()),
            Some(_) => Err(format!(
                "{task}.{key} is {found}, which is not {operator_text} {value}"
            )),
            None => Err(format!(
                "{task}.{key} is {found}, a {}, and cannot be compared with the {} {value}",
                found.kind(),
                value.kind()
            )),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.key, self.operator.as_str(), self.value)
    }
}

/// The left side of a comparison, and where it starts.
struct Left {
    text: String,
    start: usize,
}

const fn invalid(at: usize, why: &'static str) -> Invalid {
    Invalid { at, why }
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

fn comparison(text: &str) -> Result<(Left, Operator, Value), Invalid> {
    let characters: Vec<char> = text.chars().collect();
    let at = operator_at(&characters)?;
    let pair: String = characters[at..].iter().take(2).collect();
    let (operator, length) = match pair.as_str() {
        "==" => (Operator::Equal, 2),
        "!=" => (Operator::NotEqual, 2),
        "<=" => (Operator::AtMost, 2),
        ">=" => (Operator::AtLeast, 2),
        other if other.starts_with('<') => (Operator::Less, 1),
        other if other.starts_with('>') => (Operator::Greater, 1),
        _ => return Err(invalid(at + 1, "expected one of == != < <= > >=")),
    };
    let blank = characters[..at]
        .iter()
        .take_while(|one| one.is_whitespace())
        .count();
    let left = Left {
        text: characters[blank..at].iter().collect(),
        start: blank + 1,
    };
    let value = value(&characters, at + length)?;
    let is_order = !matches!(operator, Operator::Equal | Operator::NotEqual);
    if is_order && matches!(value, Value::Bool(_)) {
        return Err(invalid(at + 1, "true and false are compared with == or !="));
    }
    Ok((left, operator, value))
}

/// Where the comparison begins: the first of its characters outside quotes.
fn operator_at(characters: &[char]) -> Result<usize, Invalid> {
    let mut quote: Option<(usize, char)> = None;
    for (at, &character) in characters.iter().enumerate() {
        match quote {
            Some((_, open)) if character == open => quote = None,
            None if "=!<>".contains(character) => return Ok(at),
            // Only at the beginning: `don't` is a title like any other.
            None if "\"'".contains(character) && characters[..at].iter().all(|one| one.is_whitespace()) => {
                quote = Some((at, character));
            }
            _ => {}
        }
    }
    Err(match quote {
        Some((at, _)) => invalid(at + 1, "this quote is not closed"),
        None => invalid(characters.len() + 1, "expected one of == != < <= > >="),
    })
}

fn value(characters: &[char], from: usize) -> Result<Value, Invalid> {
    let start = from
        + characters[from..]
            .iter()
            .take_while(|one| one.is_whitespace())
            .count();
    match characters.get(start) {
        None => Err(invalid(start + 1, "expected a number, a text, true or false")),
        Some(&quote @ ('"' | '\'')) => quoted(characters, start, quote),
        Some(_) => {
            let word: String = characters[start..].iter().collect();
            let word = word.trim_end();
            let strange = word
                .chars()
                .position(|one| one.is_whitespace() || "\"'=!<>".contains(one));
            match strange {
                Some(at) => Err(invalid(
                    start + at + 1,
                    "expected the end; a text of several words goes into quotes",
                )),
                None => Ok(Value::from_word(word)),
            }
        }
    }
}

fn quoted(characters: &[char], start: usize, quote: char) -> Result<Value, Invalid> {
    let mut text = String::new();
    let mut rest = characters.iter().enumerate().skip(start + 1);
    while let Some((at, &character)) = rest.next() {
        if character == quote {
            return match characters[at + 1..].iter().position(|one| !one.is_whitespace()) {
                Some(more) => Err(invalid(at + more + 2, "expected the end")),
                None => Ok(Value::Text(text)),
            };
        }
        let escaped = (character == '\\').then(|| rest.next()).flatten();
        text.push(escaped.map_or(character, |(_, &next)| next));
    }
    Err(invalid(start + 1, "this quote is not closed"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn when(text: &str) -> Result<String, String> {
        Condition::parse_when(text)
            .map(|(task, condition)| format!("{task} | {condition}"))
            .map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn a_condition_names_a_task_a_result_a_comparison_and_a_value() {
        for (typed, understood) in [
            ("review.quality_score > 0.8", "review | quality_score > 0.8"),
            ("review.lgtm==true", "review | lgtm == true"),
            (" task-1 . n<=-3 ", "task-1 | n <= -3"),
            (
                "v1.2 release.state != broken",
                "v1.2 release | state != \"broken\"",
            ),
            ("'a > b'.x >= 'it is \"so\"'", "a > b | x >= \"it is \\\"so\\\"\""),
            ("don't.x == \"1\"", "don't | x == \"1\""),
        ] {
            assert_eq!(when(typed).as_deref(), Ok(understood), "{typed}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_at_the_character_where_it_goes_wrong() {
        for (typed, at) in [
            ("", 1),
            ("review", 7),
            ("review.score", 13),
            ("score > 1", 1),
            (".score > 1", 1),
            ("review.1x > 1", 8),
            ("review.score = 1", 14),
            ("review.score =< 1", 14),
            ("review.score >", 15),
            ("review.score > 1 2", 17),
            ("review.score > 'x", 16),
            ("review.score > 'x' y", 20),
            ("review.lgtm < true", 13),
            ("'review.score > 1", 1),
            ("é.x ! 1", 5),
        ] {
            let invalid = Condition::parse_when(typed).expect_err(typed);
            assert_eq!(invalid.at, at, "{typed}: {invalid}");
        }
    }

    #[test]
    fn values_of_different_types_satisfy_nothing_and_the_reason_says_so() {
        let results = Results::from([
            ("score".to_owned(), Value::from_word("0.5")),
            ("lgtm".to_owned(), Value::from_word("true")),
        ]);
        let check = |text: &str| Condition::parse(text).unwrap().check("t", &results);
        assert_eq!(check("score < 0.8"), Ok(()));
        assert_eq!(
            check("score > 0.8"),
            Err("t.score is 0.5, which is not > 0.8".to_owned())
        );
        for text in ["score == \"0.5\"", "score != high"] {
            let why = check(text).unwrap_err();
            assert!(
                why.contains("a number, and cannot be compared with the text"),
                "{why}"
            );
        }
        assert_eq!(check("speed > 1"), Err("t has no result 'speed'".to_owned()));
        assert_eq!(check("lgtm == true"), Ok(()));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(key in "[a-z_][a-z0-9_-]{0,8}", text in "\\PC{0,12}", number in any::<i64>()) {
            for value in [Value::Text(text.clone()), Value::Number(number.to_string()), Value::Bool(number > 0)] {
                let condition = Condition { key: key.clone(), operator: Operator::NotEqual, value };
                prop_assert_eq!(Condition::parse(&condition.to_string()), Ok(condition));
            }
        }

        #[test]
        fn nothing_that_is_typed_makes_it_fail(text in "\\PC{0,24}") {
            let _either = Condition::parse_when(&text);
        }
    }
}

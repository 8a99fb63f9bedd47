//! Marks at the ends of a title: `@role`, `#label`, `!3`, `{#reference}` and `(after: Design)`.
//!
//! Only at the ends, because in the middle of a sentence `#include` and `@types` are words. A backslash keeps a
//! word at an end a word.

use super::check::is_reference;
use super::{Ask, Fault, Item, On, Place};
use crate::domain::task::{Condition, Kind, Value, label};

/// What begins a mark, and what a backslash keeps from beginning one.
pub const MARKS: [char; 6] = ['#', '@', '!', '(', '{', '\\'];

/// Takes the marks off a title.
pub(super) fn read(item: &mut Item, typed: &str) -> Result<(), Fault> {
    let place = item.place;
    let mut rest = typed.trim();
    loop {
        if let Some((before, key, value)) = group(rest) {
            field(item, key, value, place)?;
            rest = before;
            continue;
        }
        let start = rest
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + last_width(rest, at));
        // A title of nothing but marks is no title: the first word stays.
        if start == 0 || !take(item, &rest[start..])? {
            break;
        }
        rest = rest[..start].trim_end();
    }
    while let Some(end) = rest.find(char::is_whitespace) {
        if !take(item, &rest[..end])? {
            break;
        }
        rest = rest[end..].trim_start();
    }
    item.title = unescaped(rest);
    item.path.clone_from(&item.title);
    Ok(())
}

/// The width of the character at this byte.
fn last_width(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// Takes a word if it is a mark.
fn take(item: &mut Item, word: &str) -> Result<bool, Fault> {
    let begins = |rest: &str| rest.starts_with(|first: char| first.is_ascii_alphabetic());
    if let Some(reference) = word.strip_prefix("{#").and_then(|rest| rest.strip_suffix('}')) {
        set(&mut item.reference, reference, "reference", item.place)?;
    } else if let Some(name) = word
        .strip_prefix('#')
        .filter(|rest| begins(rest) && label(rest).is_some())
    {
        item.labels.push(name.to_owned());
    } else if let Some(role) = word
        .strip_prefix('@')
        .filter(|rest| begins(rest) && is_reference(rest))
    {
        set(&mut item.role, role, "role", item.place)?;
    } else if let Some(number) = word
        .strip_prefix('!')
        .filter(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '-'))
    {
        item.priority = priority(number, item.place)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn set(field: &mut Option<String>, value: &str, what: &str, place: Place) -> Result<(), Fault> {
    match field.replace(value.trim().to_owned()) {
        Some(known) if known != value.trim() => Err(Fault::new(
            place,
            format!("two {what}s for one task: '{known}' and '{}'", value.trim()),
        )),
        _ => Ok(()),
    }
}

fn priority(typed: &str, place: Place) -> Result<i64, Fault> {
    typed.parse().map_err(|_| {
        Fault::new(place, format!("'{typed}' is no priority"))
            .hint("a priority is a whole number, such as !3 or !-1; \\!word keeps the word in the title")
    })
}

/// What stands before a group in brackets at the end, its key, and its value.
fn group(text: &str) -> Option<(&str, &str, &str)> {
    let inner_end = text.strip_suffix(')')?.len();
    let mut depth = 0_usize;
    let open = text.char_indices().rev().find_map(|(at, character)| {
        match character {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let before = &text[..open];
    if !before.ends_with(char::is_whitespace) {
        return None;
    }
    let (key, value) = key_and_value(&text[open + 1..inner_end])?;
    Some((before.trim_end(), key, value))
}

/// A known key, and what stands behind its colon.
pub(super) fn key_and_value(text: &str) -> Option<(&'static str, &str)> {
    let (typed, value) = text.split_once(':')?;
    let typed = typed.trim().to_ascii_lowercase().replace(['-', '_'], " ");
    let key = match typed.as_str() {
        "after" | "depends on" => "after",
        "on failure" | "on failure of" => "on failure",
        "always" | "always after" => "always",
        "when" => "when",
        "files" | "scope" => "files",
        "file" => "file",
        "accept" | "acceptance" | "done when" => "accept",
        "check" | "accept command" => "check",
        "role" => "role",
        "labels" | "label" => "labels",
        "priority" => "priority",
        "attempts" | "max attempts" => "attempts",
        "ref" => "ref",
        "result" => "result",
        "reason" => "reason",
        _ => return None,
    };
    Some((key, value.trim()))
}

/// Sets a field of a task.
pub(super) fn field(item: &mut Item, key: &str, value: &str, place: Place) -> Result<(), Fault> {
    if value.is_empty() {
        return Err(Fault::new(place, format!("there is nothing behind '{key}:'")));
    }
    let mut ask = |kind: &Kind| {
        for name in names(value) {
            item.asks.push(Ask {
                on: On::Named(name),
                kind: kind.clone(),
                place,
            });
        }
    };
    match key {
        "after" => ask(&Kind::After),
        "on failure" => ask(&Kind::OnFailure),
        "always" => ask(&Kind::Always),
        "when" => {
            let (on, condition) = Condition::parse_when(value).map_err(|why| {
                Fault::new(place, format!("when: {why}")).hint("for example (when: review.score > 0.8)")
            })?;
            item.asks.push(Ask {
                on: On::Named(on),
                kind: Kind::When(condition),
                place,
            });
        }
        "files" => item.files.extend(names(value)),
        "file" => item.files.push(value.to_owned()),
        "accept" => set(&mut item.acceptance, value, "acceptance", place)?,
        "check" => set(&mut item.acceptance_command, value, "check", place)?,
        "role" => set(&mut item.role, value, "role", place)?,
        "ref" => set(
            &mut item.reference,
            value.trim_start_matches('#'),
            "reference",
            place,
        )?,
        "reason" => set(&mut item.reason, value, "reason", place)?,
        "labels" => {
            let names = names(value).into_iter();
            item.labels
                .extend(names.map(|name| name.trim_start_matches('#').to_owned()));
        }
        "priority" => item.priority = priority(value, place)?,
        "attempts" => {
            let count = value.parse();
            item.max_attempts =
                Some(count.map_err(|_| Fault::new(place, format!("'{value}' is no number of attempts")))?);
        }
        _ => {
            let (key, value) = value.split_once('=').ok_or_else(|| {
                Fault::new(place, format!("'{value}' is no result: it is written KEY=VALUE"))
            })?;
            item.results
                .insert(key.trim().to_owned(), Value::from_typed(value.trim()));
        }
    }
    Ok(())
}

/// Several names, parted by commas or semicolons; quotes and backticks around one keep it whole.
fn names(value: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quote: Option<char> = None;
    for character in value.chars() {
        let is_at_start = names.last().is_some_and(|name| name.trim().is_empty());
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('"' | '\'' | '`', None) if is_at_start => quote = Some(character),
            (',' | ';', None) => names.push(String::new()),
            _ => names.last_mut().into_iter().for_each(|name| name.push(character)),
        }
    }
    let names = names.into_iter().map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// The text without the backslashes that kept words at its ends words.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_start = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let hides =
            is_start && character == '\\' && characters.peek().is_some_and(|next| MARKS.contains(next));
        is_start = character.is_whitespace();
        if hides {
            plain.extend(characters.next());
        } else {
            plain.push(character);
        }
    }
    plain
}

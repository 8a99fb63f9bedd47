//! Telling a subagent's calls of agent-sync whose they are.

use super::LONGEST;
use super::grammar::parse;
use super::tree::{Part, Script, Simple, Word, each_in_parts, each_simple};
use super::words::{Field, single};
use super::wrappers::{Wrapped, script_of_shell, unwrap};

/// How deep `bash -c 'bash -c …'` is followed.
const DEEPEST: usize = 3;

/// `command` with `--as ID` added to each of its calls of agent-sync, so that a subagent's shell, which does
/// not know whose it is, acts as the subagent. `None` when there is nothing to add.
///
/// Only a word in the place of a command counts, also in a plain `bash -c '…'`; other text inside quotes
/// stays as it is. A call that says `--as` itself keeps what it says.
#[must_use]
pub fn with_identity(command: &str, id: &str) -> Option<String> {
    if command.len() > LONGEST || !command.contains("agent-sync") {
        return None;
    }
    let mut places = Vec::new();
    find_calls(command, 0, 0, &mut places);
    places.sort_unstable();
    places.dedup();
    let mut rewritten = String::with_capacity(command.len() + places.len() * (id.len() + 6));
    let mut copied = 0;
    for place in places {
        rewritten.push_str(&command[copied..place]);
        rewritten.push_str(" --as ");
        rewritten.push_str(id);
        copied = place;
    }
    (copied > 0).then(|| rewritten + &command[copied..])
}

/// Adds the ends of the words in `text` that call agent-sync; `text` starts at byte `start` of the whole.
fn find_calls(text: &str, start: usize, depth: usize, places: &mut Vec<usize>) {
    let Script { list, bodies, .. } = parse(text);
    let mut visit = |simple: &Simple| {
        let fields: Vec<Field> = simple.words.iter().map(single).collect();
        let Some(index) = command_index(&fields) else {
            return;
        };
        let name = fields[index].text.rsplit('/').next().unwrap_or_default();
        let own = &fields[index + 1..];
        if name == "agent-sync" {
            let has_identity = own
                .iter()
                .any(|argument| argument.text == "--as" || argument.text.starts_with("--as="));
            if !has_identity && own.first().is_none_or(|first| first.text != "hook") {
                places.push(start + simple.words[index].end);
            }
        } else if let Some(inner) = script_of_shell(name, own).filter(|_| depth < DEEPEST)
            && let Some((from, inner)) = verbatim(text, &simple.words[index + 1 + inner])
        {
            find_calls(inner, start + from, depth + 1, places);
        }
    };
    each_simple(&list, &mut visit);
    for body in &bodies {
        each_in_parts(body, &mut visit);
    }
}

/// Which of `fields` is the command in the end.
fn command_index(fields: &[Field]) -> Option<usize> {
    let mut index = 0;
    loop {
        let name = fields.get(index)?.text.rsplit('/').next()?;
        match unwrap(name, &fields[index + 1..]) {
            Wrapped::Command { index: next, .. } => index += 1 + next,
            Wrapped::Not => return Some(index),
            Wrapped::Unknown | Wrapped::Nothing => return None,
        }
    }
}

/// The content of a quoted word that stands in `text` as it is meant, and where.
fn verbatim<'a>(text: &'a str, word: &Word) -> Option<(usize, &'a str)> {
    let [Part::Quoted(meant)] = word.parts.as_slice() else {
        return None;
    };
    let inner = text.get(word.start + 1..word.end - 1)?;
    (inner == meant).then_some((word.start + 1, inner))
}

//! What a line typed at the prompt means: something the console itself does, or commands of this program.
//!
//! The console has no way of its own to change anything: what is typed becomes the arguments of ordinary
//! commands. It also understands what the console of 0.4.0 did, where a text needs no quotes.

use super::pane::Pane;
use super::snapshot::Snapshot;
use super::words::{first, quote, split};
use crate::domain::agent::OPERATOR;

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    Nothing,
    Quit,
    Help,
    /// Go to this list.
    Show(Pane),
    /// Run these.
    Run(Plan),
    /// It means nothing; why, and what would.
    Trouble(String),
}

/// Commands that are run one after the other, until one fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) commands: Vec<Vec<String>>,
    /// Whom it takes something from, where that is not a lock.
    pub(super) loser: Option<String>,
}

impl Plan {
    fn of(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            commands: vec![words.into_iter().map(Into::into).collect()],
            loser: None,
        }
    }

    /// The commands as somebody would type them.
    pub(super) fn shown(&self) -> String {
        let line = |words: &Vec<String>| {
            let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
            words.join(" ")
        };
        let lines: Vec<String> = self.commands.iter().map(line).collect();
        lines.join(" && ")
    }
}

/// Words that follow `lock` and `decision` in commands of today.
const LOCK_VERBS: [&str; 7] = ["acquire", "release", "unlock", "renew", "list", "check", "help"];
const DECISION_VERBS: [&str; 6] = ["add", "list", "show", "search", "supersede", "help"];

/// Commands whose text, behind `--`, needs no quotes.
const WITH_TEXT: [[&str; 2]; 6] = [
    ["message", "send"],
    ["decision", "add"],
    ["decision", "supersede"],
    ["task", "create"],
    ["task", "comment"],
    ["activity", "add"],
];

/// What `line` means.
pub(super) fn parse(line: &str, seen: &Snapshot) -> Typed {
    let (word, rest) = match first(line) {
        ("agent-sync", rest) => first(rest),
        typed => typed,
    };
    let lower = word.to_lowercase();
    let word = if word.starts_with('-') {
        word
    } else {
        lower.as_str()
    };
    let is_bare = rest.is_empty();
    let is_option = rest.starts_with('-');
    match word {
        "" => Typed::Nothing,
        "quit" | "exit" | "q" if is_bare => Typed::Quit,
        "help" | "?" if is_bare => Typed::Help,
        "agents" if is_bare => Typed::Show(Pane::Agents),
        "tasks" | "task" if is_bare => Typed::Show(Pane::Tasks),
        "locks" if is_bare => Typed::Show(Pane::Locks),
        "msgs" | "messages" if is_bare => Typed::Show(Pane::Messages),
        "decisions" if is_bare => Typed::Show(Pane::Decisions),
        "activity" if is_bare => Typed::Show(Pane::Activity),
        "send" | "msg" if !is_option => send(word, rest),
        "directive" => directive(rest, seen),
        "lock" if !is_option => lock(line, word, rest),
        "unlock" if !is_bare && !has_option(rest) => unlock(rest),
        "task" => task(word, rest, seen),
        "decision" if !is_bare && !is_option && !DECISION_VERBS.contains(&first(rest).0) => {
            Typed::Run(Plan::of(["decision", "add", "--", &unquoted(rest)]))
        }
        _ => plain(word, rest),
    }
}

/// A command of today, in the words it is typed in.
fn plain(word: &str, rest: &str) -> Typed {
    let (head, tail) = text_of(word, rest);
    match split(head) {
        Ok(words) => {
            let words = std::iter::once(word.to_owned()).chain(words);
            Typed::Run(Plan::of(words.chain(tail)))
        }
        Err(quote) => Typed::Trouble(format!("a {quote} is not closed")),
    }
}

/// What follows a command's name, without the text at its end that is one word although nobody quoted it, and that.
fn text_of<'a>(word: &str, rest: &'a str) -> (&'a str, Option<String>) {
    if let Some((head, text)) = rest.split_once("-- ").filter(|(head, _)| head.ends_with(' '))
        && WITH_TEXT
            .iter()
            .any(|[noun, verb]| *noun == word && *verb == first(head).0)
    {
        // The two dashes stay with the words: the text may begin with one.
        return (&rest[..head.len() + 2], Some(unquoted(text)));
    }
    for option in ["--reason ", "--note "] {
        if let Some((at, _)) = rest.match_indices(option).last() {
            let (head, text) = rest.split_at(at + option.len());
            let is_quoted = text.trim_start().starts_with(['\'', '"']);
            if !is_quoted && !text.contains(" -") && !text.trim().is_empty() {
                return (head, Some(text.trim().to_owned()));
            }
        }
    }
    (rest, None)
}

/// A text as it was typed; where all of it is one quoted word, that.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    if text.starts_with(['\'', '"'])
        && let Ok(words) = split(text)
        && let [word] = words.as_slice()
    {
        return word.clone();
    }
    text.to_owned()
}

/// Whether any of the words is an option.
fn has_option(text: &str) -> bool {
    text.split_whitespace().any(|word| word.starts_with('-'))
}

/// The first word, which may be quoted, and the text behind it.
fn first_quoted(text: &str) -> (String, String) {
    if text.starts_with(['\'', '"'])
        && let Some(end) = text[1..].find(&text[..1]).map(|at| at + 2)
        && let Ok(words) = split(&text[..end])
        && let [word] = words.as_slice()
    {
        return (word.clone(), unquoted(&text[end..]));
    }
    let (word, rest) = first(text);
    (word.to_owned(), unquoted(rest))
}

fn send(word: &str, rest: &str) -> Typed {
    let (to, text) = first_quoted(rest);
    if text.is_empty() {
        return Typed::Trouble(format!("{word} needs a name and a text: {word} NAME TEXT"));
    }
    Typed::Run(Plan::of(["message", "send", "--to", &to, "--", &text]))
}

fn directive(rest: &str, seen: &Snapshot) -> Typed {
    let (to, text) = first_quoted(rest);
    if text.is_empty() {
        return Typed::Trouble("directive needs a name or all, and a text: directive all TEXT".to_owned());
    }
    let mut words = vec!["message".to_owned(), "send".to_owned()];
    if to.eq_ignore_ascii_case("all") {
        // One by one they are addressed in particular, which `all` is not.
        for agent in seen.agents.iter().filter(|agent| agent.presence.is_living()) {
            words.extend(["--to".to_owned(), agent.id.clone()]);
        }
        if words.len() == 2 {
            return Typed::Trouble("no active agents to direct".to_owned());
        }
    } else {
        words.extend(["--to".to_owned(), to]);
    }
    words.extend(["--".to_owned(), text]);
    Typed::Run(Plan::of(words))
}

fn lock(line: &str, word: &str, rest: &str) -> Typed {
    let (path, reason) = first_quoted(rest);
    if rest.is_empty() || LOCK_VERBS.contains(&path.as_str()) || has_option(line) {
        return plain(word, rest);
    }
    if reason.is_empty() {
        return Typed::Run(Plan::of(["lock", "acquire", "--", &path]));
    }
    Typed::Run(Plan::of(["lock", "acquire", "--reason", &reason, "--", &path]))
}

fn unlock(rest: &str) -> Typed {
    Typed::Run(Plan::of(["lock", "release", "--force", "--", &unquoted(rest)]))
}

fn task(word: &str, rest: &str, seen: &Snapshot) -> Typed {
    let (verb, rest_of_it) = first(rest);
    match verb.to_lowercase().as_str() {
        "new" if rest_of_it.is_empty() => Typed::Trouble("task new needs a title: task new TITLE".to_owned()),
        "new" => Typed::Run(Plan::of(["task", "create", "--", &unquoted(rest_of_it)])),
        "done" if !rest_of_it.is_empty() && !has_option(rest_of_it) => {
            Typed::Run(Plan::of(["task", "done", "--", &unquoted(rest_of_it)]))
        }
        "block" if !has_option(rest_of_it) => match rest_of_it.split_once("::") {
            Some((task, reason)) if !task.trim().is_empty() && !reason.trim().is_empty() => {
                let (task, reason) = (unquoted(task), unquoted(reason));
                Typed::Run(Plan::of(["task", "block", "--reason", &reason, "--", &task]))
            }
            _ => Typed::Trouble("task block needs a task and why: task block TASK :: REASON".to_owned()),
        },
        "assign" => assign(rest_of_it, seen),
        _ => plain(word, rest),
    }
}

/// A task is given to an agent by taking it, from whoever has it, and offering it: the agent is told and agrees.
fn assign(rest: &str, seen: &Snapshot) -> Typed {
    let (wanted, rest) = first_quoted(rest);
    let (to, note) = first_quoted(rest.trim_start_matches("--to "));
    if wanted.is_empty() || to.is_empty() {
        return Typed::Trouble(
            "task assign needs a task and a name: task assign TASK NAME [NOTE]".to_owned(),
        );
    }
    let matching = |task: &&crate::domain::task::Task| {
        task.id == wanted || task.title == wanted || (wanted.len() > 5 && task.id.starts_with(&wanted))
    };
    let found: Vec<_> = seen.tasks.iter().filter(matching).collect();
    let [task] = found.as_slice() else {
        return Typed::Trouble(format!("no one open task is meant by '{wanted}': give its id"));
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut commands = Vec::new();
    let owner = task.owner.as_deref().filter(|_| !task.is_waiting());
    if owner.is_some_and(|owner| owner != OPERATOR) {
        commands.push(words(&["task", "release", &task.id]));
    }
    if owner != Some(OPERATOR) {
        commands.push(words(&["task", "claim", &task.id]));
    }
    let mut handoff = words(&["task", "handoff", &task.id, "--to", &to]);
    if !note.is_empty() {
        handoff.extend(words(&["--note", &note]));
    }
    commands.push(handoff);
    let loser = owner
        .filter(|owner| *owner != OPERATOR)
        .map(|owner| task.owner_name.clone().unwrap_or_else(|| owner.to_owned()));
    Typed::Run(Plan { commands, loser })
}

#[cfg(test)]
mod tests;

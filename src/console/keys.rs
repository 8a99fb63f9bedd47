//! The keys: what each does, in one table that drives the help, the line at the foot and the documents.

use super::input::Key;
use super::pane::Pane;

/// A key that prepares a command at the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Send,
    Direct,
    Reply,
    Acknowledge,
    NewTask,
    Done,
    Block,
    Unblock,
    Assign,
    HandOff,
    Cancel,
    Lock,
    Release,
    Force,
    Decide,
    Find,
}

/// A key and what it prepares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    pub(super) key: char,
    /// The list it is for; every one where there is none.
    pub(super) pane: Option<Pane>,
    pub(super) action: Action,
    /// In the line at the foot.
    pub(super) short: &'static str,
    /// In the help.
    pub(super) what: &'static str,
}

const fn binding(
    key: char,
    pane: Option<Pane>,
    action: Action,
    short: &'static str,
    what: &'static str,
) -> Binding {
    Binding {
        key,
        pane,
        action,
        short,
        what,
    }
}

/// Every key that prepares a command. The first one that fits is meant.
pub(super) const BINDINGS: [Binding; 16] = [
    binding(
        'r',
        Some(Pane::Messages),
        Action::Reply,
        "reply",
        "answer the chosen message",
    ),
    binding(
        'a',
        Some(Pane::Messages),
        Action::Acknowledge,
        "acknowledge",
        "tell its sender that you have taken note",
    ),
    binding(
        'x',
        Some(Pane::Tasks),
        Action::Done,
        "done",
        "report the chosen task done",
    ),
    binding(
        'b',
        Some(Pane::Tasks),
        Action::Block,
        "block",
        "say that it cannot go on, and why",
    ),
    binding(
        'u',
        Some(Pane::Tasks),
        Action::Unblock,
        "unblock",
        "say that it can go on",
    ),
    binding(
        'A',
        Some(Pane::Tasks),
        Action::Assign,
        "assign",
        "give it to an agent, whoever has it now",
    ),
    binding(
        'H',
        Some(Pane::Tasks),
        Action::HandOff,
        "hand off",
        "offer a task of yours to an agent",
    ),
    binding(
        'c',
        Some(Pane::Tasks),
        Action::Cancel,
        "cancel",
        "decide that nobody shall do it",
    ),
    binding(
        'u',
        Some(Pane::Locks),
        Action::Release,
        "unlock",
        "give the chosen lock of yours back",
    ),
    binding(
        'U',
        Some(Pane::Locks),
        Action::Force,
        "unlock by force",
        "end somebody else's lock; you are asked first",
    ),
    binding(
        's',
        None,
        Action::Send,
        "send",
        "write to the agent that is chosen, or has what is chosen",
    ),
    binding(
        'D',
        None,
        Action::Direct,
        "direct all",
        "write to every agent that is here, each in particular",
    ),
    binding('n', None, Action::NewTask, "new task", "put a task on the board"),
    binding(
        'l',
        None,
        Action::Lock,
        "lock",
        "lock a file, a directory or a pattern",
    ),
    binding('d', None, Action::Decide, "decide", "record a decision"),
    binding(
        'f',
        None,
        Action::Find,
        "find",
        "search all messages, decisions and tasks",
    ),
];

/// The keys that move about, and what they do.
pub(super) const MOVES: [(&str, &str); 18] = [
    ("1 … 6", "go to a list"),
    ("Tab, →", "the next list"),
    ("Shift-Tab, ←", "the list before"),
    ("↓, j", "the next row"),
    ("↑, k", "the row before"),
    ("PgDn, Ctrl-F", "a screen further down"),
    ("PgUp, Ctrl-B", "a screen further up"),
    ("Home, g", "the first row"),
    ("End, G", "the last row"),
    ("J, K", "scroll the details"),
    ("Enter", "show all about it; a message counts as read then"),
    ("/", "show only the rows that hold these words; Esc shows all"),
    (":", "type a command"),
    ("o", "show what the last command said"),
    ("Ctrl-L", "draw everything anew"),
    ("Ctrl-Z", "back to the shell for now"),
    ("?", "show this help"),
    ("q, Ctrl-C", "quit"),
];

/// What the prompt takes, and what it does.
pub(super) const COMMANDS: [(&str, &str); 16] = [
    ("any command", "run as operator: task list, lock check FILE, …"),
    ("send NAME TEXT", "write to somebody (msg is the same)"),
    (
        "directive NAME TEXT",
        "the same; NAME may be all: each agent in particular",
    ),
    ("lock PATH [REASON]", "lock a file, a directory or a pattern"),
    ("unlock PATH", "end a lock, whoever has it; you are asked first"),
    ("task new TITLE", "put a task on the board"),
    ("task done TASK", "report a task done"),
    ("task block TASK :: WHY", "say that it cannot go on"),
    ("task assign TASK NAME", "take a task and offer it to an agent"),
    ("decision TEXT", "record a decision"),
    ("status", "the whole picture"),
    ("agents, tasks, locks", "go to that list"),
    ("msgs, messages", "go to the messages"),
    ("decisions, activity", "go to that list"),
    ("help, ?", "show this help"),
    ("quit, exit, q", "quit"),
];

/// What a key prepares in a list.
pub(super) fn action(key: &Key, pane: Pane) -> Option<Action> {
    let Key::Char(letter) = key else { return None };
    let fits = |binding: &&Binding| binding.key == *letter && binding.pane.is_none_or(|only| only == pane);
    BINDINGS.iter().find(fits).map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_list() {
        for pane in Pane::ALL {
            let here: Vec<char> = BINDINGS
                .iter()
                .filter(|binding| binding.pane.is_none_or(|only| only == pane))
                .map(|binding| binding.key)
                .collect();
            let mut distinct = here.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), here.len(), "{pane:?}: {here:?}");
            for letter in here {
                assert!(!"123456jkgGJK/:o?q".contains(letter), "{letter} moves about");
            }
        }
    }
}

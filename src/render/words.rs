//! Counts in words, said alike everywhere.

use crate::domain::overview::Contents;

/// What a store holds: `2 agents, 1 task, 0 locks, 3 messages, 0 decisions`.
#[must_use]
pub fn contents(contents: &Contents) -> String {
    [
        (contents.agents, "agent"),
        (contents.tasks, "task"),
        (contents.locks, "lock"),
        (contents.messages, "message"),
        (contents.decisions, "decision"),
    ]
    .map(|(count, word)| counted(count, word))
    .join(", ")
}

/// `1 hook`, `2 hooks`.
#[must_use]
pub fn counted(count: impl Into<u64>, word: &str) -> String {
    match count.into() {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    }
}

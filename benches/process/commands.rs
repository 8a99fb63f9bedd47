//! Every common command.

use super::case::{Call, Case};
use super::facts::{MAIL, OWN_LOCK, OWN_TASK};

const fn run(name: &'static str, words: &'static [&'static str]) -> Case {
    Case::new(name, Call::Command(words))
}

/// The commands that agents and people type.
pub(crate) static COMMAND_CASES: &[Case] = &[
    run("--version", &["--version"]).says("agent-sync"),
    run("whoami", &["whoami"]).says("agent-"),
    run("status", &["status"]).says("peer-1"),
    run("status --compact", &["status", "--compact"]).says("peer-1"),
    run("status --json", &["status", "--json"]).says("peer-1"),
    run("agent list", &["agent", "list"]).says("peer-1"),
    run("agent heartbeat", &["agent", "heartbeat"]),
    run("task list", &["task", "list"]).says("task-"),
    run("task list --ready", &["task", "list", "--ready"]).says("task-"),
    run("task list --json", &["task", "list", "--json"]).says("task-"),
    run("task show", &["task", "show", "task-00000001"]).says("Part 1"),
    run("task create", &["task", "create", "Another part"]).says("task-"),
    run("task next --lock", &["task", "next", "--lock"]).says("task-"),
    run("task done", &["task", "done", "task-bench"])
        .given(OWN_TASK)
        .says("task-"),
    run("lock list", &["lock", "list"]).says("src/held0.rs"),
    run("lock check, free", &["lock", "check", "src/free.rs"]),
    run("lock check, held", &["lock", "check", "src/held0.rs"])
        .exits(3)
        .says("peer-1"),
    run("lock acquire", &["lock", "acquire", "src/free.rs"]).says("src/free.rs"),
    run("lock acquire, held", &["lock", "acquire", "src/held0.rs"])
        .exits(3)
        .says("peer-1"),
    run("lock release", &["lock", "release", "src/mine.rs"])
        .given(OWN_LOCK)
        .says("src/mine.rs"),
    run("message inbox, nothing new", &["message", "inbox"]),
    run("message inbox, five messages", &["message", "inbox"])
        .given(MAIL)
        .says("of five that wait"),
    run("message list", &["message", "list"]),
    run(
        "message send",
        &["message", "send", "--to", "peer-1", "--message", "Look at part 3"],
    )
    .says("msg-"),
    run("decision add", &["decision", "add", "Dates are UTC"]).says("dec-"),
    run("decision list", &["decision", "list"]),
    run("search", &["search", "interface part"]),
    run("activity list", &["activity", "list"]).says("edit"),
    run("activity add", &["activity", "add", "Looked around"]),
    run("policy show", &["policy", "show"]).says("No rules"),
    run("append", &["append", "src/log.txt", "--content", "one line"]),
    run("config list", &["config", "list"]).says("lock.ttl"),
    run("gc", &["gc"]),
];

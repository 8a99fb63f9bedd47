//! Every hook in every outcome.

use super::case::{Call, Case};
use super::facts::{IDLE, MAIL, MINUTE_AGO, OVERTAKEN, OWN_TASK, POLICY, TOUCHED};

const COMMAND: &str = "/tool_input/command";
const FILE: &str = "/tool_input/file_path";

const EDIT_FREE: Call = Call::Hook("pre-tool-use", "PreToolUse-Edit", &[(FILE, "{root}/src/free.rs")]);
const EDIT_SHARED: Call = Call::Hook(
    "pre-tool-use",
    "PreToolUse-Edit",
    &[(FILE, "{root}/src/shared.rs")],
);
const PROMPT: Call = Call::Hook("user-prompt-submit", "UserPromptSubmit", &[]);
const BATCH: Call = Call::Hook("post-tool-batch", "PostToolBatch", &[]);
const STOP: Call = Call::Hook("stop", "Stop", &[]);
const SUBAGENT_START: Call = Call::Hook(
    "subagent-start",
    "SubagentStart-subagent",
    &[("/agent_id", "{subagent}")],
);
const SUBAGENT_STOP: Call = Call::Hook(
    "subagent-stop",
    "SubagentStop-subagent",
    &[("/agent_id", "{subagent}")],
);

const fn bash(command: &'static [(&'static str, &'static str)]) -> Call {
    Call::Hook("pre-tool-use", "PreToolUse-Bash", command)
}

const fn ran(command: &'static [(&'static str, &'static str)]) -> Call {
    Call::Hook("post-tool-use", "PostToolUse-Bash", command)
}

/// Every hook in every outcome.
pub(crate) static HOOK_CASES: &[Case] = &[
    Case::new(
        "pre-tool-use: a tool of somebody else",
        Call::Hook(
            "pre-tool-use",
            "PreToolUse-Read",
            &[("/tool_name", "mcp__db__query")],
        ),
    ),
    Case::new(
        "pre-tool-use: a command that only looks",
        bash(&[(COMMAND, "ls -la src")]),
    ),
    Case::new(
        "pre-tool-use: a command that only looks, under a policy",
        bash(&[(COMMAND, "ls -la src")]),
    )
    .given(POLICY),
    Case::new("pre-tool-use: an edit that a policy counts", EDIT_FREE).given(POLICY),
    Case::new(
        "pre-tool-use: a command that only looks, first in half a minute",
        bash(&[(COMMAND, "ls -la src")]),
    )
    .given(MINUTE_AGO),
    Case::new(
        "pre-tool-use: a command that writes a free file",
        bash(&[(COMMAND, "echo x >> src/free.rs")]),
    ),
    Case::new(
        "pre-tool-use: a command that nobody can read",
        bash(&[(COMMAND, "./build.sh")]),
    ),
    Case::new(
        "pre-tool-use: a command that is refused",
        bash(&[(COMMAND, "echo x > src/held0.rs")]),
    )
    .exits(2)
    .says("holds a lock"),
    Case::new("pre-tool-use: git commit", bash(&[(COMMAND, "git commit -m x")])),
    Case::new(
        "pre-tool-use: git checkout of everything",
        bash(&[(COMMAND, "git checkout .")]),
    ),
    Case::new("pre-tool-use: the first edit of a free file", EDIT_FREE),
    Case::new("pre-tool-use: the next edit of it", EDIT_FREE).after(&[EDIT_FREE]),
    Case::new(
        "pre-tool-use: an edit that is refused",
        Call::Hook(
            "pre-tool-use",
            "PreToolUse-Edit",
            &[(FILE, "{root}/src/held0.rs")],
        ),
    )
    .exits(2)
    .says("holds a lock"),
    Case::new(
        "pre-tool-use: an edit of what somebody else has changed",
        EDIT_SHARED,
    )
    .given(TOUCHED)
    .says("was not stopped"),
    Case::new("pre-tool-use: the same once it was told", EDIT_SHARED)
        .given(TOUCHED)
        .after(&[EDIT_SHARED]),
    Case::new(
        "post-tool-use: an edit",
        Call::Hook(
            "post-tool-use",
            "PostToolUse-Edit",
            &[(FILE, "{root}/src/free.rs")],
        ),
    ),
    Case::new(
        "post-tool-use: a command that only looks",
        ran(&[(COMMAND, "ls -la src")]),
    ),
    Case::new(
        "post-tool-use: a command that wrote nothing of anybody",
        ran(&[(COMMAND, "./build.sh")]),
    ),
    Case::new(
        "post-tool-use-failure: a command",
        Call::Hook("post-tool-use-failure", "PostToolUseFailure-Bash", &[]),
    ),
    Case::new("user-prompt-submit: nothing new", PROMPT),
    Case::new("user-prompt-submit: five messages", PROMPT)
        .given(MAIL)
        .says("of five that wait"),
    Case::new("user-prompt-submit: others' edits", PROMPT)
        .given(OVERTAKEN)
        .says("others changed files"),
    Case::new("post-tool-batch: nothing new", BATCH),
    Case::new("post-tool-batch: five messages", BATCH)
        .given(MAIL)
        .says("of five that wait"),
    Case::new("stop: nothing new", STOP),
    Case::new("stop: five messages", STOP)
        .given(MAIL)
        .says("of five that wait"),
    Case::new("stop: a task is in progress", STOP)
        .given(OWN_TASK)
        .says("src/mine.rs"),
    Case::new("stop: again", Call::Hook("stop", "Stop-again", &[])),
    Case::new(
        "session-start: a new session",
        Call::Hook(
            "session-start",
            "SessionStart-startup",
            &[("/session_id", "{newcomer}")],
        ),
    )
    .says("additionalContext"),
    Case::new(
        "session-start: resumed",
        Call::Hook("session-start", "SessionStart-resume", &[]),
    )
    .says("additionalContext"),
    Case::new(
        "session-start: five messages",
        Call::Hook("session-start", "SessionStart-resume", &[]),
    )
    .given(MAIL)
    .says("additionalContext"),
    Case::new("subagent-start: a new subagent", SUBAGENT_START).says("additionalContext"),
    Case::new("subagent-stop: its subagent", SUBAGENT_STOP).after(&[SUBAGENT_START]),
    Case::new("subagent-stop: one that is unknown", SUBAGENT_STOP),
    Case::new(
        "session-end: the person leaves",
        Call::Hook("session-end", "SessionEnd-promptinputexit", &[]),
    ),
    Case::new(
        "session-end: /clear",
        Call::Hook("session-end", "SessionEnd-clear", &[]),
    ),
    Case::new(
        "file-changed: somebody else's file",
        Call::Hook("file-changed", "FileChanged", &[]),
    ),
    Case::new(
        "file-changed: nothing waits any more",
        Call::Hook("file-changed", "FileChanged", &[("/file_path", "{flag}")]),
    )
    .given(IDLE),
];

//! The one table of hooks. It drives dispatch, `hooks/hooks.json`, the installer, `doctor` and the docs.

/// One hook event that agent-sync answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// The client's name of the event, as in the settings file and in `hook_event_name`.
    pub event: &'static str,
    /// The word after `agent-sync hook`.
    pub name: &'static str,
    /// Which tools it is for; every one when `None`. The client takes letters, digits, `_`, `|` and `,` for a
    /// list of names, and anything else for a regular expression that may match anywhere in a name.
    pub matcher: Option<&'static str>,
    /// After how many seconds the client gives up on it.
    pub timeout: u32,
    /// Whether it runs in the background, and wakes an idle session by ending with 2.
    pub wakes: bool,
    /// What it does, in one line.
    pub purpose: &'static str,
}

impl Hook {
    /// The command line the client runs. It is short because a refusal may quote it to the model.
    #[must_use]
    pub fn command(&self) -> String {
        format!("agent-sync hook {}", self.name)
    }
}

/// The tools that can change files: the client's own and those of MCP servers.
const WRITING_TOOLS: &str = "^(Edit|Write|MultiEdit|NotebookEdit|Bash|mcp__.+)$";

/// Every hook, in the order of a session's life.
pub const HOOKS: [Hook; 11] = [
    Hook {
        event: "SessionStart",
        name: "session-start",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "registers the session and tells it who is here, what is locked, its task and open decisions",
    },
    Hook {
        event: "UserPromptSubmit",
        name: "user-prompt-submit",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "pushes messages and others' edits that came since the last turn",
    },
    Hook {
        event: "PreToolUse",
        name: "pre-tool-use",
        matcher: Some(WRITING_TOOLS),
        timeout: 10,
        wakes: false,
        purpose: "stops edits and commands that change what somebody else has locked, tells of others' edits",
    },
    Hook {
        event: "PostToolUse",
        name: "post-tool-use",
        matcher: Some(WRITING_TOOLS),
        timeout: 10,
        wakes: false,
        purpose: "records the edit, and what a shell command did to others' files",
    },
    Hook {
        event: "PostToolUseFailure",
        name: "post-tool-use-failure",
        matcher: Some("Bash"),
        timeout: 10,
        wakes: false,
        purpose: "records what a shell command that failed did to others' files",
    },
    Hook {
        event: "PostToolBatch",
        name: "post-tool-batch",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "pushes messages and others' edits in the middle of a turn",
    },
    Hook {
        event: "Stop",
        name: "stop",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "pushes messages addressed to this agent before its turn ends, once each",
    },
    Hook {
        event: "SubagentStart",
        name: "subagent-start",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "registers the subagent and tells it what is locked",
    },
    Hook {
        event: "SubagentStop",
        name: "subagent-stop",
        matcher: None,
        timeout: 10,
        wakes: false,
        purpose: "ends the subagent's presence and its locks",
    },
    Hook {
        event: "SessionEnd",
        name: "session-end",
        matcher: None,
        timeout: 5,
        wakes: false,
        purpose: "ends the session's presence",
    },
    Hook {
        event: "FileChanged",
        name: "file-changed",
        matcher: None,
        timeout: 75,
        wakes: true,
        purpose: "wakes a session that is idle in its terminal when something is addressed to it",
    },
];

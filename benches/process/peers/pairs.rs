//! Which call of a peer does what a case of ours does.
//!
//! hcom speaks only in sessions that it has started itself and that its database and their transcripts vouch for.
//! Here it is asked in another one: it opens its database, finds that the session is not its own and says nothing. So
//! its figures for hooks are the least that it takes.

/// A recorded payload, and the fields to be changed in it.
type Payload = (&'static str, &'static [(&'static str, &'static str)]);

/// A call of a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theirs {
    pub(crate) arguments: &'static [&'static str],
    pub(crate) payload: Option<Payload>,
    /// SQL that makes the facts.
    pub(crate) facts: &'static str,
    /// The exit status it ends with.
    pub(crate) exit: i32,
}

/// A case of ours and what is like it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) case: &'static str,
    pub(crate) predecessor: Option<Theirs>,
    pub(crate) hcom: Option<Theirs>,
}

impl Pair {
    const fn of(case: &'static str) -> Self {
        Self {
            case,
            predecessor: None,
            hcom: None,
        }
    }

    const fn predecessor(self, theirs: Theirs) -> Self {
        Self {
            predecessor: Some(theirs),
            ..self
        }
    }

    const fn hcom(self, theirs: Theirs) -> Self {
        Self {
            hcom: Some(theirs),
            ..self
        }
    }
}

const fn call(arguments: &'static [&'static str]) -> Theirs {
    Theirs {
        arguments,
        payload: None,
        facts: "",
        exit: 0,
    }
}

const fn hook(
    arguments: &'static [&'static str],
    payload: Payload,
    facts: &'static str,
    exit: i32,
) -> Theirs {
    Theirs {
        arguments,
        payload: Some(payload),
        facts,
        exit,
    }
}

/// Five messages for the measured agent of 0.4.0.
const MAIL: &str = "INSERT INTO messages (id, sender_agent_id, recipient, body, created_at)
    SELECT 'msg-bench-' || value, (SELECT id FROM agents WHERE name = 'peer-1'), me,
        'Message ' || value || ' of five that wait to be shown', text
    FROM moment, json_each('[1,2,3,4,5]')";
/// The measured agent of 0.4.0 holds src/mine.rs.
const OWN_LOCK: &str = "INSERT INTO locks (file_path, owner_agent_id, created_at, expires_at)
    SELECT 'src/mine.rs', me, text, '2099-01-01T00:00:00.000000+00:00' FROM moment";

const LOOKS: Payload = ("PreToolUse-Bash", &[("/tool_input/command", "ls -la src")]);
const FREE: Payload = (
    "PreToolUse-Edit",
    &[("/tool_input/file_path", "{root}/src/free.rs")],
);
const HELD: Payload = (
    "PreToolUse-Edit",
    &[("/tool_input/file_path", "{root}/src/held0.rs")],
);
const EDITED: Payload = (
    "PostToolUse-Edit",
    &[("/tool_input/file_path", "{root}/src/free.rs")],
);
const PROMPT: Payload = ("UserPromptSubmit", &[]);
const STOP: Payload = ("Stop", &[]);
const RESUME: Payload = ("SessionStart-resume", &[]);
const END: Payload = ("SessionEnd-promptinputexit", &[]);

/// Everything that can be compared.
pub(crate) static PAIRS: &[Pair] = &[
    Pair::of("pre-tool-use: a command that only looks")
        .predecessor(hook(&["hook", "pre-tool-use"], LOOKS, "", 0))
        .hcom(hook(&["pre"], LOOKS, "", 0)),
    Pair::of("pre-tool-use: the first edit of a free file")
        .predecessor(hook(&["hook", "pre-tool-use"], FREE, "", 0))
        .hcom(hook(&["pre"], FREE, "", 0)),
    Pair::of("pre-tool-use: an edit that is refused")
        .predecessor(hook(&["hook", "pre-tool-use"], HELD, "", 2))
        .hcom(hook(&["pre"], HELD, "", 0)),
    Pair::of("post-tool-use: an edit")
        .predecessor(hook(&["hook", "post-tool-use"], EDITED, "", 0))
        .hcom(hook(&["post"], EDITED, "", 0)),
    Pair::of("user-prompt-submit: nothing new")
        .predecessor(hook(&["hook", "user-prompt-submit"], PROMPT, "", 0))
        .hcom(hook(&["userpromptsubmit"], PROMPT, "", 0)),
    Pair::of("user-prompt-submit: five messages").predecessor(hook(
        &["hook", "user-prompt-submit"],
        PROMPT,
        MAIL,
        0,
    )),
    Pair::of("stop: nothing new")
        .predecessor(hook(&["hook", "stop"], STOP, "", 0))
        .hcom(hook(&["poll"], STOP, "", 0)),
    Pair::of("stop: five messages").predecessor(hook(&["hook", "stop"], STOP, MAIL, 0)),
    Pair::of("session-start: resumed")
        .predecessor(hook(&["hook", "session-start"], RESUME, "", 0))
        .hcom(hook(&["sessionstart"], RESUME, "", 0)),
    Pair::of("session-end: the person leaves")
        .predecessor(hook(&["hook", "session-end"], END, "", 0))
        .hcom(hook(&["sessionend"], END, "", 0)),
    Pair::of("--version")
        .predecessor(call(&["--version"]))
        .hcom(call(&["--version"])),
    Pair::of("whoami").predecessor(call(&["whoami"])),
    Pair::of("status").predecessor(call(&["status"])),
    Pair::of("status --compact").predecessor(call(&["status", "--compact"])),
    Pair::of("status --json").predecessor(call(&["status", "--json"])),
    Pair::of("agent list").hcom(call(&["list"])),
    Pair::of("agent heartbeat").predecessor(call(&["heartbeat"])),
    Pair::of("task list").predecessor(call(&["tasks"])),
    Pair::of("task list --json").predecessor(call(&["tasks", "--json"])),
    Pair::of("task create").predecessor(call(&["create-task", "Another part"])),
    Pair::of("task next --lock").predecessor(call(&["claim-next", "--lock"])),
    Pair::of("lock list").predecessor(call(&["locks"])),
    Pair::of("lock acquire").predecessor(call(&["lock", "src/free.rs"])),
    Pair::of("lock release").predecessor(Theirs {
        facts: OWN_LOCK,
        ..call(&["unlock", "src/mine.rs"])
    }),
    Pair::of("message inbox, nothing new").predecessor(call(&["inbox"])),
    Pair::of("message send")
        .predecessor(call(&["send", "--to", "peer-1", "--message", "Look at part 3"]))
        .hcom(call(&["send", "--from", "me", "@peer1", "--", "Look at part 3"])),
    Pair::of("decision add").predecessor(call(&["decision", "Dates are UTC"])),
    Pair::of("activity list").hcom(call(&["events"])),
    Pair::of("activity add").predecessor(call(&["log", "Looked around"])),
    Pair::of("append").predecessor(call(&["append", "src/log.txt", "--content", "one line"])),
    Pair::of("gc").predecessor(call(&["gc"])),
];

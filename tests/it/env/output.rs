//! What a run of the program left behind, and how it is shown in a test.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What a run of the program left behind.
pub(crate) struct Output {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    redactor: Arc<Redactor>,
}

impl Output {
    pub(super) fn new(status: i32, stdout: Vec<u8>, stderr: Vec<u8>, redactor: Arc<Redactor>) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
        Self {
            status,
            stdout: text(stdout),
            stderr: text(stderr),
            redactor,
        }
    }

    /// Status, standard output and standard error with ids, nonces and temporary paths made plain.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("exit {}\n", self.status);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let end = if text.ends_with('\n') {
                    ""
                } else {
                    "[no newline]\n"
                };
                let text = self.redactor.redact(text);
                let _infallible = write!(shown, "{name}:\n{text}{end}");
            }
        }
        shown
    }

    /// Expects exit status 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    /// Expects this exit status.
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.shown());
        self
    }

    /// Expects success without a word.
    #[track_caller]
    pub(crate) fn is_silent(&self) {
        let is_silent = self.status == 0 && self.stdout.is_empty() && self.stderr.is_empty();
        assert!(is_silent, "{}", self.shown());
    }

    /// Expects this text on standard output.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no {text:?} in:\n{}", self.shown());
        self
    }

    /// Expects this text nowhere.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        let is_said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!is_said, "{text:?} is in:\n{}", self.shown());
        self
    }

    /// Expects this text on standard error.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?} in:\n{}", self.shown());
        self
    }

    /// Whether a hook refused: exit status 2, or a `deny` on standard output.
    pub(crate) fn is_refusal(&self) -> bool {
        self.status == 2 || self.is_denial()
    }

    /// Whether a hook refused with a `deny` on standard output and exit status 0.
    pub(crate) fn is_denial(&self) -> bool {
        self.status == 0
            && serde_json::from_str::<Value>(&self.stdout)
                .is_ok_and(|answer| answer["hookSpecificOutput"]["permissionDecision"] == "deny")
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.shown()))
    }

    /// What a hook tells the model: `additionalContext` or reason, else plain standard output.
    #[track_caller]
    pub(crate) fn told(&self) -> String {
        if self.stdout.is_empty() || !self.stdout.starts_with('{') {
            return self.stdout.clone();
        }
        let answer = self.json();
        let specific = &answer["hookSpecificOutput"];
        [
            &specific["additionalContext"],
            &specific["permissionDecisionReason"],
            &answer["reason"],
        ]
        .iter()
        .filter_map(|text| text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
    }

    /// [`Self::told`] with ids and nonces made plain.
    #[track_caller]
    pub(crate) fn told_shown(&self) -> String {
        self.redactor.redact(&self.told())
    }

    /// The first id of this kind on standard output: `task-`, `msg-`, `dec-`, `act-`, `vote-`, `plan-`.
    #[track_caller]
    pub(crate) fn id(&self, prefix: &str) -> String {
        ids(&self.stdout)
            .find(|id| id.starts_with(prefix))
            .unwrap_or_else(|| panic!("no {prefix} in:\n{}", self.shown()))
            .to_owned()
    }
}

/// Makes plain what differs from run to run.
pub(super) struct Redactor {
    folder: PathBuf,
    agents: Mutex<Vec<(String, String)>>,
    seen: Mutex<Vec<String>>,
}

impl Redactor {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            agents: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Shows the agent with this id as `[name]`.
    pub(super) fn remember(&self, id: &str, name: &str) {
        let mut agents = self.agents.lock().expect("no test panicked here");
        if agents.iter().all(|(known, _)| known != id) {
            agents.push((id.to_owned(), name.to_owned()));
            // A subagent's id begins with its parent's.
            agents.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        }
    }

    fn redact(&self, text: &str) -> String {
        let folder = self.folder.to_str().expect("temporary paths are UTF-8");
        let mut text = text.replace(&format!("{folder}/"), "/").replace(folder, "/");
        for (id, name) in self.agents.lock().expect("no test panicked here").iter() {
            text = text.replace(id, &format!("[{name}]"));
        }
        let found: Vec<String> = ids(&text).map(str::to_owned).collect();
        let mut seen = self.seen.lock().expect("no test panicked here");
        for id in found {
            let prefix = id.split('-').next().unwrap_or_default().to_owned();
            let at = seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                seen.push(id.clone());
                seen.len() - 1
            });
            let number = seen[..=at]
                .iter()
                .filter(|known| known.starts_with(&prefix))
                .count();
            text = text.replace(&id, &format!("[{prefix} {number}]"));
        }
        without_nonces(&text)
    }
}

/// Every id of these kinds in `text`.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .filter(|word| {
            let random = ["task-", "msg-", "dec-", "act-", "vote-", "req-", "plan-"]
                .iter()
                .find_map(|prefix| word.strip_prefix(prefix));
            random.is_some_and(|random| random.len() == 8)
        })
}

/// Replaces the random part of every frame's markers, in plain text and inside JSON.
fn without_nonces(text: &str) -> String {
    let mut parts = text.split(" id=");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(" id=");
        let start = part.len() - part.trim_start_matches(['\\', '"']).len();
        let end = start + 16;
        let is_nonce = part
            .get(start..end)
            .is_some_and(|nonce| nonce.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if start > 0 && is_nonce {
            plain.push_str(&part[..start]);
            plain.push_str("NONCE");
            plain.push_str(&part[end..]);
        } else {
            plain.push_str(part);
        }
    }
    plain
}

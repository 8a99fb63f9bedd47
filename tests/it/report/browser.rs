//! A browser that looks at pages, driven over a pair of pipes.
//!
//! Chromium speaks the protocol of its developer tools on descriptors 3 and 4, one JSON message after another, each ended by a NUL.
//! A shell puts our two pipes there.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::env::search_path;

/// How long anything may take before the browser counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether chromium is there. It may be missing only where that was said to be fine, and then loudly.
pub(super) fn has_chromium(what: &str) -> bool {
    let is_there = search_path()
        .split(':')
        .any(|directory| Path::new(directory).join("chromium").exists());
    if !is_there {
        let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some_and(|value| value == "1");
        assert!(
            is_optional,
            "chromium is missing: install the package chromium, or set AGENT_SYNC_OPTIONAL_TOOLS=1"
        );
        eprintln!("SKIPPED: {what}, because chromium is missing");
    }
    is_there
}

/// A browser with one page; it ends when dropped.
pub(super) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// What the page has done that nobody has asked about yet.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let script = "exec chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
            --remote-debugging-pipe --user-data-dir=\"$0\" about:blank 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(profile.path())
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, messages) = channel();
        let mut output = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let (mut buffer, mut piece) = (Vec::new(), vec![0; 65536]);
            while let Ok(count @ 1..) = output.read(&mut piece) {
                buffer.extend_from_slice(&piece[..count]);
                while let Some(end) = buffer.iter().position(|byte| *byte == 0) {
                    let message: Vec<u8> = buffer.drain(..=end).collect();
                    let message = serde_json::from_slice(&message[..end]).expect("the protocol is JSON");
                    if sender.send(message).is_err() {
                        return;
                    }
                }
            }
        });
        let mut browser = Self {
            input: child.stdin.take().unwrap(),
            child,
            messages,
            session: None,
            sent: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            browser.call(domain, &json!({}));
        }
        browser
    }

    /// One command of the protocol, and its answer.
    pub(super) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        loop {
            let answer = self.messages.recv_timeout(PATIENCE).expect("the browser answers");
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// Opens a file and waits until all of it is there.
    pub(super) fn open(&mut self, file: &Path) {
        self.events.clear();
        self.call(
            "Page.navigate",
            &json!({"url": format!("file://{}", file.display())}),
        );
        while self
            .events
            .iter()
            .all(|event| event["method"] != "Page.loadEventFired")
        {
            let event = self.messages.recv_timeout(PATIENCE).expect("the page is loaded");
            self.events.push(event);
        }
    }

    /// What an expression comes to in the page.
    #[track_caller]
    pub(super) fn ask(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key and waits until the page has been drawn anew.
    pub(super) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({"type": kind, "key": key}));
        }
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
    }

    /// What the page complained of: exceptions, console messages, violations of its policy.
    pub(super) fn complaints(&self) -> Vec<String> {
        let told = [
            "Log.entryAdded",
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
        ];
        let complaints = self.events.iter();
        complaints
            .filter(|event| told.iter().any(|name| event["method"] == *name))
            .map(ToString::to_string)
            .collect()
    }

    /// Addresses that the page asked for, its own file left out.
    pub(super) fn requests(&self) -> Vec<String> {
        let sent = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str())
            .filter(|url| !url.ends_with("report.html"))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _it_ends_anyway = self.child.kill();
        let _it_ends_anyway = self.child.wait();
    }
}

//! Claude Code's JSON, in and out, and nothing else.
//!
//! The client's payload is read as forgivingly as it can be: a wrong type, an odd byte or a field too many
//! must not turn "locked" into "could not tell".

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::env::Env;
use crate::render::json;

/// The first client that shows a Stop hook's context once and goes on with the turn.
const STOP_CONTEXT_SINCE: (u32, u32, u32) = (2, 1, 163);

/// What lies deeper in a payload than so many lists and objects is nothing that anybody reads.
const DEEPEST: usize = 64;

/// What a hook is told.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_field_names,
    reason = "the fields are called as the client calls them"
)]
pub(super) struct Input {
    /// Whether there was a payload at all.
    pub(super) is_from_client: bool,
    pub(super) session_id: Option<String>,
    pub(super) cwd: Option<String>,
    pub(super) tool_name: Option<String>,
    pub(super) tool_input: Map<String, Value>,
    pub(super) tool_response: Map<String, Value>,
    pub(super) agent_id: Option<String>,
    pub(super) file_path: Option<String>,
    pub(super) duration_ms: Option<i64>,
    pub(super) source: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) stop_hook_active: bool,
}

/// The fields by name, each of any type; what is not listed is passed over without being kept.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    session_id: Value,
    cwd: Value,
    tool_name: Value,
    tool_input: Value,
    tool_response: Value,
    agent_id: Value,
    file_path: Value,
    duration_ms: Value,
    source: Value,
    reason: Value,
    stop_hook_active: Value,
}

impl Input {
    /// Reads a payload; what cannot be read is left out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let fields = first_object(&text)
            .or_else(|| first_object(&without_depths(&without_lone_surrogates(&text))))
            .unwrap_or_default();
        Self {
            is_from_client: true,
            session_id: text_of(fields.session_id),
            cwd: text_of(fields.cwd),
            tool_name: text_of(fields.tool_name),
            tool_input: object_of(fields.tool_input),
            tool_response: object_of(fields.tool_response),
            agent_id: text_of(fields.agent_id),
            file_path: text_of(fields.file_path),
            duration_ms: fields.duration_ms.as_i64(),
            source: text_of(fields.source),
            reason: text_of(fields.reason),
            stop_hook_active: fields.stop_hook_active == Value::Bool(true),
        }
    }

    /// The shell command that is about to run.
    pub(super) fn command(&self) -> Option<&str> {
        if self.tool_name.as_deref() == Some("Bash") {
            self.tool_input.get("command")?.as_str()
        } else {
            None
        }
    }
}

/// The object at the beginning of `text`, whatever follows it.
fn first_object(text: &str) -> Option<Fields> {
    // A list would fill the fields by position.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(text)
        .into_iter::<Fields>()
        .next()?
        .ok()
}

fn object_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A string, or a number as text.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `text` with `null` for whatever lies deeper than anybody reads, which the parser would refuse.
fn without_depths(text: &str) -> String {
    let mut shallow = String::with_capacity(text.len());
    let (mut depth, mut kept_from) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                depth += 1;
                if depth == DEEPEST + 1 {
                    shallow.push_str(&text[kept_from..at]);
                    shallow.push_str("null");
                }
            }
            b'}' | b']' if !is_text => {
                if depth == DEEPEST + 1 {
                    kept_from = at + 1;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    if depth <= DEEPEST {
        shallow.push_str(&text[kept_from..]);
    }
    shallow
}

/// `text` with every escape of half a character replaced by the escape of U+FFFD, as the client itself writes
/// it to disk.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let unit = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut mended = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                mended.push_str(&text[copied..at]);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            _ => at += 2,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[copied..]);
    Cow::Owned(mended)
}

/// What a hook answers.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// Nothing.
    Silence,
    /// The model is told this, and goes on.
    Context(String),
    /// The tool does not run; the model is told why.
    Deny(String),
    /// The human is asked whether the tool runs, and told why; if it does, the rest holds.
    Ask(String, Box<Answer>),
    /// The tool runs with this input instead.
    Rewrite(Map<String, Value>),
    /// The human, not the model, is told this.
    Warning(String),
    /// An idle session is woken with this.
    Wake(&'static str),
}

/// An answer as bytes and an exit status.
pub(super) struct Written {
    pub(super) output: String,
    pub(super) error: String,
    pub(super) status: u8,
}

/// Puts an answer into the client's words, and which file it shall watch from now on.
pub(super) fn write(event: &str, answer: &Answer, watched: Option<&Path>, env: &Env) -> Written {
    let specific = |fields: Value| {
        let mut output = json!({ "hookEventName": event });
        if let (Value::Object(output), Value::Object(fields)) = (&mut output, fields) {
            output.extend(fields);
            output.extend(watched.map(|path| ("watchPaths".to_owned(), json!([path.to_string_lossy()]))));
        }
        json::to_line(&json!({ "hookSpecificOutput": output }))
    };
    let (output, error, status) = match answer {
        Answer::Silence if watched.is_some() => (specific(json!({})), String::new(), 0),
        Answer::Silence => (String::new(), String::new(), 0),
        Answer::Wake(text) => (String::new(), format!("{text}\n"), 2),
        Answer::Context(text)
            if event == "Stop" && env.client_version().is_none_or(|it| it < STOP_CONTEXT_SINCE) =>
        {
            (
                json::to_line(&json!({ "decision": "block", "reason": text })),
                String::new(),
                0,
            )
        }
        Answer::Context(text) => (specific(json!({ "additionalContext": text })), String::new(), 0),
        Answer::Deny(reason) => (
            specific(json!({ "permissionDecision": "deny", "permissionDecisionReason": reason })),
            // A client that does not read the JSON shows this.
            format!("{reason}\n"),
            2,
        ),
        Answer::Ask(reason, rest) => {
            let mut fields = json!({ "permissionDecision": "ask", "permissionDecisionReason": reason });
            match rest.as_ref() {
                Answer::Context(text) => fields["additionalContext"] = json!(text),
                Answer::Rewrite(input) => fields["updatedInput"] = json!(input),
                _ => {}
            }
            (specific(fields), String::new(), 0)
        }
        Answer::Rewrite(input) => (specific(json!({ "updatedInput": input })), String::new(), 0),
        Answer::Warning(text) => (json::to_line(&json!({ "systemMessage": text })), String::new(), 0),
    };
    Written {
        output,
        error,
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_whatever_surrounds_or_spoils_it() {
        let plain = br#"{"session_id":"s","cwd":"/p","tool_name":"Edit","tool_input":{"file_path":"/p/a"}}"#;
        let mut bom = b"\xef\xbb\xbf".to_vec();
        bom.extend_from_slice(plain);
        let mut trailing = plain.to_vec();
        trailing.extend_from_slice(b"\ngarbage");
        for bytes in [plain.to_vec(), bom, trailing] {
            let input = Input::parse(&bytes);
            assert_eq!(
                (input.session_id.as_deref(), input.written_files()),
                (Some("s"), vec!["/p/a"])
            );
        }
    }

    #[test]
    fn an_invalid_byte_and_half_a_character_do_not_hide_the_file() {
        let input = Input::parse(
            b"{\"prompt\":\"\xff\",\"tool_name\":\"Write\",\"tool_input\":{\"file_path\":\"/p/a\"}}",
        );
        assert_eq!(input.written_files(), ["/p/a"]);
        let input = Input::parse(br#"{"x":"\ud800","y":"\ud83d\ude00\\ud800","tool_name":"Write","tool_input":{"file_path":"/p/a\u0000b"}}"#);
        assert_eq!(input.written_files(), ["/p/a"]);
    }

    #[test]
    fn what_lies_too_deep_is_left_out_and_hides_nothing() {
        assert_eq!(
            without_depths(r#"{"a":["]\"[",{}],"b":1}"#),
            r#"{"a":["]\"[",{}],"b":1}"#
        );
        let deep = |levels: usize| "[".repeat(levels) + "1" + &"]".repeat(levels);
        assert_eq!(
            without_depths(&format!("{},{}", deep(DEEPEST + 9), deep(1))),
            format!("{}null{},[1]", "[".repeat(DEEPEST), "]".repeat(DEEPEST))
        );
        for levels in [DEEPEST, 1_000] {
            let text = format!(
                r#"{{"tool_name":"Write","tool_input":{{"x":{},"file_path":"/p/a"}}}}"#,
                deep(levels)
            );
            assert_eq!(
                Input::parse(text.as_bytes()).written_files(),
                ["/p/a"],
                "{levels}"
            );
        }
    }

    #[test]
    fn wrong_types_are_left_out_and_a_number_is_a_name() {
        let input = Input::parse(
            br#"{"session_id":42,"cwd":[],"tool_name":{},"tool_input":7,"stop_hook_active":"true"}"#,
        );
        assert_eq!(input.session_id.as_deref(), Some("42"));
        assert!(input.cwd.is_none() && input.tool_name.is_none() && !input.stop_hook_active);
        for nonsense in [&b""[..], b"null", b"[1]", b"{", b"\xff\xfe"] {
            assert!(Input::parse(nonsense).session_id.is_none());
        }
    }
}

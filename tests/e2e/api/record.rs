//! What the client sent, kept for the tests to look at: the only honest answer to "did the model
//! see it?" is the request that went to the model.

use serde_json::Value;

/// One recorded HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Position among all requests of this server.
    pub(crate) order: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// `null` when there was no JSON body.
    pub(crate) body: Value,
    /// The scripted conversation it belongs to; none for side requests.
    pub(crate) marker: Option<String>,
}

/// The answer of one tool call as the model sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolResult {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

impl Request {
    /// How many assistant messages the conversation has so far: the index of the turn asked for.
    pub(crate) fn turn(&self) -> usize {
        self.messages()
            .iter()
            .filter(|message| is_assistant(message))
            .count()
    }

    /// Every word the model got apart from its own: prompts, tool results, reminders.
    pub(crate) fn text(&self) -> String {
        joined(self.messages().iter().filter(|message| !is_assistant(message)))
    }

    /// The part of [`Self::text`] that came after the last assistant message: what is new.
    pub(crate) fn news(&self) -> String {
        joined(self.latest().iter())
    }

    /// The system prompt.
    pub(crate) fn system(&self) -> String {
        let mut words = Vec::new();
        gather(&self.body["system"], &mut words);
        words.join("\n")
    }

    /// The tool results that are new in this request, in the order of the calls.
    pub(crate) fn tool_results(&self) -> Vec<ToolResult> {
        let blocks = self
            .latest()
            .iter()
            .filter_map(|message| message["content"].as_array())
            .flatten();
        blocks
            .filter(|block| block["type"] == "tool_result")
            .map(|block| ToolResult {
                text: joined([block]),
                is_error: block["is_error"] == true,
            })
            .collect()
    }

    /// Names of the tools offered to the model.
    pub(crate) fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().into_iter().flatten();
        tools.filter_map(|tool| tool["name"].as_str()).collect()
    }

    /// The text of the first user message, where a conversation's marker stands.
    pub(super) fn opening(&self) -> String {
        joined(self.messages().iter().find(|message| message["role"] == "user"))
    }

    fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    fn latest(&self) -> &[Value] {
        let messages = self.messages();
        let spoken = messages.iter().rposition(is_assistant).map_or(0, |last| last + 1);
        &messages[spoken..]
    }
}

fn is_assistant(message: &Value) -> bool {
    message["role"] == "assistant"
}

fn joined<'a>(messages: impl IntoIterator<Item = &'a Value>) -> String {
    let mut words = Vec::new();
    for message in messages {
        gather(message, &mut words);
    }
    words.join("\n")
}

/// Text is a string, a block with `text`, or a block or list with `content` of the same shapes.
fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => words.push(text.clone()),
        Value::Array(parts) => parts.iter().for_each(|part| gather(part, words)),
        Value::Object(block) => {
            for key in ["text", "content"] {
                if let Some(inner) = block.get(key) {
                    gather(inner, words);
                }
            }
        }
        _ => {}
    }
}

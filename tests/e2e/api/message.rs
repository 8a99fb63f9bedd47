//! The assistant message in the two forms the Messages API has: one JSON object, or the stream of
//! events that builds it.

use super::http::Answer;
use super::record::Request;
use super::turn::Block;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Answers `request` with `blocks`, streamed when the client asked for a stream.
pub(super) fn answer(request: &Request, blocks: &[Block]) -> Answer {
    let calls_tools = blocks.iter().any(|block| matches!(block, Block::Tool { .. }));
    let stop_reason = if calls_tools { "tool_use" } else { "end_turn" };
    let content = (0..)
        .zip(blocks)
        .map(|(index, block)| content(request.order, index, block));
    let content: Vec<Value> = content.collect();
    if request.body["stream"] == true {
        Answer {
            content_type: "text/event-stream",
            body: stream(request, &content, stop_reason),
        }
    } else {
        let mut message = empty(request);
        message["content"] = Value::Array(content);
        message["stop_reason"] = json!(stop_reason);
        Answer {
            content_type: "application/json",
            body: message.to_string(),
        }
    }
}

fn content(order: usize, index: usize, block: &Block) -> Value {
    match block {
        Block::Text(text) => json!({"type": "text", "text": text}),
        Block::Tool { name, input } => {
            json!({"type": "tool_use", "id": format!("toolu_{order}_{index}"), "name": name, "input": input})
        }
    }
}

fn empty(request: &Request) -> Value {
    json!({
        "id": format!("msg_{}", request.order), "type": "message", "role": "assistant",
        "model": request.body["model"], "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 10,
                  "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
    })
}

fn stream(request: &Request, content: &[Value], stop_reason: &str) -> String {
    let mut events = vec![json!({"type": "message_start", "message": empty(request)})];
    for (index, block) in content.iter().enumerate() {
        let (start, delta) = opened(block);
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({
        "type": "message_delta", "usage": {"output_tokens": 10},
        "delta": {"stop_reason": stop_reason, "stop_sequence": null},
    }));
    events.push(json!({"type": "message_stop"}));

    let mut text = String::new();
    for event in &events {
        let name = event["type"].as_str().unwrap_or_default();
        let _ = write!(text, "event: {name}\ndata: {event}\n\n");
    }
    text
}

/// A block starts empty and is filled by one delta.
fn opened(block: &Value) -> (Value, Value) {
    let mut start = block.clone();
    if block["type"] == "text" {
        start["text"] = json!("");
        (start, json!({"type": "text_delta", "text": block["text"]}))
    } else {
        start["input"] = json!({});
        (
            start,
            json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}),
        )
    }
}

//! Tools of MCP servers on the real client: what they write is guarded like an edit.

use crate::api::{Api, turn};
use crate::client::Client;
use crate::guarded::Guarded;
use serde_json::json;

/// An MCP server with two tools, of the protocol as much as the client needs.
const SERVER: &str = r#"
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    path=$(printf '%s' "$line" | sed -n 's/.*"path":"\([^"]*\)".*/\1/p')
    case $line in
    *'"initialize"'*) result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"files","version":"1"}}' ;;
    *'"tools/list"'*) result='{"tools":[{"name":"write_file","description":"d","inputSchema":{"type":"object"}},{"name":"read_file","description":"d","inputSchema":{"type":"object"}}]}' ;;
    *'"write_file"'*) echo written >"$path"; result='{"content":[{"type":"text","text":"wrote it"}]}' ;;
    *'"read_file"'*) result='{"content":[{"type":"text","text":"read it"}]}' ;;
    *) result='{}' ;;
    esac
    [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
"#;

#[test]
fn a_servers_tool_writes_no_locked_file_and_what_it_writes_is_recorded() {
    let Some(client) = Client::installed() else { return };
    let guarded = Guarded::new();
    let project = &guarded.project;
    guarded.run("holder", &["register", "--name", "holder"]);
    guarded.run("holder", &["lock", "notes.txt"]);
    let server = project.script("server", SERVER);
    let servers = json!({"mcpServers": {"files": {"command": "/bin/sh", "args": [server]}}}).to_string();
    let (locked, free) = (project.path("notes.txt"), project.path("free.txt"));
    let api = Api::start().conversation(
        "MARKER",
        [
            turn::tool("mcp__files__write_file", json!({"path": locked, "content": "x"})),
            turn::tool("mcp__files__read_file", json!({"path": locked})),
            turn::tool("mcp__files__write_file", json!({"path": free, "content": "x"})),
            turn::text("done"),
        ],
    );
    let before = project.read("notes.txt");
    client
        .session(&api, project)
        .arguments(["--mcp-config", &servers])
        .allow("mcp__files__write_file,mcp__files__read_file")
        .run("MARKER write both")
        .expect_success();

    let requests = api.requests("MARKER");
    let result = |number: usize| requests[number].tool_results().remove(0);
    let refused = result(1);
    assert!(
        refused.is_error && refused.text.contains("notes.txt is locked by holder"),
        "{}",
        refused.text
    );
    assert_eq!(project.read("notes.txt"), before);
    assert!(result(2).text.contains("read it"), "{}", result(2).text);
    assert!(result(3).text.contains("wrote it"), "{}", result(3).text);
    assert_eq!(project.read("free.txt"), "written\n");
    let activity = guarded.json(&["activity", "list"]);
    let edits: Vec<_> = activity
        .as_array()
        .expect("a list")
        .iter()
        .filter(|entry| entry["event_type"] == "edit")
        .map(|entry| &entry["file_path"])
        .collect();
    assert_eq!(edits, ["free.txt"], "{activity}");
}

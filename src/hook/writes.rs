//! Which files a tool changes, as far as its name and its input say.
//!
//! The client's own tools are known by name. Those of MCP servers are anybody's, and their declarations do not
//! reach a hook: the words of the tool's name say whether it writes, common names of fields say where. A tool
//! that reads must never be stopped, nor one that writes to another machine, so what is in doubt passes.

use serde_json::{Map, Value};

use super::wire::Input;

/// Words that make a tool one that changes files.
const WRITING: [&str; 24] = [
    "append",
    "apply",
    "copy",
    "create",
    "delete",
    "edit",
    "format",
    "insert",
    "modify",
    "move",
    "overwrite",
    "patch",
    "prepend",
    "put",
    "remove",
    "rename",
    "replace",
    "rewrite",
    "save",
    "set",
    "substitute",
    "truncate",
    "update",
    "write",
];

/// First words of tools that read, whatever they are about: `get_edit_history`.
const READING: [&str; 12] = [
    "check", "count", "describe", "diff", "fetch", "get", "has", "is", "list", "read", "show", "view",
];

/// Fields that say that the path is one of another machine.
const REMOTE: [&str; 9] = [
    "branch",
    "bucket",
    "host",
    "hostname",
    "owner",
    "projectid",
    "repo",
    "repository",
    "url",
];

/// Fields that hold further fields of this kind, one set for each file.
const LISTS: [&str; 6] = ["changes", "edits", "files", "operations", "paths", "replacements"];

/// The longest path that any system takes, in bytes.
const LONGEST: usize = 4_096;

impl Input {
    /// The files that the tool is about to write or has written.
    pub(super) fn written_files(&self) -> Vec<&str> {
        let Some(tool) = self.tool_name.as_deref() else {
            return Vec::new();
        };
        let files = match tool {
            "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => of_client(&self.tool_input),
            tool => match tool.strip_prefix("mcp__") {
                Some(named) => of_server(named.split_once("__").map_or(named, |it| it.1), &self.tool_input),
                None => Vec::new(),
            },
        };
        // The kernel takes a path to end at a NUL.
        let paths = files
            .into_iter()
            .map(|path| path.split('\0').next().unwrap_or_default());
        paths.filter(|path| !path.is_empty()).collect()
    }
}

fn of_client(input: &Map<String, Value>) -> Vec<&str> {
    let direct = ["file_path", "notebook_path"]
        .iter()
        .filter_map(|key| input.get(*key)?.as_str());
    let edits = input.get("edits").and_then(Value::as_array);
    let of_edits = edits
        .into_iter()
        .flatten()
        .filter_map(|edit| edit.get("file_path")?.as_str());
    direct.chain(of_edits).collect()
}

fn of_server<'a>(tool: &str, input: &'a Map<String, Value>) -> Vec<&'a str> {
    let words = words(tool);
    let is = |words: &[&str], word: &String| words.contains(&word.as_str());
    let is_writing = words.iter().any(|word| is(&WRITING, word));
    let is_reading = words.first().is_none_or(|word| is(&READING, word));
    let is_remote = input.keys().any(|field| REMOTE.contains(&plain(field).as_str()));
    if is_reading || !is_writing || is_remote {
        return Vec::new();
    }
    let keeps_source = words.iter().any(|word| word == "copy");
    let mut files = Vec::new();
    collect(input, keeps_source, &mut files);
    for (field, value) in input {
        let Some(items) = value
            .as_array()
            .filter(|_| LISTS.contains(&plain(field).as_str()))
        else {
            continue;
        };
        for item in items {
            match item {
                Value::Object(fields) => collect(fields, keeps_source, &mut files),
                Value::String(path) => files.extend(as_path(path)),
                _ => {}
            }
        }
    }
    files
}

/// The paths among some fields. What is copied is not changed.
fn collect<'a>(fields: &'a Map<String, Value>, keeps_source: bool, files: &mut Vec<&'a str>) {
    let has_destination = fields.keys().any(|field| plain(field).starts_with("destination"));
    for (field, value) in fields {
        let field = plain(field);
        let is_source = field.starts_with("source");
        let is_path = match field.as_str() {
            "source" => has_destination,
            "jsonpath" | "namepath" | "xpath" => false,
            "file" | "filename" | "destination" | "uri" | "targetfile" => true,
            other => other.ends_with("path") || other == "pathinproject",
        };
        if is_path && !(is_source && keeps_source) {
            files.extend(value.as_str().and_then(as_path));
        }
    }
}

/// The path that a value is; `None` for what is rather a text or an address.
fn as_path(value: &str) -> Option<&str> {
    let path = value.strip_prefix("file://").unwrap_or(value);
    let is_path = path.len() <= LONGEST && !path.contains(['\n', '\r']) && !path.contains("://");
    is_path.then_some(path)
}

/// A field's name without what people set its words apart with.
fn plain(field: &str) -> String {
    let letters = field.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|character| character.to_ascii_lowercase()).collect()
}

/// The words of a tool's name: `create_text_file`, `createTextFile`, `create-text-file`.
fn words(tool: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    for character in tool.chars() {
        let goes_on = is_inside && !character.is_ascii_uppercase();
        is_inside = character.is_alphanumeric();
        if !is_inside {
            continue;
        }
        if !goes_on {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(tool: &str, input: &Value) -> Vec<String> {
        let payload = json!({"tool_name": tool, "tool_input": input}).to_string();
        let input = Input::parse(payload.as_bytes());
        input.written_files().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_file_of_a_multiple_edit_counts() {
        let edits = json!({"file_path": "/a", "edits": [{"file_path": "/b"}, {"old_string": ""}]});
        assert_eq!(written("MultiEdit", &edits), ["/a", "/b"]);
        assert!(written("Read", &json!({"file_path": "/a"})).is_empty());
    }

    #[test]
    fn a_servers_tool_that_writes_is_known_by_its_words_and_its_files_by_their_fields() {
        for (tool, input, files) in [
            (
                "mcp__fs__write_file",
                json!({"path": "/a", "content": "x"}),
                &["/a"][..],
            ),
            (
                "mcp__fs__edit_file",
                json!({"path": "a", "edits": [{"oldText": "x", "newText": "y"}]}),
                &["a"],
            ),
            (
                "mcp__fs__move_file",
                json!({"source": "/a", "destination": "/b"}),
                &["/b", "/a"],
            ),
            (
                "mcp__fs__copy_file",
                json!({"source": "/a", "destination": "/b"}),
                &["/b"],
            ),
            (
                "mcp__serena__replace_symbol_body",
                json!({"name_path": "f", "relative_path": "a.rs", "body": "x"}),
                &["a.rs"],
            ),
            (
                "mcp__serena__create_text_file",
                json!({"relative_path": "a.rs", "content": "x"}),
                &["a.rs"],
            ),
            (
                "mcp__idea__replaceTextInFile",
                json!({"pathInProject": "a.kt", "oldText": "", "newText": ""}),
                &["a.kt"],
            ),
            (
                "mcp__commander__edit_block",
                json!({"file_path": "/a", "old_string": "source"}),
                &["/a"],
            ),
            (
                "mcp__x__write_files",
                json!({"files": [{"path": "/a", "content": ""}, {"path": "/b"}]}),
                &["/a", "/b"],
            ),
            (
                "mcp__x__delete-files",
                json!({"paths": ["/a", "/b"]}),
                &["/a", "/b"],
            ),
            ("mcp__lsp__applyEdit", json!({"uri": "file:///a"}), &["/a"]),
            ("mcp__with__two__write_file", json!({"path": "/a"}), &["/a"]),
            ("mcp__write", json!({"path": "/a"}), &["/a"]),
        ] {
            let mut found = written(tool, &input);
            let mut files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
            found.sort();
            files.sort();
            assert_eq!(found, files, "{tool} {input}");
        }
    }

    #[test]
    fn a_servers_tool_that_reads_or_writes_elsewhere_is_left_alone() {
        for (tool, input) in [
            ("mcp__fs__read_file", json!({"path": "/a"})),
            ("mcp__fs__directory_tree", json!({"path": "/a"})),
            ("mcp__fs__get_edit_history", json!({"path": "/a"})),
            ("mcp__fs__search_files", json!({"path": "/a", "pattern": "x"})),
            (
                "mcp__github__create_or_update_file",
                json!({"owner": "o", "repo": "r", "path": "a", "branch": "b"}),
            ),
            (
                "mcp__mail__create_draft",
                json!({"to": "x", "body": "y", "source": "z"}),
            ),
            ("mcp__web__save_page", json!({"uri": "https://example.org/a"})),
            ("mcp__notes__update", json!({"path": "one\ntwo"})),
            ("mcp__fs__write_file", json!({"path": ["/a"]})),
            ("mcp__write_server__open", json!({"path": "/a"})),
        ] {
            assert_eq!(written(tool, &input), Vec::<String>::new(), "{tool} {input}");
        }
    }
}

//! Ways to spoil a payload.

use serde_json::{Value, json};

/// What a program may send that is not quite the payload: cut, marked, or with bytes that are no text.
pub(super) fn bytes(payload: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = [0, 1, 2, 30, 50, 80, 99]
        .map(|percent| {
            let kept = payload.len() * percent / 100;
            (format!("cut to {percent} %"), payload[..kept].to_vec())
        })
        .into();
    all.push((
        "after a byte order mark".to_owned(),
        [b"\xef\xbb\xbf", payload].concat(),
    ));
    for percent in [5, 40, 90] {
        let (head, tail) = payload.split_at(payload.len() * percent / 100);
        all.push((
            format!("with a stray byte at {percent} %"),
            [head, b"\xff\xc3", tail].concat(),
        ));
    }
    all
}

/// The payload with each field in turn, and each field of the tool's input, of another type; and with more.
pub(super) fn fields(payload: &Value) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut put = |what: String, value: &Value| all.push((what, value.to_string().into_bytes()));
    for pointer in pointers(payload) {
        for (kind, replacement) in replacements() {
            let mut spoiled = payload.clone();
            *spoiled.pointer_mut(&pointer).unwrap() = replacement;
            put(format!("with {kind} at {pointer}"), &spoiled);
        }
    }
    let mut more = payload.clone();
    more["unheard_of"] = json!({"file_path": [1, {"x": null}]});
    more["tool_input"]["unheard_of"] = json!([[[[]]]]);
    put("with more fields".to_owned(), &more);
    for (kind, path) in strange_paths(payload) {
        let mut strange = payload.clone();
        strange["tool_input"]["file_path"] = json!("PLACEHOLDER");
        let text = strange.to_string().replace("\"PLACEHOLDER\"", &path);
        all.push((format!("with {kind}"), text.into_bytes()));
    }
    all
}

/// The payload with all fields of another type at once, but for the tool's name, without which no field of its
/// input would be looked at; and with more fields than anybody has heard of.
pub(super) fn wholesale(payload: &Value) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (kind, replacement) in replacements() {
        let replacement = if kind == "a huge text" {
            json!("x/".repeat(500))
        } else {
            replacement
        };
        let mut spoiled = payload.clone();
        for pointer in pointers(payload) {
            if let Some(field) = spoiled
                .pointer_mut(&pointer)
                .filter(|_| pointer != "/tool_name" && pointer != "/tool_input")
            {
                *field = replacement.clone();
            }
        }
        all.push((
            format!("with {kind} everywhere"),
            spoiled.to_string().into_bytes(),
        ));
    }
    let mut more = payload.clone();
    for number in 0..50 {
        more[format!("unheard_of_{number}")] = json!({"file_path": [number, {"x": null}], "session_id": {}});
    }
    all.push(("with many more fields".to_owned(), more.to_string().into_bytes()));
    all
}

/// Variants in which the tool and its file can still be made out.
pub(super) fn harmless(payload: &str) -> Vec<(String, Vec<u8>)> {
    let value: Value = serde_json::from_str(payload).unwrap();
    let mut all = vec![
        ("as it is".to_owned(), payload.as_bytes().to_vec()),
        (
            "after a byte order mark".to_owned(),
            [b"\xef\xbb\xbf", payload.as_bytes()].concat(),
        ),
        (
            "before garbage".to_owned(),
            [payload.as_bytes(), b"\n}\xff garbage"].concat(),
        ),
        ("after blanks".to_owned(), [b" \n\t", payload.as_bytes()].concat()),
        (
            "with a stray byte in a text".to_owned(),
            [
                payload.split_once("hello").unwrap().0.as_bytes(),
                b"\xff",
                payload.split_once("hello").unwrap().1.as_bytes(),
            ]
            .concat(),
        ),
        (
            "with half a character".to_owned(),
            payload.replace("hello", "\\ud800 hello").into_bytes(),
        ),
        (
            "with half a character in the path".to_owned(),
            payload.replace("/a.txt", "/\\udfff/../a.txt").into_bytes(),
        ),
        (
            "with a NUL in the path".to_owned(),
            payload.replace("/a.txt", "/a.txt\\u0000.md").into_bytes(),
        ),
        (
            "with a detour in the path".to_owned(),
            payload.replace("/a.txt", "/./x/..//a.txt").into_bytes(),
        ),
    ];
    let needed = ["/tool_name", "/tool_input", "/tool_input/file_path"];
    for pointer in pointers(&value) {
        if needed.contains(&pointer.as_str()) {
            continue;
        }
        for (kind, replacement) in replacements() {
            let mut spoiled = value.clone();
            *spoiled.pointer_mut(&pointer).unwrap() = replacement;
            all.push((
                format!("with {kind} at {pointer}"),
                spoiled.to_string().into_bytes(),
            ));
        }
    }
    all
}

/// Every field of the payload and of the tool's input.
fn pointers(payload: &Value) -> Vec<String> {
    let keys = |value: &Value, prefix: &str| -> Vec<String> {
        let fields = value.as_object().into_iter().flatten();
        fields.map(|(name, _)| format!("{prefix}/{name}")).collect()
    };
    let mut all = keys(payload, "");
    all.extend(keys(&payload["tool_input"], "/tool_input"));
    all
}

fn replacements() -> [(&'static str, Value); 8] {
    [
        ("null", Value::Null),
        ("a number", json!(42)),
        ("a huge number", json!(1e300)),
        ("a list", json!(["a", {"b": 1}])),
        ("an object", json!({"a": ["b"]})),
        ("a truth value", json!(true)),
        ("an empty text", json!("")),
        ("a huge text", json!("x/".repeat(100_000))),
    ]
}

/// Paths as JSON literals.
fn strange_paths(payload: &Value) -> Vec<(&'static str, String)> {
    let cwd = payload["cwd"].as_str().unwrap_or("/");
    vec![
        ("a NUL in the path", format!("\"{cwd}/a.txt\\u0000x\"")),
        ("only a NUL for a path", "\"\\u0000\"".to_owned()),
        ("half a character in the path", format!("\"{cwd}/\\ud83d.txt\"")),
        ("the other half in the path", format!("\"{cwd}/\\ude00.txt\"")),
        (
            "a line break in the path",
            format!("\"{cwd}/a\\nb\\u001b[31m.txt\""),
        ),
        ("a relative path", "\"../../../../../../../..\"".to_owned()),
        ("a path to a device", "\"/dev/stdin\"".to_owned()),
        ("a deep path", format!("\"{}\"", "/a".repeat(5_000))),
        ("a long name", format!("\"/{}\"", "a".repeat(5_000))),
    ]
}

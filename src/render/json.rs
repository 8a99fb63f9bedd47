//! JSON that is plain ASCII.
//!
//! JSON carries values unshortened and unescaped by [`frame`](crate::frame), since a program wants them as
//! they are. What makes them safe to look at is the encoding: outside ASCII everything is written as
//! `\uXXXX`, so no bidirectional override, invisible tag or C1 control reaches a terminal, and every
//! reader agrees on the bytes. (Controls below U+0020 are escaped by JSON itself.)

use std::fmt::Write as _;

use serde::Serialize;

/// `value` as JSON with an indentation of two spaces and a final newline.
///
/// A value that has no JSON form (a map whose keys are not strings) is a mistake in the program; it comes
/// out as an object with the one key `error`.
#[must_use]
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = to_ascii(serde_json::to_string_pretty(value));
    text.push('\n');
    text
}

/// `value` as JSON on one line, without a newline at its end.
///
/// Like [`to_string`] it turns a value without a JSON form into an object with the one key `error`.
#[must_use]
pub fn to_line<T: Serialize + ?Sized>(value: &T) -> String {
    to_ascii(serde_json::to_string(value))
}

/// Outside of strings JSON is ASCII, so whatever is not stands in a string and may be escaped there.
fn to_ascii(json: serde_json::Result<String>) -> String {
    let json = json.unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    if json.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
        return json;
    }
    let mut text = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn people_get_two_spaces_and_a_final_newline() {
        assert_eq!(
            to_string(&json!({"a": [1, "b"], "c": {}})),
            "{\n  \"a\": [\n    1,\n    \"b\"\n  ],\n  \"c\": {}\n}\n"
        );
    }

    #[test]
    fn hooks_get_one_line() {
        assert_eq!(to_line(&json!({"a": "1\n2"})), r#"{"a":"1\n2"}"#);
    }

    #[test]
    fn everything_beyond_ascii_is_escaped() {
        assert_eq!(
            to_line("ä\u{7f}\u{9b}\u{202e}😀\x1b"),
            r#""\u00e4\u007f\u009b\u202e\ud83d\ude00\u001b""#
        );
        assert_eq!(to_line(&json!({"ä": 1})), r#"{"\u00e4":1}"#);
    }

    #[test]
    fn a_value_without_a_json_form_says_so() {
        let value = HashMap::from([((1, 2), 3)]);
        assert_eq!(to_line(&value), r#"{"error":"key must be a string"}"#);
    }

    proptest! {
        #[test]
        fn any_string_comes_back_from_printable_ascii(value: String) {
            for text in [to_line(&value), to_string(&json!([value])).replace(['\n'], "")] {
                prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                let read: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(read.get(0).unwrap_or(&read).as_str(), Some(value.as_str()));
            }
        }
    }
}

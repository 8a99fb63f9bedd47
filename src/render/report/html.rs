//! Pieces of HTML that nothing of anybody's text can get out of.
//!
//! Text between tags is [`Clean`]: it holds no `<` or `>`, and its entities are those of HTML. An attribute needs its
//! quotes escaped as well, and a block of JSON in a script element must not hold what could end that element.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::frame::Clean;
use crate::render::json::to_line;

/// A value inside a double-quoted attribute.
pub(super) fn attribute(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            other => text.push(other),
        }
    }
    text
}

/// The characters that a clean text stands for, for a program that makes nothing but text of them.
pub(super) fn plain(text: impl AsRef<str>) -> String {
    text.as_ref()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// JSON for the inside of a script element: no `<`, so that nothing in it begins or ends an element or a comment.
pub(super) fn embedded<T: serde::Serialize + ?Sized>(value: &T) -> String {
    to_line(value)
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// How a policy names an inline style or script: by what it holds.
pub(super) fn fingerprint(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |index: usize| usize::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let is_padding = place > group.len();
            text.push(if is_padding {
                '='
            } else {
                char::from(LETTERS[bits >> shift & 63])
            });
        }
    }
    text
}

/// What a cell of a table holds.
pub(super) enum Cell {
    /// Any text.
    Text(String),
    /// A number or a length of time, at the right edge.
    Number(String),
    /// A moment.
    When(String),
}

impl Cell {
    pub(super) fn clean(text: &Clean) -> Self {
        Self::Text(text.to_string())
    }
}

/// A table in a box that is scrolled sideways where it is too wide. `caption` and the headings are our own words;
/// the contents of cells are clean already.
pub(super) fn table(caption: &str, headings: &[(&str, bool)], rows: &[Vec<Cell>]) -> String {
    let mut text = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table><caption>{caption}</caption><thead><tr>",
        attribute(caption)
    );
    for (heading, is_number) in headings {
        let class = if *is_number { " class=\"number\"" } else { "" };
        let _infallible = write!(text, "<th scope=\"col\"{class}>{heading}</th>");
    }
    text.push_str("</tr></thead><tbody>\n");
    for row in rows {
        text.push_str("<tr>");
        for cell in row {
            let (class, value) = match cell {
                Cell::Text(value) => ("text", value),
                Cell::Number(value) => ("number", value),
                Cell::When(value) => ("when", value),
            };
            let _infallible = write!(text, "<td class=\"{class}\">{value}</td>");
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Field, clean};

    #[test]
    fn a_style_is_named_as_browsers_name_it() {
        // echo -n 'abc' | openssl dgst -sha256 -binary | base64
        assert_eq!(
            fingerprint("abc"),
            "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"
        );
        for (bytes, expected) in [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v")] {
            assert_eq!(base64(bytes), expected);
        }
    }

    #[test]
    fn no_text_ends_the_block_of_data_and_all_of_it_comes_back() {
        let hostile = "</script><script>alert(1)</script><!-- ]]> & \u{202e}";
        let block = embedded(&hostile);
        assert!(!block.contains(['<', '>', '&']), "{block}");
        assert_eq!(serde_json::from_str::<String>(&block).unwrap(), hostile);
    }

    proptest! {
        #[test]
        fn an_attribute_never_ends_early(value in "\\PC*") {
            let text = attribute(clean(&value, Field::Message).as_str());
            prop_assert!(!text.contains(['"', '\'', '<', '>']));
        }

        #[test]
        fn what_a_clean_text_stands_for_is_what_was_written(value in "[ -~]{0,60}") {
            let shown: Vec<&str> = value.split_whitespace().collect();
            prop_assert_eq!(plain(clean(&value, Field::Message)), shown.join(" "));
        }
    }
}

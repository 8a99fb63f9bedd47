//! Writing something new into a file so that it looks as if its owner had.
//!
//! A file indented by tabs gets tabs, one with CR LF keeps them, and one that stands on a single line stays
//! there. It is more than courtesy: a file that is formatted by a tool, changed and changed back must not
//! show up as a difference.

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::json::{Container, Document, Item, Key};
use super::reader::Unmergeable;

/// How a file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    newline: &'static str,
    /// One step of indentation.
    unit: String,
    /// Whether everything is on one line, so that new things belong there as well.
    is_one_line: bool,
    /// Whether there are no blanks after colons and commas.
    is_minified: bool,
}

impl Layout {
    /// The layout of `text`, whose top level is `root`. A file without content gets two spaces.
    pub(super) fn of(text: &str, root: &Container) -> Self {
        let first = root.items.first().map(|item| item.lead.as_str());
        let is_one_line = first.is_some_and(|lead| !lead.contains('\n'));
        let unit = first.map(|lead| indent_after(lead, "")).unwrap_or_default();
        Self {
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit: if unit.is_empty() { "  ".to_owned() } else { unit },
            is_one_line,
            is_minified: is_one_line && !text.contains("\": "),
        }
    }

    /// Puts `value` into `container` before the item that is at `index`, with `key` if it is an object.
    ///
    /// `indent` is the indentation of the line on which the container begins.
    ///
    /// # Errors
    /// None in fact: it reads again what it has just written.
    pub(super) fn insert(
        &self,
        container: &mut Container,
        index: usize,
        indent: &str,
        key: Option<&str>,
        value: &serde_json::Value,
    ) -> Result<(), Unmergeable> {
        let gap = if self.is_minified { "" } else { " " };
        let lead = match container.items.last() {
            None if self.is_one_line => String::new(),
            None => {
                container.close = format!("{}{indent}", self.newline);
                format!("{}{indent}{}", self.newline, self.unit)
            }
            Some(last) => match last.lead.rfind('\n') {
                Some(at) => format!("{}{}", self.newline, &last.lead[at + 1..]),
                None if index == 0 => {
                    let first = &mut container.items[0];
                    std::mem::replace(&mut first.lead, gap.to_owned())
                }
                None => gap.to_owned(),
            },
        };
        let value = if lead.contains('\n') {
            self.spread(value, &indent_after(&lead, indent))
        } else {
            value.to_string()
        };
        let item = Item {
            key: key.map(|name| Key {
                name: name.to_owned(),
                raw: format!("{}:{gap}", serde_json::Value::from(name)),
            }),
            value: Document::parse(&value)?.root,
            lead,
            tail: String::new(),
            at: 0,
        };
        container.items.insert(index, item);
        Ok(())
    }

    /// `value` on several lines, the first of which is already indented by `indent`.
    fn spread(&self, value: &serde_json::Value, indent: &str) -> String {
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.unit.as_bytes());
        let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
        match (written, String::from_utf8(bytes)) {
            // Inside strings a line break is written as an escape.
            (Ok(()), Ok(text)) => text.replace('\n', &format!("{}{indent}", self.newline)),
            _ => value.to_string(),
        }
    }
}

/// The indentation of what follows the blanks `lead`; that of the line it is on when there is no break.
pub(super) fn indent_after(lead: &str, inherited: &str) -> String {
    lead.rfind('\n')
        .map_or(inherited, |newline| &lead[newline + 1..])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inserted(text: &str, index: usize, key: &str) -> String {
        let mut document = Document::parse(text).unwrap();
        let root = document.root.as_object_mut().unwrap();
        let layout = Layout::of(text, root);
        layout
            .insert(root, index, "", Some(key), &json!({"b": [1]}))
            .unwrap();
        document.to_string()
    }

    #[test]
    fn a_new_member_looks_like_its_neighbours() {
        let cases = [
            ("{}\n", "{\n  \"k\": {\n    \"b\": [\n      1\n    ]\n  }\n}\n"),
            (
                "{\n\t\"a\": 1\n}",
                "{\n\t\"a\": 1,\n\t\"k\": {\n\t\t\"b\": [\n\t\t\t1\n\t\t]\n\t}\n}",
            ),
            (
                "{\r\n    \"a\": 1\r\n}\r\n",
                "{\r\n    \"a\": 1,\r\n    \"k\": {\r\n        \"b\": [\r\n            1\r\n        ]\r\n    }\r\n}\r\n",
            ),
            ("{\"a\":1}", "{\"a\":1,\"k\":{\"b\":[1]}}"),
            ("{ \"a\": 1 }", "{ \"a\": 1, \"k\": {\"b\":[1]} }"),
        ];
        for (before, after) in cases {
            let index = usize::from(before.contains("\"a\""));
            assert_eq!(inserted(before, index, "k"), after);
        }
    }

    #[test]
    fn a_new_first_member_takes_the_place_of_the_old_one() {
        assert_eq!(
            inserted("{ \"a\": 1 }", 0, "k"),
            "{ \"k\": {\"b\":[1]}, \"a\": 1 }"
        );
        assert_eq!(
            inserted("{\n\n \"a\": 1\n}", 0, "k"),
            "{\n \"k\": {\n  \"b\": [\n   1\n  ]\n },\n\n \"a\": 1\n}"
        );
    }
}

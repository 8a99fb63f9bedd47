//! Labels in the languages of pictures, Graphviz and Mermaid: whatever stands in a text, it stays the text of one
//! label.

use std::fmt::Write as _;

/// Text inside a quoted string of Graphviz, which reads entities and backslashes.
pub(super) fn dot_label(text: &(impl ToString + ?Sized)) -> String {
    text.to_string().replace('\\', "\\\\").replace('"', "\\\"")
}

/// Text inside a quoted label of Mermaid, whose entities begin with `#`. It reads more than it documents, so all
/// but words and the plainest punctuation is written as a number.
pub(super) fn mermaid_label(text: &(impl ToString + ?Sized)) -> String {
    let text = text.to_string();
    let mut label = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // Text is clean: this begins one of the entities that cleaning makes.
            '&' => label.push('#'),
            ';' if is_entity(&label) => label.push(';'),
            ' ' | '-' | '_' | '.' | ',' | ':' | '/' => label.push(character),
            _ if character.is_alphanumeric() => label.push(character),
            _ => {
                let _infallible = write!(label, "#{};", u32::from(character));
            }
        }
    }
    label
}

/// Whether what was written last is an entity that is still to be closed.
fn is_entity(label: &str) -> bool {
    ["#amp", "#lt", "#gt"].iter().any(|open| label.ends_with(open))
}

//! How many lines an edit added and removed, as far as the client's payload says.

use serde_json::{Map, Value};

use super::wire::Input;

/// Lines added and removed; `None` where the payload does not say.
pub(super) fn changed(input: &Input) -> Option<(i64, i64)> {
    let hunks = input
        .tool_response
        .get("structuredPatch")
        .and_then(Value::as_array);
    if let Some(hunks) = hunks.filter(|hunks| !hunks.is_empty()) {
        return Some(patched(hunks));
    }
    let text = |fields: &'_ Map<String, Value>, key: &str| fields.get(key)?.as_str().map(str::to_owned);
    let asked = &input.tool_input;
    match input.tool_name.as_deref()? {
        "Write" => {
            let before = match input.tool_response.get("originalFile")? {
                Value::Null => String::new(),
                original => original.as_str()?.to_owned(),
            };
            Some(replaced(&before, &text(asked, "content")?))
        }
        "Edit" => Some(replaced(&text(asked, "old_string")?, &text(asked, "new_string")?)),
        "MultiEdit" => {
            let edits = asked.get("edits")?.as_array()?;
            edits.iter().try_fold((0, 0), |(added, removed), edit| {
                let edit = edit.as_object()?;
                let more = replaced(&text(edit, "old_string")?, &text(edit, "new_string")?);
                Some((added + more.0, removed + more.1))
            })
        }
        "NotebookEdit" => {
            let before = text(&input.tool_response, "old_source").unwrap_or_default();
            Some(replaced(&before, &text(asked, "new_source")?))
        }
        _ => None,
    }
}

/// What the hunks of a patch add and remove.
fn patched(hunks: &[Value]) -> (i64, i64) {
    let lines = hunks
        .iter()
        .filter_map(|hunk| hunk.get("lines")?.as_array())
        .flatten()
        .filter_map(Value::as_str);
    lines.fold((0, 0), |(added, removed), line| match line.as_bytes().first() {
        Some(b'+') => (added + 1, removed),
        Some(b'-') => (added, removed + 1),
        _ => (added, removed),
    })
}

/// What replacing one text by another adds and removes, the lines left out that they begin or end alike.
fn replaced(before: &str, after: &str) -> (i64, i64) {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = before.iter().zip(&after).take_while(same).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take_while(same)
        .count();
    let count = |lines: usize| i64::try_from(lines - tail).unwrap_or(i64::MAX);
    (count(after.len()), count(before.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(payload: &str) -> Option<(i64, i64)> {
        changed(&Input::parse(payload.as_bytes()))
    }

    #[test]
    fn the_clients_patch_counts_before_anything_else() {
        assert_eq!(
            lines(
                r#"{"tool_name":"Edit","tool_input":{"old_string":"x","new_string":"y"},"tool_response":
                {"structuredPatch":[{"lines":["-a","+b","+c"," d"]},{"lines":["-e","\\ No newline"]}]}}"#
            ),
            Some((2, 2))
        );
    }

    #[test]
    fn without_a_patch_the_texts_are_compared() {
        for (payload, expected) in [
            (
                r#"{"tool_name":"Write","tool_input":{"content":"a\nb\n"},"tool_response":{"structuredPatch":[],"originalFile":null}}"#,
                Some((2, 0)),
            ),
            (
                r#"{"tool_name":"Write","tool_input":{"content":"a\nb\n"},"tool_response":{"originalFile":"a\nc\nd\n"}}"#,
                Some((1, 2)),
            ),
            (r#"{"tool_name":"Write","tool_input":{"content":"a\nb\n"}}"#, None),
            (
                r#"{"tool_name":"Edit","tool_input":{"old_string":"a\nb\nc","new_string":"a\nx\ny\nc"}}"#,
                Some((2, 1)),
            ),
            (
                r#"{"tool_name":"MultiEdit","tool_input":{"edits":[{"old_string":"a","new_string":""},{"old_string":"b","new_string":"c\nd"}]}}"#,
                Some((2, 2)),
            ),
            (
                r#"{"tool_name":"NotebookEdit","tool_input":{"new_source":"b"},"tool_response":{"old_source":"a"}}"#,
                Some((1, 1)),
            ),
            (r#"{"tool_name":"Edit","tool_input":{"old_string":1}}"#, None),
            (r#"{"tool_name":"Bash","tool_input":{"command":"x"}}"#, None),
        ] {
            assert_eq!(lines(payload), expected, "{payload}");
        }
    }
}

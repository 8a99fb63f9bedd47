//! Braces in patterns: `{a,b}` written out, as shells do, before anything else of a pattern is read.

/// Most patterns that the braces of one may stand for.
const MOST: usize = 64;

/// Every pattern that `text` stands for, at least one; `None` when there would be too many.
///
/// Braces without a comma between them and braces that are not closed stand for themselves.
pub(super) fn expand(text: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut waiting = vec![(text.to_owned(), 0)];
    while let Some((text, from)) = waiting.pop() {
        match first_group(&text, from) {
            None => done.push(text),
            Some(Group { open, close, commas }) => {
                let mut start = open + 1;
                let mut expanded = Vec::with_capacity(commas.len() + 1);
                for end in commas.into_iter().chain([close]) {
                    // What stands before the group holds none any more; what is in it may.
                    expanded.push((
                        format!("{}{}{}", &text[..open], &text[start..end], &text[close + 1..]),
                        open,
                    ));
                    start = end + 1;
                }
                waiting.extend(expanded.into_iter().rev());
            }
        }
        if done.len() + waiting.len() > MOST {
            return None;
        }
    }
    Some(done)
}

struct Group {
    open: usize,
    close: usize,
    commas: Vec<usize>,
}

/// The first group of alternatives that opens at or behind `from`.
fn first_group(text: &str, from: usize) -> Option<Group> {
    let bytes = text.as_bytes();
    let mut open = from;
    while open < bytes.len() {
        match bytes[open] {
            b'\\' => open += 1,
            b'{' => {
                if let Some(group) = group(bytes, open) {
                    return Some(group);
                }
            }
            _ => {}
        }
        open += 1;
    }
    None
}

/// The group that opens at `open`, if it is closed and has a comma of its own.
fn group(bytes: &[u8], open: usize) -> Option<Group> {
    let (mut depth, mut at, mut commas) = (0_usize, open, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return (!commas.is_empty()).then_some(Group {
                        open,
                        close: at,
                        commas,
                    });
                }
            }
            b',' if depth == 1 => commas.push(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_written_out_in_order() {
        for (text, all) in [
            ("a", &["a"][..]),
            ("{a,b}", &["a", "b"]),
            ("x{a,b}{c,d}", &["xac", "xad", "xbc", "xbd"]),
            ("{a,b{c,d}}", &["a", "bc", "bd"]),
            ("a{,.bak}", &["a", "a.bak"]),
            ("{a/b,c}/d", &["a/b/d", "c/d"]),
        ] {
            assert_eq!(expand(text).unwrap(), all, "{text}");
        }
    }

    #[test]
    fn what_is_no_group_stands_for_itself() {
        for text in ["{a}", "{a", "a}", "{}", r"\{a,b}", r"{a\,b}"] {
            assert_eq!(expand(text).unwrap(), [text], "{text}");
        }
        assert_eq!(expand("{{a,b}}").unwrap(), ["{a}", "{b}"]);
    }

    #[test]
    fn too_many_alternatives_are_refused_early() {
        assert_eq!(expand(&"{a,b}".repeat(5)).unwrap().len(), 32);
        assert!(expand(&"{a,b}".repeat(300)).is_none());
    }
}

//! How the demonstration looks: numbered scenes, a sentence or two, who does what, and behind a bar what came back.

use std::fmt::Write as _;

use super::colour;
use super::wrap::wrap;

/// The most characters of one answer that are shown.
const SHOWN: usize = 4_000;

/// Where a scene begins.
#[must_use]
pub fn scene(number: usize, count: usize, title: &str) -> String {
    let number = colour::dim(&format!("{number}/{count}"));
    format!("\n{number} {}\n", colour::heading(title))
}

/// A remark of the narrator's.
#[must_use]
pub fn remark(text: &str, width: Option<usize>) -> String {
    let mut lines = String::new();
    for line in wrap(text, width.unwrap_or(100).clamp(20, 100)) {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{}", colour::dim(&line));
    }
    lines
}

/// Who does what.
#[must_use]
pub fn deed(who: &str, what: &str) -> String {
    format!("{} {what}\n", colour::ok(&format!("{who}:")))
}

/// The lines of an answer, each behind a bar, broken where the terminal ends. The answer comes from this program,
/// which has neutralised it already, and its frame must be seen as it is.
#[must_use]
pub fn answer(text: &str, width: Option<usize>) -> String {
    let kept: String = text.chars().take(SHOWN).collect();
    let mut lines = String::new();
    for line in kept.lines().filter(|line| !line.is_empty()) {
        for line in wrap(
            line,
            width.map_or(usize::MAX, |width| width.saturating_sub(4).max(20)),
        ) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "  {} {line}", colour::dim("|"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_an_answer_stand_behind_a_bar() {
        let plain =
            |width| anstream::adapter::strip_str(&answer("a\n\nlong lines are broken", width)).to_string();
        assert_eq!(plain(None), "  | a\n  | long lines are broken\n");
        assert_eq!(plain(Some(24)), "  | a\n  | long lines are\n  | broken\n");
    }
}

//! Text in lines: broken where it is wider than its place, scrolled where it is longer.

use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Screen, name_of};
use crate::console::layout::Area;
use crate::console::rows::Tone;
use crate::console::state::{Mode, State};
use crate::frame::conceal;

impl Screen<'_> {
    /// All about what is chosen.
    pub(super) fn details(&mut self, state: &mut State, area: Area) {
        let inside = area.inside();
        let lines = wrap(&state.detail.text, usize::from(inside.width));
        let height = usize::from(inside.height);
        state.detail_top = state.detail_top.min(lines.len().saturating_sub(height));
        let below = lines.len().saturating_sub(state.detail_top + height);
        let more = if below > 0 {
            format!(" ↓{below} J K Enter")
        } else {
            String::new()
        };
        self.border(area, &format!("{}{more}", name_of(state)), false);
        self.lines(&lines, state.detail_top, inside);
    }

    /// A text that has the whole body.
    pub(super) fn page(&mut self, state: &mut State, body: Rect, title: &str, text: &str) {
        let area = Area(body);
        let inside = area.inside();
        let lines = wrap(text, usize::from(inside.width));
        let height = usize::from(inside.height);
        state.bound_page(lines.len(), height);
        let (Mode::Help(top) | Mode::Output(top) | Mode::Page(top)) = state.mode else {
            return;
        };
        let below = lines.len().saturating_sub(top + height);
        let more = if below > 0 {
            format!(" ↓{below}")
        } else {
            String::new()
        };
        self.border(area, &format!("{}{more}", conceal(title)), true);
        self.lines(&lines, top, inside);
    }

    fn lines(&mut self, lines: &[String], top: usize, inside: Rect) {
        for (row, line) in inside.rows().zip(lines.iter().skip(top)) {
            let is_trouble = line.starts_with("error:");
            let tone = if is_trouble { Tone::Bad } else { Tone::Plain };
            self.put(row, line, self.theme.tone(tone));
        }
    }
}

/// The lines of a text, none wider than `width` columns; broken at a blank where there is one, and what follows is
/// indented like its beginning.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = conceal(line);
        let indent = line.len() - line.trim_start().len();
        let indent = if indent < width / 2 { indent } else { 0 };
        let bar = if line.trim_start().starts_with("| ") {
            "| "
        } else {
            ""
        };
        let lead = format!("{}{bar}", " ".repeat(indent));
        let lead = if lead.width() < width / 2 {
            lead
        } else {
            String::new()
        };
        let mut rest = line.trim_end().to_owned();
        loop {
            let (piece, after) = broken(&rest, width);
            if after.is_empty() {
                lines.push(rest);
                break;
            }
            let after = format!("{lead}{}", after.trim_start());
            lines.push(piece.trim_end().to_owned());
            rest = after;
        }
    }
    lines
}

/// The beginning of a line that fits, and the rest. At least one character is taken.
fn broken(line: &str, width: usize) -> (&str, &str) {
    if line.width() <= width {
        return (line, "");
    }
    let mut used = 0;
    let mut end = line.len();
    for (at, letter) in line.char_indices() {
        used += letter.width().unwrap_or(0);
        if used > width && at > 0 {
            end = at;
            break;
        }
    }
    let start = line.len() - line.trim_start().len();
    // A blank at which the line can be broken, but not one of its indentation.
    let blank = if line[end..].starts_with(' ') {
        Some(end)
    } else {
        line[..end].rfind(' ')
    };
    let blank = blank.filter(|blank| *blank > start + width / 3);
    line.split_at(blank.unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_broken_at_a_blank_and_goes_on_like_it_began() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("  | alpha beta gamma", 14), ["  | alpha beta", "  | gamma"]);
        assert_eq!(wrap("漢字漢字漢字", 5), ["漢字", "漢字", "漢字"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(wrap("", 5), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_place_and_no_letter_is_lost(text in "[a-z漢 |\n]{0,120}", width in 2_usize..40) {
            let lines = wrap(&text, width);
            for line in &lines {
                prop_assert!(line.width() <= width, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|letter| letter.is_alphabetic()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}

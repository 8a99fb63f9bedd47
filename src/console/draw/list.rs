//! A list in its columns.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{Screen, skip};
use crate::console::layout::Area;
use crate::console::pane::{Column, Pane};
use crate::console::rows::{Row, Tone};
use crate::console::state::State;
use crate::console::theme::Theme;
use crate::console::view::View;

/// Columns between two columns.
const GAP: usize = 2;
/// The least that the column which takes the rest is left with, where others can be left out instead.
const LEAST: usize = 10;

impl Screen<'_> {
    pub(super) fn list(&mut self, state: &State, pane: Pane, area: Area) {
        let view = state.view(pane);
        let has_focus = state.focus == pane;
        self.border(area, &title(state, pane, view, area.rows()), has_focus);
        let inside = area.inside();
        if view.counts().0 == 0 {
            let empty = if view.counts().1 > 0 {
                "Nothing here holds these words. Esc shows all."
            } else {
                pane.empty()
            };
            self.put(inside, empty, self.theme.tone(Tone::Faint));
            return;
        }
        let rows: Vec<(&Row, bool)> = view.seen(area.rows()).collect();
        let widths = widths(pane.columns(), &rows, usize::from(inside.width));
        let mut lines = inside.rows();
        if area.is_headed()
            && let Some(line) = lines.next()
        {
            self.headings(pane, &widths, line);
        }
        for (line, (row, is_chosen)) in lines.zip(rows) {
            self.row(row, &widths, line);
            if is_chosen {
                self.buffer.set_style(line, Theme::chosen(has_focus));
            }
        }
    }

    fn headings(&mut self, pane: Pane, widths: &[usize], line: Rect) {
        let mut at = line;
        for (column, width) in pane.columns().iter().zip(widths) {
            if *width > 0 {
                self.put(narrow(at, *width), column.title, self.theme.tone(Tone::Faint));
                at = skip(at, u16::try_from(width + GAP).unwrap_or(u16::MAX));
            }
        }
    }

    fn row(&mut self, row: &Row, widths: &[usize], line: Rect) {
        let mut at = line;
        for (cell, width) in row.cells.iter().zip(widths) {
            if *width == 0 {
                continue;
            }
            let style = self.theme.tone(cell.tone);
            let mut place = narrow(at, *width);
            if cell.depth > 0 {
                // Deep below, what is said matters more than how deep.
                let most = (*width / 3).max(2);
                let lead = (2 * (cell.depth - 1)).min(most - 2);
                place = self.put(
                    place,
                    &format!("{}└ ", " ".repeat(lead)),
                    self.theme.tone(Tone::Faint),
                );
            }
            self.put(place, cell.text.as_str(), style);
            at = skip(at, u16::try_from(width + GAP).unwrap_or(u16::MAX));
        }
    }
}

/// The title: the number of the list, how much is in it, and what is beyond its ends.
fn title(state: &State, pane: Pane, view: &View, height: usize) -> String {
    let (shown, all) = view.counts();
    let mut text = format!("{} {} {all}", pane.index() + 1, pane.title());
    if !view.filter().is_empty() {
        text = format!(
            "{} {} {shown}/{all} /{}",
            pane.index() + 1,
            pane.title(),
            view.filter()
        );
    }
    let left_out = state.seen.tasks_left_out();
    if pane == Pane::Tasks && left_out > 0 {
        let _infallible = write!(text, " of {}: task list shows all", all + left_out);
    }
    let is_shared = pane == state.record && state.is_wide();
    if is_shared {
        let other = if pane == Pane::Activity {
            Pane::Decisions
        } else {
            Pane::Activity
        };
        let count = state.view(other).counts().1;
        let _infallible = write!(text, " · {} {} {count}", other.index() + 1, other.title());
    }
    let (above, below) = view.beyond(height);
    if above > 0 {
        let _infallible = write!(text, " ↑{above}");
    }
    if below > 0 {
        let _infallible = write!(text, " ↓{below}");
    }
    crate::frame::conceal(&text)
}

fn narrow(place: Rect, width: usize) -> Rect {
    Rect {
        width: place.width.min(u16::try_from(width).unwrap_or(u16::MAX)),
        ..place
    }
}

/// How wide each column is; one that is not shown is not wide at all.
fn widths(columns: &[Column], rows: &[(&Row, bool)], room: usize) -> Vec<usize> {
    let widest = |index: usize, column: &Column| {
        let cells = rows.iter().filter_map(|(row, _)| row.cells.get(index));
        let widest = cells.map(|cell| cell.text.as_str().width()).max().unwrap_or(0);
        widest.max(column.title.width())
    };
    let mut widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| match column.most {
            Some(most) if column.from <= room => widest(index, column).clamp(1, most),
            _ => 0,
        })
        .collect();
    let left = |widths: &[usize]| {
        room.saturating_sub(
            widths
                .iter()
                .filter(|width| **width > 0)
                .map(|width| width + GAP)
                .sum(),
        )
    };
    // The last columns are the first to go.
    for index in (1..columns.len()).rev() {
        if left(&widths) >= LEAST {
            break;
        }
        if columns[index].most.is_some() {
            widths[index] = 0;
        }
    }
    if let Some(rest) = columns.iter().position(|column| column.most.is_none()) {
        widths[rest] = left(&widths).max(1);
    }
    widths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_columns_fit_and_the_one_that_matters_is_always_there(room in 1_usize..250) {
            for pane in Pane::ALL {
                let widths = widths(pane.columns(), &[], room);
                let used: usize = widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum();
                let rest = pane.columns().iter().position(|column| column.most.is_none()).unwrap();
                prop_assert!(widths[rest] >= 1);
                prop_assert!(used <= room + GAP || room < 40, "{pane:?} {widths:?}");
            }
        }
    }
}

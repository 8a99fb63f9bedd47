//! Aligned columns.
//!
//! Alignment goes by the columns a terminal gives a character, not by characters or bytes, because names
//! and titles are in every language. Cells are [`Clean`], so a value cannot move the cursor, forge a row
//! or hide behind colour; styles are kept apart from the text and count for nothing.

mod fit;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::colour::{HEADING, paint};
use crate::frame::Clean;

pub use fit::Column;

/// What stands between two columns.
const GAP: &str = "  ";

/// Text in a table and the style it is shown in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    text: Clean,
    style: Style,
}

impl Cell {
    /// `text` in `style`.
    #[must_use]
    pub const fn styled(text: Clean, style: Style) -> Self {
        Self { text, style }
    }

    fn width(&self) -> usize {
        self.text.as_str().width()
    }
}

impl From<Clean> for Cell {
    fn from(text: Clean) -> Self {
        Self::styled(text, Style::new())
    }
}

impl From<&'static str> for Cell {
    /// The program's own words, as with [`Clean::literal`].
    fn from(text: &'static str) -> Self {
        Self::from(Clean::literal(text))
    }
}

/// Rows of cells, left aligned, two spaces between the columns.
///
/// ```
/// use agent_sync::frame::{Field, clean};
/// use agent_sync::render::table::Table;
///
/// let mut table = Table::new();
/// table.row([clean("ada", Field::Name), clean("src/lib.rs", Field::Path)]);
/// table.row([clean("grace", Field::Name), clean("docs/", Field::Path)]);
/// assert_eq!(table.render(Some(12)), "ada    src/…\ngrace  docs/\n");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    /// How the columns give way; empty where only the last one is cut.
    columns: Vec<Column>,
}

impl Table {
    /// A table without headings.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// A table with these columns under their headings, which leave and are cut where the terminal is narrow. One
    /// that has nothing but its heading is left out.
    #[must_use]
    pub fn of_columns(columns: &[Column]) -> Self {
        let mut table = Self {
            rows: Vec::new(),
            columns: columns.to_vec(),
        };
        let headings = columns.iter().map(|column| Clean::literal(column.heading));
        table.row(headings.map(|heading| Cell::styled(heading, HEADING)));
        table
    }

    /// A table with a first row of headings.
    #[must_use]
    pub fn with_headings<const COLUMNS: usize>(headings: [&'static str; COLUMNS]) -> Self {
        let mut table = Self::new();
        table.row(headings.map(|heading| Cell::styled(Clean::literal(heading), HEADING)));
        table
    }

    /// Adds a row. Rows may differ in length; missing cells are empty.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let mut row: Vec<Cell> = cells.into_iter().map(Into::into).collect();
        if let Some(first) = row.first_mut() {
            first.text = std::mem::take(&mut first.text).at_line_start();
        }
        self.rows.push(row);
    }

    /// The table as lines, each with a newline and without spaces at its end.
    ///
    /// With a `width` (terminal columns) no line is wider: columns that say how they give way do so, otherwise
    /// the last one is cut, with `…`. In that case the others are never cut; where they leave no room, the last
    /// one keeps one column.
    #[must_use]
    pub fn render(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let last = widths.iter().rposition(Option::is_some);
        let mut text = String::new();
        for row in &self.rows {
            let mut owed = 0;
            for (column, cell) in row.iter().enumerate() {
                let Some(room) = widths[column] else { continue };
                let shown = cut(cell.text.as_str(), room);
                if !shown.is_empty() {
                    text.push_str(&" ".repeat(owed));
                    owed = 0;
                    text.push_str(&paint(cell.style, &shown));
                }
                if last != Some(column) {
                    owed += (room + GAP.len()).saturating_sub(shown.width());
                }
            }
            text.push('\n');
        }
        text
    }

    /// How wide each column is; `None` for one that is not shown.
    fn widths(&self, width: Option<usize>) -> Vec<Option<usize>> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize, skipped: usize| {
            let cells = self.rows.iter().skip(skipped).filter_map(|row| row.get(column));
            cells.map(Cell::width).max().unwrap_or(0)
        };
        let mut natural: Vec<usize> = (0..columns).map(|column| widest(column, 0)).collect();
        if !self.columns.is_empty() {
            for (column, natural) in natural.iter_mut().enumerate() {
                // A heading above nothing says nothing.
                if widest(column, 1) == 0 {
                    *natural = 0;
                }
            }
            return fit::fit(&self.columns, &natural, GAP.len(), width.unwrap_or(usize::MAX));
        }
        let mut widths: Vec<Option<usize>> = natural.into_iter().map(Some).collect();
        if let Some((last, others)) = widths.split_last_mut()
            && let Some(width) = width
        {
            let before: usize = others.iter().flatten().map(|width| width + GAP.len()).sum();
            *last = last.map(|last| last.min(width.saturating_sub(before).max(1)));
        }
        widths
    }
}

/// `text` in at most `room` terminal columns, with `…` where it was cut.
#[must_use]
pub fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |&(_, character): &(usize, char)| {
        used += character.width().unwrap_or(0);
        used < room
    };
    let end = text.char_indices().take_while(fits).last();
    let end = end.map_or(0, |(start, character)| start + character.len_utf8());
    format!("{}…", text[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Field, clean};
    use crate::render::colour::WARN;

    fn cells<const COLUMNS: usize>(values: [&str; COLUMNS]) -> [Clean; COLUMNS] {
        values.map(|value| clean(value, Field::Message))
    }

    #[test]
    fn columns_are_aligned_by_terminal_width() {
        let mut table = Table::new();
        table.row(cells(["名前", "a", "x"]));
        table.row(cells(["b", "größe", "y z"]));
        table.row(cells(["e\u{301}", "😀", ""]));
        assert_eq!(
            table.render(None),
            "名前  a      x\nb     größe  y z\ne\u{301}     😀\n"
        );
    }

    #[test]
    fn colour_does_not_count() {
        let mut table = Table::with_headings(["WHO", "STATE", "PATH"]);
        table.row([
            clean("ada", Field::Name).into(),
            Cell::styled(Clean::literal("stale"), WARN),
            "src".into(),
        ]);
        table.row(cells(["grace", "idle", "a"]));
        let text = table.render(None);
        assert!(text.contains("\x1b[33mstale\x1b[0m  src"));
        assert_eq!(
            strip_str(&text).to_string(),
            "WHO    STATE  PATH\nada    stale  src\ngrace  idle   a\n"
        );
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let mut table = Table::new();
        table.row(cells(["ab", "0123456789"]));
        table.row(cells(["a", "漢字漢字漢字"]));
        table.row(cells(["a", "12345 789"]));
        assert_eq!(table.render(Some(10)), "ab  01234…\na   漢字…\na   12345…\n");
        assert_eq!(
            table.render(Some(14)),
            "ab  0123456789\na   漢字漢字…\na   12345 789\n"
        );
        assert_eq!(table.render(Some(0)), "ab  …\na   …\na   …\n");
    }

    #[test]
    fn columns_give_way_and_stay_aligned() {
        let mut table = Table::of_columns(&[
            Column::new("WHO").least(3),
            Column::new("ROLE").leaves(1),
            Column::new("WHERE").leaves(2),
            Column::new("WHAT").least(6),
        ]);
        table.row(cells(["名前です", "", "main", "writes a long text"]));
        table.row(cells(["bob", "", "feature", "😀😀😀😀😀😀"]));
        let plain = |width| strip_str(&table.render(width)).to_string();
        assert_eq!(
            plain(None),
            "WHO       WHERE    WHAT\n名前です  main     writes a long text\nbob       feature  😀😀😀😀😀😀\n"
        );
        assert_eq!(
            plain(Some(20)),
            "WHO  WHERE    WHAT\n名…  main     write…\nbob  feature  😀😀…\n"
        );
        assert_eq!(plain(Some(12)), "WHO   WHAT\n名…   write…\nbob   😀😀…\n");
    }

    #[test]
    fn rows_may_be_short_or_absent() {
        assert_eq!(Table::new().render(Some(80)), "");
        let mut table = Table::new();
        table.row(Vec::<Cell>::new());
        table.row(cells(["a"]));
        table.row(cells(["", "b"]));
        assert_eq!(table.render(None), "\na\n   b\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            rows in proptest::collection::vec((any::<String>(), any::<String>()), 0..6),
            width in 40_usize..120,
        ) {
            let mut table = Table::new();
            for (name, title) in &rows {
                table.row([clean(name, Field::Name), clean(title, Field::Message)]);
            }
            let text = table.render(Some(width));
            prop_assert_eq!(text.lines().count(), rows.len());
            for line in text.lines() {
                let names = rows.iter().map(|(name, _)| clean(name, Field::Name).as_str().width()).max().unwrap_or(0);
                prop_assert!(line.width() <= width.max(names + GAP.len() + 1), "{line:?}");
            }
        }
    }
}

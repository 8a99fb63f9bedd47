//! Where somebody is in a list: what is chosen, what is filtered out, how far it is scrolled.

use super::rows::Row;

/// Where somebody is in a list.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// The rows that the filter lets through.
    rows: Vec<Row>,
    /// How many there are without the filter.
    all: usize,
    filter: String,
    chosen: usize,
    top: usize,
}

impl View {
    /// Puts the list as it is now in the place of what it was. What was chosen stays chosen, wherever it is now;
    /// where it has gone, what stands in its place is.
    pub(super) fn renew(&mut self, rows: Vec<Row>) {
        let key = self.chosen().map(|row| row.key.clone());
        self.all = rows.len();
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        self.rows = rows.into_iter().filter(|row| row.has(&words)).collect();
        let place = key.and_then(|key| self.rows.iter().position(|row| row.key == key));
        self.chosen = place
            .unwrap_or(self.chosen)
            .min(self.rows.len().saturating_sub(1));
    }

    /// What is filtered for.
    pub(super) fn filter(&self) -> &str {
        &self.filter
    }

    /// Filters for these words; [`Self::renew`] has to follow.
    pub(super) fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
    }

    /// The row that is chosen.
    pub(super) fn chosen(&self) -> Option<&Row> {
        self.rows.get(self.chosen)
    }

    /// How many rows there are, with the filter and without it.
    pub(super) const fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.all)
    }

    /// Chooses the row so many further down, or up; the ends are the ends.
    pub(super) fn go(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    /// Scrolls so that what is chosen is among `height` rows, and no further than there is something to see.
    pub(super) fn fit(&mut self, height: usize) {
        let lowest = self.rows.len().saturating_sub(height);
        let first = (self.chosen + 1).saturating_sub(height);
        self.top = self.top.clamp(first, self.chosen.max(first)).min(lowest);
    }

    /// The rows that `height` lines show, and which of them is chosen.
    pub(super) fn seen(&self, height: usize) -> impl Iterator<Item = (&Row, bool)> {
        let rows = self.rows.iter().enumerate().skip(self.top).take(height);
        rows.map(|(index, row)| (row, index == self.chosen))
    }

    /// How many rows are above what `height` lines show, and how many below.
    pub(super) fn beyond(&self, height: usize) -> (usize, usize) {
        (self.top, self.rows.len().saturating_sub(self.top + height))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::{Cell, Tone};
    use super::*;
    use crate::frame::{Field, clean};

    fn rows(keys: &[&str]) -> Vec<Row> {
        let row = |key: &&str| Row {
            key: (*key).to_owned(),
            cells: vec![Cell {
                text: clean(&format!("Title of {key}"), Field::Title),
                tone: Tone::Plain,
                depth: 0,
            }],
        };
        keys.iter().map(row).collect()
    }

    fn chosen(view: &View) -> Option<&str> {
        view.chosen().map(|row| row.key.as_str())
    }

    #[test]
    fn what_is_chosen_stays_chosen_when_the_list_changes() {
        let mut view = View::default();
        view.renew(rows(&["a", "b", "c"]));
        view.go(1);
        view.renew(rows(&["new", "a", "b", "c"]));
        assert_eq!(chosen(&view), Some("b"));
        view.renew(rows(&["new", "a", "c"]));
        assert_eq!(chosen(&view), Some("c"));
        view.renew(Vec::new());
        assert_eq!(chosen(&view), None);
    }

    #[test]
    fn a_filter_asks_for_all_its_words_whatever_their_case() {
        let mut view = View::default();
        for (filter, count) in [("", 2), ("TITLE", 2), ("of b", 1), ("b of", 1), ("x", 0)] {
            view.set_filter(filter);
            view.renew(rows(&["a", "b"]));
            assert_eq!(view.counts(), (count, 2), "{filter}");
        }
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_seen_and_no_line_is_wasted(
            moves in proptest::collection::vec((-30_isize..30, 1_usize..12, 0_usize..25), 1..20)
        ) {
            let names: Vec<String> = (0..25).map(|index| format!("row {index}")).collect();
            let mut view = View::default();
            for (by, height, count) in moves {
                let keys: Vec<&str> = names.iter().take(count).map(String::as_str).collect();
                view.renew(rows(&keys));
                view.go(by);
                view.fit(height);
                let seen: Vec<bool> = view.seen(height).map(|(_, is_chosen)| is_chosen).collect();
                prop_assert_eq!(seen.len(), count.min(height));
                prop_assert_eq!(seen.iter().filter(|chosen| **chosen).count(), usize::from(count > 0));
                let (above, below) = view.beyond(height);
                prop_assert_eq!(above + below + seen.len(), count);
            }
        }
    }
}

//! How the columns of a table share a terminal that is too narrow for all of them.
//!
//! A person wants the same facts in the same order on every screen, and fewer of them on a small one. So a
//! column says how far it may be cut and still be worth its place; as long as that is not enough for all, the
//! least important one leaves, and only then the widest are cut.

/// A column that may give way.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub(super) heading: &'static str,
    least: usize,
    leaves: u8,
}

impl Column {
    /// A column that stays, and is cut only to what others leave.
    #[must_use]
    pub const fn new(heading: &'static str) -> Self {
        Self {
            heading,
            least: usize::MAX,
            leaves: 0,
        }
    }

    /// That so many terminal columns of it say enough.
    #[must_use]
    pub const fn least(self, least: usize) -> Self {
        Self { least, ..self }
    }

    /// That it may leave; those with a higher number leave first.
    #[must_use]
    pub const fn leaves(self, leaves: u8) -> Self {
        Self { leaves, ..self }
    }
}

/// The width of each column in terminal columns, `None` for those that leave, so that all of them with `gap`
/// between them are no wider than `width`. `natural` is what each would like to have; 0 leaves at once.
pub(super) fn fit(columns: &[Column], natural: &[usize], gap: usize, width: usize) -> Vec<Option<usize>> {
    let least = |at: usize| natural[at].min(columns[at].least);
    let mut stays: Vec<usize> = (0..columns.len()).filter(|&at| natural[at] > 0).collect();
    let gaps = |count: usize| count.saturating_sub(1) * gap;
    while stays.iter().map(|&at| least(at)).sum::<usize>() + gaps(stays.len()) > width {
        let first = stays.iter().copied().filter(|&at| columns[at].leaves > 0);
        let Some(leaving) = first.max_by_key(|&at| columns[at].leaves) else {
            break;
        };
        stays.retain(|&at| at != leaving);
    }
    let mut widths: Vec<Option<usize>> = vec![None; columns.len()];
    for &at in &stays {
        widths[at] = Some(natural[at]);
    }
    let room = width.saturating_sub(gaps(stays.len()));
    let floors = [
        stays.iter().map(|&at| least(at)).collect::<Vec<_>>(),
        vec![1; stays.len()],
    ];
    for floor in floors {
        let mut over = widths.iter().flatten().sum::<usize>().saturating_sub(room);
        while over > 0 {
            // The widest that may still give way gives one.
            let widest = stays
                .iter()
                .zip(&floor)
                .filter(|(at, floor)| widths[**at].is_some_and(|width| width > **floor))
                .max_by_key(|(at, _)| widths[**at]);
            let Some((&at, _)) = widest else { break };
            widths[at] = widths[at].map(|width| width - 1);
            over -= 1;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::new("WHO").least(4),
        Column::new("WHERE").least(5).leaves(2),
        Column::new("WHAT").least(10),
        Column::new("NEXT").leaves(1),
    ];

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(
            fit(&COLUMNS, &[5, 10, 20, 10], 2, 51),
            [Some(5), Some(10), Some(20), Some(10)]
        );
    }

    #[test]
    fn columns_are_cut_as_far_as_they_say_before_any_leaves() {
        assert_eq!(
            fit(&COLUMNS, &[5, 10, 20, 10], 2, 40),
            [Some(5), Some(9), Some(10), Some(10)]
        );
    }

    #[test]
    fn the_least_important_leaves_first_and_what_stays_gets_its_room() {
        assert_eq!(
            fit(&COLUMNS, &[5, 10, 20, 10], 2, 30),
            [Some(5), None, Some(11), Some(10)]
        );
        assert_eq!(
            fit(&COLUMNS, &[5, 10, 20, 10], 2, 20),
            [Some(5), None, Some(13), None]
        );
    }

    #[test]
    fn an_empty_column_takes_no_room_and_on_the_smallest_screen_something_is_left_of_each() {
        assert_eq!(
            fit(&COLUMNS, &[5, 0, 20, 0], 2, 80),
            [Some(5), None, Some(20), None]
        );
        assert_eq!(
            fit(&COLUMNS, &[5, 10, 20, 10], 2, 1),
            [Some(1), None, Some(1), None]
        );
    }

    proptest! {
        #[test]
        fn no_table_is_wider_than_the_screen(
            natural in proptest::array::uniform4(0..300_usize),
            width in 10..250_usize,
        ) {
            let widths = fit(&COLUMNS, &natural, 2, width);
            let shown: Vec<usize> = widths.iter().flatten().copied().collect();
            let total = shown.iter().sum::<usize>() + shown.len().saturating_sub(1) * 2;
            prop_assert!(total <= width, "{widths:?}");
            for (shown, natural) in widths.iter().zip(natural) {
                prop_assert!(shown.is_none_or(|shown| shown <= natural));
            }
        }
    }
}

//! The lists of the console, and how each is drawn in columns.

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Agents,
    Tasks,
    Locks,
    Messages,
    Decisions,
    Activity,
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// What stands above it.
    pub(super) title: &'static str,
    /// The most columns of the terminal that it takes; nothing where it takes what the others leave.
    pub(super) most: Option<usize>,
    /// From which width of the list on it is shown at all.
    pub(super) from: usize,
}

const fn column(title: &'static str, most: usize, from: usize) -> Column {
    Column {
        title,
        most: Some(most),
        from,
    }
}

const fn rest(title: &'static str) -> Column {
    Column {
        title,
        most: None,
        from: 0,
    }
}

impl Pane {
    /// Every one, in the order of their numbers.
    pub(super) const ALL: [Self; 6] = [
        Self::Agents,
        Self::Tasks,
        Self::Locks,
        Self::Messages,
        Self::Decisions,
        Self::Activity,
    ];

    /// Its place in [`Self::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Its name.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Agents => "Agents",
            Self::Tasks => "Tasks",
            Self::Locks => "Locks",
            Self::Messages => "Messages",
            Self::Decisions => "Decisions",
            Self::Activity => "Activity",
        }
    }

    /// What is said where there is nothing in it.
    pub(super) const fn empty(self) -> &'static str {
        match self {
            Self::Agents => "Nobody is here. A session joins when it starts in this repository.",
            Self::Tasks => "No open tasks. `n` puts one on the board.",
            Self::Locks => "Nothing is locked. `l` locks a file.",
            Self::Messages => "No messages. `s` sends one.",
            Self::Decisions => "Nothing was decided yet. `d` records a decision.",
            Self::Activity => "Nothing has happened yet.",
        }
    }

    /// Its columns.
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Agents => {
                const {
                    &[
                        column("AGENT", 18, 0),
                        column("STATE", 7, 0),
                        rest("TASK"),
                        column("LOCKS", 5, 36),
                        column("SEEN", 11, 52),
                        column("IN", 16, 72),
                        column("ROLE", 16, 86),
                    ]
                }
            }
            Self::Tasks => {
                const {
                    &[
                        column("STATE", 11, 0),
                        rest("TASK"),
                        column("OWNER", 14, 36),
                        column("PRIO", 4, 64),
                        column("ID", 13, 72),
                    ]
                }
            }
            Self::Locks => {
                const {
                    &[
                        rest("LOCKED"),
                        column("BY", 16, 0),
                        column("LAPSES", 10, 40),
                        column("WHY", 24, 76),
                    ]
                }
            }
            Self::Messages => {
                const {
                    &[
                        column("", 1, 0),
                        column("SENT", 11, 46),
                        column("FROM", 14, 0),
                        column("TO", 14, 34),
                        rest("MESSAGE"),
                    ]
                }
            }
            Self::Decisions => const { &[column("DECIDED", 11, 40), column("BY", 14, 0), rest("DECISION")] },
            Self::Activity => {
                const {
                    &[
                        column("WHEN", 11, 46),
                        column("WHO", 14, 0),
                        column("WHAT", 20, 34),
                        rest("ABOUT"),
                    ]
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_its_place_and_one_column_that_takes_the_rest() {
        for (index, pane) in Pane::ALL.into_iter().enumerate() {
            assert_eq!(pane.index(), index);
            let rests = pane.columns().iter().filter(|column| column.most.is_none());
            assert_eq!(rests.count(), 1, "{pane:?}");
        }
    }
}

//! What was sent, what each hook showed before it ended or was killed, and what the store says of it in the
//! end: whether all this can be true of a tool that loses nothing and claims nothing, and that repeats itself
//! only after a kill or where a hook said that the store was too busy for it.

use std::collections::{BTreeMap, BTreeSet};

/// A text in a hook's output.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) text: String,
    /// Whether it says that it may have been shown before.
    pub(super) is_marked: bool,
}

/// One run of a hook.
pub(super) struct Run {
    pub(super) is_killed: bool,
    pub(super) shown: Vec<Shown>,
}

/// Everything that was observed.
#[derive(Default)]
pub(super) struct Account {
    /// To whom each text was sent.
    pub(super) sent: BTreeMap<String, String>,
    /// What each reader's hooks did, in their order.
    pub(super) runs: BTreeMap<String, Vec<Run>>,
    /// In which state each text is at each reader.
    pub(super) states: BTreeMap<(String, String), String>,
    /// How many hooks said that the store was too busy to note what they had shown.
    pub(super) unnoted: usize,
}

impl Account {
    /// Everything that is wrong with it.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (text, reader) in &self.sent {
            let shown = self.shown_in(reader, text);
            if shown.is_empty() {
                faults.push(format!("{text} to {reader} was lost"));
            }
            let state = self.states.get(&(reader.clone(), text.clone()));
            if state.map(String::as_str) != Some("delivered") {
                faults.push(format!("{text} to {reader} is {state:?} in the end"));
            }
        }
        for ((reader, text), state) in &self.states {
            let is_claimed = matches!(state.as_str(), "offered" | "delivered");
            if is_claimed && self.shown_in(reader, text).is_empty() {
                faults.push(format!("{text} is {state} at {reader}, which was never shown it"));
            }
        }
        let mut forgetful = BTreeSet::new();
        for (reader, runs) in &self.runs {
            for (at, run) in runs.iter().enumerate() {
                for shown in &run.shown {
                    if self.sent.get(&shown.text) != Some(reader) {
                        faults.push(format!("{} was shown to {reader}", shown.text));
                    }
                    faults.extend(
                        repeat(runs, at, shown).map(|why| format!("{} at {reader}: {why}", shown.text)),
                    );
                    let last = last_shown_in(&runs[..at], &shown.text);
                    forgetful.extend(last.filter(|at| !runs[*at].is_killed).map(|at| (reader, at)));
                }
            }
        }
        if forgetful.len() > self.unnoted {
            faults.push(format!(
                "what {} hooks showed was shown again although nothing was killed, and {} said that they could not note it",
                forgetful.len(),
                self.unnoted
            ));
        }
        faults
    }

    /// In which of its reader's runs a text was shown.
    fn shown_in(&self, reader: &str, text: &str) -> Vec<usize> {
        let runs = self.runs.get(reader).map_or(&[] as &[Run], Vec::as_slice);
        let has_it = |run: &Run| run.shown.iter().any(|shown| shown.text == text);
        (0..runs.len()).filter(|at| has_it(&runs[*at])).collect()
    }
}

/// In which of these runs a text was shown last.
fn last_shown_in(runs: &[Run], text: &str) -> Option<usize> {
    let has_it = |run: &Run| run.shown.iter().any(|shown| shown.text == text);
    runs.iter().rposition(has_it)
}

/// What is wrong with a text being shown, or being marked, in the run `at`.
fn repeat(runs: &[Run], at: usize, shown: &Shown) -> Option<&'static str> {
    let before = &runs[..at];
    match last_shown_in(before, &shown.text) {
        Some(_) if !shown.is_marked => Some("shown again without a mark"),
        None if shown.is_marked && !before.iter().any(|run| run.is_killed) => {
            Some("marked as a repeat although nothing was killed")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(is_killed: bool, texts: &[(&str, bool)]) -> Run {
        let shown = texts.iter().map(|(text, is_marked)| Shown {
            text: (*text).to_owned(),
            is_marked: *is_marked,
        });
        Run {
            is_killed,
            shown: shown.collect(),
        }
    }

    fn account(runs: Vec<Run>, state: &str) -> Account {
        let own = |text: &str| text.to_owned();
        Account {
            sent: BTreeMap::from([(own("a"), own("bob"))]),
            runs: BTreeMap::from([(own("bob"), runs)]),
            states: BTreeMap::from([((own("bob"), own("a")), own(state))]),
            unnoted: 0,
        }
    }

    #[test]
    fn a_true_account_has_no_faults() {
        for runs in [
            vec![run(false, &[("a", false)])],
            vec![run(true, &[("a", false)]), run(false, &[("a", true)])],
            vec![run(true, &[]), run(false, &[("a", true)])],
            vec![run(true, &[]), run(false, &[("a", false)])],
        ] {
            assert_eq!(account(runs, "delivered").faults(), Vec::<String>::new());
        }
    }

    #[test]
    fn each_hook_that_could_not_note_what_it_showed_excuses_its_own_repeats_alone() {
        let runs = || {
            vec![
                run(false, &[("a", false)]),
                run(false, &[("a", true)]),
                run(false, &[("a", true)]),
            ]
        };
        for (unnoted, is_excused) in [(0, false), (1, false), (2, true)] {
            let account = Account {
                unnoted,
                ..account(runs(), "delivered")
            };
            assert_eq!(account.faults().is_empty(), is_excused, "{unnoted}");
        }
    }

    #[test]
    fn each_wrong_account_is_found_out() {
        for (runs, state, fault) in [
            (vec![run(true, &[])], "delivered", "was lost"),
            (vec![run(true, &[])], "delivered", "never shown it"),
            (vec![run(true, &[])], "offered", "never shown it"),
            (vec![run(false, &[("a", false)])], "queued", "in the end"),
            (
                vec![run(false, &[("a", false)]), run(false, &[("a", true)])],
                "delivered",
                "nothing was killed",
            ),
            (
                vec![run(true, &[("a", false)]), run(false, &[("a", false)])],
                "delivered",
                "without a mark",
            ),
            (
                vec![run(false, &[("a", true)])],
                "delivered",
                "marked as a repeat",
            ),
            (
                vec![run(false, &[("a", false), ("b", false)])],
                "delivered",
                "b was shown to bob",
            ),
        ] {
            let faults = account(runs, state).faults();
            assert!(
                faults.iter().any(|found| found.contains(fault)),
                "{fault}: {faults:?}"
            );
        }
    }
}

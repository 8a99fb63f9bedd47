//! What is worth knowing about a plan before anybody agrees to it, and what makes it one that cannot be carried out.
//!
//! A task that can never begin is a fault. Tasks that stand alone, roles that nobody plays, and files that two tasks may
//! change at the same time are remarks: people may want just that, and locks keep the peace at work.

use super::{Fault, On, Place, Plan};
use crate::domain::lock::Wanted;
use crate::domain::task::{Results, Status, Task, Verdict};

/// Most remarks that are made.
const MAX_REMARKS: usize = 100;
/// Most pairs of files that are compared pattern by pattern.
const MAX_COMPARED: usize = 500_000;
/// Most files that are named of those that two tasks share.
const MOST_FILES: usize = 3;

/// Two tasks, and files of the first.
type Pair<'a> = (usize, usize, Vec<&'a str>);

impl Plan {
    /// Every task of a plan that was checked which could never begin, because what it waits for has ended otherwise,
    /// or never begins itself.
    #[must_use]
    pub fn hopeless(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut is_lost = vec![false; self.items.len()];
        let nothing = Results::new();
        for at in self.shape().order() {
            let item = &self.items[at];
            if !item.status.is_open() {
                continue;
            }
            for ask in &item.asks {
                let On::Item(on) = ask.on else { continue };
                let other = &self.items[on];
                let (status, results) = if is_lost[on] {
                    (Status::Cancelled, &nothing)
                } else {
                    (other.status, &other.results)
                };
                if let Verdict::Never(why) = ask.kind.verdict(other.key(), status, results) {
                    let why = if is_lost[on] {
                        format!("{} never begins", other.shown())
                    } else {
                        why
                    };
                    is_lost[at] = true;
                    faults.push(Fault::new(
                        ask.place,
                        format!("{} could never begin: {why}", item.shown()),
                    ));
                    break;
                }
            }
        }
        faults.sort_by_key(|fault| fault.place);
        faults
    }

    /// What is worth knowing about a plan that was checked, at most [`MAX_REMARKS`].
    #[must_use]
    pub fn remarks(&self) -> Vec<Fault> {
        let mut remarks = self.alone();
        remarks.extend(self.unplayed());
        remarks.extend(self.shared(MAX_REMARKS.saturating_sub(remarks.len())));
        remarks.truncate(MAX_REMARKS);
        remarks
    }

    /// Tasks that wait for nothing and that nothing waits for, where others do.
    fn alone(&self) -> Vec<Fault> {
        let orphans: Vec<usize> = self.shape().orphans();
        let asks_the_board = |at: usize| !self.items[at].asks.is_empty();
        if orphans.len() == self.items.len() {
            return Vec::new();
        }
        let alone = orphans.into_iter().filter(|&at| !asks_the_board(at));
        let remarks = alone.map(|at| {
            let item = &self.items[at];
            let why = format!("{} waits for nothing, and nothing waits for it", item.shown());
            Fault::new(item.place, why)
        });
        remarks.collect()
    }

    /// Roles of tasks that no session has, and roles of sessions for which there is no task.
    fn unplayed(&self) -> Vec<Fault> {
        let sessions = &self.terms.sessions;
        if sessions.is_empty() {
            return Vec::new();
        }
        let is_same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
        let mut remarks = Vec::new();
        for item in self.items.iter().filter(|item| item.status.is_open()) {
            let Some(role) = &item.role else { continue };
            let is_played = sessions
                .iter()
                .any(|seats| seats.role.as_ref().is_some_and(|its| is_same(its, role)));
            if !is_played {
                let why = format!("{} wants the role '{role}', which no session has", item.shown());
                remarks.push(Fault::new(item.place, why));
            }
        }
        let open = || self.items.iter().filter(|item| item.status.is_open());
        for seats in sessions {
            let takes = |wanted: &Option<String>| match (wanted, &seats.role) {
                (None, _) => true,
                (Some(wanted), Some(role)) => is_same(wanted, role),
                (Some(_), None) => false,
            };
            if !open().any(|item| takes(&item.role)) {
                let who = seats.role.as_deref().map_or("without a role".to_owned(), |role| {
                    format!("in the role '{role}'")
                });
                remarks.push(Fault::new(
                    Place::Whole,
                    format!("no task is for a session {who}"),
                ));
            }
        }
        remarks
    }

    /// Tasks that may be worked on at the same time and are about the same files.
    fn shared(&self, most: usize) -> Vec<Fault> {
        let (pairs, is_all) = self.sharing(most);
        let remarks = pairs
            .iter()
            .map(|(one, other, files)| self.is_shared(*one, *other, files));
        let unknown = Fault::new(
            Place::Whole,
            "whether more tasks are about the same files was not looked into: there are too many",
        );
        remarks.chain((!is_all).then_some(unknown)).collect()
    }

    /// Pairs of such tasks, with the files of the first that both are about; at most `most`, and whether these are all.
    fn sharing(&self, most: usize) -> (Vec<Pair<'_>>, bool) {
        let files = self.files();
        let before = self.before();
        let mut pairs = Vec::new();
        let mut compared = 0;
        for (one, its) in files.iter().enumerate() {
            for (other, theirs) in files.iter().enumerate().skip(one + 1) {
                if its.is_empty() || theirs.is_empty() || before.is_either(one, other) {
                    continue;
                }
                compared += its.len() * theirs.len();
                if pairs.len() >= most || compared > MAX_COMPARED {
                    return (pairs, false);
                }
                let same: Vec<&str> = (its.iter())
                    .filter(|(file, _)| {
                        theirs
                            .iter()
                            .any(|(their, _)| file.extent().overlaps(their.extent()))
                    })
                    .map(|(_, name)| *name)
                    .collect();
                if !same.is_empty() {
                    pairs.push((one, other, same));
                }
            }
        }
        (pairs, true)
    }

    fn is_shared(&self, one: usize, other: usize, files: &[&str]) -> Fault {
        let (one, other) = (&self.items[one], &self.items[other]);
        let more = files.len().saturating_sub(MOST_FILES);
        let named = files
            .iter()
            .take(MOST_FILES)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Fault::new(
            other.place,
            format!(
                "{} and {} may be worked on at the same time and are both about {named}{more}",
                one.shown(),
                other.shown()
            ),
        )
        .hint("let one wait for the other, or part their files")
    }

    /// Per open task its files, as somebody would lock them.
    fn files(&self) -> Vec<Vec<(Wanted, &str)>> {
        let of_item = |item: &'_ super::Item| {
            let task = Task {
                files: item.files.clone(),
                ..Task::named("", "")
            };
            task.wanted_in("")
        };
        let files = self.items.iter().map(|item| {
            if item.status.is_open() {
                of_item(item)
                    .into_iter()
                    .zip(item.files.iter().map(String::as_str))
                    .collect()
            } else {
                Vec::new()
            }
        });
        files.collect()
    }

    /// Which tasks come before which, however far.
    fn before(&self) -> Before {
        let shape = self.shape();
        let words = self.items.len().div_ceil(64);
        let mut bits = vec![0_u64; words * self.items.len()];
        for at in shape.order() {
            for &on in shape.before(at) {
                bits[at * words + on / 64] |= 1 << (on % 64);
                for word in 0..words {
                    let above = bits[on * words + word];
                    bits[at * words + word] |= above;
                }
            }
        }
        Before { words, bits }
    }
}

/// A bit for each pair of tasks: whether the second comes before the first.
struct Before {
    words: usize,
    bits: Vec<u64>,
}

impl Before {
    fn is_either(&self, one: usize, other: usize) -> bool {
        let is =
            |late: usize, early: usize| self.bits[late * self.words + early / 64] >> (early % 64) & 1 == 1;
        is(one, other) || is(other, one)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::lock::{Key, PathKey};
    use crate::domain::plan::{Ask, Item};
    use crate::domain::task::Kind;

    const MOST: usize = 7;
    const PATTERNS: [&str; 8] = [
        "src",
        "src/*.rs",
        "src/a.rs",
        "**/*.rs",
        "docs",
        "docs/*",
        "README",
        "src/sub/**",
    ];
    /// Files such that any two patterns with a file in common have one of these in common.
    const FILES: [&str; 8] = [
        "src/a.rs",
        "src/b.rs",
        "src/sub/c.rs",
        "src/sub/d",
        "docs/x",
        "docs/y.rs",
        "README",
        // Nobody knows yet whether a name without a pattern is a directory.
        "README/x.rs",
    ];

    fn kind(number: u8) -> Kind {
        [Kind::After, Kind::OnFailure, Kind::Always][usize::from(number)].clone()
    }

    prop_compose! {
        /// A plan without cycles: later tasks wait for earlier ones.
        fn plan()(
            tasks in proptest::collection::vec((0..4_usize, proptest::collection::vec(0..PATTERNS.len(), 0..3)), 1..MOST),
            asks in proptest::collection::vec((0..MOST, 0..MOST, 0..3_u8), 0..10),
        ) -> Plan {
            let count = tasks.len();
            let items = tasks.into_iter().enumerate().map(|(at, (status, files))| Item {
                reference: Some(format!("t{at}")),
                status: [Status::Pending, Status::Pending, Status::Done, Status::Failed][status],
                files: files.into_iter().map(|file| PATTERNS[file].to_owned()).collect(),
                ..Item::new(Place::Element(at), &format!("T{at}"))
            });
            let mut items: Vec<Item> = items.collect();
            for (late, early, number) in asks {
                if early < late && late < count {
                    let place = Place::Element(late);
                    items[late].asks.push(Ask { on: On::Item(early), kind: kind(number), place });
                }
            }
            Plan { items, terms: super::super::Terms::default() }
        }
    }

    /// What leads where, by brute force.
    fn leads(plan: &Plan) -> Vec<Vec<bool>> {
        let count = plan.items.len();
        let mut leads = vec![vec![false; count]; count];
        for (late, item) in plan.items.iter().enumerate() {
            for ask in &item.asks {
                if let On::Item(early) = ask.on {
                    leads[late][early] = true;
                }
            }
        }
        for between in 0..count {
            for from in 0..count {
                for to in 0..count {
                    leads[from][to] |= leads[from][between] && leads[between][to];
                }
            }
        }
        leads
    }

    /// Whether a file is one of a task's, as a lock on it would see it.
    fn is_about(item: &Item, file: &str) -> bool {
        let task = Task {
            files: item.files.clone(),
            ..Task::named("", "")
        };
        let key = Key::Path(PathKey {
            tree: String::new(),
            path: file.to_owned(),
        });
        task.wanted_in("")
            .iter()
            .any(|wanted| wanted.extent().covers(&key))
    }

    proptest! {
        #[test]
        fn tasks_that_share_files_are_those_that_brute_force_finds(plan in plan()) {
            let leads = leads(&plan);
            let mut expected = Vec::new();
            for (one, its) in plan.items.iter().enumerate() {
                for (other, theirs) in plan.items.iter().enumerate().skip(one + 1) {
                    let is_open = its.status.is_open() && theirs.status.is_open();
                    let is_parallel = !leads[one][other] && !leads[other][one];
                    if is_open && is_parallel && FILES.iter().any(|file| is_about(its, file) && is_about(theirs, file)) {
                        expected.push((one, other));
                    }
                }
            }
            let (found, is_all) = plan.sharing(usize::MAX);
            let found: Vec<(usize, usize)> = found.into_iter().map(|(one, other, _)| (one, other)).collect();
            prop_assert!(is_all);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn tasks_that_can_never_begin_are_those_that_brute_force_finds(plan in plan()) {
            // What ends how, played until nothing changes any more: what never begins counts as cancelled.
            let mut status: Vec<Status> = plan.items.iter().map(|item| item.status).collect();
            loop {
                let lost = (0..plan.items.len()).find(|&at| status[at].is_open() && plan.items[at].asks.iter().any(|ask| {
                    let On::Item(on) = ask.on else { return false };
                    match (&ask.kind, status[on]) {
                        (_, Status::Pending) | (Kind::Always, _) => false,
                        (Kind::After, end) => end != Status::Done,
                        (_, end) => end != Status::Failed,
                    }
                }));
                let Some(lost) = lost else { break };
                status[lost] = Status::Cancelled;
            }
            let expected = (0..plan.items.len())
                .filter(|&at| status[at] == Status::Cancelled)
                .map(Place::Element)
                .collect::<Vec<_>>();
            let found: Vec<Place> = plan.hopeless().into_iter().map(|fault| fault.place).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn tasks_that_stand_alone_are_those_that_brute_force_finds(plan in plan()) {
            let count = plan.items.len();
            let leads = leads(&plan);
            let is_alone = |at: &usize| (0..count).all(|other| !leads[*at][other] && !leads[other][*at]);
            let alone: Vec<usize> = (0..count).filter(is_alone).collect();
            let expected = if alone.len() == count { Vec::new() } else { alone };
            let found: Vec<Place> = plan.alone().into_iter().map(|fault| fault.place).collect();
            prop_assert_eq!(found, expected.into_iter().map(Place::Element).collect::<Vec<_>>());
        }
    }

    #[test]
    fn where_there_is_too_much_to_compare_that_is_said() {
        let item = |at: usize| Item {
            files: (0..40).map(|file| format!("{at}/{file}")).collect(),
            ..Item::new(Place::Element(at), &format!("T{at}"))
        };
        let plan = Plan {
            items: (0..40).map(item).collect(),
            ..Plan::default()
        };
        let remarks = plan.remarks();
        assert_eq!(remarks.len(), 1, "{remarks:?}");
        assert!(remarks[0].why.contains("was not looked into"));
    }
}

//! Whatever is done to whatever graph, the store says what a simple model says.
//!
//! The model keeps what people did to each task and works everything else out anew, task by task, as slowly as
//! it likes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{join, request, store};
use crate::domain::presence::World;
use crate::domain::task::{Condition, Kind, Move, Results, Status, Task, Value, Verdict};
use crate::store::{NewDependency, NewTask, Report, Store};

#[derive(Debug, Clone)]
struct Known {
    id: String,
    status: Status,
    is_owned: bool,
    is_discarded: bool,
    results: Results,
    asks: Vec<(usize, Kind)>,
}

struct Model {
    store: Store,
    clock: i64,
    tasks: Vec<Known>,
}

fn kind(number: u8) -> Kind {
    match number % 6 {
        0 | 1 => Kind::After,
        2 => Kind::OnFailure,
        3 => Kind::Always,
        4 => Kind::When(Condition::parse("n > 1").unwrap()),
        _ => Kind::When(Condition::parse("n <= 1").unwrap()),
    }
}

impl Model {
    fn write<T>(
        &mut self,
        body: impl FnOnce(&crate::store::Write<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.clock += 1;
        self.store.write(&World::at_wall(self.clock), body)
    }

    fn verdict(&self, on: usize, kind: &Kind) -> Verdict {
        let on = &self.tasks[on];
        kind.verdict(&on.id, on.status, &on.results)
    }

    fn is_hopeless(&self, task: usize) -> bool {
        let asks = &self.tasks[task].asks;
        asks.iter()
            .any(|(on, kind)| matches!(self.verdict(*on, kind), Verdict::Never(_)))
    }

    fn is_ready(&self, task: usize) -> bool {
        let known = &self.tasks[task];
        known.status == Status::Pending
            && known
                .asks
                .iter()
                .all(|(on, kind)| self.verdict(*on, kind) == Verdict::Holds)
    }

    /// Works out who has to be cancelled and who comes back, until nothing changes any more.
    fn settle(&mut self) {
        let mut is_calm = false;
        while !is_calm {
            is_calm = true;
            for task in 0..self.tasks.len() {
                let is_hopeless = self.is_hopeless(task);
                let known = &mut self.tasks[task];
                let is_waiting =
                    known.status == Status::Pending || (known.status == Status::Blocked && !known.is_owned);
                if is_waiting && is_hopeless {
                    known.status = Status::Cancelled;
                    known.is_discarded = true;
                    is_calm = false;
                } else if known.is_discarded && known.status == Status::Cancelled && !is_hopeless {
                    known.status = Status::Pending;
                    known.is_discarded = false;
                    known.is_owned = false;
                    is_calm = false;
                }
            }
        }
    }

    /// Whether `task` waits for `on`, through however many others: tried out path by path.
    fn leads_to(&self, task: usize, on: usize) -> bool {
        let mut seen = vec![false; self.tasks.len()];
        let mut open = vec![task];
        while let Some(task) = open.pop() {
            if task == on {
                return true;
            }
            if !std::mem::replace(&mut seen[task], true) {
                open.extend(self.tasks[task].asks.iter().map(|(on, _)| *on));
            }
        }
        false
    }

    fn waits(&self, task: usize) -> u32 {
        let asks = &self.tasks[task].asks;
        let unmet = |(on, kind): &&(usize, Kind)| self.verdict(*on, kind) != Verdict::Holds;
        u32::try_from(asks.iter().filter(unmet).count()).unwrap()
    }

    fn rank(&self, task: usize, ranks: &mut BTreeMap<usize, u32>) -> u32 {
        if let Some(rank) = ranks.get(&task) {
            return *rank;
        }
        let mut rank = 0;
        for (other, known) in self.tasks.iter().enumerate() {
            if known.status.is_open() && known.asks.iter().any(|(on, _)| *on == task) {
                rank = rank.max(self.rank(other, ranks) + 1);
            }
        }
        ranks.insert(task, rank);
        rank
    }

    fn create(&mut self, priority: i64, asks: Vec<(usize, Kind)>) {
        let dependencies: Vec<NewDependency> = asks
            .iter()
            .map(|(on, kind)| NewDependency {
                on: self.tasks[*on].id.clone(),
                kind: kind.clone(),
            })
            .collect();
        let task = self
            .write(|write| {
                write.create_task(
                    "a",
                    &NewTask {
                        title: "T",
                        priority,
                        dependencies: &dependencies,
                        ..NewTask::default()
                    },
                )
            })
            .unwrap();
        self.tasks.push(Known {
            id: task.id,
            status: Status::Pending,
            is_owned: false,
            is_discarded: false,
            results: Results::new(),
            asks,
        });
        self.settle();
    }

    fn depend(&mut self, task: usize, on: usize, kind: Kind) {
        let (id, first) = (self.tasks[task].id.clone(), self.tasks[on].id.clone());
        let closes_a_cycle = self.leads_to(on, task);
        let wanted = NewDependency {
            on: first,
            kind: kind.clone(),
        };
        let outcome = self.write(|write| write.depend("a", &id, &wanted));
        assert_eq!(outcome.is_err(), closes_a_cycle, "{id} on {}", wanted.on);
        if let Err(refused) = &outcome {
            self.expect_named(task, on, &refused.to_string());
        } else {
            if !self.tasks[task].asks.contains(&(on, kind.clone())) {
                self.tasks[task].asks.push((on, kind));
            }
            self.settle();
        }
    }

    /// Every edge of the cycle is named, in order, and all but the first are really there.
    fn expect_named(&self, task: usize, on: usize, refused: &str) {
        let edges = refused
            .strip_prefix("that would close a cycle: ")
            .unwrap_or_else(|| panic!("{refused}"));
        let edges: Vec<(usize, usize)> = edges
            .split(", ")
            .map(|edge| {
                let (task, on) = edge.split_once(" -> ").unwrap();
                (self.place(task), self.place(on))
            })
            .collect();
        assert_eq!(edges[0], (task, on), "{refused}");
        for pair in edges.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "{refused}");
        }
        for (task, on) in &edges[1..] {
            assert!(
                self.tasks[*task].asks.iter().any(|(other, _)| other == on),
                "{refused}"
            );
        }
        assert_eq!(edges[edges.len() - 1].1, task, "{refused}");
    }

    fn undepend(&mut self, task: usize, number: usize) {
        let Some((on, _)) = self.tasks[task]
            .asks
            .get(number % self.tasks[task].asks.len().max(1))
        else {
            return;
        };
        let (on, id) = (*on, self.tasks[task].id.clone());
        let first = self.tasks[on].id.clone();
        self.write(|write| write.undepend("a", &id, &first)).unwrap();
        self.tasks[task].asks.retain(|(other, _)| *other != on);
        self.settle();
    }

    fn next(&mut self) -> bool {
        let out = self.write(|write| write.next_task(&request("a"))).unwrap();
        let Some(claimed) = out.claimed else {
            assert!(
                (0..self.tasks.len()).all(|task| !self.is_ready(task)),
                "a ready task is passed by"
            );
            return false;
        };
        let task = self.place(&claimed.task.id);
        assert!(
            self.is_ready(task),
            "{} was handed out before its time",
            claimed.task.id
        );
        self.tasks[task].status = Status::InProgress;
        self.tasks[task].is_owned = true;
        true
    }

    fn place(&self, id: &str) -> usize {
        self.tasks.iter().position(|known| known.id == id).unwrap()
    }

    fn move_one(&mut self, task: usize, what: Move, number: u8) {
        let known = self.tasks[task].clone();
        let status = what.from(known.status, known.is_owned);
        let mut report = Report::default();
        if what == Move::Done {
            report.results = Results::from([("n".to_owned(), Value::from_word(&(number % 4).to_string()))]);
        }
        let outcome = self.write(|write| write.move_task("a", &known.id, what, &report, true));
        let is_in_vain = what == Move::Reopen && self.is_hopeless(task);
        assert_eq!(
            outcome.is_ok(),
            status.is_some() && !is_in_vain,
            "{what:?} of {known:?}: {outcome:?}"
        );
        let (Some(status), false) = (status, is_in_vain) else {
            return;
        };
        let known = &mut self.tasks[task];
        known.status = status;
        known.is_discarded = false;
        match what {
            Move::Done => known.results = report.results,
            Move::Reopen => known.results = Results::new(),
            _ => {}
        }
        if status == Status::Pending {
            known.is_owned = false;
        }
        self.settle();
    }

    fn step(&mut self, (what, one, other, number): (u8, usize, usize, u8)) {
        let count = self.tasks.len();
        let (one, other) = (one % count, other % count);
        match what % 14 {
            0 => self.create(i64::from(number % 3), vec![(one, kind(number))]),
            1 | 2 => self.depend(one, other, kind(number)),
            3 => self.undepend(one, usize::from(number)),
            4..=6 => {
                self.next();
            }
            7 | 8 => {
                // Mostly one that somebody works on.
                let busy = (0..count).find(|task| self.tasks[*task].status == Status::InProgress);
                self.move_one(busy.unwrap_or(one), Move::Done, number);
            }
            9 => self.move_one(one, Move::Fail, number),
            10 => self.move_one(one, Move::Cancel, number),
            11 => self.move_one(one, Move::Reopen, number),
            12 => self.move_one(one, Move::Release, number),
            _ => {
                let what = if number % 2 == 0 {
                    Move::Block
                } else {
                    Move::Unblock
                };
                self.move_one(one, what, number);
            }
        }
    }

    /// What the store keeps of the graph in each task's row is what a plain recomputation gives.
    fn compare_kept(&self) {
        let kept: Vec<(String, u32, u32)> = self
            .store
            .read(&World::at_wall(self.clock), |read| {
                read.rows("SELECT id, waits, rank FROM task", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
            })
            .unwrap();
        assert_eq!(kept.len(), self.tasks.len());
        let places: BTreeMap<&str, usize> = self
            .tasks
            .iter()
            .enumerate()
            .map(|(place, known)| (known.id.as_str(), place))
            .collect();
        let mut ranks = BTreeMap::new();
        for (id, waits, rank) in &kept {
            let place = places[id.as_str()];
            assert_eq!(*waits, self.waits(place), "what {id} waits for");
            if self.tasks[place].status.is_open() {
                assert_eq!(*rank, self.rank(place, &mut ranks), "the rank of {id}");
            }
        }
    }

    /// Everything that the store keeps is what the model works out.
    fn compare(&self) {
        let (found, ready): (Vec<Task>, Vec<Task>) = self
            .store
            .read(&World::at_wall(self.clock), |read| {
                Ok((read.tasks()?, read.ready_tasks()?))
            })
            .unwrap();
        assert_eq!(found.len(), self.tasks.len());
        let mut ranks = BTreeMap::new();
        for task in &found {
            let place = self.place(&task.id);
            let known = &self.tasks[place];
            assert_eq!(task.status, known.status, "{task:?}\n{known:?}");
            assert_eq!(task.discarded_by.is_some(), known.is_discarded, "{task:?}");
            assert_eq!(
                task.owner.is_some() && task.status.is_open(),
                known.is_owned && known.status.is_open()
            );
            assert_eq!(task.is_ready(), self.is_ready(place), "{task:?}");
            for dependency in &task.dependencies {
                let verdict = self.verdict(self.place(&dependency.on), &dependency.kind);
                assert_eq!(dependency.verdict, verdict, "{task:?}");
            }
            if task.status.is_open() {
                assert_eq!(task.rank, self.rank(place, &mut ranks), "{task:?}");
            }
        }
        let order = |task: &Task| {
            let (priority, rank) = (std::cmp::Reverse(task.priority), std::cmp::Reverse(task.rank));
            (priority, rank, task.created_at, task.id.clone())
        };
        assert!(ready.is_sorted_by_key(order));
        let expected = (0..self.tasks.len()).filter(|task| self.is_ready(*task)).count();
        assert_eq!(ready.len(), expected, "as many are ready as can begin");
    }

    /// Works everything off and shows that nothing was forgotten.
    fn finish(&mut self) {
        for task in 0..self.tasks.len() {
            if self.tasks[task].status == Status::Blocked {
                self.move_one(task, Move::Unblock, 0);
            }
        }
        loop {
            while let Some(task) =
                (0..self.tasks.len()).find(|task| self.tasks[*task].status == Status::InProgress)
            {
                let number = u8::try_from(task % 256).unwrap();
                let what = if number % 5 == 0 { Move::Fail } else { Move::Done };
                self.move_one(task, what, number);
            }
            self.compare_kept();
            if !self.next() {
                break;
            }
        }
        self.compare();
        let left: Vec<&Known> = self.tasks.iter().filter(|known| known.status.is_open()).collect();
        assert!(left.is_empty(), "forgotten: {left:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_handed_out_too_early_and_nothing_is_forgotten(
        graph in prop::collection::vec((0u8..3, prop::collection::vec((any::<usize>(), any::<u8>()), 0..4)), 1..=200),
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>(), any::<u8>()), 0..120),
    ) {
        let (_place, store) = store();
        let mut model = Model { store, clock: 1, tasks: Vec::new() };
        model.write(|write| join(write, "b")).unwrap();
        for (priority, asks) in graph {
            let count = model.tasks.len();
            let mut asks: Vec<(usize, Kind)> = asks
                .into_iter()
                .filter(|_| count > 0)
                .map(|(on, number)| (on % count, kind(number)))
                .collect();
            let mut distinct: Vec<(usize, Kind)> = Vec::new();
            asks.retain(|ask| {
                let is_new = !distinct.contains(ask);
                distinct.push(ask.clone());
                is_new
            });
            model.create(i64::from(priority), asks);
            model.compare_kept();
        }
        model.compare();
        model
            .write(|write| write.rank_all().map(|()| 0))
            .unwrap();
        model.compare();
        for (number, step) in steps.into_iter().enumerate() {
            model.step(step);
            model.compare_kept();
            if number % 4 == 0 {
                model.compare();
            }
        }
        model.compare();
        model.finish();
    }
}

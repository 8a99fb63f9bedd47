//! Locks taken in random orders: every wait that could never end is refused, and no other.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::history::History;
use crate::env::{Dice, TestEnv};

const AGENTS: usize = 8;
const ORDERS: usize = 25;
const PATHS: usize = 5;

#[test]
fn of_two_hundred_random_orders_every_circle_is_refused_and_nothing_else() {
    let env = TestEnv::new();
    env.set_up();
    env.use_real_clock();
    let barrier = &Barrier::new(AGENTS);
    let env = &env;
    let refusals: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = (0..AGENTS)
            .map(|number| {
                scope.spawn(move || {
                    let agent = env.agent(&format!("agent{number}"));
                    let mut dice = Dice::new(number as u64 + 1);
                    let mut refusals = Vec::new();
                    barrier.wait();
                    for _ in 0..ORDERS {
                        let mut paths: Vec<String> = (0..PATHS).map(|path| format!("f{path}")).collect();
                        for left in (2 + dice.pick(2)..PATHS).rev() {
                            paths.remove(dice.pick(left + 1));
                        }
                        if dice.roll(2) == 0 {
                            paths.reverse();
                        }
                        for path in &paths {
                            let began = Instant::now();
                            let outcome = agent.run(["lock", "acquire", path, "--wait", "5m"]);
                            if outcome.status == 3 {
                                outcome.complains("this wait would never end");
                                refusals.push(began.elapsed());
                                break;
                            }
                            outcome.succeeds();
                        }
                        agent.run(["lock", "release", "--all"]).succeeds();
                    }
                    refusals
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let history = History::replay(env);
    assert_eq!((history.circles, history.given_up), (refusals.len(), 0));
    assert!(history.circles > 0, "such orders meet");
    let mut refusals = refusals;
    refusals.sort();
    let median = refusals[refusals.len() / 2];
    assert!(median < Duration::from_secs(1), "a refusal takes {median:?}");
}

//! Many processes that want the same few files, all of them willing to wait.

use std::process::{Command, Output};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Instant;

use super::history::History;
use crate::env::TestEnv;

const AGENTS: usize = 64;
const ROUNDS: usize = 20;
const PATHS: usize = 8;

/// What one process saw: from when to when it held a path, and with which fence.
struct Stay {
    path: usize,
    from: Instant,
    until: Instant,
    fence: i64,
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    output
}

#[test]
fn sixty_four_that_wait_for_eight_files_are_served_one_by_one_in_order() {
    let env = TestEnv::new();
    env.set_up();
    env.use_real_clock();
    let (barrier, stays) = (&Barrier::new(AGENTS), &Mutex::new(Vec::new()));
    let env = &env;
    thread::scope(|scope| {
        for number in 0..AGENTS {
            scope.spawn(move || {
                let agent = env.agent(&format!("agent{number}"));
                barrier.wait();
                for round in 0..ROUNDS {
                    let path = (number * 7 + round * 5) % PATHS;
                    let name = format!("f{path}");
                    let acquire = ["lock", "acquire", &name, "--wait", "10m", "--json"];
                    let output = run(agent.shell().args(acquire));
                    let from = Instant::now();
                    let locks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                    let fence = locks[0]["fence"].as_i64().unwrap();
                    let until = Instant::now();
                    run(agent.shell().args(["lock", "release", &name]));
                    stays.lock().unwrap().push(Stay {
                        path,
                        from,
                        until,
                        fence,
                    });
                }
            });
        }
    });
    let mut stays = stays.lock().unwrap();
    assert_eq!(stays.len(), AGENTS * ROUNDS, "everybody was served");
    stays.sort_by_key(|stay| (stay.path, stay.fence));
    for pair in stays.windows(2).filter(|pair| pair[0].path == pair[1].path) {
        assert!(pair[0].fence < pair[1].fence && pair[0].until <= pair[1].from);
        assert!(pair[0].from <= pair[0].until);
    }
    let history = History::replay(env);
    assert_eq!(history.acquired, AGENTS * ROUNDS);
    assert_eq!((history.circles, history.given_up), (0, 0));
}

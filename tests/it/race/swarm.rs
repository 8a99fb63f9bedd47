//! Many processes at the end of a swarm.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use super::{at_once, texts};
use crate::env::TestEnv;

const AGENTS: usize = 32;

fn names() -> impl Iterator<Item = String> {
    (0..AGENTS).map(|number| format!("agent{number}"))
}

fn count(env: &TestEnv, sql: &str) -> i64 {
    env.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn of_thirty_two_that_answer_while_the_deadline_passes_each_gives_back_once_and_in_one_way() {
    let env = TestEnv::new();
    env.use_real_clock();
    for name in names() {
        let agent = env.agent(&name).called(&name);
        let task = agent.run(["task", "create", &name]).id("task-");
        agent.run(["task", "claim", &task]).succeeds();
        agent.run(["lock", "acquire", &name]).succeeds();
    }
    env.human().run(["swarm", "drain", "--deadline", "1s"]).succeeds();
    thread::sleep(Duration::from_millis(900));
    let commands = names().map(|name| {
        let mut command = env.agent(&name).shell();
        command.args(texts(&["swarm", "ready", "--note", &name]));
        command
    });
    for output in at_once(commands.collect()) {
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM swarm_member WHERE answer IN ('ready', 'deadline')"
        ),
        32
    );
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM task WHERE status = 'pending' AND owner_id IS NULL"
        ),
        32
    );
    assert_eq!(count(&env, "SELECT count(*) FROM lock"), 0);
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM activity WHERE event = 'task.released'"
        ),
        32
    );
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM activity WHERE event IN ('lock.released', 'lock.stolen')"
        ),
        32
    );
    // Each was recorded as what it was: an answer in time, or one that did not come.
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM swarm_member m JOIN activity a ON a.agent_id = m.agent_id
             WHERE a.event = CASE m.answer WHEN 'ready' THEN 'swarm.ready' ELSE 'swarm.given_up' END"
        ),
        32
    );
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn nothing_is_claimed_after_a_drain_has_begun() {
    for round in 0..3 {
        let env = TestEnv::new();
        for name in names().take(16) {
            env.agent(&name)
                .called(&name)
                .run(["task", "create", &name])
                .succeeds();
        }
        let mut commands: Vec<_> = names()
            .take(16)
            .map(|name| {
                let mut command = env.agent(&name).shell();
                command.args(texts(&["task", "next"]));
                command
            })
            .collect();
        let mut drain = env.human().shell();
        drain.args(texts(&["swarm", "drain"]));
        commands.insert(8, drain);
        let outputs = at_once(commands);
        let claimed = outputs.iter().filter(|output| output.status.success()).count() - 1;
        let refused = outputs
            .iter()
            .filter(|output| output.status.code() == Some(3))
            .count();
        assert_eq!(claimed + refused, 16, "round {round}");
        let began = "(SELECT seq FROM activity WHERE event = 'swarm.draining')";
        let late = format!("SELECT count(*) FROM activity WHERE event = 'task.claimed' AND seq > {began}");
        let early = format!("SELECT count(*) FROM activity WHERE event = 'task.claimed' AND seq < {began}");
        assert_eq!(count(&env, &late), 0, "round {round}");
        assert_eq!(
            count(&env, &early),
            i64::try_from(claimed).unwrap(),
            "round {round}"
        );
        env.human().run(["doctor", "--check"]).succeeds();
    }
}

#[test]
fn of_eight_that_close_the_store_at_once_one_makes_the_checkpoint_and_all_see_it_closed() {
    let env = TestEnv::new();
    for name in names().take(4) {
        let agent = env.agent(&name).called(&name);
        agent.run(["lock", "acquire", &name]).succeeds();
    }
    let commands = (0..8).map(|_| {
        let mut command = env.human().shell();
        command.args(texts(&["swarm", "shutdown", "--deadline", "0"]));
        command
    });
    for output in at_once(commands.collect()) {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("The swarm is closed"));
    }
    let mut events: BTreeMap<String, i64> = BTreeMap::new();
    let sql = env.sql();
    let mut statement = sql
        .prepare("SELECT event, count(*) FROM activity WHERE event GLOB 'swarm.*' GROUP BY event")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    events.extend(rows.map(Result::unwrap));
    for stage in ["swarm.ending", "swarm.checkpointing", "swarm.closed"] {
        assert_eq!(events[stage], 1, "{events:?}");
    }
    let made = std::fs::read_dir(env.path(".git/agent-sync")).unwrap();
    let made = made.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("checkpoint-")
    });
    assert_eq!(made.count(), 1);
    env.human().run(["doctor", "--check"]).succeeds();
}

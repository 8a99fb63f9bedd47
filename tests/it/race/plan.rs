//! Many processes that propose, agree to, amend and launch at once.

use std::collections::BTreeSet;
use std::process::Command;

use super::{at_once, texts};
use crate::env::TestEnv;

const PROCESSES: usize = 16;

/// A plan of these tasks, proposed by alice and approved by the human.
fn approved(env: &TestEnv, text: &str) -> String {
    env.write("plan.md", text);
    let alice = env.agent("alice").called("alice");
    let id = alice.run(["plan", "propose", "plan.md"]).succeeds().id("plan-");
    env.human().run(["plan", "approve", &id]).succeeds();
    id
}

fn command(env: &TestEnv, who: &str, words: &[&str]) -> Command {
    let mut command = env.agent(who).shell();
    command.args(texts(words));
    command
}

/// Titles of the tasks on the board, in order, and how often each.
fn titles(env: &TestEnv) -> Vec<String> {
    let tasks = env.human().run(["task", "list", "--all", "--json"]).json();
    let mut titles: Vec<String> = (tasks.as_array().unwrap().iter())
        .filter(|task| task["status"] != "cancelled")
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

fn count(env: &TestEnv, sql: &str) -> i64 {
    env.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn sixteen_that_launch_one_plan_at_once_create_its_tasks_once() {
    let env = TestEnv::new();
    let id = approved(&env, "- [ ] A\n- [ ] B (after: A)\n- [ ] C (after: B)\n");
    let commands =
        (0..PROCESSES).map(|number| command(&env, &format!("a{number}"), &["plan", "launch", &id, "--json"]));
    let outputs = at_once(commands.collect());
    let is_new = |output: &std::process::Output| {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["new"] == true
    };
    assert!(outputs.iter().all(|output| output.status.code() == Some(0)));
    assert_eq!(outputs.iter().filter(|output| is_new(output)).count(), 1);
    assert_eq!(titles(&env), ["A", "B", "C"]);
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM activity WHERE event = 'plan.launched'"
        ),
        1
    );
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_launch_during_amendments_is_of_one_whole_content_or_refused() {
    for round in 0..4 {
        let env = TestEnv::new();
        let id = approved(&env, "- [ ] A0\n- [ ] B0 (after: A0)\n- [ ] C0 (after: B0)\n");
        let mut commands = Vec::new();
        for number in 1..=4 {
            let file = format!("plan{number}.md");
            env.write(
                &file,
                &format!("- [ ] A{number}\n- [ ] B{number} (after: A{number})\n"),
            );
            commands.push(command(
                &env,
                "alice",
                &["plan", "propose", &file, "--amend", &id],
            ));
        }
        for number in 0..8 {
            commands.push(command(&env, &format!("a{number}"), &["plan", "launch", &id]));
        }
        let outputs = at_once(commands);
        let (amendments, launches) = outputs.split_at(4);
        assert!(
            amendments.iter().all(|output| output.status.code() == Some(0)),
            "round {round}"
        );
        let codes: BTreeSet<_> = launches.iter().map(|output| output.status.code()).collect();
        assert!(
            codes.is_subset(&BTreeSet::from([Some(0), Some(3)])),
            "round {round}: {codes:?}"
        );
        // Only the first content was ever approved: whole, or nothing of anything.
        let expected: &[&str] = if codes.contains(&Some(0)) {
            &["A0", "B0", "C0"]
        } else {
            &[]
        };
        assert_eq!(titles(&env), expected, "round {round}");
        assert_eq!(
            count(&env, "SELECT count(*) FROM plan_revision"),
            5,
            "round {round}"
        );
        env.human().run(["doctor", "--check"]).succeeds();
    }
}

#[test]
fn approvals_during_an_amendment_are_pinned_to_what_was_read() {
    for round in 0..3 {
        let env = TestEnv::new();
        env.human()
            .run(["config", "set", "plan.approvals", "8"])
            .succeeds();
        env.write("plan.md", "- [ ] A\n");
        let alice = env.agent("alice").called("alice");
        let id = alice.run(["plan", "propose", "plan.md"]).succeeds().id("plan-");
        let shown = env.human().run(["plan", "show", &id, "--json"]).json();
        let hash = shown["hash"].as_str().unwrap();
        env.write("plan.md", "- [ ] B\n");
        let mut commands = vec![command(
            &env,
            "alice",
            &["plan", "propose", "plan.md", "--amend", &id],
        )];
        for number in 0..8 {
            let who = format!("a{number}");
            commands.push(command(&env, &who, &["plan", "approve", &id, "--hash", hash]));
        }
        let outputs = at_once(commands);
        let agreed = outputs[1..]
            .iter()
            .filter(|output| output.status.code() == Some(0))
            .count();
        let refused = outputs[1..]
            .iter()
            .filter(|output| output.status.code() == Some(3))
            .count();
        assert_eq!(agreed + refused, 8, "round {round}");
        let kept = |number: u32| {
            count(
                &env,
                &format!("SELECT count(*) FROM plan_voice WHERE number = {number}"),
            )
        };
        assert_eq!(
            (kept(1), kept(2)),
            (i64::try_from(agreed).unwrap(), 0),
            "round {round}"
        );
        alice
            .run(["plan", "launch", &id])
            .ends_with(3)
            .complains("0 of the 8");
        assert_eq!(titles(&env), [""; 0]);
        env.human().run(["doctor", "--check"]).succeeds();
    }
}

//! Sessions that are started for a plan: what they do, how they are looked after, and that nothing is left of them.
//!
//! A session here is a small script that takes tasks and finishes them. Processes are real and so is the clock.

mod ending;
mod killed;
mod restarts;
mod stage;
mod windows;
mod words;
mod worktrees;

use std::collections::BTreeMap;

use stage::{FINISHES, Stage};

const SIX: &str = "\
# Six
sessions: 2 rust, 1 docs

- [ ] Base
- [ ] Left (after: Base)
- [ ] Right (after: Base)
- [ ] Page @docs
- [ ] Join (after: Left, Right, Page)
- [ ] End (after: Join)
";

#[test]
fn three_sessions_finish_six_tasks_in_order_and_each_of_them_once() {
    let stage = Stage::new(SIX);
    let worker = stage.script("worker", FINISHES);
    let output = stage.launch(&["--sessions", "--command", &worker]).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    assert!(
        output.stdout.contains("have ended: 6 of 6 tasks done\n"),
        "{output:?}"
    );
    let record = stage.record();
    let mut done = Vec::new();
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    for (event, task) in &record {
        match event.as_str() {
            "task.claimed" => {
                *claims.entry(task.as_str()).or_default() += 1;
                for before in stage.comes_before(task) {
                    assert!(
                        done.contains(&before),
                        "{task} was begun before {before}: {record:?}"
                    );
                }
            }
            "task.completed" => done.push(task.clone()),
            _ => {}
        }
    }
    assert_eq!(done.len(), 6);
    assert!(
        claims.len() == 6 && claims.values().all(|count| *count == 1),
        "{claims:?}"
    );
    let docs = stage.text(
        "SELECT s.name FROM task t JOIN crew_session s ON s.agent_id = t.owner_id WHERE t.title = 'Page'",
    );
    assert_eq!(docs, ["docs-1"]);
    assert_eq!(stage.text("SELECT DISTINCT state FROM crew_session"), ["done"]);
    stage.expect_nothing_left();
}

#[test]
fn a_plan_whose_tasks_have_ended_starts_nobody() {
    let stage = Stage::new("- [ ] One\n");
    let worker = stage.script("worker", FINISHES);
    stage.launch(&["--sessions", "2", "--command", &worker]).finish();
    let before = stage.text("SELECT launch FROM crew_session");
    let output = stage.launch(&["--sessions", "2", "--command", &worker]).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    assert_eq!(stage.text("SELECT launch FROM crew_session"), before);
    assert_eq!(before.len(), 1, "one task needs one session only");
}

#[test]
fn who_is_launched_is_an_agent_of_its_own_and_no_human() {
    let stage = Stage::new("sessions: 1 Front End\n\n- [ ] One\n");
    let worker = stage.script(
        "worker",
        "agent-sync whoami --json >\"$OUT/who\"; agent-sync swarm drain 2>>\"$OUT/refused\"; \
         agent-sync --as operator whoami 2>>\"$OUT/refused\"; env >\"$OUT/env\"; finish",
    );
    let command = format!("{worker} {{agent}} {{session}}");
    let launched = stage.launch_as(
        &["--sessions", "--command", &command],
        &[
            ("CLAUDE_CODE_SESSION_ID", "of-the-launcher"),
            ("AGENT_SYNC_BYPASS", "1"),
        ],
    );
    assert_eq!(launched.finish().status, Some(0));
    let who: serde_json::Value = serde_json::from_str(&stage.out("who")).unwrap();
    let agent = stage.text("SELECT agent_id FROM crew_session").pop().unwrap();
    assert_eq!(who["id"], agent.as_str());
    assert_eq!(
        (who["name"].as_str(), who["role"].as_str()),
        (Some("front-end-1"), Some("Front End"))
    );
    let launch = stage.text("SELECT launch FROM crew_session").pop().unwrap();
    assert_eq!(agent, agent_sync::identity::session_id(&launch));
    assert!(stage.out("refused").contains("an agent's shell cannot act as it"));
    let environment = stage.out("env");
    assert!(!environment.contains("of-the-launcher") && !environment.contains("AGENT_SYNC_BYPASS"));
}

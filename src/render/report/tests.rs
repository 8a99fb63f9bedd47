//! Pages of made-up histories.

use std::collections::BTreeSet;

use super::*;
use crate::domain::agent::Agent;
use crate::domain::decision::Decision;
use crate::domain::key::PathKey;
use crate::domain::metrics::{Fact, Span, measure};
use crate::domain::presence::{Presence, Sighting, Turn};
use crate::domain::time::{HOUR, Moment};

fn agent(id: &str, name: &str, parent: Option<&str>) -> Agent {
    Agent {
        id: id.to_owned(),
        name: name.to_owned(),
        role: None,
        parent: parent.map(str::to_owned),
        current_task: None,
        created_at: 0,
        sighting: Sighting {
            turn: Turn::Idle,
            seen: Moment::at_wall(0),
            proof: None,
        },
        cwd: None,
        presence: Presence::Idle,
    }
}

fn edit(at: i64, agent: &str, path: &str) -> Fact {
    Fact {
        at,
        agent: Some(agent.to_owned()),
        event: "edit".to_owned(),
        body: String::new(),
        tool: None,
        place: Some(PathKey {
            tree: String::new(),
            path: path.to_owned(),
        }),
    }
}

fn history(facts: Vec<Fact>, agents: Vec<Agent>) -> History {
    History {
        asked_from: 0,
        window: Span { from: 0, to: HOUR },
        now: Moment::at_wall(HOUR),
        oldest: Some(0),
        kept_for: None,
        facts,
        letters: Vec::new(),
        lacks_letters: false,
        agents,
        in_sessions: BTreeSet::new(),
        locks: Vec::new(),
        waiters: Vec::new(),
        tasks: Vec::new(),
        decisions: Vec::new(),
        queued: Vec::new(),
    }
}

/// The page of a history, and the block of data in it.
fn shown(history: &History) -> (String, serde_json::Value) {
    let timeline = Timeline::of(history);
    let metrics = measure(history, &timeline);
    let page = page(&Report {
        project: "project <b>",
        history,
        timeline: &timeline,
        metrics: &metrics,
    });
    let start = page.split("id=\"data\">").nth(1).unwrap();
    let block = start.split("</script>").next().unwrap();
    let data = serde_json::from_str(block).unwrap();
    (page, data)
}

fn names(data: &serde_json::Value) -> Vec<&str> {
    let lanes = data["lanes"].as_array().unwrap().iter();
    lanes.map(|lane| lane["name"].as_str().unwrap()).collect()
}

#[test]
fn a_page_without_anything_says_so_and_is_whole() {
    let (page, data) = shown(&history(Vec::new(), Vec::new()));
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("Nobody did anything in this time."));
    assert!(page.contains("<title>agent-sync report: project &lt;b&gt;</title>"));
    assert_eq!(data["items"], serde_json::json!([]));
}

#[test]
fn the_policy_names_exactly_what_the_page_holds() {
    let (page, _) = shown(&history(Vec::new(), Vec::new()));
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        for part in page.split(open).skip(1) {
            let content = part.split(close).next().unwrap();
            assert!(
                policy.contains(&fingerprint(content)),
                "{open} is not in {policy}"
            );
        }
    }
    assert_eq!(policy.matches("sha256-").count(), 3);
    let is_handler = |rest: &str| {
        let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        rest[name.len()..].starts_with("=\"")
    };
    assert!(
        !page.split(" on").skip(1).any(is_handler),
        "only the script may act"
    );
    assert!(!page.contains(" style=\""), "the policy would forbid it");
}

#[test]
fn our_own_mark_is_among_the_first_bytes() {
    let (page, _) = shown(&history(Vec::new(), Vec::new()));
    assert!(page[..512].contains(MARK));
}

#[test]
fn subagents_stand_below_their_parent_in_the_order_in_which_they_came() {
    let facts = vec![
        edit(10, "b", "x"),
        edit(20, "a", "x"),
        edit(30, "b.1", "x"),
        edit(40, "a.1", "y"),
    ];
    let agents = vec![
        agent("a", "ann", None),
        agent("b", "ben", None),
        agent("a.1", "ann-1", Some("a")),
        agent("b.1", "ben-1", Some("b")),
        agent("c", "cat", None),
    ];
    let (page, data) = shown(&history(facts, agents));
    assert_eq!(names(&data), ["ben", "ben-1", "ann", "ann-1"]);
    assert_eq!(data["places"], serde_json::json!(["x", "y"]));
    assert_eq!(data["starts"], serde_json::json!([0, 0, 0, 0, 4, 4]));
    assert!(
        page.contains("<td class=\"text\">x</td>"),
        "x was edited by three"
    );
    assert!(!page.contains("<td class=\"text\">y</td>"), "y was not contended");
}

#[test]
fn whoever_has_no_lane_is_counted() {
    let facts = (0..70).map(|at| edit(at, &format!("a{at:02}"), "x")).collect();
    let (page, data) = shown(&history(facts, Vec::new()));
    assert_eq!(names(&data).len(), 60);
    assert!(
        page.contains("10 more agents did least and have no lane"),
        "{page}"
    );
}

#[test]
fn what_is_missing_from_the_record_is_said() {
    let late = History {
        asked_from: -5,
        oldest: Some(HOUR / 2),
        kept_for: Some(24 * HOUR),
        ..history(Vec::new(), Vec::new())
    };
    let (page, _) = shown(&late);
    assert!(page.contains("There is too much since "));
    assert!(page.contains("what is older than 24 h is cleared"));
}

#[test]
fn a_decision_keeps_its_lines_and_nothing_else_of_its_own() {
    let mut history = history(Vec::new(), Vec::new());
    history.decisions = vec![Decision {
        id: "dec-1".to_owned(),
        agent: "a".to_owned(),
        agent_name: "\"><script>".to_owned(),
        body: "one\n<two onclick=x>".to_owned(),
        created_at: 0,
        superseded_by: Some("dec-2".to_owned()),
    }];
    let (page, _) = shown(&history);
    assert!(page.contains("<div>one<br>&lt;two onclick=x&gt;</div>"), "{page}");
    assert!(page.contains("superseded by dec-2"));
    assert_eq!(page.matches("<script").count(), 3);
}

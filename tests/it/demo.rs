//! `agent-sync demo`: it plays nothing, so it shows when something does not work.

use std::fs;

use insta::assert_snapshot;

use crate::env::{Output, TestEnv};

/// Plays it with nothing but an empty scratch directory, and expects that nothing is left behind.
fn play(env: &TestEnv) -> Output {
    let scratch = env.outside().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let human = env.human().with("TMPDIR", scratch.to_str().unwrap());
    let shown = human.run(["demo"]).succeeds();
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    assert_eq!(fs::read_dir(env.root()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(env.home()).unwrap().count(), 0);
    shown
}

#[test]
fn two_agents_meet_in_a_scratch_repository() {
    let env = TestEnv::plain();
    let shown = play(&env);
    let steps = [
        "1/8 A repository is set up, once",
        "Created  .claude/settings.json (11 hooks added)",
        "- you are bob",
        "Locked file src/parser.rs for 60 min",
        "bob: PreToolUse hook: Edit src/parser.rs\n  | agent-sync: another agent holds a lock on this file, so it was left unchanged.",
        "src/parser.rs is locked by alice",
        "bob: PreToolUse hook: Bash sed -i s/main/start/ src/parser.rs\n  | agent-sync: ",
        "src/parser.rs is locked by alice",
        "bob: PreToolUse hook: Edit src/list.rs\n  | (nothing: all is well)",
        "to bob (mid-turn: will see it at its next tool call)",
        "to you, just now: parse() is now read(); please rebase.",
        "Claimed task `task-",
        "locked: src/list.rs",
        "Completed task",
        "now claimable",
        "7/8 alice's terminal is closed",
        "Locked file src/parser.rs for 60 min",
        "agent-sync status",
        "In a repository of yours:\n  agent-sync init",
    ];
    let mut rest = shown.stdout.as_str();
    for step in steps {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("no {step:?} in order in:\n{}", shown.shown()));
        rest = after;
    }
    assert!(shown.stdout.lines().count() < 120, "{}", shown.stdout);
    assert_eq!(shown.stderr, "");
}

#[test]
fn without_a_terminal_there_are_no_pauses() {
    let env = TestEnv::plain();
    let begun = std::time::Instant::now();
    play(&env);
    // With pauses it takes half a minute.
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}

#[test]
fn the_scratch_repository_can_be_kept() {
    let env = TestEnv::plain();
    let human = env.agent("alice").with("TMPDIR", env.outside().to_str().unwrap());
    let shown = human.run(["demo", "--keep"]).succeeds();
    let path = shown.stdout.lines().last().unwrap();
    let path = path.strip_prefix("The repository is ").unwrap();
    let activity = human.at(path).run(["activity", "list"]).succeeds();
    activity.says("src/parser.rs rewriting error recovery");
}

#[test]
fn a_project_full_of_agents_is_made_to_look_around_in() {
    let env = TestEnv::plain();
    let human = env.human();
    assert_snapshot!(human.run(["demo", "--project", "lively"]).shown(), @"
    exit 0
    stdout:
    /repo/lively/library is a project in which 6 agents have been at work for three hours.
    They stay there as long as this shell does. Go there and try:
      agent-sync status
      agent-sync task graph
      agent-sync lock list
      agent-sync search token
      agent-sync activity list --limit 50
    Nothing outside of /repo/lively was touched; remove it when you are done.
    ");
    let library = human.at("lively/library");
    let board = library.run(["task", "list", "--json"]).json();
    let states = |state: &str| {
        let tasks = board.as_array().unwrap().iter();
        tasks.filter(|task| task["status"] == state).count()
    };
    assert_eq!(
        ["in_progress", "blocked", "pending"].map(states),
        [3, 1, 4],
        "{board:#}"
    );
    let agents = library.run(["agent", "list", "--json", "--all"]).json();
    assert!(agents.as_array().unwrap().len() >= 6, "{agents:#}");
    library
        .run(["lock", "list"])
        .succeeds()
        .says("moving the helpers; give me ten minutes")
        .says("alice-scout");
    library
        .run(["task", "graph"])
        .succeeds()
        .says("critical path (*), 3 open");
    library
        .run(["search", "token"])
        .succeeds()
        .says("Choose the session token");
    library.run(["doctor", "--check"]).succeeds().says("whole: all ");
    let web = human.at("lively/library-web");
    web.run(["lock", "list"]).succeeds().says("web/signin.tsx");
    let records = library
        .run(["activity", "list", "--limit", "500", "--json"])
        .json();
    let times = records.as_array().unwrap().iter();
    let mut times: Vec<&str> = times
        .map(|record| record["created_at"].as_str().unwrap())
        .collect();
    times.reverse();
    assert!(times.is_sorted() && times.len() > 100, "{times:?}");
    assert_eq!(
        (times[0], *times.last().unwrap()),
        ("2027-01-15T04:59:00.000Z", "2027-01-15T07:59:00.000Z")
    );
}

#[test]
fn a_directory_that_is_there_is_not_touched() {
    let env = TestEnv::plain();
    fs::create_dir(env.path("mine")).unwrap();
    assert_snapshot!(env.human().run(["demo", "--project", "mine"]).shown(), @"
    exit 3
    stderr:
    error: /repo/mine is there already
    hint: name a directory that is not there yet
    ");
    assert_eq!(fs::read_dir(env.path("mine")).unwrap().count(), 0);
}

#[test]
fn on_a_terminal_no_line_of_an_answer_runs_over_its_edge() {
    let env = TestEnv::plain();
    let output = env
        .human()
        .run_on_terminal(60, &["demo", "--fast", "--color", "never"])
        .succeeds();
    let shown = output.stdout;
    let answers = shown.lines().filter(|line| line.starts_with("  | "));
    assert!(answers.clone().count() > 60, "{shown}");
    for line in answers {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

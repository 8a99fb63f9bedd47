//! `agent-sync demo`: it plays nothing, so it shows when something does not work.

use std::fs;

use crate::env::TestEnv;

#[test]
fn two_agents_meet_in_a_scratch_repository() {
    let env = TestEnv::plain();
    let scratch = env.outside().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let human = env.human().with("TMPDIR", scratch.to_str().unwrap());
    let shown = human.run(["demo"]).succeeds();
    let steps = [
        "Created  .claude/settings.json (11 hooks added)",
        "- you are bob",
        "Locked file src/parser.rs for 60 min",
        "agent-sync: another agent holds a lock on this file, so it was left unchanged.",
        "src/parser.rs is locked by alice",
        "bob: PreToolUse hook: Edit src/list.rs\n  | (nothing: all is well)",
        "to bob (active: sees it with its next tool call)",
        "to you, just now: parse() is now read(); please rebase.",
        "is bob's now, and src/list.rs is locked for him",
        "Completed task",
        "agent-sync status",
    ];
    let mut rest = shown.stdout.as_str();
    for step in steps {
        let (_, after) = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("no {step:?} in order in:\n{}", shown.shown()));
        rest = after;
    }
    assert!(shown.stdout.lines().count() < 80, "{}", shown.stdout);
    assert_eq!(shown.stderr, "");
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    assert_eq!(fs::read_dir(env.root()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(env.home()).unwrap().count(), 0);
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

//! `agent-sync task list` with its filters, and `task show` with all there is to know.

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

#[test]
fn a_list_is_narrowed_by_state_owner_label_role_and_readiness() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let plan =
        b"- [ ] Serve @tester #api #now\n  - [ ] Parse #api\n- [x] Read\n- [ ] Draw !2 #ui\n- [-] Skip\n";
    alice.run_with(&["task", "import", "-"], plan).succeeds();
    bob.run(["task", "claim", "Draw"]).succeeds();
    let titles = |arguments: &[&str]| {
        let arguments = [&["task", "list", "--json"], arguments].concat();
        let tasks = alice.run_with(&arguments, b"").succeeds().json();
        let tasks = tasks.as_array().unwrap().iter();
        let titles: Vec<String> = tasks
            .map(|task| task["title"].as_str().unwrap().to_owned())
            .collect();
        titles.join(" ")
    };
    for (arguments, expected) in [
        (&[][..], "Draw Serve Parse Read Skip"),
        (&["--state", "pending"], "Serve Parse"),
        (&["--state", "done,cancelled"], "Read Skip"),
        (&["--status", "done", "--state", "in_progress"], "Draw Read"),
        (&["--owner", "bob"], "Draw"),
        (&["--owner", "none"], "Serve Parse Read Skip"),
        (&["--mine"], ""),
        (&["--label", "api"], "Serve Parse"),
        (&["--label", "API", "--label", "now"], "Serve"),
        (&["--role", "Tester"], "Serve"),
        (&["--ready"], "Parse"),
        (&["--ready", "--label", "ui"], ""),
    ] {
        assert_eq!(titles(arguments), expected, "{arguments:?}");
    }
    assert_snapshot!(env.human().run(["task", "list", "--state", "pending"]).shown(), @"
    exit 0
    stdout:
    STATE    ID             PRIO  OWNER  TASK
    pending  [task 1]  0     -      Serve @tester #api #now [waits for [task 2]]
    pending  [task 2]  0     -      Parse #api
    ");
    assert_snapshot!(env.human().run(["task", "list", "--mine", "--ready"]).shown(), @"
    exit 0
    stdout:
    No such tasks.
    ");
    alice.run(["task", "list", "--owner", "nobody-here"]).ends_with(4);
    alice
        .run(["task", "list", "--label", "a b"])
        .ends_with(2)
        .complains("is no label");
}

#[test]
fn a_model_sees_a_screenful_of_tasks_and_how_to_see_the_rest() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let plan: Vec<String> = (0..300)
        .map(|index| format!("- [ ] A task of which there are many {index}"))
        .collect();
    alice
        .run_with(&["task", "import", "-"], plan.join("\n").as_bytes())
        .succeeds();
    let short = alice.run(["task", "list"]).succeeds();
    short
        .says("many 0")
        .says("more lines: add --all, or ask for fewer")
        .never_says("many 299");
    assert!(short.stdout.len() < 10_000);
    alice
        .run(["task", "list", "--all"])
        .says("many 0")
        .says("many 299")
        .never_says("more lines");
    env.human().run(["task", "list"]).says("many 299");
}

#[test]
fn the_page_of_a_task_holds_all_there_is_to_know() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice
        .run_with(
            &["task", "import", "-"],
            b"- [ ] Release\n  - [ ] Build @builder #ci !3 (files: Makefile) (after: Design) (on failure: Draft)\n    accept: it is built\n    check: make\n    With care.\n- [ ] Design\n- [ ] Draft\n",
        )
        .succeeds();
    for (title, verb, why) in [("Design", "done", "--note"), ("Draft", "fail", "--reason")] {
        alice.run(["task", "claim", title]).succeeds();
        env.advance(MINUTE);
        alice.run(["task", verb, title, why, "so it is"]).succeeds();
    }
    bob.run(["task", "claim", "Build", "--lock"]).succeeds();
    alice
        .run(["task", "comment", "Build", "mind the <gap>"])
        .succeeds();
    bob.run([
        "task",
        "handoff",
        "Build",
        "--to",
        "alice",
        "--note",
        "have to go",
    ])
    .succeeds();
    assert_snapshot!(env.human().run(["task", "show", "Build"]).shown(), @"
    exit 0
    stdout:
    task:       [task 1]
    title:      Build
    state:      in_progress
    owner:      bob ([bob])
    offered to: alice ([alice])
    priority:   3
    role:       builder
    label:      ci
    created:    2 min ago
    changed:    just now
    created by: alice
    file:       Makefile
    asks of:    `[task 2]`: Draft [failed] (if it fails), holds
    depends on: `[task 3]`: Design [done], holds
    waiting:    `[task 4]`: Release [pending]
    locked:     Makefile by bob
    done when:  it is built
    check:      make

    | With care.

    alice, just now:
    | mind the &lt;gap&gt;

    WHEN       WHO    WHAT            ABOUT
    2 min ago  alice  task.created    [task 1]
    just now   bob    task.claimed    [task 1]
    just now   alice  task.commented  [task 1]
    just now   bob    task.offered    [task 1] to [alice]
    ");
    let json = env.human().run(["task", "show", "Build", "--json"]).json();
    assert_eq!(json["dependents"][0]["title"], "Release");
    assert_eq!(json["locks"][0]["file_path"], "Makefile");
    assert_eq!(json["dependencies"].as_array().map(Vec::len), Some(2));
    let events: Vec<&str> = json["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        ["task.created", "task.claimed", "task.commented", "task.offered"]
    );
    assert_eq!(json["offer"]["note"], "have to go");
    assert_snapshot!(env.human().run(["task", "show", "Release"]).shown(), @"
    exit 0
    stdout:
    task:       [task 4]
    title:      Release
    state:      pending
    priority:   0
    created:    2 min ago
    changed:    2 min ago
    created by: alice
    depends on: `[task 1]`: Build [in_progress], does not hold yet

    WHEN       WHO    WHAT          ABOUT
    2 min ago  alice  task.created  [task 4]
    ");
}

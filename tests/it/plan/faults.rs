//! What is wrong with a plan is all said at once, each with its place.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn every_fault_is_named_with_its_line_and_nothing_is_kept() {
    let env = TestEnv::new();
    env.write(
        "plan.md",
        "budget: 3 cows\n- [ ] a (after: c)\n- [?] b (after: a)\n- [ ] c (after: a, b, nowhere)\n- [ ] d !high\n\
         - [ ] e {#e}\n- [ ] f {#e} (after: f)\n- [ ] g (after: h)\n- [ ] h (after: g)\n",
    );
    let alice = env.agent("alice").called("alice");
    assert_snapshot!(alice.run(["plan", "propose", "plan.md"]).shown(), @r#"
    exit 2
    stderr:
    error: plan.md:1: '3 cows' is no part of a budget
    hint: for example: budget: 50 turns, 2h, 3 restarts
    error: plan.md:2: a cycle: 'a' (line 2) waits for 'c' (line 4), 'c' (line 4) waits for 'a' (line 2)
    hint: a task cannot wait for itself, not even through others; sub-items come before their parent
    error: plan.md:3: [?] is no box of a task
    hint: open is [ ], done [x], failed [f], cancelled [-]
    error: plan.md:3: a cycle: 'b' (line 3) waits for 'a' (line 2), 'a' (line 2) waits for 'c' (line 4), 'c' (line 4) waits for 'b' (line 3)
    hint: a task cannot wait for itself, not even through others; sub-items come before their parent
    error: plan.md:4: no task 'nowhere', neither in the plan nor on the board
    hint: a task is named by its reference {#name}, its title, or its id on the board
    error: plan.md:5: 'high' is no priority
    hint: a priority is a whole number, such as !3 or !-1; \!word keeps the word in the title
    error: plan.md:7: the reference 'e' is taken by 'e' (line 6)
    error: plan.md:7: 'f' would wait for itself
    error: plan.md:8: a cycle: 'g' (line 8) waits for 'h' (line 9), 'h' (line 9) waits for 'g' (line 8)
    hint: a task cannot wait for itself, not even through others; sub-items come before their parent
    "#);
    assert_snapshot!(env.human().run(["plan", "list", "--all"]).shown(), @"
    exit 0
    stdout:
    No plans.
    ");
}

#[test]
fn the_faults_of_json_are_named_with_their_elements() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let text = r#"{"format": "agent-sync-tasks", "version": 1, "budget": {"time": "soon"}, "sessions": [{"count": 99}],
        "tasks": [{"title": "a", "status": "lost"}, {"title": "b", "dependencies": [{"on": "c", "kind": "if"}]},
        {"title": "c", "role": "", "attempts": 1}]}"#;
    assert_snapshot!(alice.run_with(&["plan", "propose", "-"], text.as_bytes()).shown(), @"
    exit 2
    stderr:
    error: standard input:3: unknown field `attempts`, expected one of `ref`, `title`, `description`, `status`, `reason`, `priority`, `role`, `labels`, `files`, `acceptance`, `acceptance_command`, `max_attempts`, `results`, `dependencies` at line 3 column 45
    hint: `agent-sync task export` shows the form
    ");
    let text = text.replace(r#", "attempts": 1"#, "");
    assert_snapshot!(alice.run_with(&["plan", "propose", "-"], text.as_bytes()).shown(), @"
    exit 2
    stderr:
    error: standard input: 'soon' is no time of a budget
    hint: a length of time is written 90m, 2h or 1h30m
    error: standard input: 99 sessions are too many for one plan; the limit is 64
    error: standard input: tasks[0]: 'lost' is no state of a task
    error: standard input: tasks[1]: 'if' is no kind of dependency
    hint: it is after, on_failure, always or when
    ");
}

#[test]
fn tasks_that_could_never_begin_are_faults() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let text = "- [f] a {#a}\n- [ ] b (after: #a)\n- [ ] c (after: b)\n- [ ] d (on failure: #a)\n- [ ] e (always: b)\n- [x] f\n  result: n = 1\n- [ ] g (when: f.n > 1)\n";
    assert_snapshot!(alice.run_with(&["plan", "propose", "-"], text.as_bytes()).shown(), @"
    exit 2
    stderr:
    error: standard input:2: 'b' (line 2) could never begin: a failed
    error: standard input:3: 'c' (line 3) could never begin: 'b' (line 2) never begins
    error: standard input:8: 'g' (line 8) could never begin: f.n is 1, which is not &gt; 1
    ");
}

#[test]
fn what_is_worth_knowing_is_noted_or_refused_with_strict() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let text = "sessions: 1 rust, 1 idle\n- [ ] a @rust\n  files: src/*.rs\n- [ ] b @docs\n  files: src/a.rs, README\n- [ ] c @rust (after: a)\n  files: src/\n- [ ] d @rust\n";
    assert_snapshot!(alice.run_with(&["plan", "propose", "-", "--strict"], text.as_bytes()).shown(), @"
    exit 2
    stderr:
    error: standard input:4: 'b' (line 4) waits for nothing, and nothing waits for it
    error: standard input:8: 'd' (line 8) waits for nothing, and nothing waits for it
    error: standard input:4: 'b' (line 4) wants the role 'docs', which no session has
    error: standard input: no task is for a session in the role 'idle'
    error: standard input:4: 'a' (line 2) and 'b' (line 4) may be worked on at the same time and are both about src/*.rs
    hint: let one wait for the other, or part their files
    error: standard input:6: 'b' (line 4) and 'c' (line 6) may be worked on at the same time and are both about src/a.rs
    hint: let one wait for the other, or part their files
    ");
    assert_snapshot!(alice.run_with(&["plan", "propose", "-", "--dry-run"], text.as_bytes()).shown(), @"
    exit 0
    stdout:
    Nothing is wrong with it; nothing was proposed
    stderr:
    note: standard input:4: 'b' (line 4) waits for nothing, and nothing waits for it
    note: standard input:8: 'd' (line 8) waits for nothing, and nothing waits for it
    note: standard input:4: 'b' (line 4) wants the role 'docs', which no session has
    note: standard input: no task is for a session in the role 'idle'
    note: standard input:4: 'a' (line 2) and 'b' (line 4) may be worked on at the same time and are both about src/*.rs
    note: standard input:6: 'b' (line 4) and 'c' (line 6) may be worked on at the same time and are both about src/a.rs
    ");
    alice.run(["plan", "list", "--all"]).says("No plans.");
    alice
        .run_with(&["plan", "propose", "-"], text.as_bytes())
        .succeeds()
        .complains("note: standard input:");
}

#[test]
fn a_plan_waits_for_tasks_of_the_board_and_creates_none_of_them() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let task = alice.run(["task", "create", "Design"]).id("task-");
    let text = format!("- [ ] a (after: Design)\n- [ ] b {{#{task}}}\n");
    assert_snapshot!(alice.run_with(&["plan", "propose", "-"], text.as_bytes()).shown(), @"
    exit 2
    stderr:
    error: standard input:2: the reference '[task 1]' is the id of a task on the board
    hint: a plan is made of new tasks; those that there are can be named behind `after:`
    ");
    let id = alice
        .run_with(&["plan", "propose", "-"], b"- [ ] a (after: Design)\n")
        .succeeds()
        .id("plan-");
    env.human().run(["plan", "approve", &id]).succeeds();
    alice.run(["plan", "launch", &id]).succeeds();
    let tasks = alice.run(["task", "list", "--json"]).json();
    let of_plan: Vec<_> = tasks
        .as_array()
        .unwrap()
        .iter()
        .filter(|task| task["title"] == "a")
        .collect();
    assert_eq!(of_plan[0]["depends_on"][0], task.as_str(), "{tasks}");
}

#[test]
fn files_and_plans_that_are_not_there_are_told_apart() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    assert_snapshot!(alice.run(["plan", "propose", "none.md"]).shown(), @"
    exit 4
    stderr:
    error: no file 'none.md'
    hint: name a Markdown or JSON file, or `-` for standard input
    ");
    assert_snapshot!(alice.run(["plan", "show", "plan-none"]).shown(), @"
    exit 4
    stderr:
    error: no plan 'plan-none'
    hint: `agent-sync plan list` shows them
    ");
    alice.run(["plan", "launch", "none"]).ends_with(4);
    alice
        .run_with(&["plan", "propose", "-"], b"")
        .ends_with(2)
        .complains("there is no task in it");
    let large = vec![b'x'; 4 * 1024 * 1024 + 1];
    alice
        .run_with(&["plan", "propose", "-"], &large)
        .ends_with(3)
        .complains("the limit for a plan is");
}

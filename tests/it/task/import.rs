//! `agent-sync task import` and `task export`.

use insta::assert_snapshot;

use crate::env::TestEnv;

const PLAN: &str = "\
# Release 2

## Back end
- [ ] Serve @backend !3 {#serve}
  accept: answers in 10 ms
  - [ ] Parse (files: src/parse.rs, src/lex.rs)
    Of all that comes in.
  - [x] Read
## Front end
1. [ ] Draw (after: #serve)
2. [ ] Ship (when: Parse.speed > 3)
";

#[test]
fn a_checklist_becomes_tasks_once() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    env.write("docs/plan.md", PLAN);
    assert_snapshot!(alice.run(["task", "import", "docs/plan.md", "--dry-run"]).shown(), @"
    exit 0
    stdout:
    Would create 5 tasks
      [ ] Serve @backend !3 #back-end [after Parse, Read]
      [ ] Parse #back-end
      [x] Read #back-end
      [ ] Draw #front-end [after Serve]
      [ ] Ship #front-end [after Parse, Draw]
    ");
    assert_snapshot!(alice.run(["task", "list"]).shown(), @"
    exit 0
    stdout:
    No tasks.
    ");
    assert_snapshot!(alice.run(["task", "import", "docs/plan.md"]).shown(), @"
    exit 0
    stdout:
    Created 5 tasks
      [ ] [task 1] Serve @backend !3 #back-end [after Parse, Read]
      [ ] [task 2] Parse #back-end
      [x] [task 3] Read #back-end
      [ ] [task 4] Draw #front-end [after Serve]
      [ ] [task 5] Ship #front-end [after Parse, Draw]
    ");
    assert_snapshot!(env.human().run(["task", "graph"]).shown(), @"
    exit 0
    stdout:
    5 tasks: [ ] 4 pending, [x] 1 done
    critical path (*), 4 open: [task 2], [task 1], [task 4], [task 5]
    [ ] * [task 5] Ship
    ├─ when speed &gt; 3: [ ] * [task 2] Parse (ready)
    └─ [ ] * [task 4] Draw
       └─ [ ] * [task 1] Serve
          ├─ [ ] * [task 2] Parse (ready) (see above)
          └─ [x] [task 3] Read
    ");
    assert_snapshot!(env.human().run(["task", "show", "Parse"]).shown(), @"
    exit 0
    stdout:
    task:       [task 2]
    title:      Parse
    state:      pending
    priority:   0
    label:      back-end
    created:    just now
    changed:    just now
    created by: alice
    file:       src/lex.rs
    file:       src/parse.rs
    waiting:    `[task 1]`: Serve [pending]
    waiting:    `[task 5]`: Ship [pending]

    | Of all that comes in.

    WHEN      WHO    WHAT          ABOUT
    just now  alice  task.created  [task 2]
    ");
    let more = PLAN.to_owned() + "- [ ] Tell (after: Ship)\n";
    env.write("docs/plan.md", &more);
    assert_snapshot!(alice.at("docs").run(["task", "import", "plan.md"]).shown(), @"
    exit 0
    stdout:
    Created 1 task
      [ ] [task 6] Tell #front-end [after Ship]
    5 exist already and stay as they are; --again creates them anew
      [ ] `[task 1]`: Serve
      [ ] `[task 2]`: Parse
      [x] `[task 3]`: Read
      [ ] `[task 4]`: Draw
      [ ] `[task 5]`: Ship
    ");
    alice
        .run(["task", "import", "docs/plan.md", "--again"])
        .succeeds()
        .says("Created 6 tasks");
    assert_eq!(
        env.human()
            .run(["task", "list", "--json"])
            .json()
            .as_array()
            .map(Vec::len),
        Some(12)
    );
    assert_snapshot!(env.human().run(["activity", "list", "--type", "task.imported"]).shown(), @"
    exit 0
    stdout:
    WHEN      WHO    WHAT           ABOUT
    just now  alice  task.imported  6 tasks from docs/plan.md
    just now  alice  task.imported  1 task from docs/plan.md
    just now  alice  task.imported  5 tasks from docs/plan.md
    ");
}

#[test]
fn a_plan_with_a_fault_leaves_nothing_behind_and_says_where_it_is() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    env.write("plan.md", "- [ ] One\n- [ ] Two\n  after: One, Three\n");
    assert_snapshot!(alice.run(["task", "import", "plan.md"]).shown(), @"
    exit 4
    stderr:
    error: plan.md:3: no task 'Three', neither in the plan nor on the board
    hint: a task is named by its reference {#name}, its title, or its id on the board
    ");
    env.write("plan.md", "- [ ] One (after: Two)\n- [ ] Two (after: One)\n");
    assert_snapshot!(alice.run(["task", "import", "plan.md"]).shown(), @"
    exit 2
    stderr:
    error: plan.md:1: a cycle: 'One' (line 1) waits for 'Two' (line 2), 'Two' (line 2) waits for 'One' (line 1)
    hint: a task cannot wait for itself, not even through others; sub-items come before their parent
    ");
    assert_snapshot!(alice.run_with(&["task", "import", "-"], b"- [ ] One !soon\n").shown(), @r#"
    exit 2
    stderr:
    error: standard input:1: 'soon' is no priority
    hint: a priority is a whole number, such as !3 or !-1; \!word keeps the word in the title
    "#);
    assert_snapshot!(alice.run_with(&["task", "import", "-"], b"{\"format\": 1}").shown(), @"
    exit 2
    stderr:
    error: standard input:1: invalid type: integer `1`, expected a string at line 1 column 12
    hint: `agent-sync task export` shows the form
    ");
    assert_snapshot!(alice.run_with(&["task", "import", "-"], b"just text").shown(), @"
    exit 2
    stderr:
    error: standard input: there is no task in it
    hint: a task is a line such as `- [ ] Title`, or an element of `tasks` in JSON
    ");
    assert_snapshot!(alice.run(["task", "import", "nothing.md"]).shown(), @"
    exit 4
    stderr:
    error: no file 'nothing.md'
    hint: name a Markdown or JSON file, or `-` for standard input
    ");
    alice.run(["task", "list"]).says("No tasks.");
    alice.run(["task", "create", "Three"]).succeeds();
    let task = alice
        .run_with(&["task", "import", "-"], b"- [ ] Two (after: three)\n")
        .succeeds();
    task.says("Created 1 task");
    assert_snapshot!(alice.run(["task", "claim", "Two"]).shown(), @"
    exit 3
    stderr:
    error: [task 1] waits for [task 2]
    hint: finish those first, or claim it all the same with --force
    ");
}

#[test]
fn a_board_moves_to_another_repository_as_it_is() {
    let (env, other) = (TestEnv::new(), TestEnv::new());
    let alice = env.agent("alice").called("alice");
    env.write("plan.md", PLAN);
    alice.run(["task", "import", "plan.md"]).succeeds();
    let id = alice
        .run(["task", "create", "Fall back <b>", "--on-failure", "Parse"])
        .succeeds()
        .id("task-");
    alice.run(["task", "claim", "Parse"]).succeeds();
    alice
        .run(["task", "done", "Parse", "--result", "speed=\"high\""])
        .succeeds();
    assert_snapshot!(alice.run(["task", "export", "--output", "board.json"]).shown(), @"
    exit 0
    stdout:
    Wrote 6 tasks to board.json
    ");
    assert_eq!(alice.run(["task", "export"]).stdout, env.read("board.json"));
    let bob = other.agent("bob").called("bob");
    other.write("board.json", &env.read("board.json"));
    bob.run(["task", "import", "board.json"])
        .succeeds()
        .says("Created 6 tasks");
    let shape = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        let tasks = json["tasks"].as_array().unwrap().clone();
        let title =
            |id: &serde_json::Value| tasks.iter().find(|task| task["ref"] == *id).unwrap()["title"].clone();
        let mut plain: Vec<serde_json::Value> = tasks
            .iter()
            .map(|task| {
                let mut task = task.clone();
                task["ref"] = serde_json::Value::Null;
                let mut on = task["dependencies"].as_array().unwrap().clone();
                for one in &mut on {
                    one["on"] = title(&one["on"]);
                }
                on.sort_by_key(ToString::to_string);
                task["dependencies"] = on.into();
                // Reasons name tasks by their ids.
                task["reason"] = task["reason"].is_string().into();
                task
            })
            .collect();
        plain.sort_by_key(|task| task["title"].to_string());
        plain
    };
    assert_eq!(
        shape(&bob.run(["task", "export"]).stdout),
        shape(&env.read("board.json"))
    );
    let states = |env: &TestEnv| {
        env.human()
            .run(["task", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|task| (task["title"].to_string(), task["status"].to_string()))
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(states(&env), states(&other));
    alice
        .run(["task", "import", "board.json"])
        .succeeds()
        .says("Created 0 tasks")
        .says(&id);

    alice.run(["task", "export", "-o", "board.md"]).succeeds();
    let markdown = env.read("board.md");
    assert!(
        markdown.contains("- [-] Fall back &lt;b&gt; {#task-"),
        "{markdown}"
    );
    let again = other.agent("carol").called("carol");
    again
        .run_with(&["task", "import", "-"], markdown.as_bytes())
        .succeeds()
        .says("Created 6 tasks");
    assert_eq!(states(&other), states(&env));
    again
        .run(["task", "export", "--format", "markdown"])
        .says("trust=\"untrusted\"");
}

#[test]
fn a_chain_of_two_thousand_tasks_is_imported_in_a_moment() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let steps: Vec<String> = (0..2000)
        .map(|index| format!("{index}. [ ] Step {index}"))
        .collect();
    let plan = steps.join("\n");
    let imported = alice
        .run_with(&["task", "import", "-"], plan.as_bytes())
        .succeeds();
    imported.says("Created 2000 tasks").says("and 1950 more");
    let rank: i64 = env
        .sql()
        .query_row("SELECT rank FROM task WHERE title = 'Step 0'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(rank, 1999);
    alice.run(["task", "next"]).succeeds().says("Step 0");
}

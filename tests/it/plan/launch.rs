//! Tasks come onto the board once; what an amendment means for them is defined.

use insta::assert_snapshot;

use super::proposed;
use crate::env::TestEnv;

const OLD: &str =
    "- [ ] A {#a}\n- [ ] B {#b} (after: #a)\n- [ ] C {#c} (after: #b)\n- [ ] D {#d} (after: #a)\n";

/// A plan that was launched, and the id of each of its tasks by title.
fn launched(env: &TestEnv, text: &str) -> (String, impl Fn(&str) -> String) {
    let id = proposed(env, text);
    env.human().run(["plan", "approve", &id]).succeeds();
    env.agent("alice").run(["plan", "launch", &id]).succeeds();
    let shown = env.human().run(["plan", "show", &id, "--json"]).json();
    let tasks = shown["tasks"].as_array().unwrap().clone();
    let find = move |key: &str| {
        let task = tasks.iter().find(|task| task["ref"] == key).unwrap();
        task["task_id"].as_str().unwrap().to_owned()
    };
    (id, find)
}

fn amend(env: &TestEnv, id: &str, text: &str) {
    env.write("plan.md", text);
    env.agent("alice")
        .run(["plan", "propose", "plan.md", "--amend", id])
        .succeeds();
    env.human().run(["plan", "approve", id]).succeeds();
}

#[test]
fn an_amended_plan_is_launched_anew_and_what_ended_stays() {
    let env = TestEnv::new();
    let (id, task) = launched(&env, OLD);
    let bob = env.agent("bob").called("bob");
    bob.run(["task", "claim", &task("a")]).succeeds();
    bob.run(["task", "done", &task("a")]).succeeds();
    // A ended and is different; B and C change places; D is gone; E is new.
    amend(
        &env,
        &id,
        "- [ ] A, again {#a}\n- [ ] C first {#c} !3 @docs (after: #a)\n  files: docs/\n- [ ] B {#b} (after: #c)\n- [ ] E {#e} (when: b.n > 1)\n",
    );
    assert_snapshot!(env.agent("alice").run(["plan", "launch", &id]).shown(), @"
    exit 0
    stdout:
    Launched plan `[plan 1]` (revision 2): 4 tasks on the board
    Created 1 task
      [ ] `[task 1]`: E
    Changed 2 tasks
      [ ] `[task 2]`: C first
      [ ] `[task 3]`: B
    Cancelled 1 task
      [-] `[task 4]`: D
    Ended before, and left as they are: 1 task
      [x] `[task 5]`: A
    ");
    assert_snapshot!(env.human().run(["plan", "show", &id]).shown(), @"
    exit 0
    stdout:
    plan:     [plan 1]
    title:    Untitled plan
    proposed: by alice ([alice]), just now
    revision: 2 of 2, by alice ([alice]), just now
    content:  58fffdef7f48c7b97cb65b568cf98047181b335464523c013598b6f7d292a8d5
    state:    launched
    launched: revision 2, by alice ([alice]), just now
    progress: 3 pending, 1 done

    approved by operator, just now

         REFERENCE  TASK           ROLE  WAITS FOR          FILES  TITLE
    [x]  a          [task 5]                                  A, again
    [ ]  c          [task 2]  docs  a                  docs   C first
    [ ]  b          [task 3]        c                         B
    [ ]  e          [task 1]        b (when n &gt; 1)         E
    ");
    let c = env.human().run(["task", "show", &task("c"), "--json"]).json();
    assert_eq!(
        (&c["title"], &c["priority"], &c["role"]),
        (&"C first".into(), &3.into(), &"docs".into()),
        "{c}"
    );
    assert_eq!(c["depends_on"], serde_json::json!([task("a")]), "{c}");
    let d = env.human().run(["task", "show", &task("d"), "--json"]).json();
    assert_eq!(
        (&d["status"], d["end_reason"].as_str()),
        (
            &"cancelled".into(),
            Some(format!("{id} has it no longer").as_str())
        ),
        "{d}"
    );
    env.human().run(["doctor", "--check"]).succeeds();
    // What was taken out and comes back is another task.
    amend(&env, &id, OLD);
    env.agent("alice")
        .run(["plan", "launch", &id])
        .succeeds()
        .says("Created 1 task\n");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_task_that_somebody_works_on_is_not_taken_out() {
    let env = TestEnv::new();
    let (id, task) = launched(&env, OLD);
    let bob = env.agent("bob").called("bob");
    bob.run(["task", "claim", &task("a")]).succeeds();
    amend(&env, &id, "- [ ] B {#b}\n");
    assert_snapshot!(env.agent("alice").run(["plan", "launch", &id]).shown(), @"
    exit 3
    stderr:
    error: revision 2 of [plan 1] has tasks no longer that are being worked on: [task 1] (bob)
    hint: let them be finished or given back (agent-sync task release TASK), then launch again
    ");
    bob.run(["task", "release", &task("a")]).succeeds();
    let launched = env.agent("alice").run(["plan", "launch", &id]).succeeds();
    launched.says("Cancelled 3 tasks").says("Changed 1 task");
    let b = env.human().run(["task", "show", &task("b"), "--json"]).json();
    assert_eq!(
        (&b["status"], &b["depends_on"]),
        (&"pending".into(), &serde_json::json!([])),
        "{b}"
    );
}

#[test]
fn what_was_cancelled_with_what_it_waited_for_comes_back_with_something_better_to_wait_for() {
    let env = TestEnv::new();
    let (id, task) = launched(
        &env,
        "- [ ] A {#a}\n- [ ] B {#b} (after: #a)\n- [ ] C {#c} (after: #b)\n",
    );
    let bob = env.agent("bob").called("bob");
    bob.run(["task", "claim", &task("a")]).succeeds();
    bob.run(["task", "fail", &task("a"), "--reason", "no"]).succeeds();
    let status = |key: &str| env.human().run(["task", "show", &task(key), "--json"]).json()["status"].clone();
    assert_eq!(
        (status("b"), status("c")),
        ("cancelled".into(), "cancelled".into())
    );
    amend(
        &env,
        &id,
        "- [ ] A {#a}\n- [ ] Another way {#other} (on failure: #a)\n- [ ] B {#b} (after: #other)\n- [ ] C {#c} (after: #b)\n",
    );
    let again = env.agent("alice").run(["plan", "launch", &id]).succeeds();
    again.says("Created 1 task\n").says("Changed 1 task\n");
    assert_eq!(
        (status("a"), status("b"), status("c")),
        ("failed".into(), "pending".into(), "pending".into())
    );
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_plan_is_done_when_all_of_its_tasks_have_ended() {
    let env = TestEnv::new();
    let (_id, task) = launched(&env, "- [ ] A\n- [x] B\n");
    env.human()
        .run(["plan", "list"])
        .says("launched")
        .says("1 of 2 ended");
    let bob = env.agent("bob").called("bob");
    bob.run(["task", "claim", &task("a")]).succeeds();
    bob.run(["task", "fail", &task("a"), "--reason", "no"]).succeeds();
    env.human().run(["plan", "list"]).says("No open plans.");
    env.human()
        .run(["plan", "list", "--all"])
        .says("done")
        .says("2 of 2 ended");
}

#[test]
fn two_plans_of_the_same_words_have_tasks_of_their_own() {
    let env = TestEnv::new();
    let (first, _) = launched(&env, "- [ ] A\n");
    let (second, _) = launched(&env, "- [ ] A\n");
    assert_ne!(first, second);
    assert_eq!(
        env.human()
            .run(["task", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

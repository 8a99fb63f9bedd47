//! `agent-sync task`, each command once from end to end.

mod check;
mod condition;
mod edit;
mod graph;
mod hand_over;
mod hooks;
mod import;
mod list;
mod next;
mod plan;

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

#[test]
fn a_task_goes_from_the_board_to_done() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let created = alice.run([
        "task",
        "create",
        "Write the guide",
        "--description",
        "All of it",
        "--file",
        "docs/guide.md",
        "--priority",
        "3",
    ]);
    assert_snapshot!(created.shown(), @"
    exit 0
    stdout:
    Created task `[task 1]`: Write the guide
      files: docs/guide.md
    ");
    let first = created.id("task-");
    let second = alice.run(["task", "create", "Print it", "--depends-on", "write the guide"]);
    assert_snapshot!(second.shown(), @"
    exit 0
    stdout:
    Created task `[task 2]`: Print it
      depends on: [task 1]
    ");
    assert_snapshot!(bob.run(["task", "next", "--lock"]).shown(), @"
    exit 0
    stdout:
    Claimed task `[task 1]`: Write the guide [in_progress]
      locked: docs/guide.md
    ");
    env.advance(4 * MINUTE);
    assert_snapshot!(env.human().run(["task", "list"]).shown(), @"
    exit 0
    stdout:
    STATE        ID             PRIO  OWNER  TASK
    in_progress  [task 1]  3     bob    Write the guide files: docs/guide.md
    pending      [task 2]  0     -      Print it [waits for [task 1]]
    ");
    assert_snapshot!(alice.run(["task", "claim", &first]).shown(), @"
    exit 3
    stderr:
    error: [task 1] ('Write the guide') is owned by bob ([bob]), who is here
    hint: `agent-sync task next` hands out a free one
    ");
    assert_snapshot!(alice.run(["task", "done", &first]).shown(), @"
    exit 3
    stderr:
    error: [task 1] ('Write the guide') is owned by bob ([bob])
    hint: ask its owner: agent-sync send --to [bob] --message '…'; or use --force, which is recorded
    ");
    assert_snapshot!(bob.run(["task", "done", &first, "--note", "with pictures"]).shown(), @"
    exit 0
    stdout:
    Completed task `[task 1]`: Write the guide — with pictures
      now claimable (dependencies satisfied): `[task 2]` Print it
    ");
    assert_snapshot!(env.human().run(["task", "show", &first]).shown(), @"
    exit 0
    stdout:
    task:       [task 1]
    title:      Write the guide
    state:      done
    owner:      bob ([bob])
    priority:   3
    created:    4 min ago
    changed:    just now
    completed:  just now
    created by: alice
    file:       docs/guide.md
    waiting:    `[task 2]`: Print it [pending]

    | All of it

    bob, just now, note:
    | with pictures

    WHEN       WHO    WHAT            ABOUT
    4 min ago  alice  task.created    [task 1]
    4 min ago  bob    task.claimed    [task 1]
    just now   bob    task.completed  [task 1]: with pictures
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "everything is much")]
fn a_task_is_shown_to_programs_with_all_that_is_known_of_it() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let first = alice
        .run([
            "task",
            "create",
            "Write the guide",
            "--description",
            "All of it",
            "--file",
            "docs/guide.md",
            "--priority",
            "3",
        ])
        .succeeds()
        .id("task-");
    bob.run(["task", "next"]).succeeds();
    env.advance(4 * MINUTE);
    bob.run(["task", "done", &first, "--note", "with pictures"])
        .succeeds();
    assert_snapshot!(env.human().run(["task", "show", &first, "--json"]).shown(), @r#"
    exit 0
    stdout:
    {
      "id": "[task 1]",
      "title": "Write the guide",
      "description": "All of it",
      "status": "done",
      "owner_agent_id": "[bob]",
      "priority": 3,
      "created_at": "2027-01-15T08:00:00.000Z",
      "updated_at": "2027-01-15T08:04:00.000Z",
      "completed_at": "2027-01-15T08:04:00.000Z",
      "files": [
        "docs/guide.md"
      ],
      "depends_on": [],
      "blocked_by_deps": false,
      "owner_name": "bob",
      "blocked_reason": null,
      "waits_for": [],
      "ready": false,
      "end_reason": null,
      "cancelled_because_of": null,
      "role": null,
      "labels": [],
      "acceptance": null,
      "acceptance_command": null,
      "attempts": 1,
      "max_attempts": null,
      "rank": 0,
      "creator_agent_id": "[alice]",
      "creator_name": "alice",
      "claimed_at": "2027-01-15T08:00:00.000Z",
      "worktree": "",
      "dependencies": [],
      "dependents": [],
      "locks": [],
      "results": {},
      "trail": [
        {
          "kind": "note",
          "agent_id": "[bob]",
          "agent_name": "bob",
          "body": "with pictures",
          "exit_status": null,
          "took_ms": null,
          "created_at": "2027-01-15T08:04:00.000Z"
        }
      ],
      "offer": null,
      "activity": [
        {
          "id": "[act 1]",
          "agent_id": "[alice]",
          "event_type": "task.created",
          "body": "[task 1]",
          "tool_name": null,
          "file_path": null,
          "created_at": "2027-01-15T08:00:00.000Z",
          "agent_name": "alice"
        },
        {
          "id": "[act 2]",
          "agent_id": "[bob]",
          "event_type": "task.claimed",
          "body": "[task 1]",
          "tool_name": null,
          "file_path": null,
          "created_at": "2027-01-15T08:00:00.000Z",
          "agent_name": "bob"
        },
        {
          "id": "[act 3]",
          "agent_id": "[bob]",
          "event_type": "task.completed",
          "body": "[task 1]: with pictures",
          "tool_name": null,
          "file_path": null,
          "created_at": "2027-01-15T08:04:00.000Z",
          "agent_name": "bob"
        }
      ]
    }
    "#);
}

#[test]
fn a_task_can_be_blocked_given_back_cancelled_and_reopened() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let id = alice.run(["task", "create", "Work"]).succeeds().id("task-");
    assert_snapshot!(alice.run(["task", "claim", "WORK"]).shown(), @"
    exit 0
    stdout:
    Claimed task `[task 1]`: Work [in_progress]
    ");
    assert_snapshot!(alice.run(["task", "block", &id, "--reason", "no key"]).shown(), @"
    exit 0
    stdout:
    Blocked task `[task 1]`: Work — no key
    ");
    assert_snapshot!(alice.run(["task", "unblock", &id]).shown(), @"
    exit 0
    stdout:
    Unblocked task `[task 1]`: Work
    ");
    alice.run(["task", "claim", &id]);
    assert_snapshot!(alice.run(["task", "release", &id]).shown(), @"
    exit 0
    stdout:
    Released task `[task 1]`: Work
    ");
    assert_snapshot!(alice.run(["task", "cancel", &id]).shown(), @"
    exit 0
    stdout:
    Cancelled task `[task 1]`: Work
    ");
    assert_snapshot!(alice.run(["task", "claim", &id]).shown(), @"
    exit 3
    stderr:
    error: [task 1] is already cancelled
    hint: agent-sync task reopen [task 1]
    ");
    assert_snapshot!(alice.run(["task", "reopen", &id]).shown(), @"
    exit 0
    stdout:
    Reopened task `[task 1]`: Work
    ");
    assert_snapshot!(env.human().run(["task", "list"]).shown(), @"
    exit 0
    stdout:
    STATE    ID             PRIO  OWNER  TASK
    pending  [task 1]  0     -      Work
    ");
}

#[test]
fn dependencies_can_be_added_and_never_form_a_circle() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    let first = alice.run(["task", "create", "First"]).succeeds().id("task-");
    let second = alice.run(["task", "create", "Second"]).succeeds().id("task-");
    assert_snapshot!(alice.run(["task", "depend", &second, "--on", &first]).shown(), @"
    exit 0
    stdout:
    Task `[task 1]`: Second
      depends on: [task 2]
    ");
    assert_snapshot!(alice.run(["task", "depend", &first, "--on", &second]).shown(), @"
    exit 3
    stderr:
    error: that would close a cycle: [task 2] -> [task 1], [task 1] -> [task 2]
    hint: a task cannot wait for itself, not even through others
    ");
    assert_snapshot!(alice.run(["task", "depend", &first, "--on", &first]).shown(), @"
    exit 3
    stderr:
    error: that would close a cycle: [task 2] -> [task 2]
    hint: a task cannot wait for itself, not even through others
    ");
    assert_snapshot!(alice.run(["task", "claim", &second]).shown(), @"
    exit 3
    stderr:
    error: [task 1] waits for [task 2]
    hint: finish those first, or claim it all the same with --force
    ");
}

#[test]
fn a_task_that_is_not_there_or_not_unique_is_said_so() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    assert_snapshot!(alice.run(["task", "show", "nothing"]).shown(), @"
    exit 4
    stderr:
    error: no task 'nothing'
    hint: `agent-sync task list` shows them
    ");
    for _ in 0..2 {
        alice.run(["task", "create", "Twice"]).succeeds();
    }
    alice
        .run(["task", "show", "twice"])
        .ends_with(2)
        .complains("'twice' is the title of 2 tasks");
}

#[test]
fn next_hands_out_the_most_urgent_then_the_oldest_and_then_says_there_is_none() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    for (title, priority) in [("Old", "0"), ("Young", "0"), ("Urgent", "5")] {
        alice
            .run(["task", "create", title, "--priority", priority])
            .succeeds();
        env.advance(MINUTE);
    }
    for title in ["Urgent", "Old", "Young"] {
        alice.run(["task", "next"]).succeeds().says(title);
        alice.run(["task", "done", title]).succeeds();
    }
    assert_snapshot!(alice.run(["task", "next"]).shown(), @"
    exit 0
    stdout:
    No available tasks to claim.
    ");
}

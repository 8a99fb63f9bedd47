//! L: locks that did not guard what they seemed to.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::env::TestEnv;

#[test]
fn l1_a_relative_path_is_resolved_against_the_working_directory() {
    let env = TestEnv::new();
    env.write("sub/x.py", "");
    env.write("x.py", "");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let locked = alice.at("sub").run(["lock", "acquire", "x.py"]).succeeds();
    locked.says("Locked file sub/x.py");
    assert!(bob.before_edit("sub/x.py").is_refusal());
    bob.before_edit("x.py").is_silent();
}

#[test]
fn l1_a_path_that_was_meant_from_the_top_is_remarked_on() {
    let env = TestEnv::new();
    env.write("src/a.py", "");
    env.write("sub/b.py", "");
    let locked = env
        .agent("alice")
        .at("sub")
        .run(["lock", "acquire", "src/a.py"])
        .succeeds();
    locked.says("sub/src/a.py").complains("there is no src/a.py here");
}

#[test]
fn l2_a_lock_typed_in_a_worktree_guards_the_worktrees_file() {
    let env = TestEnv::new();
    env.write("src/a.py", "");
    env.git(&["add", "."]);
    env.git(&["commit", "--quiet", "-m", "More"]);
    let worktree = env.worktree("feature");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .at(&worktree)
        .run(["lock", "acquire", "src/a.py"])
        .succeeds();
    assert!(
        bob.at(&worktree)
            .before_edit(worktree.join("src/a.py"))
            .is_refusal()
    );
    bob.before_edit("src/a.py").is_silent();
    assert!(
        !worktree.join(".claude").exists(),
        "there is one store, in the main worktree"
    );
}

#[test]
fn l2_an_absolute_path_into_a_worktree_is_the_same_key() {
    let env = TestEnv::new();
    let worktree = env.worktree("feature");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let absolute = worktree.join("README");
    alice
        .run(["lock", "acquire", absolute.to_str().unwrap()])
        .succeeds();
    bob.at(&worktree).run(["lock", "acquire", "README"]).ends_with(3);
    bob.run(["lock", "acquire", "README"]).succeeds();
}

/// Runs what the client's Bash would run for a subagent: the command as its `PreToolUse` hook rewrote it.
fn bash_of(subagent: &crate::env::Actor<'_>, command: &str) -> crate::env::Output {
    let input = json!({"command": command, "description": "x"});
    let answer = subagent
        .hook("pre-tool-use", &json!({"tool_name": "Bash", "tool_input": input}))
        .succeeds();
    let rewritten = answer.json()["hookSpecificOutput"]["updatedInput"].clone();
    assert_eq!(rewritten["description"], "x", "the rest of the input stays");
    subagent.bash(rewritten["command"].as_str().unwrap())
}

#[test]
fn l8_a_subagents_lock_is_its_own_and_does_not_stop_its_own_edit() {
    let env = TestEnv::new();
    env.set_up();
    let parent = env.agent("parent");
    let (first, second) = (parent.subagent("a1b2c3"), parent.subagent("d4e5f6"));
    bash_of(&first, "cd . && agent-sync lock acquire README").succeeds();
    first.before_edit("README").is_silent();
    assert!(
        second.before_edit("README").is_refusal(),
        "siblings exclude each other"
    );
    assert!(
        parent.before_edit("README").is_refusal(),
        "a subagent's lock stops its parent"
    );
    bash_of(&second, "agent-sync lock acquire README").ends_with(3);
}

#[test]
fn l8_a_parents_lock_does_not_stop_its_subagents() {
    let env = TestEnv::new();
    let parent = env.agent("parent");
    parent.run(["lock", "acquire", "README"]).succeeds();
    parent.subagent("a1b2c3").before_edit("README").is_silent();
    let stranger = env.agent("stranger").subagent("ffff00");
    assert!(stranger.before_edit("README").is_refusal());
}

#[test]
fn l8_the_recipe_of_0_4_0_does_not_block_its_user() {
    let env = TestEnv::new();
    let session = env.agent("parent");
    let subagent = session.with("AGENT_SYNC_ID", "sub");
    subagent.run(["lock", "acquire", "README"]).succeeds();
    let whoami = subagent.run(["whoami", "--json"]).succeeds().json();
    assert_eq!(whoami["id"], "sub");
    assert_eq!(whoami["parent_id"], session.id(), "it belongs to its session");
    let other = session.with("AGENT_SYNC_ID", "other-sub");
    other.run(["lock", "acquire", "README"]).ends_with(3);
}

#[test]
fn l11_a_resource_and_a_file_of_one_name_are_two_locks() {
    let env = TestEnv::new();
    env.write("src/a.py", "");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .run(["lock", "acquire", "--resource", "src/a.py"])
        .succeeds();
    bob.before_edit("src/a.py").is_silent();
    bob.run(["lock", "acquire", "src/a.py"]).succeeds();
    alice.run(["lock", "acquire", "src/a.py"]).ends_with(3);
    bob.run(["lock", "acquire", "--resource", "src/a.py"])
        .ends_with(3);
    let locks = env.human().run(["lock", "list", "--json"]).json();
    assert_eq!(locks.as_array().unwrap().len(), 2);
}

#[test]
fn l12_a_file_outside_the_project_has_one_key_however_it_is_typed() {
    let env = TestEnv::new();
    let outside = env.outside().join("o.py");
    std::fs::write(&outside, "").unwrap();
    symlink(env.outside(), env.path("outlink")).unwrap();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "../o.py"]).succeeds();
    for typed in [outside.to_str().unwrap(), "outlink/o.py", "./../repo/../o.py"] {
        bob.run(["lock", "acquire", typed]).ends_with(3);
        assert!(bob.before_edit(typed).is_refusal(), "{typed}");
    }
}

#[test]
fn l12_links_are_the_file_they_lead_to() {
    let env = TestEnv::new();
    env.write("real/a.py", "");
    symlink("real", env.path("linked")).unwrap();
    symlink("missing.py", env.path("dangling.py")).unwrap();
    std::fs::hard_link(env.path("real/a.py"), env.path("hard.py")).unwrap();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .run(["lock", "acquire", "real/a.py", "missing.py"])
        .succeeds();
    for other_name in ["linked/a.py", "hard.py", "dangling.py", "linked/../real//./a.py"] {
        assert!(bob.before_edit(other_name).is_refusal(), "{other_name}");
    }
}

#[test]
fn l2_a_worktree_that_the_client_makes_inside_the_project_has_keys_of_its_own() {
    let env = TestEnv::new();
    let inside = env.path(".claude/worktrees/wt1");
    env.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "wt1",
        inside.to_str().unwrap(),
    ]);
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "."]).succeeds();
    assert!(bob.before_edit("README").is_refusal());
    bob.at(&inside).before_edit(inside.join("README")).is_silent();
    bob.at(&inside).run(["lock", "acquire", "README"]).succeeds();
    assert!(alice.at(&inside).before_edit(inside.join("README")).is_refusal());
    assert!(
        !inside.join(".claude").exists(),
        "there is one store, in the main worktree"
    );
}

#[test]
fn l2_a_submodules_files_are_covered_by_a_lock_on_it() {
    let env = TestEnv::new();
    let source = env.root();
    env.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        source.to_str().unwrap(),
        "lib",
    ]);
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "lib"]).succeeds();
    assert!(bob.before_edit("lib/README").is_refusal());
}

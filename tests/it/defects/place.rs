//! L13 and L14: which project it is, and where its store is kept.

use std::fs;

use serde_json::json;

use crate::env::TestEnv;

#[test]
fn l13_a_hook_finds_the_project_by_the_payload_and_not_by_its_own_directory() {
    let env = TestEnv::new();
    env.agent("bob").run(["lock", "acquire", "README"]).succeeds();
    let elsewhere = env.outside().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let alice = env.agent("alice").at(&elsewhere).with("CLAUDE_PROJECT_DIR", "");
    let mut edit = alice.edit_of("README");
    edit["cwd"] = json!(elsewhere);
    assert!(
        alice.hook("pre-tool-use", &edit).is_refusal(),
        "by the file's own path"
    );
    edit["cwd"] = json!(env.root());
    edit["tool_input"]["file_path"] = json!("README");
    assert!(
        alice.hook("pre-tool-use", &edit).is_refusal(),
        "by the payload's directory"
    );
    assert!(!elsewhere.join(".claude").exists(), "no stray store");
}

#[test]
fn l13_a_hook_never_creates_a_store() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    for hook in agent_sync::hook::HOOKS {
        alice.hook(hook.name, &alice.edit_of("README")).is_silent();
    }
    assert!(!env.path(".claude").exists());
}

#[test]
fn l14_a_directory_called_claude_below_the_top_is_not_a_project() {
    let env = TestEnv::new();
    fs::create_dir_all(env.path("sub/.claude")).unwrap();
    env.agent("alice")
        .at("sub")
        .run(["lock", "acquire", "x"])
        .succeeds();
    assert!(env.database().exists());
    assert!(!env.path("sub/.claude/coordination").exists());
}

#[test]
fn l14_the_home_is_not_a_project() {
    let env = TestEnv::plain();
    fs::create_dir(env.home().join(".claude")).unwrap();
    let below = env.home().join("notes");
    fs::create_dir(&below).unwrap();
    let alice = env.agent("alice");
    alice.at(&below).run(["lock", "acquire", "x"]).succeeds();
    assert!(!env.home().join(".claude/coordination").exists());
    alice
        .at(env.home())
        .run(["lock", "acquire", "x"])
        .ends_with(3)
        .complains("is not a project");
}

#[test]
fn l14_a_submodule_keeps_its_store_in_its_own_checkout() {
    let env = TestEnv::new();
    let library = env.outside().join("library");
    let source = env.root();
    env.git(&[
        "clone",
        "--quiet",
        source.to_str().unwrap(),
        library.to_str().unwrap(),
    ]);
    env.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        library.to_str().unwrap(),
        "lib",
    ]);
    env.agent("alice")
        .at("lib")
        .run(["lock", "acquire", "README"])
        .succeeds();
    assert!(env.path("lib/.claude/coordination/state.sqlite").exists());
    assert!(!env.path(".git/modules/lib/.claude").exists());
    assert!(!env.database().exists());
}

#[test]
fn l14_worktrees_of_a_bare_repository_share_one_store() {
    let env = TestEnv::new();
    let bare = env.outside().join("bare.git");
    let source = env.root();
    env.git(&[
        "clone",
        "--quiet",
        "--bare",
        source.to_str().unwrap(),
        bare.to_str().unwrap(),
    ]);
    let (first, second) = (env.outside().join("first"), env.outside().join("second"));
    for (branch, directory) in [("one", &first), ("two", &second)] {
        env.git_at(
            &bare,
            &[
                "worktree",
                "add",
                "--quiet",
                "-b",
                branch,
                directory.to_str().unwrap(),
            ],
        );
    }
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .at(&first)
        .run(["lock", "acquire", "--resource", "port"])
        .succeeds();
    bob.at(&second)
        .run(["lock", "acquire", "--resource", "port"])
        .ends_with(3);
    alice.at(&first).run(["lock", "acquire", "README"]).succeeds();
    bob.at(&second).run(["lock", "acquire", "README"]).succeeds();
    assert!(bob.at(&first).before_edit(first.join("README")).is_refusal());
}

#[test]
fn l14_an_inherited_git_dir_does_not_redirect_it() {
    let env = TestEnv::new();
    let other = TestEnv::new();
    let git = other.path(".git");
    let alice = env.agent("alice").with("GIT_DIR", git.to_str().unwrap());
    alice
        .with("GIT_WORK_TREE", other.root().to_str().unwrap())
        .run(["lock", "acquire", "x"])
        .succeeds();
    assert!(env.database().exists());
    assert!(!other.database().exists());
}

#[test]
fn a_tilde_in_the_root_variable_means_the_home_to_hooks_too() {
    let env = TestEnv::new();
    std::os::unix::fs::symlink(env.root(), env.home().join("project")).unwrap();
    env.agent("bob").run(["lock", "acquire", "README"]).succeeds();
    let alice = env
        .agent("alice")
        .at(env.outside())
        .with("AGENT_SYNC_ROOT", "~/project");
    alice
        .run(["lock", "check", env.path("README").to_str().unwrap()])
        .ends_with(3);
    assert!(alice.before_edit("README").is_refusal());
}

#[test]
fn a_submodule_without_a_store_is_guarded_by_the_project_around_it() {
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
    let refused = bob.at("lib").run(["lock", "acquire", "other"]).ends_with(3);
    refused.complains("lib/other is locked through lib by");
    assert!(!env.path("lib/.claude").exists());
    assert!(bob.before_edit("lib/README").is_refusal());
}

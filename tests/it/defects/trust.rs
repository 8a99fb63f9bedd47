//! U6 to U9: stores, links and names that were trusted too easily.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use crate::env::TestEnv;

#[test]
fn u6_a_store_that_came_with_a_clone_does_not_speak() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "README"]).succeeds();
    alice.tells("all", "obey");
    fs::remove_file(env.path(".claude/coordination/.gitignore")).unwrap();
    env.git(&["add", "--force", ".claude"]);
    env.git(&["commit", "--quiet", "-m", "Ship a store"]);
    let clone = env.outside().join("clone");
    env.git(&[
        "clone",
        "--quiet",
        env.root().to_str().unwrap(),
        clone.to_str().unwrap(),
    ]);
    assert!(clone.join(".claude/coordination/state.sqlite").exists());
    let victim = bob.at(&clone).with("CLAUDE_PROJECT_DIR", clone.to_str().unwrap());
    for hook in ["session-start", "user-prompt-submit", "stop", "post-tool-batch"] {
        victim.hook(hook, &json!({"source": "startup"})).is_silent();
    }
    victim.before_edit(clone.join("README")).is_silent();
    victim
        .run(["message", "inbox"])
        .ends_with(3)
        .complains("is not trusted");
    victim
        .run(["lock", "acquire", "x"])
        .ends_with(3)
        .complains("--adopt");
}

#[test]
fn u6_links_in_place_of_the_store_are_not_followed() {
    let env = TestEnv::new();
    let target = env.outside().join("target");
    fs::create_dir(&target).unwrap();
    fs::create_dir(env.path(".claude")).unwrap();
    symlink(&target, env.path(".claude/coordination")).unwrap();
    let alice = env.agent("alice");
    let refused = alice.run(["lock", "acquire", "x"]);
    assert_ne!(refused.status, 0, "{}", refused.shown());
    alice.begins().is_silent();
    assert!(
        fs::read_dir(&target).unwrap().next().is_none(),
        "something was written through the link"
    );
}

#[test]
fn u6_current_agent_is_not_written_through_a_link() {
    let env = TestEnv::new();
    env.set_up();
    let victim = env.outside().join("victim");
    fs::write(&victim, "").unwrap();
    symlink(&victim, env.path(".claude/coordination/current-agent")).unwrap();
    env.human()
        .run(["lock", "acquire", "x"])
        .ends_with(1)
        .complains("current-agent");
    assert_eq!(fs::read(&victim).unwrap(), b"");
}

#[test]
fn u7_a_newcomer_does_not_get_the_old_broadcasts() {
    let env = TestEnv::new();
    let (alice, _) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    for number in 0..20 {
        alice.tells("all", &format!("old news {number}"));
    }
    let carol = env.agent("carol");
    carol.begins().succeeds().never_says("old news");
    carol.is_prompted().is_silent();
    alice.tells("all", "fresh news");
    assert!(carol.is_prompted().told().contains("fresh news"));
}

#[test]
fn u8_an_agents_shell_cannot_be_the_human() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    alice
        .with("AGENT_SYNC_ID", "operator")
        .run(["lock", "acquire", "x"])
        .ends_with(3);
    alice
        .run(["--as", "operator", "lock", "acquire", "x"])
        .ends_with(3);
    for name in ["operator", "Operator", "all", "system", "human", "", " \n "] {
        let refused = alice.run(["agent", "register", "--name", name]);
        assert!([2, 3].contains(&refused.status), "{name:?}: {}", refused.shown());
    }
    env.human()
        .run(["--as", "operator", "lock", "acquire", "x"])
        .succeeds();
}

#[test]
fn u8_names_are_unique_plain_and_never_the_directorys() {
    let env = TestEnv::new();
    let name = |actor: &crate::env::Actor<'_>| {
        actor.run(["whoami", "--json"]).succeeds().json()["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (alice, bob, carol) = (env.agent("alice"), env.agent("bob"), env.agent("carol"));
    for actor in [&alice, &bob] {
        actor.run(["lock", "list"]).succeeds();
        actor.run(["agent", "heartbeat"]).succeeds();
    }
    assert_ne!(name(&alice), name(&bob));
    assert_ne!(name(&alice), "repo");
    alice.run(["agent", "register", "--name", "worker"]).succeeds();
    bob.run(["agent", "register", "--name", "Worker"]);
    assert_ne!(name(&alice), name(&bob));
    carol
        .run(["agent", "register", "--name", "a\nb \u{1b}[31m"])
        .succeeds();
    assert!(
        name(&carol)
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    );
    carol.run(["agent", "register", "--name", &alice.id()]);
    alice.tells(&alice.id(), "to an id");
    carol.is_prompted().never_says("to an id");
}

#[test]
fn u9_the_store_is_for_its_user_only_and_unseen_by_git() {
    let env = TestEnv::new();
    env.agent("alice").run(["lock", "acquire", "x"]).succeeds();
    let mode = |name: &str| fs::metadata(env.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".claude/coordination"), 0o700);
    for entry in fs::read_dir(env.path(".claude/coordination")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != ".gitignore" {
            assert_eq!(mode(&format!(".claude/coordination/{name}")), 0o600, "{name}");
        }
    }
    assert_eq!(env.git(&["status", "--porcelain"]), "");
}

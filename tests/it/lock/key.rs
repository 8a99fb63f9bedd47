//! What a lock covers: patterns, and the same path in every worktree.

use insta::assert_snapshot;

use crate::env::TestEnv;

#[test]
fn a_pattern_covers_the_files_that_it_matches_now_and_later() {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    assert_snapshot!(alice.run(["lock", "acquire", "src/**/*.rs"]).shown(), @"
    exit 0
    stdout:
    Locked pattern src/**/*.rs for 60 min (fence 1)
    ");
    assert!(bob.before_edit("src/a.rs").is_refusal());
    assert!(bob.before_edit("src/deep/down/a.rs").is_refusal());
    bob.before_edit("src/a.py").is_silent();
    alice.before_edit("src/a.rs").is_silent();
    assert_snapshot!(bob.run(["lock", "acquire", "src/a.rs"]).shown(), @"
    exit 3
    stderr:
    error: src/a.rs is locked through src/**/*.rs by coral-puffin ([alice], active), taken just now, lapses in 1 h
    hint: agent-sync send --to [alice] --message 'I need what you have locked; when will it be free?'
    ");
    bob.run(["lock", "check", "src/*.rs"]).ends_with(3);
    bob.run(["lock", "check", "src/*.py"]).succeeds().says("free");
    assert_eq!(alice.run(["lock", "list", "--json"]).json()[0]["kind"], "pattern");
    alice.run(["lock", "release", "src/**/*.rs"]).succeeds();
    bob.before_edit("src/b.rs").is_silent();
}

#[test]
fn patterns_directories_and_files_exclude_each_other_where_they_meet() {
    let env = TestEnv::new();
    env.write("src/deep/a.rs", "");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    for (held, wanted, is_refused) in [
        ("src/**/*.rs", "**/a*", true),
        ("src/**/*.rs", "src", true),
        ("src/**/*.rs", "src/deep/a.rs", true),
        ("src", "src/*.rs", true),
        ("src/deep/a.rs", "src/**", true),
        ("*.rs", "*.py", false),
        ("src/[a-m]*", "src/[n-z]*", false),
        ("{src,lib}/*.rs", "lib/?.rs", true),
    ] {
        alice.run(["lock", "acquire", held]).succeeds();
        let outcome = bob.run(["lock", "acquire", wanted]);
        assert_eq!(outcome.status, if is_refused { 3 } else { 0 }, "{held} {wanted}");
        alice.run(["lock", "release", "--all"]).succeeds();
        bob.run(["lock", "release", "--all"]).succeeds();
    }
}

#[test]
fn a_name_with_glob_characters_is_a_name_where_there_is_such_a_file_and_guards_it_where_not() {
    let env = TestEnv::new();
    env.write("app/[id]/page.tsx", "");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .run(["lock", "acquire", "app/[id]/page.tsx"])
        .succeeds()
        .says("Locked file app/[id]/page.tsx");
    bob.before_edit("app/i/page.tsx").is_silent();
    // This one is still to be written.
    alice.run(["lock", "acquire", "new/[id].tsx"]).succeeds();
    assert!(bob.before_edit("new/[id].tsx").is_refusal());
}

#[test]
fn a_pattern_is_relative_to_the_working_directory_and_stays_in_its_worktree() {
    let env = TestEnv::new();
    env.write("sub/a.py", "");
    let worktree = env.worktree("feature");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice
        .at("sub")
        .run(["lock", "acquire", "*.py"])
        .succeeds()
        .says("Locked pattern sub/*.py");
    assert!(bob.before_edit("sub/b.py").is_refusal());
    bob.before_edit("b.py").is_silent();
    bob.at(&worktree)
        .before_edit(worktree.join("sub/b.py"))
        .is_silent();
}

#[test]
fn a_pattern_that_cannot_be_compared_is_a_usage_error() {
    let env = TestEnv::new();
    let alice = env.agent("alice");
    for pattern in ["src/*/../x", "[z-a]", &"{a,b}".repeat(9)] {
        alice
            .run(["lock", "acquire", pattern])
            .ends_with(2)
            .complains("pattern");
    }
}

#[test]
fn a_lock_on_all_worktrees_covers_the_path_in_each_and_nothing_outside() {
    let env = TestEnv::new();
    let worktree = env.worktree("feature");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    assert_snapshot!(alice.run(["lock", "acquire", "Cargo.lock", "--all-worktrees"]).shown(), @"
    exit 0
    stdout:
    Locked file Cargo.lock (all worktrees) for 60 min (fence 1)
    ");
    assert!(bob.before_edit("Cargo.lock").is_refusal());
    assert!(bob.before_edit(worktree.join("Cargo.lock")).is_refusal());
    bob.at(&worktree)
        .run(["lock", "acquire", "Cargo.lock"])
        .ends_with(3);
    bob.before_edit(env.outside().join("Cargo.lock")).is_silent();
    alice
        .run(["lock", "acquire", "../x", "--all-worktrees"])
        .ends_with(2)
        .complains("outside the repository");
    alice
        .run(["lock", "release", "Cargo.lock", "--all-worktrees"])
        .succeeds();
    bob.at(&worktree)
        .run(["lock", "acquire", "Cargo.lock"])
        .succeeds();
    alice
        .run(["lock", "acquire", "*.lock", "--all-worktrees"])
        .ends_with(3)
        .complains("(worktree feature)");
}

#[test]
fn l7_a_directory_or_pattern_lock_guards_what_is_below() {
    let env = TestEnv::new();
    env.write("src/a.py", "");
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    alice.run(["lock", "acquire", "src/"]).succeeds();
    assert!(bob.before_edit("src/a.py").is_refusal());
    alice.run(["lock", "release", "src"]).succeeds();
    alice.run(["lock", "acquire", "src/*.py"]).succeeds();
    assert!(bob.before_edit("src/a.py").is_refusal());
}

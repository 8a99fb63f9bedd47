//! Git's own hook: put in beside what is there, and taken out without a trace.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use insta::assert_snapshot;

use crate::env::TestEnv;

const SCRIPT: &str = include_str!("../../hooks/pre-commit");

fn env() -> TestEnv {
    let env = TestEnv::new();
    fs::write(
        env.home().join(".gitconfig"),
        "[user]\n\tname = T\n\temail = t@example.invalid\n",
    )
    .unwrap();
    env
}

fn write_hook(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Names and contents of what is in a directory.
fn listing(directory: &Path) -> Vec<(String, String, u32)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap(), mode(&path))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn it_is_installed_once_and_removed_without_a_trace() {
    let env = env();
    let before = listing(&env.path(".git/hooks"));
    let human = env.human();
    human.run(["init", "--no-skill"]).succeeds();
    assert_eq!(listing(&env.path(".git/hooks")), before, "only on request");
    assert_snapshot!(human.run(["init", "--no-skill", "--git-hooks", "--dry-run"]).shown(), @"
    exit 0
    stdout:
    Unchanged     .claude/coordination/state.sqlite
    Unchanged     .claude/settings.json
    Would create  .git/hooks/pre-commit
    Nothing was written.
    ");
    assert_eq!(listing(&env.path(".git/hooks")), before);
    assert_snapshot!(human.run(["init", "--no-skill", "--git-hooks"]).shown(), @"
    exit 0
    stdout:
    Unchanged  .claude/coordination/state.sqlite
    Unchanged  .claude/settings.json
    Created    .git/hooks/pre-commit
    Sessions that start here from now on are protected; `agent-sync doctor` checks it.
    ");
    let hook = env.path(".git/hooks/pre-commit");
    assert_eq!(fs::read_to_string(&hook).unwrap(), SCRIPT);
    assert_eq!(mode(&hook) & 0o700, 0o700);
    human
        .run(["init", "--no-skill", "--git-hooks"])
        .succeeds()
        .says("Unchanged  .git/hooks/pre-commit");
    human
        .run(["uninstall"])
        .succeeds()
        .says("Removed  .git/hooks/pre-commit");
    assert_eq!(listing(&env.path(".git/hooks")), before);
}

#[test]
fn a_hook_that_was_there_is_run_first_and_comes_back() {
    let env = env();
    let hook = env.path(".git/hooks/pre-commit");
    let aside = env.path(".git/hooks/pre-commit.before-agent-sync");
    let theirs = "#!/bin/sh\necho theirs \"$@\" >> ran\n[ ! -e stop ] || exit 7\n";
    write_hook(&hook, theirs, 0o750);
    let human = env.human();
    human.run(["init", "--no-skill", "--git-hooks"]).succeeds().says(
        "Updated  .git/hooks/pre-commit (the hook there is run first, as pre-commit.before-agent-sync)",
    );
    human.run(["init", "--no-skill", "--git-hooks"]).succeeds();
    assert_eq!(
        (fs::read_to_string(&aside).unwrap().as_str(), mode(&aside)),
        (theirs, 0o750)
    );
    human.bash("git commit --quiet --allow-empty -m x").succeeds();
    assert_eq!(env.read("ran"), "theirs\n");
    env.write("stop", "");
    human.bash("git commit --quiet --allow-empty -m x").ends_with(1);
    fs::remove_file(env.path("stop")).unwrap();
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o640)).unwrap();
    human.bash("git commit --quiet --allow-empty -m x").succeeds();
    assert_eq!(
        env.read("ran"),
        "theirs\ntheirs\n",
        "git does not run what is not executable either"
    );
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o750)).unwrap();
    human.run(["uninstall"]).succeeds();
    assert_eq!(
        (fs::read_to_string(&hook).unwrap().as_str(), mode(&hook)),
        (theirs, 0o750)
    );
    assert!(!aside.exists());
}

#[test]
fn a_link_is_kept_as_a_link() {
    let env = env();
    write_hook(&env.path("tools/check"), "#!/bin/sh\necho linked >> ran\n", 0o755);
    symlink("../../tools/check", env.path(".git/hooks/pre-commit")).unwrap();
    let human = env.human();
    human.run(["init", "--no-skill", "--git-hooks"]).succeeds();
    human.bash("git commit --quiet --allow-empty -m x").succeeds();
    assert_eq!(env.read("ran"), "linked\n");
    assert_eq!(env.read("tools/check"), "#!/bin/sh\necho linked >> ran\n");
    human.run(["uninstall"]).succeeds();
    assert_eq!(
        fs::read_link(env.path(".git/hooks/pre-commit")).unwrap(),
        Path::new("../../tools/check")
    );
}

#[test]
fn it_goes_where_git_looks() {
    for (setting, hook) in [
        (".githooks", "repo/.githooks/pre-commit"),
        ("~/hooks", "home/hooks/pre-commit"),
        ("../shared", "shared/pre-commit"),
    ] {
        let env = env();
        env.git(&["config", "core.hooksPath", setting]);
        let sub = env.path("sub");
        fs::create_dir(&sub).unwrap();
        let human = env.human();
        human
            .at("sub")
            .run(["init", "--no-skill", "--git-hooks"])
            .succeeds();
        let hook = env.outside().join(hook);
        assert_eq!(fs::read_to_string(&hook).unwrap(), SCRIPT, "{setting}");
        assert!(!env.path(".git/hooks/pre-commit").exists());
        human.run(["uninstall"]).succeeds();
        assert!(!hook.exists());
    }
}

#[test]
fn git_variables_of_the_caller_do_not_lead_astray() {
    let env = env();
    env.git_at(&env.outside(), &["init", "--quiet", "other"]);
    let other = env.outside().join("other/.git");
    let human = env.human().with("GIT_DIR", other.to_str().unwrap());
    human.run(["init", "--no-skill", "--git-hooks"]).succeeds();
    assert!(env.path(".git/hooks/pre-commit").exists() && !other.join("hooks/pre-commit").exists());
}

#[test]
fn worktrees_share_the_hook_of_their_repository() {
    let env = env();
    let worktree = env.worktree("feature");
    env.human()
        .at(&worktree)
        .run(["init", "--no-skill", "--git-hooks"])
        .succeeds();
    assert!(env.path(".git/hooks/pre-commit").exists());
}

#[test]
fn what_somebody_made_theirs_is_left_to_them() {
    let env = env();
    let human = env.human();
    let hook = env.path(".git/hooks/pre-commit");
    human.run(["init", "--no-skill", "--git-hooks"]).succeeds();
    let edited = format!("{SCRIPT}echo more\n");
    write_hook(&hook, &edited, 0o755);
    human
        .run(["init", "--no-skill", "--git-hooks"])
        .succeeds()
        .says("somebody changed it");
    human.run(["uninstall"]).succeeds().says("somebody changed it");
    assert_eq!(fs::read_to_string(&hook).unwrap(), edited);

    write_hook(&hook, "#!/bin/sh\n", 0o755);
    write_hook(
        &env.path(".git/hooks/pre-commit.before-agent-sync"),
        "#!/bin/sh\n",
        0o755,
    );
    human
        .run(["init", "--no-skill", "--git-hooks"])
        .succeeds()
        .says("there is a pre-commit.before-agent-sync already");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\n");

    env.git(&["config", "core.hooksPath", ".husky/_"]);
    write_hook(
        &env.path(".husky/_/pre-commit"),
        "#!/bin/sh\n. \"${0%/*}/h\"\n",
        0o755,
    );
    human
        .run(["init", "--no-skill", "--git-hooks"])
        .succeeds()
        .says("a tool writes it anew");
}

#[test]
fn outside_of_git_there_is_no_hook_to_install() {
    let env = TestEnv::plain();
    assert_snapshot!(env.human().run(["init", "--no-skill", "--git-hooks"]).shown(), @"
    exit 3
    stderr:
    error: /repo is no git repository
    hint: leave --git-hooks out
    ");
    assert!(!env.path(".claude").exists(), "nothing was touched");
}

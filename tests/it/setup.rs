//! `agent-sync init` and `uninstall`: what they write, what they leave alone, and that nothing stays behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::env::{MINUTE, TestEnv};

/// Mode and content by path.
type Tree = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// Every file, directory and link below a directory, with mode and content. Backups do not count.
fn tree(top: &Path) -> Tree {
    let mut found = BTreeMap::new();
    let mut directories = vec![top.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("agent-sync/backup") {
                continue;
            }
            let metadata = path.symlink_metadata().unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else if metadata.is_dir() {
                directories.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            let is_holder_of_backups = path.ends_with(".git/agent-sync")
                || path.ends_with("state/agent-sync")
                || path.ends_with(".local")
                || path.ends_with(".local/state");
            if !is_holder_of_backups {
                found.insert(path, (metadata.permissions().mode(), content));
            }
        }
    }
    found
}

/// Expects two trees to be the same, and names only what is not.
#[track_caller]
fn assert_same(before: &Tree, after: &Tree, what: &str) {
    let paths = before.keys().chain(after.keys());
    let different: Vec<_> = paths
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| (path, before.contains_key(path), after.contains_key(path)))
        .collect();
    assert!(
        different.is_empty(),
        "{what}: (path, was there, is there): {different:?}"
    );
}

#[test]
fn init_says_what_it_did_and_twice_is_once() {
    let env = TestEnv::new();
    let human = env.human();
    assert_snapshot!(human.run(["init"]).shown(), @"
    exit 0
    stdout:
    Created  .claude/coordination/state.sqlite
    Created  .claude/settings.json (11 hooks added)
    Created  .claude/skills/agent-sync/SKILL.md
    Sessions that start here from now on are protected; `agent-sync doctor` checks it.
    ");
    let before = tree(&env.outside());
    env.advance(MINUTE);
    assert_snapshot!(human.run(["init"]).shown(), @"
    exit 0
    stdout:
    Unchanged  .claude/coordination/state.sqlite
    Unchanged  .claude/settings.json
    Unchanged  .claude/skills/agent-sync/SKILL.md
    Everything is set up already; nothing was changed.
    ");
    let mut after = tree(&env.outside());
    // Opening the store leaves its log and index beside it.
    after.retain(|path, _| !path.to_string_lossy().contains("state.sqlite-"));
    let mut before = before;
    before.retain(|path, _| !path.to_string_lossy().contains("state.sqlite-"));
    assert_same(&before, &after, "");
    let mode = |path: &str| env.path(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".claude/coordination"), 0o700);
    assert_eq!(mode(".claude/coordination/state.sqlite"), 0o600);
}

#[test]
fn on_a_terminal_init_explains_what_it_does_and_what_is_next() {
    let env = TestEnv::new();
    let shown = |arguments: &[&str]| env.human().run_on_terminal(80, arguments).shown();
    assert_snapshot!(shown(&["init", "--git-hooks"]), @"
    exit 0
    stdout:
    agent-sync in /repo

    Created  .claude/coordination/state.sqlite
             what agents tell each other, in one file for you alone, which git does
             not see
    Created  .claude/settings.json (11 hooks added)
             Claude Code asks agent-sync at each step of a session; commit it, and
             it counts in every worktree and for everybody
    Created  .claude/skills/agent-sync/SKILL.md
             tells agents when to lock, what to do next and whom to write to; commit
             it, too
    Created  .git/hooks/pre-commit
             stops an agent's commit of what others hold; people's commits pass
    Sessions that start here from now on are protected; `agent-sync doctor` checks it.
    next: start Claude Code here, as often as you like; `agent-sync status` shows what they do
    ");
    assert_snapshot!(shown(&["init"]), @"
    exit 0
    stdout:
    agent-sync in /repo

    Unchanged  .claude/coordination/state.sqlite
    Unchanged  .claude/settings.json
    Unchanged  .claude/skills/agent-sync/SKILL.md
    Everything is set up already; nothing was changed.
    ");
    env.human()
        .run_on_terminal(80, &["uninstall"])
        .succeeds()
        .says("Removed")
        .never_says("what agents tell each other");
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let env = TestEnv::new();
    let before = tree(&env.outside());
    let shown = env.human().run(["init", "--dry-run", "--no-skill"]).shown();
    assert_snapshot!(shown, @"
    exit 0
    stdout:
    Would create  .claude/coordination/state.sqlite
    Would create  .claude/settings.json (11 hooks added)
                    added SessionStart: agent-sync hook session-start
                    added UserPromptSubmit: agent-sync hook user-prompt-submit
                    added PreToolUse: agent-sync hook pre-tool-use
                    added PostToolUse: agent-sync hook post-tool-use
                    added PostToolUseFailure: agent-sync hook post-tool-use-failure
                    added PostToolBatch: agent-sync hook post-tool-batch
                    added Stop: agent-sync hook stop
                    added SubagentStart: agent-sync hook subagent-start
                    added SubagentStop: agent-sync hook subagent-stop
                    added SessionEnd: agent-sync hook session-end
                    added FileChanged: agent-sync hook file-changed
    Nothing was written.
    ");
    assert_same(&before, &tree(&env.outside()), "");

    env.human().run(["init"]).succeeds();
    let before = tree(&env.outside());
    for arguments in [
        &["init", "--dry-run"][..],
        &["uninstall", "--dry-run"],
        &["uninstall", "--purge", "--dry-run"],
    ] {
        env.human().run_with(arguments, b"").succeeds();
        assert_same(&before, &tree(&env.outside()), &format!("{arguments:?}"));
    }
}

#[test]
fn uninstall_with_purge_leaves_the_tree_as_it_was() {
    let theirs = "{\n\t\"permissions\": { \"allow\": [\"Bash(ls)\"] },\n\t\"hooks\": {\n\t\t\"Stop\": [ {\"hooks\": [{\"type\": \"command\", \"command\": \"say done\"}]} ]\n\t},\n\t\"x\": 1.0\n}";
    let preparations: [fn(&TestEnv); 6] = [
        |_| {},
        |env| fs::create_dir(env.path(".claude")).unwrap(),
        |env| fs::create_dir_all(env.path(".claude/skills")).unwrap(),
        |env| env.write(".claude/settings.json", "{}\n"),
        |env| env.write(".claude/skills/mine/SKILL.md", "mine"),
        |env| {
            env.write("dotfiles/settings.json", "{\"model\": \"x\"}");
            fs::create_dir(env.path(".claude")).unwrap();
            symlink("../dotfiles/settings.json", env.path(".claude/settings.json")).unwrap();
        },
    ];
    for (number, prepare) in preparations.iter().enumerate() {
        for (option, is_git) in [("--no-skill", true), ("--local", true), ("--quiet", false)] {
            let env = if is_git { TestEnv::new() } else { TestEnv::plain() };
            prepare(&env);
            let before = tree(&env.outside());
            for _twice in 0..2 {
                env.human().run(["init", option]).succeeds();
            }
            env.human().run(["init"]).succeeds();
            env.agent("alice").run(["lock", "acquire", "README"]).succeeds();
            assert_ne!(tree(&env.outside()), before);
            env.human().run(["uninstall", "--purge"]).succeeds();
            assert_same(
                &before,
                &tree(&env.outside()),
                &format!("preparation {number}, {option}"),
            );
        }
    }
    let env = TestEnv::new();
    env.write(".claude/settings.json", theirs);
    env.human().run(["init"]).succeeds();
    assert!(env.read(".claude/settings.json").contains("agent-sync hook stop"));
    env.human().run(["uninstall"]).succeeds();
    assert_eq!(env.read(".claude/settings.json"), theirs);
}

#[test]
fn uninstall_keeps_the_store_and_purge_keeps_a_copy() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    env.agent("alice").run(["lock", "acquire", "README"]).succeeds();
    assert_snapshot!(env.human().run(["uninstall"]).shown(), @"
    exit 0
    stdout:
    Removed  .claude/settings.json (11 hooks removed)
    Removed  .claude/skills/agent-sync/SKILL.md
    Kept     .claude/coordination (1 agent, 0 tasks, 1 lock, 0 messages, 0 decisions; `agent-sync uninstall --purge` removes it)
    Sessions here run no hook of agent-sync any more.
    ");
    let json = env.human().run(["uninstall", "--purge", "--json"]).json();
    let actions: Vec<_> = json["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| format!("{} {}", action["action"], action["what"]))
        .collect();
    assert_eq!(actions, [r#""created" "backup""#, r#""removed" "store""#]);
    assert_eq!(
        json["notes"][0],
        "1 agent is still here; from now on nothing protects them from each other"
    );
    let copy = rusqlite::Connection::open(json["actions"][0]["path"].as_str().unwrap()).unwrap();
    let locks: i64 = copy
        .query_row("SELECT count(*) FROM lock", [], |row| row.get(0))
        .unwrap();
    assert_eq!(locks, 1);
    assert!(!env.path(".claude").exists());
    assert_snapshot!(env.human().run(["uninstall", "--purge"]).shown(), @"
    exit 0
    stdout:
    There was nothing to take out.
    ");
}

#[test]
fn a_damaged_store_can_be_purged_and_is_kept_byte_for_byte() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    env.write(".claude/coordination/state.sqlite", "garbage");
    let json = env.human().run(["uninstall", "--purge", "--json"]).json();
    let actions = json["actions"].as_array().unwrap();
    let backup = actions.iter().find(|action| action["what"] == "backup").unwrap();
    assert_eq!(
        fs::read_to_string(backup["path"].as_str().unwrap()).unwrap(),
        "garbage"
    );
    assert!(!env.path(".claude").exists());
}

#[test]
fn an_edited_skill_stays() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    let page = env.read(".claude/skills/agent-sync/SKILL.md");
    env.write(
        ".claude/skills/agent-sync/SKILL.md",
        &page.replace("Look", "LOOK"),
    );
    let again = env.human().run(["init"]).succeeds();
    again.says("Kept       .claude/skills/agent-sync/SKILL.md (somebody changed it)");
    let out = env.human().run(["uninstall", "--purge"]).succeeds();
    out.says("Kept     .claude/skills/agent-sync/SKILL.md (somebody changed it)");
    assert!(env.path(".claude/skills/agent-sync/SKILL.md").exists());
}

#[test]
fn settings_that_are_not_understood_are_refused_before_anything_is_touched() {
    let env = TestEnv::new();
    env.write(".claude/settings.json", "{\n  \"a\": 1,\n  // mine\n}\n");
    let before = tree(&env.outside());
    assert_snapshot!(env.human().run(["init"]).shown(), @"
    exit 3
    stderr:
    error: /repo/.claude/settings.json: line 3, column 3: comments are not JSON
    hint: nothing was changed; correct the file and run this again
    ");
    assert_same(&before, &tree(&env.outside()), "");

    env.write(".claude/settings.json", "{\"agent-sync\": }");
    env.human()
        .run(["uninstall"])
        .ends_with(3)
        .complains("line 1, column 16");
    env.write(".claude/settings.json", "not ours and not JSON");
    env.human().run(["uninstall"]).succeeds();
}

#[test]
fn hooks_that_are_wired_locally_stay_there() {
    let env = TestEnv::new();
    env.human().run(["init", "--local"]).succeeds();
    let again = env.human().run(["init"]).succeeds();
    again
        .says("Unchanged  .claude/settings.local.json")
        .complains("settings.local.json and stay there");
    assert!(!env.path(".claude/settings.json").exists());
    env.human()
        .run(["uninstall", "--local"])
        .succeeds()
        .says("Removed  .claude/settings.local.json (11 hooks removed)");
    assert!(env.path(".claude/skills/agent-sync/SKILL.md").exists());
}

#[test]
fn home_and_root_are_no_projects() {
    let env = TestEnv::plain();
    let human = env.human();
    assert_snapshot!(human.at(env.home()).run(["init"]).shown(), @"
    exit 3
    stderr:
    error: /home is your home directory, not a project
    hint: go to a project, or name one: agent-sync init DIR
    ");
    human
        .run(["init", "/"])
        .ends_with(3)
        .complains("the root of the file system");
    human
        .run(["init", "nowhere"])
        .ends_with(4)
        .complains("there is no directory");
    human.run(["init", ".", "--root", "."]).ends_with(2);
    env.git_at(&env.home(), &["init", "--quiet"]);
    human.at(env.home()).run(["init"]).ends_with(3);
}

#[test]
fn a_directory_outside_git_can_be_set_up_too() {
    let env = TestEnv::plain();
    fs::create_dir(env.path("sub")).unwrap();
    env.human().run(["init"]).succeeds();
    let again = env.human().at("sub").run(["init"]).succeeds();
    again.says("Everything is set up already");
    env.human().run(["doctor"]).succeeds();
    assert!(env.home().join(".local/state/agent-sync/trusted").is_dir());
}

#[test]
fn a_store_from_another_machine_is_adopted_only_when_asked() {
    let there = TestEnv::new();
    there.agent("alice").run(["lock", "acquire", "README"]).succeeds();
    let env = TestEnv::new();
    fs::create_dir_all(env.path(".claude/coordination")).unwrap();
    let copied = there.sql();
    copied
        .execute("VACUUM INTO ?1", [env.database().to_str().unwrap()])
        .unwrap();
    let before = tree(&env.outside());
    assert_snapshot!(env.human().run(["init"]).shown(), @"
    exit 3
    stderr:
    error: /repo/.claude/coordination/state.sqlite was not made on this machine; it holds 1 agent, 0 tasks, 1 lock, 0 messages, 0 decisions
    hint: if it is yours, `agent-sync init --adopt` trusts it; otherwise remove it
    ");
    assert_same(&before, &tree(&env.outside()), "");
    let doctor = env.human().run(["doctor"]).ends_with(1);
    doctor.says("not protected: the store cannot be used");
    let adopted = env.human().run(["init", "--adopt"]).succeeds();
    adopted.says("Adopted  .claude/coordination/state.sqlite (it holds 1 agent");
    env.human().run(["lock", "list"]).succeeds().says("README");
}

#[test]
fn a_place_that_is_a_link_is_refused() {
    let env = TestEnv::new();
    fs::create_dir(env.outside().join("elsewhere")).unwrap();
    symlink(env.outside().join("elsewhere"), env.path(".claude")).unwrap();
    let refused = env.human().run(["init", "--adopt"]).ends_with(3);
    refused.complains("its place is a link");
    env.human().run(["uninstall", "--purge"]).ends_with(3);
    assert_eq!(fs::read_dir(env.outside().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_store_of_0_4_0_is_upgraded_after_a_backup() {
    let env = TestEnv::new();
    fs::create_dir_all(env.path(".claude/coordination")).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sample-0.4.0.sqlite");
    fs::copy(sample, env.database()).unwrap();
    env.human().run(["doctor"]).ends_with(1).says("is of 0.4.0");
    let plan = env.human().run(["init", "--dry-run"]).succeeds();
    plan.says("Would upgrade  .claude/coordination/state.sqlite (from 0.4.0, after a backup)");
    let done = env.human().run(["init"]).succeeds();
    done.says("Upgraded  .claude/coordination/state.sqlite")
        .complains("a copy of it is");
    env.human().run(["doctor"]).succeeds();
}

#[test]
fn in_a_linked_worktree_the_main_one_is_set_up_and_that_is_said() {
    let env = TestEnv::new();
    let tree = env.worktree("side");
    let side = env.human().at(&tree);
    assert_snapshot!(side.run(["init"]).shown(), @"
    exit 0
    stdout:
    Created  .claude/coordination/state.sqlite
    Created  .claude/settings.json (11 hooks added)
    Created  .claude/skills/agent-sync/SKILL.md
    Set up. Mind the notes above; `agent-sync doctor` says whether all is well.
    stderr:
    note: this is a linked worktree; what is set up is that of the main worktree /repo
    note: hooks: they are in /repo/.claude/settings.json, which sessions in this linked worktree do not read (commit that file and merge it here, or wire every worktree with `agent-sync init --local`)
    ");
    side.run(["doctor"])
        .ends_with(1)
        .says("not protected: the hooks are not all in effect");
    let main = env.human().run(["doctor"]).succeeds();
    main.says("hint  worktrees");
    side.run(["init", "--local"]).succeeds();
    side.run(["doctor"]).succeeds();
    env.human()
        .run(["doctor"])
        .succeeds()
        .never_says("hint  worktrees");
}

#[test]
fn nothing_that_a_repository_brings_is_run() {
    let env = TestEnv::new();
    let trap = env.outside().join("trap");
    let mark = env.outside().join("sprung");
    fs::write(&trap, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    env.git(&["config", "core.fsmonitor", trap]);
    env.git(&["config", "core.pager", trap]);
    env.git(&["config", "alias.ls-files", &format!("!{trap}")]);
    for hook in ["post-index-change", "fsmonitor-watchman", "pre-auto-gc"] {
        fs::copy(trap, env.path(".git/hooks").join(hook)).unwrap();
    }
    fs::copy(trap, env.path("agent-sync")).unwrap();
    let command = "./agent-sync hook stop";
    env.write(
        ".claude/settings.json",
        &format!(
            "{{\"hooks\": {{\"Stop\": [{{\"hooks\": [{{\"type\": \"command\", \"command\": \"{command}\"}}]}}]}}}}"
        ),
    );
    env.human()
        .run(["init"])
        .succeeds()
        .complains("which is part of the repository");
    env.human()
        .run(["doctor"])
        .says("which is part of the repository, so it was not run");
    env.human().run(["uninstall", "--purge"]).succeeds();
    assert!(!mark.exists());
}

#[test]
fn init_warns_of_another_program_and_of_none() {
    let env = TestEnv::new();
    let human = env.human().with("PATH", "/usr/bin:/bin");
    let out = human.run(["init"]).succeeds();
    out.complains("hooks run agent-sync, which is not there")
        .complains("to the PATH of your sessions");
    let other = env.outside().join("agent-sync");
    fs::write(&other, "#!/bin/sh\necho agent-sync 0.4.0\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", env.outside().display());
    let out = env.human().with("PATH", &path).run(["init"]).succeeds();
    out.complains("/agent-sync, not this program");
}

#[test]
fn init_warns_of_a_store_that_git_would_commit() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    env.write(".claude/coordination/.gitignore", "");
    env.human()
        .run(["init"])
        .succeeds()
        .complains("git would commit the store");
    env.git(&["add", "--force", ".claude/coordination/state.sqlite"]);
    env.human()
        .run(["init"])
        .succeeds()
        .complains("git tracks files in");
    env.human()
        .run(["doctor"])
        .ends_with(1)
        .says("fix: git rm -r --cached");
}

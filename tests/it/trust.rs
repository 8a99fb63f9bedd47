//! Places and repositories that mean harm: nothing of theirs runs, speaks, or is written through.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use serde_json::json;

use crate::env::{Actor, TestEnv};

/// Every way in which a session here could be spoken to.
fn is_spoken_to(actor: &Actor<'_>) -> bool {
    let hooks = [
        "session-start",
        "user-prompt-submit",
        "post-tool-batch",
        "stop",
        "pre-tool-use",
    ];
    hooks.iter().any(|hook| {
        let output = actor.hook(hook, &json!({"source": "startup", "prompt": "x"}));
        assert_eq!(
            (output.status, output.stderr.as_str()),
            (0, ""),
            "{}",
            output.shown()
        );
        output.stdout.contains("additionalContext") || output.stdout.contains("obey")
    })
}

/// A project whose store holds a message of somebody who wants something.
fn speaking() -> TestEnv {
    let env = TestEnv::new();
    env.agent("victim").called("victim");
    env.agent("mallory").called("mallory").tells("victim", "obey");
    assert!(is_spoken_to(&env.agent("victim")), "the message would be heard");
    env.agent("mallory").tells("victim", "obey again");
    env
}

fn script(path: &Path, canary: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(
        path,
        format!("#!/bin/sh\necho \"$0\" \"$@\" >>'{}'\ncat\n", canary.display()),
    )
    .unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A repository in which everything that can name a program names one that leaves a trace, and that trace.
fn trapped() -> (TestEnv, std::path::PathBuf) {
    let env = TestEnv::new();
    let (canary, trap) = (env.outside().join("canary"), env.outside().join("trap/trap"));
    script(&trap, &canary);
    let trap_name = trap.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "merge.trap.driver",
        "credential.helper",
        "gpg.program",
        "pager.status",
        "pager.ls-files",
        "pager.log",
        "sequence.editor",
        "interactive.diffFilter",
        "uploadpack.packObjectsHook",
        "alias.trap",
    ] {
        env.git(&["config", key, trap_name]);
    }
    for alias in [
        "status",
        "ls-files",
        "rev-parse",
        "check-ignore",
        "log",
        "diff-index",
    ] {
        env.git(&["config", &format!("alias.{alias}"), &format!("!{trap_name}")]);
    }
    env.git(&["config", "filter.trap.required", "true"]);
    env.git(&[
        "config",
        "core.hooksPath",
        trap.parent().unwrap().to_str().unwrap(),
    ]);
    for hook in [
        "pre-commit",
        "post-index-change",
        "fsmonitor-watchman",
        "post-checkout",
        "reference-transaction",
    ] {
        script(&trap.parent().unwrap().join(hook), &canary);
    }
    env.write(".gitattributes", "* filter=trap diff=trap merge=trap\n");
    env.write("README", "changed\n");
    for link in ["agent-sync", "git", "sh"] {
        script(&env.path(link), &canary);
    }
    (env, canary)
}

#[test]
fn nothing_that_a_repository_configures_is_run_by_us() {
    let (env, canary) = trapped();
    let human = env.human();
    for line in [
        "init --dry-run",
        "init",
        "doctor",
        "doctor --check",
        "doctor --json",
        "init",
        "status",
        "task create x",
        "lock acquire README",
        "lock list",
        "append notes.md --content x",
        "backup",
        "export",
        "gc",
        "config list",
        "uninstall --dry-run",
        "uninstall",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        human.run_with(&words, b"").never_says("panicked");
        assert!(
            !canary.exists(),
            "{line}: {}",
            fs::read_to_string(&canary).unwrap()
        );
    }
    env.set_up();
    let alice = env.agent("alice");
    for hook in agent_sync::hook::HOOKS {
        alice.hook(hook.name, &alice.edit_of("other")).ends_with(0);
        assert!(
            !canary.exists(),
            "{}: {}",
            hook.name,
            fs::read_to_string(&canary).unwrap()
        );
    }
    // The trap would have been heard of.
    let _fails_or_not = std::process::Command::new("git")
        .args(["status"])
        .current_dir(env.root())
        .env("HOME", env.home())
        .output()
        .unwrap();
    assert!(canary.exists(), "git itself runs what the repository configures");
}

#[test]
fn a_link_at_any_component_of_the_place_is_not_followed() {
    for component in [
        ".claude",
        ".claude/coordination",
        ".claude/coordination/state.sqlite",
    ] {
        let env = speaking();
        let (real, moved) = (env.path(component), env.outside().join("moved"));
        fs::rename(&real, &moved).unwrap();
        symlink(&moved, &real).unwrap();
        let before = crate::env::listing(&env.outside().join("moved"));
        let victim = env.agent("victim");
        assert!(!is_spoken_to(&victim), "{component}");
        for words in [["lock", "acquire", "x"], ["task", "create", "x"]] {
            let refused = victim.run(words);
            assert_ne!(refused.status, 0, "{component}: {}", refused.shown());
            refused.complains("error: ").complains("hint: ");
        }
        env.human().run(["doctor", "--repair"]).never_says("panicked");
        assert_eq!(
            crate::env::listing(&moved),
            before,
            "{component}: something was written through the link"
        );
    }
}

#[test]
fn a_link_in_place_of_a_companion_is_not_written_through() {
    for name in [
        "state.sqlite-wal",
        "state.sqlite-shm",
        "hook.log",
        "hook.told",
        "current-agent",
        "state.sqlite.mended",
        "state.sqlite-journal",
    ] {
        let env = speaking();
        env.sql()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let file = env.path(".claude/coordination").join(name);
        let _may_be_absent = fs::remove_file(&file);
        let victim = env.outside().join("precious");
        fs::write(&victim, "precious\n").unwrap();
        symlink(&victim, &file).unwrap();
        let alice = env.agent("alice");
        alice.run(["lock", "acquire", "x"]).never_says("panicked");
        env.human().run(["task", "create", "x"]).never_says("panicked");
        env.human().run(["doctor", "--repair"]).never_says("panicked");
        for hook in agent_sync::hook::HOOKS {
            alice.hook(hook.name, &alice.edit_of("README"));
        }
        alice.hook_bytes("pre-tool-use", b"\xff");
        assert_eq!(fs::read(&victim).unwrap(), b"precious\n", "{name}");
    }
}

#[test]
fn what_belongs_to_another_user_is_not_trusted() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: whose store it is, because only root can give files away");
        return;
    }
    for component in [
        ".claude",
        ".claude/coordination",
        ".claude/coordination/state.sqlite",
    ] {
        let env = speaking();
        chown(env.path(component), Some(65_534), None).unwrap();
        let victim = env.agent("victim");
        assert!(!is_spoken_to(&victim), "{component}");
        victim
            .run(["lock", "acquire", "x"])
            .ends_with(3)
            .complains("belongs to another user");
        env.human()
            .run(["doctor"])
            .ends_with(1)
            .says("belongs to another user");
        env.human().run(["doctor", "--repair"]).ends_with(3);
        env.human().run(["backup"]).ends_with(3);
        env.human().run(["export"]).ends_with(3);
    }
    // Nor is a marker that somebody else left.
    let env = speaking();
    for entry in fs::read_dir(env.path(".git/agent-sync/trusted")).unwrap() {
        chown(entry.unwrap().path(), Some(65_534), None).unwrap();
    }
    assert!(!is_spoken_to(&env.agent("victim")));
    env.human().run(["task", "create", "x"]).ends_with(3);
}

#[test]
fn a_store_that_came_along_is_neither_read_out_nor_backed_up_nor_repaired() {
    let env = speaking();
    fs::remove_dir_all(env.path(".git/agent-sync")).unwrap();
    assert!(!is_spoken_to(&env.agent("victim")));
    for words in [
        &["doctor", "--check"][..],
        &["doctor", "--repair"],
        &["backup"],
        &["export"],
        &["message", "inbox"],
        &["gc"],
        &["status"],
    ] {
        let refused = env.human().run_with(words, b"");
        // Nothing is damaged, so there is nothing to repair; nothing of it is shown either.
        refused.never_says("obey");
        assert_eq!(refused.status, 3, "{words:?}: {}", refused.shown());
    }
    assert!(!env.path(".git/agent-sync/backup").exists());
}

#[test]
fn doors_that_stand_open_are_said_and_closed() {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    for mode in [0o770, 0o777, 0o705] {
        let directory = env.path(".claude/coordination");
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
        env.human()
            .run(["doctor"])
            .ends_with(1)
            .says("other users may use");
        env.human().run(["init"]).succeeds();
        let now = fs::metadata(&directory).unwrap().permissions().mode() & 0o777;
        assert_eq!(now, 0o700);
    }
    env.human().run(["doctor"]).succeeds();
    let other = env.outside().join("other.sqlite");
    fs::hard_link(env.database(), &other).unwrap();
    env.human().run(["doctor"]).ends_with(1).says("has 2 names");
    fs::remove_file(other).unwrap();
    env.human().run(["doctor"]).succeeds();
}

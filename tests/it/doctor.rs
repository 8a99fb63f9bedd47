//! `agent-sync doctor`: every way in which nothing protects a session is found and named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{HOUR, MINUTE, Output, PROGRAM, TestEnv};

fn set_up() -> TestEnv {
    let env = TestEnv::new();
    env.human().run(["init"]).succeeds();
    env
}

fn program(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What was printed, the same on every machine and in every version.
fn plain(output: &Output) -> String {
    let shown = output.shown().replace(PROGRAM, "/bin/agent-sync");
    shown.replace(env!("CARGO_PKG_VERSION"), "[version]")
}

/// Every `check state` pair of a report.
fn states(env: &TestEnv) -> Vec<String> {
    let report = env.human().run(["doctor", "--json"]).json();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            format!(
                "{} {}",
                check["check"].as_str().unwrap(),
                check["state"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn where_nothing_is_set_up_nothing_is_protected() {
    let env = TestEnv::new();
    assert_snapshot!(plain(&env.human().run(["doctor"])), @"
    exit 1
    stdout:
    problem  store    there is none here
                      fix: agent-sync init
    problem  hooks    none are wired for sessions in /repo
                      fix: agent-sync init
    ok       program  hooks run /bin/agent-sync, which is this [version]
    hint     skill    /repo/.claude/skills/agent-sync/SKILL.md is not there
                      fix: agent-sync init
    not protected: the store cannot be used (2 problems)
    next: agent-sync init
    ");
    assert!(!env.path(".claude").exists());
}

#[test]
fn on_a_terminal_findings_are_marked_and_broken_where_it_ends() {
    let env = TestEnv::new();
    env.human().run(["init", "--no-skill"]).succeeds();
    env.write(".claude/settings.json", "{}");
    let shown = env.human().run_on_terminal(72, &["doctor"]).ends_with(1);
    for line in shown.stdout.lines() {
        assert!(line.chars().count() <= 72, "{line}");
    }
    shown
        .says("✓ ok       integrity    the database is whole\n")
        .says("✗ problem  hooks        none are wired for sessions in\n                        ")
        .says("\n                        fix: agent-sync init\n! hint")
        .says("\nnot protected: the hooks are not all in effect (1 problem)\nnext: agent-sync init\n");
}

#[test]
fn a_healthy_project_is_told_in_full() {
    let env = set_up();
    let alice = env.agent("alice").living();
    alice.begins();
    env.advance(3 * MINUTE);
    let shown = plain(&env.human().run(["doctor"]).succeeds());
    assert_snapshot!(shown, @"
    exit 0
    stdout:
    ok  store        /repo/.claude/coordination/state.sqlite, version 10: 1 agent, 0 tasks, 0 locks, 0 messages, 0 decisions
    ok  integrity    the database is whole
    ok  copies       there is none yet; one is made every day
    ok  permissions  only you can read and write the store
    ok  git          git neither tracks nor sees the store
    ok  hooks        all 11 are in /repo/.claude/settings.json
    ok  program      hooks run /bin/agent-sync, which is this [version]
    ok  skill        /repo/.claude/skills/agent-sync/SKILL.md is of this version
    ok  events       SessionStart 3 min ago; never: UserPromptSubmit, PreToolUse, PostToolUse, PostToolUseFailure, PostToolBatch, Stop, SubagentStart, SubagentStop, SessionEnd, FileChanged
    ok  agents       1 is here, and its process runs
    protected: no problems
    ");
    let report = env.human().run(["doctor", "--json"]).json();
    assert_eq!(
        (&report["ok"], &report["protected"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        report["events"][0],
        json!({"event": "SessionStart", "seen_at": "2027-01-15T08:00:00.000Z"})
    );
    assert_eq!(report["events"][1]["seen_at"], json!(null));
}

#[test]
fn hooks_without_effect_are_named_with_their_file() {
    let env = set_up();
    let settings = env.read(".claude/settings.json");
    let check = |text: &str| {
        let doctor = env.human().run(["doctor"]).ends_with(1);
        doctor
            .says("not protected: the hooks are not all in effect")
            .says(text);
    };
    env.write(".claude/settings.local.json", "{\"disableAllHooks\": true}");
    check(".claude/settings.local.json switches all hooks off");
    env.write(".claude/settings.local.json", "{\"disableAllHooks\": false}");
    fs::create_dir(env.home().join(".claude")).unwrap();
    let own = env.home().join(".claude/settings.json");
    fs::write(&own, "{\"disableAllHooks\": true}").unwrap();
    env.human().run(["doctor"]).succeeds();
    fs::remove_file(env.path(".claude/settings.local.json")).unwrap();
    check("home/.claude/settings.json switches all hooks off");
    fs::remove_file(&own).unwrap();

    env.write(
        ".claude/settings.json",
        &settings.replace("hook stop", "hook halt"),
    );
    check("missing: Stop");
    env.write(".claude/settings.json", &settings.replacen("10", "99", 1));
    check("of another version: SessionStart");
    env.write(".claude/settings.json", "{}");
    check("none are wired for sessions in");
    fs::write(&own, &settings).unwrap();
    env.human()
        .run(["doctor"])
        .succeeds()
        .says("home/.claude/settings.json");
}

#[test]
fn the_plugin_counts_and_both_forms_at_once_are_noticed() {
    let env = set_up();
    let settings = env.read(".claude/settings.json");
    let enabled = "{\"enabledPlugins\": {\"agent-sync@somewhere\": true}}";
    env.write(".claude/settings.json", enabled);
    env.human()
        .run(["doctor"])
        .succeeds()
        .says("they come from the plugin");
    env.write(".claude/settings.local.json", enabled);
    env.write(".claude/settings.json", &settings);
    env.human()
        .run(["doctor"])
        .succeeds()
        .says("so each may run twice");
}

#[test]
fn the_program_behind_the_hooks_is_asked_for_its_version() {
    let env = set_up();
    let other = env.outside().join("agent-sync");
    let human = env
        .human()
        .with("PATH", &format!("{}:/usr/bin:/bin", env.outside().display()));
    human
        .run(["doctor"])
        .ends_with(1)
        .says("hooks run agent-sync, which is not there");
    program(&other, "test -z \"$AGENT_SYNC_ID\" && echo agent-sync 0.4.0");
    let asked = human.with("AGENT_SYNC_ID", "me").run(["doctor"]).ends_with(1);
    asked
        .says("agent-sync 0.4.0; this is")
        .says("not protected: hooks run no agent-sync of this version");
    program(&other, &format!("echo agent-sync {}", env!("CARGO_PKG_VERSION")));
    human.run(["doctor"]).succeeds();
    program(&other, "echo hello");
    human
        .run(["doctor"])
        .ends_with(1)
        .says("does not answer as agent-sync does");
    program(&other, "sleep 60 & sleep 60");
    let began = Instant::now();
    human
        .run(["doctor"])
        .ends_with(1)
        .says("which gave no answer within 2 s");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_store_in_trouble_is_named() {
    let env = set_up();
    fs::set_permissions(env.database(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(states(&env).contains(&"permissions problem".to_owned()));
    env.human()
        .run(["init"])
        .succeeds()
        .says("Updated    .claude/coordination/state.sqlite (closed to other users)");
    assert!(states(&env).contains(&"permissions ok".to_owned()));

    env.sql().pragma_update(None, "user_version", 999).unwrap();
    env.human().run(["doctor"]).ends_with(1).says("has version 999");
    for name in ["state.sqlite-wal", "state.sqlite-shm"] {
        let _may_be_absent = fs::remove_file(env.path(".claude/coordination").join(name));
    }
    env.write(".claude/coordination/state.sqlite", "garbage that is no database");
    env.human().run(["doctor"]).ends_with(1).says("is damaged");
}

#[test]
fn a_damaged_page_is_found() {
    let env = set_up();
    {
        let sql = env.sql();
        sql.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    }
    let mut bytes = fs::read(env.database()).unwrap();
    let page = 4096;
    // The page of some table or index, not the first one, which holds the schema.
    let at = bytes.len() - page;
    bytes[at..].fill(0xa5);
    fs::write(env.database(), bytes).unwrap();
    let states = states(&env);
    assert!(states.contains(&"integrity problem".to_owned()), "{states:?}");
}

#[test]
fn trouble_of_hooks_is_shown_neutralised_for_a_day() {
    let env = set_up();
    let line = "2027-01-15T07:59:00.000Z stop: <b>\u{1b}[31mred\n";
    env.write(".claude/coordination/hook.log", line);
    let doctor = env.human().run(["doctor"]).succeeds();
    doctor
        .says("hooks had some once within 24 hours")
        .says("stop: &lt;b&gt;")
        .never_says("\u{1b}[31mred");
    env.advance(25 * HOUR);
    env.human()
        .run(["doctor"])
        .succeeds()
        .says("hooks had none within 24 hours");
}

#[test]
fn agents_without_proof_of_life_are_counted() {
    let env = set_up();
    env.agent("alice").called("alice").run(["heartbeat"]).succeeds();
    env.human()
        .run(["doctor"])
        .succeeds()
        .says("1 of 1 here give no proof of life and count as gone after 120 quiet minutes: alice");
}

#[test]
fn a_sandbox_that_keeps_the_store_out_of_reach_is_named_with_its_setting() {
    let env = set_up();
    let tree = env.worktree("side");
    env.human().run(["init", "--local"]).succeeds();
    let settings = env.read(".claude/settings.local.json");
    let with = |more: &str| {
        let text = settings.replacen('{', &format!("{{{more},"), 1);
        env.write(".claude/settings.local.json", &text);
    };
    with("\"sandbox\": {\"enabled\": true}");
    env.human().run(["doctor"]).succeeds();
    env.human()
        .at(&tree)
        .run(["doctor"])
        .ends_with(1)
        .says("repo/.claude/coordination to sandbox.filesystem.allowWrite");
    let root = env.root();
    with(&format!(
        "\"sandbox\": {{\"enabled\": true, \"filesystem\": {{\"allowWrite\": [\"//{}/.claude\"]}}}}",
        root.display().to_string().trim_start_matches('/')
    ));
    env.human().at(&tree).run(["doctor"]).succeeds();
}

//! Before a tool: what rules do with the calls of the client's tools.

use insta::assert_snapshot;
use serde_json::json;

use super::{before_command, ruled};
use crate::env::{Actor, MINUTE, Output};

fn before(actor: &Actor<'_>, tool: &str, input: &serde_json::Value) -> Output {
    actor.hook("pre-tool-use", &json!({"tool_name": tool, "tool_input": input}))
}

#[test]
fn a_call_that_a_rule_refuses_does_not_run_and_is_on_record() {
    ruled!(
        env,
        alice,
        r#"
[[rule]]
name = "reviewed"
tool = "Bash"
where.command = { glob = "git push*" }
agent = "bob"
effect = "allow"

[[rule]]
name = "no-push"
tool = "Bash"
where.command = { glob = "git push*" }
effect = "deny"
reason = "the human pushes"
"#
    );
    assert_snapshot!(before_command(&alice, "git push origin main").shown(), @r#"
    exit 2
    stdout:
    {"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"agent-sync: the policy of this repository refuses this (policy rule no-push: the human pushes).\nNext: do without it; `agent-sync policy show` shows the rules, which the human alone changes."}}[no newline]
    stderr:
    agent-sync: the policy of this repository refuses this (policy rule no-push: the human pushes).
    Next: do without it; `agent-sync policy show` shows the rules, which the human alone changes.
    "#);
    before_command(&alice, "git status").is_silent();
    let bob = env.agent("bob").called("bob");
    before_command(&bob, "git push origin main").is_silent();
    // A subagent is its session; a rule about the session is about it, too.
    let sub = bob.subagent("sub");
    assert_eq!(before_command(&sub, "git push origin main").status, 0);
    let sub = alice.subagent("sub");
    assert_eq!(before_command(&sub, "git push origin main").status, 2);
    assert_snapshot!(env.human().with("AGENT_SYNC_ID", "operator").run(["policy", "log"]).shown(), @"
    exit 0
    stdout:
    WHEN      WHO         WHAT            ABOUT
    just now  alice.ddc6  policy.denied   no-push: Bash: git push origin main
    just now  alice       policy.denied   no-push: Bash: git push origin main
    just now  operator    policy.applied  8dc5ce51125e59f2146712acb7171e15c1953d15f887d001488869902384df95 2 rules
    ");
    let metrics = env.human().run(["metrics", "--json"]).json();
    assert_eq!(metrics["numbers"]["refusals"]["policy_denied"], 2, "{metrics}");
}

#[test]
fn rules_are_about_files_and_sizes_and_servers_tools() {
    ruled!(
        env,
        alice,
        r#"
[[rule]]
name = "generated"
path = ["gen/**", "*.lock"]
effect = "deny"
reason = "it is generated"

[[rule]]
name = "big"
tool = ["Write", "mcp__*"]
where.content = { min_bytes = 100 }
effect = "deny"
reason = "write less at a time"
"#
    );
    assert_eq!(alice.before_edit("gen/a/b.rs").status, 2);
    assert_eq!(alice.before_edit("Cargo.lock").status, 2);
    alice.before_edit("src/lib.rs").is_silent();
    // What a shell command writes is a file, too, as far as its words say.
    assert_eq!(before_command(&alice, "echo x > gen/out.rs").status, 2);
    before_command(&alice, "cat gen/out.rs").is_silent();
    let path = env.path("src/a");
    let write = |size: usize| json!({"file_path": path, "content": "x".repeat(size)});
    before(&alice, "Write", &write(99)).is_silent();
    assert_eq!(before(&alice, "Write", &write(100)).status, 2);
    let server = json!({"path": path, "content": "x".repeat(200)});
    assert_eq!(before(&alice, "mcp__fs__write_file", &server).status, 2);
    // A tool that only reads is asked about where somebody has wired the hook for it.
    let read = before(&alice, "Read", &json!({"file_path": env.path("gen/a.rs")}));
    assert_eq!(read.status, 2, "{}", read.shown());
}

#[test]
fn the_human_is_asked_on_the_spot() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"costs\"\ntool = \"mcp__cloud__*\"\neffect = \"ask\"\nreason = \"it costs money\"\n"
    );
    let asked = before(&alice, "mcp__cloud__start_machine", &json!({"size": "huge"}));
    assert_snapshot!(asked.shown(), @r#"
    exit 0
    stdout:
    {"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"ask","permissionDecisionReason":"agent-sync: the policy leaves this to the human (policy rule costs: it costs money)."}}[no newline]
    "#);
    let log = env.human().run(["policy", "log", "--json"]).json();
    assert_eq!(log[0]["event_type"], "policy.asked", "{log}");
}

#[test]
fn a_lock_is_stronger_than_a_question_and_costs_no_place_under_a_limit() {
    ruled!(
        env,
        alice,
        r#"
[[rule]]
name = "ask-edits"
tool = "Edit"
path = "asked.txt"
effect = "ask"
reason = "look at it"

[[rule]]
name = "one-edit"
tool = "Edit"
effect = "limit"
count = 1
window = "10m"
"#
    );
    let bob = env.agent("bob").called("bob");
    bob.run(["lock", "acquire", "held.txt", "asked.txt"]).succeeds();
    let refused = alice.before_edit("asked.txt");
    assert!(
        refused.status == 2 && refused.stdout.contains("holds a lock"),
        "{}",
        refused.shown()
    );
    let refused = alice.before_edit("held.txt");
    assert!(
        refused.status == 2 && refused.stdout.contains("holds a lock"),
        "{}",
        refused.shown()
    );
    alice.before_edit("free.txt").is_silent();
    assert_snapshot!(alice.before_edit("free.txt").shown(), @r#"
    exit 2
    stdout:
    {"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"agent-sync: this is one more than 1 in 10 min for each agent (policy rule one-edit).\nNext: the next one may pass in 10 min."}}[no newline]
    stderr:
    agent-sync: this is one more than 1 in 10 min for each agent (policy rule one-edit).
    Next: the next one may pass in 10 min.
    "#);
    env.advance(9 * MINUTE);
    assert_eq!(alice.before_edit("free.txt").status, 2);
    env.advance(MINUTE);
    alice.before_edit("free.txt").is_silent();
}

#[test]
fn limits_are_counted_with_subagents_by_role_or_all_together() {
    for (per, other_may) in [("agent", true), ("role", false), ("all", false)] {
        ruled!(
            env,
            alice,
            &format!(
                "[[rule]]\nname = \"few\"\ntool = \"Edit\"\neffect = \"limit\"\ncount = 2\nwindow = \"1h\"\nper = \"{per}\"\n"
            )
        );
        for name in ["alice", "bob"] {
            let agent = env.agent(name);
            agent
                .run(["agent", "register", "--name", name, "--role", "Tests"])
                .succeeds();
        }
        alice.before_edit("a.txt").is_silent();
        let sub = alice.subagent("sub");
        assert_eq!(sub.before_edit("b.txt").status, 0, "{per}");
        assert_eq!(sub.before_edit("c.txt").status, 2, "{per}");
        assert_eq!(alice.before_edit("c.txt").status, 2, "{per}");
        let by_another = env.agent("bob").before_edit("c.txt").status;
        assert_eq!(by_another == 0, other_may, "{per}");
        let carol = env.agent("carol").called("carol");
        let by_another_role = carol.before_edit("d.txt").status;
        assert_eq!(by_another_role == 0, per != "all", "{per}");
    }
}

#[test]
fn a_wall_clock_that_jumps_frees_nothing() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"few\"\ntool = \"Edit\"\neffect = \"limit\"\ncount = 1\nwindow = \"1h\"\n"
    );
    alice.before_edit("a.txt").is_silent();
    env.jump(5 * crate::env::HOUR);
    assert_eq!(alice.before_edit("a.txt").status, 2);
    env.jump(-10 * crate::env::HOUR);
    assert_eq!(alice.before_edit("a.txt").status, 2);
    env.advance(crate::env::HOUR);
    alice.before_edit("a.txt").is_silent();
}

#[test]
fn rules_that_watch_let_everything_pass_and_say_what_they_would_have_done() {
    ruled!(
        env,
        alice,
        r#"
mode = "observe"

[[rule]]
name = "no-push"
tool = "Bash"
where.command = { glob = "git push*" }
effect = "deny"
reason = "the human pushes"

[[rule]]
name = "few"
tool = "Edit"
effect = "limit"
count = 1
window = "1h"

[[rule]]
name = "asked"
tool = "mcp__*"
effect = "approve"

[[rule]]
name = "strict"
mode = "enforce"
tool = "Bash"
where.command = { glob = "*--force*" }
effect = "deny"
reason = "never"
"#
    );
    before_command(&alice, "git push").is_silent();
    alice.before_edit("a.txt").is_silent();
    alice.before_edit("a.txt").is_silent();
    before(&alice, "mcp__x__list", &json!({})).is_silent();
    assert_eq!(before_command(&alice, "git push --force").status, 2);
    assert_snapshot!(env.human().with("AGENT_SYNC_ID", "operator").run(["policy", "log"]).shown(), @r#"
    exit 0
    stdout:
    WHEN      WHO       WHAT             ABOUT
    just now  alice     policy.denied    strict: Bash: git push --force
    just now  alice     policy.observed  no-push: would deny: Bash: git push --force
    just now  alice     policy.observed  asked: would approve: mcp__x__list {}
    just now  alice     policy.observed  few: would limit: Edit {"file_path":"/repo/a.txt","old_string":"a","new_string":"b"}
    just now  alice     policy.observed  no-push: would deny: Bash: git push
    just now  operator  policy.applied   02d8d1fbc8684df77c93ae73008575b754763ecf950c82460f5a0b0385fe30ab 4 rules
    "#);
    let requests = env.human().run(["approve", "list", "--all", "--json"]).json();
    assert_eq!(
        requests,
        json!([]),
        "nobody is asked for an approval that is not needed"
    );
}

#[test]
fn trouble_with_a_policy_stops_no_tool_and_is_logged() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"no\"\ntool = \"Edit\"\neffect = \"deny\"\nreason = \"no\"\n"
    );
    assert_eq!(alice.before_edit("a.txt").status, 2);
    env.sql()
        .execute("UPDATE policy SET compiled = '{\"rules\": 7}'", [])
        .unwrap();
    alice.before_edit("a.txt").is_silent();
    let log = env.read(".claude/coordination/hook.log");
    assert!(log.contains("the policy in force is not understood"), "{log}");
    // A command says it, and does nothing.
    let command = alice.run(["decision", "add", "x"]);
    assert_eq!(command.status, 1, "{}", command.shown());
}

#[test]
fn a_hook_that_somebody_wires_for_more_tools_asks_and_stays_theirs() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"offline\"\ntool = \"WebFetch\"\neffect = \"deny\"\nreason = \"nothing is fetched\"\n"
    );
    let wired = env.human().run(["policy", "apply", "--dry-run"]).succeeds();
    wired.complains("before WebFetch");
    env.human().run(["init", "--no-skill"]).succeeds();
    let settings = env.read(".claude/settings.json");
    let mut settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    let own = json!({"matcher": "WebFetch", "hooks": [
        {"type": "command", "command": "agent-sync hook pre-tool-use --policy", "timeout": 10}
    ]});
    let before = settings["hooks"]["PreToolUse"].as_array_mut().unwrap();
    before.push(own);
    env.write(".claude/settings.json", &settings.to_string());
    env.human().run(["init", "--no-skill"]).succeeds();
    let doctor = env.human().run(["doctor"]).stdout;
    assert!(!doctor.contains("doubled"), "{doctor}");
    env.human().run(["uninstall"]).succeeds();
    assert!(env.read(".claude/settings.json").contains("--policy"));
    let mut command = alice.hook_command("pre-tool-use");
    command.arg("--policy");
    let payload = json!({"tool_name": "WebFetch", "tool_input": {"url": "https://example.invalid"}});
    let file = env.outside().join("payload.json");
    std::fs::write(&file, alice.payload("pre-tool-use", &payload).to_string()).unwrap();
    command.stdin(std::fs::File::open(file).unwrap());
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}

#[test]
fn what_a_refused_edit_would_have_been_told_is_told_when_it_passes() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"few\"\ntool = \"Edit\"\nagent = \"alice\"\neffect = \"limit\"\ncount = 1\nwindow = \"10m\"\n"
    );
    let bob = env.agent("bob").called("bob");
    bob.before_edit("b.txt").is_silent();
    env.write("b.txt", "by bob\n");
    bob.after_edit("b.txt").succeeds();
    alice.before_edit("a.txt").is_silent();
    assert_eq!(alice.before_edit("b.txt").status, 2);
    env.advance(10 * MINUTE);
    alice.before_edit("b.txt").says("was not stopped");
}

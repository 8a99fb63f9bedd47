//! How rules come into force and go.

use insta::assert_snapshot;

use super::apply;
use crate::env::TestEnv;

const RULES: &str = r#"
[[rule]]
name = "no-force-push"
tool = "Bash"
where.command = { regex = 'git\s+push\s.*--force' }
effect = "deny"
reason = "history is shared"

[[rule]]
name = "calm"
command = "message send"
effect = "limit"
count = 2
window = "10m"
"#;

#[test]
fn the_human_applies_a_file_sees_the_difference_and_takes_it_back() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    env.write("agent-sync.policy.toml", RULES);
    let human = env.human().with("AGENT_SYNC_ID", "operator");
    assert_snapshot!(human.run(["policy", "apply", "--dry-run"]).shown(), @r#"
    exit 0
    stdout:
    + no-force-push: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    + calm: 2 in 10 min for each agent - command message send (enforce)
    The file is right: 2 rules, 64a6ebefbafa; nothing was changed
    "#);
    assert_snapshot!(human.run(["policy", "apply"]).shown(), @r#"
    exit 3
    stdout:
    + no-force-push: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    + calm: 2 in 10 min for each agent - command message send (enforce)
    stderr:
    error: nothing was changed
    hint: say --yes to do it
    "#);
    assert_snapshot!(human.run(["policy", "show"]).shown(), @"
    exit 0
    stdout:
    No rules are in force.
    ");
    assert_snapshot!(human.run(["policy", "apply", "--yes"]).shown(), @r#"
    exit 0
    stdout:
    + no-force-push: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    + calm: 2 in 10 min for each agent - command message send (enforce)
    In force: 2 rules, 64a6ebefbafa
    "#);
    assert_snapshot!(human.run(["policy", "apply", "--yes"]).shown(), @"
    exit 0
    stdout:
    In force already: 2 rules, 64a6ebefbafa
    ");
    env.write(
        "new.toml",
        &RULES
            .replace("count = 2", "count = 5")
            .replace("no-force-push", "no-force"),
    );
    assert_snapshot!(human.run(["policy", "apply", "new.toml", "--yes"]).shown(), @r#"
    exit 0
    stdout:
    - no-force-push: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    - calm: 2 in 10 min for each agent - command message send (enforce)
    + calm: 5 in 10 min for each agent - command message send (enforce)
    + no-force: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    In force: 2 rules, bf96f300a898
    "#);
    assert_snapshot!(human.run(["policy", "show"]).shown(), @r#"
    exit 0
    stdout:
    policy:  bf96f300a898cb043c6d2d2bb19037622ed1206123a7223fe6fb835b64849cba
    applied: just now by operator (operator)
    mode:    enforce

    RULE      MODE     EFFECT                      IS ABOUT                                        REASON
    no-force  enforce  deny                        tool Bash; command holds git\s+push\s.*--force  history is shared
    calm      enforce  5 in 10 min for each agent  command message send
    "#);
    assert_snapshot!(human.run(["policy", "remove", "--yes"]).shown(), @r#"
    exit 0
    stdout:
    - no-force: deny - tool Bash; command holds git\s+push\s.*--force: history is shared (enforce)
    - calm: 5 in 10 min for each agent - command message send (enforce)
    No rules are in force any more
    "#);
    assert_snapshot!(human.run(["policy", "remove", "--yes"]).shown(), @"
    exit 4
    stderr:
    error: no rules are in force
    hint: agent-sync policy apply FILE
    ");
    human.run(["doctor", "--check"]).succeeds();
}

#[test]
fn a_policy_is_told_to_programs() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    env.write("agent-sync.policy.toml", RULES);
    let human = env.human().with("AGENT_SYNC_ID", "operator");
    let applied = human.run(["policy", "apply", "--yes", "--json"]).json();
    assert_eq!(applied["applied"], true, "{applied}");
    assert_eq!(applied["added"], serde_json::json!(["no-force-push", "calm"]));
    let again = human.run(["policy", "apply", "--yes", "--json"]).json();
    assert_eq!(again["applied"], false, "{again}");
    let shown = human.run(["policy", "show", "--json"]).json();
    assert_eq!(shown["sha256"], applied["sha256"]);
    assert_eq!(shown["source"], RULES);
    assert_eq!(
        shown["rules"][1]["effect"],
        serde_json::json!({"limit": {"count": 2, "window": 600_000, "per": "agent"}})
    );
    let removed = human.run(["policy", "remove", "--yes", "--json"]).json();
    assert_eq!(removed["sha256"], serde_json::Value::Null, "{removed}");
    assert_eq!(
        human.run(["policy", "show", "--json"]).json(),
        serde_json::Value::Null
    );
}

#[test]
fn an_agent_may_check_a_file_and_not_apply_it() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    env.write("agent-sync.policy.toml", RULES);
    alice.run(["policy", "apply", "--dry-run"]).succeeds();
    assert_snapshot!(alice.run(["policy", "apply", "--yes"]).shown(), @"
    exit 3
    stderr:
    error: only the human may put rules in force; an agent's shell cannot act as the human
    hint: `agent-sync policy apply FILE --dry-run` checks a file that you propose; ask the human to apply it
    ");
    // Saying that it is the human does not make it one.
    let posing = alice.run(["--as", "operator", "policy", "apply", "--yes"]);
    assert_eq!(posing.status, 3, "{}", posing.shown());
    apply(&env, RULES);
    assert_snapshot!(alice.run(["policy", "remove", "--yes"]).shown(), @"
    exit 3
    stderr:
    error: only the human may take rules out of force; an agent's shell cannot act as the human
    hint: `agent-sync policy apply FILE --dry-run` checks a file that you propose; ask the human to apply it
    ");
    let rules: i64 = env
        .sql()
        .query_row("SELECT count(*) FROM policy", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rules, 1);
}

#[test]
fn a_broken_file_changes_nothing_and_each_fault_is_named() {
    let env = TestEnv::new();
    let alice = env.agent("alice").called("alice");
    apply(&env, RULES);
    env.write(
        "agent-sync.policy.toml",
        "[[rule]]\nname = \"a\"\ntool = \"Bash\"\neffect = \"deny\"\n\n[[rule]]\nname = \"a\"\n\"effekt\\u001b[31m\" = 1\n",
    );
    assert_snapshot!(env.human().run(["policy", "apply", "--yes"]).shown(), @r#"
    exit 2
    stderr:
    agent-sync.policy.toml:4: effect = "deny" needs a reason, which the agent is told
    agent-sync.policy.toml:6: a rule needs an effect: allow, deny, ask, limit, approve
    agent-sync.policy.toml:7: there is another rule 'a'
    agent-sync.policy.toml:8: a rule has no key 'effekt\u{1b}[31m'; there are name, tool, command, where, path, agent, role, effect, reason, mode, count, window, per, by
    error: 'agent-sync.policy.toml' has 4 faults; nothing was changed
    hint: mend them, and see with --dry-run
    "#);
    let refused = super::before_command(&alice, "git push --force");
    assert_eq!(refused.status, 2, "{}", refused.shown());
    assert_snapshot!(env.human().run(["policy", "apply", "missing.toml"]).shown(), @"
    exit 4
    stderr:
    error: no file 'missing.toml'
    hint: docs/policy.md has one to begin with
    ");
}

#[test]
fn an_empty_file_takes_the_rules_out_of_force() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    apply(&env, RULES);
    env.write("agent-sync.policy.toml", "# nothing is forbidden\n");
    let emptied = env.human().run(["policy", "apply", "--yes"]).succeeds();
    assert!(
        emptied.stdout.ends_with("No rules are in force any more\n"),
        "{}",
        emptied.shown()
    );
    let again = env.human().run(["policy", "apply", "--yes"]).succeeds();
    assert_eq!(again.stdout, "No rules are in force, and the file has none\n");
}

#[test]
fn a_policy_stays_where_it_was_applied() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    apply(&env, RULES);
    let export = env.human().run(["export"]).succeeds().stdout;
    assert!(
        !export.contains("no-force-push\\n") && !export.contains("\"policy_"),
        "{export}"
    );
    // The file may go: what is in force is in the store.
    std::fs::remove_file(env.path("agent-sync.policy.toml")).unwrap();
    let refused = super::before_command(&env.agent("alice"), "git push --force");
    assert_eq!(refused.status, 2, "{}", refused.shown());
}

//! Commands of agents under rules, and what a rule would make of a call.

use insta::assert_snapshot;

use super::ruled;

const RULES: &str = r#"
[[rule]]
name = "calm"
command = "message send"
where.priority = { glob = "critical" }
effect = "limit"
count = 1
window = "10m"
reason = "few things are critical"

[[rule]]
name = "no-import"
command = ["import", "restore"]
effect = "deny"
reason = "the human moves stores"

[[rule]]
name = "settings"
command = "config *"
effect = "ask"
reason = "it is everybody's"

[[rule]]
name = "look-away"
command = "report"
effect = "deny"
reason = "not now"

[[rule]]
name = "no-lock"
command = "lock acquire"
path = "release/**"
effect = "deny"
reason = "nobody locks releases"
"#;

#[test]
fn a_command_that_a_rule_refuses_changes_nothing_and_is_on_record() {
    ruled!(env, alice, RULES);
    let bob = env.agent("bob").called("bob");
    let send = ["message", "send", "--to", "bob", "--priority", "critical", "hi"];
    // A command that fails for another reason takes no place.
    let nobody = alice.run([
        "message",
        "send",
        "--to",
        "nobody",
        "--priority",
        "critical",
        "hi",
    ]);
    assert_ne!(nobody.status, 0, "{}", nobody.shown());
    alice.run(send).succeeds();
    assert_snapshot!(alice.run(send).shown(), @"
    exit 3
    stderr:
    error: `message send`: this is one more than 1 in 10 min for each agent (policy rule calm: few things are critical)
    hint: the next one may pass in 10 min
    ");
    alice.run(["message", "send", "--to", "bob", "hi"]).succeeds();
    bob.run(["message", "send", "--to", "alice", "--priority", "critical", "hi"])
        .succeeds();
    assert_snapshot!(alice.run(["config", "set", "lock.ttl", "5m"]).shown(), @"
    exit 3
    stderr:
    error: `config set`: the policy leaves this to the human (policy rule settings: it is everybody's)
    hint: ask the human to run it
    ");
    assert_snapshot!(alice.run(["report", "-o", "out.html"]).shown(), @"
    exit 3
    stderr:
    error: `report`: the policy of this repository refuses this (policy rule look-away: not now)
    hint: do without it; `agent-sync policy show` shows the rules, which the human alone changes
    ");
    assert!(!env.path("out.html").exists());
    assert_snapshot!(alice.run(["lock", "acquire", "release/notes.md"]).shown(), @"
    exit 3
    stderr:
    error: `lock acquire`: the policy of this repository refuses this (policy rule no-lock: nobody locks releases)
    hint: do without it; `agent-sync policy show` shows the rules, which the human alone changes
    ");
    alice.run(["lock", "acquire", "src/lib.rs"]).succeeds();
    let restored = alice.run(["restore", "copy.sqlite"]);
    assert!(restored.stderr.contains("no-import"), "{}", restored.shown());
    let messages: i64 = env
        .sql()
        .query_row("SELECT count(*) FROM message", [], |row| row.get(0))
        .unwrap();
    assert_eq!(messages, 3);
    assert_snapshot!(env.human().with("AGENT_SYNC_ID", "operator").run(["policy", "log"]).shown(), @"
    exit 0
    stdout:
    WHEN      WHO       WHAT            ABOUT
    just now  alice     policy.denied   no-import: agent-sync restore copy.sqlite
    just now  alice     policy.denied   no-lock: agent-sync lock acquire release/notes.md
    just now  alice     policy.denied   look-away: agent-sync report -o out.html
    just now  alice     policy.asked    settings: agent-sync config set lock.ttl 5m
    just now  alice     policy.limited  calm: agent-sync message send --to bob --priority critical hi
    just now  operator  policy.applied  aecc9c359180f15dbd1e9baa7d8f930bb74ff1d720823a12945438ad942f939a 5 rules
    ");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn rules_are_for_whoever_acts_as_an_agent() {
    ruled!(env, _alice, RULES);
    env.human().run(["config", "set", "lock.ttl", "5m"]).succeeds();
    let operator = env.human();
    operator
        .run(["--as", "operator", "config", "set", "lock.ttl", "6m"])
        .succeeds();
    // A person who acts as an agent is one, in whatever shell.
    let posing = env
        .human()
        .run(["--as", "alice", "config", "set", "lock.ttl", "5m"]);
    assert_eq!(posing.status, 3, "{}", posing.shown());
}

#[test]
fn a_command_that_waits_is_one_call() {
    ruled!(
        env,
        alice,
        "[[rule]]\nname = \"few\"\ncommand = \"lock acquire\"\neffect = \"limit\"\ncount = 1\nwindow = \"1h\"\n"
    );
    env.use_real_clock();
    let bob = env.agent("bob").called("bob");
    bob.run(["lock", "acquire", "a"]).succeeds();
    let waited = alice.run(["lock", "acquire", "a", "--wait", "1s"]);
    assert_eq!(waited.status, 5, "it waited in vain: {}", waited.shown());
    let again = alice.run(["lock", "acquire", "b"]);
    assert!(again.stderr.contains("rule few"), "{}", again.shown());
}

#[test]
fn a_test_says_what_would_happen_and_why_and_counts_nothing() {
    ruled!(env, alice, RULES);
    env.agent("bob").called("bob");
    let send = [
        "policy",
        "test",
        "message",
        "send",
        "--to",
        "bob",
        "--priority",
        "critical",
        "hi",
    ];
    alice.run(send).succeeds();
    assert_snapshot!(alice.run(send).shown(), @"
    exit 0
    stdout:
    RULE       MODE     EFFECT  MATCHES
    calm       enforce  limit   yes, and decides
    no-import  enforce  deny    no: it is about other calls
    settings   enforce  ask     no: it is about other calls
    look-away  enforce  deny    no: it is about other calls
    no-lock    enforce  deny    no: it is about other calls
    passes: calm 1 in 10 min for each agent
    ");
    alice
        .run(["message", "send", "--to", "bob", "--priority", "critical", "hi"])
        .succeeds();
    assert_snapshot!(alice.run(send).shown(), @"
    exit 3
    stdout:
    RULE       MODE     EFFECT  MATCHES
    calm       enforce  limit   yes, and decides
    no-import  enforce  deny    no: it is about other calls
    settings   enforce  ask     no: it is about other calls
    look-away  enforce  deny    no: it is about other calls
    no-lock    enforce  deny    no: it is about other calls
    does not pass: this is one more than 1 in 10 min for each agent (policy rule calm: few things are critical)
    next: the next one may pass in 10 min
    ");
    assert_snapshot!(alice.run(["policy", "test", "Bash", "command=ls"]).shown(), @"
    exit 0
    stdout:
    RULE       MODE     EFFECT  MATCHES
    calm       enforce  limit   no: it is about other calls
    no-import  enforce  deny    no: it is about other calls
    settings   enforce  ask     no: it is about other calls
    look-away  enforce  deny    no: it is about other calls
    no-lock    enforce  deny    no: it is about other calls
    passes: no rule decides
    ");
    env.write("other.toml", "[[rule]]\nname = \"x\"\nrole = \"tests\"\ntool = \"Bash\"\nwhere.command = { regex = 's$' }\neffect = \"approve\"\n");
    let would = env.human().run([
        "policy",
        "test",
        "--file",
        "other.toml",
        "--role",
        "Tests",
        "Bash",
        r#"{"command":"ls"}"#,
    ]);
    assert_snapshot!(would.shown(), @"
    exit 3
    stdout:
    RULE  MODE     EFFECT   MATCHES
    x     enforce  approve  yes, and decides
    does not pass: this waits for an approval, which a call asks for (policy rule x)
    next: make the call, and go on with something else
    ");
    let json = alice
        .run(["policy", "test", "--json", "Edit", "file_path=a"])
        .json();
    assert_eq!(
        (&json["passes"], &json["rule"]),
        (&true.into(), &serde_json::Value::Null),
        "{json}"
    );
    assert_snapshot!(alice.run(["policy", "test", "approve", "list"]).shown(), @"
    exit 2
    stderr:
    error: no rule can be about `approve list`
    ");
    assert_snapshot!(alice.run(["policy", "test", "Bash", "ls"]).shown(), @"
    exit 2
    stderr:
    error: 'ls' is neither a field nor a JSON object
    hint: agent-sync policy test Bash command='git push'
    ");
    let log = env.human().run(["policy", "log", "--json"]).json();
    assert_eq!(
        log.as_array().unwrap().len(),
        1,
        "only that it was applied: {log}"
    );
}

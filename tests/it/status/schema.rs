//! What is printed with `--json` is what `docs/schema` says: every key is there, is documented and is of its type.

mod checker;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use checker::Schemas;
use serde_json::{Value, json};

use crate::env::{HOUR, MINUTE, TestEnv};

fn schemas() -> Schemas {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let mut schemas = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let id = schema["$id"].as_str().unwrap();
        assert!(id.ends_with(&format!("/docs/schema/{name}")), "{id}");
        schemas.insert(name, schema);
    }
    Schemas(schemas)
}

/// A project in which there is some of everything.
fn populate(env: &TestEnv) {
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let operator = |arguments: &[&str]| {
        let mut whole = vec!["--as", "operator"];
        whole.extend(arguments);
        env.human().run_with(&whole, b"").succeeds()
    };
    alice.begins();
    alice.subagent("helper").before_edit("src/b.rs").succeeds();
    alice
        .run(["agent", "register", "--name", "alice", "--role", "backend"])
        .succeeds();
    for what in [
        &["lock", "acquire", "README", "--reason", "spelling"][..],
        &["lock", "acquire", "src/**/*.rs"],
        &["lock", "acquire", "--resource", "database", "--shared"],
        &[
            "task",
            "create",
            "Write",
            "--file",
            "docs/guide.md",
            "--label",
            "docs",
            "--accept",
            "it reads well",
        ],
        &["task", "claim", "Write", "--lock"],
        &["task", "comment", "Write", "half way"],
        &["task", "create", "Measure"],
        &[
            "task",
            "create",
            "Tune",
            "--when",
            "Measure.latency > 10",
            "--role",
            "backend",
        ],
        &["task", "create", "Print", "--after", "Write"],
        &["task", "create", "Deploy"],
        &["task", "create", "Never", "--after", "Deploy"],
        &["task", "handoff", "Write", "--to", "bob", "--note", "yours"],
    ] {
        alice.run_with(what, b"").succeeds();
    }
    for what in [
        &["task", "claim", "Measure"][..],
        &[
            "task",
            "done",
            "Measure",
            "--result",
            "latency=12",
            "--evidence",
            "seen",
        ],
        &["task", "claim", "Deploy"],
        &["task", "fail", "Deploy", "--reason", "the server said 503"],
        &["decision", "add", "Use tabs"],
    ] {
        bob.run_with(what, b"").succeeds();
    }
    let decision = bob.run(["decision", "list", "--json"]).json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.run(["decision", "supersede", &decision, "Use spaces"])
        .succeeds();
    launch_a_plan(env);
    let asked = alice.tells("bob", "Which tabs?");
    bob.run(["message", "send", "--reply-to", &asked, "Wide ones"])
        .succeeds();
    alice
        .run([
            "message",
            "send",
            "--to",
            "bob",
            "--ack",
            "--ttl",
            "2h",
            "Take note",
        ])
        .succeeds();
    bob.is_prompted();
    bob.is_prompted();
    operator(&["message", "send", "--to", "all", "Good morning"]);
    alice.tells("operator", "Shall I drop the table?");
    env.agent("carol").called("carol");
    env.advance(3 * HOUR);
    alice.run(["lock", "acquire", "CHANGES"]).succeeds();
    bob.run(["agent", "heartbeat"]).succeeds();
    alice.after_edit("src/a.rs").succeeds();
    bob.after_edit("src/a.rs").succeeds();
    let_bob_wait(env);
    env.advance(MINUTE);
}

/// Lets Alice launch a plan that says all that a plan can say.
fn launch_a_plan(env: &TestEnv) {
    let plan = "# Release\nsessions: 2 rust, 1\nbudget: 5 turns, 2h\n- [ ] Pack (when: Proofread.n > 1)\n  files: ci/\n- [ ] Proofread\n- [ ] Sign\n  files: ci/sign.sh\n";
    let alice = env.agent("alice");
    let plan = alice
        .run_with(&["plan", "propose", "-"], plan.as_bytes())
        .id("plan-");
    env.human()
        .run(["plan", "approve", &plan, "--reason", "go"])
        .succeeds();
    alice.run(["plan", "launch", &plan]).succeeds();
}

/// Lets Bob wait for a lock in a process that cannot be seen and was heard of just now.
fn let_bob_wait(env: &TestEnv) {
    let waits = "INSERT INTO waiter (agent_id, mode, since, seen_at, uptime, boot)
         SELECT p.agent_id, 'exclusive', p.seen_at, p.seen_at, p.uptime, p.boot FROM presence p JOIN agent a
         ON a.id = p.agent_id WHERE a.name = 'bob'";
    let sql = env.sql();
    sql.execute(waits, []).unwrap();
    let key = "INSERT INTO waiter_key (ticket, namespace, tree, path) VALUES (last_insert_rowid(), 'path', '', 'CHANGES')";
    sql.execute(key, []).unwrap();
}

/// Commands, and what each prints by which schema. `?` stands for an id of that kind.
const COMMANDS: [(&str, &[&str]); 28] = [
    ("status.json", &["status"]),
    ("agent.json#/$defs/list", &["agent", "list", "--all"]),
    ("agent.json#/$defs/page", &["agent", "show", "alice"]),
    ("agent.json#/$defs/agent", &["agent", "heartbeat"]),
    ("agent.json#/$defs/who", &["whoami"]),
    ("lock.json#/$defs/list", &["lock", "list", "--all"]),
    ("task.json#/$defs/list", &["task", "list"]),
    ("task.json#/$defs/list", &["task", "list", "--ready"]),
    ("task.json#/$defs/page", &["task", "show", "Write"]),
    ("task.json#/$defs/page", &["task", "show", "Measure"]),
    ("task.json#/$defs/graph", &["task", "graph"]),
    ("message.json#/$defs/list", &["message", "inbox", "--all"]),
    ("message.json#/$defs/list", &["message", "list"]),
    ("message.json#/$defs/list", &["message", "thread", "?msg"]),
    ("message.json#/$defs/message", &["message", "read", "?msg"]),
    ("message.json#/$defs/sent", &["message", "show", "?msg"]),
    ("message.json#/$defs/sent_list", &["message", "sent"]),
    ("decision.json#/$defs/list", &["decision", "list", "--all"]),
    ("decision.json#/$defs/decision", &["decision", "show", "?dec"]),
    (
        "activity.json#/$defs/list",
        &["activity", "list", "--limit", "100"],
    ),
    ("search.json", &["search", "tabs"]),
    ("search.json", &["message", "search", "tabs"]),
    ("search.json", &["decision", "search", "spaces"]),
    ("search.json", &["search", "Write"]),
    ("plan.json#/$defs/list", &["plan", "list"]),
    ("plan.json#/$defs/page", &["plan", "show", "plan-"]),
    ("config.json#/$defs/list", &["config", "list"]),
    ("config.json#/$defs/setting", &["config", "get", "lock.ttl"]),
];

#[test]
fn every_list_prints_what_its_schema_says() {
    let env = TestEnv::new();
    populate(&env);
    let schemas = schemas();
    let alice = env.agent("alice");
    let inbox = alice.run(["message", "inbox", "--all", "--json"]).json();
    let decisions = alice.run(["decision", "list", "--json"]).json();
    for (schema, command) in COMMANDS {
        let mut arguments: Vec<&str> = command.to_vec();
        for argument in &mut arguments {
            match *argument {
                "?msg" => *argument = inbox[0]["id"].as_str().unwrap(),
                "?dec" => *argument = decisions[0]["id"].as_str().unwrap(),
                _ => {}
            }
        }
        arguments.push("--json");
        let printed = alice.run_with(&arguments, b"").succeeds().json();
        let is_empty = printed.as_array().is_some_and(Vec::is_empty);
        assert!(!is_empty, "{command:?} prints nothing, so nothing is tried");
        let faults = schemas.faults(schema, &printed);
        assert!(faults.is_empty(), "{command:?}, {schema}:\n{}", faults.join("\n"));
    }
}

#[test]
fn the_picture_in_which_everything_was_tried_has_some_of_everything() {
    let env = TestEnv::new();
    populate(&env);
    let status = env
        .human()
        .run(["--as", "me", "status", "--json"])
        .succeeds()
        .json();
    for (key, value) in status.as_object().unwrap() {
        let is_empty = value.as_array().is_some_and(Vec::is_empty) || value == &json!(0);
        assert!(!is_empty || key == "unread", "{key} is empty");
    }
    assert!(
        status["agents"]
            .as_array()
            .unwrap()
            .iter()
            .any(|agent| agent["parent_id"].is_string())
    );
    assert_eq!(status["waits"][0]["file_path"], "CHANGES");
}

#[test]
fn every_key_of_every_schema_says_what_it_means() {
    fn properties<'a>(schema: &'a Value, found: &mut Vec<(&'a String, &'a Value)>) {
        match schema {
            Value::Object(map) => {
                if let Some(Value::Object(own)) = map.get("properties") {
                    found.extend(own.iter());
                }
                map.values().for_each(|inner| properties(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| properties(inner, found)),
            _ => {}
        }
    }
    for (name, schema) in &schemas().0 {
        let mut found = Vec::new();
        properties(schema, &mut found);
        assert!(!found.is_empty(), "{name}");
        for (key, described) in found {
            let is_described = described.get("description").is_some()
                || matches!(described.get("type"), Some(kind) if kind == "object")
                || described.get("properties").is_some();
            assert!(is_described, "{name} does not say what {key} means");
        }
    }
}

#[test]
fn the_page_and_the_schema_know_every_word_for_how_it_goes_and_what_to_look_at() {
    use agent_sync::domain::picture::{Health, Kind};
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/status.md")).unwrap();
    let schema = &schemas().0["status.json"];
    let words = |pointer: &str| -> Vec<String> {
        let words = schema.pointer(pointer).unwrap().as_array().unwrap();
        words
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    };
    let health = Health::ALL.map(Health::as_str);
    assert_eq!(words("/properties/health/properties/word/enum"), health);
    let kinds = Kind::ALL.map(Kind::as_str);
    assert_eq!(words("/properties/matters/items/properties/kind/enum"), kinds);
    for word in health.into_iter().chain(kinds) {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/status.md does not say what {word} means"
        );
    }
}

#[test]
fn what_a_schema_does_not_say_is_a_fault() {
    let schemas = schemas();
    let good = json!({"id": "dec-1", "agent_id": "a", "body": "Use tabs",
        "created_at": "2027-01-15T08:00:00.000Z", "agent_name": "alice", "superseded_by": null});
    let decision = "decision.json#/$defs/decision";
    assert_eq!(schemas.faults(decision, &good), [""; 0]);
    let faults = |key: &str, value: Value| {
        let mut bad = good.clone();
        bad[key] = value;
        schemas.faults(decision, &bad)
    };
    assert_eq!(faults("colour", json!("red")), [": colour is not documented"]);
    assert_eq!(faults("body", json!(7)), ["/body: 7 is no \"string\""]);
    assert_eq!(faults("created_at", json!("today")).len(), 1);
    let mut short = good.clone();
    short.as_object_mut().unwrap().remove("body");
    assert_eq!(schemas.faults(decision, &short), [": \"body\" is missing"]);
    // What is added to a described object is not passed over either, nor what stands within it.
    let lock = json!({"id": 1});
    assert!(
        schemas
            .faults("lock.json#/$defs/lock", &lock)
            .contains(&": id is not documented".to_owned())
    );
    let list = schemas.faults("decision.json#/$defs/list", &json!([good, {}]));
    assert_eq!(list.len(), 6, "{list:?}");
}

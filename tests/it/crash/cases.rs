//! What is killed: every command and hook that writes, one line each.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::env::TestEnv;

/// What is in force in a project under a policy.
pub(crate) const POLICY: &str = r#"
[[rule]]
name = "few"
command = "message send"
effect = "limit"
count = 100
window = "1h"

[[rule]]
name = "edits"
tool = "Edit"
effect = "limit"
count = 100
window = "1h"

[[rule]]
name = "asked"
command = "decision add"
effect = "approve"
"#;

/// What the project is like before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// A git repository without anything of ours.
    Bare,
    /// Two agents at work.
    Busy,
    /// The same with a store that is damaged, and a copy of it.
    Damaged,
    /// The same under a policy. Commands of `policy` and `approve` are the human's here.
    Ruled,
    /// Two agents at work who are asked to come to an end.
    Draining,
}

/// What a repetition of a command means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One transaction, and done twice is done once.
    Once,
    /// One transaction, and each time counts: what was done before the crash is done twice by doing it again.
    Each,
    /// Several steps, of which some may be done; doing it again does the others.
    Steps,
    /// The same, but once all are done, each time counts.
    EachInSteps,
}

use Kind::{Each, EachInSteps, Once, Steps};
use Start::{Bare, Busy, Damaged, Draining, Ruled};

/// A command or a hook. In its words `TASK`, `OPEN`, `MSG`, `DEC`, `VOTE`, `LAST`, `REQ`, `MYPLAN`, `BOBS`, `AGAIN`, `PLANVOTE`, `FENCE` and `COPY` stand for things of the project.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) start: Start,
    pub(crate) kind: Kind,
}

const fn case(name: &'static str, start: Start, kind: Kind) -> Case {
    Case { name, start, kind }
}

/// Commands that only look, or that nobody starts twice, or that run the others for the human.
pub(crate) const WRITE_NOTHING: [&str; 12] = [
    "status",
    "console",
    "whoami",
    "completions",
    "man",
    "help",
    "demo",
    "hook",
    "export",
    "search",
    "report",
    "metrics",
];

/// How the name of a case begins that the human runs, since no agent may.
const HUMAN: &str = "human: ";

impl Case {
    /// The words of its command line.
    pub(crate) fn words(&self) -> &'static str {
        self.name.strip_prefix(HUMAN).unwrap_or(self.name)
    }
}

/// Everything that writes. Alice runs it; she holds `mine`, works on `TASK`, was written to and is the hub of a star.
pub(crate) static CASES: [Case; 86] = [
    case("agent register --name alice --role tests", Busy, Once),
    case("agent rename ada", Busy, Once),
    case("agent heartbeat", Busy, Once),
    case("ping all", Busy, Each),
    case("task create New --file a --depends-on OPEN", Busy, Each),
    case("task claim OPEN --lock", Busy, Once),
    case("task next --lock", Busy, Each),
    case("task done TASK", Busy, Once),
    case(
        "task done TASK --result n=1 --evidence seen --note well",
        Busy,
        Once,
    ),
    case("task fail TASK --reason why", Busy, Once),
    case("task edit OPEN --title Other", Busy, Once),
    case("task comment OPEN said", Busy, Each),
    case("task import plan.md", Busy, Once),
    case("task handoff TASK --to bob --note yours", Busy, Once),
    case("task block TASK --reason why", Busy, Once),
    case("task release TASK", Busy, Once),
    case("task cancel TASK", Busy, Once),
    case("task depend OPEN --on TASK", Busy, Once),
    case("lock acquire a b c", Busy, Once),
    case("lock acquire src/**/*.rs --shared", Busy, Once),
    case("lock renew mine", Busy, Once),
    case("lock release mine", Busy, Once),
    case("lock release --all", Busy, Once),
    case("lock acquire theirs --force", Busy, Once),
    case("vote open Now? --record-decision", Busy, Each),
    case("vote cast VOTE yes --final", Busy, Once),
    case("vote cast LAST yes", Busy, Once),
    case("vote close VOTE", Busy, Once),
    case("vote cast PLANVOTE yes", Busy, Once),
    case("plan propose plan.md", Busy, Each),
    case("plan propose plan.md --amend MYPLAN", Busy, Once),
    case("plan approve BOBS --reason well", Busy, Once),
    case("plan reject BOBS --reason badly", Busy, Once),
    case("plan launch MYPLAN", Busy, Once),
    case("plan launch AGAIN", Busy, Once),
    case("leader campaign --role api", Busy, Once),
    case("human: policy apply new.toml --yes", Ruled, Once),
    case("human: policy apply empty.toml --yes", Ruled, Once),
    case("human: policy remove --yes", Ruled, Once),
    case("human: approve REQ --reject --reason no", Ruled, Once),
    case("human: approve REQ --uses 3 --ttl 1h", Ruled, Once),
    case("message send --to bob hello", Ruled, Each),
    case("hook pre-tool-use", Ruled, EachInSteps),
    case("leader resign", Busy, Once),
    case("human: topology set star --hub bob --deputy alice", Busy, Once),
    case("human: topology set mesh", Busy, Once),
    case("decision add Bound --fence FENCE", Busy, Each),
    case("message send --to bob hello", Busy, Each),
    case("message send --to all hello", Busy, Each),
    case(
        "message send --to bob --priority critical --ack hello",
        Busy,
        Each,
    ),
    case("message read MSG", Busy, Once),
    case("message ack MSG", Busy, Once),
    case("message inbox", Busy, Once),
    case("decision add New", Busy, Each),
    case("decision supersede DEC Other", Busy, Each),
    case("activity add note", Busy, Each),
    case("append notes.md --content line", Busy, EachInSteps),
    case("config set lock.ttl 5m", Busy, Once),
    case("gc", Busy, Once),
    case("backup", Busy, Steps),
    case("restore COPY --force", Busy, Steps),
    case("import COPY.jsonl", Busy, Once),
    case("init", Busy, Steps),
    case("uninstall --purge", Busy, Steps),
    case("hook session-start", Busy, Steps),
    case("hook user-prompt-submit", Busy, Each),
    case("hook pre-tool-use", Busy, Once),
    case("hook post-tool-use", Busy, Each),
    case("hook post-tool-use-failure", Busy, Once),
    case("hook post-tool-batch", Busy, Each),
    case("hook stop", Busy, Each),
    case("hook subagent-start", Busy, Once),
    case("hook subagent-stop", Busy, Once),
    case("hook session-end", Busy, Once),
    case("hook file-changed", Busy, Each),
    case("init --no-skill", Bare, Steps),
    case("lock acquire a", Bare, Steps),
    case("human: swarm drain --reason why", Busy, Once),
    case("human: swarm shutdown --deadline 0", Busy, Steps),
    case("swarm ready --note later", Draining, Once),
    case("human: swarm drain --deadline 5m --reason why", Draining, Once),
    case("human: swarm shutdown --deadline 0", Draining, Steps),
    case("human: swarm resume", Draining, Once),
    case("task done TASK", Draining, Once),
    case("doctor --repair", Damaged, Steps),
    case("restore COPY", Damaged, Steps),
];

/// Makes the project ready, and says what the words stand for.
pub(crate) fn prepare(env: &TestEnv, start: Start) -> Vec<(&'static str, String)> {
    if start == Bare {
        return Vec::new();
    }
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    let task = alice
        .run(["task", "create", "Mine", "--file", "mine"])
        .id("task-");
    alice.run(["task", "claim", &task, "--lock"]).succeeds();
    let open = bob.run(["task", "create", "Open", "--file", "open"]).id("task-");
    bob.run(["lock", "acquire", "theirs"]).succeeds();
    let vote = alice.run(["vote", "open", "Later?"]).id("vote-");
    let last = alice
        .run(["vote", "open", "Now?", "--quorum", "1", "--record-decision"])
        .id("vote-");
    let plans = prepare_plans(env);
    let leadership = alice.run(["leader", "campaign", "--json"]).json();
    let message = bob.tells("alice", "Are you there?");
    env.human()
        .run(["--as", "operator", "topology", "set", "star", "--hub", "alice"])
        .succeeds();
    let decision = bob.run(["decision", "add", "Use tabs"]).id("dec-");
    alice.after_edit("README").succeeds();
    env.write("notes.md", "first\n");
    env.write("plan.md", "- [ ] One\n- [ ] Two\n");
    env.write("keyed.md", "- [ ] One {#task-one}\n");
    let copy = env.outside().join("copy.sqlite");
    let copy = copy.to_str().unwrap();
    env.human().run(["backup", copy]).succeeds();
    env.human()
        .run(["export", "-o", &format!("{copy}.jsonl")])
        .succeeds();
    if start == Damaged {
        env.human().run(["backup"]).succeeds();
        env.sql()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let mut bytes = fs::read(env.database()).unwrap();
        let length = bytes.len();
        bytes[..100].fill(0xa5);
        bytes[length - 8192..].fill(0xa5);
        fs::write(env.database(), bytes).unwrap();
        env.write(".git/damaged", "");
    }
    let mut request = String::new();
    if start == Ruled {
        env.write("policy.toml", POLICY);
        env.write("empty.toml", "");
        env.write("new.toml", &POLICY.replace("100", "50"));
        let human = env.human();
        human.run(["policy", "apply", "policy.toml", "--yes"]).succeeds();
        let refused = bob.run(["decision", "add", "Use spaces"]);
        assert_eq!(refused.status, 3, "{}", refused.shown());
        let requests = human.run(["approve", "list", "--json"]).json();
        requests[0]["id"].as_str().unwrap().clone_into(&mut request);
    }
    if start == Draining {
        let human = env.human().with("AGENT_SYNC_ID", "operator");
        human.run(["swarm", "drain"]).succeeds();
    }
    let mut names = vec![
        ("REQ", request),
        ("TASK", task),
        ("OPEN", open),
        ("MSG", message),
        ("DEC", decision),
        ("VOTE", vote),
        ("LAST", last),
        ("FENCE", leadership["fence"].to_string()),
        ("COPY", copy.to_owned()),
    ];
    // Before `VOTE`, which is a part of one of them.
    names.splice(0..0, plans);
    names
}

/// Plans in every state: alice's, approved; bob's, waiting; alice's, launched, amended and approved again; and one of
/// bob's that a vote among others is about.
fn prepare_plans(env: &TestEnv) -> Vec<(&'static str, String)> {
    let (alice, bob, human) = (env.agent("alice"), env.agent("bob"), env.human());
    human.run(["config", "set", "plan.approvals", "1"]).succeeds();
    let propose = |who: &crate::env::Actor<'_>, text: &str| {
        let proposed = who.run_with(&["plan", "propose", "-"], text.as_bytes());
        proposed.succeeds().id("plan-")
    };
    let mine = propose(&alice, "- [ ] P\n- [ ] Q (after: P)\n");
    bob.run(["plan", "approve", &mine]).succeeds();
    let bobs = propose(&bob, "- [ ] R\n");
    let again = propose(&alice, "- [ ] S\n- [ ] T (after: S)\n- [ ] U (after: T)\n");
    bob.run(["plan", "approve", &again]).succeeds();
    alice.run(["plan", "launch", &again]).succeeds();
    let amended = "- [ ] S\n- [ ] U !2 (after: S)\n- [ ] V (after: U)\n";
    let amend = ["plan", "propose", "-", "--amend", &again];
    alice.run_with(&amend, amended.as_bytes()).succeeds();
    bob.run(["plan", "approve", &again]).succeeds();
    let about = propose(&bob, "- [ ] W\n");
    let vote = bob.run(["vote", "open", "W?", "--approves", &about]).id("vote-");
    vec![
        ("PLANVOTE", vote),
        ("MYPLAN", mine),
        ("BOBS", bobs),
        ("AGAIN", again),
    ]
}

/// The command of a case in a copy of the project, and its standard input.
pub(crate) fn command(
    env: &TestEnv,
    case: &Case,
    project: &Path,
    names: &[(&'static str, String)],
) -> (Command, String) {
    let alice = env
        .agent("alice")
        .at(project)
        .with("CLAUDE_PROJECT_DIR", project.to_str().unwrap());
    if let Some(hook) = case.name.strip_prefix("hook ") {
        let payload = match hook {
            "pre-tool-use" => alice.edit_of(project.join("README")),
            "post-tool-use" => {
                let mut payload = alice.edit_of(project.join("README"));
                payload["tool_response"] = json!({});
                payload
            }
            "subagent-start" | "subagent-stop" => json!({"agent_id": "sub", "agent_type": "general-purpose"}),
            "session-end" => json!({"reason": "other"}),
            _ => json!({"source": "startup", "prompt": "go on"}),
        };
        let payload: Value = alice.payload(hook, &payload);
        return (alice.hook_command(hook), payload.to_string());
    }
    let mut words = case.words().to_owned();
    for (name, value) in names {
        words = words.replace(name, value);
    }
    let actor = if case.name.starts_with(HUMAN) {
        env.human()
            .at(project)
            .with("CLAUDE_PROJECT_DIR", project.to_str().unwrap())
            .with("AGENT_SYNC_ID", "operator")
    } else {
        alice
    };
    let mut command = actor.shell();
    command.args(words.split(' '));
    (command, String::new())
}

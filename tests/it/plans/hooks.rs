//! Every hook in every outcome, at a session that works in a store of any size.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::recording::{Recording, Run};
use crate::env::{Actor, Output, TestEnv};

/// How much a store holds.
#[derive(Clone, Copy)]
pub(super) struct Size {
    agents: i64,
    tasks: i64,
    locks: i64,
    messages: i64,
    activity: i64,
}

impl Size {
    /// Some of everything, `factor` times over.
    pub(super) const fn times(factor: i64) -> Self {
        Self {
            agents: 5 * factor,
            tasks: 30 * factor,
            locks: 10 * factor,
            messages: 60 * factor,
            activity: 300 * factor,
        }
    }
}

/// A project whose store holds so much, with two sessions at work in it.
pub(super) struct Stage {
    pub(super) env: TestEnv,
    recording: Recording,
    /// The store as every outcome finds it.
    pristine: PathBuf,
}

/// What a hook answers.
#[derive(Clone, Copy)]
enum Answer {
    Silence,
    Says(&'static str),
    Ends(i32),
}

use Answer::{Ends, Says, Silence};

/// One way in which a hook can end.
pub(super) struct Outcome {
    pub(super) name: &'static str,
    given: fn(&Stage),
    asks: fn(&Stage, &Actor<'_>) -> Output,
    answer: Answer,
}

impl Outcome {
    /// The hook's word on the command line.
    pub(super) fn hook(&self) -> &'static str {
        let name = self.name.strip_prefix("hook ").unwrap();
        name.split_once(':').map_or(name, |(hook, _)| hook)
    }
}

/// The files of the project: what others hold, what they changed, and what is free.
const FILES: [&str; 6] = [
    "held.txt",
    "dir/held.rs",
    "dir/free.rs",
    "free.txt",
    "seen.txt",
    "own.txt",
];

impl Stage {
    pub(super) fn new(size: Size) -> Self {
        let env = TestEnv::new();
        fs::write(
            env.home().join(".gitconfig"),
            "[user]\n\tname = T\n\temail = t@example.invalid\n",
        )
        .unwrap();
        env.human().run(["init", "--git-hooks", "--no-skill"]).succeeds();
        fs::write(env.path(".git/info/exclude"), ".claude\n").unwrap();
        for file in FILES {
            env.write(file, "committed\n");
        }
        env.git(&["add", "--all"]);
        env.git(&["commit", "--quiet", "--no-verify", "--message=Files"]);
        seed(&env, size);
        let recording = Recording::new(&env);
        let pristine = env.outside().join("pristine.sqlite");
        let stage = Self {
            env,
            recording,
            pristine,
        };
        let bob = stage.bob();
        bob.run(["agent", "register", "--name", "bob"]).succeeds();
        bob.run(["lock", "acquire", "held.txt", "dir/held.rs", "*.lock"])
            .succeeds();
        stage.alice().begins().succeeds();
        stage.alice().is_prompted().succeeds();
        stage.fold();
        fs::copy(stage.env.database(), &stage.pristine).unwrap();
        stage
    }

    fn alice(&self) -> Actor<'_> {
        self.env.agent("alice")
    }

    fn bob(&self) -> Actor<'_> {
        self.env.agent("bob")
    }

    fn fold(&self) {
        let sql = self.env.sql();
        sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
    }

    /// Runs one outcome and says what its hook ran.
    pub(super) fn play(&self, outcome: &Outcome) -> Run {
        for log in ["state.sqlite-wal", "state.sqlite-shm"] {
            let _there_may_be_none = fs::remove_file(self.env.database().with_file_name(log));
        }
        fs::copy(&self.pristine, self.env.database()).unwrap();
        self.env.git(&["reset", "--quiet", "--hard"]);
        (outcome.given)(self);
        let output = (outcome.asks)(self, &self.recording.of(&self.alice()));
        match outcome.answer {
            Silence => assert!(
                output.status == 0 && output.stdout.is_empty() && output.stderr.is_empty(),
                "{}: {}",
                outcome.name,
                output.shown()
            ),
            Says(text) => assert!(
                output.told().contains(text) || output.stdout.contains(text),
                "{}: {}",
                outcome.name,
                output.shown()
            ),
            Ends(status) => assert_eq!(output.status, status, "{}: {}", outcome.name, output.shown()),
        }
        let run = self.recording.take();
        assert!(!run.statements.is_empty(), "{} ran nothing", outcome.name);
        run
    }
}

/// Fills the store as the benchmarks do, and what they leave alone.
fn seed(env: &TestEnv, size: Size) {
    let now = 1_800_000_000_000_i64 - 1;
    let mut sql = env.sql();
    sql.execute_batch(
        "CREATE TEMP TABLE plan (agents, tasks, locks, messages, activity, broadcast_every, now, me);
         CREATE TEMP TABLE event (event);",
    )
    .unwrap();
    let Size {
        agents,
        tasks,
        locks,
        messages,
        activity,
    } = size;
    let me = env.agent("alice").id();
    sql.execute(
        "INSERT INTO plan VALUES (?1, ?2, ?3, ?4, ?5, 10, ?6, ?7)",
        rusqlite::params![agents, tasks, locks, messages, activity, now, me],
    )
    .unwrap();
    for hook in agent_sync::hook::HOOKS {
        sql.execute("INSERT INTO event VALUES (?1)", [hook.event])
            .unwrap();
    }
    let transaction = sql.transaction().unwrap();
    transaction
        .execute_batch(include_str!("../../../benches/process/seed.sql"))
        .unwrap();
    // Most of those who ever were here are gone. Edits hold leases of their own, files are remembered, matters were
    // told, and others lost locks.
    transaction
        .execute_batch(
            "UPDATE presence SET turn = 'ended' FROM crew WHERE crew.id = presence.agent_id AND crew.i > 4;
             UPDATE lock SET uptime = 1000000000, boot = 7;
             UPDATE task SET owner_id = (SELECT id FROM crew WHERE crew.i = 1) WHERE status = 'in_progress';
             DELETE FROM lock WHERE agent_id IN (SELECT agent_id FROM presence WHERE turn = 'ended');
             INSERT OR IGNORE INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl, is_implicit)
                 SELECT 'path', '', 'src/edited' || number.i, c.id, now, now, 600000, 1
                 FROM number, plan JOIN crew c ON c.i = 1 + number.i % 4 WHERE number.i < locks;
             INSERT INTO file_state (tree, path, size, modified, inode, seen_at)
                 SELECT DISTINCT '', path, 1, 1, 1, now FROM touch, plan;
             INSERT INTO told (agent_id, subject, mark)
                 SELECT agent_id, 'edit::' || path, change FROM touch;
             INSERT INTO told (agent_id, subject, mark) SELECT me, 'edit::' || path, max(change) FROM touch, plan GROUP BY path;
             INSERT INTO lost_lock (fence, agent_id, namespace, tree, path, why, lost_at)
                 SELECT 1000000 + number.i, c.id, 'path', '', 'src/lost' || number.i, 'expired', now
                 FROM number, plan JOIN crew c ON c.i = 1 + number.i % 4 WHERE number.i < locks;
             INSERT INTO session (id, agent_id, bound_at, ended_at)
                 SELECT 'session-of-alice-' || number.i, me, now, now FROM number, plan WHERE number.i < agents;",
        )
        .unwrap();
    transaction.commit().unwrap();
}

fn nothing(_: &Stage) {}

fn mail(stage: &Stage) {
    for text in ["one", "two", "three"] {
        stage.bob().tells(&stage.alice().id(), text);
    }
}

fn own_task(stage: &Stage) {
    let alice = stage.alice();
    let task = alice
        .run(["task", "create", "Mine", "--file", "own.txt"])
        .id("task-");
    alice.run(["task", "claim", &task, "--lock"]).succeeds();
}

fn changed_by_bob(stage: &Stage) {
    stage.bob().before_edit("seen.txt").succeeds();
    stage.env.write("seen.txt", "by bob\n");
    stage.bob().after_edit("seen.txt").succeeds();
}

fn overtaken(stage: &Stage) {
    stage.alice().after_edit("seen.txt").succeeds();
    changed_by_bob(stage);
}

/// Puts a policy in force under which README is approved, one text file after another is written, nothing is removed.
fn ruled(stage: &Stage) {
    stage.env.write(
        "../policy.toml",
        r#"
[[rule]]
name = "watched"
effect = "deny"
reason = "only noted"
mode = "observe"
path = "free.txt"

[[rule]]
name = "no-removal"
tool = "Bash"
where.command = { regex = '^rm ' }
effect = "deny"
reason = "nothing is removed here"

[[rule]]
name = "asked"
tool = "Edit"
path = "README"
effect = "approve"

[[rule]]
name = "few"
tool = "Edit"
path = "*.txt"
effect = "limit"
count = 1
window = "1h"
"#,
    );
    let policy = stage.env.path("../policy.toml");
    let human = stage.env.human();
    human
        .run(["policy", "apply", policy.to_str().unwrap(), "--yes"])
        .succeeds();
}

fn bash(when: &str, actor: &Actor<'_>, command: &str) -> Output {
    let input = json!({"command": command, "description": "scripted"});
    let payload = json!({"tool_name": "Bash", "tool_input": input, "tool_response": {"stdout": ""},
        "error": "exit 1", "duration_ms": 90});
    actor.hook(when, &payload)
}

fn stop(actor: &Actor<'_>) -> Output {
    actor.hook("stop", &json!({"stop_hook_active": false}))
}

fn batch(actor: &Actor<'_>) -> Output {
    actor.hook("post-tool-batch", &json!({"tool_calls": []}))
}

fn start(actor: &Actor<'_>, source: &str) -> Output {
    actor.hook("session-start", &json!({"source": source}))
}

fn end(actor: &Actor<'_>, reason: &str) -> Output {
    actor.hook("session-end", &json!({"reason": reason}))
}

fn subagent(actor: &Actor<'_>, hook: &str) -> Output {
    let payload = json!({"agent_id": "sub", "agent_type": "general-purpose"});
    actor.hook(hook, &payload)
}

const fn outcome(
    name: &'static str,
    given: fn(&Stage),
    asks: fn(&Stage, &Actor<'_>) -> Output,
    answer: Answer,
) -> Outcome {
    Outcome {
        name,
        given,
        asks,
        answer,
    }
}

/// Every hook in every outcome.
pub(super) static OUTCOMES: &[Outcome] = &[
    outcome(
        "hook pre-tool-use: a command that the policy refuses",
        ruled,
        |_, alice| bash("pre-tool-use", alice, "rm own.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit that the policy counts",
        ruled,
        |_, alice| alice.before_edit("free.txt"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: an edit beyond a limit of the policy",
        |stage| {
            ruled(stage);
            stage.alice().before_edit("free.txt").is_silent();
        },
        |_, alice| alice.before_edit("own.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit that waits for an approval",
        ruled,
        |_, alice| alice.before_edit("README"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit that was approved",
        |stage| {
            ruled(stage);
            assert_eq!(stage.alice().before_edit("README").status, 2);
            stage.env.human().run(["approve", "req-"]).succeeds();
        },
        |_, alice| alice.before_edit("README"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: the first edit of a free file",
        nothing,
        |_, alice| alice.before_edit("free.txt"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: the next edit of it",
        |stage| stage.alice().before_edit("free.txt").is_silent(),
        |_, alice| alice.before_edit("free.txt"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: an edit of a locked file",
        nothing,
        |_, alice| alice.before_edit("held.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit of what a pattern locks",
        nothing,
        |_, alice| alice.before_edit("new.lock"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit of what somebody else has changed",
        changed_by_bob,
        |_, alice| alice.before_edit("seen.txt"),
        Says("was not stopped"),
    ),
    outcome(
        "hook pre-tool-use: an edit where edits refuse",
        |stage| {
            stage
                .env
                .human()
                .run(["config", "set", "guard.edits", "block"])
                .succeeds();
            stage.bob().before_edit("seen.txt").succeeds();
        },
        |_, alice| alice.before_edit("seen.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit where edits refuse and nobody else edits",
        |stage| {
            stage
                .env
                .human()
                .run(["config", "set", "guard.edits", "block"])
                .succeeds();
        },
        |_, alice| alice.before_edit("free.txt"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: an edit of what was taken by force",
        |stage| {
            stage.alice().run(["lock", "acquire", "own.txt"]).succeeds();
            stage
                .bob()
                .run(["lock", "acquire", "own.txt", "--force"])
                .succeeds();
            stage.bob().run(["lock", "release", "own.txt"]).succeeds();
        },
        |_, alice| alice.before_edit("own.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: an edit while somebody waits",
        |stage| {
            stage.alice().run(["lock", "acquire", "own.txt"]).succeeds();
            stage.bob().run(["lock", "acquire", "own.txt", "--wait", "0s"]);
            stage
                .env
                .sql()
                .execute_batch(&format!(
                    "INSERT INTO waiter (agent_id, mode, since, seen_at, uptime, boot)
                         SELECT id, 'exclusive', {now}, {now}, 1000000000, 7 FROM agent WHERE name = 'bob';
                     INSERT INTO waiter_key (ticket, namespace, tree, path)
                         SELECT max(ticket), 'path', '', 'own.txt' FROM waiter;",
                    now = 1_800_000_000_000_i64
                ))
                .unwrap();
        },
        |_, alice| alice.before_edit("free.txt"),
        Says("own.txt"),
    ),
    outcome(
        "hook pre-tool-use: a command that only looks",
        nothing,
        |_, alice| bash("pre-tool-use", alice, "ls -la dir"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: a command that writes a free file",
        nothing,
        |_, alice| bash("pre-tool-use", alice, "echo x >> free.txt"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: a command that writes a locked file",
        nothing,
        |_, alice| bash("pre-tool-use", alice, "echo x > held.txt"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: a command that removes a directory",
        nothing,
        |_, alice| bash("pre-tool-use", alice, "rm -rf dir"),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: a command that nobody can read",
        nothing,
        |_, alice| bash("pre-tool-use", alice, "./build.sh"),
        Silence,
    ),
    outcome(
        "hook pre-tool-use: git checkout of what somebody else has changed",
        changed_by_bob,
        |_, alice| bash("pre-tool-use", alice, "git checkout ."),
        Ends(2),
    ),
    outcome(
        "hook pre-tool-use: git commit of one's own",
        |stage| {
            stage.env.write("free.txt", "by alice\n");
            stage.alice().after_edit("free.txt").succeeds();
            stage.env.git(&["add", "free.txt"]);
        },
        |_, alice| bash("pre-tool-use", alice, "git commit -m x"),
        Silence,
    ),
    outcome(
        "hook pre-commit: a commit of what somebody else has changed",
        |stage| {
            changed_by_bob(stage);
            stage.env.git(&["add", "seen.txt"]);
        },
        |_, alice| alice.bash("git commit --quiet -m x"),
        Ends(1),
    ),
    outcome(
        "hook pre-commit: a commit of one's own",
        |stage| {
            stage.env.write("free.txt", "by alice\n");
            stage.alice().after_edit("free.txt").succeeds();
            stage.env.git(&["add", "free.txt"]);
        },
        |stage, alice| {
            let output = alice.bash("git commit --quiet -m x");
            stage.env.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
            output
        },
        Ends(0),
    ),
    outcome(
        "hook post-tool-use: an edit",
        nothing,
        |_, alice| alice.after_edit("free.txt"),
        Silence,
    ),
    outcome(
        "hook post-tool-use: a command that only looks",
        nothing,
        |_, alice| bash("post-tool-use", alice, "ls -la dir"),
        Silence,
    ),
    outcome(
        "hook post-tool-use: a command that wrote a locked file",
        |stage| {
            bash("pre-tool-use", &stage.alice(), "./build.sh").is_silent();
            stage.env.write("held.txt", "by a script\n");
        },
        |_, alice| bash("post-tool-use", alice, "./build.sh"),
        Says("changed while this command ran"),
    ),
    outcome(
        "hook post-tool-use-failure: a command",
        |stage| bash("pre-tool-use", &stage.alice(), "./build.sh").is_silent(),
        |_, alice| bash("post-tool-use-failure", alice, "./build.sh"),
        Silence,
    ),
    outcome(
        "hook user-prompt-submit: nothing new",
        nothing,
        |_, alice| alice.is_prompted(),
        Silence,
    ),
    outcome(
        "hook user-prompt-submit: the turn begins",
        |stage| stop(&stage.alice()).is_silent(),
        |_, alice| alice.is_prompted(),
        Silence,
    ),
    outcome(
        "hook user-prompt-submit: mail",
        mail,
        |_, alice| alice.is_prompted(),
        Says("three"),
    ),
    outcome(
        "hook user-prompt-submit: others' edits",
        overtaken,
        |_, alice| alice.is_prompted(),
        Says("others changed files"),
    ),
    outcome(
        "hook user-prompt-submit: others changed its task",
        |stage| {
            own_task(stage);
            let task = stage.alice().run(["task", "list", "--mine"]).id("task-");
            stage.bob().run(["task", "comment", &task, "look"]).succeeds();
        },
        |_, alice| alice.is_prompted(),
        Says("commented by bob"),
    ),
    outcome(
        "hook user-prompt-submit: an acknowledgement is awaited",
        |stage| {
            let alice = stage.alice().id();
            stage
                .bob()
                .run(["message", "send", "--to", &alice, "--ack", "answer"])
                .succeeds();
            stage.alice().is_prompted().succeeds();
            batch(&stage.alice()).succeeds();
            stop(&stage.alice()).succeeds();
            stop(&stage.alice()).succeeds();
        },
        |_, alice| alice.is_prompted(),
        Ends(0),
    ),
    outcome(
        "hook post-tool-batch: nothing new",
        nothing,
        |_, alice| batch(alice),
        Silence,
    ),
    outcome(
        "hook post-tool-batch: mail",
        mail,
        |_, alice| batch(alice),
        Says("three"),
    ),
    outcome(
        "hook post-tool-batch: the mail before it was seen",
        |stage| {
            mail(stage);
            batch(&stage.alice()).succeeds();
        },
        |_, alice| batch(alice),
        Silence,
    ),
    outcome("hook stop: nothing new", nothing, |_, alice| stop(alice), Silence),
    outcome("hook stop: mail", mail, |_, alice| stop(alice), Says("three")),
    outcome(
        "hook stop: a task is in progress",
        own_task,
        |_, alice| stop(alice),
        Says("own.txt"),
    ),
    outcome(
        "hook stop: again",
        nothing,
        |_, alice| alice.hook("stop", &json!({"stop_hook_active": true})),
        Silence,
    ),
    outcome(
        "hook session-start: a new session",
        nothing,
        |stage, _| {
            let newcomer = stage.recording.of(&stage.env.agent("newcomer"));
            start(&newcomer, "startup")
        },
        Says("other agents here"),
    ),
    outcome(
        "hook session-start: resumed, with mail and a task",
        |stage| {
            mail(stage);
            own_task(stage);
        },
        |_, alice| start(alice, "resume"),
        Says("three"),
    ),
    outcome(
        "hook session-start: after /clear",
        nothing,
        |stage, _| {
            let same = stage.recording.of(&stage.env.agent("cleared")).living();
            start(&same, "clear")
        },
        Says("other agents here"),
    ),
    outcome(
        "hook session-start: it takes the next task",
        nothing,
        |_, alice| start(&alice.with("AGENT_SYNC_AUTO_CLAIM", "on"), "startup"),
        Says("took the next free task"),
    ),
    outcome(
        "hook session-start: others are gone",
        |stage| {
            stage
                .env
                .sql()
                .execute_batch(
                    "UPDATE presence SET seen_at = seen_at - 9000000 WHERE agent_id IN
            (SELECT id FROM agent WHERE name IN ('peer-1', 'peer-2'))",
                )
                .unwrap();
        },
        |_, alice| start(alice, "startup"),
        Says("other agents here"),
    ),
    outcome(
        "hook subagent-start: a new subagent",
        nothing,
        |_, alice| subagent(alice, "subagent-start"),
        Says("other agents here"),
    ),
    outcome(
        "hook subagent-stop: its subagent",
        |stage| {
            subagent(&stage.alice(), "subagent-start").succeeds();
            stage.alice().subagent("sub").before_edit("free.txt").is_silent();
        },
        |_, alice| subagent(alice, "subagent-stop"),
        Silence,
    ),
    outcome(
        "hook subagent-stop: one that is unknown",
        nothing,
        |_, alice| subagent(alice, "subagent-stop"),
        Silence,
    ),
    outcome(
        "hook session-end: the person leaves",
        |stage| {
            subagent(&stage.alice(), "subagent-start").succeeds();
        },
        |_, alice| end(alice, "prompt_input_exit"),
        Silence,
    ),
    outcome(
        "hook session-end: the person leaves, and locks go with the session",
        |stage| {
            stage.alice().run(["lock", "acquire", "own.txt"]).succeeds();
        },
        |_, alice| end(&alice.with("AGENT_SYNC_AUTO_RELEASE_LOCKS", "on"), "other"),
        Silence,
    ),
    outcome(
        "hook session-end: /clear",
        nothing,
        |_, alice| end(alice, "clear"),
        Silence,
    ),
    outcome(
        "hook file-changed: nothing waits any more",
        nothing,
        |stage, alice| raised(alice, &flag(stage)),
        Silence,
    ),
    outcome(
        "hook file-changed: mail for a session that is idle",
        nothing,
        |stage, alice| {
            let flag = flag(stage);
            mail(stage);
            raised(alice, &flag)
        },
        Ends(2),
    ),
];

/// The flag of a session in a terminal, which waits for its human.
fn flag(stage: &Stage) -> PathBuf {
    let terminal = stage.alice().with("CLAUDE_CODE_ENTRYPOINT", "cli");
    start(&terminal, "compact").succeeds();
    stop(&terminal).succeeds();
    let flags = fs::read_dir(stage.env.path(".git/agent-sync/wake")).unwrap();
    flags.map(|flag| flag.unwrap().path()).next().unwrap()
}

/// The session's flag was raised.
fn raised(alice: &Actor<'_>, flag: &Path) -> Output {
    alice.hook("file-changed", &json!({"file_path": flag, "event": "change"}))
}

/// Plays every hook and says what each ran.
pub(super) fn play() -> Vec<(String, Run)> {
    let stage = Stage::new(Size::times(1));
    OUTCOMES
        .iter()
        .map(|outcome| (outcome.name.to_owned(), stage.play(outcome)))
        .collect()
}

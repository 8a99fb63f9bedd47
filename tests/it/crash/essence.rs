//! What a project holds, without what differs from run to run: ids, fences and numbers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use agent_sync::store::{Purpose, Store, Unopened};
use rusqlite::types::Value;

/// Lines that say all that matters, in an order that depends on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Essence(Vec<String>);

impl Essence {
    /// What one has and the other has not.
    pub(super) fn difference(&self, other: &Self) -> String {
        let (here, there): (BTreeSet<_>, BTreeSet<_>) = (self.0.iter().collect(), other.0.iter().collect());
        format!(
            "has {:?}, lacks {:?}",
            here.difference(&there).collect::<Vec<_>>(),
            there.difference(&here).collect::<Vec<_>>()
        )
    }
}

const QUESTIONS: [&str; 25] = [
    "SELECT 'agent', name, role, parent_id IS NOT NULL, (SELECT title FROM task WHERE id = current_task_id) FROM agent",
    "SELECT 'presence', agent_id, turn, cwd IS NOT NULL FROM presence",
    "SELECT 'session', id, agent_id, ended_at IS NOT NULL FROM session",
    "SELECT 'task', title, status, owner_id, priority, blocked_reason, completed_at FROM task",
    "SELECT 'file', t.title, f.path FROM task_file f JOIN task t ON t.id = f.task_id",
    "SELECT 'before', t.title, o.title FROM task_dependency d JOIN task t ON t.id = d.task_id
         JOIN task o ON o.id = d.depends_on_id",
    "SELECT 'lock', namespace, tree, path, agent_id, reason, mode, is_implicit, ttl, task_id IS NOT NULL FROM lock",
    "SELECT 'lost', path, agent_id, why FROM lost_lock",
    "SELECT 'waiter', agent_id, mode FROM waiter",
    "SELECT 'message', sender_id, address, body, reply_to IS NOT NULL FROM message",
    "SELECT 'recipient', r.agent_id, m.body, r.read_at IS NOT NULL, r.acked_at IS NOT NULL,
         (SELECT state FROM delivery d WHERE d.message_id = m.id AND d.agent_id = r.agent_id)
         FROM recipient r JOIN message m ON m.id = r.message_id",
    "SELECT 'decision', body, superseded_by IS NOT NULL FROM decision",
    "SELECT 'vote', question, state, winner, decision_id IS NOT NULL, is_reminded, (SELECT count(*) FROM vote_member m
         WHERE m.vote_id = v.id), (SELECT count(*) FROM vote_option o WHERE o.vote_id = v.id) FROM vote v",
    "SELECT 'ballot', v.question, b.agent_id, b.number, b.option, b.is_final, b.is_equivocation
         FROM vote_ballot b JOIN vote v ON v.id = b.vote_id",
    "SELECT 'plan', r.number, r.title, r.hash, r.author_id FROM plan_revision r",
    "SELECT 'voice', v.number, v.hash, v.agent_id, v.approves, v.reason FROM plan_voice v",
    "SELECT 'launch', l.number, l.hash, l.agent_id, (SELECT count(*) FROM task_origin o
         WHERE o.origin >= l.plan_id || '#' AND o.origin < l.plan_id || '$') FROM plan_launch l",
    "SELECT 'setting', key, value FROM setting",
    "SELECT 'topology', definition, set_by, head_id FROM topology",
    "SELECT 'touch', path, agent_id, added, removed FROM touch",
    "SELECT 'intent', path, agent_id, digest FROM append_intent",
    "SELECT 'seen', event FROM hook_seen",
    "SELECT 'swarm', stage, reason, begun_by, lasts, is_shutdown, shut_at IS NOT NULL, checkpoint, sha256 IS NOT NULL FROM swarm",
    "SELECT 'member', agent_id, answer, note FROM swarm_member",
    "SELECT 'returned', agent_id, kind, title FROM swarm_returned",
];

/// The ids of votes and plans stand in the texts that tell of them.
fn without_ids(line: &str) -> String {
    let mut plain = line.to_owned();
    for prefix in ["vote-", "plan-"] {
        let mut parts = plain.split(prefix);
        let mut without = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            without.push_str(prefix);
            without.push_str(part.get("00000000".len()..).unwrap_or_default());
        }
        plain = without;
    }
    plain
}

/// What a project holds; with `record`, also what was recorded and how often.
pub(super) fn essence(project: &Path, record: bool) -> Essence {
    let mut lines = Vec::new();
    let database = project.join(".claude/coordination/state.sqlite");
    if database.exists()
        && let Ok(sql) = rusqlite::Connection::open(&database)
    {
        let mut questions = QUESTIONS.to_vec();
        if record {
            questions.push("SELECT 'record', event, count(*) FROM activity GROUP BY event");
        }
        for question in questions {
            let Ok(mut statement) = sql.prepare(question) else {
                lines.push(format!("not readable: {question}"));
                continue;
            };
            let width = statement.column_count();
            let rows = statement.query_map([], |row| {
                let values: rusqlite::Result<Vec<Value>> = (0..width).map(|at| row.get(at)).collect();
                Ok(format!("{:?}", values?))
            });
            lines.extend(rows.unwrap().map_while(Result::ok));
        }
    }
    for file in [
        "notes.md",
        ".claude/settings.json",
        ".claude/skills/agent-sync/SKILL.md",
        "README",
    ] {
        if let Ok(bytes) = fs::read(project.join(file)) {
            lines.push(format!("{file}: {:?}", String::from_utf8_lossy(&bytes)));
        }
    }
    for entry in fs::read_dir(project.join(".git/agent-sync"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("checkpoint-") {
            lines.push(name);
        }
    }
    let mut lines: Vec<String> = lines.iter().map(|line| without_ids(line)).collect();
    lines.sort();
    Essence(lines)
}

/// What `doctor --check` would say, if anything. Where there is no store yet, nothing is broken.
pub(super) fn violations(project: &Path) -> Option<String> {
    let database = project.join(".claude/coordination/state.sqlite");
    match Store::open(&database, Purpose::Command) {
        Ok(store) => {
            let found = store.violations().unwrap();
            (!found.is_empty()).then(|| format!("{found:?}"))
        }
        Err(Unopened::Missing) => None,
        // What is damaged from the start may stay so until it is repaired.
        Err(_) if project.join(".git/damaged").exists() => None,
        Err(unopened) => Some(format!("{unopened:?}")),
    }
}

//! Each rule is broken on purpose, and found to be broken.

use super::*;

/// A store in which every rule has something to look at, and holds.
const WHOLE: &str = "
    INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1), ('b', 'b', 1);
    INSERT INTO agent (id, name, parent_id, created_at) VALUES ('a.1', 'a.1', 'a', 1);
    INSERT INTO presence (agent_id, turn, seen_at) VALUES ('a', 'active', 1);
    INSERT INTO session (id, agent_id, bound_at) VALUES ('s', 'a', 1);
    INSERT INTO task (id, title, status, owner_id, created_at, updated_at)
        VALUES ('task-1', 'x', 'in_progress', 'a', 1, 1), ('task-2', 'x', 'pending', NULL, 1, 1);
    INSERT INTO task (id, title, status, created_at, updated_at, completed_at)
        VALUES ('task-3', 'x', 'done', 1, 1, 1), ('task-4', 'x', 'cancelled', 1, 1, NULL);
    INSERT INTO task (id, title, status, created_at, updated_at, end_reason) VALUES ('task-5', 'x', 'failed', 1, 1, 'y');
    INSERT INTO task_dependency (task_id, depends_on_id, verdict)
        VALUES ('task-2', 'task-1', 'waits'), ('task-1', 'task-3', 'holds');
    UPDATE task SET waits = 1 WHERE id = 'task-2';
    INSERT INTO task_offer (task_id, from_id, to_id, offered_at) VALUES ('task-1', 'a', 'b', 1);
    UPDATE agent SET current_task_id = 'task-1' WHERE id = 'a';
    INSERT INTO lock (namespace, tree, path, agent_id, task_id, acquired_at, leased_at, ttl) VALUES
        ('path', '', 'src/..x', 'a', 'task-1', 1, 1, 1), ('path', '', 'src/..x', 'a.1', NULL, 1, 1, 1),
        ('path', '/', '/', 'a', NULL, 1, 1, 1), ('path', '', '.', 'a', NULL, 1, 1, 1),
        ('resource', '', 'a//b', 'a', NULL, 1, 1, 1);
    INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl, is_implicit)
        VALUES ('path', '', 'src/..x', 'b', 1, 1, 1, 1), ('resource', '', 'leader:x', 'a', 1, 1, 1, 0);
    INSERT INTO waiter (agent_id, mode, since, seen_at) VALUES ('b', 'shared', 1, 1);
    INSERT INTO waiter_key (ticket, namespace, tree, path) VALUES (1, 'path', '', 'x');
    INSERT INTO message (id, sender_id, address, body, created_at) VALUES ('msg-1', 'a', 'b', 'x', 1);
    INSERT INTO recipient (agent_id, message_id, created_at, directed) VALUES ('b', 'msg-1', 1, 1);
    INSERT INTO delivery (agent_id, message_id, state, state_at) VALUES ('b', 'msg-1', 'queued', 1);
    INSERT INTO decision (id, agent_id, body, created_at) VALUES ('dec-1', 'a', 'x', 1);
    INSERT INTO decision (id, agent_id, body, created_at) VALUES ('dec-2', 'a', 'x', 1);
    UPDATE decision SET superseded_by = 'dec-2' WHERE id = 'dec-1';
    INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts, state, winner, closed_at)
        VALUES ('vote-1', 'x', 'a', 'majority', 2, 1, 1, 'passed', 0, 1), ('vote-2', 'x', 'a', '1', 1, 1, 1, 'open', NULL, NULL);
    INSERT INTO vote_option VALUES ('vote-1', 0, 'yes'), ('vote-1', 1, 'no'), ('vote-2', 0, 'yes'), ('vote-2', 1, 'no');
    INSERT INTO vote_member VALUES ('vote-1', 'a', 'a'), ('vote-1', 'b', 'b'), ('vote-2', 'a', 'a');
    INSERT INTO vote_ballot (vote_id, agent_id, number, option, is_final, is_equivocation, cast_at) VALUES
        ('vote-1', 'a', 1, 1, 0, 0, 1), ('vote-1', 'a', 2, 0, 1, 0, 1), ('vote-1', 'a', 3, 1, 0, 1, 1),
        ('vote-1', 'b', 1, 0, 0, 0, 1);
    INSERT INTO plan VALUES ('plan-1', 'a', 1);
    INSERT INTO plan_revision VALUES ('plan-1', 1, 'x', printf('%064d', 1), '{}', 'a', 1),
        ('plan-1', 2, 'x', printf('%064d', 2), '{}', 'a', 1);
    INSERT INTO plan_voice VALUES ('plan-1', 2, 'b', 'b', NULL, printf('%064d', 2), 1, NULL, 1),
        ('plan-1', 2, 'a', 'a', NULL, printf('%064d', 2), 0, 'x', 1);
    INSERT INTO plan_launch VALUES ('plan-1', 2, printf('%064d', 2), 'a', 1);
    INSERT INTO task_origin VALUES ('plan-1#x', 'task-1');
    INSERT INTO activity (id, agent_id, event, body, tree, path, created_at) VALUES
        ('act-1', 'a', 'edit', 'x', '', 'f', 1),
        ('act-2', 'a', 'task.created', 'task-1', NULL, NULL, 1), ('act-3', 'a', 'task.created', 'task-2', NULL, NULL, 1),
        ('act-4', 'a', 'task.created', 'task-3 x', NULL, NULL, 1), ('act-5', 'a', 'task.created', 'task-4', NULL, NULL, 1),
        ('act-6', 'a', 'task.completed', 'task-3: well', NULL, NULL, 1),
        ('act-g', 'a', 'task.created', 'task-5', NULL, NULL, 1), ('act-h', 'a', 'task.failed', 'task-5: y', NULL, NULL, 1),
        ('act-7', 'a', 'task.cancelled', 'task-4 by force', NULL, NULL, 1),
        ('act-8', 'a', 'lock.acquired', '', '', 'src/..x', 1), ('act-9', 'a.1', 'lock.acquired', '', '', 'src/..x', 1),
        ('act-a', 'a', 'lock.acquired', '', '/', '/', 1), ('act-b', 'a', 'lock.acquired', '', '', '.', 1),
        ('act-j', 'a', 'vote.opened', 'vote-1 x', NULL, NULL, 1), ('act-k', 'a', 'vote.opened', 'vote-2 x', NULL, NULL, 1),
        ('act-l', 'a', 'vote.closed', 'vote-1: passed: yes', NULL, NULL, 1),
        ('act-m', 'a', 'plan.proposed', 'plan-1 x', NULL, NULL, 1),
        ('act-n', 'a', 'plan.launched', 'plan-1 revision 2: 1 created', NULL, NULL, 1),
        ('act-c', 'a', 'lock.acquired', '', '', 'a//b', 1), ('act-i', 'a', 'lock.acquired', '', '', 'leader:x', 1),
        ('act-d', 'a', 'message.sent', 'msg-1 to b', NULL, NULL, 1),
        ('act-e', 'a', 'decision.recorded', 'dec-1', NULL, NULL, 1), ('act-f', 'a', 'decision.recorded', 'dec-2', NULL, NULL, 1);
    INSERT INTO swarm (id, stage, begun_by, begun_at, counts_from, lasts, is_shutdown) VALUES (1, 'draining', 'a', 1, 1, 1, 1);
    INSERT INTO swarm_member (agent_id, name, told_at, answer, answered_at) VALUES ('a', 'a', 1, 'ready', 1), ('b', 'b', 1, NULL, NULL);
    INSERT INTO swarm_returned (agent_id, kind, what) VALUES ('a', 'lock', 'x');
    INSERT INTO activity (id, agent_id, event, body, created_at) VALUES ('act-s', 'a', 'swarm.draining', 'for 1 s', 1);
    INSERT INTO touch (path, tree, agent_id, change, touched_at) VALUES ('f', '', 'a', 1, 1);
    INSERT INTO append_intent VALUES ('a', '', 'f', 'x', 1, 1);
    INSERT INTO crew (plan_id, agent_id, began_at) VALUES ('plan-1', 'a', 1);
    INSERT INTO crew_session (plan_id, name, agent_id, launch, state, began_at)
        VALUES ('plan-1', 'x-1', 'a', 'l', 'running', 1), ('plan-1', 'x-2', 'b', 'm', 'starting', 1);";

/// What breaks each rule; a rule may be broken in several ways.
const BREAKS: &[(&str, &str)] = &[
    (INTEGRITY, "UPDATE lock SET ttl = -1 WHERE fence = 1"),
    (REFERENCES, "UPDATE message SET sender_id = 'nobody'"),
    (
        SCHEMA,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET name = 'lock_by_nobody' WHERE name = 'lock_by_agent'",
    ),
    ("store.id", "DELETE FROM meta WHERE key = 'store_id'"),
    (
        "agent.ancestors",
        "UPDATE agent SET parent_id = 'a.1' WHERE id = 'a'",
    ),
    (
        "agent.task",
        "UPDATE agent SET current_task_id = 'task-1' WHERE id = 'b'",
    ),
    (
        "agent.task",
        "UPDATE task SET status = 'blocked' WHERE id = 'task-1'",
    ),
    ("session.agent", "UPDATE session SET agent_id = 'nobody'"),
    ("presence.agent", "UPDATE presence SET agent_id = 'nobody'"),
    (
        "task.owner",
        "UPDATE task SET owner_id = NULL WHERE id = 'task-1'",
    ),
    (
        "task.pending",
        "UPDATE task SET owner_id = 'b' WHERE id = 'task-2'",
    ),
    (
        "task.completed",
        "UPDATE task SET completed_at = 1 WHERE id = 'task-1'",
    ),
    (
        "task.order",
        "INSERT INTO task_dependency (task_id, depends_on_id) VALUES ('task-3', 'task-2')",
    ),
    ("task.locks", "UPDATE lock SET task_id = 'task-3' WHERE fence = 1"),
    ("task.recorded", "DELETE FROM activity WHERE id = 'act-2'"),
    ("task.end_recorded", "DELETE FROM activity WHERE id = 'act-6'"),
    ("task.end_recorded", "DELETE FROM activity WHERE id = 'act-7'"),
    ("task.end_recorded", "DELETE FROM activity WHERE id = 'act-h'"),
    ("task.waits", "UPDATE task SET waits = 0 WHERE id = 'task-2'"),
    (
        "task.verdict",
        "UPDATE task_dependency SET verdict = 'holds' WHERE task_id = 'task-2'; UPDATE task SET waits = 0",
    ),
    (
        "task.verdict",
        "UPDATE task_dependency SET verdict = 'waits'; UPDATE task SET waits = 1 WHERE id = 'task-1'",
    ),
    ("task.offer", "UPDATE task_offer SET from_id = 'b'"),
    (
        "search.document",
        "DELETE FROM search_document WHERE id = 'msg-1'",
    ),
    (
        "search.document",
        "INSERT INTO search_document (kind, id) VALUES ('task', 'nothing')",
    ),
    ("lock.key", "UPDATE lock SET path = 'a//b' WHERE fence = 1"),
    ("lock.key", "UPDATE lock SET path = './a' WHERE fence = 1"),
    ("lock.key", "UPDATE lock SET path = 'a/..' WHERE fence = 1"),
    ("lock.key", "UPDATE lock SET path = 'a/' WHERE fence = 1"),
    ("lock.key", "UPDATE lock SET path = '/a' WHERE fence = 1"),
    ("lock.key", "UPDATE lock SET tree = '/' WHERE fence = 1"),
    (
        "lock.key",
        "UPDATE lock SET tree = 'x' WHERE namespace = 'resource'",
    ),
    (
        "lock.exclusive",
        "UPDATE lock SET agent_id = 'b', is_implicit = 0 WHERE fence = 6",
    ),
    ("lock.fence", "UPDATE lock SET fence = 99 WHERE fence = 1"),
    (
        "leader.single",
        "INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl)
         VALUES ('resource', '', 'leader:x', 'a.1', 1, 1, 1)",
    ),
    (
        "leader.single",
        "UPDATE lock SET mode = 'shared' WHERE path = 'leader:x'",
    ),
    (
        "lock.fence",
        "INSERT INTO lost_lock VALUES (99, 'a', 'path', '', 'x', 'expired', NULL, 1)",
    ),
    (
        "lock.lost",
        "INSERT INTO lost_lock VALUES (1, 'a', 'path', '', 'x', 'expired', NULL, 1)",
    ),
    ("lock.recorded", "DELETE FROM activity WHERE id = 'act-8'"),
    ("waiter.keys", "DELETE FROM waiter_key"),
    ("waiter.ticket", "DELETE FROM waiter"),
    (
        "waiter.sequence",
        "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'waiter'",
    ),
    ("message.recorded", "DELETE FROM activity WHERE id = 'act-d'"),
    ("recipient.message", "DELETE FROM message"),
    ("delivery.recipient", "DELETE FROM recipient"),
    (
        "decision.chain",
        "UPDATE decision SET superseded_by = 'dec-1' WHERE id = 'dec-2'",
    ),
    ("decision.recorded", "DELETE FROM activity WHERE id = 'act-e'"),
    ("vote.whole", "DELETE FROM vote_option WHERE number = 1"),
    ("vote.whole", "UPDATE vote SET needed = 3 WHERE id = 'vote-1'"),
    ("vote.winner", "DELETE FROM vote_ballot WHERE agent_id = 'b'"),
    ("vote.winner", "UPDATE vote SET winner = 1 WHERE id = 'vote-1'"),
    (
        "vote.lock_in",
        "UPDATE vote_ballot SET is_equivocation = 0 WHERE number = 3",
    ),
    ("vote.recorded", "DELETE FROM activity WHERE id = 'act-k'"),
    ("vote.recorded", "DELETE FROM activity WHERE id = 'act-l'"),
    ("swarm.answers", "UPDATE swarm SET stage = 'ending', shut_at = 1"),
    ("swarm.answers", "DELETE FROM swarm"),
    (
        "swarm.desk",
        "UPDATE swarm SET stage = 'ending', shut_at = 1; DELETE FROM lock",
    ),
    (
        "swarm.desk",
        "UPDATE swarm SET stage = 'ending', shut_at = 1; UPDATE task SET status = 'pending', owner_id = NULL",
    ),
    (
        "swarm.recorded",
        "DELETE FROM activity WHERE event = 'swarm.draining'",
    ),
    ("plan.revisions", "DELETE FROM plan_revision WHERE number = 1"),
    ("plan.hash", "UPDATE plan_voice SET hash = printf('%064d', 1)"),
    ("plan.hash", "UPDATE plan_launch SET hash = printf('%064d', 1)"),
    ("plan.own", "UPDATE plan_voice SET approves = 1"),
    ("plan.tasks", "DELETE FROM task_origin"),
    ("plan.recorded", "DELETE FROM activity WHERE id = 'act-m'"),
    ("plan.recorded", "DELETE FROM activity WHERE id = 'act-n'"),
    ("touch.recorded", "UPDATE touch SET change = 2"),
    ("touch.recorded", "UPDATE touch SET change = 99"),
    (
        "activity.sequence",
        "UPDATE activity SET seq = 99 WHERE id = 'act-m'",
    ),
    ("append.agent", "UPDATE append_intent SET agent_id = 'nobody'"),
    ("crew.ended", "UPDATE crew SET state = 'ended', ended_at = 1"),
    ("crew.agent", "UPDATE crew_session SET agent_id = 'a'"),
];

fn whole() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    schema::build(&connection, "0123456789abcdef", 1).unwrap();
    connection.execute_batch(WHOLE).unwrap();
    connection
}

fn broken(connection: &Connection) -> Vec<&'static str> {
    let found = violations(connection).unwrap();
    found.iter().map(|violation| violation.rule).collect()
}

#[test]
fn in_a_whole_store_every_rule_holds() {
    assert_eq!(broken(&whole()), [""; 0]);
}

#[test]
fn whatever_breaks_a_rule_is_found() {
    for (rule, sql) in BREAKS {
        let connection = whole();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            .unwrap();
        connection
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection
            .execute_batch("PRAGMA ignore_check_constraints = OFF")
            .unwrap();
        let found = broken(&connection);
        assert!(
            found.contains(rule),
            "{sql} breaks {rule}, and only {found:?} was found"
        );
    }
}

#[test]
fn every_rule_is_broken_by_a_test() {
    let names = [INTEGRITY, REFERENCES, SCHEMA]
        .into_iter()
        .chain(RULES.iter().map(|rule| rule.name));
    let (mut count, mut untested) = (0, Vec::new());
    for name in names {
        count += 1;
        if !BREAKS.iter().any(|(rule, _)| *rule == name) {
            untested.push(name);
        }
    }
    assert_eq!((count, untested), (rule_count(), vec![]));
}

#[test]
fn rows_are_counted_and_the_first_are_named() {
    let connection = whole();
    connection
        .execute_batch("UPDATE lock SET path = 'a//' || fence WHERE namespace = 'path'; DELETE FROM activity WHERE event = 'edit'")
        .unwrap();
    let found = violations(&connection).unwrap();
    let keys = found
        .iter()
        .find(|violation| violation.rule == "lock.key")
        .unwrap();
    assert_eq!((keys.count, keys.rows.len()), (5, NAMED));
    let touches = found.last().unwrap();
    assert_eq!(
        (touches.rule, touches.count, touches.rows.as_slice()),
        ("touch.recorded", 1, &["f by a".to_owned()][..])
    );
}

#[test]
fn rows_of_before_an_upgrade_need_no_record() {
    let connection = whole();
    connection
        .execute_batch(
            "DELETE FROM activity WHERE event <> 'edit';
             INSERT INTO activity (id, event, body, created_at) VALUES ('act-u', 'store.upgraded', 'x', 1)",
        )
        .unwrap();
    assert_eq!(broken(&connection), [""; 0]);
}

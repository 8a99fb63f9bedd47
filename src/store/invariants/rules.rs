//! The promises about rows, each as a name, a sentence and the SQL that finds what breaks it.

/// A promise, and how to find what breaks it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Its name, which never changes: the table and a word.
    pub(super) name: &'static str,
    /// What is so where it is broken.
    pub(super) broken: &'static str,
    /// Selects one text for each row that breaks it.
    pub(super) rows: &'static str,
}

/// Every rule that is a question about rows.
pub(super) static RULES: [Rule; 52] = [
    Rule {
        name: "store.id",
        broken: "the store has no id of its own",
        rows: "SELECT 'store_id' WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'store_id' AND value <> '')",
    },
    Rule {
        name: "agent.ancestors",
        broken: "an agent is its own ancestor",
        rows: "WITH RECURSIVE above (start, id) AS (
                   SELECT id, parent_id FROM agent WHERE parent_id IS NOT NULL
                   UNION SELECT above.start, a.parent_id FROM above JOIN agent a ON a.id = above.id
                       WHERE a.parent_id IS NOT NULL)
               SELECT start FROM above WHERE start = id",
    },
    Rule {
        name: "agent.task",
        broken: "an agent works on a task that it does not own or that is not in progress",
        rows: "SELECT a.id FROM agent a JOIN task t ON t.id = a.current_task_id
               WHERE t.owner_id IS NOT a.id OR t.status <> 'in_progress'",
    },
    Rule {
        name: "session.agent",
        broken: "a session is bound to an agent that is not there",
        rows: "SELECT id FROM session WHERE agent_id NOT IN (SELECT id FROM agent)",
    },
    Rule {
        name: "presence.agent",
        broken: "somebody was seen who is no agent",
        rows: "SELECT agent_id FROM presence WHERE agent_id NOT IN (SELECT id FROM agent)",
    },
    Rule {
        name: "task.owner",
        broken: "a task in progress has no owner",
        rows: "SELECT id FROM task WHERE status = 'in_progress' AND owner_id IS NULL",
    },
    Rule {
        name: "task.pending",
        broken: "a task that waits for somebody to take it has an owner",
        rows: "SELECT id FROM task WHERE status = 'pending' AND owner_id IS NOT NULL",
    },
    Rule {
        name: "task.completed",
        broken: "a task that is not over has a time at which it was completed",
        rows: "SELECT id FROM task WHERE status IN ('pending', 'in_progress', 'blocked') AND completed_at IS NOT NULL",
    },
    Rule {
        name: "task.order",
        broken: "a task waits for itself, directly or by way of others",
        rows: "WITH RECURSIVE before (start, id) AS (
                   SELECT task_id, depends_on_id FROM task_dependency
                   UNION SELECT b.start, d.depends_on_id FROM before b JOIN task_dependency d ON d.task_id = b.id)
               SELECT start FROM before WHERE start = id",
    },
    Rule {
        name: "task.locks",
        broken: "a task that is over still holds a lock",
        rows: "SELECT t.id || ' (fence ' || l.fence || ')' FROM lock l JOIN task t ON t.id = l.task_id
               WHERE t.status IN ('done', 'failed', 'cancelled') AND l.is_implicit = 0",
    },
    Rule {
        name: "task.recorded",
        broken: "there is no record of a task's creation",
        rows: "SELECT id FROM task WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND id NOT IN (SELECT substr(body, 1, instr(body || ' ', ' ') - 1) FROM activity
                   WHERE event = 'task.created')",
    },
    Rule {
        name: "task.end_recorded",
        broken: "there is no record of how a task came to an end",
        rows: "SELECT id FROM task WHERE status IN ('done', 'failed', 'cancelled')
               AND NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND id NOT IN (SELECT rtrim(substr(body, 1, instr(body || ' ', ' ') - 1), ':') FROM activity
                   WHERE event IN ('task.completed', 'task.failed', 'task.cancelled'))",
    },
    Rule {
        name: "task.waits",
        broken: "a task does not know how much it waits for",
        rows: "SELECT id FROM task t WHERE waits <> (SELECT count(*) FROM task_dependency d
                   WHERE d.task_id = t.id AND d.verdict <> 'holds')",
    },
    Rule {
        name: "task.verdict",
        broken: "a dependency is not judged by how the other task stands",
        rows: "SELECT d.task_id || ' on ' || d.depends_on_id FROM task_dependency d
                   JOIN task f ON f.id = d.depends_on_id
               WHERE (d.verdict = 'waits') <> (f.status IN ('pending', 'in_progress', 'blocked'))",
    },
    Rule {
        name: "task.offer",
        broken: "a task is offered by somebody who does not own it",
        rows: "SELECT o.task_id FROM task_offer o JOIN task t ON t.id = o.task_id WHERE t.owner_id IS NOT o.from_id",
    },
    Rule {
        name: "lock.key",
        broken: "a lock is on a path that is not written the one way",
        rows: "SELECT 'fence ' || fence FROM (SELECT fence, namespace, tree, path,
                   CASE WHEN path LIKE '/%' THEN path ELSE '/' || path END || '/' AS whole FROM lock)
               WHERE CASE namespace WHEN 'resource' THEN tree <> ''
                   ELSE path NOT IN ('/', '.') AND (instr(whole, '//') > 0 OR instr(whole, '/../') > 0
                       OR instr(whole, '/./') > 0) OR (tree = '/') <> (path LIKE '/%') END",
    },
    Rule {
        name: "lock.exclusive",
        broken: "two agents hold one thing that one of them locked for itself",
        rows: "SELECT 'fences ' || one.fence || ' and ' || other.fence FROM lock one
               JOIN lock other ON other.namespace = one.namespace AND other.tree = one.tree AND other.path = one.path
                   AND other.fence > one.fence
               JOIN agent a ON a.id = one.agent_id JOIN agent b ON b.id = other.agent_id
               WHERE one.is_implicit = 0 AND other.is_implicit = 0 AND 'exclusive' IN (one.mode, other.mode)
                   AND a.id <> b.id AND a.parent_id IS NOT b.id AND b.parent_id IS NOT a.id",
    },
    Rule {
        name: "leader.single",
        broken: "two lead in one role, or share it",
        rows: "SELECT substr(path, 8) FROM lock WHERE namespace = 'resource' AND path GLOB 'leader:*' AND is_implicit = 0
               GROUP BY path HAVING count(*) > 1 OR max(mode) <> 'exclusive'",
    },
    Rule {
        name: "lock.fence",
        broken: "a fence is above the highest one that was ever given out",
        rows: "SELECT 'fence ' || fence FROM (SELECT fence FROM lock UNION SELECT fence FROM lost_lock)
               WHERE fence > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'lock'), 0)",
    },
    Rule {
        name: "lock.lost",
        broken: "a lease is held and counts as lost",
        rows: "SELECT 'fence ' || fence FROM lost_lock WHERE fence IN (SELECT fence FROM lock)",
    },
    Rule {
        name: "lock.recorded",
        broken: "there is no record of how a lock was taken",
        rows: "SELECT 'fence ' || fence FROM lock l WHERE is_implicit = 0
               AND NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND (l.agent_id, l.tree, l.path) NOT IN (SELECT agent_id, tree, path FROM activity
                   WHERE event = 'lock.acquired' AND agent_id IS NOT NULL AND tree IS NOT NULL AND path IS NOT NULL)",
    },
    Rule {
        name: "waiter.keys",
        broken: "somebody waits for nothing",
        rows: "SELECT 'ticket ' || ticket FROM waiter WHERE ticket NOT IN (SELECT ticket FROM waiter_key)",
    },
    Rule {
        name: "waiter.ticket",
        broken: "something is waited for by nobody",
        rows: "SELECT 'ticket ' || ticket FROM waiter_key WHERE ticket NOT IN (SELECT ticket FROM waiter)",
    },
    Rule {
        name: "waiter.sequence",
        broken: "a ticket is above the highest one that was ever given out",
        rows: "SELECT 'ticket ' || ticket FROM waiter
               WHERE ticket > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'waiter'), 0)",
    },
    Rule {
        name: "message.recorded",
        broken: "there is no record of a message's sending",
        rows: "SELECT id FROM message WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND id NOT IN (SELECT rtrim(substr(body, 1, instr(body || ' ', ' ') - 1), ':') FROM activity
                   WHERE event IN ('message.sent', 'message.notice'))",
    },
    Rule {
        name: "recipient.message",
        broken: "somebody is to get a message that is not there",
        rows: "SELECT message_id || ' to ' || agent_id FROM recipient WHERE message_id NOT IN (SELECT id FROM message)",
    },
    Rule {
        name: "delivery.recipient",
        broken: "a message is being delivered to somebody it was not sent to",
        rows: "SELECT d.message_id || ' to ' || d.agent_id FROM delivery d WHERE NOT EXISTS
                   (SELECT 1 FROM recipient r WHERE r.message_id = d.message_id AND r.agent_id = d.agent_id)",
    },
    Rule {
        name: "decision.chain",
        broken: "a decision supersedes itself, directly or by way of others",
        rows: "WITH RECURSIVE later (start, id) AS (
                   SELECT id, superseded_by FROM decision WHERE superseded_by IS NOT NULL
                   UNION SELECT l.start, d.superseded_by FROM later l JOIN decision d ON d.id = l.id
                       WHERE d.superseded_by IS NOT NULL)
               SELECT start FROM later WHERE start = id",
    },
    Rule {
        name: "decision.recorded",
        broken: "there is no record of a decision",
        rows: "SELECT id FROM decision WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND id NOT IN (SELECT substr(body, 1, instr(body || ' ', ' ') - 1) FROM activity
                   WHERE event = 'decision.recorded')",
    },
    Rule {
        name: "vote.whole",
        broken: "a vote has fewer than two options, or fewer members than have to agree",
        rows: "SELECT id FROM vote v WHERE (SELECT count(*) FROM vote_option o WHERE o.vote_id = v.id) < 2
               OR (SELECT count(*) FROM vote_member m WHERE m.vote_id = v.id) < v.needed",
    },
    Rule {
        name: "vote.winner",
        broken: "a vote was won with fewer ballots than are needed, or no more than another option has",
        rows: "WITH counted AS (
                   SELECT b.vote_id, b.option, count(*) AS ballots FROM vote_ballot b
                   WHERE b.number = (SELECT max(l.number) FROM vote_ballot l WHERE l.vote_id = b.vote_id
                       AND l.agent_id = b.agent_id AND l.is_equivocation = 0)
                   GROUP BY b.vote_id, b.option)
               SELECT v.id FROM vote v LEFT JOIN counted w ON w.vote_id = v.id AND w.option = v.winner
               WHERE v.winner IS NOT NULL AND (coalesce(w.ballots, 0) < v.needed OR EXISTS
                   (SELECT 1 FROM counted c WHERE c.vote_id = v.id AND c.option <> v.winner AND c.ballots >= w.ballots))",
    },
    Rule {
        name: "vote.lock_in",
        broken: "a ballot counts although its member had locked in another one",
        rows: "SELECT b.vote_id || ' of ' || b.agent_id FROM vote_ballot b JOIN vote_ballot f
                   ON f.vote_id = b.vote_id AND f.agent_id = b.agent_id AND f.number < b.number
               WHERE f.is_final = 1 AND f.is_equivocation = 0 AND b.is_equivocation = 0",
    },
    Rule {
        name: "policy.recorded",
        broken: "there is no record of the policy in force being applied",
        rows: "SELECT hash FROM policy WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND NOT EXISTS (SELECT 1 FROM activity WHERE event GLOB 'policy.*' AND event = 'policy.applied'
                   AND substr(body, 1, length(hash)) = hash)",
    },
    Rule {
        name: "request.recorded",
        broken: "there is no record of a request, or of its answer",
        rows: "SELECT r.id FROM policy_request r WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND (NOT EXISTS (SELECT 1 FROM activity WHERE event GLOB 'policy.*' AND event = 'policy.requested'
                       AND instr(body, r.rule || ': ' || r.id) = 1)
                   OR r.answered_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM activity WHERE event GLOB 'policy.*'
                       AND event IN ('policy.approved', 'policy.rejected') AND instr(body, r.rule || ': ' || r.id) = 1))",
    },
    Rule {
        name: "request.uses",
        broken: "an approved call passed more often than is on record",
        rows: "SELECT r.id FROM policy_request r WHERE r.answered_by IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND r.used > (SELECT count(*) FROM activity WHERE event GLOB 'policy.*' AND event = 'policy.passed'
                   AND instr(body, r.rule || ': ' || r.id) = 1)",
    },
    Rule {
        name: "vote.recorded",
        broken: "there is no record of a vote's beginning or end",
        rows: "SELECT id FROM vote WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND (id NOT IN (SELECT substr(body, 1, instr(body || ' ', ' ') - 1) FROM activity WHERE event = 'vote.opened')
                   OR state <> 'open' AND id NOT IN (SELECT rtrim(substr(body, 1, instr(body || ' ', ' ') - 1), ':')
                       FROM activity WHERE event = 'vote.closed'))",
    },
    Rule {
        name: "swarm.answers",
        broken: "a store was closed before somebody who was asked had answered or had no time left",
        rows: "SELECT agent_id FROM swarm_member WHERE answer IS NULL
               AND NOT EXISTS (SELECT 1 FROM swarm WHERE stage = 'draining')",
    },
    Rule {
        name: "swarm.desk",
        broken: "in a closed store somebody holds something",
        rows: "SELECT agent_id || ' ' || path FROM lock WHERE EXISTS (SELECT 1 FROM swarm WHERE stage <> 'draining')
               UNION ALL SELECT owner_id || ' ' || id FROM task WHERE status IN ('in_progress', 'blocked')
                   AND owner_id IS NOT NULL AND EXISTS (SELECT 1 FROM swarm WHERE stage <> 'draining')",
    },
    Rule {
        name: "swarm.recorded",
        broken: "there is no record of the beginning of an end",
        rows: "SELECT stage FROM swarm WHERE NOT EXISTS (SELECT 1 FROM activity
                   WHERE event IN ('swarm.draining', 'store.upgraded', 'store.repaired', 'store.cleared'))",
    },
    Rule {
        name: "plan.revisions",
        broken: "the revisions of a plan are not numbered from 1 on",
        rows: "SELECT p.id FROM plan p LEFT JOIN plan_revision r ON r.plan_id = p.id
               GROUP BY p.id HAVING count(r.number) = 0 OR max(r.number) <> count(r.number)",
    },
    Rule {
        name: "plan.hash",
        broken: "somebody agreed to, or launched, another content than a revision has",
        rows: "SELECT v.plan_id || ' by ' || v.speaker FROM plan_voice v
                   JOIN plan_revision r ON r.plan_id = v.plan_id AND r.number = v.number WHERE v.hash <> r.hash
               UNION ALL SELECT l.plan_id FROM plan_launch l
                   JOIN plan_revision r ON r.plan_id = l.plan_id AND r.number = l.number WHERE l.hash <> r.hash",
    },
    Rule {
        name: "plan.own",
        broken: "somebody approved a plan that they wrote",
        rows: "SELECT v.plan_id || ' by ' || v.agent_id FROM plan_voice v
                   JOIN plan_revision r ON r.plan_id = v.plan_id AND r.number <= v.number AND r.author_id = v.agent_id
               WHERE v.approves = 1 AND v.agent_id <> 'operator'",
    },
    Rule {
        name: "plan.tasks",
        broken: "a plan was launched and has no task",
        rows: "SELECT plan_id FROM plan_launch l WHERE NOT EXISTS (SELECT 1 FROM task_origin o
                   WHERE o.origin >= l.plan_id || '#' AND o.origin < l.plan_id || '$')",
    },
    Rule {
        name: "plan.recorded",
        broken: "there is no record of a plan's proposal or launch",
        rows: "SELECT id FROM plan WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND (id NOT IN (SELECT substr(body, 1, instr(body || ' ', ' ') - 1) FROM activity WHERE event = 'plan.proposed')
                   OR id IN (SELECT plan_id FROM plan_launch) AND id NOT IN (SELECT substr(body, 1, instr(body || ' ', ' ') - 1)
                       FROM activity WHERE event = 'plan.launched'))",
    },
    Rule {
        name: "search.document",
        broken: "something cannot be found by its words, or is found and not there",
        rows: "SELECT kind || ' ' || id FROM (
                   SELECT 'message' AS kind, id FROM message UNION ALL SELECT 'decision', id FROM decision
                   UNION ALL SELECT 'task', id FROM task) AS there
               WHERE (kind, id) NOT IN (SELECT kind, id FROM search_document)
               UNION ALL SELECT kind || ' ' || id FROM search_document
               WHERE id NOT IN (SELECT id FROM message UNION ALL SELECT id FROM decision UNION ALL SELECT id FROM task)",
    },
    Rule {
        name: "touch.recorded",
        broken: "a file counts as changed without a record of the change",
        rows: "SELECT t.path || ' by ' || t.agent_id FROM touch t LEFT JOIN activity a ON a.seq = t.change
               WHERE (a.agent_id IS NOT t.agent_id OR a.path IS NOT t.path)
               AND NOT (a.seq IS NULL AND EXISTS (SELECT 1 FROM activity WHERE event = 'store.cleared'))",
    },
    Rule {
        name: "activity.sequence",
        broken: "a record is above the highest number that was ever given out",
        rows: "SELECT id FROM activity
               WHERE seq > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'activity'), 0)",
    },
    Rule {
        name: "topology.head",
        broken: "the head of the topology is gone, somebody's subagent, or the human",
        rows: "SELECT t.head_id FROM topology t JOIN agent a ON a.id = t.head_id LEFT JOIN presence p ON p.agent_id = t.head_id
               WHERE p.turn = 'ended' OR a.parent_id IS NOT NULL OR t.head_id IN (SELECT agent_id FROM human_shell)",
    },
    Rule {
        name: "topology.recorded",
        broken: "there is no record of how the topology was set",
        rows: "SELECT 'set by ' || set_by FROM topology
               WHERE NOT EXISTS (SELECT 1 FROM activity WHERE event IN ('store.upgraded', 'store.repaired', 'store.cleared'))
               AND definition NOT IN (SELECT body FROM activity WHERE event = 'topology.set')",
    },
    Rule {
        name: "append.agent",
        broken: "an append was begun by somebody who is no agent",
        rows: "SELECT path FROM append_intent WHERE agent_id NOT IN (SELECT id FROM agent)",
    },
    Rule {
        name: "crew.ended",
        broken: "a session may still run although nobody looks after its plan's",
        rows: "SELECT s.plan_id || ' ' || s.name FROM crew_session s JOIN crew c ON c.plan_id = s.plan_id
               WHERE c.state = 'ended' AND s.state IN ('starting', 'running', 'waiting')",
    },
    Rule {
        name: "crew.agent",
        broken: "two sessions are one agent",
        rows: "SELECT agent_id FROM crew_session GROUP BY agent_id HAVING count(*) > 1",
    },
];

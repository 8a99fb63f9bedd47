-- Fills a new store from the sizes in temp.plan (agents, tasks, locks, messages, activity, broadcast_every, now, me).
-- A week of work: times are spread evenly over it, the last row of each table is the newest. What is older was
-- cleared, as `gc` does and records it.

CREATE TEMP TABLE number (i INTEGER PRIMARY KEY);
INSERT INTO number
    WITH RECURSIVE counted (i) AS (
        SELECT 0 UNION ALL SELECT i + 1 FROM counted
        WHERE i + 1 < (SELECT max(agents, tasks, locks, messages, activity) FROM plan))
    SELECT i FROM counted;

INSERT INTO agent (id, name, role, created_at)
    SELECT iif(i = 0, me, printf('agent-%012x', i)), iif(i = 0, 'me', 'peer-' || i), iif(i % 3 = 0, 'api', NULL), now - 604800000
    FROM number, plan WHERE i < agents;
-- Who everybody is; the first is the one whose hooks are measured.
CREATE TEMP TABLE crew (i INTEGER PRIMARY KEY, id TEXT);
INSERT INTO crew SELECT iif(id = me, 0, CAST(substr(name, 6) AS INTEGER)), id FROM agent, plan;

INSERT INTO presence (agent_id, turn, seen_at, cwd)
    SELECT id, iif(i % 2 = 0, 'active', 'idle'), now, NULL FROM crew, plan;
INSERT INTO session (id, agent_id, bound_at)
    SELECT 'session-of-peer-' || i, id, now FROM crew, plan WHERE i > 0;

-- Six of ten are done, one is in progress, two are to be done, one is blocked; some wait for an earlier one.
INSERT INTO task (id, title, description, status, owner_id, priority, blocked_reason, created_by, created_at, updated_at, completed_at, attempts, claimed_at)
    SELECT printf('task-%08x', i), 'Part ' || i || ' of the work',
        'What is to be done in part ' || i || ', in a sentence of an ordinary length with its reasons.',
        CASE WHEN i * 7 % 10 < 6 THEN 'done' WHEN i * 7 % 10 = 6 THEN 'in_progress' WHEN i * 7 % 10 = 9 THEN 'blocked' ELSE 'pending' END,
        iif(i * 7 % 10 < 7, (SELECT id FROM crew WHERE crew.i = 1 + number.i % (agents - 1)), NULL),
        i % 3, iif(i * 7 % 10 = 9, 'a question', NULL), (SELECT id FROM crew WHERE crew.i = number.i % agents),
        now - 604800000 + i * 600000000 / tasks, now - 604800000 + i * 600000000 / tasks,
        iif(i * 7 % 10 < 6, now - 604800000 + i * 600000000 / tasks, NULL), i * 7 % 10 < 7,
        iif(i * 7 % 10 < 7, now - 604800000 + i * 600000000 / tasks, NULL)
    FROM number, plan WHERE i < tasks;
INSERT INTO task_file (task_id, path)
    SELECT printf('task-%08x', i), 'src/part' || (i % 997) || '/mod.rs' FROM number, plan WHERE i < tasks;
INSERT INTO task_label (task_id, label)
    SELECT printf('task-%08x', i), 'area-' || (i % 7) FROM number, plan WHERE i < tasks AND i % 4 = 0;
INSERT INTO task_dependency (task_id, depends_on_id, verdict)
    SELECT t.id, f.id, iif(f.status = 'done', 'holds', 'waits')
    FROM number, plan JOIN task t ON t.id = printf('task-%08x', i) JOIN task f ON f.id = printf('task-%08x', i - 3)
    WHERE i >= 3 AND i < tasks AND i % 2 = 1;
UPDATE task SET waits = (SELECT count(*) FROM task_dependency d WHERE d.task_id = task.id AND d.verdict <> 'holds');
UPDATE task SET rank = chain.length FROM (
    WITH RECURSIVE chain (id, length) AS (
        SELECT id, 0 FROM task WHERE status IN ('pending', 'in_progress', 'blocked')
        UNION
        SELECT d.depends_on_id, chain.length + 1 FROM chain JOIN task_dependency d ON d.task_id = chain.id
            JOIN task f ON f.id = d.depends_on_id AND f.status IN ('pending', 'in_progress', 'blocked'))
    SELECT id, max(length) AS length FROM chain GROUP BY id) AS chain
WHERE chain.id = task.id;
INSERT INTO task_trail (task_id, kind, agent_id, body, created_at)
    SELECT printf('task-%08x', i), 'comment', (SELECT id FROM crew WHERE crew.i = 1), 'A remark on part ' || i, now - 3600000
    FROM number, plan WHERE i < tasks AND i % 5 = 0;
UPDATE agent SET current_task_id = (SELECT min(t.id) FROM task t WHERE t.owner_id = agent.id AND t.status = 'in_progress');

INSERT INTO lock (namespace, tree, path, agent_id, reason, acquired_at, leased_at, ttl)
    SELECT 'path', '', 'src/held' || i || '.rs', (SELECT id FROM crew WHERE crew.i = 1 + number.i % (agents - 1)),
        'part ' || i, now, now, 86400000
    FROM number, plan WHERE i < locks;

-- One of so many is for everybody; the others are for one agent each. All but the newest were read.
INSERT INTO message (id, sender_id, address, body, created_at)
    SELECT printf('msg-%08x', i), (SELECT id FROM crew WHERE crew.i = 1 + number.i % (agents - 1)),
        iif(i % broadcast_every = 0, 'all', (SELECT id FROM crew WHERE crew.i = number.i % agents)),
        'Message ' || i || ': the interface of part ' || (i % 997) || ' has changed, please look at it before you go on.',
        now - 604800000 + i * 604000000 / messages
    FROM number, plan WHERE i < messages;
INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at)
    SELECT c.id, m.id, m.created_at, m.address <> 'all', m.created_at + 1000
    FROM plan, message m JOIN crew c ON c.id = m.address OR (m.address = 'all' AND c.id <> m.sender_id);
INSERT INTO delivery (agent_id, message_id, state, state_at, offers, delivered_at)
    SELECT agent_id, message_id, 'read', read_at, 1, created_at + 500 FROM recipient;

INSERT INTO decision (id, agent_id, body, created_at)
    SELECT printf('dec-%08x', i), (SELECT id FROM crew WHERE crew.i = 1), 'Decision ' || i || ' on how things are done', now - 86400000 + i
    FROM number, plan WHERE i < tasks / 50;

INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
    SELECT printf('act-%08x', i), CASE WHEN i > 0 THEN (SELECT id FROM crew WHERE crew.i = 1 + number.i % (agents - 1)) END,
        CASE WHEN i = 0 THEN 'store.cleared' WHEN i % 50 = 1 THEN 'task.created' WHEN i % 5 = 2 THEN 'message.sent' ELSE 'edit' END,
        CASE WHEN i = 0 THEN 'older records' WHEN i % 50 = 1 THEN printf('task-%08x', i / 50)
            WHEN i % 5 = 2 THEN printf('msg-%08x', i / 5) ELSE 'Edit' END,
        iif(i > 0 AND i % 50 <> 1 AND i % 5 <> 2, 'Edit', NULL),
        iif(i > 0 AND i % 50 <> 1 AND i % 5 <> 2, '', NULL),
        iif(i > 0 AND i % 50 <> 1 AND i % 5 <> 2, 'src/part' || (i % 997) || '/mod.rs', NULL),
        now - 604800000 + i * 604000000 / activity
    FROM number, plan WHERE i < activity;
INSERT INTO touch (path, tree, agent_id, change, touched_at, added, removed)
    SELECT path, tree, agent_id, max(seq), created_at, 3, 1 FROM activity WHERE event = 'edit' GROUP BY path, tree, agent_id;

INSERT OR REPLACE INTO hook_seen (event, seen_at) SELECT event, now FROM event, plan;
INSERT INTO setting (key, value) VALUES ('messages.rate', '1000');

-- Fills an empty database of claude-agent-sync 0.4.0 with what a store of ours (`ours`) holds.
INSERT INTO agents (id, name, role, cwd, status, current_task_id, created_at, last_seen)
    SELECT a.id, a.name, a.role, NULL, 'active', a.current_task_id, f.text, n.text
    FROM ours.agent a, moment m
    JOIN instant f ON f.ms = a.created_at JOIN instant n ON n.ms = m.now;
INSERT INTO tasks (id, title, description, status, owner_agent_id, priority, created_at, updated_at, completed_at)
    SELECT t.id, t.title, t.description, t.status, t.owner_id, t.priority, c.text, u.text, iif(t.completed_at IS NULL, NULL, u.text)
    FROM ours.task t JOIN instant c ON c.ms = t.created_at JOIN instant u ON u.ms = t.updated_at;
INSERT INTO task_files SELECT task_id, path FROM ours.task_file;
INSERT INTO task_deps SELECT task_id, depends_on_id FROM ours.task_dependency;
INSERT INTO locks (file_path, owner_agent_id, reason, created_at, expires_at, kind)
    SELECT l.path, l.agent_id, l.reason, n.text, later.text, 'file' FROM ours.lock l, moment m
    JOIN instant n ON n.ms = m.now JOIN instant later ON later.ms = m.now + 86400000;
INSERT INTO messages (id, sender_agent_id, recipient, body, created_at, read_at)
    SELECT m.id, m.sender_id, m.address, m.body, c.text, c.text FROM ours.message m JOIN instant c ON c.ms = m.created_at;
INSERT INTO message_deliveries (message_id, agent_id, delivered_at)
    SELECT r.message_id, r.agent_id, c.text FROM ours.recipient r JOIN instant c ON c.ms = r.created_at;
INSERT INTO decisions (id, agent_id, body, created_at)
    SELECT d.id, d.agent_id, d.body, c.text FROM ours.decision d JOIN instant c ON c.ms = d.created_at;
INSERT INTO activity (id, agent_id, event_type, body, tool_name, file_path, created_at)
    SELECT v.id, v.agent_id, v.event, v.body, v.tool, v.path, c.text FROM ours.activity v JOIN instant c ON c.ms = v.created_at;

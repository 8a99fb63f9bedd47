-- Fills an empty database of hcom with what a store of ours (`ours`) holds: its agents, messages and record.
INSERT OR IGNORE INTO instances (name, session_id, tool, status, created_at, directory)
    SELECT replace(a.name, '-', ''), a.id, 'claude', 'active', a.created_at / 1000.0, '' FROM ours.agent a WHERE a.name <> 'me';
INSERT INTO events (timestamp, type, instance, data)
    SELECT c.text, 'message', replace(a.name, '-', ''),
        json_object('from', replace(a.name, '-', ''), 'scope', iif(m.address = 'all', 'broadcast', 'mentions'),
            'mentions', json_array('peer1'), 'delivered_to', json_array('peer1'), 'sender_kind', 'instance', 'text', m.body)
    FROM ours.message m JOIN instant c ON c.ms = m.created_at JOIN ours.agent a ON a.id = m.sender_id;
INSERT INTO events (timestamp, type, instance, data)
    SELECT c.text, 'status', replace(a.name, '-', ''), json_object('status', 'active', 'context', 'tool:Edit', 'detail', v.path)
    FROM ours.activity v JOIN instant c ON c.ms = v.created_at JOIN ours.agent a ON a.id = v.agent_id;
UPDATE instances SET last_event_id = (SELECT max(id) FROM events);

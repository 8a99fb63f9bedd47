-- Every time in a store of ours (`ours`) as the peers write it.
CREATE TEMP TABLE instant (ms INTEGER PRIMARY KEY, text TEXT);
INSERT OR IGNORE INTO instant (ms, text)
    SELECT ms, strftime('%Y-%m-%dT%H:%M:%f', ms / 1000.0, 'unixepoch') || '000+00:00' FROM (
        SELECT now AS ms FROM moment UNION SELECT now + 86400000 FROM moment UNION SELECT created_at FROM ours.agent
        UNION SELECT created_at FROM ours.task UNION SELECT updated_at FROM ours.task UNION SELECT created_at FROM ours.message
        UNION SELECT created_at FROM ours.recipient UNION SELECT created_at FROM ours.decision
        UNION SELECT created_at FROM ours.activity);

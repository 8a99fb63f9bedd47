-- Version 7: what stands in the way of an edit is found by its path alone, whatever the checkout.

CREATE INDEX lock_by_path ON lock (path);

-- Around a shell command the newest of them in one checkout are looked at.
CREATE INDEX lock_by_tree ON lock (tree) WHERE is_implicit = 0 AND namespace = 'path';

-- What has lapsed is looked for by every session that begins.
CREATE INDEX lock_by_end ON lock (boot, uptime + ttl) WHERE is_implicit = 0;

-- After /clear the agent that was in the same process is looked for.
CREATE INDEX presence_by_process ON presence (pid) WHERE pid IS NOT NULL;

-- A new decision must not make SQLite look for those that wait for it.
CREATE INDEX decision_by_successor ON decision (superseded_by) WHERE superseded_by IS NOT NULL;

-- The orderly end of a swarm. There is a row while the swarm is not open, and none otherwise.

-- uptime and boot are the moment counts_from as seen since boot; lasts is in milliseconds from then on. checkpoint is
-- the name of a directory, sha256 that of the copy in it.
CREATE TABLE swarm (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    stage       TEXT NOT NULL CHECK (stage IN ('draining', 'ending', 'checkpointing', 'closed')),
    reason      TEXT,
    begun_by    TEXT NOT NULL REFERENCES agent (id),
    begun_at    INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    uptime      INTEGER NOT NULL DEFAULT 0,
    boot        INTEGER NOT NULL DEFAULT 0,
    lasts       INTEGER NOT NULL CHECK (lasts >= 0),
    is_shutdown INTEGER NOT NULL DEFAULT 0 CHECK (is_shutdown IN (0, 1)),
    shut_at     INTEGER,
    checkpoint  TEXT,
    sha256      TEXT,
    CHECK ((stage = 'draining') = (shut_at IS NULL)),
    CHECK (stage = 'draining' OR is_shutdown = 1),
    CHECK ((stage IN ('checkpointing', 'closed')) = (checkpoint IS NOT NULL)),
    CHECK ((stage = 'closed') = (sha256 IS NOT NULL))
) STRICT;

-- Those who were asked, under the name of that day, and how they answered.
CREATE TABLE swarm_member (
    agent_id    TEXT PRIMARY KEY REFERENCES agent (id),
    name        TEXT NOT NULL,
    told_at     INTEGER NOT NULL,
    answer      TEXT CHECK (answer IN ('ready', 'deadline', 'gone', 'late')),
    answered_at INTEGER,
    note        TEXT,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX swarm_missing ON swarm_member (agent_id) WHERE answer IS NULL;

-- What each of them held before: a task by its id, a lock by the words for it.
CREATE TABLE swarm_returned (
    agent_id TEXT NOT NULL REFERENCES swarm_member (agent_id) ON DELETE CASCADE,
    kind     TEXT NOT NULL CHECK (kind IN ('task', 'lock')),
    what     TEXT NOT NULL,
    title    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (agent_id, kind, what)
) STRICT, WITHOUT ROWID;

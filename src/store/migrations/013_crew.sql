-- Version 11: the sessions that were started for a plan, and the process that looks after them.

-- One row for each plan. pid, started, boot and namespace prove the process of whoever looks after its sessions, as in
-- presence; they are all there or none is.
CREATE TABLE crew (
    plan_id   TEXT PRIMARY KEY CHECK (plan_id <> ''),
    agent_id  TEXT NOT NULL REFERENCES agent (id),
    state     TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'draining', 'ended')),
    pid       INTEGER,
    started   INTEGER,
    boot      INTEGER,
    namespace INTEGER,
    began_at  INTEGER NOT NULL,
    ended_at  INTEGER,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((pid IS NULL) = (started IS NULL) AND (pid IS NULL) = (boot IS NULL) AND (pid IS NULL) = (namespace IS NULL))
) STRICT, WITHOUT ROWID;

-- A seat and the session that has it, or had it last. launch marks all processes that descend from that start.
CREATE TABLE crew_session (
    plan_id    TEXT NOT NULL REFERENCES crew (plan_id) ON DELETE CASCADE,
    name       TEXT NOT NULL CHECK (name <> ''),
    role       TEXT,
    agent_id   TEXT NOT NULL REFERENCES agent (id),
    launch     TEXT NOT NULL UNIQUE CHECK (launch <> ''),
    state      TEXT NOT NULL CHECK (state IN ('starting', 'running', 'waiting', 'done', 'failed', 'stopped')),
    pid        INTEGER,
    started    INTEGER,
    boot       INTEGER,
    namespace  INTEGER,
    starts     INTEGER NOT NULL DEFAULT 1 CHECK (starts > 0),
    failures   INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    exit       INTEGER,
    began_at   INTEGER NOT NULL,
    ended_at   INTEGER,
    resumes_at INTEGER,
    log        TEXT NOT NULL DEFAULT '',
    worktree   TEXT NOT NULL DEFAULT '',
    window     TEXT,
    PRIMARY KEY (plan_id, name),
    CHECK ((state IN ('starting', 'running')) = (ended_at IS NULL)),
    CHECK (resumes_at IS NULL OR state = 'waiting'),
    CHECK ((pid IS NULL) = (started IS NULL) AND (pid IS NULL) = (boot IS NULL) AND (pid IS NULL) = (namespace IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX crew_session_by_agent ON crew_session (agent_id);

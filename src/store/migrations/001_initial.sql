-- Version 1. Times are INTEGER milliseconds since the Unix epoch, UTC. A pair (uptime, boot) beside a time
-- is the same moment since boot, which a jumping clock cannot move; boot 0 means unknown.

-- Facts about the store itself: store_id, created_at, upgraded_from.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What people set with `agent-sync config`.
CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
    id              TEXT PRIMARY KEY CHECK (id <> ''),
    name            TEXT NOT NULL CHECK (name <> ''),
    role            TEXT,
    parent_id       TEXT REFERENCES agent (id),
    current_task_id TEXT REFERENCES task (id),
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_by_name ON agent (name);
CREATE INDEX agent_by_parent ON agent (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX agent_by_task ON agent (current_task_id) WHERE current_task_id IS NOT NULL;

-- Of this machine: how and where an agent was last seen. pid, started, boot and namespace name its process.
CREATE TABLE presence (
    agent_id  TEXT PRIMARY KEY REFERENCES agent (id) ON DELETE CASCADE,
    turn      TEXT NOT NULL CHECK (turn IN ('active', 'idle', 'ended')),
    seen_at   INTEGER NOT NULL,
    uptime    INTEGER NOT NULL DEFAULT 0,
    boot      INTEGER NOT NULL DEFAULT 0,
    cwd       TEXT,
    pid       INTEGER,
    started   INTEGER,
    pid_boot  INTEGER,
    namespace INTEGER,
    CHECK ((pid IS NULL) = (started IS NULL) AND (pid IS NULL) = (pid_boot IS NULL)
        AND (pid IS NULL) = (namespace IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_by_turn ON presence (turn, agent_id);

-- Of this machine: which agent a client's session is. /clear gives a new session to the same agent.
CREATE TABLE session (
    id       TEXT PRIMARY KEY CHECK (id <> ''),
    agent_id TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    bound_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_agent ON session (agent_id, ended_at);

-- Of this machine: when each hook event last reached us.
CREATE TABLE hook_seen (
    event   TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id             TEXT PRIMARY KEY CHECK (id <> ''),
    title          TEXT NOT NULL,
    description    TEXT,
    status         TEXT NOT NULL CHECK (status IN ('pending', 'in_progress', 'blocked', 'done', 'cancelled')),
    owner_id       TEXT REFERENCES agent (id),
    priority       INTEGER NOT NULL DEFAULT 0,
    blocked_reason TEXT,
    created_by     TEXT REFERENCES agent (id),
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    completed_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX task_by_status ON task (status, priority DESC, created_at);
CREATE INDEX task_by_owner ON task (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX task_by_title ON task (title COLLATE NOCASE);

-- Relative to whichever checkout the task is worked on in; absolute outside the repository.
CREATE TABLE task_file (
    task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    path    TEXT NOT NULL CHECK (path <> ''),
    PRIMARY KEY (task_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_dependency (
    task_id       TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    depends_on_id TEXT NOT NULL REFERENCES task (id),
    PRIMARY KEY (task_id, depends_on_id),
    CHECK (task_id <> depends_on_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_dependency_by_target ON task_dependency (depends_on_id);

-- AUTOINCREMENT: a fence never repeats, not even after the highest one is gone.
CREATE TABLE lock (
    fence         INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace     TEXT NOT NULL CHECK (namespace IN ('path', 'resource')),
    tree          TEXT NOT NULL,
    path          TEXT NOT NULL CHECK (path <> ''),
    is_directory  INTEGER NOT NULL DEFAULT 0 CHECK (is_directory IN (0, 1)),
    inode         TEXT,
    agent_id      TEXT NOT NULL REFERENCES agent (id),
    reason        TEXT,
    task_id       TEXT REFERENCES task (id),
    acquired_at   INTEGER NOT NULL,
    leased_at     INTEGER NOT NULL,
    uptime        INTEGER NOT NULL DEFAULT 0,
    boot          INTEGER NOT NULL DEFAULT 0,
    ttl           INTEGER NOT NULL CHECK (ttl > 0),
    UNIQUE (namespace, tree, path, agent_id)
) STRICT;
CREATE INDEX lock_by_agent ON lock (agent_id);
CREATE INDEX lock_by_task ON lock (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX lock_by_inode ON lock (inode) WHERE inode IS NOT NULL;

CREATE TABLE message (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    sender_id  TEXT NOT NULL REFERENCES agent (id),
    address    TEXT NOT NULL,
    body       TEXT NOT NULL,
    reply_to   TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_sender ON message (sender_id, created_at);
CREATE INDEX message_by_reply ON message (reply_to) WHERE reply_to IS NOT NULL;

-- Whom the address meant when the message was sent. directed is 0 for a broadcast.
CREATE TABLE recipient (
    agent_id   TEXT NOT NULL REFERENCES agent (id),
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    directed   INTEGER NOT NULL CHECK (directed IN (0, 1)),
    read_at    INTEGER,
    acked_at   INTEGER,
    PRIMARY KEY (agent_id, created_at, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_by_message ON recipient (message_id, agent_id);
CREATE INDEX recipient_unread ON recipient (agent_id, created_at) WHERE read_at IS NULL;

-- Of this machine: how far each push has come. A queued row is what the next hook of the agent looks for.
CREATE TABLE delivery (
    agent_id   TEXT NOT NULL REFERENCES agent (id),
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'offered')),
    state_at   INTEGER NOT NULL,
    PRIMARY KEY (message_id, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_queue ON delivery (agent_id, state_at, message_id) WHERE state = 'queued';

CREATE TABLE decision (
    id            TEXT PRIMARY KEY CHECK (id <> ''),
    agent_id      TEXT NOT NULL REFERENCES agent (id),
    body          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    superseded_by TEXT REFERENCES decision (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by_time ON decision (created_at);

-- Append-only. Written in the transaction of the change it tells of.
CREATE TABLE activity (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    agent_id   TEXT,
    event      TEXT NOT NULL,
    body       TEXT NOT NULL,
    tool       TEXT,
    tree       TEXT,
    path       TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Rows of an older store that have no place above, as JSON, so that an upgrade loses nothing.
CREATE TABLE leftover (
    source TEXT NOT NULL,
    body   TEXT NOT NULL
) STRICT;

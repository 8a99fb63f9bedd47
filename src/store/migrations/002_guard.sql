-- Version 2: leases that are shared, patterns, waited for and lost; what was done to which file.

-- A pattern is a glob; tree '*' means every worktree. An implicit lease is taken by an edit and tells others,
-- but stops nobody unless `config guard.edits block` says so.
ALTER TABLE lock ADD COLUMN is_pattern INTEGER NOT NULL DEFAULT 0 CHECK (is_pattern IN (0, 1));
ALTER TABLE lock ADD COLUMN mode TEXT NOT NULL DEFAULT 'exclusive' CHECK (mode IN ('exclusive', 'shared'));
ALTER TABLE lock ADD COLUMN is_implicit INTEGER NOT NULL DEFAULT 0 CHECK (is_implicit IN (0, 1));
CREATE INDEX lock_patterns ON lock (tree) WHERE is_pattern = 1;

-- Leases that ended without their holder's doing, until it has been told.
CREATE TABLE lost_lock (
    fence     INTEGER PRIMARY KEY,
    agent_id  TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    namespace TEXT NOT NULL,
    tree      TEXT NOT NULL,
    path      TEXT NOT NULL,
    why       TEXT NOT NULL CHECK (why IN ('expired', 'stolen', 'holder_gone')),
    by_id     TEXT REFERENCES agent (id) ON DELETE SET NULL,
    lost_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX lost_lock_by_agent ON lost_lock (agent_id);

-- Of this machine: processes that wait for locks, in the order of their tickets. pid, started, boot and
-- namespace name the waiting process; told is 1 once the holder has heard of it.
CREATE TABLE waiter (
    ticket    INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id  TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    mode      TEXT NOT NULL CHECK (mode IN ('exclusive', 'shared')),
    since     INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,
    uptime    INTEGER NOT NULL DEFAULT 0,
    boot      INTEGER NOT NULL DEFAULT 0,
    pid       INTEGER,
    started   INTEGER,
    pid_boot  INTEGER,
    namespace INTEGER,
    told      INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))
) STRICT;
CREATE INDEX waiter_by_agent ON waiter (agent_id);

CREATE TABLE waiter_key (
    ticket     INTEGER NOT NULL REFERENCES waiter (ticket) ON DELETE CASCADE,
    namespace  TEXT NOT NULL CHECK (namespace IN ('path', 'resource')),
    tree       TEXT NOT NULL,
    path       TEXT NOT NULL,
    is_pattern INTEGER NOT NULL DEFAULT 0 CHECK (is_pattern IN (0, 1)),
    inode      TEXT,
    PRIMARY KEY (ticket, namespace, tree, path)
) STRICT, WITHOUT ROWID;

-- The last change that each agent made to a file. change is the seq of its activity row.
CREATE TABLE touch (
    path       TEXT NOT NULL,
    tree       TEXT NOT NULL,
    agent_id   TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    change     INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    added      INTEGER,
    removed    INTEGER,
    task_id    TEXT REFERENCES task (id) ON DELETE SET NULL,
    PRIMARY KEY (path, tree, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX touch_by_tree ON touch (tree, touched_at);
CREATE INDEX touch_by_agent ON touch (agent_id);
CREATE INDEX touch_by_task ON touch (task_id) WHERE task_id IS NOT NULL;

-- What an agent has been told already: subject names the matter, mark how far.
CREATE TABLE told (
    agent_id TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    subject  TEXT NOT NULL,
    mark     INTEGER NOT NULL,
    PRIMARY KEY (agent_id, subject)
) STRICT, WITHOUT ROWID;

-- Of this machine: what a locked or recently changed file looked like when it was last looked at.
CREATE TABLE file_state (
    tree     TEXT NOT NULL,
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    digest   TEXT,
    seen_at  INTEGER NOT NULL,
    PRIMARY KEY (tree, path)
) STRICT, WITHOUT ROWID;

-- An append that has begun: a retry after a crash finds out whether its text is in the file already.
CREATE TABLE append_intent (
    agent_id TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    tree     TEXT NOT NULL,
    path     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    size     INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (agent_id, tree, path)
) STRICT, WITHOUT ROWID;

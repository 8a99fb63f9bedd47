-- Version 10: plans that others agree to before their tasks come onto the board.

CREATE TABLE plan (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    proposed_by TEXT NOT NULL REFERENCES agent (id),
    proposed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_by_time ON plan (proposed_at);

-- What a plan said when, numbered from 1; rows never change. content is the plan's one form as JSON, hash the SHA-256
-- of that.
CREATE TABLE plan_revision (
    plan_id    TEXT NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL CHECK (number > 0),
    title      TEXT NOT NULL CHECK (title <> ''),
    hash       TEXT NOT NULL CHECK (length(hash) = 64),
    content    TEXT NOT NULL CHECK (content <> ''),
    author_id  TEXT NOT NULL REFERENCES agent (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (plan_id, number)
) STRICT;

-- A vote says what passing it approves.
ALTER TABLE vote ADD COLUMN approves_plan TEXT REFERENCES plan (id);
ALTER TABLE vote ADD COLUMN approves_hash TEXT;

-- The last word of each agent, or of those who voted, about one revision. speaker is the one of the two ids that is there.
CREATE TABLE plan_voice (
    plan_id  TEXT NOT NULL,
    number   INTEGER NOT NULL,
    speaker  TEXT NOT NULL,
    agent_id TEXT REFERENCES agent (id),
    vote_id  TEXT REFERENCES vote (id),
    hash     TEXT NOT NULL,
    approves INTEGER NOT NULL CHECK (approves IN (0, 1)),
    reason   TEXT,
    said_at  INTEGER NOT NULL,
    PRIMARY KEY (plan_id, number, speaker),
    FOREIGN KEY (plan_id, number) REFERENCES plan_revision (plan_id, number) ON DELETE CASCADE,
    CHECK ((agent_id IS NULL) <> (vote_id IS NULL) AND speaker = coalesce(agent_id, vote_id))
) STRICT, WITHOUT ROWID;

-- That the tasks of a revision came onto the board; task_origin says which these are, as PLAN#REFERENCE.
CREATE TABLE plan_launch (
    plan_id     TEXT NOT NULL,
    number      INTEGER NOT NULL,
    hash        TEXT NOT NULL,
    agent_id    TEXT NOT NULL REFERENCES agent (id),
    launched_at INTEGER NOT NULL,
    PRIMARY KEY (plan_id, number),
    FOREIGN KEY (plan_id, number) REFERENCES plan_revision (plan_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

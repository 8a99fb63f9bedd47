-- Version 8: votes.

-- needed is how many members have to agree, as it was when the vote was opened. uptime and boot are the moment
-- opened_at as seen since boot; lasts is in milliseconds.
CREATE TABLE vote (
    id               TEXT PRIMARY KEY CHECK (id <> ''),
    question         TEXT NOT NULL CHECK (question <> ''),
    description      TEXT,
    opened_by        TEXT NOT NULL REFERENCES agent (id),
    quorum           TEXT NOT NULL,
    needed           INTEGER NOT NULL CHECK (needed > 0),
    is_secret        INTEGER NOT NULL DEFAULT 0 CHECK (is_secret IN (0, 1)),
    records_decision INTEGER NOT NULL DEFAULT 0 CHECK (records_decision IN (0, 1)),
    opened_at        INTEGER NOT NULL,
    uptime           INTEGER NOT NULL DEFAULT 0,
    boot             INTEGER NOT NULL DEFAULT 0,
    lasts            INTEGER NOT NULL CHECK (lasts > 0),
    is_reminded      INTEGER NOT NULL DEFAULT 0 CHECK (is_reminded IN (0, 1)),
    state            TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'passed', 'rejected', 'expired')),
    winner           INTEGER,
    closed_at        INTEGER,
    decision_id      TEXT REFERENCES decision (id),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (winner IS NULL OR state IN ('passed', 'rejected')),
    CHECK (winner IS NOT NULL OR state <> 'passed')
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_open ON vote (opened_at) WHERE state = 'open';
CREATE INDEX vote_by_time ON vote (opened_at);

CREATE TABLE vote_option (
    vote_id TEXT NOT NULL REFERENCES vote (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL CHECK (number >= 0),
    label   TEXT NOT NULL CHECK (label <> ''),
    PRIMARY KEY (vote_id, number)
) STRICT, WITHOUT ROWID;

-- Who may vote, under the name of that day.
CREATE TABLE vote_member (
    vote_id  TEXT NOT NULL REFERENCES vote (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL REFERENCES agent (id),
    name     TEXT NOT NULL,
    PRIMARY KEY (vote_id, agent_id)
) STRICT, WITHOUT ROWID;

-- Every ballot of every member, numbered from 1. The last one that is no equivocation counts.
CREATE TABLE vote_ballot (
    vote_id         TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    number          INTEGER NOT NULL CHECK (number > 0),
    option          INTEGER NOT NULL,
    is_final        INTEGER NOT NULL DEFAULT 0 CHECK (is_final IN (0, 1)),
    is_equivocation INTEGER NOT NULL DEFAULT 0 CHECK (is_equivocation IN (0, 1)),
    cast_at         INTEGER NOT NULL,
    PRIMARY KEY (vote_id, agent_id, number),
    FOREIGN KEY (vote_id, agent_id) REFERENCES vote_member (vote_id, agent_id) ON DELETE CASCADE,
    FOREIGN KEY (vote_id, option) REFERENCES vote_option (vote_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_by_decision ON vote (decision_id) WHERE decision_id IS NOT NULL;

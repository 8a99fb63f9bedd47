-- Version 10: policy.

-- What is in force: one row, or none. source is the file as the human applied it, compiled is what it says.
CREATE TABLE policy (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    hash       TEXT NOT NULL CHECK (hash <> ''),
    source     TEXT NOT NULL,
    compiled   TEXT NOT NULL,
    applied_by TEXT NOT NULL REFERENCES agent (id),
    applied_at INTEGER NOT NULL
) STRICT;

-- Calls that passed under a limit, for as long as one counts. bucket names the rule and those who are counted
-- together; keep is in milliseconds.
CREATE TABLE policy_call (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL CHECK (bucket <> ''),
    wall   INTEGER NOT NULL,
    uptime INTEGER NOT NULL DEFAULT 0,
    boot   INTEGER NOT NULL DEFAULT 0,
    keep   INTEGER NOT NULL CHECK (keep > 0)
) STRICT;
CREATE INDEX policy_call_by_bucket ON policy_call (bucket);

-- Calls that wait for an approval, or have had their answer. approvers holds the roles with commas. uptime and boot
-- are the moment answered_at as seen since boot; ttl, in milliseconds, is how long the answer holds.
CREATE TABLE policy_request (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    agent_id    TEXT NOT NULL REFERENCES agent (id),
    rule        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    what        TEXT NOT NULL,
    approvers   TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'over')),
    answered_by TEXT REFERENCES agent (id),
    answered_at INTEGER,
    uptime      INTEGER NOT NULL DEFAULT 0,
    boot        INTEGER NOT NULL DEFAULT 0,
    ttl         INTEGER NOT NULL DEFAULT 0,
    uses        INTEGER NOT NULL DEFAULT 0,
    used        INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    reason      TEXT,
    CHECK ((answered_by IS NULL) = (answered_at IS NULL)),
    CHECK (answered_by IS NOT NULL OR state IN ('open', 'over')),
    CHECK (answered_by IS NULL OR state <> 'open')
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX policy_request_live ON policy_request (agent_id, rule, fingerprint) WHERE state <> 'over';
CREATE INDEX policy_request_open ON policy_request (asked_at) WHERE state = 'open';
CREATE INDEX policy_request_by_time ON policy_request (asked_at);

CREATE INDEX activity_of_policy ON activity (seq) WHERE event GLOB 'policy.*';

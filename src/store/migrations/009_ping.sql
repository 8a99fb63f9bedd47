-- Version 9: agents are asked for a sign of life. The newest question of each asker to each agent is kept.
CREATE TABLE ping (
    asked_by    TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    agent_id    TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    asked_at    INTEGER NOT NULL,
    answered_at INTEGER,
    PRIMARY KEY (asked_by, agent_id)
) STRICT, WITHOUT ROWID;

-- Every hook asks whether it has to answer: of what is answered it sees nothing.
CREATE INDEX ping_open ON ping (agent_id) WHERE answered_at IS NULL;

-- Version 10: topologies. Without a row everybody reaches everybody. The definition is JSON and speaks of names and
-- roles, not of agents: whoever comes later has a place already. The head is whoever has that place now.
CREATE TABLE topology (
    number     INTEGER PRIMARY KEY CHECK (number = 1),
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    set_by     TEXT NOT NULL REFERENCES agent (id),
    set_at     INTEGER NOT NULL,
    head_id    TEXT REFERENCES agent (id),
    head_since INTEGER,
    CHECK ((head_id IS NULL) = (head_since IS NULL))
) STRICT;

-- The ids under which the human acts in shells that belong to no session: no topology binds them.
CREATE TABLE human_shell (
    agent_id TEXT PRIMARY KEY REFERENCES agent (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Version 3: tasks that can fail, that want a role and a proof, that wait for more than success, and that are
-- handed out and over.

-- 'failed' is a new state, and a CHECK cannot be widened: the column makes room for one that allows it.
ALTER TABLE task ADD COLUMN state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'in_progress', 'blocked', 'done', 'failed', 'cancelled'));
UPDATE task SET state = status;
DROP INDEX task_by_status;
ALTER TABLE task DROP COLUMN status;
ALTER TABLE task RENAME COLUMN state TO status;

-- Why it failed or was cancelled; discarded_by is the task because of which it was cancelled by itself.
ALTER TABLE task ADD COLUMN end_reason TEXT;
ALTER TABLE task ADD COLUMN discarded_by TEXT REFERENCES task (id);
ALTER TABLE task ADD COLUMN role TEXT;
ALTER TABLE task ADD COLUMN acceptance TEXT;
ALTER TABLE task ADD COLUMN acceptance_command TEXT;
-- How often it was begun; NULL in max_attempts is the default.
ALTER TABLE task ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0);
ALTER TABLE task ADD COLUMN max_attempts INTEGER CHECK (max_attempts > 0);
-- When and in which checkout it was last claimed.
ALTER TABLE task ADD COLUMN claimed_at INTEGER;
ALTER TABLE task ADD COLUMN tree TEXT;
-- Kept right by every change, so that handing out reads one index: how many dependencies do not hold, and how
-- many open tasks are in the longest chain that waits for this one (right while it is open).
ALTER TABLE task ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits >= 0);
ALTER TABLE task ADD COLUMN rank INTEGER NOT NULL DEFAULT 0 CHECK (rank >= 0);
UPDATE task SET attempts = 1, claimed_at = updated_at WHERE status = 'in_progress';

-- What a task asks of another: kind, with the comparison of a 'when' as text. verdict says what that comes to
-- and why it never will.
CREATE TABLE dependency (
    task_id       TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    depends_on_id TEXT NOT NULL REFERENCES task (id),
    kind          TEXT NOT NULL DEFAULT 'after' CHECK (kind IN ('after', 'on_failure', 'always', 'when')),
    condition     TEXT NOT NULL DEFAULT '' CHECK ((condition = '') = (kind <> 'when')),
    verdict       TEXT NOT NULL DEFAULT 'waits' CHECK (verdict IN ('waits', 'holds', 'never')),
    why           TEXT,
    PRIMARY KEY (task_id, depends_on_id, kind, condition),
    CHECK (task_id <> depends_on_id)
) STRICT, WITHOUT ROWID;
-- A cancelled task used to hold nobody up: where one is waited for, it may end however it likes.
INSERT INTO dependency (task_id, depends_on_id, kind, verdict)
    SELECT d.task_id, d.depends_on_id, CASE f.status WHEN 'cancelled' THEN 'always' ELSE 'after' END,
        CASE WHEN f.status IN ('done', 'cancelled') THEN 'holds' ELSE 'waits' END
    FROM task_dependency d JOIN task f ON f.id = d.depends_on_id;
DROP TABLE task_dependency;
ALTER TABLE dependency RENAME TO task_dependency;
CREATE INDEX task_dependency_by_target ON task_dependency (depends_on_id, kind, condition);
UPDATE task SET waits = (SELECT count(*) FROM task_dependency d WHERE d.task_id = task.id AND d.verdict <> 'holds');
UPDATE task SET rank = chain.length FROM (
    WITH RECURSIVE chain (id, length) AS (
        SELECT id, 0 FROM task WHERE status IN ('pending', 'in_progress', 'blocked')
        UNION
        SELECT d.depends_on_id, chain.length + 1 FROM chain JOIN task_dependency d ON d.task_id = chain.id
            JOIN task f ON f.id = d.depends_on_id AND f.status IN ('pending', 'in_progress', 'blocked'))
    SELECT id, max(length) AS length FROM chain GROUP BY id) AS chain
WHERE chain.id = task.id;

-- Ready tasks in the order in which they are handed out are one stretch of this.
CREATE INDEX task_by_status ON task (status, waits, priority DESC, rank DESC, created_at, id);
CREATE INDEX task_by_discard ON task (discarded_by) WHERE discarded_by IS NOT NULL;

CREATE TABLE task_label (
    task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    label   TEXT NOT NULL CHECK (label <> ''),
    PRIMARY KEY (task_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_label_by_label ON task_label (label, task_id);

-- What came of a task, for the conditions of others and for people.
CREATE TABLE task_result (
    task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    key     TEXT NOT NULL CHECK (key <> ''),
    kind    TEXT NOT NULL CHECK (kind IN ('number', 'text', 'bool')),
    value   TEXT NOT NULL,
    PRIMARY KEY (task_id, key)
) STRICT, WITHOUT ROWID;

-- What was said of a task and shown for it. exit and took (milliseconds) are of a run of its acceptance command.
CREATE TABLE task_trail (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id    TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL CHECK (kind IN ('comment', 'note', 'evidence', 'commit', 'check')),
    agent_id   TEXT REFERENCES agent (id),
    body       TEXT NOT NULL,
    exit       INTEGER,
    took       INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_trail_by_task ON task_trail (task_id, seq);

-- A task that its owner offers to another agent; gone once it is answered or the owner is through with it.
CREATE TABLE task_offer (
    task_id    TEXT PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
    from_id    TEXT NOT NULL REFERENCES agent (id),
    to_id      TEXT NOT NULL REFERENCES agent (id),
    note       TEXT,
    offered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_offer_to ON task_offer (to_id);

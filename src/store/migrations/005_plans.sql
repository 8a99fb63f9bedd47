-- Version 5: where tasks come from and what became of them.

-- What a task was imported from, so that importing the same plan again creates nothing twice.
CREATE TABLE task_origin (
    origin  TEXT PRIMARY KEY CHECK (origin <> ''),
    task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX task_origin_by_task ON task_origin (task_id);

-- What is recorded of a task begins with its id.
CREATE INDEX activity_of_task ON activity (body) WHERE event GLOB 'task.*';

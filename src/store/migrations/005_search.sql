-- Version 5: messages, decisions and tasks are found by their words, and old messages by their time.

-- What can be found, numbered for the index of words below.
CREATE TABLE search_document (
    number INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('message', 'decision', 'task')),
    id     TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;

-- The words alone; the texts stay where they are. rowid is the document's number.
CREATE VIRTUAL TABLE search_words USING fts5 (
    title, body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- A task is found by what was written on it, too.
CREATE VIEW search_task (id, title, body) AS
    SELECT t.id, t.title, concat_ws(char(10), t.description, (
        SELECT group_concat(r.body, char(10)) FROM task_trail r
        WHERE r.task_id = t.id AND r.kind IN ('comment', 'note', 'evidence')))
    FROM task t;

-- Triggers keep the index right, so that nothing that writes has to think of it.
CREATE TRIGGER search_message_new AFTER INSERT ON message BEGIN
    INSERT INTO search_document (kind, id) VALUES ('message', NEW.id);
    INSERT INTO search_words (rowid, title, body)
        SELECT number, '', NEW.body FROM search_document WHERE kind = 'message' AND id = NEW.id;
END;
CREATE TRIGGER search_message_changed AFTER UPDATE OF body ON message BEGIN
    REPLACE INTO search_words (rowid, title, body)
        SELECT number, '', NEW.body FROM search_document WHERE kind = 'message' AND id = NEW.id;
END;
CREATE TRIGGER search_message_gone AFTER DELETE ON message BEGIN
    DELETE FROM search_words
        WHERE rowid = (SELECT number FROM search_document WHERE kind = 'message' AND id = OLD.id);
    DELETE FROM search_document WHERE kind = 'message' AND id = OLD.id;
END;

CREATE TRIGGER search_decision_new AFTER INSERT ON decision BEGIN
    INSERT INTO search_document (kind, id) VALUES ('decision', NEW.id);
    INSERT INTO search_words (rowid, title, body)
        SELECT number, '', NEW.body FROM search_document WHERE kind = 'decision' AND id = NEW.id;
END;
CREATE TRIGGER search_decision_changed AFTER UPDATE OF body ON decision BEGIN
    REPLACE INTO search_words (rowid, title, body)
        SELECT number, '', NEW.body FROM search_document WHERE kind = 'decision' AND id = NEW.id;
END;
CREATE TRIGGER search_decision_gone AFTER DELETE ON decision BEGIN
    DELETE FROM search_words
        WHERE rowid = (SELECT number FROM search_document WHERE kind = 'decision' AND id = OLD.id);
    DELETE FROM search_document WHERE kind = 'decision' AND id = OLD.id;
END;

CREATE TRIGGER search_task_new AFTER INSERT ON task BEGIN
    INSERT INTO search_document (kind, id) VALUES ('task', NEW.id);
    INSERT INTO search_words (rowid, title, body)
        SELECT d.number, s.title, s.body FROM search_document d JOIN search_task s ON s.id = d.id
        WHERE d.kind = 'task' AND d.id = NEW.id;
END;
CREATE TRIGGER search_task_changed AFTER UPDATE OF title, description ON task BEGIN
    REPLACE INTO search_words (rowid, title, body)
        SELECT d.number, s.title, s.body FROM search_document d JOIN search_task s ON s.id = d.id
        WHERE d.kind = 'task' AND d.id = NEW.id;
END;
CREATE TRIGGER search_task_gone AFTER DELETE ON task BEGIN
    DELETE FROM search_words
        WHERE rowid = (SELECT number FROM search_document WHERE kind = 'task' AND id = OLD.id);
    DELETE FROM search_document WHERE kind = 'task' AND id = OLD.id;
END;
CREATE TRIGGER search_trail_new AFTER INSERT ON task_trail WHEN NEW.kind IN ('comment', 'note', 'evidence') BEGIN
    REPLACE INTO search_words (rowid, title, body)
        SELECT d.number, s.title, s.body FROM search_document d JOIN search_task s ON s.id = d.id
        WHERE d.kind = 'task' AND d.id = NEW.task_id;
END;

-- What there is already.
INSERT INTO search_document (kind, id)
    SELECT 'message', id FROM message UNION ALL SELECT 'decision', id FROM decision
    UNION ALL SELECT 'task', id FROM task;
INSERT INTO search_words (rowid, title, body)
    SELECT d.number, '', m.body FROM search_document d JOIN message m ON m.id = d.id WHERE d.kind = 'message'
    UNION ALL
    SELECT d.number, '', c.body FROM search_document d JOIN decision c ON c.id = d.id WHERE d.kind = 'decision'
    UNION ALL
    SELECT d.number, s.title, s.body FROM search_document d JOIN search_task s ON s.id = d.id WHERE d.kind = 'task';

-- Old messages are looked for by the time that they were sent at.
CREATE INDEX message_by_time ON message (created_at);

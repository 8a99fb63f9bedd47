-- Version 4: messages with a state of their own for each recipient.

-- uptime and boot are the moment created_at as seen since boot; ttl is in milliseconds, NULL lives for ever.
ALTER TABLE message ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal'
    CHECK (priority IN ('low', 'normal', 'critical'));
ALTER TABLE message ADD COLUMN ttl INTEGER CHECK (ttl > 0);
ALTER TABLE message ADD COLUMN wants_ack INTEGER NOT NULL DEFAULT 0 CHECK (wants_ack IN (0, 1));
ALTER TABLE message ADD COLUMN uptime INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;
UPDATE message SET address = 'all' WHERE lower(address) = 'all' AND address <> 'all';
CREATE INDEX message_to_all ON message (created_at) WHERE address = 'all';

-- Of this machine: how far each message has come at each recipient, and since when.
-- offers counts the outputs that it was put into or was about to be; offered_at, with uptime and boot, and
-- session say when and where that was last. awaits_ack is 1 while an acknowledgement is wanted and may still
-- come. kept_for is the name whose next bearer gets it.
CREATE TABLE message_state (
    agent_id     TEXT NOT NULL REFERENCES agent (id),
    message_id   TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    state        TEXT NOT NULL CHECK (state IN
        ('queued', 'offered', 'delivered', 'read', 'acknowledged', 'expired', 'undeliverable')),
    state_at     INTEGER NOT NULL,
    offers       INTEGER NOT NULL DEFAULT 0,
    reminders    INTEGER NOT NULL DEFAULT 0,
    session      TEXT,
    offered_at   INTEGER,
    uptime       INTEGER NOT NULL DEFAULT 0,
    boot         INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    awaits_ack   INTEGER NOT NULL DEFAULT 0 CHECK (awaits_ack IN (0, 1)),
    kept_for     TEXT,
    PRIMARY KEY (message_id, agent_id),
    CHECK ((session IS NULL) = (offered_at IS NULL))
) STRICT, WITHOUT ROWID;
-- What was flushed into an output of the version before counted as seen there.
INSERT INTO message_state (agent_id, message_id, state, state_at, offers, delivered_at)
SELECT d.agent_id, d.message_id,
    CASE WHEN r.acked_at IS NOT NULL THEN 'acknowledged' WHEN r.read_at IS NOT NULL THEN 'read'
        WHEN d.state = 'queued' THEN 'queued' ELSE 'delivered' END,
    coalesce(r.acked_at, r.read_at, d.state_at), d.state <> 'queued', CASE WHEN d.state <> 'queued' THEN d.state_at END
FROM delivery d JOIN recipient r ON r.message_id = d.message_id AND r.agent_id = d.agent_id;
DROP TABLE delivery;
ALTER TABLE message_state RENAME TO delivery;
-- What a hook looks for: what waits, what may have been seen, what is to be acknowledged.
CREATE INDEX delivery_queued ON delivery (agent_id) WHERE state = 'queued';
CREATE INDEX delivery_offered ON delivery (agent_id) WHERE state = 'offered';
CREATE INDEX delivery_awaited ON delivery (agent_id) WHERE awaits_ack = 1;
CREATE INDEX delivery_lost ON delivery (agent_id) WHERE state = 'undeliverable';
CREATE INDEX delivery_kept ON delivery (kept_for) WHERE kept_for IS NOT NULL;

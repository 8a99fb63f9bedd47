//! What a case begins with, as SQL that follows `fresh.sql`. `moment` has one row: who is measured, and when.

/// Five messages for the measured agent.
pub(crate) const MAIL: &str = "
    INSERT INTO message (id, sender_id, address, body, created_at)
        SELECT 'msg-bench-' || value, peer, me, 'Message ' || value || ' of five that wait to be shown', now
        FROM moment, json_each('[1,2,3,4,5]');
    INSERT INTO recipient (agent_id, message_id, created_at, directed)
        SELECT me, 'msg-bench-' || value, now, 1 FROM moment, json_each('[1,2,3,4,5]');
    INSERT INTO delivery (agent_id, message_id, state, state_at)
        SELECT me, 'msg-bench-' || value, 'queued', now FROM moment, json_each('[1,2,3,4,5]');";

/// Somebody else has just changed src/shared.rs.
pub(crate) const TOUCHED: &str = "
    INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
        SELECT 'act-bench-' || hex(randomblob(8)), peer, 'edit', 'Edit', 'Edit', '', 'src/shared.rs', now FROM moment;
    INSERT INTO touch (path, tree, agent_id, change, touched_at, added, removed)
        SELECT 'src/shared.rs', '', peer, last_insert_rowid(), now, 3, 1 FROM moment;";

/// The measured agent changed src/shared.rs, and somebody else after it.
pub(crate) const OVERTAKEN: &str = "
    INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
        SELECT 'act-bench-' || hex(randomblob(8)), me, 'edit', 'Edit', 'Edit', '', 'src/shared.rs', now - 2000 FROM moment;
    INSERT INTO touch (path, tree, agent_id, change, touched_at, added, removed)
        SELECT 'src/shared.rs', '', me, last_insert_rowid(), now - 2000, 3, 1 FROM moment;
    INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
        SELECT 'act-bench-' || hex(randomblob(8)), peer, 'edit', 'Edit', 'Edit', '', 'src/shared.rs', now - 1000 FROM moment;
    INSERT INTO touch (path, tree, agent_id, change, touched_at, added, removed)
        SELECT 'src/shared.rs', '', peer, last_insert_rowid(), now - 1000, 3, 1 FROM moment;";

/// The measured agent holds src/mine.rs.
pub(crate) const OWN_LOCK: &str = "
    INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl)
        SELECT 'path', '', 'src/mine.rs', me, now, now, 3600000 FROM moment;";

/// The measured agent works on a task and holds a lock for it.
pub(crate) const OWN_TASK: &str = "
    INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl)
        SELECT 'path', '', 'src/mine.rs', me, now, now, 3600000 FROM moment;
    INSERT INTO task (id, title, status, owner_id, created_by, created_at, updated_at, attempts, claimed_at)
        SELECT 'task-bench', 'What the measured agent does', 'in_progress', me, me, now, now, 1, now FROM moment;
    UPDATE agent SET current_task_id = 'task-bench' FROM moment WHERE agent.id = me;";

/// A policy is in force: one rule is about other calls, one limits edits beyond what anybody measures.
pub(crate) const POLICY: &str = r#"
    INSERT INTO policy (id, hash, source, compiled, applied_by, applied_at)
        SELECT 1, 'x', '', '{"mode":"enforce","rules":[
            {"name":"no-force","match":{"tools":["Bash"],"fields":[{"field":"command","regex":"git\\s+push\\s.*--force"}]},
             "effect":"deny","reason":"history is shared"},
            {"name":"edits","match":{"tools":["Edit"]},"effect":{"limit":{"count":10000,"window":60000,"per":"agent"}}}]}',
            me, now FROM moment;"#;

/// The measured agent was last seen a minute ago.
pub(crate) const MINUTE_AGO: &str =
    "UPDATE presence SET seen_at = now - 60000 FROM moment WHERE agent_id = me";
/// The measured agent waits for a prompt.
pub(crate) const IDLE: &str = "UPDATE presence SET turn = 'idle' FROM moment WHERE agent_id = me";

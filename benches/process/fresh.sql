-- Before every run: the one whose hooks are measured is here, in the middle of a turn, has nothing and was told nothing.
UPDATE presence SET turn = 'active', seen_at = now, uptime = 0, boot = 0 FROM moment WHERE agent_id = me;
INSERT OR REPLACE INTO session (id, agent_id, bound_at) SELECT session, me, now FROM moment;
UPDATE hook_seen SET seen_at = now FROM moment WHERE hook_seen.seen_at < now - 240000;
DELETE FROM setting WHERE key = 'guard.edits';
DELETE FROM lock WHERE agent_id = (SELECT me FROM moment);
DELETE FROM lost_lock WHERE agent_id = (SELECT me FROM moment);
DELETE FROM told WHERE agent_id = (SELECT me FROM moment);
DELETE FROM touch WHERE agent_id = (SELECT me FROM moment);
DELETE FROM touch WHERE path = 'src/shared.rs';
DELETE FROM lock WHERE path = 'src/shared.rs';
DELETE FROM message WHERE created_at >= (SELECT seeded FROM moment);
DELETE FROM decision WHERE created_at >= (SELECT seeded FROM moment);
UPDATE agent SET current_task_id = NULL WHERE id = (SELECT me FROM moment) AND current_task_id IS NOT NULL;
DELETE FROM task WHERE id = 'task-bench';
UPDATE task SET status = 'pending', owner_id = NULL, attempts = 0, claimed_at = NULL WHERE owner_id = (SELECT me FROM moment);
DELETE FROM agent WHERE id IN (SELECT newcomer FROM moment UNION ALL SELECT subagent FROM moment);
DELETE FROM activity WHERE seq > (SELECT last_record FROM moment);

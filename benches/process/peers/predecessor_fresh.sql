-- Before every run: everybody is here; the one whose calls are measured has nothing and was told everything.
DELETE FROM locks WHERE owner_agent_id = (SELECT me FROM moment);
DELETE FROM message_deliveries WHERE message_id GLOB 'msg-bench-*';
DELETE FROM messages WHERE sender_agent_id = (SELECT me FROM moment) OR id GLOB 'msg-bench-*';
UPDATE tasks SET status = 'pending', owner_agent_id = NULL WHERE owner_agent_id = (SELECT me FROM moment);
UPDATE agents SET status = 'active', last_seen = text FROM moment;
UPDATE agents SET current_task_id = NULL WHERE id = (SELECT me FROM moment);

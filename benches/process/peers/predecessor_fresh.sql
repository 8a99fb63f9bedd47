-- Before every run: the one whose calls are measured has nothing and was told everything.
DELETE FROM locks WHERE owner_agent_id = (SELECT me FROM moment);
DELETE FROM message_deliveries WHERE message_id GLOB 'msg-bench-*';
DELETE FROM messages WHERE sender_agent_id = (SELECT me FROM moment) OR id GLOB 'msg-bench-*';
UPDATE tasks SET status = 'pending', owner_agent_id = NULL WHERE owner_agent_id = (SELECT me FROM moment);
UPDATE agents SET current_task_id = NULL, status = 'active' WHERE id = (SELECT me FROM moment);

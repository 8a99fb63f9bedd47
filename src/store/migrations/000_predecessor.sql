-- Clears the tables of claude-agent-sync 0.4.0 or older out of the way, with their indexes. Their rows are
-- read from the backup, so nothing of ours has to share a name with them.

DROP TABLE IF EXISTS agents;
DROP TABLE IF EXISTS tasks;
DROP TABLE IF EXISTS task_files;
DROP TABLE IF EXISTS task_deps;
DROP TABLE IF EXISTS locks;
DROP TABLE IF EXISTS messages;
DROP TABLE IF EXISTS message_deliveries;
DROP TABLE IF EXISTS decisions;
DROP TABLE IF EXISTS activity;

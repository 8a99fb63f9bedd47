-- Before every run: everybody is here. hcom takes out whoever was not seen lately.
INSERT OR IGNORE INTO instances (name, tool, created_at, directory) SELECT 'peer1', 'claude', now / 1000.0, '' FROM moment;
UPDATE instances SET status = 'active', last_seen = now / 1000, status_time = now / 1000 FROM moment;

//! What becomes of each row.

use super::*;

/// An old row, its times as milliseconds.
fn with_milliseconds(rows: Rows, times: &[usize]) -> Rows {
    let convert = |at: usize, value: Value| match value {
        Value::Text(text) if times.contains(&at) => Value::Integer(rules::milliseconds(&text).unwrap()),
        value => value,
    };
    rows.into_iter()
        .map(|row| {
            let row = row.into_iter().enumerate();
            row.map(|(at, value)| convert(at, value)).collect()
        })
        .collect()
}

#[test]
fn every_row_of_the_sample_arrives_as_it_was() {
    let place = Place::sample();
    let old = Connection::open_in_memory().unwrap();
    place
        .connection()
        .backup("main", place.root.path().join("old"), None::<fn(_)>)
        .unwrap();
    old.execute(
        "ATTACH ?1 AS old",
        [place.root.path().join("old").to_str().unwrap()],
    )
    .unwrap();
    let (new, counts) = place.upgraded();
    assert_eq!(
        counts,
        Counts {
            agents: 5,
            tasks: 10,
            locks: 6,
            messages: 6,
            decisions: 2,
            activity: 3,
            // The capital in a name, and a lock that was lapsed when it was made.
            leftovers: 2,
        }
    );
    for (before, after, times) in [
        (
            "SELECT id, lower(name), role, current_task_id, created_at FROM old.agents ORDER BY id",
            "SELECT id, name, role, current_task_id, created_at FROM agent ORDER BY id",
            &[4][..],
        ),
        (
            "SELECT id, status, last_seen, cwd, NULL FROM old.agents ORDER BY id",
            "SELECT agent_id, turn, seen_at, cwd, pid FROM presence ORDER BY agent_id",
            &[2],
        ),
        (
            "SELECT session_id, id, last_seen FROM old.agents WHERE session_id IS NOT NULL",
            "SELECT id, agent_id, bound_at FROM session",
            &[2],
        ),
        (
            "SELECT id, title, description, status, owner_agent_id, priority,
                 CASE id WHEN 'task-9b050a9b' THEN 'still waiting' END, NULL, created_at, updated_at, completed_at
             FROM old.tasks ORDER BY id",
            "SELECT id, title, description, status, owner_id, priority, blocked_reason, created_by, created_at,
                 updated_at, completed_at FROM task ORDER BY id",
            &[8, 9, 10],
        ),
        (
            "SELECT task_id, file_path FROM old.task_files ORDER BY 1, 2",
            "SELECT task_id, path FROM task_file ORDER BY 1, 2",
            &[],
        ),
        (
            "SELECT task_id, depends_on_id FROM old.task_deps ORDER BY 1, 2",
            "SELECT task_id, depends_on_id FROM task_dependency ORDER BY 1, 2",
            &[],
        ),
        (
            "SELECT CASE kind WHEN 'file' THEN 'path' ELSE kind END, '', file_path, owner_agent_id, reason,
                 (SELECT id FROM old.tasks t WHERE reason = 'task ' || t.id AND t.status <> 'done'),
                 created_at, created_at,
                 CASE file_path WHEN 'db-migrations' THEN 7200000 ELSE 3600000 END
             FROM old.locks WHERE file_path <> 'docs/old.md' ORDER BY rowid",
            "SELECT namespace, tree, path, agent_id, reason, task_id, acquired_at, leased_at, ttl
             FROM lock ORDER BY fence",
            &[6, 7],
        ),
        (
            "SELECT id, sender_agent_id, recipient, body, reply_to, created_at FROM old.messages ORDER BY id",
            "SELECT id, sender_id, address, body, reply_to, created_at FROM message ORDER BY id",
            &[5],
        ),
        (
            "SELECT id, agent_id, body, created_at, NULL FROM old.decisions ORDER BY id",
            "SELECT id, agent_id, body, created_at, superseded_by FROM decision ORDER BY id",
            &[3],
        ),
        (
            "SELECT rowid, id, agent_id, event_type, body, tool_name,
                 CASE WHEN file_path IS NOT NULL THEN '' END, file_path, created_at FROM old.activity ORDER BY rowid",
            "SELECT seq, id, agent_id, event, body, tool, tree, path, created_at FROM activity
             WHERE event <> 'store.upgraded' ORDER BY seq",
            &[8],
        ),
    ] {
        let before = with_milliseconds(rows(&old, before), times);
        assert!(!before.is_empty());
        assert_eq!(before, rows(&new, after), "{after}");
    }
    let (agent, lock) = (leftovers(&new, "agents"), leftovers(&new, "locks"));
    assert_eq!(agent[0]["name"], "sample-repo.d0Bt");
    assert_eq!(agent[0]["why"], "name became sample-repo.d0bt");
    assert_eq!(lock[0]["file_path"], "docs/old.md");
    assert_eq!(lock[0]["expires_at"], "2026-11-21T01:20:57.423268+00:00");
}

#[test]
fn mail_of_the_sample_reaches_whom_0_4_0_would_have_shown_it() {
    let place = Place::sample();
    let (new, _) = place.upgraded();
    assert_eq!(
        lines(
            &new,
            "SELECT r.message_id, r.agent_id, r.directed, r.read_at, r.acked_at, d.state, d.state_at
             FROM recipient r JOIN delivery d USING (message_id, agent_id) ORDER BY r.created_at, r.agent_id"
        ),
        [
            // A broadcast of a minute ago; one agent has been shown it.
            "msg-c5f45c33|agent-97d22f865257|0|-|-|delivered|1795224358705",
            "msg-c5f45c33|agent-ade025ee8746|0|-|-|queued|1795224357797",
            "msg-c5f45c33|frontend|0|-|-|queued|1795224357797",
            "msg-c5f45c33|ghost|0|-|-|queued|1795224357797",
            "msg-fe08de19|frontend|1|-|1795224358647|acknowledged|1795224358765",
            // By role, read.
            "msg-6012c9a4|backend|1|1795224358528|1795224358587|acknowledged|1795224358117",
            // By id, shown.
            "msg-0a38b858|agent-97d22f865257|1|-|-|delivered|1795224358705",
            "msg-6c1a02f7|frontend|1|-|-|delivered|1795224358765",
        ]
    );
}

#[test]
fn old_broadcasts_are_not_pushed_and_old_letters_are() {
    let place = Place::with(
        "INSERT INTO agents VALUES
             ('a', 'alice', 'dev', NULL, NULL, 'active', NULL, '2026-11-20', '2026-11-21T01:25:00Z'),
             ('b', 'bob', 'dev', NULL, NULL, 'active', NULL, '2026-11-20', '2026-11-21T01:25:00Z');
         INSERT INTO messages (id, sender_agent_id, recipient, body, created_at) VALUES
             ('old', 'a', 'all', 'x', '2026-11-20T01:26:00+00:00'),
             ('new', 'a', 'all', 'x', '2026-11-20T01:28:00+00:00'),
             ('when', 'a', 'all', 'x', 'some day'),
             ('letter', 'a', 'dev', 'x', '2025-01-01T00:00:00+00:00'),
             ('none', 'a', 'ALICE', 'x', '2025-01-01T00:00:00+00:00');",
    );
    let (new, _) = place.upgraded();
    assert_eq!(
        lines(
            &new,
            "SELECT message_id, agent_id, state FROM delivery ORDER BY 1, 2"
        ),
        [
            // The sender's own copy needs no push.
            "letter|a|delivered",
            "letter|b|queued",
            "new|b|queued",
            "old|b|expired",
            "when|b|expired",
        ]
    );
    assert_eq!(number(&new, "SELECT count(*) FROM message"), 5);
}

#[test]
fn a_time_nobody_can_read_becomes_now_and_is_kept() {
    let place = Place::with(
        "INSERT INTO agents VALUES ('a', 'a', NULL, NULL, NULL, 'active', NULL, 'yesterday', '');
         INSERT INTO tasks VALUES ('t', 'T', NULL, 'done', 'a', 0, 'x', 'y', 'z');
         INSERT INTO locks VALUES ('f', 'a', NULL, '2026-11-21T01:25:00Z', 'never', 'file'),
             ('g', 'a', NULL, 'once', '2026-11-21T02:27:00Z', 'file');
         INSERT INTO messages (id, sender_agent_id, recipient, body, created_at, read_at)
             VALUES ('m', 'a', 'a', 'b', '2026-99-99', 'yes');
         INSERT INTO message_deliveries VALUES ('m', 'a', 'now');
         INSERT INTO decisions VALUES ('d', 'a', 'b', '?');
         INSERT INTO activity VALUES ('e', 'a', 'note', 'b', NULL, NULL, '12:00');",
    );
    let (new, counts) = place.upgraded();
    let all = format!("{NOW}|{NOW}");
    assert_eq!(
        lines(&new, "SELECT a.created_at, p.seen_at FROM agent a, presence p"),
        [all]
    );
    let all = format!("{NOW}|{NOW}|{NOW}");
    assert_eq!(
        lines(&new, "SELECT created_at, updated_at, completed_at FROM task"),
        [all]
    );
    // A lease of which nobody can tell the end still holds for the usual time.
    assert_eq!(
        lines(&new, "SELECT path, ttl FROM lock ORDER BY path"),
        ["f|3600000", "g|3600000"]
    );
    assert_eq!(number(&new, "SELECT read_at FROM recipient"), NOW);
    assert_eq!(counts.leftovers, 8);
    assert_eq!(
        whys(&new, "tasks"),
        ["created_at is not a time; updated_at is not a time; completed_at is not a time"]
    );
    assert_eq!(leftovers(&new, "activity")[0]["created_at"], "12:00");
}

#[test]
fn references_to_nothing_are_kept_beside_the_store() {
    let place = Place::with(
        "INSERT INTO agents VALUES ('a', 'a', NULL, NULL, NULL, 'idle', 'gone', '2026-01-01', '2026-01-01');
         INSERT INTO tasks (id, title, status, owner_agent_id, created_at, updated_at) VALUES
             ('t1', '1', 'in_progress', 'stranger', '2026-01-01', '2026-01-01'),
             ('t2', '2', 'pending', NULL, '2026-01-01', '2026-01-01'),
             ('t3', '3', 'odd', NULL, '2026-01-01', '2026-01-01');
         INSERT INTO task_files VALUES ('nope', 'a'), ('t1', './src/../src/a.py'), ('t1', 'src/a.py'),
             ('t1', 'src/a.py'), ('t1', '');
         INSERT INTO task_deps VALUES ('t1', 't2'), ('t2', 't3'), ('t3', 't1'), ('t1', 't1'), ('t1', 'nope'),
             ('nope', 't1');
         INSERT INTO locks VALUES ('/abs//f', 'lost', 'task t1', '2026-01-01', '2026-01-02', 'file'),
             ('../out', 'stranger', 'task t1', '2026-01-01', '2026-01-02', 'file'),
             ('/abs//f ', 'stranger', 'task t9', '2026-01-01', '2026-01-02', 'resource');
         INSERT INTO messages (id, sender_agent_id, recipient, body, created_at, reply_to) VALUES
             ('m', 'sender', 'stranger', 'b', '2026-01-01', 'msg-gone'), ('n', '', 'a', 'b', '2026-01-01', NULL);
         INSERT INTO message_deliveries VALUES ('m', 'a', '2026-01-01'), ('gone', 'a', '2026-01-01');
         INSERT INTO decisions VALUES ('d', 'decider', 'b', '2026-01-03');
         INSERT INTO activity VALUES ('e', 'actor', 'note', 'b', NULL, '/x', '2026-01-01'),
             ('f', NULL, 'note', 'b', NULL, NULL, '2026-01-01');",
    );
    let (new, counts) = place.upgraded();
    assert_eq!(
        (counts.agents, counts.tasks, counts.locks, counts.messages),
        (1, 3, 3, 2)
    );
    assert_eq!(
        lines(
            &new,
            "SELECT id, turn, current_task_id FROM agent JOIN presence ON agent_id = id ORDER BY id"
        ),
        [
            "a|idle|-",
            "agent-blank|ended|-",
            "decider|ended|-",
            "lost|ended|-",
            "sender|ended|-",
            "stranger|ended|-",
        ]
    );
    assert_eq!(
        lines(&new, "SELECT task_id, path FROM task_file"),
        ["t1|src/a.py"]
    );
    assert_eq!(
        lines(&new, "SELECT task_id, depends_on_id FROM task_dependency"),
        ["t1|t2", "t2|t3"]
    );
    let outside = fs::canonicalize(place.root.path()).unwrap();
    let outside = outside.parent().unwrap().join("out");
    assert_eq!(
        lines(
            &new,
            "SELECT namespace, tree, path, agent_id, task_id FROM lock ORDER BY fence"
        ),
        [
            "path|/|/abs/f|lost|-".to_owned(),
            format!("path|/|{}|stranger|t1", outside.display()),
            "resource||/abs//f |stranger|-".to_owned(),
        ]
    );
    assert_eq!(
        lines(
            &new,
            "SELECT agent_id, message_id, reply_to FROM recipient JOIN message ON id = message_id ORDER BY 1"
        ),
        ["a|n|-", "stranger|m|msg-gone"]
    );
    assert_eq!(
        lines(
            &new,
            "SELECT id, agent_id, tree, path FROM activity WHERE id IN ('e', 'f')"
        ),
        ["e|actor|/|/x", "f|-|-|-"]
    );
    assert_eq!(
        whys(&new, "task_files"),
        [
            "there is no such task",
            "file_path became src/a.py",
            "file_path is empty"
        ]
    );
    assert_eq!(
        whys(&new, "task_deps"),
        [
            "it would close a cycle",
            "it would close a cycle",
            "there is no such task",
            "there is no such task"
        ]
    );
    assert_eq!(whys(&new, "message_deliveries").len(), 2);
    assert_eq!(whys(&new, "tasks"), ["status became pending"]);
    assert_eq!(
        whys(&new, "agents"),
        ["current_task_id is no task that this agent works on"]
    );
}

#[test]
fn columns_of_strangers_keep_their_values() {
    let place = Place::sample();
    place
        .connection()
        .execute_batch(
            "ALTER TABLE tasks ADD COLUMN estimate REAL; ALTER TABLE tasks ADD COLUMN why TEXT;
             UPDATE tasks SET estimate = 9e999, why = 'because' WHERE id = 'task-071ccc6f';",
        )
        .unwrap();
    let (new, counts) = place.upgraded();
    assert_eq!(counts.tasks, 10);
    let kept = leftovers(&new, "tasks");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["estimate"], "inf");
    assert_eq!(kept[0]["why_"], "because");
    assert_eq!(kept[0]["title"], "Design /login contract");
}

#[test]
fn bytes_that_are_no_text_do_not_stop_an_upgrade() {
    let place = Place::with(
        "INSERT INTO agents VALUES (X'ff61', CAST(X'c328' AS TEXT), 5, X'00', NULL, 'active', NULL, '2026-01-01',
             '2026-01-01');
         INSERT INTO tasks VALUES ('t', CAST(X'4869ff' AS TEXT), X'ff', 'in_progress', X'ff61', 'high', 3, 4.5, NULL);
         INSERT INTO activity VALUES ('e', NULL, 'note', 'nul' || char(0) || 'inside', NULL, NULL, '2026-01-01');",
    );
    let (new, _) = place.upgraded();
    assert_eq!(
        lines(&new, "SELECT id, title, owner_id, priority FROM task"),
        ["t|Hi\u{fffd}|\u{fffd}a|0"]
    );
    assert_eq!(leftovers(&new, "tasks")[0]["title"]["hex"], "4869ff");
    assert_eq!(leftovers(&new, "agents")[0]["id"]["hex"], "ff61");
    assert_eq!(
        lines(&new, "SELECT body FROM activity WHERE id = 'e'"),
        ["nul\0inside"]
    );
}

#[test]
fn very_long_values_arrive_whole() {
    let place = Place::with(
        "INSERT INTO agents VALUES ('a', replace(hex(zeroblob(100000)), '00', 'Nn'), hex(zeroblob(100000)), NULL,
             NULL, 'active', NULL, '2026-01-01', '2026-01-01');
         INSERT INTO messages (id, sender_agent_id, recipient, body, created_at)
             VALUES ('m', 'a', hex(zeroblob(100000)), hex(zeroblob(2000000)), '2026-01-01');",
    );
    let (new, _) = place.upgraded();
    assert_eq!(number(&new, "SELECT length(body) FROM message"), 4_000_000);
    assert_eq!(number(&new, "SELECT length(role) FROM agent"), 200_000);
    assert_eq!(number(&new, "SELECT length(name) FROM agent"), 32);
    assert_eq!(number(&new, "SELECT count(*) FROM recipient"), 1);
    assert_eq!(
        leftovers(&new, "agents")[0]["name"].as_str().unwrap().len(),
        200_000
    );
}

#[test]
fn names_become_usable_and_unique_and_the_last_seen_keeps_a_shared_one() {
    let place = Place::with(
        "INSERT INTO agents (id, name, session_id, status, created_at, last_seen) VALUES
             ('mended', 'Project', NULL, 'active', '2026-01-01', '2026-01-09'),
             ('early', 'project', 's', 'stale', '2026-01-01', '2026-01-02'),
             ('late', 'project', 's', 'offline', '2026-01-01', '2026-01-03'),
             ('lines', 'two' || char(10) || 'lines', NULL, 'odd', '2026-01-01', '2026-01-03'),
             ('operator', 'operator', NULL, 'idle', '2026-01-01', '2026-01-03'),
             ('liar', 'operator', NULL, 'idle', '2026-01-01', '2026-01-03');
         INSERT INTO messages (id, sender_agent_id, recipient, body, created_at)
             VALUES ('m', 'liar', 'project', 'b', '2026-01-01');",
    );
    let (new, counts) = place.upgraded();
    assert_eq!(counts.agents, 6);
    let liar = crate::domain::name::made_up("liar");
    assert_eq!(
        lines(
            &new,
            "SELECT id, name, turn FROM agent JOIN presence ON agent_id = id ORDER BY id"
        ),
        [
            "early|project-2|idle".to_owned(),
            "late|project|ended".to_owned(),
            format!("liar|{liar}|idle"),
            "lines|two-lines|idle".to_owned(),
            "mended|project-3|active".to_owned(),
            "operator|operator|idle".to_owned(),
        ]
    );
    assert_eq!(lines(&new, "SELECT id, agent_id FROM session"), ["s|late"]);
    assert_eq!(lines(&new, "SELECT agent_id FROM recipient"), ["early", "late"]);
}

#[test]
fn thousands_of_agents_with_one_name_take_no_minute() {
    let place = Place::with(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
         INSERT INTO agents SELECT 'agent-' || i, 'project', NULL, NULL, NULL, 'idle', NULL, '2026-01-01', '2026-01-01'
         FROM n;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
         INSERT INTO messages SELECT 'm' || i, 'agent-1', 'all', 'b', '2026-01-01', NULL, NULL, NULL FROM n;",
    );
    let (new, counts) = place.upgraded();
    assert_eq!(counts.agents, 4000);
    assert_eq!(number(&new, "SELECT count(DISTINCT name) FROM agent"), 4000);
    assert_eq!(number(&new, "SELECT count(*) FROM recipient"), 20 * 3999);
}

#[test]
fn what_old_tasks_contradict_themselves_in_is_settled_and_kept_beside_the_store() {
    let place = Place::with(
        "INSERT INTO agents VALUES ('a', 'a', NULL, NULL, NULL, 'active', 'waits', '2026-01-01', '2026-01-01');
         INSERT INTO tasks VALUES
             ('waits', 'x', NULL, 'pending', 'a', 0, '2026-01-01', '2026-01-01', '2026-01-01'),
             ('free', 'x', NULL, 'in_progress', NULL, 0, '2026-01-01', '2026-01-01', NULL);
         INSERT INTO locks VALUES
             ('f', 'a', 'task waits', '2026-01-01', '2026-01-02', 'file'),
             ('./f', 'b', NULL, '2026-01-01', '2026-01-02', 'file');",
    );
    let (new, _) = place.upgraded();
    assert_eq!(
        lines(
            &new,
            "SELECT id, status, owner_id, completed_at FROM task ORDER BY id"
        ),
        ["free|pending|-|-", "waits|pending|-|-"]
    );
    assert_eq!(lines(&new, "SELECT path, agent_id, task_id FROM lock"), ["f|a|-"]);
    let why = |table: &str| -> Vec<String> {
        let rows = leftovers(&new, table);
        rows.iter()
            .map(|row| row["why"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        why("tasks"),
        [
            "a pending task has no owner; it is not completed",
            "status became pending"
        ]
    );
    assert_eq!(
        why("agents"),
        ["current_task_id is no task that this agent works on"]
    );
    assert_eq!(
        why("locks"),
        ["file_path became f; another spelling of this path is locked already"]
    );
}

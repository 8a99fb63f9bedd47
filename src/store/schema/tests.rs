//! Every version of the schema leads to today's, with all that it held.

use std::path::PathBuf;

use super::*;

/// A store as this version made it, filled by `sql`; it lives as long as the directory.
fn of_version(version: usize, sql: &str) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let database = place.path().join("state.sqlite");
    let old = Connection::open(&database).unwrap();
    for migration in &MIGRATIONS[..version] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch(sql).unwrap();
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", i64::try_from(version).unwrap())
        .unwrap();
    (place, database)
}

/// Such a store, brought up to date.
fn migrated(version: usize, sql: &str) -> (tempfile::TempDir, Connection) {
    let (place, database) = of_version(version, sql);
    migrate(&database, &place.path().join("backup"), 0, Purpose::Command).unwrap();
    let new = Connection::open(&database).unwrap();
    (place, new)
}

#[test]
fn a_store_of_the_version_before_learns_to_ask_for_a_sign_of_life() {
    let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1), ('b', 'b', 1);";
    let (_place, new) = migrated(7, agents);
    let ask = "INSERT INTO ping (asked_by, agent_id, asked_at) VALUES ('a', 'b', 5)";
    assert_eq!(new.execute(ask, []).unwrap(), 1);
}

#[test]
fn a_store_of_the_version_before_takes_one_topology() {
    let (_place, new) = migrated(
        9,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);",
    );
    let set = "INSERT INTO topology (number, definition, set_by, set_at) VALUES (?1, '{}', 'a', 1)";
    assert_eq!(new.execute(set, [1]).unwrap(), 1);
    new.execute(set, [2]).unwrap_err();
    // Whoever is the head is it since some time.
    new.execute("UPDATE topology SET head_id = 'a'", []).unwrap_err();
}

#[test]
fn a_store_without_crews_learns_to_remember_them() {
    let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);";
    let (_place, new) = migrated(9, agents);
    let crew = "INSERT INTO crew (plan_id, agent_id, began_at) VALUES ('plan-1', 'a', 1)";
    let session = "INSERT INTO crew_session (plan_id, name, agent_id, launch, state, began_at)
         VALUES ('plan-1', 'x-1', 'a', 'l', 'starting', 1)";
    assert_eq!(
        new.execute(crew, []).unwrap() + new.execute(session, []).unwrap(),
        2
    );
}

#[test]
fn a_store_of_the_version_before_can_be_drained() {
    let agents = "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);";
    let (_place, new) = migrated(9, agents);
    let begin = "INSERT INTO swarm (id, stage, begun_by, begun_at, counts_from, lasts) VALUES (?1, 'draining', 'a', 5, 5, 1)";
    assert_eq!(new.execute(begin, [1]).unwrap(), 1);
    // There is one swarm, and nobody closes it without a checkpoint.
    new.execute(begin, [2]).unwrap_err();
    new.execute(
        "UPDATE swarm SET stage = 'closed', shut_at = 6, is_shutdown = 1",
        [],
    )
    .unwrap_err();
}

#[test]
fn a_store_of_the_version_before_keeps_its_votes_and_takes_plans() {
    let (_place, new) = migrated(
        9,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts)
             VALUES ('vote-1', 'x', 'a', 'majority', 1, 1, 1);",
    );
    assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
    new.execute_batch(
        "INSERT INTO plan VALUES ('plan-1', 'a', 1);
         INSERT INTO plan_revision VALUES ('plan-1', 1, 'x', printf('%064d', 1), '{}', 'a', 1);
         UPDATE vote SET approves_plan = 'plan-1', approves_hash = printf('%064d', 1);
         INSERT INTO plan_voice VALUES ('plan-1', 1, 'vote-1', NULL, 'vote-1', printf('%064d', 1), 1, NULL, 1);",
    )
    .unwrap();
    let voice = "INSERT INTO plan_voice VALUES ('plan-1', 1, ?1, ?2, ?3, 'x', 1, NULL, 1)";
    let nobody = None::<&str>;
    // Somebody speaks, and nobody for two.
    for (agent, vote) in [(nobody, nobody), (Some("a"), Some("vote-1"))] {
        new.execute(voice, rusqlite::params!["a", agent, vote])
            .unwrap_err();
    }
}

#[test]
fn a_store_of_the_first_version_is_brought_up_to_date_with_all_it_holds() {
    let (place, database) = of_version(
        1,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO lock (namespace, tree, path, agent_id, acquired_at, leased_at, ttl)
         VALUES ('path', '', 'x', 'a', 1, 1, 5);",
    );
    let backups = place.path().join("backup");
    for _twice in 0..2 {
        migrate(&database, &backups, 0, Purpose::Command).unwrap();
    }
    let new = Connection::open(&database).unwrap();
    assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
    let mode: String = new
        .query_row("SELECT mode FROM lock WHERE path = 'x'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "exclusive");
    let copies: Vec<_> = fs::read_dir(&backups).unwrap().collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    let copy = Connection::open(copies[0].as_ref().unwrap().path()).unwrap();
    assert_eq!(kind(&copy).unwrap(), Kind::Ours(1));
}

#[test]
fn the_tasks_of_the_second_version_keep_their_states_and_what_they_wait_for() {
    let (_place, new) = migrated(
        2,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO task (id, title, status, owner_id, created_at, updated_at) VALUES
             ('d', 'D', 'done', 'a', 1, 2), ('c', 'C', 'cancelled', NULL, 1, 2),
             ('i', 'I', 'in_progress', 'a', 1, 2), ('p', 'P', 'pending', NULL, 1, 2),
             ('q', 'Q', 'pending', NULL, 1, 2), ('r', 'R', 'blocked', NULL, 1, 2);
         INSERT INTO task_dependency VALUES ('p', 'd'), ('p', 'c'), ('q', 'i'), ('q', 'd'), ('r', 'q');
         UPDATE agent SET current_task_id = 'i';
         INSERT INTO task_file VALUES ('p', 'src/a.rs');
         INSERT INTO lock (namespace, tree, path, agent_id, task_id, acquired_at, leased_at, ttl)
         VALUES ('path', '', 'x', 'a', 'i', 1, 1, 5);",
    );
    let lines = |sql: &str| {
        let mut statement = new.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap().join(" ")
    };
    assert_eq!(
        lines("SELECT concat_ws('|', id, status, attempts, waits, rank) FROM task ORDER BY id"),
        "c|cancelled|0|0|0 d|done|0|0|0 i|in_progress|1|0|2 p|pending|0|0|0 q|pending|0|1|1 r|blocked|0|1|0"
    );
    assert_eq!(
        lines("SELECT concat_ws('|', task_id, depends_on_id, kind, verdict) FROM task_dependency ORDER BY 1"),
        "p|c|always|holds p|d|after|holds q|d|after|holds q|i|after|waits r|q|after|waits"
    );
    assert_eq!(lines("SELECT path FROM task_file"), "src/a.rs");
    assert_eq!(lines("SELECT task_id FROM lock"), "i");
    assert_eq!(lines("SELECT current_task_id FROM agent"), "i");
    assert_eq!(
        lines("SELECT 'broken ' || \"table\" FROM pragma_foreign_key_check"),
        ""
    );
    new.execute("UPDATE task SET status = 'failed' WHERE id = 'i'", [])
        .unwrap();
    new.execute("UPDATE task SET status = 'lost' WHERE id = 'i'", [])
        .unwrap_err();
}

#[test]
fn a_store_of_the_ninth_version_has_no_policy_and_takes_one() {
    let (_place, new) = migrated(
        9,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);",
    );
    let policy = "INSERT INTO policy (id, hash, source, compiled, applied_by, applied_at) VALUES (?1, 'x', '', '{}', 'a', 1)";
    assert_eq!(new.execute(policy, [1]).unwrap(), 1);
    new.execute(policy, [2]).unwrap_err();
    let request =
        "INSERT INTO policy_request (id, agent_id, rule, fingerprint, what, approvers, asked_at, state)
         VALUES (?1, 'a', 'r', 'f', 'x', 'human', 1, ?2)";
    assert_eq!(new.execute(request, ["req-1", "open"]).unwrap(), 1);
    // One call has one request, and whatever is answered was answered by somebody.
    new.execute(request, ["req-2", "open"]).unwrap_err();
    new.execute(request, ["req-3", "approved"]).unwrap_err();
    assert_eq!(new.execute(request, ["req-4", "over"]).unwrap(), 1);
}

#[test]
fn a_store_of_the_seventh_version_keeps_what_it_holds_and_takes_votes() {
    let (_place, new) = migrated(
        7,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO decision (id, agent_id, body, created_at) VALUES ('dec-1', 'a', 'x', 1);",
    );
    let vote = "INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts, state, closed_at, winner,
             decision_id) VALUES (?1, 'x', 'a', 'majority', 1, 1, 1, ?2, ?3, ?4, 'dec-1')";
    new.execute(vote, rusqlite::params!["vote-1", "passed", 1, 0])
        .unwrap();
    // Whatever is closed has a time, and whatever passed an option.
    new.execute(vote, rusqlite::params!["vote-2", "passed", None::<i64>, 0])
        .unwrap_err();
    new.execute(vote, rusqlite::params!["vote-2", "passed", 1, None::<i64>])
        .unwrap_err();
}

#[test]
fn mail_of_the_second_version_keeps_how_far_it_has_come() {
    let (_place, new) = migrated(
        2,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO message (id, sender_id, address, body, created_at) VALUES
             ('waits', 'a', 'ALL', 'x', 1), ('shown', 'a', 'a', 'x', 2), ('read', 'a', 'a', 'x', 3),
             ('acked', 'a', 'a', 'x', 4);
         INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at, acked_at) VALUES
             ('a', 'waits', 1, 0, NULL, NULL), ('a', 'shown', 2, 1, NULL, NULL), ('a', 'read', 3, 1, 30, NULL),
             ('a', 'acked', 4, 1, 40, 41);
         INSERT INTO delivery (agent_id, message_id, state, state_at) VALUES
             ('a', 'waits', 'queued', 1), ('a', 'shown', 'offered', 20), ('a', 'read', 'queued', 3),
             ('a', 'acked', 'offered', 4);",
    );
    let mut statement = new
        .prepare(
            "SELECT m.id || ' ' || m.address || ' ' || d.state || ' ' || d.state_at FROM message m
             JOIN delivery d ON d.message_id = m.id ORDER BY m.created_at",
        )
        .unwrap();
    let rows: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        rows,
        [
            "waits all queued 1",
            "shown a delivered 20",
            "read a read 30",
            "acked a acknowledged 41"
        ]
    );
}

#[test]
fn what_the_third_version_recorded_of_tasks_is_found_along_an_index() {
    let (_place, new) = migrated(
        3,
        "INSERT INTO task (id, title, created_at, updated_at) VALUES ('task-1', 'T', 1, 1);
         INSERT INTO activity (id, event, body, created_at) VALUES
             ('act-1', 'task.created', 'task-1', 1), ('act-2', 'edit', 'task-1', 1);",
    );
    assert_eq!(kind(&new).unwrap(), Kind::Ours(VERSION));
    let found: String = new
        .query_row(
            "SELECT group_concat(id) FROM activity INDEXED BY activity_of_task
             WHERE event GLOB 'task.*' AND body = 'task-1'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(found, "act-1");
    new.execute("INSERT INTO task_origin VALUES ('plan.md/t', 'task-1')", [])
        .unwrap();
    new.execute("INSERT INTO task_origin VALUES ('plan.md/t', 'task-1')", [])
        .unwrap_err();
}

#[test]
fn what_the_fifth_version_held_is_found_by_its_words() {
    let (_place, new) = migrated(
        5,
        "INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1);
         INSERT INTO message (id, sender_id, address, body, created_at) VALUES ('m', 'a', 'b', 'one word', 1);
         INSERT INTO decision (id, agent_id, body, created_at) VALUES ('d', 'a', 'another word', 1);
         INSERT INTO task (id, title, description, status, created_at, updated_at) VALUES
             ('t', 'the last', NULL, 'pending', 1, 1), ('u', 'word', 'x', 'done', 1, 1);
         INSERT INTO task_trail (task_id, kind, body, created_at) VALUES ('t', 'comment', 'word', 1);",
    );
    let found = |word: &str| {
        new.query_row(
            "SELECT group_concat(d.id, ' ' ORDER BY d.id) FROM search_words
             JOIN search_document d ON d.number = search_words.rowid WHERE search_words MATCH ?1",
            [word],
            |row| row.get::<_, Option<String>>(0),
        )
        .unwrap()
        .unwrap_or_default()
    };
    assert_eq!(found("word"), "d m t u");
    assert_eq!(found("last"), "t");
    new.execute_batch(
        "DELETE FROM message; UPDATE decision SET body = 'changed'; DELETE FROM task WHERE id = 'u'",
    )
    .unwrap();
    assert_eq!(found("word"), "t");
    assert_eq!(found("changed"), "d");
}

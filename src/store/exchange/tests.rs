//! Out of one store and into another, nothing is lost, doubled or bent.

use std::cell::RefCell;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::domain::presence::World;
use crate::store::schema;

/// A connection to a new store, filled by `sql`.
fn filled(sql: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    schema::build(&connection, "0123456789abcdef", 1).unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

fn export(connection: &Connection) -> Vec<Row> {
    let world = World::at_wall(1_000);
    let read = Read {
        connection,
        world: &world,
    };
    read.exported_rows().unwrap()
}

fn import(connection: &mut Connection, rows: &[Row]) -> Result<BTreeMap<String, Merged>, String> {
    let world = World::at_wall(1_000);
    let transaction = connection.transaction().unwrap();
    let write = Write {
        read: Read {
            connection: &transaction,
            world: &world,
        },
        sleepers: RefCell::default(),
    };
    match write.import("a", rows) {
        Ok(Ok(merged)) => {
            transaction.commit().unwrap();
            Ok(merged)
        }
        Ok(Err(misfit)) => Err(format!("{}: {}", misfit.at, misfit.why)),
        Err(error) => Err(error.to_string()),
    }
}

const SOME: &str = "
    INSERT INTO agent (id, name, created_at) VALUES ('a', 'a', 1), ('b', 'b', 1);
    INSERT INTO task (id, title, status, owner_id, created_at, updated_at)
        VALUES ('task-1', 'x', 'in_progress', 'a', 1, 1), ('task-2', 'x', 'pending', NULL, 1, 1);
    INSERT INTO task_dependency (task_id, depends_on_id) VALUES ('task-2', 'task-1');
    UPDATE task SET waits = 1 WHERE id = 'task-2';
    UPDATE task SET rank = 1 WHERE id = 'task-1';
    UPDATE agent SET current_task_id = 'task-1' WHERE id = 'a';
    INSERT INTO decision (id, agent_id, body, created_at) VALUES ('dec-2', 'a', 'x', 1);
    INSERT INTO decision (id, agent_id, body, created_at, superseded_by) VALUES ('dec-1', 'a', 'x', 1, 'dec-2');
    INSERT INTO activity (id, agent_id, event, body, created_at) VALUES
        ('act-1', 'a', 'task.created', 'task-1', 1), ('act-2', 'a', 'task.created', 'task-2', 1),
        ('act-4', 'a', 'decision.recorded', 'dec-1', 1), ('act-3', 'a', 'decision.recorded', 'dec-2', 1);
    INSERT INTO vote (id, question, opened_by, quorum, needed, opened_at, lasts) VALUES ('vote-1', 'x', 'a', '1', 1, 1, 1);
    INSERT INTO vote_option VALUES ('vote-1', 0, 'yes'), ('vote-1', 1, 'no');
    INSERT INTO vote_member VALUES ('vote-1', 'a', 'a');
    INSERT INTO vote_ballot (vote_id, agent_id, number, option, cast_at) VALUES ('vote-1', 'a', 1, 0, 1);
    INSERT INTO activity (id, agent_id, event, body, created_at) VALUES ('act-5', 'a', 'vote.opened', 'vote-1 x', 1);
    INSERT INTO presence (agent_id, turn, seen_at) VALUES ('a', 'active', 1);
    INSERT INTO setting VALUES ('lock.ttl', '60000');";

#[test]
fn what_was_exported_is_imported_and_exported_alike() {
    let rows = export(&filled(SOME));
    assert!(
        rows.iter()
            .all(|row| row.table != "presence" && !row.values.contains_key("current_task_id"))
    );
    let mut other = filled("");
    let merged = import(&mut other, &rows).unwrap();
    assert_eq!(
        merged.values().map(|counts| counts.added).sum::<usize>(),
        rows.len()
    );
    assert_eq!(export(&other), rows);
    let again = import(&mut other, &rows).unwrap();
    assert_eq!(
        again.values().map(|counts| counts.same).sum::<usize>(),
        rows.len()
    );
    let recorded: i64 = other
        .query_row(
            "SELECT count(*) FROM activity WHERE event = 'store.imported'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(recorded, 1);
}

#[test]
fn what_is_here_already_stays() {
    let mut here = filled(SOME);
    here.execute_batch("UPDATE task SET title = 'mine' WHERE id = 'task-2'")
        .unwrap();
    let merged = import(&mut here, &export(&filled(SOME))).unwrap();
    assert_eq!((merged["task"].kept, merged["task"].same), (1, 1));
    let title: String = here
        .query_row("SELECT title FROM task WHERE id = 'task-2'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(title, "mine");
}

/// What is said of one more row.
fn refusal(table: &str, values: Json) -> String {
    let mut rows = export(&filled(SOME));
    let Json::Object(values) = values else {
        panic!("a row is an object")
    };
    rows.push(Row {
        table: table.to_owned(),
        values,
    });
    let mut other = filled("");
    let refused = import(&mut other, &rows).unwrap_err();
    assert_eq!(export(&other), [], "{refused}");
    refused
}

#[test]
fn a_row_that_does_not_fit_is_named_and_nothing_is_imported() {
    use serde_json::json;
    let at = export(&filled(SOME)).len();
    for (table, values, why) in [
        ("nonsense", json!({}), "has no table nonsense"),
        ("presence", json!({"agent_id": "a"}), "belong to one machine"),
        ("task", json!({"id": "t", "colour": 1}), "has no column colour"),
        (
            "agent",
            json!({"id": "t", "current_task_id": "task-1"}),
            "has no column current_task_id",
        ),
        ("task", json!({"title": "t"}), "needs id"),
        (
            "task",
            json!({"id": "t", "title": ["x"]}),
            "neither text nor a number",
        ),
        (
            "task",
            json!({"id": "t", "title": "t"}),
            "NOT NULL constraint failed",
        ),
        (
            "task",
            json!({"id": 5, "title": "t", "status": "odd", "created_at": 1, "updated_at": 1}),
            "CHECK constraint",
        ),
        (
            "task",
            json!({"id": "t", "title": "t", "status": "pending", "created_at": "x", "updated_at": 1}),
            "cannot store TEXT",
        ),
    ] {
        let refused = refusal(table, values);
        assert!(
            refused.starts_with(&format!("{at}: ")) && refused.contains(why),
            "{refused}"
        );
    }
    for (table, values, why) in [
        (
            "task_file",
            json!({"task_id": "nothing", "path": "x"}),
            "refers to one that is not there",
        ),
        (
            "task_dependency",
            json!({"task_id": "task-1", "depends_on_id": "task-2", "kind": "after", "condition": "", "verdict": "waits"}),
            "a task waits for itself",
        ),
        (
            "decision",
            json!({"id": "d", "agent_id": "a", "body": "x", "created_at": 1}),
            "no record of a decision",
        ),
    ] {
        let refused = refusal(table, values);
        assert!(refused.contains(why), "{refused}");
    }
}

/// Text of every kind, often the same.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ab]{1,2}", 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_a_store_holds_survives_the_way_into_another(
        agents in proptest::collection::btree_map(text().prop_filter("an id", |id| !id.is_empty()), text(), 1..5),
        tasks in proptest::collection::btree_map("task-[a-z]{3}", (text(), any::<i64>(), any::<Option<i64>>()), 0..6),
        messages in proptest::collection::btree_map("msg-[a-z]{3}", (text(), text(), any::<bool>()), 0..6),
        notes in proptest::collection::vec((text(), text()), 0..9),
        left in proptest::collection::vec((text(), text()), 0..5),
    ) {
        let one = filled("");
        let first = agents.keys().next().unwrap().clone();
        let mut number = 0;
        let mut record = |event: &str, body: &str| {
            number += 1;
            one.execute(
                "INSERT INTO activity (id, agent_id, event, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                rusqlite::params![format!("act-{:x}", 99 - number), first, event, body, number % 3],
            ).unwrap();
        };
        for (id, name) in &agents {
            let name = if name.is_empty() { "x" } else { name };
            one.execute("INSERT INTO agent (id, name, created_at) VALUES (?1, ?2, 1)", [id, name]).unwrap();
        }
        for (id, (title, priority, done)) in &tasks {
            let status = if done.is_some() { "done" } else { "pending" };
            one.execute(
                "INSERT INTO task (id, title, status, priority, created_at, updated_at, completed_at)
                 VALUES (?1, ?2, ?3, ?4, 1, 1, ?5)",
                rusqlite::params![id, title, status, priority, done],
            ).unwrap();
            record("task.created", id);
            if done.is_some() {
                record("task.completed", id);
            }
        }
        for (id, (address, body, is_read)) in &messages {
            one.execute(
                "INSERT INTO message (id, sender_id, address, body, created_at) VALUES (?1, ?2, ?3, ?4, 1)",
                [id, &first, address, body],
            ).unwrap();
            one.execute(
                "INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at) VALUES (?1, ?2, 1, 0, ?3)",
                rusqlite::params![first, id, is_read.then_some(5)],
            ).unwrap();
            record("message.sent", &format!("{id} to x"));
        }
        for (event, body) in &notes {
            record(&format!("note.{event}"), body);
        }
        for (source, body) in left.iter().chain(left.first()) {
            one.execute("INSERT INTO leftover VALUES (?1, ?2)", [source, body]).unwrap();
        }
        let rows = export(&one);
        let mut other = filled("");
        import(&mut other, &rows).unwrap();
        prop_assert_eq!(export(&other), rows);
    }
}

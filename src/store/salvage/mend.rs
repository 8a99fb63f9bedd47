//! Making whole what was put together from parts.
//!
//! Only what would break a rule is changed, and in the way that loses least: who is spoken of and gone gets a
//! place without a history, a mention of something that is gone is dropped, and a row that is nothing without
//! what is gone goes, too.

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::domain::name;
use crate::store::tables::{TABLES, columns, quoted};

/// What no reference covers: each statement restores one rule.
const SETTLED: [&str; 8] = [
    "UPDATE task SET status = 'pending' WHERE status = 'in_progress' AND owner_id IS NULL",
    "UPDATE task SET owner_id = NULL WHERE status = 'pending' AND owner_id IS NOT NULL",
    "UPDATE agent SET current_task_id = NULL WHERE current_task_id IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM task t WHERE t.id = current_task_id AND t.owner_id = agent.id AND t.status = 'in_progress')",
    "UPDATE lock SET task_id = NULL WHERE task_id IN (SELECT id FROM task WHERE status IN ('done', 'cancelled'))",
    "DELETE FROM waiter WHERE ticket NOT IN (SELECT ticket FROM waiter_key)",
    "DELETE FROM delivery WHERE NOT EXISTS
         (SELECT 1 FROM recipient r WHERE r.message_id = delivery.message_id AND r.agent_id = delivery.agent_id)",
    "DELETE FROM touch WHERE NOT EXISTS
         (SELECT 1 FROM activity a WHERE a.seq = change AND a.agent_id = touch.agent_id AND a.path = touch.path)",
    "DELETE FROM lost_lock WHERE fence IN (SELECT fence FROM lock)",
];

/// A reference of one table to another.
struct Reference {
    table: &'static str,
    column: String,
    target: String,
    key: String,
}

/// Mends everything, and says how many rows were changed for it.
pub(super) fn mend(connection: &Connection) -> Result<usize> {
    let mut changed = 0;
    // What goes may be what another row refers to.
    loop {
        let mut now = 0;
        for reference in references(connection)? {
            now += mend_reference(connection, &reference)?;
        }
        for statement in SETTLED {
            now += connection.execute(statement, [])?;
        }
        if now == 0 {
            return Ok(changed);
        }
        changed += now;
    }
}

fn references(connection: &Connection) -> Result<Vec<Reference>> {
    let mut found = Vec::new();
    for table in &TABLES {
        let mut statement = connection
            .prepare("SELECT \"from\", \"table\", coalesce(\"to\", 'id') FROM pragma_foreign_key_list(?1)")?;
        let rows = statement.query_map([table.name], |row| {
            Ok(Reference {
                table: table.name,
                column: row.get(0)?,
                target: row.get(1)?,
                key: row.get(2)?,
            })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

fn mend_reference(connection: &Connection, reference: &Reference) -> Result<usize> {
    let (table, column) = (quoted([reference.table]), quoted([reference.column.as_str()]));
    let (target, key) = (
        quoted([reference.target.as_str()]),
        quoted([reference.key.as_str()]),
    );
    let gone = format!("{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {target})");
    if reference.target == "agent" {
        let mut statement =
            connection.prepare(&format!("SELECT DISTINCT {column} FROM {table} WHERE {gone}"))?;
        let ids: Vec<String> = statement
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for id in &ids {
            connection.execute(
                "INSERT INTO agent (id, name, created_at) VALUES (?1, ?2, 0)",
                params![id, name::made_up(id)],
            )?;
        }
        return Ok(ids.len());
    }
    let is_nullable = columns(connection, reference.table)?
        .iter()
        .any(|known| known.name == reference.column && known.is_nullable);
    let sql = if is_nullable {
        format!("UPDATE {table} SET {column} = NULL WHERE {gone}")
    } else {
        format!("DELETE FROM {table} WHERE {gone}")
    };
    Ok(connection.execute(&sql, [])?)
}

/// Lets the numbers that must never repeat go on from where they were; where nobody can tell, from far above.
pub(super) fn raise_sequences(
    connection: &Connection,
    known: Option<&[(String, i64)]>,
    leap: i64,
) -> Result<()> {
    for (name, highest) in [
        (
            "lock",
            "SELECT max(coalesce((SELECT max(fence) FROM lock), 0), coalesce((SELECT max(fence) FROM lost_lock), 0))",
        ),
        ("waiter", "SELECT coalesce((SELECT max(ticket) FROM waiter), 0)"),
        ("activity", "SELECT coalesce((SELECT max(seq) FROM activity), 0)"),
    ] {
        let highest: i64 = connection.query_row(highest, [], |row| row.get(0))?;
        let said = known.map(|known| known.iter().find(|(of, _)| of == name).map_or(0, |(_, seq)| *seq));
        let next = match said {
            Some(said) => highest.max(said),
            None => highest.saturating_add(leap),
        };
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [name])?;
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
            params![name, next],
        )?;
    }
    Ok(())
}

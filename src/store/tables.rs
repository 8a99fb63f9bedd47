//! Every table, and to whom its rows belong.
//!
//! What the repository owns can be handed to another clone; what belongs to this machine (who is here, what is
//! held and waited for, what was pushed to whom) means nothing anywhere else. A new table joins with one line,
//! and a test fails until it has one.

use rusqlite::Connection;

/// To whom the rows of a table belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The repository: they are exported.
    Repository {
        /// Columns whose values belong to this machine all the same.
        without: &'static [&'static str],
    },
    /// This machine and this moment.
    Machine,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// To whom its rows belong.
    pub(super) owner: Owner,
}

const fn repository(name: &'static str) -> Table {
    without(name, &[])
}

const fn without(name: &'static str, without: &'static [&'static str]) -> Table {
    Table {
        name,
        owner: Owner::Repository { without },
    }
}

const fn machine(name: &'static str) -> Table {
    Table {
        name,
        owner: Owner::Machine,
    }
}

/// Every table of the schema; what others refer to comes first. The index of words, `search_…`, is not among
/// them: it follows the other tables by itself, wherever their rows come from.
pub(super) static TABLES: [Table; 47] = [
    machine("meta"),
    repository("setting"),
    without("agent", &["current_task_id"]),
    repository("task"),
    repository("task_file"),
    repository("task_dependency"),
    repository("task_label"),
    repository("task_result"),
    // The number is this store's own; the order is kept.
    without("task_trail", &["seq"]),
    repository("task_offer"),
    repository("task_origin"),
    repository("message"),
    repository("recipient"),
    repository("decision"),
    repository("plan"),
    repository("plan_revision"),
    repository("plan_launch"),
    repository("vote"),
    repository("vote_option"),
    repository("vote_member"),
    repository("vote_ballot"),
    repository("plan_voice"),
    // The number is this store's own; the order is kept.
    without("activity", &["seq"]),
    repository("leftover"),
    machine("presence"),
    machine("session"),
    machine("hook_seen"),
    machine("lock"),
    machine("lost_lock"),
    machine("waiter"),
    machine("waiter_key"),
    machine("delivery"),
    machine("touch"),
    machine("told"),
    machine("file_state"),
    machine("append_intent"),
    machine("ping"),
    // Only the human sets it, and an import may be anybody's.
    machine("topology"),
    machine("human_shell"),
    // Only the human applies a policy, so none comes with an import.
    machine("policy"),
    machine("policy_call"),
    machine("policy_request"),
    machine("crew"),
    machine("crew_session"),
    machine("swarm"),
    machine("swarm_member"),
    machine("swarm_returned"),
];

/// The table of this name.
pub(super) fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// A column as the schema says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// Its place in the primary key, from 1 on; 0 outside of it.
    pub(super) key: i64,
    /// Whether it may be empty.
    pub(super) is_nullable: bool,
}

/// The columns of a table, as this database has them.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement =
        connection.prepare("SELECT name, pk, \"notnull\" FROM pragma_table_info(?1) ORDER BY cid")?;
    let columns = statement.query_map([table], |row| {
        let key: i64 = row.get(1)?;
        Ok(Column {
            name: row.get(0)?,
            key,
            is_nullable: !row.get::<_, bool>(2)? && key == 0,
        })
    })?;
    columns.collect()
}

/// The names in quotes, as SQL takes them. They are the schema's own, never anybody's text.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::schema;

    #[test]
    fn every_table_of_the_schema_has_an_owner_and_no_other_has() {
        let model = Connection::open_in_memory().unwrap();
        schema::build(&model, "", 0).unwrap();
        let mut statement = model
            .prepare(
                "SELECT name FROM sqlite_schema
                 WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT GLOB 'search_*'",
            )
            .unwrap();
        let made = statement.query_map([], |row| row.get(0)).unwrap();
        let made: BTreeSet<String> = made.map(Result::unwrap).collect();
        let owned: BTreeSet<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
        assert_eq!(
            made, owned,
            "say in TABLES whether a new table's rows are exported"
        );
        assert_eq!(owned.len(), TABLES.len());
    }

    #[test]
    fn what_is_left_out_is_a_column() {
        let model = Connection::open_in_memory().unwrap();
        schema::build(&model, "", 0).unwrap();
        for table in &TABLES {
            let Owner::Repository { without } = table.owner else {
                continue;
            };
            let columns = columns(&model, table.name).unwrap();
            for name in without {
                assert!(
                    columns.iter().any(|column| column.name == *name),
                    "{}.{name}",
                    table.name
                );
            }
        }
    }
}

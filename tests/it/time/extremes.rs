//! Times, counts and numbers in the store that no clock ever showed.

use serde_json::json;

use crate::env::{Dice, Output, TestEnv};

/// What a number in the store may be.
const EXTREMES: [i64; 7] = [
    i64::MIN,
    -62_167_219_200_001,
    -1,
    0,
    1_800_000_000_001,
    253_402_300_800_000,
    i64::MAX,
];

/// Mixtures that are tried beside every extreme everywhere.
const MIXTURES: usize = 5;

/// Every column that holds a time or the number of a process.
fn columns(env: &TestEnv) -> Vec<(String, String)> {
    let sql = env.sql();
    let mut statement = sql
        .prepare(
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND c.type = 'INTEGER' AND c.pk = 0
               AND (c.name LIKE '%\\_at' ESCAPE '\\' OR c.name IN
                   ('uptime', 'boot', 'pid', 'started', 'pid_boot', 'namespace', 'ttl', 'since', 'mark', 'priority'))
             ORDER BY 1, 2",
        )
        .unwrap();
    let columns = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    columns.map(Result::unwrap).collect()
}

/// A project in which every table that has times has a row.
fn project() -> TestEnv {
    let env = TestEnv::new();
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.begins();
    alice
        .run(["lock", "acquire", "README", "--reason", "x"])
        .succeeds();
    env.human().run(["task", "create", "T"]).succeeds();
    alice.run(["task", "claim", "T"]).succeeds();
    env.human().run(["task", "create", "U"]).succeeds();
    alice.run(["decision", "add", "D"]).succeeds();
    env.write("edited", "");
    alice.before_edit("edited").succeeds();
    alice.after_edit("edited").succeeds();
    bob.tells("alice", "a word");
    alice.tells("bob", "another");
    bob.run(["append", "notes", "--content", "x"]).succeeds();
    env
}

#[track_caller]
fn is_orderly(what: &str, output: &Output, allowed: &[i32]) {
    output
        .never_says("panicked")
        .never_says("an error of its own")
        .never_says("is not protecting");
    assert!(allowed.contains(&output.status), "{what}: {}", output.shown());
}

/// Looks, changes and lets the client ask; nothing of it may stumble.
fn try_everything(env: &TestEnv, what: &str) {
    let (alice, bob) = (env.agent("alice"), env.agent("bob"));
    let commands: [&[&str]; 23] = [
        &["status"],
        &["status", "--json"],
        &["agent", "list", "--all"],
        &["agent", "show", "bob"],
        &["lock", "list", "--all"],
        &["lock", "list", "--json"],
        &["lock", "check", "--fence", "1", "README"],
        &["task", "list"],
        &["task", "show", "T"],
        &["message", "inbox", "--all"],
        &["message", "sent"],
        &["decision", "list"],
        &["activity", "list"],
        &["report", "--json"],
        &["report", "--since", "all", "-o", "-"],
        &["task", "next"],
        &["lock", "renew", "README"],
        &["lock", "acquire", "README"],
        &["lock", "acquire", "edited", "--wait", "0s"],
        &["append", "notes", "--content", "y"],
        &["doctor"],
        &["gc"],
        &["lock", "release", "--all"],
    ];
    for (at, command) in commands.into_iter().enumerate() {
        let actor = if at % 2 == 0 { &alice } else { &bob };
        // A doctor that finds something wrong says so with 1.
        let allowed: &[i32] = if command == ["doctor"] {
            &[0, 1]
        } else {
            &[0, 3, 4, 5]
        };
        is_orderly(
            &format!("{what} {command:?}"),
            &actor.run_with(command, b""),
            allowed,
        );
    }
    for hook in &agent_sync::hook::HOOKS {
        for (actor, file) in [(&alice, "edited"), (&bob, "README")] {
            let mut payload = actor.edit_of(file);
            payload["source"] = json!("startup");
            payload["duration_ms"] = json!(i64::MAX);
            let output = actor.hook(hook.name, &payload);
            is_orderly(&format!("{what} {}", hook.name), &output, &[0, 2]);
        }
    }
}

#[test]
fn no_number_in_the_store_makes_anything_stumble() {
    let mut dice = Dice::new(4);
    for round in 0..EXTREMES.len() + MIXTURES {
        let env = project();
        let sql = env.sql();
        // The pairs of numbers that name a process are checked to be there together, not what they are.
        sql.execute_batch("PRAGMA ignore_check_constraints = 1").unwrap();
        for (table, column) in columns(&env) {
            let value = EXTREMES
                .get(round)
                .copied()
                .unwrap_or_else(|| EXTREMES[dice.pick(EXTREMES.len())]);
            sql.execute(&format!("UPDATE {table} SET {column} = ?1"), [value])
                .unwrap();
        }
        try_everything(&env, &format!("round {round}"));
    }
}

#[test]
fn no_moment_of_the_clock_itself_makes_anything_stumble() {
    for wall in EXTREMES {
        let env = project();
        let alice = env
            .agent("alice")
            .with("AGENT_SYNC_TEST_CLOCK", &format!("{wall},{wall},7"));
        for command in [
            &["status"][..],
            &["lock", "acquire", "new"],
            &["lock", "list"],
            &["gc"],
        ] {
            is_orderly(
                &format!("at {wall} {command:?}"),
                &alice.run_with(command, b""),
                &[0, 3],
            );
        }
        for hook in &agent_sync::hook::HOOKS {
            let output = alice.hook(hook.name, &alice.edit_of("edited"));
            is_orderly(&format!("at {wall} {}", hook.name), &output, &[0, 2]);
        }
    }
}

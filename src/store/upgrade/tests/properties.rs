//! Whatever an old database holds, nothing of it is lost.

use std::collections::BTreeSet;

use chrono::DateTime;
use proptest::prelude::*;
use rusqlite::{OptionalExtension as _, params_from_iter};

use super::*;

/// A value that somebody might have put into a column.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => "[ab]{0,2}".prop_map(Value::Text),
        1 => prop_oneof![
            Just("all"), Just("operator"), Just("active"), Just("in_progress"), Just("blocked"), Just("file"),
            Just("resource"), Just("task a"), Just("x\n[blocked] y"), Just("../a"), Just("/a"), Just("./a/../b"),
        ].prop_map(|text| Value::Text(text.to_owned())),
        2 => (0..3_000_000_000_000_i64).prop_map(|ms| {
            Value::Text(DateTime::from_timestamp_millis(ms).unwrap().to_string().replace(" UTC", "+00:00"))
        }),
        1 => any::<String>().prop_map(Value::Text),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => any::<f64>().prop_map(Value::Real),
        1 => proptest::collection::vec(any::<u8>(), 0..4).prop_map(Value::Blob),
        1 => Just(Value::Null),
    ]
}

const WIDTHS: [(&str, usize); 9] = [
    ("agents", 9),
    ("tasks", 9),
    ("task_files", 2),
    ("task_deps", 2),
    ("locks", 6),
    ("messages", 8),
    ("message_deliveries", 3),
    ("decisions", 4),
    ("activity", 7),
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_an_old_database_holds_is_upgraded_without_loss(
        inserts in proptest::collection::vec((0..WIDTHS.len(), proptest::collection::vec(anything(), 9)), 0..60)
    ) {
        let place = Place::with("");
        let connection = place.connection();
        connection.execute_batch("BEGIN").unwrap();
        for (table, values) in &inserts {
            let (table, width) = WIDTHS[*table];
            let marks = vec!["?"; width].join(", ");
            connection
                .execute(&format!("INSERT OR IGNORE INTO {table} VALUES ({marks})"), params_from_iter(&values[..width]))
                .unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        let before = WIDTHS.map(|(table, _)| number(&connection, &format!("SELECT count(*) FROM {table}")));
        drop(connection);
        let (new, counts) = place.upgraded();
        for ((source, table), before) in [
            ("agents", "agent"), ("tasks", "task"), ("task_files", "task_file"), ("task_deps", "task_dependency"),
            ("locks", "lock"), ("messages", "message"), ("message_deliveries", "delivery"),
            ("decisions", "decision"), ("activity", "activity"),
        ].into_iter().zip(before) {
            let kept = leftovers(&new, source);
            let homeless = ["is taken", "is empty", "no such task", "cycle", "had lapsed", "locked already", "not a recipient"];
            let skipped = kept.iter().filter(|row| {
                let why = row["why"].as_str().unwrap();
                homeless.iter().any(|reason| why.contains(reason))
            });
            let skipped = i64::try_from(skipped.count()).unwrap();
            let taken = kept.iter().filter(|row| row["why"].as_str().unwrap().contains("id is taken"));
            let taken = i64::try_from(taken.count()).unwrap();
            let after = number(&new, &format!("SELECT count(*) FROM {table}"));
            match table {
                // Who is only mentioned comes on top, and the empty id has a place.
                "agent" => {
                    prop_assert_eq!(i64::try_from(counts.agents).unwrap() + taken, before);
                    prop_assert!(after + taken >= before);
                }
                // Duplicates are folded.
                "task_file" => prop_assert!(after + skipped <= before),
                "delivery" => prop_assert!(skipped <= before),
                "activity" => prop_assert_eq!(after - 1 + skipped, before),
                _ => prop_assert_eq!(after + skipped, before, "{}", table),
            }
        }
        let agents: BTreeSet<String> = lines(&new, "SELECT name FROM agent").into_iter().collect();
        prop_assert_eq!(i64::try_from(agents.len()).unwrap(), number(&new, "SELECT count(*) FROM agent"));
        prop_assert_eq!(lines(&new, "PRAGMA foreign_key_check"), Vec::<String>::new());
        prop_assert_eq!(lines(&new, "PRAGMA integrity_check"), ["ok"]);
        prop_assert_eq!(crate::store::invariants::violations(&new).unwrap(), []);
        let absent = new.query_row("SELECT 1 FROM agent WHERE id NOT IN (SELECT agent_id FROM presence)", [], |_| Ok(()));
        prop_assert!(absent.optional().unwrap().is_none());
    }
}

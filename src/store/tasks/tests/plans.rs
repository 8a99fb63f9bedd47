//! Nothing that happens while thousands of tasks wait may look at all of them.

use super::super::{graph, hand_out, list, news, ranks, rows};
use super::store;
use crate::domain::presence::World;

fn plan(sql: &str) -> Vec<String> {
    let (_place, store) = store();
    store
        .read(&World::at_wall(1), |read| {
            let sql = format!("EXPLAIN QUERY PLAN {sql}");
            let mut statement = read.connection.prepare(&sql)?;
            let count = statement.parameter_count();
            let nothing = vec![rusqlite::types::Null; count];
            let rows = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap()
}

#[test]
fn ready_tasks_are_read_along_one_index_in_the_order_in_which_they_are_handed_out() {
    let steps = plan(hand_out::READY);
    assert_eq!(
        steps,
        ["SEARCH t USING INDEX task_by_status (status=? AND waits=?)"]
    );
}

#[test]
fn what_the_dead_left_behind_is_looked_for_among_what_somebody_works_on() {
    let steps = plan(hand_out::HELD);
    let searches: Vec<&String> = steps
        .iter()
        .filter(|step| step.contains("task_by_status"))
        .collect();
    assert_eq!(searches.len(), 2, "{steps:?}");
    let is_fine = |step: &String| !step.starts_with("SCAN") && !step.contains("(status=? AND waits");
    assert!(steps.iter().all(is_fine), "{steps:?}");
}

#[test]
fn what_follows_from_one_task_looks_only_at_what_depends_on_it() {
    for sql in [
        graph::ASKED,
        graph::SET_VERDICT,
        graph::COUNT_WAITS,
        graph::DISCARD,
        graph::REVIVE,
        graph::BLAME,
        graph::FREED,
        graph::SHAKEN,
        ranks::SET_RANK,
        ranks::OPEN_DEPENDENCIES,
    ] {
        let steps = plan(sql);
        // `n` and `h` are what a subquery of the statement gives: one row per task that depends on the one.
        let scans: Vec<&String> = steps
            .iter()
            .filter(|step| step.starts_with("SCAN") && *step != "SCAN n" && *step != "SCAN h")
            .collect();
        assert!(scans.is_empty(), "{sql}: {steps:?}");
        assert!(
            steps.iter().any(|step| step.starts_with("SEARCH")),
            "{sql}: {steps:?}"
        );
    }
}

#[test]
fn some_of_the_tasks_are_found_without_reading_all_of_them() {
    for set in [
        rows::ONE,
        rows::READY,
        list::OWNED,
        list::LABELLED,
        list::IN_STATES,
        list::DEPENDENTS,
        list::DEPENDENCIES,
    ] {
        for sql in rows::statements(set) {
            let steps = plan(&sql);
            let scans = |step: &&String| step.starts_with("SCAN") && !step.starts_with("SCAN json_each");
            assert_eq!(steps.iter().find(scans), None, "{sql}: {steps:?}");
        }
    }
    let steps = plan(list::TRAIL);
    let scans = plan(news::NEWS);
    assert!(!scans.iter().any(|step| step.starts_with("SCAN")), "{scans:?}");
    assert!(
        steps[0].starts_with("SEARCH a USING INDEX activity_of_task (body>? AND body<?)"),
        "{steps:?}"
    );
}

//! What is put off at the end of long chains is made good before it matters.

use super::{request, store};
use crate::domain::presence::World;
use crate::domain::task::Kind;
use crate::store::{NewDependency, NewTask, Write};

/// Longer than what one change looks at.
const LONG: usize = 1_000;

fn after(on: &str) -> NewDependency {
    NewDependency {
        on: on.to_owned(),
        kind: Kind::After,
    }
}

/// Two chains of equal length, the earlier one first: the end of the later one.
fn two_chains(write: &Write<'_>) -> anyhow::Result<String> {
    let mut end = String::new();
    for title in ["Earlier", "Later"] {
        let first = NewTask {
            title,
            ..NewTask::default()
        };
        let mut id = write.add_task("a", &first)?.id;
        for _ in 1..LONG {
            let dependencies = [after(&id)];
            let next = NewTask {
                title: "Link",
                dependencies: &dependencies,
                ..NewTask::default()
            };
            id = write.add_task("a", &next)?.id;
        }
        end = id;
    }
    write.rank_all()?;
    Ok(end)
}

fn rank(write: &Write<'_>, title: &str) -> u32 {
    write.find_task(title).unwrap().rank
}

#[test]
fn a_chain_that_grew_longer_than_another_is_begun_first_however_long_both_are() {
    let (_place, mut store) = store();
    let end = store.write(&World::at_wall(1), two_chains).unwrap();
    let long = u32::try_from(LONG).unwrap();
    store
        .write(&World::at_wall(2), |write| {
            assert_eq!(
                (rank(write, "Earlier"), rank(write, "Later")),
                (long - 1, long - 1)
            );
            let dependencies = [after(&end)];
            let new = NewTask {
                title: "One more",
                dependencies: &dependencies,
                ..NewTask::default()
            };
            write.create_task("a", &new)?;
            assert_eq!(rank(write, "Later"), long - 1, "it was put off");
            Ok(())
        })
        .unwrap();
    let out = store
        .write(&World::at_wall(3), |write| write.next_task(&request("a")))
        .unwrap();
    let claimed = out.claimed.unwrap().task;
    assert_eq!((claimed.title.as_str(), claimed.rank), ("Later", long));
}

//! The graph against a simple model, and how its questions are answered.

mod plans;
mod properties;
mod ranks;

use crate::domain::agent::Kin;
use crate::domain::presence::World;
use crate::store::{Purpose, Registration, Request, Store, Write, create};

/// A new store in which agent `a` is.
fn store() -> (tempfile::TempDir, Store) {
    let place = tempfile::tempdir().unwrap();
    let database = place.path().join("coordination/state.sqlite");
    create(&database, 1, |_| Ok(())).unwrap();
    let mut store = Store::open(&database, Purpose::Hook).unwrap();
    store
        .write(&World::at_wall(0), |write| {
            join(write, "a")?;
            write.set("tasks.wip_limit", Some("100"))
        })
        .unwrap();
    (place, store)
}

fn join(write: &Write<'_>, id: &str) -> anyhow::Result<()> {
    write.register(&Registration {
        id,
        ..Registration::default()
    })?;
    Ok(())
}

fn request(agent: &str) -> Request<'_> {
    Request {
        agent: Kin {
            id: agent,
            parent: None,
        },
        tree: "",
        lock: false,
        role: None,
        labels: &[],
        another: true,
    }
}

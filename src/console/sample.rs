//! A small repository to try the console on.

use super::snapshot::Snapshot;
use crate::domain::activity::Activity;
use crate::domain::agent::{Agent, OPERATOR};
use crate::domain::decision::Decision;
use crate::domain::lock::{Key, Lock, Mode, PathKey, Wanted};
use crate::domain::message::{Message, Priority, Progress};
use crate::domain::presence::{Presence, Sighting, Turn};
use crate::domain::task::{Dependency, Kind, Status, Task, Verdict};
use crate::domain::time::{HOUR, Moment};
use crate::domain::wait::Waiter;

pub(super) fn agent(id: &str, presence: Presence) -> Agent {
    Agent {
        id: id.to_owned(),
        name: format!("{id}-name"),
        role: None,
        parent: None,
        current_task: None,
        created_at: 0,
        sighting: Sighting {
            turn: Turn::Active,
            seen: Moment::at_wall(0),
            proof: None,
        },
        cwd: Some("/work/repo".to_owned()),
        presence,
    }
}

pub(super) fn path(tree: &str, path: &str) -> Key {
    Key::Path(PathKey {
        tree: tree.to_owned(),
        path: path.to_owned(),
    })
}

pub(super) fn lock(fence: i64, key: Key, holder: &str) -> Lock {
    Lock {
        fence,
        is_directory: false,
        is_pattern: false,
        inode: None,
        mode: Mode::Exclusive,
        is_implicit: false,
        holder: holder.to_owned(),
        holder_name: format!("{holder}-name"),
        holder_parent: None,
        presence: Presence::Active,
        reason: Some("to mend it".to_owned()),
        task: None,
        acquired_at: 0,
        leased: Moment::at_wall(0),
        ttl: HOUR,
        key,
    }
}

pub(super) fn message(id: &str, sender: &str, to: &str, body: &str) -> Message {
    Message {
        id: id.to_owned(),
        sender: sender.to_owned(),
        sender_name: format!("{sender}-name"),
        address: to.to_owned(),
        body: body.to_owned(),
        reply_to: None,
        created: Moment::at_wall(0),
        priority: Priority::Normal,
        ttl: None,
        wants_ack: false,
        is_directed: true,
        progress: (to == OPERATOR).then(|| Progress::queued(0)),
    }
}

pub(super) fn task(id: &str, title: &str, status: Status, owner: Option<&str>) -> Task {
    Task {
        status,
        owner: owner.map(str::to_owned),
        owner_name: owner.map(|owner| format!("{owner}-name")),
        ..Task::named(id, title)
    }
}

/// Three agents, one of them gone; tasks of which some wait; locks and one who waits; messages to the human and to
/// others; and text that would do harm if it could.
pub(super) fn snapshot() -> Snapshot {
    let mut seen = Snapshot::empty(Moment::at_wall(60_000));
    seen.agents = vec![
        agent("a", Presence::Active),
        agent("b", Presence::Idle),
        agent("c", Presence::Offline),
    ];
    seen.agents[0].name = "evil\u{1b}[2J\u{202e}name".to_owned();
    let waits = Task {
        dependencies: vec![Dependency {
            on: "task-hers".to_owned(),
            kind: Kind::After,
            verdict: Verdict::Waits,
        }],
        ..task("task-late", "後で書く 😀 documents", Status::Pending, None)
    };
    seen.tasks = vec![
        task("task-hers", "Make <b>it</b> work", Status::InProgress, Some("a")),
        task("task-mine", "Title of mine", Status::InProgress, Some(OPERATOR)),
        task("task-free", "Title of free", Status::Pending, None),
        waits,
    ];
    seen.counts = [2, 0, 2, 0, 4, 0];
    seen.locks = vec![
        lock(1, path("", "src"), "b"),
        lock(2, path("", "mine"), OPERATOR),
        lock(3, Key::Resource("the db".to_owned()), "a"),
    ];
    seen.waiters = vec![Waiter {
        ticket: 17,
        agent: "a".to_owned(),
        agent_name: "a-name".to_owned(),
        agent_parent: None,
        mode: Mode::Exclusive,
        since: 0,
        keys: vec![Wanted::plain(path("", "src/a.rs"))],
    }];
    seen.messages = vec![
        message("msg-3", "a", OPERATOR, "May I?\nSecond line"),
        message("msg-2", "b", "a", "Between the two of us"),
        message("msg-1", OPERATOR, "b", "What I said"),
    ];
    seen.decisions = vec![Decision {
        id: "dec-1".to_owned(),
        agent: "a".to_owned(),
        agent_name: "a-name".to_owned(),
        body: "Tabs".to_owned(),
        created_at: 0,
        superseded_by: None,
    }];
    seen.activity = (0..40)
        .map(|number| Activity {
            id: format!("act-{number}"),
            agent: Some("b".to_owned()),
            agent_name: Some("b-name".to_owned()),
            event: "lock.acquired".to_owned(),
            body: format!("entry {number}"),
            tool: None,
            path: None,
            created_at: 0,
        })
        .collect();
    seen
}

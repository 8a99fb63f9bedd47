//! Who goes first, and which waits are refused.

use super::*;
use crate::domain::lock::{DEFAULT_TTL, PathKey};
use crate::domain::presence::Presence;
use crate::domain::time::Moment;

fn path(path: &str) -> Key {
    Key::Path(PathKey {
        tree: String::new(),
        path: path.to_owned(),
    })
}

fn held(holder: &str, what: &str, mode: Mode) -> Lock {
    Lock {
        fence: 1,
        key: path(what),
        is_directory: false,
        is_pattern: false,
        inode: None,
        mode,
        is_implicit: false,
        holder: holder.to_owned(),
        holder_name: holder.to_uppercase(),
        holder_parent: None,
        presence: Presence::Active,
        reason: None,
        task: None,
        acquired_at: 0,
        leased: Moment::at_wall(0),
        ttl: DEFAULT_TTL,
    }
}

fn lock(holder: &str, what: &str) -> Lock {
    held(holder, what, Mode::Exclusive)
}

fn waiter(ticket: i64, agent: &str, what: &[&str]) -> Waiter {
    Waiter {
        ticket,
        agent: agent.to_owned(),
        agent_name: agent.to_uppercase(),
        agent_parent: None,
        mode: Mode::Exclusive,
        since: 0,
        keys: what.iter().map(|what| Wanted::plain(path(what))).collect(),
    }
}

fn sharing(waiter: Waiter) -> Waiter {
    Waiter {
        mode: Mode::Shared,
        ..waiter
    }
}

/// Who stands in the way of somebody who tries without a ticket.
fn against(line: Line<'_>, agent: &str, what: &[&str]) -> Option<String> {
    obstacle(line, &waiter(i64::MAX, agent, what))
}

fn obstacle(line: Line<'_>, waiter: &Waiter) -> Option<String> {
    line.obstacle(&waiter.wish()).map(|conflict| match conflict.by {
        Obstacle::Held(lock) => lock.holder,
        Obstacle::Awaited(waiter) => format!("line: {}", waiter.agent),
    })
}

/// `a>b:x b>a:y` for a circle.
fn circle(line: Line<'_>, ticket: i64) -> Option<String> {
    let links = line.circle(ticket)?.into_iter().map(|link| {
        let Key::Path(key) = link.key else {
            unreachable!("tests lock paths")
        };
        format!("{}>{}:{}", link.waiter.0, link.holder.0, key.path)
    });
    Some(links.collect::<Vec<_>>().join(" "))
}

#[test]
fn nobody_jumps_the_line_not_even_without_a_ticket() {
    let waiters = [waiter(1, "b", &["x"]), waiter(2, "c", &["x"])];
    let line = Line {
        locks: &[],
        waiters: &waiters,
    };
    assert_eq!(obstacle(line, &waiters[0]), None);
    assert_eq!(obstacle(line, &waiters[1]).as_deref(), Some("line: b"));
    assert_eq!(against(line, "d", &["x"]).as_deref(), Some("line: b"));
    assert_eq!(against(line, "d", &["y"]), None);
}

#[test]
fn a_wish_names_the_holder_and_waits_for_the_nearest_ticket() {
    let waiters = [
        waiter(1, "b", &["x"]),
        waiter(2, "c", &["x"]),
        waiter(3, "d", &["x"]),
    ];
    let locks = [lock("a", "x")];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    let conflict = line.obstacle(&waiters[2].wish()).unwrap();
    assert_eq!(conflict.behind, Some(2));
    assert!(matches!(conflict.by, Obstacle::Held(lock) if lock.holder == "a"));
}

#[test]
fn those_who_share_do_not_wait_for_each_other_but_for_whoever_does_not() {
    let shared = |agent| held(agent, "x", Mode::Shared);
    let locks = [shared("a")];
    let waiters = [
        sharing(waiter(1, "b", &["x"])),
        waiter(2, "c", &["x"]),
        sharing(waiter(3, "d", &["x"])),
    ];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!(obstacle(line, &waiters[0]), None);
    assert_eq!(obstacle(line, &waiters[1]).as_deref(), Some("a"));
    assert_eq!(
        obstacle(line, &waiters[2]).as_deref(),
        Some("line: c"),
        "sharing must not starve the others"
    );
}

#[test]
fn an_implicit_lease_stops_nobody() {
    let locks = [Lock {
        is_implicit: true,
        ..lock("a", "x")
    }];
    let line = Line {
        locks: &locks,
        waiters: &[],
    };
    assert_eq!(against(line, "b", &["x"]), None);
}

#[test]
fn whoever_is_waited_for_passes_those_who_wait_for_it() {
    // b waits for what a holds, and wants y, too: a may take y, or neither would ever go on.
    let locks = [lock("a", "x")];
    let waiters = [waiter(1, "b", &["x", "y"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!(against(line, "a", &["y"]), None);
    assert_eq!(against(line, "c", &["y"]).as_deref(), Some("line: b"));
}

#[test]
fn waiting_for_somebody_reaches_through_others_and_through_the_line() {
    // c waits behind b in the line, b waits for a's lock; a wants what only c wants, too.
    let locks = [lock("a", "x")];
    let waiters = [waiter(1, "b", &["x", "y"]), waiter(2, "c", &["y", "z"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!(against(line, "a", &["z"]), None);
    assert_eq!(against(line, "d", &["z"]).as_deref(), Some("line: c"));
}

#[test]
fn a_subagent_passes_those_who_wait_for_its_parent() {
    let locks = [lock("a", "x")];
    let waiters = [waiter(1, "b", &["x", "y"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    let child = Waiter {
        agent_parent: Some("a".to_owned()),
        ..waiter(2, "a.1", &["y"])
    };
    assert_eq!(obstacle(line, &child), None);
}

#[test]
fn a_circle_is_named_from_the_youngest_ticket_on() {
    let locks = [lock("a", "x"), lock("b", "y")];
    let waiters = [waiter(1, "a", &["y"]), waiter(2, "b", &["x"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!(circle(line, 2).as_deref(), Some("b>a:x a>b:y"));
    assert_eq!(circle(line, 1), None, "only the youngest gives up");
}

#[test]
fn a_circle_of_three_is_found_and_a_chain_is_none() {
    let locks = [lock("a", "x"), lock("b", "y"), lock("c", "z")];
    let waiters = [
        waiter(1, "a", &["y"]),
        waiter(2, "b", &["z"]),
        waiter(3, "c", &["x"]),
    ];
    let line = |count: usize| Line {
        locks: &locks,
        waiters: &waiters[..count],
    };
    assert_eq!(circle(line(2), 2), None);
    assert_eq!(circle(line(3), 3).as_deref(), Some("c>a:x a>b:y b>c:z"));
}

#[test]
fn two_who_share_and_both_want_it_alone_are_a_circle() {
    let locks = [held("a", "x", Mode::Shared), held("b", "x", Mode::Shared)];
    let waiters = [waiter(1, "a", &["x"]), waiter(2, "b", &["x"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!(circle(line, 2).as_deref(), Some("b>a:x a>b:x"));
}

#[test]
fn a_place_in_the_line_alone_never_makes_a_circle() {
    // Each waits for c's lock, and each wants what the other wants in another order.
    let locks = [lock("c", "x")];
    let waiters = [waiter(1, "a", &["x", "y"]), waiter(2, "b", &["y", "x"])];
    let line = Line {
        locks: &locks,
        waiters: &waiters,
    };
    assert_eq!((circle(line, 1), circle(line, 2)), (None, None));
}

/// Small numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn whatever_happens_somebody_can_always_go_on() {
    const AGENTS: [&str; 5] = ["a", "b", "c", "d", "e"];
    const PATHS: [&str; 4] = ["w", "x", "y", "z"];
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let (mut locks, mut waiters): (Vec<Lock>, Vec<Waiter>) = (Vec::new(), Vec::new());
        for ticket in 1..40 {
            let agent = AGENTS[usize::try_from(dice.roll(5)).unwrap()];
            if waiters.iter().any(|waiter| waiter.agent == agent) {
                continue;
            }
            let first = usize::try_from(dice.roll(4)).unwrap();
            let count = 1 + usize::try_from(dice.roll(2)).unwrap();
            let keys: Vec<&str> = (0..count).map(|at| PATHS[(first + at) % 4]).collect();
            waiters.push(waiter(ticket, agent, &keys));
            let line = Line {
                locks: &locks,
                waiters: &waiters,
            };
            if line.circle(ticket).is_some() {
                waiters.pop();
                locks.retain(|lock| lock.holder != agent);
            }
            serve(&mut locks, &mut waiters);
        }
        // Those who do not wait finish; then everybody must get a turn.
        while !waiters.is_empty() {
            let left = waiters.len();
            locks.retain(|lock| waiters.iter().any(|waiter| waiter.agent == lock.holder));
            serve(&mut locks, &mut waiters);
            assert!(
                waiters.len() < left,
                "seed {seed}: nobody can go on: {waiters:?} {locks:?}"
            );
        }
    }
}

/// Grants what can be granted, one after another.
fn serve(locks: &mut Vec<Lock>, waiters: &mut Vec<Waiter>) {
    while let Some(at) = (0..waiters.len()).find(|at| {
        let line = Line { locks, waiters };
        line.obstacle(&waiters[*at].wish()).is_none()
    }) {
        let served = waiters.remove(at);
        for key in served.keys {
            if let Key::Path(PathKey { path, .. }) = key.key
                && !locks
                    .iter()
                    .any(|lock| lock.holder == served.agent && lock.key == self::path(&path))
            {
                locks.push(lock(&served.agent, &path));
            }
        }
    }
}

//! Made-up histories, and the numbers that they come to.

use proptest::prelude::*;

use super::*;
use crate::domain::activity::{TURN_BEGAN, TURN_ENDED};
use crate::domain::agent::Agent;
use crate::domain::key::{Key, PathKey};
use crate::domain::lock::{Lock, Mode};
use crate::domain::message::{Priority, State};
use crate::domain::presence::{Presence, Sighting, Turn as Said};
use crate::domain::time::Moment;

pub(super) fn fact(at: i64, agent: &str, event: &str) -> Fact {
    Fact {
        at,
        agent: (!agent.is_empty()).then(|| agent.to_owned()),
        event: event.to_owned(),
        body: String::new(),
        tool: None,
        place: None,
    }
}

fn place(path: &str) -> PathKey {
    PathKey {
        tree: String::new(),
        path: path.to_owned(),
    }
}

pub(super) fn at(path: &str, fact: Fact) -> Fact {
    Fact {
        place: Some(place(path)),
        ..fact
    }
}

/// A window from 0 to 1000.
pub(super) fn history(facts: Vec<Fact>, agents: Vec<Agent>) -> History {
    History {
        asked_from: 0,
        window: Span { from: 0, to: 1_000 },
        now: Moment::at_wall(1_000),
        oldest: Some(0),
        kept_for: None,
        facts,
        letters: Vec::new(),
        lacks_letters: false,
        in_sessions: agents.iter().map(|agent| agent.id.clone()).collect(),
        agents,
        locks: Vec::new(),
        waiters: Vec::new(),
        tasks: Vec::new(),
        decisions: Vec::new(),
        queued: Vec::new(),
    }
}

pub(super) fn agent(id: &str, turn: Said, presence: Presence) -> Agent {
    Agent {
        id: id.to_owned(),
        name: id.to_owned(),
        role: None,
        parent: None,
        current_task: None,
        created_at: 0,
        sighting: Sighting {
            turn,
            seen: Moment::at_wall(0),
            proof: None,
        },
        cwd: None,
        presence,
    }
}

pub(super) fn lock(path: &str, holder: &str, acquired_at: i64, ttl: i64) -> Lock {
    Lock {
        fence: 1,
        key: Key::Path(place(path)),
        is_directory: false,
        is_pattern: false,
        inode: None,
        mode: Mode::Exclusive,
        is_implicit: false,
        holder: holder.to_owned(),
        holder_name: holder.to_owned(),
        holder_parent: None,
        presence: Presence::Active,
        reason: None,
        task: None,
        acquired_at,
        leased: Moment::at_wall(acquired_at),
        ttl,
    }
}

pub(super) fn letter(id: &str, sender: &str, recipient: &str, sent_at: i64) -> Letter {
    Letter {
        id: id.to_owned(),
        sender: sender.to_owned(),
        recipient: recipient.to_owned(),
        body: "text".to_owned(),
        priority: Priority::Normal,
        is_directed: true,
        sent_at,
        state: State::Queued,
        state_at: sent_at,
        seen_at: None,
        offered_at: None,
    }
}

fn measured(facts: Vec<Fact>) -> Metrics {
    let history = history(facts, Vec::new());
    measure(&history, &Timeline::of(&history))
}

#[test]
fn what_is_not_known_is_not_zero() {
    let metrics = measured(Vec::new());
    assert_eq!(metrics.waiting.share, None);
    assert_eq!(metrics.waiting.granted_after, None);
    assert_eq!(metrics.messages.seen_after, None);
    assert_eq!(metrics.share_in_agent_sync, None);
    assert_eq!(metrics.prevented.known(), 0);
}

#[test]
fn the_share_of_waiting_is_that_of_the_time_in_turns() {
    let ticket = |fact: Fact| Fact {
        body: "ticket 1".to_owned(),
        ..fact
    };
    let metrics = measured(vec![
        fact(100, "a", TURN_BEGAN),
        fact(100, "b", TURN_BEGAN),
        // What goes on in the background after the turn costs no turn.
        ticket(at("x", fact(200, "a", "lock.awaited"))),
        fact(300, "a", TURN_ENDED),
        at("x", fact(400, "a", "lock.acquired")),
        fact(900, "b", TURN_ENDED),
    ]);
    assert_eq!((metrics.turns.count, metrics.turns.time_ms), (2, 1_000));
    assert_eq!(metrics.waiting.time_ms, 200);
    assert_eq!(metrics.waiting.share, Some(0.1));
    assert_eq!(metrics.waiting.granted_after.unwrap().p50_ms, 200);
    assert_eq!(metrics.queues.line_deepest, 1);
}

#[test]
fn every_rule_that_refused_is_counted_by_itself() {
    let because = |why: &str| Fact {
        body: why.to_owned(),
        ..fact(5, "a", "message.refused")
    };
    let by_hook = |event: &str, body: &str| Fact {
        body: body.to_owned(),
        ..at("x", fact(9, "a", event))
    };
    let metrics = measured(vec![
        at("x", fact(1, "a", "lock.refused")),
        at("x", fact(2, "a", "lock.refused")),
        because("its recipient is gone"),
        because("too much waits for its recipient"),
        because("its sender sends too many"),
        because("the topology leads another way"),
        fact(7, "", "task.abandoned"),
        at("x", fact(8, "b", "edit.told")),
        by_hook("edit.refused", "a lock of b"),
        by_hook("edit.refused", "an edit in progress of b"),
        by_hook("edit.refused", "the loss of its own lock"),
        by_hook("command.refused", "a lock of b"),
        by_hook("command.refused", "uncommitted work of b"),
        by_hook("commit.refused", "files of b, c"),
        by_hook("commit.refused", "files of b"),
        by_hook("commit.refused", "a note that looks like one"),
        fact(9, "a", "policy.denied"),
        fact(9, "a", "policy.limited"),
        fact(9, "a", "policy.limited"),
        fact(9, "a", "policy.observed"),
    ]);
    let counts: Vec<(&str, u64)> = metrics
        .refusals
        .iter()
        .map(|(rule, count)| (*rule, *count))
        .collect();
    assert_eq!(
        counts,
        [
            ("command_discards", 1),
            ("command_locked", 1),
            ("commit_foreign", 2),
            ("edit_leased", 1),
            ("edit_locked", 1),
            ("edit_unguarded", 1),
            ("lock_circle", 0),
            ("lock_held", 2),
            ("lock_wait_timed_out", 0),
            ("message_off_topology", 1),
            ("message_queue_full", 1),
            ("message_rate", 1),
            ("message_recipient_gone", 1),
            ("policy_asked", 0),
            ("policy_denied", 1),
            ("policy_limited", 2),
            ("policy_unapproved", 0),
        ]
    );
    assert_eq!(metrics.prevented.refused_by_hooks, 7);
    assert_eq!(metrics.prevented.known(), 10);
    assert_eq!((metrics.reclaimed.tasks, metrics.reclaimed.locks), (1, 0));
}

const EVENTS: [&str; 14] = [
    "agent.joined",
    "agent.returned",
    "agent.left",
    "agent.gone",
    TURN_BEGAN,
    TURN_ENDED,
    "edit",
    "lock.acquired",
    "lock.renewed",
    "lock.released",
    "lock.expired",
    "lock.awaited",
    "lock.given_up",
    "lock.stolen",
];

proptest! {
    #[test]
    fn whatever_the_record_says_the_numbers_stay_within_the_window(
        entries in proptest::collection::vec((0..1_000_i64, 0..3_usize, 0..EVENTS.len(), 0..3_usize, 0..4_i64), 0..60),
    ) {
        let mut facts: Vec<Fact> = entries
            .into_iter()
            .map(|(moment, agent, event, path, ticket)| {
                let agent = ["a", "b", "c"][agent];
                let body = match EVENTS[event] {
                    "lock.expired" => expiry(1, agent, Some(ticket * 1_000)),
                    "lock.stolen" => format!("by force from {agent}"),
                    _ => format!("ticket {ticket}"),
                };
                Fact { body, ..at(["x", "y", "z"][path], fact(moment, agent, EVENTS[event])) }
            })
            .collect();
        facts.sort_by_key(|fact| fact.at);
        let history = history(facts, vec![agent("a", Said::Active, Presence::Active)]);
        let timeline = Timeline::of(&history);
        let spans = timeline.turns.iter().map(|turn| turn.span)
            .chain(timeline.holds.iter().map(|hold| hold.span))
            .chain(timeline.waits.iter().map(|wait| wait.span));
        for span in spans {
            prop_assert!(0 <= span.from && span.from <= span.to && span.to <= 1_000, "{span:?}");
        }
        for agent in ["a", "b", "c"] {
            let own: Vec<Span> = timeline.turns.iter().filter(|turn| turn.agent == agent).map(|turn| turn.span).collect();
            prop_assert_eq!(deepest(own.iter().copied()), u64::from(!own.is_empty()), "one turn at a time: {:?}", own);
        }
        let metrics = measure(&history, &timeline);
        prop_assert!(metrics.waiting.share.is_none_or(|share| (0.0..=1.0).contains(&share)));
        let w = &metrics.waiting;
        prop_assert!(w.granted + w.given_up + w.going_on <= w.count);
    }
}

//! What counts as a matter, which word follows, and what collides.

use super::*;
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{DEFAULT_TTL, Key, Mode, Wanted};
use crate::domain::message::{Priority, Progress as Delivery};
use crate::domain::presence::{Sighting, Turn};
use crate::domain::task::Status;

const NOW: i64 = 100 * HOUR;

fn agent(id: &str, presence: Presence) -> Agent {
    Agent {
        id: id.to_owned(),
        name: id.to_owned(),
        role: None,
        parent: id.rsplit_once('.').map(|(parent, _)| parent.to_owned()),
        current_task: None,
        created_at: 0,
        sighting: Sighting {
            turn: Turn::Active,
            seen: Moment::at_wall(NOW - MINUTE),
            proof: None,
        },
        cwd: None,
        presence,
    }
}

/// A picture of agents that are in the middle of their turns, and whose hooks report.
fn of(agents: &[&str]) -> Picture {
    Picture {
        agents: agents.iter().map(|id| agent(id, Presence::Active)).collect(),
        hook_seen: Some(NOW),
        ..Picture::empty(OPERATOR, Moment::at_wall(NOW))
    }
}

fn key(tree: &str, path: &str) -> PathKey {
    PathKey {
        tree: tree.to_owned(),
        path: path.to_owned(),
    }
}

fn change(agent: &str, tree: &str, minutes_ago: i64) -> Change {
    Change {
        key: key(tree, "src/a.rs"),
        agent: agent.to_owned(),
        at: NOW - minutes_ago * MINUTE,
    }
}

fn lock(holder: &str, path: &str, presence: Presence) -> Lock {
    Lock {
        fence: 1,
        key: Key::Path(key("", path)),
        is_directory: false,
        is_pattern: false,
        inode: None,
        mode: Mode::Exclusive,
        is_implicit: false,
        holder: holder.to_owned(),
        holder_name: holder.to_owned(),
        holder_parent: None,
        presence,
        reason: None,
        task: None,
        acquired_at: NOW,
        leased: Moment::at_wall(NOW),
        ttl: DEFAULT_TTL,
    }
}

fn lease(holder: &str) -> Lock {
    Lock {
        is_implicit: true,
        ..lock(holder, "src/a.rs", Presence::Active)
    }
}

fn waiter(agent: &str, path: &str, minutes: i64) -> Waiter {
    Waiter {
        ticket: 1,
        agent: agent.to_owned(),
        agent_name: agent.to_owned(),
        agent_parent: None,
        mode: Mode::Exclusive,
        since: NOW - minutes * MINUTE,
        keys: vec![Wanted::plain(Key::Path(key("", path)))],
    }
}

fn letter(body: &str) -> Message {
    Message {
        id: "msg-1".to_owned(),
        sender: "a".to_owned(),
        sender_name: "a".to_owned(),
        address: OPERATOR.to_owned(),
        body: body.to_owned(),
        reply_to: None,
        created: Moment::at_wall(NOW - HOUR),
        priority: Priority::Normal,
        ttl: None,
        wants_ack: false,
        is_directed: true,
        progress: Some(Delivery::queued(NOW - HOUR)),
    }
}

fn task(id: &str, status: Status, owner: Option<&str>) -> Task {
    Task {
        status,
        owner: owner.map(str::to_owned),
        ..Task::named(id, id)
    }
}

/// The word and the reasons of a picture.
fn verdict(picture: &Picture) -> (Health, Vec<(Kind, usize)>) {
    let Assessment { health, because } = picture.assess(&matters(picture));
    (health, because)
}

#[test]
fn agents_that_work_and_keep_nobody_are_busy_and_without_them_it_is_quiet() {
    assert_eq!(verdict(&of(&["a", "b"])), (Health::Busy, vec![]));
    assert_eq!(verdict(&of(&[])), (Health::Quiet, vec![]));
    let mut idle = of(&["a"]);
    idle.agents[0].presence = Presence::Idle;
    assert_eq!(verdict(&idle), (Health::Quiet, vec![]));
}

#[test]
fn agents_without_any_hook_are_unprotected_whatever_else_there_is() {
    let mut picture = of(&["a"]);
    picture.hook_seen = None;
    picture.letters.push(letter("Done."));
    assert_eq!(
        verdict(&picture),
        (
            Health::Unprotected,
            vec![(Kind::Unguarded, 1), (Kind::Message, 1)]
        )
    );
    // Where nobody is, nobody has to be protected.
    picture.agents.clear();
    assert_eq!(verdict(&picture), (Health::NeedsYou, vec![(Kind::Message, 1)]));
}

#[test]
fn what_only_a_person_can_answer_needs_them_and_questions_come_first() {
    let mut picture = of(&["a"]);
    picture.letters = vec![
        letter("Done."),
        letter("Shall I? "),
        letter("\u{53ef}\u{4ee5}\u{ff1f}"),
    ];
    picture.failed.push(task("t", Status::Failed, None));
    assert_eq!(
        verdict(&picture),
        (
            Health::NeedsYou,
            vec![(Kind::Question, 2), (Kind::Message, 1), (Kind::Failed, 1)]
        )
    );
    let mut asked = letter("Done.");
    asked.wants_ack = true;
    assert!(asked.is_question());
    assert!(letter("Shall I? It is late.").is_question());
    assert!(!letter("See http://localhost/?page=2 for it.").is_question());
}

#[test]
fn letters_that_were_not_read_in_full_count_all_the_same() {
    let mut picture = of(&["a"]);
    picture.letters.push(letter("Shall I?"));
    picture.letter_count = 5;
    assert_eq!(
        verdict(&picture),
        (Health::NeedsYou, vec![(Kind::Question, 1), (Kind::Message, 4)])
    );
}

#[test]
fn being_next_is_no_trouble_and_waiting_for_long_or_for_the_silent_is() {
    let mut picture = of(&["a", "b"]);
    picture.locks.push(lock("a", "f", Presence::Active));
    picture.waiters.push(waiter("b", "f", 4));
    assert_eq!(verdict(&picture), (Health::Busy, vec![]));
    assert_eq!(matters(&picture)[0].kind(), Kind::Wait);
    picture.waiters[0].since = NOW - LONG_WAIT;
    assert_eq!(verdict(&picture), (Health::Stuck, vec![(Kind::Wait, 1)]));
    picture.waiters[0].since = NOW;
    picture.locks[0].presence = Presence::Stale;
    assert_eq!(verdict(&picture), (Health::Stuck, vec![(Kind::Wait, 1)]));
    // Whose turn has come waits for nobody.
    picture.locks.clear();
    assert_eq!(verdict(&picture), (Health::Busy, vec![]));
}

#[test]
fn silence_matters_where_something_is_held_by_it() {
    let mut picture = of(&["a"]);
    picture.agents.push(agent("b", Presence::Stale));
    assert_eq!(verdict(&picture), (Health::Busy, vec![]));
    picture.tasks.push(task("t", Status::InProgress, Some("b")));
    assert_eq!(verdict(&picture), (Health::Stuck, vec![(Kind::Silent, 1)]));
    picture.locks.push(lock("b", "f", Presence::Stale));
    assert!(matches!(matters(&picture)[0], Matter::Silent(_, 1, 1)));
}

#[test]
fn blocked_tasks_and_those_of_agents_that_are_gone_are_stuck_but_not_the_humans() {
    let mut picture = of(&["a"]);
    picture.tasks = vec![
        task("t", Status::Blocked, None),
        task("u", Status::InProgress, Some("gone")),
        task("v", Status::InProgress, Some(OPERATOR)),
        task("w", Status::InProgress, Some("a")),
        task("x", Status::Pending, None),
    ];
    assert_eq!(
        verdict(&picture),
        (Health::Stuck, vec![(Kind::Orphaned, 1), (Kind::Blocked, 1)])
    );
}

#[test]
fn a_missing_acknowledgement_is_a_notice_unless_it_is_the_persons_own() {
    let mut picture = of(&["a"]);
    let awaited = |recipient: &str, id: &str| Unacknowledged {
        message: Message {
            id: id.to_owned(),
            ..letter("Take note.")
        },
        recipient: recipient.to_owned(),
        recipient_name: recipient.to_owned(),
    };
    picture.unacknowledged.push(awaited("a", "msg-2"));
    assert_eq!(verdict(&picture), (Health::Busy, vec![]));
    picture.unacknowledged.push(awaited(OPERATOR, "msg-3"));
    assert_eq!(
        verdict(&picture),
        (Health::NeedsYou, vec![(Kind::Unacknowledged, 1)])
    );
    // What is told as an unread letter is not told twice.
    picture.unacknowledged.push(awaited(OPERATOR, "msg-1"));
    picture.letters.push(letter("Take note."));
    let kinds: Vec<Kind> = matters(&picture).iter().map(Matter::kind).collect();
    assert_eq!(kinds, [Kind::Message, Kind::Unacknowledged, Kind::Unacknowledged]);
}

#[test]
fn the_most_urgent_comes_first_and_of_one_kind_the_oldest() {
    let mut picture = of(&["a", "b"]);
    picture.hook_seen = None;
    picture.changes = vec![change("a", "", 1), change("b", "", 2)];
    picture.tasks = vec![
        task("new", Status::Blocked, None),
        task("old", Status::Blocked, None),
    ];
    picture.tasks[0].updated_at = 5;
    picture.failed.push(task("t", Status::Failed, None));
    let found: Vec<(Kind, Urgency)> = matters(&picture)
        .iter()
        .map(|matter| (matter.kind(), matter.urgency(NOW)))
        .collect();
    assert_eq!(
        found,
        [
            (Kind::Unguarded, Urgency::Danger),
            (Kind::Failed, Urgency::You),
            (Kind::Collision, Urgency::Stuck),
            (Kind::Blocked, Urgency::Stuck),
            (Kind::Blocked, Urgency::Stuck),
        ]
    );
    assert!(matches!(matters(&picture)[3], Matter::Blocked(task) if task.id == "old"));
}

#[test]
fn many_matters_of_one_kind_leave_room_for_the_others() {
    let mut picture = of(&["a", "b"]);
    picture.letters = vec![letter("Shall I?"); 50];
    picture.tasks = vec![task("t", Status::Blocked, None); 20];
    picture.changes = vec![change("a", "", 1), change("b", "", 2)];
    let all = matters(&picture);
    let told = |most| {
        let kinds = foremost(&all, most).into_iter().map(Matter::kind);
        kinds.fold(Vec::<(Kind, usize)>::new(), |mut told, kind| {
            match told.last_mut() {
                Some((last, count)) if *last == kind => *count += 1,
                _ => told.push((kind, 1)),
            }
            told
        })
    };
    assert_eq!(
        told(15),
        [(Kind::Question, 9), (Kind::Collision, 1), (Kind::Blocked, 5)]
    );
    assert_eq!(told(2), [(Kind::Question, 1), (Kind::Collision, 1)]);
    assert_eq!(told(usize::MAX).iter().map(|(_, count)| count).sum::<usize>(), 71);
    assert_eq!(foremost(&[], 5), [] as [&Matter<'_>; 0]);
}

/// Of each collision the agents, the checkouts and whether it happens now.
fn collided(picture: &Picture) -> Vec<(String, String, bool)> {
    collisions(picture)
        .into_iter()
        .map(|one| (one.agents.join(" "), one.trees.join(" "), one.is_now))
        .collect()
}

#[test]
fn two_agents_that_change_one_file_collide_while_it_is_new() {
    let mut picture = of(&["a", "b"]);
    picture.changes = vec![change("a", "", 20), change("b", "", 1)];
    assert_eq!(collided(&picture), [("b a".to_owned(), String::new(), false)]);
    picture.changes[0].at = NOW - COLLIDES_WITHIN - 1;
    assert_eq!(collided(&picture), []);
    picture.changes[0].agent = "gone".to_owned();
    picture.changes[0].at = NOW;
    assert_eq!(collided(&picture), []);
}

#[test]
fn editing_one_file_at_once_is_told_as_such() {
    let mut picture = of(&["a", "b"]);
    picture.leases = vec![lease("a"), lease("b")];
    assert_eq!(collided(&picture), [("a b".to_owned(), String::new(), true)]);
    picture.leases.pop();
    picture.changes = vec![change("b", "", 5)];
    assert_eq!(collided(&picture), [("a b".to_owned(), String::new(), false)]);
}

#[test]
fn a_session_does_not_collide_with_its_own_subagent_but_those_do_with_each_other() {
    let mut picture = of(&["p", "p.1", "p.2"]);
    picture.changes = vec![change("p", "", 3), change("p.1", "", 2)];
    assert_eq!(collided(&picture), []);
    picture.changes.push(change("p.2", "", 1));
    assert_eq!(collided(&picture), [("p.2 p.1".to_owned(), String::new(), false)]);
}

#[test]
fn one_path_in_two_checkouts_is_to_be_merged_and_only_a_notice() {
    let mut picture = of(&["a", "b", "c"]);
    picture.changes = vec![change("a", "", 3), change("b", "feature", 2)];
    assert_eq!(
        collided(&picture),
        [("b a".to_owned(), " feature".to_owned(), false)]
    );
    assert_eq!(verdict(&picture), (Health::Busy, vec![]));
    // Where two meet in one of them, that is what matters.
    picture.changes.push(change("c", "feature", 1));
    assert_eq!(
        collided(&picture),
        [("c b".to_owned(), "feature".to_owned(), false)]
    );
}

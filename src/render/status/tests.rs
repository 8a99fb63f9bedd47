//! What the page looks like, whatever stands in it and however wide the terminal is.

use anstream::adapter::strip_str;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::domain::agent::OPERATOR;
use crate::domain::decision::Decision;
use crate::domain::lock::{DEFAULT_TTL, Key, Lock, Mode, PathKey};
use crate::domain::message::{Message, Priority, Progress};
use crate::domain::picture::Change;
use crate::domain::presence::{Presence, Sighting, Turn};
use crate::domain::task::{Status, Task};
use crate::domain::time::{HOUR, MINUTE, Moment};

const NOW: i64 = 1_000 * HOUR;

fn plain(picture: &Picture, width: Option<usize>, all: bool) -> String {
    let seats = HashMap::from([(
        "a0".to_owned(),
        Seat {
            tree: picture.me.clone(),
            branch: Some(picture.me.clone()),
        },
    )]);
    strip_str(&View::new(picture, &seats).page(width, all)).to_string()
}

fn agent(id: &str, name: &str) -> Agent {
    Agent {
        id: id.to_owned(),
        name: name.to_owned(),
        role: Some(name.to_owned()),
        parent: None,
        current_task: Some("task-1".to_owned()),
        created_at: 0,
        sighting: Sighting {
            turn: Turn::Active,
            seen: Moment::at_wall(NOW - MINUTE),
            proof: None,
        },
        cwd: None,
        presence: Presence::Active,
    }
}

/// A picture in which everything is called by one text.
fn full(text: &str) -> Picture {
    let mut picture = Picture::empty(OPERATOR, Moment::at_wall(NOW));
    picture.agents = (0..3).map(|at| agent(&format!("a{at}"), text)).collect();
    picture.me = text.to_owned();
    picture.agent = Some(agent("me", text));
    let message = Message {
        id: "msg-1".to_owned(),
        sender: "a0".to_owned(),
        sender_name: text.to_owned(),
        address: text.to_owned(),
        body: text.to_owned(),
        reply_to: None,
        created: Moment::at_wall(NOW - HOUR),
        priority: Priority::Normal,
        ttl: None,
        wants_ack: true,
        is_directed: true,
        progress: Some(Progress::queued(NOW)),
    };
    picture.undelivered = vec![Message {
        id: "msg-2".to_owned(),
        ..message.clone()
    }];
    picture.undelivered_count = 1;
    picture.letters = vec![message];
    picture.letter_count = 1;
    picture.tasks = vec![
        Task {
            status: Status::Blocked,
            blocked_reason: Some(text.to_owned()),
            ..Task::named("task-1", text)
        },
        Task {
            owner: Some("gone".to_owned()),
            owner_name: Some(text.to_owned()),
            status: Status::InProgress,
            ..Task::named("task-2", text)
        },
    ];
    picture.tally.add(Status::Blocked, 1);
    picture.tally.add(Status::InProgress, 1);
    let key = |tree: &str| PathKey {
        tree: tree.to_owned(),
        path: text.to_owned(),
    };
    picture.changes = ["a0", "a1"]
        .map(|agent| Change {
            key: key(text),
            agent: agent.to_owned(),
            at: NOW,
        })
        .into();
    picture.locks = vec![Lock {
        fence: 1,
        key: Key::Path(key("")),
        is_directory: false,
        is_pattern: false,
        inode: None,
        mode: Mode::Exclusive,
        is_implicit: false,
        holder: "a0".to_owned(),
        holder_name: text.to_owned(),
        holder_parent: None,
        presence: Presence::Active,
        reason: Some(text.to_owned()),
        task: None,
        acquired_at: NOW,
        leased: Moment::at_wall(NOW),
        ttl: DEFAULT_TTL,
    }];
    picture.decisions = vec![Decision {
        id: "dec-1".to_owned(),
        agent: "a0".to_owned(),
        agent_name: text.to_owned(),
        body: text.to_owned(),
        created_at: NOW,
        superseded_by: None,
    }];
    picture.decision_count = 1;
    picture
}

#[test]
fn an_empty_picture_says_so_in_three_lines() {
    let picture = Picture::empty("agent-1", Moment::at_wall(NOW));
    assert_eq!(
        plain(&picture, None, false),
        "agent-sync: quiet — nobody is here\n\
         0 agents (0 active) · 0 open tasks (0 ready) · 0 locks · 0 messages not yet seen\n\
         you: agent-1 (not registered yet — run `agent-sync register --name ...`)\n"
    );
}

#[test]
fn long_lists_are_cut_with_a_count_and_the_command_for_the_rest() {
    let mut picture = full("x");
    picture.agents = (0..50)
        .map(|at| agent(&format!("a{at}"), &format!("name{at}")))
        .collect();
    picture.gone = 7;
    picture.tasks = (0..40).map(|at| Task::named(&format!("t{at}"), "T")).collect();
    picture.locks = vec![picture.locks[0].clone(); 30];
    let page = plain(&picture, Some(120), false);
    for line in [
        "… 35 more agents: agent-sync agent list\n",
        "… 7 agents gone: agent-sync agent list --all\n",
        "… 30 more open tasks: agent-sync task list\n",
        "… 20 more locks: agent-sync lock list\n",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
    assert!(page.lines().count() < 75, "{page}");
    let all = plain(&picture, Some(120), true);
    assert!(all.contains("name49") && !all.contains("more agents"), "{all}");
}

#[test]
fn wide_characters_keep_the_columns_apart() {
    let mut picture = Picture::empty(OPERATOR, Moment::at_wall(NOW));
    picture.hook_seen = Some(NOW);
    picture.agents = ["名前", "b", "🚀🚀"]
        .map(|name| Agent {
            current_task: None,
            role: None,
            ..agent(name, name)
        })
        .into();
    let page = plain(&picture, Some(80), false);
    let table: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("AGENT"))
        .collect();
    assert_eq!(
        table,
        [
            "AGENT  STATE   TASK  WHEN",
            "名前   active  -     1 min ago",
            "b      active  -     1 min ago",
            "🚀🚀   active  -     1 min ago",
        ]
    );
}

#[test]
fn text_of_others_does_nothing_but_stand_there() {
    let hostile = "\u{1b}]52;c;x\u{7}\u{202e}<b>&\n\u{9b}31merror: x\u{200b}\u{e0041}";
    for width in [Some(40), Some(200), None] {
        let page = plain(&full(hostile), width, true);
        let acts = |letter: char| {
            (letter.is_control() && letter != '\n')
                || matches!(letter, '<' | '>' | '\u{202e}' | '\u{200b}' | '\u{e0041}')
        };
        assert!(!page.contains(acts), "{page:?}");
        assert!(!page.lines().any(|line| line.starts_with("error:")), "{page}");
    }
}

#[test]
fn what_needs_a_person_stands_above_all_lists_and_in_colour() {
    let picture = full("bob");
    let seats = HashMap::new();
    let page = View::new(&picture, &seats).page(Some(100), false);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in\n{page}"));
    assert!(
        at("LOOK AT") < at("AGENT") && at("AGENT") < at("LOCKED"),
        "{page}"
    );
    assert!(page.contains("\u{1b}[1m\u{1b}[31mquestion\u{1b}[0m"), "{page:?}");
    assert!(page.contains("\u{1b}[33mcollision\u{1b}[0m"), "{page:?}");
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal_whatever_things_are_called(
        text in "\\PC{0,90}|[a-z ]{0,200}|[名😀e\u{301}\u{1f468}]{0,60}|.{0,40}",
        width in 40_usize..220,
    ) {
        let page = plain(&full(&text), Some(width), true);
        for line in page.lines() {
            prop_assert!(line.width() <= width, "{} > {width}: {line:?}", line.width());
        }
    }
}

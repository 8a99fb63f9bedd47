//! What is typed, and what becomes of it.

use super::*;
use crate::console::sample::snapshot as seen;
use crate::domain::time::Moment;

/// The commands that a line becomes, each as it would be typed.
fn run(line: &str) -> String {
    match parse(line, &seen()) {
        Typed::Run(plan) => plan.shown(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn what_the_former_consoles_commands_did_is_done() {
    let lines = [
        (
            "send bob don't do that",
            "message send --to bob -- 'don'\\''t do that'",
        ),
        ("MSG bob -x is off", "message send --to bob -- '-x is off'"),
        ("directive bob stop", "message send --to bob -- stop"),
        (
            "directive ALL stop now",
            "message send --to a --to b -- 'stop now'",
        ),
        ("lock src/a.rs", "lock acquire -- src/a.rs"),
        (
            "lock src/a.rs my reason",
            "lock acquire --reason 'my reason' -- src/a.rs",
        ),
        ("lock 'a b' why", "lock acquire --reason why -- 'a b'"),
        ("unlock src/a.rs", "lock release --force -- src/a.rs"),
        ("Task New Fix Bob's login", "task create -- 'Fix Bob'\\''s login'"),
        ("task done The whole title", "task done -- 'The whole title'"),
        (
            "task block task-1 :: waits for you",
            "task block --reason 'waits for you' -- task-1",
        ),
        ("decision use tabs", "decision add -- 'use tabs'"),
        ("Decision add up the numbers", "decision add up the numbers"),
        ("status", "status"),
    ];
    for (line, expected) in lines {
        assert_eq!(run(line), expected, "{line}");
    }
}

#[test]
fn the_former_consoles_other_commands_go_where_they_lead() {
    let lines = [
        ("help", Typed::Help),
        ("?", Typed::Help),
        ("Agents", Typed::Show(Pane::Agents)),
        ("locks", Typed::Show(Pane::Locks)),
        ("tasks", Typed::Show(Pane::Tasks)),
        ("task", Typed::Show(Pane::Tasks)),
        ("msgs", Typed::Show(Pane::Messages)),
        ("messages", Typed::Show(Pane::Messages)),
        ("quit", Typed::Quit),
        ("EXIT", Typed::Quit),
        ("q", Typed::Quit),
        ("  ", Typed::Nothing),
    ];
    for (line, expected) in lines {
        assert_eq!(parse(line, &seen()), expected, "{line}");
    }
}

#[test]
fn every_command_of_today_is_run_as_it_is_typed() {
    for line in [
        "lock acquire src/a.rs --ttl 5m",
        "lock release --all",
        "lock list",
        "lock --resource db",
        "unlock --resource db --force",
        "send --to bob hello",
        "task list --state done",
        "task done task-1 --force",
        "task cancel task-1",
        "decision list",
        "decision supersede dec-1 other",
        "message ack msg-1",
        "search retry policy",
        "help task",
        "locks --all",
        "nonsense",
    ] {
        assert_eq!(run(line), line);
        assert_eq!(run(&format!("agent-sync {line}")), line);
    }
}

#[test]
fn a_text_at_the_end_needs_no_quotes_and_may_have_them() {
    let lines = [
        (
            "message send --to bob -- it's here",
            "message send --to bob -- 'it'\\''s here'",
        ),
        (
            "message send --to bob -- 'it is here'",
            "message send --to bob -- 'it is here'",
        ),
        (
            "message send --to bob --ack -- --force it",
            "message send --to bob --ack -- '--force it'",
        ),
        ("decision add -- two -- dashes", "decision add -- 'two -- dashes'"),
        (
            "task fail task-1 --reason it broke",
            "task fail task-1 --reason 'it broke'",
        ),
        (
            "task fail task-1 --reason broke --force",
            "task fail task-1 --reason broke --force",
        ),
        ("lock acquire -- a b", "lock acquire -- a b"),
    ];
    for (line, expected) in lines {
        assert_eq!(run(line), expected, "{line}");
    }
}

#[test]
fn a_task_is_assigned_by_taking_it_and_offering_it() {
    assert_eq!(
        run("task assign task-free bob"),
        "task claim task-free && task handoff task-free --to bob"
    );
    assert_eq!(
        run("task assign task-mine --to bob it is yours"),
        "task handoff task-mine --to bob --note 'it is yours'"
    );
    assert_eq!(
        run("task assign 'Make <b>it</b> work' bob"),
        "task release task-hers && task claim task-hers && task handoff task-hers --to bob"
    );
    let Typed::Run(plan) = parse("task assign task-hers bob", &seen()) else {
        panic!("it is a plan");
    };
    assert_eq!(plan.loser.as_deref(), Some("a-name"));
}

#[test]
fn what_lacks_something_says_what() {
    for (line, said) in [
        ("send bob", "send NAME TEXT"),
        ("directive", "directive all TEXT"),
        ("task new", "task new TITLE"),
        ("task block task-1", ":: REASON"),
        ("task assign task-free", "task assign TASK NAME"),
        ("task assign task- bob", "give its id"),
        ("task list 'x", "' is not closed"),
    ] {
        match parse(line, &seen()) {
            Typed::Trouble(why) => assert!(why.contains(said), "{line}: {why}"),
            other => panic!("{line}: {other:?}"),
        }
    }
    let nobody = Snapshot::empty(Moment::at_wall(0));
    assert_eq!(
        parse("directive all stop", &nobody),
        Typed::Trouble("no active agents to direct".to_owned())
    );
}

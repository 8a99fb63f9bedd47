//! Keys, and what they make of the state.

use super::super::sample::{message, snapshot};
use super::*;
use crate::domain::agent::OPERATOR;

fn state() -> State {
    let mut state = State::new(
        snapshot(),
        Places::default(),
        ("repo".to_owned(), "operator".to_owned()),
        (80, 24),
    );
    state.renew(snapshot());
    state
}

/// Presses a key for each letter; `⏎` is Enter and `⎋` Escape. Says what the last one asked for.
fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut last = Vec::new();
    for letter in keys.chars() {
        last = state.press(&match letter {
            '⏎' => Key::Enter,
            '⎋' => Key::Escape,
            letter => Key::Char(letter),
        });
    }
    last
}

fn chosen(state: &State) -> Option<(Pane, String)> {
    state.chosen().map(|(pane, key)| (pane, key.to_owned()))
}

#[test]
fn numbers_and_tab_go_from_list_to_list_and_round() {
    let mut state = state();
    press(&mut state, "6");
    assert_eq!((state.focus, state.record), (Pane::Activity, Pane::Activity));
    state.press(&Key::Tab);
    assert_eq!(state.focus, Pane::Agents);
    state.press(&Key::BackTab);
    state.press(&Key::Left);
    assert_eq!((state.focus, state.record), (Pane::Decisions, Pane::Decisions));
    press(&mut state, "2");
    assert_eq!((state.focus, state.record), (Pane::Tasks, Pane::Decisions));
}

#[test]
fn what_is_chosen_is_read_about_and_only_when_it_changes() {
    let mut state = state();
    assert_eq!(press(&mut state, "2"), [Effect::Look]);
    assert_eq!(press(&mut state, "j"), [Effect::Look]);
    assert_eq!(chosen(&state), Some((Pane::Tasks, "task-late".to_owned())));
    assert_eq!(press(&mut state, "GG"), []);
    assert_eq!(press(&mut state, "?"), []);
}

#[test]
fn a_filter_works_while_it_is_typed_and_escape_shows_all() {
    let mut state = state();
    press(&mut state, "2/title");
    assert_eq!(state.view(Pane::Tasks).counts(), (2, 4));
    press(&mut state, " mine⏎");
    assert_eq!(state.mode, Mode::Browse);
    assert_eq!(chosen(&state), Some((Pane::Tasks, "task-mine".to_owned())));
    state.renew(snapshot());
    assert_eq!(state.view(Pane::Tasks).counts(), (1, 4), "the filter stays");
    press(&mut state, "⎋");
    assert_eq!(state.view(Pane::Tasks).counts(), (4, 4));
}

#[test]
fn a_key_prepares_a_command_and_enter_runs_it() {
    let mut state = state();
    press(&mut state, "2x");
    assert_eq!(state.mode, Mode::Prompt(Line::new("task done task-hers")));
    let effects = press(&mut state, "⏎");
    let [Effect::Run(plan)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(plan.shown(), "task done -- task-hers");
    assert_eq!(state.mode, Mode::Browse);
    press(&mut state, "3x");
    assert_eq!(state.mode, Mode::Browse, "no lock is ever done");
}

#[test]
fn a_question_is_answered_with_yes_or_no_and_nothing_else() {
    let plan = || match parse("unlock src", &snapshot()) {
        Typed::Run(plan) => plan,
        other => panic!("{other:?}"),
    };
    let mut state = state();
    state.ask("This ends it.".to_owned(), plan());
    assert_eq!(press(&mut state, "x⏎j1"), []);
    assert!(matches!(state.mode, Mode::Confirm { .. }));
    assert_eq!(press(&mut state, "y"), [Effect::Go(plan())]);
    state.ask("This ends it.".to_owned(), plan());
    assert_eq!(press(&mut state, "n"), []);
    assert_eq!(
        (state.mode, state.notice.as_deref()),
        (Mode::Browse, Some("not done"))
    );
}

#[test]
fn a_line_that_means_nothing_stays_to_be_mended() {
    let mut state = state();
    press(&mut state, ":send bob⏎");
    assert_eq!(state.mode, Mode::Prompt(Line::new("send bob")));
    assert!(state.notice.as_deref().unwrap().contains("send NAME TEXT"));
    press(&mut state, "⎋:");
    state.press(&Key::Up);
    assert_eq!(state.mode, Mode::Prompt(Line::new("send bob")));
}

#[test]
fn only_one_command_runs_at_a_time_and_it_can_be_stopped() {
    let mut state = state();
    state.begin("message inbox --wait".to_owned());
    press(&mut state, ":status⏎");
    assert!(matches!(state.mode, Mode::Prompt(_)));
    assert_eq!(press(&mut state, "⎋⎋"), [Effect::Stop]);
    assert_eq!(state.press(&Key::Control('c')), [Effect::Stop]);
    state.end(130, "stopped\n".to_owned());
    assert_eq!(state.press(&Key::Control('c')), [Effect::Quit]);
}

#[test]
fn what_a_command_said_at_length_has_a_page_unless_somebody_types() {
    let mut state = state();
    state.begin("status".to_owned());
    state.end(0, "a\nb\nc\nd\n".to_owned());
    assert_eq!(state.mode, Mode::Output(0));
    press(&mut state, "q");
    assert_eq!(state.mode, Mode::Browse);
    press(&mut state, ":x");
    state.begin("status".to_owned());
    state.end(0, "a\nb\nc\nd\n".to_owned());
    assert_eq!(state.mode, Mode::Prompt(Line::new("x")));
}

#[test]
fn opening_a_message_reads_it_and_opening_anything_else_reads_nothing() {
    let mut state = state();
    press(&mut state, "4");
    assert_eq!(press(&mut state, "⏎"), [Effect::Open("msg-3".to_owned())]);
    assert_eq!(state.mode, Mode::Page(0));
    press(&mut state, "r");
    assert_eq!(
        state.mode,
        Mode::Prompt(Line::new("message send --reply-to msg-3 -- "))
    );
    press(&mut state, "⎋1");
    assert_eq!(press(&mut state, "⏎"), []);
}

#[test]
fn only_what_stands_on_the_screen_and_is_new_to_the_human_was_shown() {
    let mut state = state();
    assert_eq!(state.newly_shown(), [""; 0], "the messages are not on the screen");
    press(&mut state, "4");
    assert_eq!(state.newly_shown(), ["msg-3"]);
    press(&mut state, "?");
    assert_eq!(state.newly_shown(), [""; 0], "the help is in front of them");
    press(&mut state, "⎋");
    let mut seen = snapshot();
    seen.messages = (0..100)
        .map(|number| message(&format!("msg-{number}"), "a", OPERATOR, "text"))
        .collect();
    state.renew(seen);
    state.fit();
    let shown = state.newly_shown().len();
    assert!((3..20).contains(&shown), "{shown}");
}

#[test]
fn quitting_is_a_key_a_word_and_the_end_of_input() {
    for keys in ["q", ":quit⏎", ":EXIT⏎", ":q⏎"] {
        assert_eq!(press(&mut state(), keys), [Effect::Quit], "{keys}");
    }
    let mut state = state();
    press(&mut state, ":");
    assert_eq!(state.press(&Key::Control('d')), [Effect::Quit]);
    press(&mut state, ":x");
    assert_eq!(state.press(&Key::Control('c')), []);
    assert_eq!(state.mode, Mode::Browse);
    assert_eq!(state.press(&Key::Control('z')), [Effect::Suspend]);
    assert_eq!(state.press(&Key::Control('l')), [Effect::Redraw]);
}

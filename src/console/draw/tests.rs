//! Whole screens, of every size.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::super::action::Places;
use super::super::detail::Detail;
use super::super::input::Key;
use super::super::sample::snapshot;
use super::*;

const PLAIN: Theme = Theme { is_coloured: false };
const COLOURED: Theme = Theme { is_coloured: true };

fn state() -> State {
    let mut state = State::new(
        snapshot(),
        Places::default(),
        ("repo".to_owned(), "operator".to_owned()),
        (80, 24),
    );
    state.renew(snapshot());
    state.explain(Detail {
        about: Some((Pane::Agents, "a".to_owned())),
        text: "name:     a\n\n| some text of somebody's that is long enough to be broken in two on a narrow screen\n".to_owned(),
    });
    state
}

fn drawn(state: &mut State, width: u16, height: u16, theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The lines of a screen. A wide character takes two places, of which the second is empty.
fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (0..area.height)
        .map(|row| {
            let mut line = String::new();
            let mut column = 0;
            while column < area.width {
                let symbol = buffer[(column, row)].symbol();
                line.push_str(symbol);
                column += u16::try_from(symbol.width().max(1)).unwrap();
            }
            line.trim_end().to_owned()
        })
        .collect()
}

fn screen(state: &mut State, width: u16, height: u16) -> String {
    lines(&drawn(state, width, height, PLAIN)).join("\n")
}

fn press(state: &mut State, keys: &str) {
    for letter in keys.chars() {
        state.press(&Key::Char(letter));
    }
}

#[test]
fn a_small_terminal_shows_one_list_and_all_about_what_is_chosen() {
    let mut state = state();
    press(&mut state, "2j");
    insta::assert_snapshot!(screen(&mut state, 80, 24), @r#"
    agent-sync repo · 1 for you · 2 here, 1 working · 4 open, 4/8 done · 3 locks
    1 Agents 3  2 Tasks 4  3 Locks 4  4 Messages 3  5 Decisions 1  6 Activity 40
    ┌─ 2 Tasks 4 ──────────────────────────────────────────────────────────────────┐
    │STATE        TASK                               OWNER          PRIO  ID       │
    │in_progress  Make &lt;b&gt;it&lt;/b&gt; work    a-name         0     task-hers│
    │waits        └ 後で書く 😀 documents            -              0     task-late│
    │in_progress  Title of mine                      operator-name  0     task-mine│
    │ready        Title of free                      -              0     task-free│
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    └──────────────────────────────────────────────────────────────────────────────┘
    ┌─ task-late ──────────────────────────────────────────────────────────────────┐
    │name:     a                                                                   │
    │                                                                              │
    │| some text of somebody's that is long enough to be broken in two on a narrow │
    │| screen                                                                      │
    │                                                                              │
    │                                                                              │
    └──────────────────────────────────────────────────────────────────────────────┘
    ? help  : command  / filter  q quit  x done  b block  u unblock  A assign
    "#);
}

#[test]
fn a_large_terminal_shows_everything_at_once() {
    insta::assert_snapshot!(screen(&mut state(), 120, 40), @r#"
    agent-sync repo · 1 for you · 2 here, 1 working · 4 open, 4/8 done · 3 locks · 1 waiting
    ┌─ 1 Agents 3 ───────────────────────────────────────┐┌─ 2 Tasks 4 ────────────────────────────────────────────────────┐
    │AGENT               STATE    TASK              LOCKS││STATE        TASK                            OWNER          PRIO│
    │evil\u{1b}[2J\u{2…  waits    -                 1    ││in_progress  Make &lt;b&gt;it&lt;/b&gt; wo…  a-name         0   │
    │b-name              idle     -                 1    ││waits        └ 後で書く 😀 documents         -              0   │
    │c-name              offline  -                 -    ││in_progress  Title of mine                   operator-name  0   │
    │                                                    ││ready        Title of free                   -              0   │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    └────────────────────────────────────────────────────┘└────────────────────────────────────────────────────────────────┘
    ┌─ 3 Locks 4 ────────────────────────────────────────┐┌─ 4 Messages 3 ─────────────────────────────────────────────────┐
    │LOCKED                             BY      LAPSES   ││   SENT       FROM    TO   MESSAGE                              │
    │src                                b-name  in 59 min││*  1 min ago  a-name  you  May I? Second line                   │
    │└ waited for                       a-name  1 min ago││   1 min ago  b-name  a    Between the two of us                │
    │mine                               you     in 59 min││   1 min ago  you     b    What I said                          │
    │the db [resource]                  a-name  in 59 min││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    │                                                    ││                                                                │
    └────────────────────────────────────────────────────┘└────────────────────────────────────────────────────────────────┘
    ┌─ 6 Activity 40 · 5 Decisions 1 ↓30 ────────────────┐┌─ evil\u{1b}[2J\u{202e}name ────────────────────────────────────┐
    │WHEN       WHO     WHAT           ABOUT             ││name:     a                                                     │
    │1 min ago  b-name  lock.acquired  entry 0           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 1           ││| some text of somebody's that is long enough to be broken in   │
    │1 min ago  b-name  lock.acquired  entry 2           ││| two on a narrow screen                                        │
    │1 min ago  b-name  lock.acquired  entry 3           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 4           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 5           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 6           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 7           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 8           ││                                                                │
    │1 min ago  b-name  lock.acquired  entry 9           ││                                                                │
    └────────────────────────────────────────────────────┘└────────────────────────────────────────────────────────────────┘
    ? help  : command  / filter  q quit  s send  D direct all  n new task  l lock  d decide  f find
    "#);
}

#[test]
fn a_very_wide_terminal_gives_the_details_a_column() {
    let shown = screen(&mut state(), 200, 60);
    for pane in Pane::ALL {
        let title = format!("{} {}", pane.index() + 1, pane.title());
        assert!(shown.contains(&title), "{title}");
    }
    assert!(
        shown.contains("6 Activity 40 · 5 Decisions 1"),
        "they share a place"
    );
    assert!(shown.lines().all(|line| line.width() <= 200));
}

#[test]
fn nothing_of_others_acts_on_the_terminal() {
    let mut state = state();
    for keys in ["1", "2", "3", "4", "5", "6"] {
        press(&mut state, keys);
        let buffer = drawn(&mut state, 80, 24, COLOURED);
        for cell in &buffer.content {
            let is_harmless = |letter: char| !letter.is_control() && letter != '\u{202e}';
            assert!(cell.symbol().chars().all(is_harmless), "{:?}", cell.symbol());
        }
    }
    press(&mut state, "1");
    assert!(screen(&mut state, 120, 40).contains("evil\\u{1b}[2J\\u{202e}"));
}

#[test]
fn without_colours_what_is_chosen_is_told_by_reversed_letters() {
    let mut state = state();
    press(&mut state, "2");
    let plain = drawn(&mut state, 80, 24, PLAIN);
    assert!(
        plain
            .content
            .iter()
            .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
    );
    let chosen = |buffer: &Buffer| {
        buffer
            .content
            .iter()
            .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
            .count()
    };
    assert!(chosen(&plain) > 70);
    let coloured = drawn(&mut state, 80, 24, COLOURED);
    assert!(coloured.content.iter().any(|cell| cell.fg != Color::Reset));
    // A background of our own would hide letters on somebody's terminal.
    assert!(coloured.content.iter().all(|cell| cell.bg == Color::Reset));
}

#[test]
fn the_prompt_shows_what_is_typed_and_the_cursor_in_it() {
    let mut state = state();
    press(&mut state, ":task new 漢字");
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| draw(frame, &mut state, PLAIN)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    assert_eq!(lines(&buffer)[11], "operator> task new 漢字");
    terminal.backend_mut().assert_cursor_position((23, 11));
}

#[test]
fn trouble_with_the_store_is_said_where_the_counts_were() {
    let mut state = state();
    state.trouble = Some("the store is gone".to_owned());
    let shown = screen(&mut state, 80, 24);
    assert!(
        shown.starts_with("agent-sync repo  NO NEWS: the store is gone (looking for it)"),
        "{shown}"
    );
    assert!(shown.contains("Agents"), "what was known stays on the screen");
}

#[test]
fn a_question_names_the_loser_and_the_keys_are_those_that_answer() {
    let mut state = state();
    let plan = match super::super::command::parse("unlock src", &state.seen) {
        super::super::command::Typed::Run(plan) => plan,
        other => panic!("{other:?}"),
    };
    state.ask("This ends the lock of b-name (active) on src.".to_owned(), plan);
    let shown = screen(&mut state, 80, 24);
    let last: Vec<&str> = shown.lines().rev().take(2).collect();
    assert_eq!(
        last,
        ["y yes  n no", "This ends the lock of b-name (active) on src."]
    );
}

#[test]
fn what_a_command_said_is_at_the_foot_and_the_rest_of_it_on_a_page() {
    let mut state = state();
    state.begin("lock acquire a".to_owned());
    assert!(screen(&mut state, 80, 24).contains("… lock acquire a  (Esc stops it)"));
    state.end(3, "error: a is locked\nhint: wait\n".to_owned());
    assert!(screen(&mut state, 80, 24).contains("error: a is locked\nhint: wait\n? help"));
    let said: Vec<String> = (0..50).map(|line| format!("line {line}")).collect();
    state.end(0, said.join("\n"));
    let page = screen(&mut state, 80, 24);
    assert!(page.contains("line 0") && page.contains("↓"), "{page}");
    state.press(&Key::End);
    assert!(screen(&mut state, 80, 24).contains("line 49"));
    press(&mut state, "q");
    assert!(
        !screen(&mut state, 80, 24).contains("line 0"),
        "a key takes it away"
    );
    press(&mut state, "o");
    assert!(
        screen(&mut state, 80, 24).contains("line 0"),
        "and another one brings it back"
    );
    press(&mut state, "q:");
    state.begin("status".to_owned());
    state.end(0, said.join("\n"));
    assert!(screen(&mut state, 80, 24).contains("48 more lines: o shows them"));
}

#[test]
fn the_document_shows_every_key_and_command_of_the_help() {
    let document = include_str!("../../../docs/console.md");
    let row = |keys: &str, what: &str| {
        let keys: Vec<String> = keys.split(", ").map(|key| format!("`{key}`")).collect();
        let row = format!("| {} | {what} |", keys.join(", "));
        assert!(document.contains(&row), "docs/console.md lacks: {row}");
    };
    for (keys, what) in MOVES {
        row(keys, what);
    }
    for binding in BINDINGS {
        let list = binding.pane.map_or("any list", Pane::title);
        let row = format!("| `{}` | {list} | {} |", binding.key, binding.what);
        assert!(document.contains(&row), "docs/console.md lacks: {row}");
    }
    for (command, what) in COMMANDS {
        row(command, what);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_terminal_of_any_size_shows_something_and_never_ends_the_program(
        width in 1_u16..220, height in 1_u16..70, keys in "[1-6jkGg/?:osdnlAHxbuc JKq]{0,12}",
    ) {
        let mut state = state();
        press(&mut state, &keys);
        let buffer = drawn(&mut state, width, height, COLOURED);
        prop_assert_eq!(buffer.area.width, width);
        drawn(&mut state, 1, 1, PLAIN);
    }
}

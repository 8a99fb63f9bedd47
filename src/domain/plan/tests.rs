//! What people write, what is made of it, and what is refused where.

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

/// A plan as a few lines, or where and why it is none.
fn shown(text: &str) -> String {
    let plan = match markdown::read(text).and_then(Plan::check) {
        Ok(plan) => plan,
        Err(fault) => return format!("{}: {}", fault.place, fault.why),
    };
    let mut shown = String::new();
    for item in &plan.items {
        let _infallible = write!(shown, "{} | {}", item.status.as_str(), item.title);
        for (what, value) in [
            ("ref", &item.reference),
            ("role", &item.role),
            ("accept", &item.acceptance),
            ("check", &item.acceptance_command),
            ("says", &item.description),
        ] {
            if let Some(value) = value {
                let _infallible = write!(shown, " | {what} {value:?}");
            }
        }
        if item.priority != 0 {
            let _infallible = write!(shown, " | priority {}", item.priority);
        }
        if !item.labels.is_empty() || !item.files.is_empty() {
            let _infallible = write!(shown, " | {:?} {:?}", item.labels, item.files);
        }
        for ask in &item.asks {
            let on = match &ask.on {
                On::Item(at) => plan.items[*at].title.clone(),
                On::Board(name) | On::Named(name) => format!("board:{name}"),
            };
            let _infallible = write!(shown, " | {} {on} {}", ask.kind.as_str(), ask.kind.condition());
        }
        shown = shown.trim_end().to_owned() + "\n";
    }
    shown
}

#[test]
fn items_with_boxes_are_tasks_and_what_is_below_comes_first() {
    assert_snapshot!(shown(
        "# The plan\n\nSome prose, and a list:\n- no task\n\n## Back end, 1st!\n\n\
         - [ ] Serve @backend !3 {#serve}\n  * [ ] Parse (files: src/a.rs, `src/b, c.rs`)\n    More about it.\n\n    1. two things\n    ```\n    - [ ] no task\n    ```\n  \
         + [x] Read\n\n## Front\n- [ ] #ui Show the #1 page (after: #serve, task-1) (when: Parse.speed > 3)\n  accept: it shows\n  - check: make show\n"
    ), @r#"
    pending | Serve | ref "serve" | role "backend" | priority 3 | ["back-end-1st"] [] | after Parse  | after Read
    pending | Parse | says "More about it.\n\n1. two things\n```\n- [ ] no task\n```" | ["back-end-1st"] ["src/a.rs", "src/b, c.rs"]
    done | Read | ["back-end-1st"] []
    pending | Show the #1 page | accept "it shows" | check "make show" | ["front", "ui"] [] | when Parse speed > 3 | after Serve  | after board:task-1
    "#);
}

#[test]
fn numbered_items_come_one_after_another() {
    assert_snapshot!(shown("1. [ ] A\n2. [ ] B\n   - [ ] B1\n   - [ ] B2\n     1. [ ] B2a\n     2. [ ] B2b\n3. [ ] C\n- [ ] D\n1. [ ] E\n\ntext\n\n1. [ ] F\n"), @"
    pending | A
    pending | B | after B1  | after B2
    pending | B1 | after A
    pending | B2 | after B2a  | after B2b
    pending | B2a | after A
    pending | B2b | after B2a
    pending | C | after B
    pending | D
    pending | E
    pending | F
    ");
}

#[test]
fn marks_are_marks_at_the_ends_only() {
    assert_snapshot!(shown(
        "- [ ] Fix #include in @types/node !important thing\n- [ ] @me Do it #now !-2\n- [ ] Keep \\#this \\!that\n\
         - [ ] See (there) and f(after: x)\n- [ ] Close #123\n- [ ] C# and a@b\n- [ ] @all\n- [ ] x `#y`\n"
    ), @r#"
    pending | Fix #include in @types/node !important thing
    pending | Do it | role "me" | priority -2 | ["now"] []
    pending | Keep #this !that
    pending | See (there) and f(after: x)
    pending | Close #123
    pending | C# and a@b
    pending | @all
    pending | x `#y`
    "#);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, fault) in [
        ("", ": there is no task in it"),
        ("# A\n- b\n", ": there is no task in it"),
        ("\n- [ ]\n", "line 2: the title is empty"),
        ("- [?] a", "line 1: [?] is no box of a task"),
        ("- [ ] a !high", "line 1: 'high' is no priority"),
        ("- [ ] a\n  priority: 1.5", "line 2: '1.5' is no priority"),
        (
            "- [ ] a {#x}\n- [ ] b {#x}",
            "line 2: the reference 'x' is taken by 'a' (line 1)",
        ),
        (
            "- [ ] a {#ü}",
            "line 1: 'ü' is no reference: 1 to 64 of A-Z a-z 0-9 . _ -",
        ),
        ("- [ ] a @b @c", "line 1: two roles for one task: 'c' and 'b'"),
        ("- [ ] a (after: A)", "line 1: 'A' would wait for itself"),
        (
            "- [ ] a\n- [ ] A\n- [ ] b\n  after: a",
            "line 4: 'a' is the title of several tasks: line 1, line 2",
        ),
        (
            "- [ ] a (when: b)",
            "line 1: when: at character 2: expected one of == != < <= > >=",
        ),
        ("- [ ] a\n  after:", "line 2: there is nothing behind 'after:'"),
        (
            "- [ ] a (after: c)\n- [ ] b (after: a)\n- [ ] c (after: b)",
            "line 1: a cycle: 'a' (line 1) waits for 'c' (line 3), 'c' (line 3) waits for 'b' (line 2), 'b' (line 2) waits for 'a' (line 1)",
        ),
        (
            "- [ ] a\n  - [ ] b (after: a)",
            "line 1: a cycle: 'a' (line 1) waits for 'b' (line 2), 'b' (line 2) waits for 'a' (line 1)",
        ),
    ] {
        assert_eq!(shown(text), fault, "{text}");
    }
}

#[test]
fn tasks_are_remembered_by_reference_or_by_their_place_among_the_titles() {
    let plan = markdown::read("- [ ] A\n  - [ ] Test\n  - [ ] Test\n- [ ] B {#b}\n  - [ ] Test\n").unwrap();
    assert_eq!(
        plan.origins("p.md"),
        [
            "p.md/a",
            "p.md/a/test",
            "p.md/a/test (2)",
            "p.md#b",
            "p.md/b/test"
        ]
    );
}

proptest! {
    #[test]
    fn nothing_that_is_written_makes_the_reader_fail(text in "(\n|  |\t|- |1. |\\[[ x?]\\] |# |```|[a-z]|[#@!({})\\\\:>]|after: |when: |é){0,60}") {
        if let Ok(plan) = markdown::read(&text).and_then(Plan::check) {
            prop_assert!(plan.shape().cycle().is_none());
            prop_assert_eq!(plan.items.len(), plan.origins("x").into_iter().collect::<std::collections::BTreeSet<_>>().len());
        }
    }
}

//! What holds for every settings file, tried on made-up ones.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn wired(text: &str) -> Wired {
    wire(Some(text)).unwrap()
}

/// JSON as a tree of texts, so that what no number type can hold is tested as well.
#[derive(Debug, Clone)]
enum Tree {
    Scalar(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Minified,
    Spaced,
    Pretty(&'static str, &'static str),
}

impl Tree {
    fn write(&self, style: Style, depth: usize) -> String {
        let (open, close, items): (_, _, Vec<String>) = match self {
            Self::Scalar(raw) => return raw.clone(),
            Self::Array(items) => {
                let items = items.iter().map(|item| item.write(style, depth + 1));
                ('[', ']', items.collect())
            }
            Self::Object(members) => {
                let gap = if matches!(style, Style::Minified) { "" } else { " " };
                let member = |(key, value): &(String, Self)| {
                    format!("\"{key}\":{gap}{}", value.write(style, depth + 1))
                };
                ('{', '}', members.iter().map(member).collect())
            }
        };
        if items.is_empty() {
            return format!("{open}{close}");
        }
        match style {
            Style::Minified => format!("{open}{}{close}", items.join(",")),
            Style::Spaced => format!("{open} {} {close}", items.join(" ,")),
            Style::Pretty(newline, unit) => {
                let inner = format!("{newline}{}", unit.repeat(depth + 1));
                let outer = format!("{newline}{}", unit.repeat(depth));
                format!("{open}{inner}{}{outer}{close}", items.join(&format!(",{inner}")))
            }
        }
    }

    fn of(text: &str) -> Self {
        fn convert(value: &Value) -> Tree {
            match value {
                Value::Scalar(raw) => Tree::Scalar(raw.clone()),
                Value::Array(array) => {
                    Tree::Array(array.items.iter().map(|item| convert(&item.value)).collect())
                }
                Value::Object(object) => {
                    let member = |item: &crate::setup::json::Item| {
                        (item.key.as_ref().unwrap().name.clone(), convert(&item.value))
                    };
                    Tree::Object(object.items.iter().map(member).collect())
                }
            }
        }
        convert(&Document::parse(text).unwrap().root)
    }

    fn members(&mut self) -> &mut Vec<(String, Self)> {
        match self {
            Self::Object(members) => members,
            other => panic!("{other:?} is not an object"),
        }
    }

    fn elements(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Array(elements) => elements,
            other => panic!("{other:?} is not an array"),
        }
    }

    /// The same without ours and without what is empty then. Ours are told by a word only tests use.
    fn without_ours(mut self) -> Self {
        let members = self.members();
        for (_, hooks) in members.iter_mut().filter(|(key, _)| key == "hooks") {
            for (_, groups) in hooks.members() {
                for group in groups.elements() {
                    for (_, handlers) in group.members().iter_mut().filter(|(key, _)| key == "hooks") {
                        let is_ours = |handler: &Self| {
                            let text = handler.write(Style::Minified, 0);
                            text.contains("agent-sync hook ") && !text.contains("foreign")
                        };
                        handlers.elements().retain(|handler| !is_ours(handler));
                    }
                }
                // Where nobody else was, the matcher was ours as well.
                for group in groups.elements() {
                    let is_empty = group.write(Style::Minified, 0).contains("\"hooks\":[]");
                    group.members().retain(|(key, _)| !is_empty || key != "matcher");
                }
                let is_hollow = |group: &Self| {
                    let text = group.write(Style::Minified, 0);
                    text.contains("\"hooks\":[]") && !text.contains("note")
                };
                groups.elements().retain(|group| !is_hollow(group));
            }
            hooks
                .members()
                .retain(|(_, groups)| !matches!(groups, Self::Array(groups) if groups.is_empty()));
        }
        members.retain(|(key, value)| {
            key != "hooks" || !matches!(value, Self::Object(events) if events.is_empty())
        });
        self
    }
}

fn scalar(raw: &str) -> Tree {
    Tree::Scalar(raw.to_owned())
}

fn object(members: Vec<(&str, Tree)>) -> Tree {
    Tree::Object(
        members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn foreign() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "1",
            "1.0",
            "-0",
            "1e400",
            "0.10",
            "98765432109876543210987",
            "\"\"",
            "\"\\u00e9\"",
            "\"é\"",
            "\"\\ud83d\"",
            "\"\\/\"",
            "\"a, b: {} []\"",
        ])
        .prop_map(scalar),
        any::<String>().prop_map(|text| Tree::Scalar(Json::from(text).to_string())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::Array),
            prop::collection::btree_map("[a-z]{1,3}|\\\\u00e9|\\\\ud800", inner, 0..4)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

fn handler(with_ours: bool) -> BoxedStrategy<Tree> {
    let others = prop::sample::select(vec![
        "foreign",
        "agent-sync hook stop || foreign",
        "foreign agent-sync hook stop",
    ])
    .prop_map(|command| {
        let command = Tree::Scalar(Json::from(command).to_string());
        object(vec![("type", scalar("\"command\"")), ("command", command)])
    });
    if !with_ours {
        return others.boxed();
    }
    let name = prop::sample::select(HOOKS.map(|hook| hook.name).to_vec());
    let path = prop::sample::select(vec!["", "/usr/bin/", "'/a b/'", "\"$CLAUDE_PROJECT_DIR\"/bin/"]);
    let timeout = prop::option::of(prop::sample::select(vec!["5", "10", "10.0", "null"]));
    let ours = (path, name, timeout).prop_map(|(path, name, timeout)| {
        let command = Tree::Scalar(Json::from(format!("{path}agent-sync hook {name}")).to_string());
        let mut members = vec![("type", scalar("\"command\"")), ("command", command)];
        members.extend(timeout.map(|timeout| ("timeout", scalar(timeout))));
        object(members)
    });
    prop_oneof![others, ours].boxed()
}

fn group_tree(with_ours: bool, at_least: usize) -> impl Strategy<Value = Tree> {
    let matcher = prop::option::of(prop::sample::select(vec![
        "\"\"",
        "\"*\"",
        "\"Edit|Write|MultiEdit\"",
        "\"Edit|Write|MultiEdit|NotebookEdit\"",
        "\"Bash\"",
        "7",
    ]));
    let handlers = prop::collection::vec(handler(with_ours), at_least..4);
    (matcher, handlers, any::<bool>()).prop_map(|(matcher, handlers, has_note)| {
        let mut members: Vec<_> = matcher
            .map(|matcher| ("matcher", scalar(matcher)))
            .into_iter()
            .collect();
        members.push(("hooks", Tree::Array(handlers)));
        members.extend(has_note.then(|| ("note", scalar("1.0"))));
        object(members)
    })
}

fn settings(with_ours: bool, at_least: usize) -> impl Strategy<Value = Tree> {
    let mut events = HOOKS.map(|hook| hook.event.to_owned()).to_vec();
    events.extend(["Notification".to_owned(), "PreCompact".to_owned()]);
    let groups = prop::collection::vec(group_tree(with_ours, at_least), at_least..4).prop_map(Tree::Array);
    let hooks = prop::collection::btree_map(prop::sample::select(events), groups, at_least..5)
        .prop_map(|events| Tree::Object(events.into_iter().collect()));
    let others = prop::collection::btree_map("[a-z]{1,4}|\\\\u00e9", foreign(), 0..4);
    (others, prop::option::of(hooks), any::<bool>()).prop_map(|(others, hooks, is_first)| {
        let mut members: Vec<(String, Tree)> = others.into_iter().collect();
        if let Some(hooks) = hooks {
            let at = if is_first { 0 } else { members.len() };
            members.insert(at, ("hooks".to_owned(), hooks));
        }
        Tree::Object(members)
    })
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(vec![
        Style::Minified,
        Style::Spaced,
        Style::Pretty("\n", "  "),
        Style::Pretty("\n", "    "),
        Style::Pretty("\n", "\t"),
        Style::Pretty("\r\n", "  "),
    ])
}

/// Settings that hold anything at all, where our hooks go too.
fn anything() -> impl Strategy<Value = Tree> {
    let wrong = prop_oneof![
        foreign(),
        prop::collection::vec(foreign(), 0..3).prop_map(Tree::Array),
    ];
    let groups = prop_oneof![
        2 => wrong.clone(),
        2 => prop::collection::vec(prop_oneof![group_tree(true, 0).boxed(), wrong.clone().boxed()], 0..3)
            .prop_map(Tree::Array),
    ];
    let events = prop::sample::select(vec!["SessionStart", "PreToolUse", "Stop", "Notification", ""]);
    let hooks = prop_oneof![
        1 => wrong.boxed(),
        3 => prop::collection::btree_map(events, groups, 0..4)
            .prop_map(|events| Tree::Object(
                events.into_iter().map(|(event, groups)| (event.to_owned(), groups)).collect()
            ))
            .boxed(),
    ];
    let others = prop::collection::btree_map("[a-z]{1,4}", foreign(), 0..4);
    (others, prop::option::of(hooks)).prop_map(|(others, hooks)| {
        let mut members: Vec<(String, Tree)> = others.into_iter().collect();
        members.extend(hooks.map(|hooks| ("hooks".to_owned(), hooks)));
        Tree::Object(members)
    })
}

/// Everything in a file but its hooks, as it is written.
fn beside_hooks(text: &str) -> String {
    let mut tree = Tree::of(text);
    tree.members().retain(|(key, _)| key != "hooks");
    tree.write(Style::Minified, 0)
}

/// How often a word only foreign handlers have stands in a text.
fn count_foreign(text: &str) -> usize {
    text.matches("foreign").count()
}

/// How often each hook stands under its event as this version wants it.
fn count_wanted(text: &str) -> Vec<usize> {
    let mut tree = Tree::of(text);
    let hooks = tree.members().iter_mut().find(|(key, _)| key == "hooks").unwrap();
    let mut counts = Vec::new();
    for hook in &HOOKS {
        let groups = hooks
            .1
            .members()
            .iter_mut()
            .find(|(event, _)| event == hook.event)
            .unwrap();
        let mut count = 0;
        for group in groups.1.elements() {
            let members = group.members();
            let matcher = members.iter().find(|(key, _)| key == "matcher");
            let matcher = matcher.map(|(_, value)| value.write(Style::Minified, 0));
            let is_wanted = match hook.matcher {
                Some(wanted) => matcher == Some(format!("\"{wanted}\"")),
                None => matcher.is_none_or(|matcher| matcher == "\"\"" || matcher == "\"*\""),
            };
            let handlers = members.iter_mut().find(|(key, _)| key == "hooks").unwrap();
            for handler in handlers.1.elements() {
                let text = handler.write(Style::Minified, 0);
                let is_ours =
                    text.contains(&format!("agent-sync hook {}\"", hook.name)) && !text.contains("foreign");
                let timeout = format!("\"timeout\":{}", hook.timeout);
                let is_whole = [",", "}"]
                    .iter()
                    .any(|end| text.contains(&format!("{timeout}{end}")))
                    && text.contains("\"asyncRewake\":true") == hook.wakes;
                count += usize::from(is_ours && is_wanted && is_whole);
                assert!(!is_ours || (is_wanted && is_whole), "{text}");
            }
        }
        counts.push(count);
    }
    counts
}

proptest! {
    #[test]
    fn every_hook_is_there_once_and_nothing_else_changes(tree in settings(true, 0), style in style()) {
        let text = tree.write(style, 0);
        let with = wired(&text);
        prop_assert_eq!(count_wanted(&with.text), vec![1; HOOKS.len()]);
        let expected = tree.without_ours().write(Style::Minified, 0);
        // Keys are compared as they are read, values as they are written.
        let expected = Tree::of(&expected).without_ours().write(Style::Minified, 0);
        prop_assert_eq!(&Tree::of(&with.text).without_ours().write(Style::Minified, 0), &expected);
        let without = unwire(&with.text).unwrap();
        prop_assert_eq!(&Tree::of(&without.text).without_ours().write(Style::Minified, 0), &expected);
        prop_assert!(!without.text.contains("agent-sync hook ") || without.text.contains("foreign"));
        prop_assert_eq!(unwire(&without.text).unwrap().changed, vec![]);

        let again = wired(&with.text);
        prop_assert_eq!(&again.text, &with.text);
        prop_assert_eq!(again.changed, vec![]);
        prop_assert_eq!(with.changed.is_empty(), with.text == text);
        prop_assert!(wiring(&with.text).unwrap().is_complete());
        prop_assert_eq!(wiring(&text).unwrap().is_complete(), with.changed.is_empty());
    }

    #[test]
    fn a_file_without_ours_comes_back_byte_for_byte(tree in settings(false, 1), style in style()) {
        let text = tree.write(style, 0);
        let with = wired(&text).text;
        prop_assert_eq!(unwire(&with).unwrap().text, text);
    }

    #[test]
    fn of_anything_at_all_what_is_not_ours_stays_or_the_file_is_refused(tree in anything(), style in style()) {
        let text = tree.write(style, 0);
        if let Ok(with) = wire(Some(&text)) {
            prop_assert_eq!(beside_hooks(&with.text), beside_hooks(&text));
            prop_assert_eq!(count_foreign(&with.text), count_foreign(&text));
            prop_assert_eq!(wire(Some(&with.text)).unwrap().text, with.text.clone());
            let without = unwire(&with.text).unwrap();
            prop_assert_eq!(beside_hooks(&without.text), beside_hooks(&text));
            prop_assert_eq!(count_foreign(&without.text), count_foreign(&text));
        }
        if let Ok(without) = unwire(&text) {
            prop_assert_eq!(beside_hooks(&without.text), beside_hooks(&text));
            prop_assert_eq!(count_foreign(&without.text), count_foreign(&text));
        }
    }

    #[test]
    fn no_text_makes_it_stumble(text: String) {
        let _ = (wire(Some(&text)), unwire(&text), wiring(&text));
    }
}

//! What a hook does does not become more while the store grows.

use super::hooks::{OUTCOMES, Size, Stage};

/// How much bigger the big store is.
const FACTOR: i64 = 20;

/// Steps of SQLite's machine that two runs may differ by for no reason of growth: a made-up name or id that is taken.
const SLACK: u64 = 60;

/// The most statements that a hook may ever run: two for each of 200 files, and some.
const MOST: usize = 450;

/// Git's own question comes after these, and needs all of them.
const SHARED: &str = "the locks in this checkout, its newest 200 changes";
/// A newcomer is told how much there is, and what.
const OVERVIEW: &str = "how many locks are held and tasks open, ten decisions, a day's messages to all";

/// Outcomes whose work depends on how much there is at the moment, not on how much there ever was, and on how much
/// of what.
const BOUNDED: &[(&str, &str)] = &[
    (
        "hook pre-tool-use: git checkout of what somebody else has changed",
        SHARED,
    ),
    (
        "hook pre-commit: a commit of what somebody else has changed",
        SHARED,
    ),
    ("hook pre-commit: a commit of one's own", SHARED),
    ("hook session-start: a new session", OVERVIEW),
    ("hook session-start: resumed, with mail and a task", OVERVIEW),
    ("hook session-start: after /clear", OVERVIEW),
    ("hook session-start: it takes the next task", OVERVIEW),
    ("hook session-start: others are gone", OVERVIEW),
    ("hook subagent-start: a new subagent", OVERVIEW),
];

#[test]
fn no_hook_does_more_the_more_the_store_holds() {
    let (small, big) = (Stage::new(Size::times(1)), Stage::new(Size::times(FACTOR)));
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for outcome in OUTCOMES {
        let (few, many) = (small.play(outcome), big.play(outcome));
        let (count, grown) = (few.statements.len(), many.statements.len());
        let is_watching = BOUNDED
            .iter()
            .any(|(name, why)| *name == outcome.name && *why != OVERVIEW);
        assert!(
            grown <= count || is_watching && grown <= MOST,
            "{}: {count} -> {grown}",
            outcome.name
        );
        let has_more = grown > count || many.all_steps() > few.all_steps() + SLACK;
        if has_more && let Some((name, _)) = BOUNDED.iter().find(|(name, _)| *name == outcome.name) {
            used.push(*name);
            continue;
        }
        if has_more {
            wrong.push(format!(
                "{}: {count} statements became {grown}, {} steps became {}\n    {}",
                outcome.name,
                few.all_steps(),
                many.all_steps(),
                many.beyond(&few).join("\n    ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused: Vec<_> = BOUNDED.iter().filter(|(name, _)| !used.contains(name)).collect();
    assert!(unused.is_empty(), "bounded, but nothing grows: {unused:?}");
}
